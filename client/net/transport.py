"""One connection to a server: bytes out, bytes in, and a `Waker` that interrupts a wait.

The socket never blocks, so closing takes effect at once, also during a connection attempt or a TLS
handshake. Only the look-up of a host name cannot be interrupted.

A `ClientTransport` belongs to one thread. `Waker.wake` may be called from any thread.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import selectors
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from client.model.language import tr

if TYPE_CHECKING:
    from collections.abc import Container, Generator
    from types import TracebackType

    from client.net.address import ServerAddress

#: Seconds for connecting, TLS handshake included.
CONNECT_LIMIT: Final = 10.0
#: Seconds after which the next address of a host is tried too (RFC 8305, section 5).
NEXT_ADDRESS: Final = 0.25
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

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._sock.fileno()

    @property
    def is_sending(self) -> bool:
        """Whether queued bytes wait until the connection takes more."""
        return bool(self._out)

    def receive(self, seconds: float | None) -> bytes:
        """Send queued bytes; return received bytes, or b"" after `seconds` or a `wake`.

        Raises `ConnectionResetError` at the end of the stream, and any `OSError` of the socket.
        """
        # TLS may have decrypted bytes already that the selector cannot see.
        if data := self.receive_now():
            return data
        self._watch(writing=bool(self._out))
        ready = {key.fileobj for key, _ in self._selector.select(seconds)}
        if self._waker in ready:
            self._waker.clear()
        return self.receive_now() if self._sock in ready else b""

    def receive_now(self) -> bytes:
        """Send and receive what is possible without waiting; return b"" if nothing has arrived.

        Raises as `receive` does.
        """
        self.flush()
        with contextlib.suppress(*self._retry):
            return self._read()
        return b""

    def _read(self) -> bytes:
        data = self._sock.recv(_CHUNK)
        if not data:
            raise ConnectionResetError(tr("the server hung up"))
        return data

    def flush(self) -> None:
        """Send the queued bytes that the connection takes now. Raises `OSError`."""
        with contextlib.suppress(*self._retry):
            while self._out:
                sent = self._sock.send(self._out)
                self._out = self._out[sent:]

    def _watch(self, *, writing: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        self._selector.modify(self._sock, events)


Attempt: TypeAlias = "Generator[tuple[socket.socket, int], None, socket.socket]"


def connect(
    address: ServerAddress, waker: Waker, closing: threading.Event, header: bytes = b""
) -> ClientTransport:
    """Connect within `CONNECT_LIMIT` seconds to the first address of the host that answers.

    The addresses are tried one after the other, `NEXT_ADDRESS` seconds apart or when the one before
    failed, and at the same time from then on (RFC 8305, section 5), TLS handshake included. So an
    address that does not answer takes no time from the next one.

    `header` is sent first, before TLS.

    Raises `OSError` (`socket.gaierror` and `ssl.SSLError` are subclasses) when that fails, and
    `Cancelled` when the waker is woken while `closing` is set.
    """
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    race = _Race([_attempt(one, address, header) for one in _alternate(found)])
    with contextlib.closing(race):
        return ClientTransport(race.run(waker, closing), waker)


def _alternate(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return addresses so that IPv6 and IPv4 alternate, in the system's order otherwise."""
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    pairs = itertools.zip_longest(first, others)
    return [one for pair in pairs for one in pair if one is not None]


class _Race:
    """Connection attempts that run at the same time; the first to succeed wins.

    Each attempt is a generator that yields a socket and the event that it waits for.
    """

    def __init__(self, attempts: list[Attempt]) -> None:
        self._waiting = deque(attempts)
        self._running: dict[Attempt, tuple[socket.socket, int]] = {}
        self._failure: OSError = OSError(tr("this host has no address"))
        self._won: socket.socket | None = None

    def run(self, waker: Waker, closing: threading.Event) -> socket.socket:
        """Return the socket of the first attempt that succeeds; raise as `connect` does."""
        deadline = time.monotonic() + CONNECT_LIMIT
        next_start = 0.0
        while self._won is None and (self._waiting or self._running):
            now = time.monotonic()
            if self._waiting and (now >= next_start or not self._running):
                self._advance(self._waiting.popleft())
                next_start = now + NEXT_ADDRESS
                continue
            if now >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, tr("it did not answer in time"))
            until = min(deadline, next_start) if self._waiting else deadline
            ready = self._select(waker, until - now)
            if waker in ready and waker.clear() and closing.is_set():
                raise Cancelled
            for attempt, (sock, _) in tuple(self._running.items()):
                if sock in ready and self._won is None:
                    self._advance(attempt)
        if self._won is None:
            raise self._failure
        return self._won

    def close(self) -> None:
        """Close the sockets of the attempts that did not win."""
        for attempt in (*self._running, *self._waiting):
            attempt.close()
        self._running.clear()

    def _advance(self, attempt: Attempt) -> None:
        try:
            self._running[attempt] = next(attempt)
        except StopIteration as end:
            self._running.pop(attempt, None)
            self._won = end.value
        except OSError as error:
            self._running.pop(attempt, None)
            self._failure = error

    def _select(self, waker: Waker, seconds: float) -> set[object]:
        with selectors.DefaultSelector() as selector:
            selector.register(waker, selectors.EVENT_READ)
            for sock, event in self._running.values():
                selector.register(sock, event)
            return {key.fileobj for key, _ in selector.select(max(0.0, seconds))}


def _require_success(number: int, good: Container[int]) -> None:
    if number not in good:
        raise OSError(number, os.strerror(number))


def _attempt(found: tuple[Any, ...], address: ServerAddress, header: bytes) -> Attempt:
    """Connect to one address; yield what it waits for, return the socket. Raises `OSError`."""
    family, kind, number, _, endpoint = found
    sock = socket.socket(family, kind, number)
    try:
        sock.settimeout(0)
        _require_success(sock.connect_ex(endpoint), _IN_PROGRESS)
        yield sock, selectors.EVENT_WRITE
        _require_success(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), {0})
        # A line is small and should leave at once; a dead peer should be noticed in the end.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if header:  # a new connection takes so few bytes at once
            _require_success(len(header) - sock.send(header), {0})
        if address.tls:
            from client.net import tls  # noqa: PLC0415 - half of what a plain connection loads

            return (yield from tls.wrap_socket(sock, address))
    except BaseException:
        sock.close()
        raise
    return sock
