"""TLS between two buffers: records that leave in parts, ends of the stream, and time limits."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.server.network.slow_clients import SlowClients
from doctor.server.network.tls_transport import TlsTransport
from doctor.server.network.transport import SlowClient
from doctor.server.settings import Settings
from tests.support.helpers import PATIENCE
from tests.support.network import contexts, joined, read_all, read_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.server.network.plain_transport import PlainTransport


class ScriptedCarrier:
    """A plain transport in memory that takes as many bytes at a time as a script says."""

    def __init__(self, takes: Iterator[int]) -> None:
        self._takes = takes
        self.arrived = bytearray()
        self.coming = bytearray()

    def open(self) -> None:
        """Do nothing."""

    def set_timeout(self, seconds: float) -> None:
        """Do nothing."""

    def receive(self, most: int = 472) -> bytes:
        """Return what comes."""
        data = bytes(self.coming[:most])
        del self.coming[:most]
        return data

    def send_now(self, data: bytes | memoryview) -> int:
        """Take some bytes, or none."""
        taken = min(next(self._takes), len(data))
        self.arrived += data[:taken]
        return taken


def shaken(carrier: ScriptedCarrier) -> tuple[TlsTransport, ssl.SSLObject, ssl.MemoryBIO]:
    """Return a transport after its handshake, and its client: session and incoming bytes."""
    server, trust = contexts()
    transport = TlsTransport(cast("PlainTransport", carrier), Settings(), server)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(incoming, outgoing, server_hostname="localhost")

    def answer(most: int) -> bytes:
        incoming.write(bytes(carrier.arrived))
        carrier.arrived.clear()
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read(most)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carrier, "receive", answer)
        transport.open()
    return transport, client, incoming


@given(
    data=st.binary(min_size=1, max_size=50_000),
    takes=st.lists(st.integers(0, 20_000), min_size=1, max_size=20).filter(any),
)
def test_a_record_that_leaves_in_parts_is_encrypted_once(data: bytes, takes: list[int]) -> None:
    """However little the system takes at a time, `send_now` with the rest sends all bytes once."""
    wanted = [1_000_000]  # all, during the handshake

    def script() -> Iterator[int]:
        while True:
            yield from list(wanted)

    carrier = ScriptedCarrier(script())
    transport, client, incoming = shaken(carrier)
    wanted[:] = takes
    rest = memoryview(data)
    while rest:
        sent = transport.send_now(rest)
        rest = rest[sent:]
    incoming.write(bytes(carrier.arrived))
    found = bytearray()
    while len(found) < len(data):
        found += client.read(100_000)
    assert bytes(found) == data


@pytest.mark.parametrize("kind", ["tls", "polled tls"])
@pytest.mark.parametrize("asked", [b"", b"a line that is never read\n"])
def test_the_end_is_told_with_close_notify(kind: str, asked: bytes) -> None:
    """A client can tell a close from a connection that was cut, also with lines that are unread."""
    with joined(kind) as (connection, client):
        client.sendall(asked)
        client.suppress_ragged_eofs = False  # type: ignore[attr-defined] # it is an SSLSocket
        closing = threading.Thread(target=connection.close)
        closing.start()
        assert client.recv(100) == b""
        client.close()
        closing.join(PATIENCE)
        assert not closing.is_alive()


@pytest.mark.parametrize("kind", ["tls", "polled tls"])
def test_a_client_that_just_leaves_is_an_end(kind: str) -> None:
    """An end without close_notify is b"", and what the handler still says is no error."""
    with joined(kind) as (connection, client):
        client.sendall(b"bye\n")
        with socket.socket(fileno=client.detach()) as raw:
            raw.shutdown(socket.SHUT_WR)
            assert connection.transport.receive() == b"bye\n"
            assert connection.transport.receive() == b""
            connection.tell(221, "Goodbye.")
            closing = threading.Thread(target=connection.close)
            closing.start()
            assert len(read_all(raw)) > len(b"221 Goodbye.\r\n")
            closing.join(PATIENCE)
            assert not closing.is_alive()


@pytest.mark.parametrize("kind", ["tls", "polled tls"])
def test_an_interrupted_wait_can_be_followed_by_a_reply(kind: str) -> None:
    """After `interrupt` the handler gets what arrived, then b"", and can say the last word."""
    with joined(kind) as (connection, client):
        client.sendall(b"one\n")
        assert connection.transport.receive() == b"one\n"
        connection.transport.interrupt()
        assert connection.transport.receive() == b""
        connection.send(b"421 stopping\n")
        assert read_exactly(client, 13) == b"421 stopping\n"


@pytest.mark.parametrize("kind", ["tls", "polled tls"])
def test_bytes_of_a_record_that_drip_are_in_time_or_not(kind: str) -> None:
    """A record that comes byte by byte has the time of one wait, not a new one for each byte."""
    with joined(kind) as (connection, client):
        done = threading.Event()
        with socket.socket(fileno=client.detach()) as raw:

            def drip() -> None:
                raw.sendall(b"\x17\x03\x03\x40\x00")  # the head of a record of 16,384 bytes
                while not done.wait(0.02):
                    raw.sendall(b"x")

            dripping = threading.Thread(target=drip)
            connection.transport.set_timeout(0.3)
            dripping.start()
            with pytest.raises(TimeoutError):
                connection.transport.receive()
            done.set()
            dripping.join(PATIENCE)


@pytest.mark.parametrize("kind", ["tls", "polled tls"])
def test_a_reply_that_is_not_read_in_time(kind: str) -> None:
    """The handler's own send ends with `SlowClient` after the setting's time."""
    with (
        joined(kind, receive=4096, slow_reader_time=0.2) as (connection, _),
        pytest.raises(SlowClient),
    ):
        connection.send(b"x" * 10_000_000)


class DeadTransport:
    """A transport that counts aborts."""

    aborted = 0

    def abort(self) -> None:
        """Count."""
        self.aborted += 1


def test_nothing_is_left_to_slow_clients_after_their_end() -> None:
    """A rest that is handed over after `close` ends its connection instead of waiting forever."""
    slow_clients, transport, done = SlowClients(1.0), DeadTransport(), threading.Event()
    slow_clients.close()
    slow_clients.take(cast("Any", transport), memoryview(b"rest"), done.set)
    assert transport.aborted == 1
    assert done.is_set()


@pytest.mark.parametrize("kind", ["plain", "polled", "tls", "polled tls"])
def test_a_connection_that_was_closed_is_an_error_of_the_system(kind: str) -> None:
    """To wait, read, write or close once more after the end raises OSError or nothing at all."""
    with joined(kind) as (connection, _):
        connection.transport.abort()
        connection.close()
        for call in (
            connection.transport.receive,
            lambda: connection.transport.send(b"x" * 100_000),
            connection.close,
        ):
            with contextlib.suppress(OSError):
                call()
