"""Put what a dead process left in the commit log where it belongs, and nowhere else.

A record of the log says the birth of its history, and its exchange holds the checksum of the one
before it. So it goes only where it continues the file:

    the file is of another birth                    unplaced
    its exchange is there already, byte by byte     nothing to do
    its exchange is there with other bytes          unplaced
    it continues the last exchange of the file      appended
    the file lost it, and has those after it        put in its place
    there is no file, and the log holds a whole     the file is made again
    anything else                                   unplaced

What is unplaced is kept aside as NAME.dat.unplaced-TIME, and the log of the server says so:
somebody put another history, or another version of this one, in the file's place.

A log of format 1 proves nothing of that kind. Its records are taken as far as they follow the
numbers of the file and say what the file says; from the first on that does not they are unplaced.

`place` is pure; readers use it to see what waits in a log, and the store to put it into the files.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from doctor.errors import (
    DamagedRecord,
    ForbiddenContent,
    NewerFormat,
    UnknownPatient,
    naming,
)
from doctor.history import pickles, record
from doctor.history.frames import Frame, Kind, walk
from doctor.history.transcript import previous_of, unpack_either
from doctor.patients import names
from doctor.patients.files import disk, draft, log_format, recovery
from doctor.patients.files.aside import cut_tail, keep_aside, set_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from logging import Logger
    from pathlib import Path

    from doctor.history.contents import Contents
    from doctor.patients.files.log_format import Logged


class PlacedRecords(NamedTuple):
    """Where the records of one file belong."""

    contents: Contents | None  #: of the file, with all that belongs to it; None where there is none
    missing: bytes  #: frames to append
    unplaced: list[Logged]
    is_made: bool = False  #: the file is made again from the log
    exchanges: int = 0  #: that the file lacks


def waiting(directory: Path) -> dict[str, list[Logged]]:
    """Return what the commit logs of a directory hold, by file, in the order of numbers."""
    found: dict[str, list[Logged]] = {}
    for name in (*log_format.OLD_NAMES, *log_format.NAMES):
        for logged in log_format.read_log(directory / name):
            if names.patient_name(logged.file) is not None:
                found.setdefault(logged.file, []).append(logged)
    # Two log files take turns; a log of format 1 is older than any other.
    return {
        file: sorted(records, key=lambda each: (bool(each.birth), each.number))
        for file, records in found.items()
    }


def place(contents: Contents | None, records: Sequence[Logged]) -> PlacedRecords:
    """Return where records belong; `contents` are the file's, and take in what belongs to them."""
    is_made = False
    if contents is None or not contents.lock_known:
        contents = _made(records[0])
        if contents is None:
            return PlacedRecords(None, b"", unplaced=list(records))
        is_made = True
    before = 0 if is_made else contents.history.tally.exchanges
    filled: dict[int, list[tuple[bytes, bool]]] = {}
    missing: list[bytes] = []
    unplaced: list[Logged] = []
    for logged in records:
        frames = _frames(logged)
        is_new = logged.number > contents.history.last_number
        is_old = not logged.birth
        if is_old and unplaced:
            unplaced.append(logged)
        elif not is_new and _is_there(contents, logged, frames):
            missing.append(_take_state(contents, logged, frames))
        elif is_new and _take(contents, logged, frames):
            missing.append(frames)
        elif not is_old and _fills(contents, logged):
            filled[logged.number] = [(_entry(frames) or b"", False)]
        else:
            unplaced.append(logged)
    if filled:
        contents.history = contents.history.merged(filled)
        lost = [each for each in records if each.number in filled]
        unplaced += [each for each in lost if contents.history.frame_of(each.number) is None]
    exchanges = contents.history.tally.exchanges - before
    return PlacedRecords(contents, b"".join(missing), unplaced, is_made, exchanges)


def _made(logged: Logged) -> Contents | None:
    """Return the contents of the file that a record is, None where it is none."""
    if not logged.whole:
        return None
    try:
        return record.read(logged.data)
    except (ForbiddenContent, NewerFormat):
        return None


def _frames(logged: Logged) -> bytes:
    """Return the frames of a record: of a whole file, those behind the pickle."""
    if not logged.whole:
        return logged.data
    try:
        return logged.data[pickles.load(logged.data)[1] :]
    except ForbiddenContent:
        return b""


def _entry(frames: bytes) -> bytes | None:
    """Return the one frame of an exchange among these."""
    found = [
        frames[each.start : each.end]
        for each in walk(frames)
        if isinstance(each, Frame) and each.kind in {Kind.ENTRY, Kind.EXCHANGE}
    ]
    return found[0] if len(found) == 1 else None


def _is_there(contents: Contents, logged: Logged, frames: bytes) -> bool:
    """Return whether the file holds just this exchange."""
    there, entry = contents.history.frame_of(logged.number), _entry(frames)
    if there is None or entry is None:
        return False
    if logged.birth:
        return there == entry and logged.birth == contents.history.birth
    return unpack_either(there, _whole(there)) == unpack_either(entry, _whole(entry))


def _whole(frame: bytes) -> Frame:
    found = next(walk(frame))
    assert isinstance(found, Frame)  # noqa: S101 - it was found as one
    return found


def _take(contents: Contents, logged: Logged, frames: bytes) -> bool:
    """Append a record to the contents, if it continues them."""
    history = contents.history
    entry = _entry(frames)
    if entry is None:
        return False
    if logged.birth:
        if logged.birth != history.birth or previous_of(entry, _whole(entry)) != history.link:
            return False
    elif logged.number != history.last_number + 1 or contents.version > 1:
        return False
    try:
        for each in walk(frames):
            if isinstance(each, Frame):
                contents.take(frames, each)
    except (DamagedRecord, NewerFormat):
        return False
    return True


def _take_state(contents: Contents, logged: Logged, frames: bytes) -> bytes:
    """Add the state of an exchange that is the last of the file, where the file lost it."""
    if logged.number == contents.history.last_number > contents.state_number:
        for each in walk(frames):
            if isinstance(each, Frame) and each.kind == Kind.STATE:
                with contextlib.suppress(DamagedRecord):
                    contents.take(frames, each)
                    return frames[each.start : each.end]
    return b""


def _fills(contents: Contents, logged: Logged) -> bool:
    """Return whether a record is one that a damaged file lost between others."""
    return (
        bool(contents.damage)
        and logged.birth == contents.history.birth
        and contents.history.frame_of(logged.number) is None
    )


# --- for the store --------------------------------------------------------------------------------


def replay(
    directory: Path,
    log: Logger,
    without: str = "",
    note_aside: Callable[[], None] | None = None,
) -> None:
    """Put what a dead process left in the commit log into the files, and sync them.

    `note_aside` is called where something may have been set aside by that.

    What it holds for the file `without` is dropped. OSError where a file cannot be completed: the
    others are, and the log is untouched, so that this can be tried again.
    """
    left = waiting(directory)
    left.pop(without, None)
    if left:
        try:
            _put_back_all(directory, left, log)
        finally:
            if note_aside is not None:
                note_aside()
    for name in (*log_format.OLD_NAMES, *log_format.NAMES):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(directory / name)
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
    try:
        contents: Contents | None = disk.read(path)
    except (UnknownPatient, ForbiddenContent, NewerFormat):
        contents = None
    size = contents.size if contents else 0
    placed = place(contents, records)
    if placed.unplaced:
        _keep_unplaced(path, placed.unplaced, log)
    if placed.contents is None:
        return False
    if placed.is_made:
        if path.exists() and disk.read_bytes(path).strip(b"\0"):
            set_aside(path)
        draft.replace(path, records[0].data + placed.missing)
    elif placed.contents.damage:
        recovery.mend(path, placed.contents, log)
    else:
        if placed.contents.torn:
            cut_tail(path, size)
        if placed.missing:
            _append(path, placed.missing, size)
    return bool(placed.exchanges)


def _keep_unplaced(path: Path, records: list[Logged], log: Logger) -> None:
    """Keep records that do not belong to a file aside. OSError."""
    aside = keep_aside(path, "unplaced", b"".join(each.data for each in records))
    log.error(
        "%s: exchanges %d to %d in the commit log do not continue this history, which another "
        "program replaced or changed; they are kept as %s",
        path.name,
        records[0].number,
        records[-1].number,
        aside.name,
    )


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
