"""Lock the patients directory for one process.

`.lock` in the directory names the owner's process for people; what counts is the lock on it, which
the system gives back when the process ends, however it ends. So a file that a dead process left is
no obstacle, and no process id is ever compared.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.errors import StoreLocked

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = ".lock"

if sys.platform == "win32":
    import msvcrt

    #: A byte far behind the text is locked, so that others can still read who the owner is.
    _LOCKED_BYTE: Final = 1 << 20

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def owner_of(directory: Path) -> int:
    """Return the process id that the lock file of a directory names, 0 where it names none."""
    try:
        with paths.reading(directory / NAME) as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return 0


class DirectoryLock:
    """The lock on a directory, held from here to `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock; StoreLocked, naming the owner, where another holds it. OSError."""
        paths.check(directory / NAME)
        descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | paths.NONBLOCK, 0o600)
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            owner = owner_of(directory)
            raise StoreLocked(
                f"{directory} is in use by another doctor server"
                + (f", process {owner}" if owner else ""),
                owner,
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Give the directory back. May be called twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
