"""A client's TCP connection without TLS: `plain_transport` returns what the system allows.

`PlainTransport` sets its time limits in the kernel (SO_RCVTIMEO, SO_SNDTIMEO), so that waiting for
a line is one system call. `PolledTransport` is for systems without these socket options: its socket
never blocks, and each wait is a poll of its own. (Python's own timeouts would not do: a socket has
only one, and another thread may send while the handler waits for a line.)
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

from doctor.server.network.transport import (
    DISCARD_BYTES,
    LINGER_BYTES,
    LINGER_SECONDS,
    RECEIVE_BYTES,
    SlowClient,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.server.settings import Settings

_KERNEL_LIMITS: Final = os.name == "posix" and struct.calcsize("l") == struct.calcsize("P")
_TOO_SLOW: Final = "did not read a reply in time"


def wait_ready(descriptor: int, seconds: float, *, to_send: bool = False) -> bool:
    """Wait until a socket has bytes, or takes some; return False after this time.

    Raises `OSError` if the socket was closed meanwhile.
    """
    if descriptor < 0:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    seconds = max(seconds, 0.001)
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT if to_send else select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    one = [descriptor]
    return any(select.select([] if to_send else one, one if to_send else [], [], seconds))


def _ignore_errors(call: Callable[[], object]) -> None:
    """Call a method of a socket whose client may be gone."""
    try:
        call()
    except OSError:
        return


class PlainTransport:
    """A TCP connection whose time limits are set in the kernel."""

    __slots__ = ("_seconds", "_slow", "_socket")

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
                raise SlowClient(_TOO_SLOW) from None
            if sent == len(rest):
                return
            rest = memoryview(rest)[sent:]
            deadline = deadline or time.monotonic() + self._slow
            if time.monotonic() > deadline:
                raise SlowClient(_TOO_SLOW)

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
            if self.receive_now():
                self._socket.shutdown(socket.SHUT_WR)
                self._drain()
        except OSError:
            pass  # gone already
        finally:
            self._socket.close()

    def _drain(self) -> None:
        """Read and discard what a client still sends, for a short time."""
        deadline = time.monotonic() + LINGER_SECONDS
        left = LINGER_BYTES
        while left > 0 and (remaining := deadline - time.monotonic()) > 0:
            self.set_timeout(remaining)
            data = self.receive(4096)
            if not data:
                return
            left -= len(data)

    def fileno(self) -> int:
        """See `Transport`."""
        return self._socket.fileno()


class PolledTransport(PlainTransport):
    """A TCP connection whose socket never blocks; each wait is a poll."""

    __slots__ = ()

    def open(self) -> None:
        """Set the socket's options."""
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def set_timeout(self, seconds: float) -> None:
        """See `Transport`."""
        self._seconds = seconds

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """See `Transport`."""
        deadline = time.monotonic() + self._seconds
        while wait_ready(self._socket.fileno(), deadline - time.monotonic()):
            try:
                return self._socket.recv(most)
            except BlockingIOError:
                continue  # a system may wake up for nothing
        raise TimeoutError("nothing came for too long")

    def receive_now(self) -> bytes:
        """See `Transport`."""
        try:
            return self._socket.recv(DISCARD_BYTES)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        rest = memoryview(data)[self.send_now(data) :]
        deadline = time.monotonic() + self._slow
        while rest:
            if not wait_ready(self._socket.fileno(), deadline - time.monotonic(), to_send=True):
                raise SlowClient(_TOO_SLOW)
            rest = rest[self.send_now(rest) :]

    def send_now(self, data: bytes | memoryview) -> int:
        """See `Transport`."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0


def plain_transport(connection: socket.socket, settings: Settings) -> PlainTransport:
    """Return the transport of a connection without TLS."""
    return (PlainTransport if _KERNEL_LIMITS else PolledTransport)(connection, settings)
