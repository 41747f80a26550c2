"""Receive and send the bytes of one client's socket, each within a time limit.

Two implementations of one interface:

`PlainTransport` sets its time limits in the kernel (SO_RCVTIMEO, SO_SNDTIMEO), so that waiting for
a line is one system call where Python's own timeouts take two. It lets a thread other than the
handler's send without waiting (`send_now`).

`TimedTransport` uses Python's timeouts: for TLS, whose session belongs to one thread at a time, and
for systems without those socket options.

Who may call what: `receive`, `patience`, `send`, `finish` belong to the handler's thread;
`send_now` to whoever the handler handed a reply, one at a time; `interrupt` and `abort` to any.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from doctor.server.settings import Settings

#: Bytes received in one call. Small enough for Python's small-object allocator: with 4,096 bytes,
#: 10,000 busy connections grew to 73 KiB each; with these they stay below 40.
RECEIVE_BYTES: Final = 472
#: Bytes received in one call where they are discarded.
DISCARD_BYTES: Final = 65_536
#: Bytes of a client that are read and discarded before a close, and the seconds for that: unread
#: bytes would make the close a reset, and the client could lose the last reply.
LINGER_BYTES: Final = 65_536
LINGER_SECONDS: Final = 1.0

_KERNEL_LIMITS: Final = os.name == "posix" and struct.calcsize("l") == struct.calcsize("P")


class SlowClient(OSError):
    """The client did not read a reply in time; nothing more can be sent to it."""


class Transport(Protocol):
    """The interface that a handler needs of a client's socket."""

    #: Whether `send_now` may be used.
    sends_now: bool

    def open(self) -> None:
        """Prepare the socket (TLS: do the handshake). Raises OSError."""

    def set_timeout(self, seconds: float) -> None:
        """Set how long `receive` waits from now on."""

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """Wait for bytes and return them, b"" at the end. Raises TimeoutError or OSError."""

    def receive_now(self) -> bytes:
        """Return what has arrived without waiting, b"" if nothing has."""

    def send(self, data: bytes) -> None:
        """Send everything. Raises `SlowClient` or another OSError."""

    def send_now(self, data: bytes | memoryview) -> int:
        """Send as much as is possible without waiting; return how much. Raises OSError."""

    def interrupt(self) -> None:
        """End the waiting of `receive`, now and later: it returns what arrived, and then b""."""

    def abort(self) -> None:
        """Abort every blocking call on this connection."""

    def finish(self) -> None:
        """Close: what was sent arrives, what still comes is discarded."""

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""


def _ignore_errors(call: Callable[[], object]) -> None:
    """Call a method of a socket whose client may be gone."""
    try:
        call()
    except OSError:
        return


class PlainTransport:
    """A TCP connection whose time limits are set in the kernel."""

    __slots__ = ("_seconds", "_slow", "_socket")
    sends_now = True

    def __init__(self, connection: socket.socket, settings: Settings) -> None:
        self._socket = connection
        self._slow = settings.slow_reader_time
        self._seconds = 0.0

    def open(self) -> None:
        """Set the socket's options."""
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

    def receive_now(self) -> bytes:
        """See `Transport`."""
        try:
            return self._socket.recv(DISCARD_BYTES, socket.MSG_DONTWAIT)
        except OSError:
            return b""  # nothing has arrived; or the client is gone, which the next wait tells

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        rest: bytes | memoryview = data
        deadline = 0.0
        while True:
            try:
                sent = self._socket.send(rest)
            except BlockingIOError:
                raise SlowClient("did not read a reply in time") from None
            if sent == len(rest):
                return
            rest = memoryview(rest)[sent:]
            deadline = deadline or time.monotonic() + self._slow
            if time.monotonic() > deadline:
                raise SlowClient("did not read a reply in time")

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
            pass  # gone already, or, as nearly always, nothing unread
        finally:
            self._socket.close()

    def _drain(self) -> None:
        """Read and discard what a client still sends, for a short time."""
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
    """A connection with Python's timeouts; with a context it speaks TLS."""

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
        """Do the handshake within the time for all of it."""
        self._socket.settimeout(self._handshake)
        if self._context is not None:
            self._socket = self._context.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            try:
                self._socket.do_handshake()
            except TimeoutError:  # nothing can be sent to this client
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

    def receive_now(self) -> bytes:
        """See `Transport`."""
        self._socket.settimeout(0)
        try:
            return self._socket.recv(DISCARD_BYTES)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        self._socket.settimeout(self._slow)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise SlowClient("did not read a reply in time") from None

    def send_now(self, data: bytes | memoryview) -> int:
        """Never called: `sends_now` is False."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """See `Transport`. Uses the plain socket's method, which leaves the TLS session alone."""
        _ignore_errors(lambda: socket.socket.shutdown(self._socket, socket.SHUT_RD))

    def abort(self) -> None:
        """See `Transport`."""
        _ignore_errors(lambda: socket.socket.shutdown(self._socket, socket.SHUT_RDWR))

    def finish(self) -> None:
        """See `Transport`. Sends TLS's close_notify first."""
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
    """Return the transport that this connection needs."""
    if context is None and _KERNEL_LIMITS:
        return PlainTransport(connection, settings)
    return TimedTransport(connection, settings, context)
