"""One of the two files of a commit log: `LogFile`; see `doctor.patients.files.commit_log`."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from doctor.errors import naming
from doctor.patients.files import disk
from doctor.patients.files.lock import is_at

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes of zeros that are written ahead.
AHEAD: Final = 256 << 10


class LogFile:
    """One of the two files of a log. Used with the log's `_committing` held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.unsettled: set[str] = set()
        self.use = int.from_bytes(os.urandom(7), "little")
        self._allocated = 0  # bytes of the file, zeros ahead and frames of earlier uses included
        self._descriptor: int | None = None

    def open(self) -> int:
        """Open the file, empty, if it is not open. OSError."""
        if self._descriptor is None:
            self._descriptor = disk.open_again(self.path)
            disk.sync_directory(self.path.parent)
        return self._descriptor

    def write(self, data: bytes) -> None:
        """Write a frame and sync it. OSError: nothing of it is there, as far as that can be."""
        descriptor = self.open()
        try:
            if self.size + len(data) > self._allocated:
                self._write_ahead(descriptor, len(data))
            disk.write_all(descriptor, data)
            disk.sync_data(descriptor)
        except OSError as error:
            error.filename = str(self.path)
            self._allocated = self.size
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self.size)
                os.lseek(descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def _write_ahead(self, descriptor: int, size: int) -> None:
        """Write zeros ahead if the disk has space for them: they only save time."""
        try:
            disk.write_all(descriptor, bytes(size + AHEAD))
            self._allocated = self.size + size + AHEAD
        except OSError:
            os.ftruncate(descriptor, self.size)
        os.lseek(descriptor, self.size, os.SEEK_SET)

    def rewind(self) -> None:
        """Begin another use; the old bytes stay in the file until they are overwritten."""
        if self._descriptor is not None:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.use += 1
        self.unsettled = set()
        self.size = 0

    def cut(self) -> None:
        """Leave no byte in the file, and begin another use."""
        if self._descriptor is not None:
            with naming(self.path):
                os.ftruncate(self._descriptor, 0)
                disk.sync_data(self._descriptor)
        self._allocated = 0
        self.rewind()

    @property
    def is_gone(self) -> bool:
        """Whether somebody removed the open file, or put another one in its place."""
        return self._descriptor is not None and not is_at(self._descriptor, self.path)

    def renew(self) -> None:
        """Begin a new file in the place of one that is gone; what was put there is moved. OSError.

        What the old one holds must be settled.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.path, self.path.with_name(self.path.name + ".replaced"))
        self._allocated = 0
        self.rewind()
        self.open()

    def close(self, *, keep: bool = False) -> None:
        """Close the file; it is removed where it is empty, but for one to `keep`."""
        if self._descriptor is None:
            return
        try:
            keep = keep or self.is_gone
        except OSError:  # nothing can be said of it now
            keep = True
        os.close(self._descriptor)
        self._descriptor = None
        if not self.size and not keep:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
