r"""A `Connection` of the server and its client, joined by a real socket of each kind.

with joined("tls") as (connection, client):
    connection.push(b"150 hello\n")
    assert client.recv(100) == b"150 hello\n"
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import trustme

from doctor.protocol import CLIENT_LINE
from doctor.server.network.connection import Connection
from doctor.server.network.plain_transport import PlainTransport, PolledTransport
from doctor.server.network.slow_clients import SlowClients
from doctor.server.network.tls_transport import TlsTransport
from doctor.server.settings import Settings
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The kinds of connections: with limits in the kernel and without, each without TLS and with it.
KINDS: Final = ("plain", "polled", "tls", "polled tls")


@cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the TLS contexts of a server and of its client."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


@contextlib.contextmanager
def joined(
    kind: str, *, receive: int = 0, **wanted: Any
) -> Iterator[tuple[Connection, socket.socket]]:
    """Yield both ends; `receive` bytes are what the system keeps for the client unread."""
    settings = Settings(**{"slow_reader_time": PATIENCE, **wanted})
    slow_clients = SlowClients(settings.slow_reader_time)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as raw:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        if receive:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        raw.settimeout(PATIENCE)
        raw.connect(listener.getsockname())
        accepted, _ = listener.accept()
        carrier = (PolledTransport if "polled" in kind else PlainTransport)(accepted, settings)
        is_tls = kind.endswith("tls")
        transport = TlsTransport(carrier, settings, contexts()[0]) if is_tls else carrier
        connection = Connection(transport, CLIENT_LINE, slow_clients)
        opening = threading.Thread(target=transport.open)
        opening.start()
        client = contexts()[1].wrap_socket(raw, server_hostname="localhost") if is_tls else raw
        opening.join(PATIENCE)
        connection.set_line_time(PATIENCE)
        with client:
            try:
                yield connection, client
            finally:
                if transport.fileno() >= 0:
                    transport.abort()
                    connection.close()
                slow_clients.close()


def read_all(client: socket.socket) -> bytes:
    """Return what a client can read until the end of the stream, however it ends."""
    found = bytearray()
    with contextlib.suppress(OSError):
        while data := client.recv(65_536):
            found += data
    return bytes(found)


def read_exactly(client: socket.socket, length: int) -> bytes:
    """Return this many bytes of what comes."""
    found = bytearray()
    while len(found) < length:
        data = client.recv(length - len(found))
        assert data, f"the stream ended after {len(found)} of {length} bytes"
        found += data
    return bytes(found)
