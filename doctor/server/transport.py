"""One client's socket as its handler uses it: bytes in, bytes out, each within a time limit.

Two kinds, one interface:

`PlainTransport` keeps its time limits in the kernel (SO_RCVTIMEO, SO_SNDTIMEO), so that waiting for
a line is one system call where Python's own timeouts take two, and lets a thread other than the
handler's send without ever waiting (`send_now`).

`TimedTransport` uses Python's timeouts: for TLS, whose session belongs to one thread at a time, and
where the system has no such options.

Who may call what: `receive`, `patience`, `send`, `finish` belong to the handler's thread;
`send_now` to whoever the handler handed a reply, one at a time; `interrupt` and `abort` to any.

`SlowClients` is the one thread that waits for all clients that do not take a reply at once, so that
the thread that commits exchanges never waits for a client.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from doctor.server.settings import Settings

#: Bytes taken from a socket at once. Small enough that Python's small-object allocator holds them:
#: 4,096 made 10,000 busy connections grow to 73 KiB each, where these stay below 40.
RECEIVE_BYTES: Final = 472
#: Bytes taken at once of what is thrown away.
DISCARD_BYTES: Final = 65_536
#: Bytes of a client that are read and thrown away before a close, and for how long, so that the
#: last reply is not lost to the reset that unread bytes would cause.
LINGER_BYTES: Final = 65_536
LINGER_SECONDS: Final = 1.0

_KERNEL_LIMITS: Final = os.name == "posix" and struct.calcsize("l") == struct.calcsize("P")


class SlowClient(OSError):
    """The client took a reply too slowly; nothing more can be said to it."""


class Transport(Protocol):
    """What a handler needs of a connection."""

    #: Whether `send_now` may be used.
    sends_now: bool

    def open(self) -> None:
        """Get ready to talk (TLS: shake hands). Raises OSError."""

    def set_timeout(self, seconds: float) -> None:
        """Let `receive` wait this long from now on."""

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """Return some bytes, b"" at the end. Raises TimeoutError or another OSError."""

    def send(self, data: bytes) -> None:
        """Send everything. Raises `SlowClient` or another OSError."""

    def send_now(self, data: bytes | memoryview) -> int:
        """Send what goes without waiting and return how much that was. Raises OSError."""

    def interrupt(self) -> None:
        """End the waiting of `receive`, now and later: it returns what came and then b""."""

    def abort(self) -> None:
        """End all waiting on this connection."""

    def finish(self) -> None:
        """Close: what was sent arrives, what still comes is thrown away."""

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""


def _ignore_errors(call: Callable[[], object]) -> None:
    """Do to a socket what may come too late: the client may be gone."""
    try:
        call()
    except OSError:
        return


class PlainTransport:
    """A TCP connection whose time limits the kernel keeps."""

    __slots__ = ("_seconds", "_slow", "_socket")
    sends_now = True

    def __init__(self, connection: socket.socket, settings: Settings) -> None:
        self._socket = connection
        self._slow = settings.slow_reader_time
        self._seconds = 0.0

    def open(self) -> None:
        """Set the options of the socket."""
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._limit(socket.SO_SNDTIMEO, self._slow)

    def _limit(self, option: int, seconds: float) -> None:
        whole, part = divmod(max(seconds, 0.001), 1)
        value = struct.pack("ll", int(whole), int(part * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, option, value)

    def set_timeout(self, seconds: float) -> None:
        """See `Transport`."""
        if seconds != self._seconds:
            self._limit(socket.SO_RCVTIMEO, seconds)
            self._seconds = seconds

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """See `Transport`."""
        try:
            return self._socket.recv(most)
        except BlockingIOError:
            raise TimeoutError("nothing came for too long") from None

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        rest: bytes | memoryview = data
        deadline = 0.0
        while True:
            try:
                sent = self._socket.send(rest)
            except BlockingIOError:
                raise SlowClient("took a reply too slowly") from None
            if sent == len(rest):
                return
            rest = memoryview(rest)[sent:]
            deadline = deadline or time.monotonic() + self._slow
            if time.monotonic() > deadline:
                raise SlowClient("took a reply too slowly")

    def send_now(self, data: bytes | memoryview) -> int:
        """See `Transport`."""
        try:
            return self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def interrupt(self) -> None:
        """See `Transport`."""
        _ignore_errors(lambda: self._socket.shutdown(socket.SHUT_RD))

    def abort(self) -> None:
        """See `Transport`."""
        _ignore_errors(lambda: self._socket.shutdown(socket.SHUT_RDWR))

    def finish(self) -> None:
        """See `Transport`."""
        try:
            if self._socket.recv(4096, socket.MSG_DONTWAIT):
                self._socket.shutdown(socket.SHUT_WR)
                self._drain()
        except OSError:
            pass  # gone already, or, as nearly always, silent
        finally:
            self._socket.close()

    def _drain(self) -> None:
        """Read what a client still sends, for a moment: bytes unread would make a close a reset."""
        deadline = time.monotonic() + LINGER_SECONDS
        left = LINGER_BYTES
        while left > 0 and (remaining := deadline - time.monotonic()) > 0:
            self._limit(socket.SO_RCVTIMEO, remaining)
            data = self._socket.recv(4096)
            if not data:
                return
            left -= len(data)

    def fileno(self) -> int:
        """See `Transport`."""
        return self._socket.fileno()


class TimedTransport:
    """A connection with Python's time limits; with a context, a TLS session in it."""

    __slots__ = ("_context", "_handshake", "_seconds", "_slow", "_socket")
    sends_now = False

    def __init__(
        self, connection: socket.socket, settings: Settings, context: ssl.SSLContext | None
    ) -> None:
        self._socket = connection
        self._context = context
        self._slow = settings.slow_reader_time
        self._handshake = settings.handshake_time
        self._seconds = settings.name_time

    def open(self) -> None:
        """Shake hands, all in all within the time for it."""
        self._socket.settimeout(self._handshake)
        if self._context is not None:
            self._socket = self._context.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            try:
                self._socket.do_handshake()
            except TimeoutError:  # nothing can be said to this client
                raise SlowClient("the TLS handshake took too long") from None

    def set_timeout(self, seconds: float) -> None:
        """See `Transport`."""
        self._seconds = max(seconds, 0.001)

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """See `Transport`."""
        self._socket.settimeout(self._seconds)
        try:
            return self._socket.recv(most)
        except TimeoutError:
            raise TimeoutError("nothing came for too long") from None

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        self._socket.settimeout(self._slow)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise SlowClient("took a reply too slowly") from None

    def send_now(self, data: bytes | memoryview) -> int:
        """Never called: `sends_now` says so."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """See `Transport`. The plain socket's method: TLS must not take its session apart here."""
        _ignore_errors(lambda: socket.socket.shutdown(self._socket, socket.SHUT_RD))

    def abort(self) -> None:
        """See `Transport`."""
        _ignore_errors(lambda: socket.socket.shutdown(self._socket, socket.SHUT_RDWR))

    def finish(self) -> None:
        """See `Transport`. TLS says goodbye in its own way first."""
        self._socket.settimeout(LINGER_SECONDS)
        if self._context is not None:
            _ignore_errors(getattr(self._socket, "unwrap", int))
        _ignore_errors(lambda: socket.socket.shutdown(self._socket, socket.SHUT_WR))
        self._socket.close()

    def fileno(self) -> int:
        """See `Transport`."""
        return self._socket.fileno()


def transport_for(
    connection: socket.socket, settings: Settings, context: ssl.SSLContext | None
) -> PlainTransport | TimedTransport:
    """Return the kind of wire that this connection needs."""
    if context is None and _KERNEL_LIMITS:
        return PlainTransport(connection, settings)
    return TimedTransport(connection, settings, context)


class SlowClients:
    """One thread, started when first needed, that waits for all clients that read slowly.

    `take` may be called from any thread, `close` from the one that runs the server. At most one
    reply of each connection is here at a time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._new: deque[tuple[Transport, memoryview, Callable[[], None]]] = deque()
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None
        self._closing = False

    def take(self, transport: Transport, rest: memoryview, done: Callable[[], None]) -> None:
        """Send `rest` as the client takes it, then call `done`; too slow ends the connection."""
        with self._lock:
            self._new.append((transport, rest, done))
            if self._thread is None:
                self._waker, wakened = socket.socketpair()
                self._thread = threading.Thread(
                    target=self._run, args=(wakened,), name="slow readers", daemon=True
                )
                self._thread.start()
            if self._waker is not None:
                self._waker.send(b".")

    def _run(self, wakened: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, wakened:
            selector.register(wakened, selectors.EVENT_READ)
            while not (self._closing and len(selector.get_map()) == 1 and not self._new):
                for key, _ in selector.select(self._next(selector)):
                    if key.fileobj is wakened:
                        wakened.recv(4096)
                    else:
                        self._push(selector, key)
                while self._new:
                    transport, rest, done = self._new.popleft()
                    until = time.monotonic() + self._seconds
                    selector.register(
                        transport.fileno(), selectors.EVENT_WRITE, [transport, rest, done, until]
                    )
                self._expire(selector)

    @staticmethod
    def _next(selector: selectors.BaseSelector) -> float | None:
        times = [key.data[3] for key in selector.get_map().values() if key.data]
        return max(0.0, min(times) - time.monotonic()) if times else None

    @staticmethod
    def _push(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        transport, rest, done, _ = key.data
        try:
            sent = transport.send_now(rest)
        except OSError:
            sent = len(rest)  # gone; its handler hears of it
        if sent < len(rest):
            key.data[1] = rest[sent:]
        else:
            selector.unregister(key.fileobj)
            done()

    @staticmethod
    def _expire(selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        for key in [key for key in selector.get_map().values() if key.data]:
            if key.data[3] <= now:
                selector.unregister(key.fileobj)
                key.data[0].abort()
                key.data[2]()

    def close(self) -> None:
        """Wait for the clients that are still here, within their time, and end the thread."""
        with self._lock:
            self._closing = True
            if self._waker is not None:
                self._waker.send(b".")
        if self._thread is not None:
            self._thread.join()
        if self._waker is not None:
            self._waker.close()
