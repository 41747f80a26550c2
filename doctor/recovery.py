"""Putting right what a crash, a bad disk or a stranger left in the patients directory.

What is put right, and how nothing is lost by it:

    torn tail         kept aside as NAME.dat.torn-TIME, then cut off
    damaged file      kept aside as NAME.dat.damaged-TIME, then written anew from what is sound
    commit log        its records are put at the ends of their files, those there already left out
    passphrase        where it cannot be read, nothing is touched and nobody is let in

Called by the store alone, which owns the directory and holds the patient's turn.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from doctor import commit, files, names, passphrase, record
from doctor.errors import DamagedRecord, ForbiddenContent, LockUnreadable, UnknownPatient
from doctor.frame import Frame, Kind, walk
from doctor.transcript import Transcript, unpack_exchange

if TYPE_CHECKING:
    from logging import Logger
    from pathlib import Path

    from doctor.commit import Logged
    from doctor.record import Contents
    from doctor.transcript import Exchange


def sound(path: Path, log: Logger) -> Contents:
    """Return what a patient's file holds, the file put right first where it needs that.

    UnknownPatient where there is none, LockUnreadable where the passphrase cannot be read with
    certainty, NewerFormat; OSError where what is wrong cannot be put right.
    """
    try:
        contents = files.read(path)
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
        aside = files.cut_tail(path, contents.size)
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
    """Set a damaged file aside and write it anew from what is sound; returns the new contents."""
    aside = files.set_aside(path)
    for damage in contents.damage:
        log.error("%s: bytes %d to %d: %s", path.name, damage.start, damage.end, damage.what)
    log.error(
        "%s: damaged; %d exchanges are sound and served, the original is kept as %s",
        path.name,
        len(contents.history),
        aside.name,
    )
    contents = rewrite(path, contents)
    contents.mended = True
    return contents


def rewrite(path: Path, contents: Contents) -> Contents:
    """Write a file anew from its contents and return what it holds then."""
    facts = record.facts_of(contents)
    data = record.write(replace(facts, name=files.name_of(path, facts.name)), contents.history)
    files.replace(path, data)
    return record.read(data)


def unlock(path: Path, log: Logger) -> None:
    """Take a passphrase off, one that cannot be read too; what is not sound is set aside."""
    try:
        contents = files.read(path)
    except ForbiddenContent:
        aside = files.set_aside(path)
        files.remove([path], path.parent)
        log.warning("%s: nothing in it is a history; kept as %s", path.name, aside.name)
        return
    if contents.damage:
        aside = files.set_aside(path)
        log.warning("%s: damaged; the original is kept as %s", path.name, aside.name)
    facts = record.facts_of(contents)
    contents.facts = replace(facts, lock=None)
    rewrite(path, contents)


def exchanges_beside(path: Path, log: Logger) -> dict[int, Exchange]:
    """Return the sound exchanges in what was set aside of this patient, by number."""
    name = names.patient_name(path.name)
    found: dict[int, Exchange] = {}
    for other in sorted(files.belonging(path.parent, name or "")):
        if other.name == path.name or names.patient_name(other.name):
            continue
        try:
            data = files.read_bytes(other)
        except (OSError, ForbiddenContent, UnknownPatient) as error:
            log.warning("%s: cannot be read: %s", other.name, error)
            continue
        for each in walk(data):
            if isinstance(each, Frame) and each.kind == Kind.EXCHANGE:
                with contextlib.suppress(DamagedRecord):
                    exchange, _moment = unpack_exchange(data, each)
                    found.setdefault(exchange.number, exchange)
    return found


def merged(history: Transcript, more: dict[int, Exchange]) -> Transcript:
    """Return the history with the exchanges of `more` whose numbers it lacks."""
    have = {exchange.number: exchange for exchange in history}
    whole = Transcript()
    both = {**more, **have}
    for number in sorted(both):
        whole.append(both[number])
    return whole


def replay(directory: Path, log: Logger) -> list[str]:
    """Put what a dead process left in the commit log into the files; returns their names.

    OSError where that fails: the log is untouched then and the next start tries again.
    """
    path = directory / commit.NAME
    left: dict[str, list[Logged]] = {}
    for logged in commit.read_log(path):
        if names.patient_name(logged.file) is not None:
            left.setdefault(logged.file, []).append(logged)
    changed = [file for file, records in left.items() if _put_back(directory / file, records, log)]
    if left:
        files.sync_directory(directory)
        log.warning("after an unclean end: %d histories were completed", len(changed))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        files.sync_directory(directory)
    return changed


def _put_back(path: Path, records: list[Logged], log: Logger) -> bool:
    """Complete and sync one file from its records; tells whether something was missing."""
    try:
        contents: Contents | None = files.read(path)
    except UnknownPatient:
        contents = None
    except ForbiddenContent:
        contents = None
        if not records[0].birth:
            log.warning("%s: no history any more; what the log holds stays out", path.name)
            return False
        if files.read_bytes(path).strip(b"\0"):
            files.set_aside(path)
    if contents is None:
        if not records[0].birth:
            log.error("%s: is gone; what the log holds of it stays out", path.name)
            return False
        data = records[0].data + b"".join(logged.data for logged in records[1:])
        files.replace(path, data)
        return True
    if contents.damage:
        contents = mend(path, contents, log) if contents.lock_known else contents
    elif contents.torn:
        files.cut_tail(path, contents.size)
    last = contents.history.last_number
    # A birth's record is a whole file, so it is of use only where there was none.
    missing = b"".join(each.data for each in records if each.number > last and not each.birth)
    descriptor = os.open(path, files.APPEND)
    try:
        files.write_all(descriptor, missing)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return bool(missing)
