"""The control socket, by which an operator asks a running server; both of its ends.

The socket is `.control` in the patients directory. Only the owner may enter that directory and open
the socket, and the server asks the system which user is at the other end. Patients cannot reach it.
A server whose patients are in a database has a directory of its own, named by its port.

A connection carries one request, a JSON object on one line with `do` and its arguments. The answer
is a JSON object on one line, with `error` (the kind) and `why` if the request failed.

    {"do": "status"}                      {"do": "stop"}
    {"do": "forget", "name": N}           {"do": "rename", "name": N, "new": M}
    {"do": "repair", "name": N}           {"do": "passphrase", "name": N}   (resets it)

The path of a socket has at most 107 bytes (104 on some systems), and a directory's path may be
longer. Then the socket is reached through a descriptor of the directory, or from inside it.

A file system may have no local sockets, or no space for one now. Then the server serves patients
without it, says so in its log, and tries again now and then.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import stat
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doctor import errors
from doctor.paths import runtime_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG: Final = logging.getLogger("doctor.control")
#: The name of the socket in the patients directory.
NAME: Final = ".control"
#: Bytes of a request or an answer, and the seconds that the other end has for it.
_LONGEST: Final = 16 * 1024 * 1024
_SECONDS: Final = 10.0
_LONGEST_PATH: Final = 100
#: Seconds between two tries to make a socket.
_RETRY: Final = 10.0


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
def _reachable(directory: Path) -> Iterator[str]:
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


def _read_line(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    size = 0
    while not (parts and parts[-1].endswith(b"\n")):
        part = connection.recv(65_536)
        size += len(part)
        if not part or size > _LONGEST:
            raise ConnectionError("the other end closed the connection")
        parts.append(part)
    return b"".join(parts)


def request(directory: Path, asked: dict[str, Any], *, seconds: float = 60.0) -> dict[str, Any]:
    """Ask the server that uses this patients directory; return its answer.

    Raises NoServer if none does, the `DoctorError` that the server reports, or OSError.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise errors.NoServer(
            "this system has no local sockets, so a running server cannot be asked; stop it first"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            with _reachable(directory) as path:
                connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise errors.NoServer(
                f"no server runs on {directory}; start one with `python server.py`"
            ) from None
        try:
            connection.sendall(json.dumps(asked).encode() + b"\n")
            answer = json.loads(_read_line(connection))
        except ConnectionError:
            raise OSError("the server closed the connection without an answer; ask again") from None
        except ValueError:
            raise OSError("the server's answer cannot be read; is it of another version?") from None
    if not isinstance(answer, dict):
        raise OSError("the server's answer cannot be read; is it of another version?")
    if "error" in answer:
        kind = getattr(errors, str(answer["error"]), None)
        why = str(answer.get("why", ""))
        if isinstance(kind, type) and issubclass(kind, errors.DoctorError):
            raise kind(why)
        raise OSError(why)
    return answer


class ControlServer(threading.Thread):
    """The server's end: one thread that serves one request after another.

    `act` is called with each request in this thread and returns the answer. `close` is for the
    thread that runs the server.
    """

    def __init__(self, directory: Path, act: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Make the socket, as soon as that can be; the caller owns the directory."""
        super().__init__(name="control", daemon=True)
        self._directory, self._act = directory, act
        self._closing = threading.Event()
        self._listener: socket.socket | None = None
        try:
            self._listener = self._make_listener()
        except OSError as error:
            why = errors.describe(error, directory / NAME)
            fields = {"why": why, "without": "status, stop and changes by python -m doctor"}
            _LOG.warning("no control socket", extra={"fields": fields})

    def _make_listener(self) -> socket.socket:
        """Bind a socket that only this user can reach. Raises OSError."""
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this system has no local sockets")
        path = self._directory / NAME
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # If the mode can be set before the socket has a name, nobody else can connect early.
            with contextlib.suppress(OSError):
                os.fchmod(listener.fileno(), 0o600)
            path.unlink(missing_ok=True)
            with _reachable(self._directory) as short:
                listener.bind(short)
            # Not every system takes over that mode, and not every file system has modes.
            if stat.S_IMODE(path.lstat().st_mode) & 0o077:
                with contextlib.suppress(OSError):
                    path.chmod(0o600)
            listener.listen(16)
        except BaseException:
            listener.close()
            raise
        return listener

    def run(self) -> None:
        """Serve until `close`."""
        while not self._closing.is_set():
            if self._listener is None:
                self._try_again()
                continue
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if self._closing.is_set():
                    return
                _LOG.warning("control socket", extra={"fields": {"why": str(error)}})
                self._closing.wait(0.1)  # out of descriptors: wait, do not spin
                continue
            with connection:
                if self._closing.is_set():
                    return
                with contextlib.suppress(OSError):
                    self._serve(connection)

    def _try_again(self) -> None:
        """Wait, then try to make the socket."""
        if not self._closing.wait(_RETRY):
            with contextlib.suppress(OSError):
                self._listener = self._make_listener()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        if not _is_owner(connection):
            _LOG.warning("control refused: another user")
            return
        try:
            asked = json.loads(_read_line(connection))
            answer = self._act(asked if isinstance(asked, dict) else {})
        except ConnectionError:
            return  # whoever only wanted to know whether a server runs here
        except errors.DoctorError as error:
            answer = {"error": type(error).__name__, "why": str(error)}
        except ValueError:
            answer = {"error": "", "why": "the request is not JSON"}
        except OSError as error:
            answer = {"error": "", "why": errors.describe(error, self._directory)}
        except Exception as error:  # noqa: BLE001 - the operator is told
            _LOG.exception("fault in a request of the operator")
            answer = {"error": "", "why": str(error) or type(error).__name__}
        connection.sendall(json.dumps(answer).encode() + b"\n")

    def close(self) -> None:
        """End the thread and remove the socket."""
        self._closing.set()
        if self.is_alive():
            if self._listener is not None:
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as waker:
                    waker.settimeout(1.0)
                    with _reachable(self._directory) as path:
                        waker.connect(path)
            self.join(_SECONDS)
        if self._listener is not None:
            self._listener.close()
            with contextlib.suppress(OSError):
                (self._directory / NAME).unlink(missing_ok=True)


def _is_owner(connection: socket.socket) -> bool:
    """Return True if the other end is this user or root, or the system cannot say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack("3i", data)
    return user in {0, os.getuid()}
