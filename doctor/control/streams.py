"""The server's end of a stream: JSON lines to an operator, and the operator's commands.

One thread for each stream waits for whatever comes first: something to be sent, a command, the end
of the connection, the stream's alarm, or its end by the server. What is put into a stream becomes
JSON in that thread, so that whoever puts it in spends no time on it.

A stream holds a bounded number of events. To one that is full nothing more is put: its reader gets
what is held, then an event that says so, and the stream ends. A reader who takes nothing for some
seconds at the end is not waited for.

**Threads.** `put` and `end` may be called from any thread and never wait. Everything else belongs
to the stream's own thread.
"""

from __future__ import annotations

import contextlib
import json
import logging
import selectors
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from doctor import errors
from doctor.control.places import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG: Final = logging.getLogger("doctor.control")
#: Events that a stream holds for its reader.
HELD: Final = 1000
#: Bytes that are made of them ahead of the reader.
_AHEAD: Final = 65_536
#: Bytes of a command.
_LONGEST_COMMAND: Final = 65_536
#: Seconds that a reader has for the last events.
LAST_SECONDS: Final = 5.0

TOO_SLOW: Final = "more was said than this reader took; begin again"


class ServerStream(threading.Thread):
    """One stream to an operator. `serve` is called with it in its thread; `on_end` last."""

    def __init__(
        self,
        connection: socket.socket,
        asked: dict[str, Any],
        rest: bytes,
        serve: Callable[[ServerStream], None],
        on_end: Callable[[ServerStream], None],
    ) -> None:
        super().__init__(name="operator's stream", daemon=True)
        self.asked = asked
        #: When `commands` is to yield None (`time.monotonic`); None: never.
        self.alarm: float | None = None
        self._connection, self._serve, self._on_end = connection, serve, on_end
        self._lock = threading.Lock()
        self._events: deque[Callable[[], dict[str, Any]]] = deque()
        self._why: str | None = None  # why it ends; nothing is put any more
        self._waker, self._wake_reader = socket.socketpair()
        self._waker.settimeout(0)
        self._out = bytearray()
        self._in = rest
        self._gone = self._is_woken = False
        self._last_seconds = LAST_SECONDS

    # -- from any thread -----------------------------------------------------------------------

    def put(self, make: Callable[[], dict[str, Any]]) -> bool:
        """Send what `make` returns, which is called in the stream's thread; False at the end."""
        with self._lock:
            if self._why is not None:
                return False
            if len(self._events) >= HELD:
                self._why = TOO_SLOW
            else:
                self._events.append(make)
            self._wake()
            return self._why is None

    def tell(self, event: str, **fields: Any) -> bool:
        """Send an event of this name with these fields."""
        return self.put(lambda: {"event": event, **fields})

    def end(self, why: str, seconds: float = LAST_SECONDS) -> None:
        """End the stream once everything that was put into it is sent, or after these seconds."""
        with self._lock:
            if self._why is None:
                self._why = why
            self._last_seconds = seconds
            self._wake()

    def _wake(self) -> None:
        if self._is_woken:
            return
        self._is_woken = True
        with contextlib.suppress(OSError):  # full: it wakes up anyway; closed: it has ended
            self._waker.send(b".")

    def discard(self) -> None:
        """Release what a stream holds whose thread could not be started, but the connection."""
        self._waker.close()
        self._wake_reader.close()

    # -- the stream's own thread ---------------------------------------------------------------

    def run(self) -> None:
        """Serve the stream to its end, and close the connection."""
        self._connection.settimeout(0)
        try:
            self._serve_or_refuse()
            if not self._gone:
                self._finish()
        except OSError as error:
            _LOG.debug("an operator's stream ended: %s", error)
        finally:
            self._connection.close()
            with self._lock:
                self._why = self._why or ""
                self._waker.close()
            self._wake_reader.close()
            self._on_end(self)

    def _serve_or_refuse(self) -> None:
        """Serve, or say why not: as the answer to a request that failed."""
        try:
            self._serve(self)
        except errors.DoctorError as error:
            self._fail(type(error).__name__, str(error))
        except OSError as error:  # of the store; one of the connection is met again by `_finish`
            self._fail("", errors.describe(error))
        except Exception as error:  # noqa: BLE001 - the operator is told
            _LOG.exception("fault in a stream of the operator")
            self._fail("", str(error) or type(error).__name__)

    def _fail(self, error: str, why: str) -> None:
        with self._lock:
            self._events.append(lambda: {"error": error, "why": why})
            self._why = ""

    def commands(self) -> Iterator[dict[str, Any] | None]:
        """Yield the operator's commands, and None at the alarm, until either end ends it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_reader, selectors.EVENT_READ)
            selector.register(self._connection, selectors.EVENT_READ)
            while self._why is None:
                yield from self._take_commands()
                self._send_some()
                waiting = selectors.EVENT_WRITE if self._out else 0
                selector.modify(self._connection, selectors.EVENT_READ | waiting)
                for key, events in selector.select(self._seconds_to_alarm()):
                    if key.fileobj is self._wake_reader:
                        self._wake_reader.recv(4096)
                        with self._lock:
                            self._is_woken = False
                    elif events & selectors.EVENT_READ and not self._receive():
                        self._gone = True
                        return
                if self.alarm is not None and time.monotonic() >= self.alarm:
                    self.alarm = None
                    yield None

    def _seconds_to_alarm(self) -> float | None:
        return None if self.alarm is None else max(0.0, self.alarm - time.monotonic())

    def _receive(self) -> bool:
        """Take in what the operator sent; False at the end of the connection."""
        try:
            data = self._connection.recv(65_536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._in += data
        return bool(data)

    def _take_commands(self) -> Iterator[dict[str, Any]]:
        while b"\n" in self._in and self._why is None:
            line, _, self._in = self._in.partition(b"\n")
            command = parse_object(line)
            if command is not None:
                yield command
            else:
                self.tell("refused", do="", error="", why="the command is not a JSON object")
        if len(self._in) > _LONGEST_COMMAND:
            self.end("a command is too long")

    def _send_some(self) -> None:
        """Send what the operator takes now."""
        while True:
            while self._events and len(self._out) < _AHEAD:
                with self._lock:
                    make = self._events.popleft()
                self._out += json.dumps(make()).encode() + b"\n"
            if not self._out:
                return
            try:
                sent = self._connection.send(self._out)
            except BlockingIOError:
                return
            del self._out[:sent]

    def _finish(self) -> None:
        """Send what is held and why the stream ends, as long as the operator takes it."""
        why = self._why
        if why:
            with self._lock:
                self._events.append(lambda: {"event": "end", "why": why})
        until = time.monotonic() + self._last_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_WRITE)
            while True:
                self._send_some()
                if not self._out or not selector.select(max(0.0, until - time.monotonic())):
                    return
