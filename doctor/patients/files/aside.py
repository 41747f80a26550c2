"""Set aside what is damaged or torn in a patient's file before it is written anew or cut.

    NAME.dat.damaged-TIME    an original that is damaged: a second link to it, so that at no moment
                             there is no file; a copy where the file system has no links
    NAME.dat.torn-TIME       what a crash left of the last write
    NAME.dat.unplaced-TIME   what the patient said, where another program put another file there

TIME is when the file was written last. So the same bytes are set aside once, however often they are
found before the disk has space to put the file right.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from doctor.errors import ForbiddenContent, UnknownPatient, naming
from doctor.patients.files import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _aside(path: Path, kind: str, at: float) -> Iterator[Path]:
    """Yield names under which something may be set aside, until one is free."""
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(at))
    yield path.with_name(f"{path.name}.{kind}-{moment}")
    for number in range(1, 10_000):
        yield path.with_name(f"{path.name}.{kind}-{moment}-{number}")


def keep_aside(path: Path, kind: str, data: bytes) -> Path:
    """Keep bytes that belong to a patient's file beside it, synced; return the path.

    The same bytes are kept once: what could not be finished is tried again at the next opening.
    """
    for aside in _aside(path, kind, path.stat().st_mtime if path.exists() else time.time()):
        try:
            descriptor = os.open(aside, disk.CREATE, disk.FILE_MODE)
        except FileExistsError:
            if _holds(aside, data):
                return aside
            continue
        try:
            with naming(aside):
                disk.write_all(descriptor, data)
                os.fsync(descriptor)
        except OSError:
            disk.discard([aside])
            raise
        finally:
            os.close(descriptor)
        disk.sync_directory(path.parent)
        return aside
    raise FileExistsError(f"too many copies of {path.name} are set aside")


def rename_aside(beside: Path, path: Path, kind: str) -> Path:
    """Keep a file that was to be a patient's beside the one that is there; return its new path."""
    for aside in _aside(path, kind, time.time()):
        if not os.path.lexists(aside):
            os.rename(beside, aside)
            disk.sync_directory(path.parent)
            return aside
    raise FileExistsError(f"too many copies of {path.name} are set aside")


def _holds(path: Path, data: bytes) -> bool:
    """Return whether a file holds just these bytes."""
    try:
        return path.lstat().st_size == len(data) and disk.read_bytes(path) == data
    except (OSError, ForbiddenContent, UnknownPatient):
        return False


def set_aside(path: Path) -> Path:
    """Keep a damaged original under a second name and return that; the file is not changed.

    The name tells when the file was written last, so the same original is set aside once, however
    often it is opened before the disk has space to write it anew.
    """
    state = path.stat(follow_symlinks=False)
    for aside in _aside(path, "damaged", state.st_mtime):
        try:
            os.link(path, aside, follow_symlinks=False)
        except FileExistsError:
            if os.path.samestat(state, aside.lstat()):
                return aside
            continue
        except (OSError, NotImplementedError):
            return keep_aside(path, "damaged", disk.read_bytes(path))
        disk.sync_directory(path.parent)
        return aside
    raise FileExistsError(f"too many copies of {path.name} are set aside")


def cut_tail(path: Path, size: int) -> Path | None:
    """Cut a file to `size` bytes; keep what was behind under the path that is returned."""
    data = disk.read_bytes(path)
    aside = keep_aside(path, "torn", data[size:]) if data[size:].strip(b"\0") else None
    descriptor = os.open(path, os.O_WRONLY | disk.PLAIN)
    try:
        with naming(path):
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside
