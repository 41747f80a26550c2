"""Lock the patients directory for one process.

Two things are locked: the directory itself, and `.lock` in it, which names the owner's process for
people. The system gives both locks back when the process ends, however it ends. So a file that a
dead process left is no obstacle, and no process id is ever compared.

Either lock alone keeps other servers out. So a disk without space for `.lock` is no obstacle, and
neither is a file system that cannot lock directories. A server that has neither lock does not
start: nothing would keep a second one from mixing what patients say.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.errors import NO_SPACE, StoreError, StoreLocked, describe

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = ".lock"

if sys.platform == "win32":
    import msvcrt

    #: A byte far behind the text is locked, so that others can still read who the owner is.
    _LOCKED_BYTE: Final = 1 << 20
    #: Where no directory can be opened, only the file is locked.
    _DIRECTORY: Final[int | None] = None

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(errno.EAGAIN, error.strerror) from error
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    _DIRECTORY: Final[int | None] = os.O_RDONLY | os.O_DIRECTORY

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def owner_of(directory: Path) -> int:
    """Return the process id that the lock file of a directory names, 0 where it names none."""
    try:
        with paths.reading(directory / NAME) as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return 0


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file or directory is still the one of this path."""
    try:
        state = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), state)


def _open(path: Path) -> int:
    """Open the lock file, made where there is none. OSError."""
    flags = os.O_CREAT | os.O_RDWR | paths.NO_LINK | paths.NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    try:
        paths.require_regular(descriptor, path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _write_owner(descriptor: int) -> None:
    """Write this process's id, for people only; an older one goes if there is no space for it."""
    text = f"{os.getpid()}\n".encode()
    with contextlib.suppress(OSError):
        try:
            os.write(descriptor, text)
        except OSError:
            text = b""
            raise
        finally:
            os.ftruncate(descriptor, len(text))


class DirectoryLock:
    """The lock on a directory, held from here to `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises StoreLocked, naming the owner, if another process holds it.

        StoreError where no lock can be had; OSError.
        """
        self._directory = directory
        self._held: list[int] = []
        self._file: int | None = None  # of them, that of `.lock`
        try:
            self._take(directory)
        except BlockingIOError as error:
            self.release()
            owner = owner_of(directory)
            raise StoreLocked(
                f"{directory} is in use by another doctor server"
                + (f", process {owner}" if owner else ""),
                owner,
            ) from error
        except BaseException:
            self.release()
            raise

    def _take(self, directory: Path) -> None:
        """Lock the directory and the file, as far as that can be. BlockingIOError: taken."""
        path, why = directory / NAME, ""
        if _DIRECTORY is not None:
            self._try(os.open(directory, _DIRECTORY))
        try:
            file = _open(path)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            why = describe(error, path)
        else:
            why = self._try(file)
            if not why:
                _write_owner(file)
                self._file = file
        if not self._held:
            raise StoreError(
                f"{directory}: no lock can be had here ({why}), and without one a second server "
                "could mix what patients say; name a directory on a local disk"
            )

    def _try(self, descriptor: int) -> str:
        """Lock and hold a descriptor; return why that cannot be done, "" if it is done."""
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise
            return describe(error)
        self._held.append(descriptor)
        return ""

    def renew(self) -> bool:
        """Make `.lock` again if it was removed or replaced; return whether it was.

        BlockingIOError where another process has locked what is there now. OSError.
        """
        if self._file is None or is_at(self._file, self._directory / NAME):
            return False
        gone, self._file = self._file, None
        file = _open(self._directory / NAME)
        if not self._try(file):
            _write_owner(file)
            self._file = file
        self._held.remove(gone)
        os.close(gone)
        return True

    def release(self) -> None:
        """Give the directory back. May be called twice."""
        while self._held:
            os.close(self._held.pop())
