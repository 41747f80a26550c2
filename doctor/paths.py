"""Default places, standard streams, and opening of regular files only, no FIFOs or devices.

A FIFO waits for somebody at its other end, a device never ends, a link leads elsewhere. What should
be a regular file and is none is an OSError here, before anything is read from it or written to it.

Any thread may call what is here; this module imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO, Final

#: With it, to open a FIFO is an error where nobody is at its other end; nothing for other files.
NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
#: With it, to open a link is an error.
NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def open_standard_streams() -> None:
    """Let closed standard streams lead nowhere; call it before anything else is opened.

    Else the next file that is opened gets the descriptor of standard error, and what some library
    prints there is written into it.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free descriptor: this one
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - until exit


_ROOT: Final = Path(__file__).resolve().parents[1]


def in_tree() -> bool:
    """Return True if this program runs from its source tree and is not installed."""
    return (_ROOT / "server.py").is_file()


def default_patients() -> Path:
    """Return the patients directory used when none is named.

    `patients/` beside `server.py`; where the program is installed, in the user's data directory.
    """
    if in_tree():
        return _ROOT / "patients"
    try:
        import platformdirs  # noqa: PLC0415 - the program in its tree needs Python alone
    except ImportError:
        raise SystemExit("doctor: pip install platformdirs first") from None
    return platformdirs.user_data_path("doctor-chat", appauthor=False) / "patients"


def runtime_directory() -> Path:
    """Return the directory of this user's running servers whose histories are in a database.

    Made where it is missing, and only this user may enter it; OSError where somebody else made it.
    """
    given = os.environ.get("XDG_RUNTIME_DIR")
    user = os.getuid() if hasattr(os, "getuid") else 0
    path = Path(given) / "doctor" if given else Path(tempfile.gettempdir()) / f"doctor-{user}"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or (hasattr(os, "getuid") and state.st_uid != user):
        raise OSError(errno.EPERM, "this is not a directory of this user", str(path))
    path.chmod(0o700)
    return path


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
    """Tell whether there is anything of this name, be it a link that leads nowhere. OSError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _check(state: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = "a directory" if stat.S_ISDIR(state.st_mode) else "no regular file"
        kind = "a link, no regular file" if stat.S_ISLNK(state.st_mode) else kind
        raise OSError(errno.EINVAL, f"this is {kind}", path)
