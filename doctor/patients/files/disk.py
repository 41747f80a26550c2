"""Read, open and sync patients' files on disk; no locks, no patients in memory.

Every system call that changes the disk goes through `os`, by its plain name: a test puts a disk
that forgets what was not synced in its place.

Reading needs no lock: a file is appended to or replaced whole, and a frame that is half there is
left out. Any thread may call what is here; that nobody else writes the same patient's file is up to
the caller.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor import paths as places
from doctor.errors import ForbiddenContent, UnknownPatient, naming
from doctor.history import record
from doctor.history.transcript import HistoryCounts
from doctor.patients import names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from doctor.history.contents import Contents
    from doctor.history.transcript import Summary

#: Who may read a history: its owner.
FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
#: From so many files on they are synced together.
MANY: Final = 12

_BINARY: Final = getattr(os, "O_BINARY", 0)
# No link is followed, and a FIFO or a device in the place of a file makes no thread wait.
PLAIN: Final = _BINARY | places.NO_LINK | places.NONBLOCK
APPEND: Final = os.O_WRONLY | os.O_APPEND | PLAIN
CREATE: Final = APPEND | os.O_CREAT | os.O_EXCL
#: A file that is cut to nothing only once it is known to be a regular one.
_REUSE: Final = os.O_WRONLY | os.O_CREAT | PLAIN
DRAFT: Final = _REUSE | os.O_EXCL

#: What the system says of a name that is no regular file (any more).
NO_FILE: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.EISDIR})

#: What a file system says that cannot sync a directory: there its names last by themselves.
_NO_DIRECTORY_SYNC: Final = frozenset(
    getattr(errno, name, errno.EINVAL)
    for name in ("EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF", "EACCES", "EPERM", "EISDIR")
)

#: Syncs a file's bytes and its length; where the system has no such call, all of the file.
sync_data = getattr(os, "fdatasync", os.fsync)


def _open(path: Path) -> int:
    """Open a regular file to read; ForbiddenContent where it is anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN)
    except FileNotFoundError:
        raise UnknownPatient(f"there is no history {path.name}") from None
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        kind = "a link; put the file itself in its place" if path.is_symlink() else "not a file"
        raise ForbiddenContent(f"{path.name} is {kind}") from None
    state = os.fstat(descriptor)
    wrong = ""
    if stat.S_ISDIR(state.st_mode):
        wrong = "is a directory, not a history"
    elif not stat.S_ISREG(state.st_mode):
        wrong = "is not a regular file"
    elif state.st_size > record.MAX_FILE:
        wrong = f"is larger than the {record.MAX_FILE >> 20} MiB that a history may have"
    if wrong:
        os.close(descriptor)
        raise ForbiddenContent(f"{path.name} {wrong}")
    return descriptor


def read_bytes(path: Path) -> bytes:
    """Return all bytes of a regular file of a size that can be a patient's."""
    descriptor = _open(path)
    try:
        # Only as much as there is: a buffer of the largest size would be allocated and freed.
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return file.read(min(os.fstat(descriptor).st_size, record.MAX_FILE))
    finally:
        os.close(descriptor)


def identity_of(state: os.stat_result) -> tuple[int, int]:
    """Return what tells a file from every other: its device and its number there."""
    return state.st_dev, state.st_ino


def read(path: Path) -> Contents:
    """Return what a patient's file holds, all of it checked.

    UnknownPatient where there is no such file; ForbiddenContent, NewerFormat as `record.read`.
    """
    descriptor = _open(path)
    try:
        state = os.fstat(descriptor)
        contents = record.read(read_from(descriptor, 0, state.st_size))
        contents.identity = identity_of(state)
        return contents
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[Contents, int]]:
    """Yield what a patient's file holds, and its descriptor.

    Its chunks are read when they are needed, while the context lasts. A chunk that is damaged
    raises DamagedRecord then. Errors as `read`.
    """
    descriptor = _open(path)
    try:
        state = os.fstat(descriptor)
        read_at = functools.partial(read_from, descriptor)
        contents = record.read_ends(read_at, state.st_size)
        if contents is None:
            contents = record.read(read_at(0, state.st_size))
        contents.identity = identity_of(state)
        yield contents, descriptor
    finally:
        os.close(descriptor)


def read_from(descriptor: int, offset: int, length: int) -> bytes:
    """Return these bytes of a file, fewer only where it ends before."""
    pieces = []
    os.lseek(descriptor, offset, os.SEEK_SET)
    while length and (piece := os.read(descriptor, length)):
        pieces.append(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def name_of(path: Path, written: str) -> str:
    """Return the patient's name as the file has it, if that name belongs to this file name."""
    from_path = names.patient_name(path.name) or path.name.removesuffix(names.SUFFIX)
    return written if names.key(written) == names.key(from_path) else from_path


class Glance(NamedTuple):
    """What the beginning and the tail of a file tell."""

    name: str  #: of the patient
    summary: Summary
    locked: bool  #: a passphrase locks the history, or it cannot be told whether
    last_number: int
    kind: int  #: PATIENT or ROOM


def peek(path: Path) -> Glance:
    """Return what is known of a history without reading it.

    Reads the beginning of the file, and its tail where there is one; all of it only where it is not
    as it should be. Errors as `read`.
    """
    descriptor = _open(path)
    try:
        size = os.fstat(descriptor).st_size
        glance = record.peek(read_from(descriptor, 0, min(size, record.GLANCE)), size)
        if glance is not None:
            facts, start = glance
            counts = HistoryCounts(facts.summary, facts.last_number)
            tail = read_from(descriptor, start, size - start) if start < size else b""
            found = record.counts_with_tail(facts, tail) if tail else counts
            if found is not None:
                name = name_of(path, facts.name)
                is_locked = facts.lock is not None
                return Glance(name, found.summary, is_locked, found.last_number, facts.kind)
    finally:
        os.close(descriptor)
    contents = read(path)
    written = contents.header.name if contents.header else ""
    locked = contents.lock is not None or not contents.lock_known
    history = contents.history
    name = name_of(path, written)
    return Glance(name, history.summary, locked, history.last_number, contents.kind)


def entries(directory: Path) -> Iterator[Path]:
    """Yield the paths of the patients' files in a directory, in no order."""
    with os.scandir(directory) as found:
        for seen, entry in enumerate(found, 1):
            if names.patient_name(entry.name) is not None:
                yield Path(entry.path)
            if not seen % 256:
                time.sleep(0)


def files_of(directory: Path, name: str) -> list[Path]:
    """Return every file of exactly this patient: history, new, set aside and torn."""
    wanted = names.key(name)
    found = []
    with os.scandir(directory) as listing:
        for seen, entry in enumerate(listing, 1):
            whose = names.owner(entry.name)
            if whose is not None and names.key(whose) == wanted:
                found.append(Path(entry.path))
            if not seen % 256:
                time.sleep(0)
    return found


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; OSError where there is no room for it."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def discard(paths: Iterable[Path]) -> None:
    """Remove what was begun and is of no use; where that fails it does no harm."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def sync_directory(directory: Path) -> None:
    """Make the directory's latest names last; nothing where a system cannot do that."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:
        return
    try:
        sync_names(descriptor, directory)
    finally:
        os.close(descriptor)


def sync_names(descriptor: int, directory: Path) -> None:
    """Make the latest names of an open directory last, where the file system can do that."""
    try:
        with naming(directory):
            os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise


@functools.cache
def _syncfs() -> Callable[[int], int] | None:
    """Return the C library's syncfs, None where there is none."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - it is slow to load and seldom needed

    try:
        call: Callable[[int], int] = ctypes.CDLL(None).syncfs
    except (OSError, AttributeError):
        return None
    return call


def sync_files(paths: Collection[Path], directory: int | None = None) -> None:
    """Sync files, those that are gone, or in whose place is no file, left out. OSError.

    Many are synced with one call, where the system has it and a descriptor of their directory is
    given: one by one costs twenty times as much. What failed since that was opened is an OSError.
    """
    if len(paths) >= MANY and directory is not None and (syncfs := _syncfs()) is not None:
        if syncfs(directory):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return
    for path in paths:
        try:
            descriptor = os.open(path, APPEND)
        except OSError as error:
            if error.errno in NO_FILE:
                continue
            raise
        try:
            with naming(path):
                sync_data(descriptor)
        finally:
            os.close(descriptor)


def open_again(path: Path) -> int:
    """Open a file to write it from the beginning, cut to nothing; made where there is none."""
    descriptor = os.open(path, _REUSE, FILE_MODE)
    try:
        places.require_regular(descriptor, path)
        with naming(path):
            os.ftruncate(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def make_directory(directory: Path) -> str:
    """Make the directory where there is none; one that holds nothing yet is its owner's alone.

    Returns a warning for the operator, "" mostly: a used directory stays as it is.
    """
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return ""
    state = directory.stat()
    with os.scandir(directory) as found:
        used = any(not entry.name.startswith(".") for entry in found)
    mode = stat.S_IMODE(state.st_mode)
    if state.st_uid == os.geteuid() and not used and mode & 0o077:
        try:
            directory.chmod(DIRECTORY_MODE)
        except OSError:
            pass
        else:
            return ""
    if mode & 0o022:
        return (
            f"{directory}: other users may write here and replace or remove histories; "
            f"type: chmod go-w {directory}"
        )
    return ""


def remove(paths: Iterable[Path], directory: Path) -> None:
    """Remove files, those that are gone already left out, and make that last."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    sync_directory(directory)
