"""Repair what a crash, a bad disk or another program left in the patients directory.

What is repaired, and how nothing is lost by it:

    torn tail         kept aside as NAME.dat.torn-TIME, then cut off
    damaged file      kept aside as NAME.dat.damaged-TIME, then written anew from what is sound
    commit log        see `doctor.patients.files.replay`
    passphrase        where it cannot be read, nothing is touched and nobody is let in

Called by the store alone, which owns the directory and holds the patient's turn.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any, TypeAlias

from doctor import paths
from doctor.errors import (
    DamagedRecord,
    ForbiddenContent,
    LockUnreadable,
    NewerFormat,
    UnknownPatient,
)
from doctor.history import record
from doctor.history.contents import header_of
from doctor.history.frames import Frame, Kind, walk
from doctor.history.snapshot import headers_in
from doctor.history.transcript import unpack_either
from doctor.patients import names, passphrase
from doctor.patients.files import disk, draft
from doctor.patients.files.aside import cut_tail, set_aside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from logging import Logger
    from pathlib import Path

    from doctor.history.contents import Contents

#: Frames of exchanges by number, and whether each is known to be of this history.
Beside: TypeAlias = dict[int, list[tuple[bytes, bool]]]


def read_sound(path: Path, log: Logger) -> Contents:
    """Return what a patient's file holds; repair the file first if it needs that.

    UnknownPatient where there is none, LockUnreadable where the passphrase cannot be read with
    certainty, NewerFormat; OSError where what is wrong cannot be put right.
    """
    try:
        contents = disk.read(path)
    except ForbiddenContent as error:
        log.error("%s: %s; it opens for nobody until it is reset", path.name, error)  # noqa: TRY400 - the cause is said
        raise LockUnreadable(_UNREADABLE) from error
    lock = contents.lock
    if not contents.lock_known or (lock is not None and not passphrase.readable(lock)):
        log.error("%s: the passphrase cannot be read; it opens for nobody", path.name)
        raise LockUnreadable(_UNREADABLE)
    if contents.damage:
        return mend(path, contents, log)
    if contents.torn:
        aside = cut_tail(path, contents.size)
        log.warning(
            "%s: cut off %d bytes of an unfinished write at byte %d, kept as %s",
            path.name,
            contents.torn,
            contents.size,
            aside.name if aside else "nothing but zeros",
        )
        contents.torn = 0
        contents.left_aside = True
    return contents


_UNREADABLE = (
    "whether a passphrase protects this history cannot be read; "
    "the operator can reset it: python -m doctor passphrase NAME --reset"
)


@contextlib.contextmanager
def open_sound(path: Path, log: Logger, *, whole: bool = False) -> Iterator[tuple[Contents, int]]:
    """Yield what `read_sound` returns, and a descriptor of the file; chunks stay on disk.

    The descriptor is -1 where the file was written anew. A chunk is read when it is needed; one
    that is damaged raises DamagedRecord then. With `whole` all of them are checked at once.
    """
    if whole:
        yield read_sound(path, log), -1
        return
    with contextlib.ExitStack() as stack, contextlib.suppress(ForbiddenContent):
        contents, descriptor = stack.enter_context(disk.opened(path))
        lock = contents.lock
        is_readable = contents.lock_known and (lock is None or passphrase.readable(lock))
        if is_readable and not contents.damage and not contents.torn:
            yield contents, descriptor
            return
    yield read_sound(path, log), -1


def mend(path: Path, contents: Contents, log: Logger) -> Contents:
    """Set a damaged file aside and write it anew from what is sound; return the new contents."""
    damage, sound = contents.damage, len(contents.history)
    aside = set_aside(path)
    contents = rewrite(path, contents)
    for each in damage:
        log.error("%s: bytes %d to %d: %s", path.name, each.start, each.end, each.what)
    log.error(
        "%s: damaged; %d exchanges are sound and served, the original is kept as %s",
        path.name,
        sound,
        aside.name,
    )
    contents.mended = contents.left_aside = True
    return contents


def rewrite(path: Path, contents: Contents, **changes: Any) -> Contents:
    """Write a file anew from its contents, its header changed so; return what it holds then.

    OSError; where another program replaced the file since it was read, too.
    """
    return _write(path, contents, contents.identity, changes)


def _write(
    path: Path, contents: Contents, expected: tuple[int, int] | None, changes: dict[str, Any]
) -> Contents:
    facts = header_of(contents)
    facts = facts._replace(name=disk.name_of(path, facts.name))
    data = record.write(facts._replace(**changes), contents.history)
    if len(data) > record.MAX_FILE:
        raise OSError(errno.EFBIG, "this history is longer than one may be", str(path))
    identity = draft.replace(path, data, expected)
    written = record.read(data)
    written.identity = identity
    return written


def unlock(path: Path, log: Logger) -> None:
    """Take a passphrase off, one that cannot be read too; what is not sound is set aside."""
    try:
        contents = disk.read(path)
    except ForbiddenContent:
        aside = set_aside(path)
        disk.remove([path], path.parent)
        log.warning("%s: nothing in it is a history; kept as %s", path.name, aside.name)
        return
    if contents.damage:
        aside = set_aside(path)
        log.warning("%s: damaged; the original is kept as %s", path.name, aside.name)
    rewrite(path, contents, lock=None)


def frames_beside(path: Path, contents: Contents, log: Logger) -> Beside:
    """Return the sound exchanges in what was set aside of this patient, by number.

    A damaged original of the same birth is of the same history; of anything else an exchange is
    taken only where it continues the one before it.
    """
    name = names.patient_name(path.name)
    found: Beside = {}
    for other in sorted(disk.files_of(path.parent, name or "")):
        if other.name == path.name or names.patient_name(other.name):
            continue
        try:
            data = disk.read_bytes(other)
        except (OSError, ForbiddenContent, UnknownPatient) as error:
            log.warning("%s: cannot be read: %s", other.name, error)
            continue
        is_known = _is_of(data, contents)
        for each in walk(data):
            if isinstance(each, Frame) and each.kind in {Kind.ENTRY, Kind.EXCHANGE}:
                with contextlib.suppress(DamagedRecord):
                    unpack_either(data, each)
                    is_old = each.kind == Kind.EXCHANGE and ".unplaced-" not in other.name
                    frame = data[each.start : each.end]
                    found.setdefault(each.number, []).append((frame, is_known or is_old))
    return found


def _is_of(data: bytes, contents: Contents) -> bool:
    """Return whether a damaged original is of the history that these contents are."""
    try:
        headers = headers_in(data)
    except NewerFormat:
        return False
    birth = contents.history.birth
    return bool(headers) and all(header.birth == birth for _frame, header in headers)


def rename(path: Path, new: str, beside: Collection[Path], log: Logger) -> bool:
    """Give a patient's file, and what lies `beside` it of the same patient, another name.

    Return whether anything lies beside the file of the new name.

    Cut off at any moment the history is there under the old name, the new one, or both.
    """
    contents = read_sound(path, log)
    target = path.with_name(names.file_name(new))
    _write(target, contents, None, {"name": new})
    for each in beside:
        if not paths.exists(each):
            continue
        if each.name.endswith(names.NEW):
            disk.discard([each])
        elif each.name.startswith(path.name):
            os.rename(each, each.with_name(target.name + each.name[len(path.name) :]))
    # Some file systems do not tell cases apart; and what another program put there stays.
    if path.exists() and not path.samefile(target):
        if disk.identity_of(path.lstat()) == contents.identity:
            disk.remove([path], path.parent)
        else:
            log.error("%s: another program replaced this file; it stays", path.name)
    return bool(beside) or contents.left_aside


def repair(path: Path, log: Logger) -> tuple[int, int]:
    """Rewrite a file from all that is sound in it and beside it; return exchanges then, now.

    Damage that is found meanwhile is set aside as ever. Errors as `read_sound`.
    """
    contents = read_sound(path, log)
    before = len(contents.history)
    contents.history = contents.history.merged(frames_beside(path, contents, log))
    return before, len(rewrite(path, contents).history)
