"""Repair what a crash, a bad disk or another program left in the patients directory.

What is repaired, and how nothing is lost by it:

    torn tail         kept aside as NAME.dat.torn-TIME, then cut off
    damaged file      kept aside as NAME.dat.damaged-TIME, then written anew from what is sound
    commit log        its records are put at the ends of their files, those there already left out
    passphrase        where it cannot be read, nothing is touched and nobody is let in

Called by the store alone, which owns the directory and holds the patient's turn.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from doctor.errors import (
    DamagedRecord,
    ForbiddenContent,
    LockUnreadable,
    UnknownPatient,
    naming,
)
from doctor.history import pickles, record
from doctor.history.frames import Frame, Kind, walk
from doctor.history.transcript import Transcript, unpack_exchange
from doctor.patients import names, passphrase
from doctor.patients.files import commit_log, disk
from doctor.patients.files.aside import cut_tail, keep_aside, set_aside

if TYPE_CHECKING:
    from logging import Logger
    from pathlib import Path

    from doctor.history.record import Contents
    from doctor.history.transcript import Exchange
    from doctor.patients.files.commit_log import Logged


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
    return contents


_UNREADABLE = (
    "whether a passphrase protects this history cannot be read; "
    "the operator can reset it: python -m doctor passphrase NAME --reset"
)


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
    contents.mended = True
    return contents


def rewrite(path: Path, contents: Contents, **changes: Any) -> Contents:
    """Write a file anew from its contents, its header changed so; return what it holds then."""
    facts = record.header_of(contents)
    facts = facts._replace(name=disk.name_of(path, facts.name))
    data = record.write(facts._replace(**changes), contents.history)
    disk.replace(path, data)
    return record.read(data)


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


def exchanges_beside(path: Path, log: Logger) -> dict[int, Exchange]:
    """Return the sound exchanges in what was set aside of this patient, by number."""
    name = names.patient_name(path.name)
    found: dict[int, Exchange] = {}
    for other in sorted(disk.files_of(path.parent, name or "")):
        if other.name == path.name or names.patient_name(other.name):
            continue
        try:
            data = disk.read_bytes(other)
        except (OSError, ForbiddenContent, UnknownPatient) as error:
            log.warning("%s: cannot be read: %s", other.name, error)
            continue
        for each in walk(data):
            if isinstance(each, Frame) and each.kind == Kind.EXCHANGE:
                with contextlib.suppress(DamagedRecord):
                    exchange, _moment = unpack_exchange(data, each)
                    found.setdefault(exchange.number, exchange)
    return found


def merge(history: Transcript, more: dict[int, Exchange]) -> Transcript:
    """Return the history with the exchanges of `more` whose numbers it lacks."""
    have = {exchange.number: exchange for exchange in history}
    whole = Transcript()
    both = {**more, **have}
    for number in sorted(both):
        whole.append(both[number])
    return whole


def replay(directory: Path, log: Logger, without: str = "") -> None:
    """Put what a dead process left in the commit log into the files, and sync them.

    What it holds for the file `without` is dropped. OSError where a file cannot be completed: the
    others are, and the log is untouched, so that this can be tried again.
    """
    paths = [directory / name for name in commit_log.NAMES]
    left: dict[str, list[Logged]] = {}
    for logged in (each for path in paths for each in commit_log.read_log(path)):
        if names.patient_name(logged.file) is not None and logged.file != without:
            left.setdefault(logged.file, []).append(logged)
    if left:
        _put_back_all(directory, left, log)
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            disk.sync_directory(directory)


def _put_back_all(directory: Path, left: dict[str, list[Logged]], log: Logger) -> None:
    """Complete the files that the log's records belong to, and sync them. OSError, at the end."""
    failed: OSError | None = None
    changed = 0
    # Opened before anything is written, so that syncing tells of all that failed.
    itself = os.open(directory, os.O_RDONLY) if sys.platform != "win32" else None
    try:
        for file, records in left.items():
            try:
                with naming(directory / file):
                    changed += _put_back(directory / file, records, log)
            except OSError as error:
                failed = failed or error
        disk.sync_files([directory / file for file in left], itself)
    finally:
        if itself is not None:
            os.close(itself)
    disk.sync_directory(directory)
    if failed is not None:
        raise failed
    log.warning("after an unclean end: %d histories were completed", changed)


def _put_back(path: Path, records: list[Logged], log: Logger) -> bool:
    """Complete one file from its records; return whether something was missing."""
    records = sorted(records, key=lambda each: each.number)  # two log files take turns
    try:
        contents: Contents | None = disk.read(path)
    except (UnknownPatient, ForbiddenContent):
        contents = None
    if contents is None or not contents.lock_known:
        return _restore_file(path, records, log)
    if contents.damage:
        contents = mend(path, contents, log)
    elif contents.torn:
        cut_tail(path, contents.size)
    last = contents.history.last_number
    missing = b""
    for each in records:
        if each.number > last:
            missing += _frames(each)
            last = each.number
    if missing:
        _append(path, missing, contents.size)
    return bool(missing)


def _append(path: Path, data: bytes, size: int) -> None:
    """Append to a file of this size. OSError: nothing of it is there."""
    descriptor = os.open(path, disk.APPEND)
    try:
        disk.write_all(descriptor, data)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    finally:
        os.close(descriptor)


def _frames(logged: Logged) -> bytes:
    """Return the frames of a log record: of a birth, those behind the pickle."""
    return logged.data[pickles.load(logged.data)[1] :] if logged.birth else logged.data


def _restore_file(path: Path, records: list[Logged], log: Logger) -> bool:
    """Write a file that a crash left without its head, if the log holds its first exchange.

    Where it does not, somebody removed or replaced the file: then its records are kept aside.
    """
    if not records[0].birth:
        aside = keep_aside(path, "torn", b"".join(_frames(each) for each in records))
        log.error("%s: no history that the log's records belong to; kept as %s", path.name, aside)
        return False
    if path.exists() and disk.read_bytes(path).strip(b"\0"):
        set_aside(path)
    disk.replace(path, records[0].data + b"".join(_frames(each) for each in records[1:]))
    return True


def rename(path: Path, old: str, new: str, log: Logger) -> None:
    """Give a patient's file, and all that was set aside of it, another name.

    Cut off at any moment the history is there under the old name, the new one, or both.
    """
    contents = read_sound(path, log)
    target = path.with_name(names.file_name(new))
    beside = [each for each in disk.files_of(path.parent, old) if each.name != path.name]
    rewrite(target, contents, name=new)
    for each in beside:
        if each.name.endswith(names.NEW):
            disk.discard([each])
        elif each.name.startswith(path.name):
            os.rename(each, each.with_name(target.name + each.name[len(path.name) :]))
    if path.exists() and not path.samefile(target):  # some file systems do not tell cases apart
        disk.remove([path], path.parent)


def repair(path: Path, log: Logger) -> tuple[int, int]:
    """Rewrite a file from all that is sound in it and beside it; return exchanges then, now.

    Damage that is found meanwhile is set aside as ever. Errors as `read_sound`.
    """
    contents = read_sound(path, log)
    before = len(contents.history)
    contents.history = merge(contents.history, exchanges_beside(path, log))
    return before, len(rewrite(path, contents).history)
