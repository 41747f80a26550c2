"""The operator's end of the control socket: one request and its answer, or a stream.

    request(directory, {"do": "status"})                          -> the answer
    with open_stream(directory, {"do": "watch", "name": "Ada"}) as stream:
        while (event := stream.read()) is not None: ...

`doctor.control.server` says which requests there are, `doctor.server.attending` what a stream says.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from doctor import errors
from doctor.control.places import LONGEST, parse_object, reachable, read_line

if TYPE_CHECKING:
    from pathlib import Path

_UNREADABLE = "the server's answer cannot be read; is it of another version?"


def request(directory: Path, asked: dict[str, Any], *, seconds: float = 60.0) -> dict[str, Any]:
    """Ask the server that uses this patients directory; return its answer.

    Raises NoServer if none does, the `DoctorError` that the server reports, or OSError.
    """
    with _connect(directory, seconds) as connection:
        return _ask(connection, asked)[0]


def open_stream(directory: Path, asked: dict[str, Any], *, seconds: float = 60.0) -> ControlStream:
    """Ask for a stream and return it once the server has begun it; raises what `request` does."""
    connection = _connect(directory, seconds)
    try:
        first, rest = _ask(connection, asked)
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return ControlStream(connection, first, rest)


def _connect(directory: Path, seconds: float) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise errors.NoServer(
            "this system has no local sockets, so a running server cannot be asked; stop it first"
        )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        with reachable(directory) as path:
            connection.connect(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        connection.close()
        raise errors.NoServer(
            f"no server runs on {directory}; start one with `python server.py`"
        ) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _ask(connection: socket.socket, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Send a request; return its answer and what came behind it."""
    try:
        connection.sendall(json.dumps(asked).encode() + b"\n")
        line, rest = read_line(connection)
        answer = parse_object(line)
    except ConnectionError:
        raise OSError("the server closed the connection without an answer; ask again") from None
    if answer is None:
        raise OSError(_UNREADABLE)
    if "error" in answer and "event" not in answer:
        kind = getattr(errors, str(answer["error"]), None)
        why = str(answer.get("why", ""))
        if isinstance(kind, type) and issubclass(kind, errors.DoctorError):
            raise kind(why)
        raise OSError(why)
    return answer, rest


class ControlStream:
    """Events from the server, and commands to it. One thread reads; any may send or close.

    `begun` is the first event.
    """

    def __init__(self, connection: socket.socket, begun: dict[str, Any], rest: bytes) -> None:
        self.begun = begun
        self._connection = connection
        self._data = rest
        self._sending = threading.Lock()

    def read(self) -> dict[str, Any] | None:
        """Wait for the next event; None at the end of the stream. Raises OSError."""
        while b"\n" not in self._data:
            try:
                part = self._connection.recv(65_536)
            except ConnectionError:
                part = b""
            if not part:
                return None
            self._data += part
            if len(self._data) > LONGEST:
                raise OSError(_UNREADABLE)
        line, _, self._data = self._data.partition(b"\n")
        event = parse_object(line)
        if event is None:
            raise OSError(_UNREADABLE)
        return event

    def send(self, command: dict[str, Any]) -> None:
        """Send a command. Raises OSError where the server has ended the stream."""
        with self._sending:
            self._connection.sendall(json.dumps(command).encode() + b"\n")

    def end(self) -> None:
        """Let `read` come to an end, from any thread; may be called twice."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the stream; for the thread that reads, or after it."""
        self.end()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
