"""Write a patient's file anew, beside the old one.

It is done in four steps, so that a cut at any moment leaves the old file or the new one, whole:
write NAME.dat.new, sync it, rename it over NAME.dat, sync the directory. The last but one is done
only where NAME.dat is still the file that was read: another program may have put its own there.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from doctor.errors import naming
from doctor.history import record
from doctor.patients import names
from doctor.patients.files import disk

if TYPE_CHECKING:
    from pathlib import Path


def _open_draft(path: Path) -> int:
    """Make a file that was not there; what an earlier run left under its name is removed."""
    try:
        return os.open(path, disk.DRAFT, disk.FILE_MODE)
    except FileExistsError:
        os.unlink(path)
        return os.open(path, disk.DRAFT, disk.FILE_MODE)


def write_beside(path: Path, data: bytes, *, sync: bool = True) -> Path:
    """Write bytes to `path` with `.new` behind it and return that path."""
    return lay_out_beside(path, record.FileLayout(data, (0, 0), b""), -1, sync=sync)


def lay_out_beside(
    path: Path, layout: record.FileLayout, source: int, *, sync: bool = True
) -> Path:
    """Write a file to `path` with `.new` behind it and return that path.

    What it has in common with an old file is copied from the descriptor `source`. OSError: it is
    not there.
    """
    beside = path.with_name(path.name + names.NEW)
    descriptor = _open_draft(beside)
    try:
        with naming(beside):
            disk.write_all(descriptor, layout.before)
            if layout.copied[1]:
                _copy(source, *layout.copied, descriptor)
            if layout.after:
                disk.write_all(descriptor, layout.after)
            if sync:
                os.fsync(descriptor)
    except OSError:
        disk.discard([beside])
        raise
    finally:
        os.close(descriptor)
    return beside


#: What a system says that cannot copy between these two files by itself.
_NO_COPY: Final = frozenset(
    getattr(errno, name, errno.EINVAL)
    for name in ("EINVAL", "EXDEV", "ENOSYS", "EOPNOTSUPP", "EBADF", "EPERM", "ETXTBSY")
)


def _copy(source: int, offset: int, length: int, target: int) -> None:
    """Append bytes of one file to another one, by the system where it can do that. OSError."""
    copy = getattr(os, "copy_file_range", None)
    while length:
        copied = 0
        if copy is not None:
            try:
                copied = copy(source, target, min(length, 1 << 30), offset)
            except OSError as error:
                if error.errno not in _NO_COPY:
                    raise
                copy = None
        if not copied:
            piece = disk.read_from(source, offset, min(length, 1 << 20))
            if not piece:
                raise OSError(errno.EIO, "the file became shorter while it was copied")
            disk.write_all(target, piece)
            copied = len(piece)
        offset, length = offset + copied, length - copied


def replace(path: Path, data: bytes, expected: tuple[int, int] | None = None) -> tuple[int, int]:
    """Write a file anew in four steps, see above; return the identity of the new one.

    OSError: the old one is unchanged, or is not the `expected` one any more.
    """
    beside = write_beside(path, data)
    identity = disk.identity_of(os.lstat(beside))
    try:
        take_place(beside, path, expected)
    except OSError:
        disk.discard([beside])
        raise
    disk.sync_directory(path.parent)
    return identity


def take_place(
    beside: Path, path: Path, expected: tuple[int, int] | None, size: int | None = None
) -> None:
    """Rename a file over another one.

    OSError where the other one is not the one of this identity, and of this size, any more.
    """
    if expected is not None:
        state = os.lstat(path)
        if disk.identity_of(state) != expected or size not in {None, state.st_size}:
            raise OSError(errno.ESTALE, "another program replaced or changed this file", str(path))
    os.replace(beside, path)
