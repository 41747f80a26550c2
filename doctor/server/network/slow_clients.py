"""One thread that waits for all clients that do not read a reply at once: `SlowClients`.

So the thread that commits exchanges and sends the replies never waits for a client. A client that
has not read its reply within the setting `slow_reader_time` is disconnected.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.server.network.transport import Transport


@dataclass(slots=True)
class _Pending:
    """The rest of a reply; `done` is called once it was sent or given up."""

    transport: Transport
    rest: memoryview
    done: Callable[[], None]
    deadline: float = 0.0


class SlowClients:
    """One thread, started when first needed, that sends replies as slow clients read them.

    `take` may be called from any thread, `close` from the one that runs the server. At most one
    reply of each connection is held at a time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._new: deque[_Pending] = deque()
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None
        self._closing = False

    def take(self, transport: Transport, rest: memoryview, done: Callable[[], None]) -> None:
        """Send `rest` as the client reads it, then call `done`; too slow ends the connection.

        After `close` the connection ends at once.
        """
        with self._lock:
            if not self._closing:
                self._new.append(_Pending(transport, rest, done))
                if self._thread is None:
                    self._waker, wake_reader = socket.socketpair()
                    self._thread = threading.Thread(
                        target=self._run, args=(wake_reader,), name="slow clients", daemon=True
                    )
                    self._thread.start()
                if self._waker is not None:
                    self._waker.send(b".")
                return
        transport.abort()
        done()

    def _run(self, wake_reader: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, wake_reader:
            selector.register(wake_reader, selectors.EVENT_READ)
            while not (self._closing and len(selector.get_map()) == 1 and not self._new):
                for key, _ in selector.select(self._next_deadline(selector)):
                    if key.fileobj is wake_reader:
                        wake_reader.recv(4096)
                    else:
                        self._send_more(selector, key)
                while self._new:
                    pending = self._new.popleft()
                    pending.deadline = time.monotonic() + self._seconds
                    selector.register(pending.transport.fileno(), selectors.EVENT_WRITE, pending)
                self._expire(selector)

    @staticmethod
    def _next_deadline(selector: selectors.BaseSelector) -> float | None:
        times = [key.data.deadline for key in selector.get_map().values() if key.data]
        return max(0.0, min(times) - time.monotonic()) if times else None

    @staticmethod
    def _send_more(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        pending: _Pending = key.data
        try:
            sent = pending.transport.send_now(pending.rest)
        except OSError:
            sent = len(pending.rest)  # gone; its handler notices
        if sent < len(pending.rest):
            pending.rest = pending.rest[sent:]
        else:
            selector.unregister(key.fileobj)
            pending.done()

    @staticmethod
    def _expire(selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        for key in [key for key in selector.get_map().values() if key.data]:
            if key.data.deadline <= now:
                selector.unregister(key.fileobj)
                key.data.transport.abort()
                key.data.done()

    def close(self) -> None:
        """Wait for the clients that are still held, within their time, and end the thread."""
        with self._lock:
            self._closing = True
            if self._waker is not None:
                self._waker.send(b".")
        if self._thread is not None:
            self._thread.join()
        if self._waker is not None:
            self._waker.close()
