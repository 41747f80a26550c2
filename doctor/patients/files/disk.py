"""Read, rewrite and set aside patients' files on disk; no locks, no patients in memory.

A file is written anew in four steps, so that a cut at any moment leaves the old one or the new one,
whole: write NAME.dat.new, sync it, rename it over NAME.dat, sync the directory. An original that is
damaged is set aside first, by a second link to it, so that at no moment there is no file.

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
from typing import TYPE_CHECKING, Final

from doctor.errors import DamagedRecord, ForbiddenContent, UnknownPatient
from doctor.history import record
from doctor.history.transcript import HistoryCounts
from doctor.paths import NONBLOCK
from doctor.patients import names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from doctor.history.record import Contents
    from doctor.history.transcript import Summary

#: Who may read a history: its owner.
FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
#: Bytes that `peek` reads at first.
GLANCE: Final = 16_384

#: From so many files on they are synced together.
MANY: Final = 12

_BINARY: Final = getattr(os, "O_BINARY", 0)
# No link is followed, and a FIFO or a device in the place of a file makes no thread wait.
_PLAIN: Final = _BINARY | getattr(os, "O_NOFOLLOW", 0) | NONBLOCK
APPEND: Final = os.O_WRONLY | os.O_APPEND | _PLAIN
REWRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _PLAIN
CREATE: Final = APPEND | os.O_CREAT | os.O_EXCL

#: What the system says of a name that is no regular file (any more).
_NO_FILE: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.EISDIR})

#: Syncs a file's bytes and its length; where the system has no such call, all of the file.
sync_data = getattr(os, "fdatasync", os.fsync)


def _open(path: Path) -> int:
    """Open a regular file to read; ForbiddenContent where it is anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _PLAIN)
    except FileNotFoundError:
        raise UnknownPatient(f"there is no history {path.name}") from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or state.st_size > record.MAX_FILE:
        os.close(descriptor)
        raise ForbiddenContent(f"{path.name} is no file that a doctor wrote")
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


def read(path: Path) -> Contents:
    """Return what a patient's file holds; the name in its facts is one that fits the file's.

    UnknownPatient where there is no such file; ForbiddenContent, NewerFormat as `record.read`.
    """
    return record.read(read_bytes(path))


def name_of(path: Path, written: str) -> str:
    """Return the patient's name as the file has it, if that name belongs to this file name."""
    from_path = names.patient_name(path.name) or path.name.removesuffix(names.SUFFIX)
    return written if names.key(written) == names.key(from_path) else from_path


def peek(path: Path) -> tuple[str, Summary, bool]:
    """Return a patient's name, summary and whether a passphrase locks the history.

    Reads the beginning of the file, and its tail where there is one; all of it only where it is not
    as it should be. A history whose lock cannot be read counts as locked. Errors as `read`.
    """
    descriptor = _open(path)
    try:
        size = os.fstat(descriptor).st_size
        glance = record.peek(os.read(descriptor, GLANCE), size)
        if glance is not None:
            facts, start = glance
            tally = HistoryCounts(facts.summary, facts.last_number)
            if start < size:
                os.lseek(descriptor, start, os.SEEK_SET)
                with open(descriptor, "rb", buffering=0, closefd=False) as file:
                    tail = file.read(size - start)
                for exchange in record.tail_exchanges(tail):
                    with contextlib.suppress(DamagedRecord):
                        tally.append(exchange)
            return name_of(path, facts.name), tally.summary, facts.lock is not None
    finally:
        os.close(descriptor)
    contents = read(path)
    written = contents.header.name if contents.header else ""
    locked = contents.lock is not None or not contents.lock_known
    return name_of(path, written), contents.history.summary, locked


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
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
            if error.errno in _NO_FILE:
                continue
            raise
        try:
            sync_data(descriptor)
        finally:
            os.close(descriptor)


def write_beside(path: Path, data: bytes, *, sync: bool = True) -> Path:
    """Write bytes to `path` with `.new` behind it and return that path."""
    beside = path.with_name(path.name + names.NEW)
    descriptor = os.open(beside, REWRITE, FILE_MODE)
    try:
        write_all(descriptor, data)
        if sync:
            os.fsync(descriptor)
    except OSError:
        discard([beside])
        raise
    finally:
        os.close(descriptor)
    return beside


def replace(path: Path, data: bytes) -> None:
    """Write a file anew in four steps, see above. OSError: the old one is unchanged."""
    os.replace(write_beside(path, data), path)
    sync_directory(path.parent)


def make_directory(directory: Path) -> None:
    """Make the directory where there is none; one that holds nothing yet is its owner's alone."""
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    state = directory.stat()
    with os.scandir(directory) as found:
        used = any(not entry.name.startswith(".") for entry in found)
    ours = hasattr(os, "geteuid") and state.st_uid == os.geteuid()
    if ours and not used and stat.S_IMODE(state.st_mode) & 0o077:
        directory.chmod(DIRECTORY_MODE)


def _aside(path: Path, kind: str) -> Iterator[Path]:
    """Yield names under which something may be set aside, until one is free."""
    now = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    yield path.with_name(f"{path.name}.{kind}-{now}")
    for number in range(1, 10_000):
        yield path.with_name(f"{path.name}.{kind}-{now}-{number}")


def keep_aside(path: Path, kind: str, data: bytes) -> Path:
    """Keep bytes that belong to a patient's file beside it, synced; return the path."""
    for aside in _aside(path, kind):
        try:
            descriptor = os.open(aside, CREATE, FILE_MODE)
        except FileExistsError:
            continue
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        except OSError:
            discard([aside])
            raise
        finally:
            os.close(descriptor)
        sync_directory(path.parent)
        return aside
    raise FileExistsError(f"too many copies of {path.name} are set aside")


def set_aside(path: Path) -> Path:
    """Keep a damaged original under a second name and return that; the file is not changed."""
    for aside in _aside(path, "damaged"):
        try:
            os.link(path, aside, follow_symlinks=False)
        except FileExistsError:
            continue
        except (OSError, NotImplementedError):
            return keep_aside(path, "damaged", read_bytes(path))
        sync_directory(path.parent)
        return aside
    raise FileExistsError(f"too many copies of {path.name} are set aside")


def cut_tail(path: Path, size: int) -> Path | None:
    """Cut a file to `size` bytes; keep what was behind under the path that is returned."""
    data = read_bytes(path)
    aside = keep_aside(path, "torn", data[size:]) if data[size:].strip(b"\0") else None
    descriptor = os.open(path, os.O_WRONLY | _BINARY)
    try:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside


def remove(paths: Iterable[Path], directory: Path) -> None:
    """Remove files, those that are gone already left out, and make that last."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    sync_directory(directory)
