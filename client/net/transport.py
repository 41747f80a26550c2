"""One connection to a server: bytes out, bytes in, and a bell that wakes the thread that waits.

The socket never blocks, so closing takes effect at once, in the middle of a connection attempt or
of a TLS handshake too; only the look-up of a host name cannot be interrupted.

A `ClientTransport` belongs to one thread. A `Waker` may be rung from any.
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

#: Seconds to make a connection, handshake included.
CONNECT_LIMIT: Final = 10.0
_CHUNK: Final = 65536
_UNDER_WAY: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035})


class Cancelled(Exception):
    """A connection that was being made is not wanted any more."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server listens. `authority` is a file of certificates to trust, or ""."""

    host: str
    port: int
    tls: bool = False
    authority: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether this is the computer the client runs on."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


class Waker:
    """Wakes a thread that waits in `ClientTransport.receive`; any thread may ring, at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ear, self._mouth = socket.socketpair()
        self._ear.settimeout(0)
        self._mouth.settimeout(0)

    def ring(self) -> None:
        """Wake the thread that waits, now or when it next does."""
        with self._lock, contextlib.suppress(OSError):
            self._mouth.send(b"\0")

    def hush(self) -> bool:
        """Return whether the bell rang since the last call."""
        try:
            return bool(self._ear.recv(_CHUNK))
        except OSError:
            return False

    def wait(self, seconds: float | None) -> bool:
        """Wait until the bell rings, at most `seconds` if given; return whether it did."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            selector.select(None if seconds is None else max(0.0, seconds))
        return self.hush()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the bell rings."""
        return self._ear.fileno()

    def close(self) -> None:
        """Take the bell down."""
        with self._lock:
            self._mouth.close()
            self._ear.close()


class ClientTransport:
    """A connection to `place`. Made by `connect`; use it in a `with`."""

    def __init__(self, link: socket.socket, bell: Waker) -> None:
        self._link = link
        self._bell = bell
        self._out = b""
        self._again: tuple[type[OSError], ...] = (BlockingIOError,)
        if type(link) is not socket.socket:  # it has TLS on it
            from client.net import tls as secure  # noqa: PLC0415 - loaded already

            self._again += secure.AGAIN
        self._selector = selectors.DefaultSelector()
        self._selector.register(bell, selectors.EVENT_READ)
        self._selector.register(link, selectors.EVENT_READ)

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
        """Close the connection and everything it holds but the bell."""
        self._selector.close()
        self._link.close()

    def send(self, data: bytes) -> None:
        """Take bytes to be sent by `receive` as the connection allows."""
        self._out += data

    def receive(self, seconds: float | None) -> bytes:
        """Send what waits, and return bytes that came, or b"" after `seconds` or when it rang.

        Raises `ConnectionResetError` at the end of the stream, and any `OSError` of the socket.
        """
        self._push()
        with contextlib.suppress(*self._again):
            # TLS may hold bytes that no selector knows of.
            return self._read()
        self._watch(writing=bool(self._out))
        ready = {key.fileobj for key, _ in self._selector.select(seconds)}
        if self._bell in ready:
            self._bell.hush()
        if self._link not in ready:
            return b""
        self._push()
        with contextlib.suppress(*self._again):
            return self._read()
        return b""

    def _read(self) -> bytes:
        data = self._link.recv(_CHUNK)
        if not data:
            raise ConnectionResetError("the server hung up")
        return data

    def _push(self) -> None:
        with contextlib.suppress(*self._again):
            while self._out:
                sent = self._link.send(self._out)
                self._out = self._out[sent:]

    def _watch(self, *, writing: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        self._selector.modify(self._link, events)


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a connection may take to be made, and what cuts it short."""

    bell: Waker
    closing: threading.Event
    deadline: float

    def until(self, link: socket.socket, event: int) -> None:
        """Wait until the link is ready for `event`."""
        with selectors.DefaultSelector() as selector:
            selector.register(link, event)
            selector.register(self.bell, selectors.EVENT_READ)
            ready: set[object] = set()
            while link not in ready:
                left = self.deadline - time.monotonic()
                ready = {key.fileobj for key, _ in selector.select(max(0.0, left))}
                if self.bell in ready and self.bell.hush() and self.closing.is_set():
                    raise Cancelled
                if left <= 0 and not ready:
                    raise TimeoutError(errno.ETIMEDOUT, "it did not answer in time")


def connect(place: ServerAddress, bell: Waker, closing: threading.Event) -> ClientTransport:
    """Make a connection within `CONNECT_LIMIT` seconds.

    Raises `OSError` (`socket.gaierror` and `ssl.SSLError` are kinds of it) when it cannot be
    made, and `Cancelled` when the bell rings and `closing` is set.
    """
    patience = _Patience(bell, closing, time.monotonic() + CONNECT_LIMIT)
    failure: OSError = OSError("this host has no address")
    for family, kind, number, _, address in socket.getaddrinfo(
        place.host, place.port, type=socket.SOCK_STREAM
    ):
        link = socket.socket(family, kind, number)
        try:
            return ClientTransport(_made(link, address, place, patience), bell)
        except OSError as error:
            link.close()
            failure = error
        except BaseException:
            link.close()
            raise
    raise failure


def _made(
    link: socket.socket, address: object, place: ServerAddress, patience: _Patience
) -> socket.socket:
    link.settimeout(0)
    result = link.connect_ex(address)  # type: ignore[arg-type] # as getaddrinfo gave it
    if result not in _UNDER_WAY:
        raise OSError(result, os.strerror(result))
    patience.until(link, selectors.EVENT_WRITE)
    failure = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failure:
        raise OSError(failure, os.strerror(failure))
    # A line is small and wants to leave at once; a dead peer should be noticed some day.
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if not place.tls:
        return link
    from client.net import tls as secure  # noqa: PLC0415 - half of what a plain connection loads

    return secure.secured(link, place, patience.until)
