"""Connecting to a name with several addresses: each has its own share of time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from client.net import transport
from client.net.address import ServerAddress
from client.net.transport import ClientTransport, Waker, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that a test may take; the limit for one connection is 10.
_SOON = 5.0


@contextlib.contextmanager
def silent(*, answers: bool) -> Iterator[tuple[str, int]]:
    """Yield an address that accepts connections and is silent, or that does not answer at all."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        where = listener.getsockname()
        for _ in range(0 if answers else 4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(where)
        yield where


def named(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, int]) -> None:
    """Let the host of the tests have these addresses, in this order."""
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in found],
    )


@contextlib.contextmanager
def connected(*, tls: bool = False) -> Iterator[ClientTransport]:
    """Connect to the host of the tests."""
    waker = Waker()
    try:
        with connect(ServerAddress("doctor.test", 1, tls), waker, threading.Event()) as made:
            yield made
    finally:
        waker.close()


@pytest.mark.parametrize("dead", [1, 3])
def test_addresses_that_do_not_answer_take_little_time(
    monkeypatch: pytest.MonkeyPatch, dead: int
) -> None:
    """A living address is reached soon, however many before it do not answer."""
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(silent(answers=False)) for _ in range(dead)]
        good = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        named(monkeypatch, *others, good.getsockname())
        with connected() as made:
            assert made._sock.getpeername() == good.getsockname()
    assert time.monotonic() - begun < _SOON


def test_an_address_that_fails_is_followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refused connection the next address is tried without a pause."""
    monkeypatch.setattr(transport, "NEXT_ADDRESS", 3600.0)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refused = closed.getsockname()
    with socket.create_server(("127.0.0.1", 0)) as good:
        named(monkeypatch, refused, refused, good.getsockname())
        with connected() as made:
            assert made._sock.getpeername() == good.getsockname()


def test_an_attempt_goes_on_when_later_ones_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address gets its whole time though a later one has failed meanwhile."""
    monkeypatch.setattr(transport, "CONNECT_LIMIT", 0.6)
    waker = Waker()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refused = closed.getsockname()
    with silent(answers=False) as dead:
        named(monkeypatch, dead, refused)
        with pytest.raises(TimeoutError):
            connect(ServerAddress("doctor.test", 1), waker, threading.Event())
    waker.close()


def test_an_attempt_in_a_handshake_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing ends all attempts at once, also those in a TLS handshake, and leaves no socket."""
    waker, closing = Waker(), threading.Event()
    with silent(answers=True) as one, silent(answers=False) as two:
        named(monkeypatch, one, two)

        def cancel() -> None:
            closing.set()
            waker.wake()

        timer = threading.Timer(0.4, cancel)
        timer.start()
        with pytest.raises(transport.Cancelled):
            connect(ServerAddress("doctor.test", 1, tls=True), waker, closing)
        timer.join()
    waker.close()


def test_kinds_of_addresses_alternate() -> None:
    """Addresses of IPv6 and IPv4 take turns, in the order of the system otherwise."""
    found = [(6, "a"), (6, "b"), (6, "c"), (4, "x"), (4, "y")]
    wanted = [(6, "a"), (4, "x"), (6, "b"), (4, "y"), (6, "c")]
    assert transport._alternate(found) == wanted
