"""The server's end of the control socket: `ControlServer`.

A connection carries one request, a JSON object on one line with `do` and its arguments. The answer
is a JSON object on one line, with `error` (the kind) and `why` if the request failed.

    {"do": "status"}                      {"do": "stop"}
    {"do": "forget", "name": N}           {"do": "rename", "name": N, "new": M}
    {"do": "repair", "name": N}           {"do": "passphrase", "name": N}   (resets it)

Three requests turn the connection into a stream: JSON objects, a line each, that say what happens
until either end closes. What they say, and which commands an operator may send meanwhile, stands in
`doctor.server.attending`.

    {"do": "live"}                        who is here, and marked lines, without what was said
    {"do": "watch", "name"?: N, "marked"?: true, "as"?: "Maria"}
    {"do": "attend", "name": N, "as": "Maria"}

Requests are served one after another by one thread; each stream has a thread of its own, at most
`STREAMS` at a time, so that no request waits for a stream.

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
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from doctor import errors
from doctor.control.places import NAME, SECONDS, is_owner, parse_object, reachable, read_line
from doctor.control.streams import LAST_SECONDS, ServerStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG: Final = logging.getLogger("doctor.control")
#: Requests that may wait; who comes when as many do is refused by the system at once.
_BACKLOG: Final = 128
#: Seconds between two tries to make a socket.
_RETRY: Final = 10.0
#: Requests that become a stream, and how many streams there may be.
_OPENS_STREAM: Final = frozenset({"live", "watch", "attend"})
STREAMS: Final = 16
#: Seconds that a stream has, beside those for its reader, for what is recorded at its end.
_GRACE: Final = 1.0


class ControlServer(threading.Thread):
    """The server's end: one thread that serves one request after another.

    `act` is called with each request in this thread and returns the answer. `serve` is called with
    each stream, in the stream's thread. `close` is for the thread that runs the server.
    """

    def __init__(
        self,
        directory: Path,
        act: Callable[[dict[str, Any]], dict[str, Any]],
        serve: Callable[[ServerStream], None],
    ) -> None:
        """Make the socket, as soon as that can be; the caller owns the directory."""
        super().__init__(name="control", daemon=True)
        self._directory, self._act, self._serve = directory, act, serve
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._streams: set[ServerStream] = set()
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
            with reachable(self._directory) as short:
                listener.bind(short)
            # Not every system takes over that mode, and not every file system has modes.
            if stat.S_IMODE(path.lstat().st_mode) & 0o077:
                with contextlib.suppress(OSError):
                    path.chmod(0o600)
            listener.listen(_BACKLOG)
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
            is_stream = False
            try:
                if self._closing.is_set():
                    return
                with contextlib.suppress(OSError):
                    is_stream = self._serve_request(connection)
            finally:
                if not is_stream:
                    connection.close()

    def _try_again(self) -> None:
        """Wait, then try to make the socket."""
        if not self._closing.wait(_RETRY):
            with contextlib.suppress(OSError):
                self._listener = self._make_listener()

    def _serve_request(self, connection: socket.socket) -> bool:
        """Answer a request; return True if the connection has become a stream."""
        connection.settimeout(SECONDS)
        if not is_owner(connection):
            _LOG.warning("control refused: another user")
            return False
        try:
            line, rest = read_line(connection)
            asked = parse_object(line)
            if asked is None:
                answer = {"error": "", "why": "the request is not a JSON object"}
            elif str(asked.get("do")) in _OPENS_STREAM:
                self._open_stream(connection, asked, rest)
                return True
            else:
                answer = self._act(asked)
        except ConnectionError:
            return False  # whoever only wanted to know whether a server runs here
        except errors.DoctorError as error:
            answer = {"error": type(error).__name__, "why": str(error)}
        except OSError as error:
            answer = {"error": "", "why": errors.describe(error, self._directory)}
        except Exception as error:  # noqa: BLE001 - the operator is told
            _LOG.exception("fault in a request of the operator")
            answer = {"error": "", "why": str(error) or type(error).__name__}
        connection.sendall(json.dumps(answer).encode() + b"\n")
        return False

    # -- streams -------------------------------------------------------------------------------

    def _open_stream(self, connection: socket.socket, asked: dict[str, Any], rest: bytes) -> None:
        """Give a connection that becomes a stream a thread. Raises NotAllowed, OSError."""
        with self._lock:
            if len(self._streams) >= STREAMS:
                raise errors.NotAllowed(f"{STREAMS} people watch already; one of them has to end")
            stream = ServerStream(connection, asked, rest, self._serve, self._forget_stream)
            self._streams.add(stream)
        try:
            stream.start()
        except (RuntimeError, MemoryError):
            stream.discard()
            self._forget_stream(stream)
            raise errors.NotAllowed("this server is out of threads") from None

    def _forget_stream(self, stream: ServerStream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def end_streams(self, why: str, seconds: float = LAST_SECONDS) -> None:
        """End all streams and wait for that: each sends what it holds, within these seconds."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.end(why, seconds)
        until = time.monotonic() + seconds + _GRACE
        for stream in streams:
            stream.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """End the thread and all streams, and remove the socket."""
        self._closing.set()
        if self.is_alive():
            if self._listener is not None:
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as waker:
                    waker.settimeout(1.0)
                    with reachable(self._directory) as path:
                        waker.connect(path)
            self.join(SECONDS)
        self.end_streams("the server is stopping")
        if self._listener is not None:
            self._listener.close()
            with contextlib.suppress(OSError):
                (self._directory / NAME).unlink(missing_ok=True)
