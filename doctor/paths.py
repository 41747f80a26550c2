"""Default places, and opening of regular files only: no FIFOs, devices or directories.

A FIFO waits for somebody at its other end, a device never ends, a link leads elsewhere. What should
be a regular file and is none is an OSError here, before anything is read from it or written to it.

Any thread may call what is here; this module imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import IO, Final

#: With it, to open a FIFO is an error where nobody is at its other end; nothing for other files.
NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
#: With it, to open a link is an error.
NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def default_patients() -> Path:
    """Return the patients directory used when none is named: `patients/` beside `server.py`."""
    return Path(__file__).resolve().parents[1] / "patients"


def reading(path: Path, *, links: bool = True) -> IO[bytes]:
    """Open a regular file, or a link to one, to read. OSError where it is anything else.

    Without `links` a link is an error too: for a directory that others may write.
    """
    return open(path, "rb", opener=_opened if links else _opened_itself)


def _opened_itself(path: str, flags: int) -> int:
    return _opened(path, flags | NO_LINK)


def _opened(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | NONBLOCK)
    try:
        _check(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def check(path: Path) -> None:
    """Raise OSError where there is something at `path` that is no regular file, or is a link."""
    with contextlib.suppress(FileNotFoundError):
        _check(os.lstat(path), str(path))


def require_regular(descriptor: int, path: Path) -> None:
    """Raise OSError unless an open descriptor is that of a regular file."""
    _check(os.fstat(descriptor), str(path))


def exists(path: Path) -> bool:
    """Tell whether there is anything of this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


def _check(state: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = "a directory" if stat.S_ISDIR(state.st_mode) else "no regular file"
        kind = "a link, no regular file" if stat.S_ISLNK(state.st_mode) else kind
        raise OSError(errno.EINVAL, f"this is {kind}", path)
