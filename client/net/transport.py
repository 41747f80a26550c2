"""One connection to a server: bytes out, bytes in, and a `Waker` that interrupts a wait.

The socket never blocks, so closing takes effect at once, also during a connection attempt or a TLS
handshake. Only the look-up of a host name cannot be interrupted.

A `ClientTransport` belongs to one thread. `Waker.wake` may be called from any thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

    from client.net.address import ServerAddress

#: Seconds for connecting, TLS handshake included.
CONNECT_LIMIT: Final = 10.0
_CHUNK: Final = 65536
_IN_PROGRESS: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035})


class Cancelled(Exception):
    """The connection attempt was cancelled by its caller."""


class Waker:
    """Wakes the thread that waits in `ClientTransport.receive`; any thread may call `wake`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader, self._writer = socket.socketpair()
        self._reader.settimeout(0)
        self._writer.settimeout(0)

    def wake(self) -> None:
        """Wake the thread that waits, now or when it next does."""
        with self._lock, contextlib.suppress(OSError):
            self._writer.send(b"\0")

    def clear(self) -> bool:
        """Return whether `wake` was called since the last call."""
        try:
            return bool(self._reader.recv(_CHUNK))
        except OSError:
            return False

    def wait(self, seconds: float | None) -> bool:
        """Wait for `wake`, at most `seconds` if given; return whether it was called."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            selector.select(None if seconds is None else max(0.0, seconds))
        return self.clear()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable after `wake`."""
        return self._reader.fileno()

    def close(self) -> None:
        """Close the waker; `wake` does nothing from now on."""
        with self._lock:
            self._writer.close()
            self._reader.close()


class ClientTransport:
    """A connection to a server. Made by `connect`; use it in a `with` statement."""

    def __init__(self, sock: socket.socket, waker: Waker) -> None:
        self._sock = sock
        self._waker = waker
        self._out = b""
        self._retry: tuple[type[OSError], ...] = (BlockingIOError,)
        if type(sock) is not socket.socket:  # it has TLS on it
            from client.net import tls  # noqa: PLC0415 - loaded already

            self._retry += tls.RETRY
        self._selector = selectors.DefaultSelector()
        self._selector.register(waker, selectors.EVENT_READ)
        self._selector.register(sock, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the waker stays open."""
        self._selector.close()
        self._sock.close()

    def send(self, data: bytes) -> None:
        """Queue bytes; `receive` sends them as fast as the connection allows."""
        self._out += data

    def receive(self, seconds: float | None) -> bytes:
        """Send queued bytes; return received bytes, or b"" after `seconds` or a `wake`.

        Raises `ConnectionResetError` at the end of the stream, and any `OSError` of the socket.
        """
        self._flush()
        with contextlib.suppress(*self._retry):
            # TLS may have decrypted bytes already that the selector cannot see.
            return self._read()
        self._watch(writing=bool(self._out))
        ready = {key.fileobj for key, _ in self._selector.select(seconds)}
        if self._waker in ready:
            self._waker.clear()
        if self._sock not in ready:
            return b""
        self._flush()
        with contextlib.suppress(*self._retry):
            return self._read()
        return b""

    def _read(self) -> bytes:
        data = self._sock.recv(_CHUNK)
        if not data:
            raise ConnectionResetError("the server hung up")
        return data

    def _flush(self) -> None:
        with contextlib.suppress(*self._retry):
            while self._out:
                sent = self._sock.send(self._out)
                self._out = self._out[sent:]

    def _watch(self, *, writing: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        self._selector.modify(self._sock, events)


@dataclass(frozen=True, slots=True)
class _ConnectAttempt:
    """The deadline of a connection attempt, and what cancels it."""

    waker: Waker
    closing: threading.Event
    deadline: float

    def wait_for(self, sock: socket.socket, event: int) -> None:
        """Wait until the socket is ready for `event`."""
        with selectors.DefaultSelector() as selector:
            selector.register(sock, event)
            selector.register(self.waker, selectors.EVENT_READ)
            ready: set[object] = set()
            while sock not in ready:
                left = self.deadline - time.monotonic()
                ready = {key.fileobj for key, _ in selector.select(max(0.0, left))}
                if self.waker in ready and self.waker.clear() and self.closing.is_set():
                    raise Cancelled
                if left <= 0 and not ready:
                    raise TimeoutError(errno.ETIMEDOUT, "it did not answer in time")


def connect(address: ServerAddress, waker: Waker, closing: threading.Event) -> ClientTransport:
    """Connect within `CONNECT_LIMIT` seconds.

    Raises `OSError` (`socket.gaierror` and `ssl.SSLError` are subclasses) when that fails, and
    `Cancelled` when the waker is woken while `closing` is set.
    """
    attempt = _ConnectAttempt(waker, closing, time.monotonic() + CONNECT_LIMIT)
    failure: OSError = OSError("this host has no address")
    for family, kind, number, _, endpoint in socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, number)
        try:
            return ClientTransport(_open(sock, endpoint, address, attempt), waker)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    raise failure


def _open(
    sock: socket.socket, endpoint: object, address: ServerAddress, attempt: _ConnectAttempt
) -> socket.socket:
    sock.settimeout(0)
    result = sock.connect_ex(endpoint)  # type: ignore[arg-type] # as getaddrinfo gave it
    if result not in _IN_PROGRESS:
        raise OSError(result, os.strerror(result))
    attempt.wait_for(sock, selectors.EVENT_WRITE)
    failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failure:
        raise OSError(failure, os.strerror(failure))
    # A line is small and should leave at once; a dead peer should be noticed in the end.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if not address.tls:
        return sock
    from client.net import tls  # noqa: PLC0415 - half of what a plain connection loads

    return tls.wrap_socket(sock, address, attempt.wait_for)
