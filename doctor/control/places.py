"""Where the control socket is, and how each end reaches it.

The socket is `.control` in the patients directory. Only the owner may enter that directory and open
the socket, and the server asks the system which user is at the other end. Patients cannot reach it.
A server whose patients are in a database has a directory of its own, named by its port.

The path of a socket has at most 107 bytes (104 on some systems), and a directory's path may be
longer. Then the socket is reached through a descriptor of the directory, or from inside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doctor import errors
from doctor.paths import runtime_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The name of the socket in the patients directory.
NAME: Final = ".control"
#: Bytes of a request or an answer, and the seconds that the other end has for it.
LONGEST: Final = 16 * 1024 * 1024
SECONDS: Final = 10.0
_LONGEST_PATH: Final = 100


def make_directory(port: int) -> Path:
    """Make and return the control directory of a server whose patients are in a database."""
    path = runtime_directory() / str(port)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def running(port: int | None = None) -> Path:
    """Return the control directory of the server on this port, or of the only one of this user.

    NoServer where there is none, DoctorError where there are several.
    """
    found = sorted(path.parent for path in runtime_directory().glob(f"*/{NAME}") if _answers(path))
    if port is not None:
        found = [path for path in found if path.name == str(port)]
    if not found:
        raise errors.NoServer(
            "no server of this user runs here that has its patients in a database"
        )
    if len(found) > 1:
        ports = ", ".join(path.name for path in found)
        raise errors.DoctorError(f"several servers run here: choose one by --port, of {ports}")
    return found[0]


def _answers(path: Path) -> bool:
    """Return True if somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def reachable(directory: Path) -> Iterator[str]:
    """Yield a path to the socket that is short enough."""
    path = directory / NAME
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        through = f"/proc/self/fd/{descriptor}"
        if Path(through).is_dir():
            yield f"{through}/{NAME}"
            return
        here = Path.cwd()
        os.chdir(directory)  # a server does this before it starts other threads
        try:
            yield NAME
        finally:
            os.chdir(here)
    finally:
        os.close(descriptor)


def read_line(connection: socket.socket) -> tuple[bytes, bytes]:
    """Wait for a line; return it and what came behind it. ConnectionError where none comes."""
    data = bytearray()
    while True:
        part = connection.recv(65_536)
        if not part or len(data) + len(part) > LONGEST:
            raise ConnectionError("the other end closed the connection")
        end = part.find(b"\n")
        data += part
        if end >= 0:
            size = len(data) - len(part) + end + 1
            return bytes(data[:size]), bytes(data[size:])


def parse_object(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object on a line; None for anything else, however it is made."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_owner(connection: socket.socket) -> bool:
    """Return True if the other end is this user or root, or the system cannot say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack("3i", data)
    return user in {0, os.getuid()}
