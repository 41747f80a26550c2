"""Connections that a trusted balancer passes on: whose they are is in their first bytes.

    accept loop     `trusts` the address? then `take` starts a thread for the connection
    that thread     reads the header, within the time for a handshake; then one of
                      a visitor's    `admit` with the visitor's address: limits, handler, its thread
                      a check        220, or 421 while the server should get nobody; closed
                      neither        421, closed

So a visitor who comes through a balancer has the limits, the log and the place in `status` that are
those of the visitor's own address; and a health check costs a thread for a moment, no patient and
no line in the log. From an address that is not trusted a header is a foreign protocol, as ever.

`trusts`, `take` and `close` belong to the thread of the accept loop.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from doctor.errors import BadProxyHeader
from doctor.protocol import BANNER, Reply, closing, codes
from doctor.protocol.codes import Reason
from doctor.protocol.proxy import HeaderReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.protocol.proxy import ProxyHeader
    from doctor.server.network.acceptor import Acceptor
    from doctor.server.settings import Settings

#: Headers that are waited for at once: a balancer sends one with the connection.
_MOST_WAITING: Final = 1000
#: Seconds for which an answered check may stay connected.
_CHECK_TIME: Final = 1.0
_READY: Final = Reply(codes.READY, f"{BANNER} The doctor is in.").encode()
_NOT_READY: Final = closing(Reason.STOPPING, "no newcomers now").encode()


class ProxiedConnections:
    """Connections from trusted addresses whose header is being read.

    `admit(connection, host, port)` takes a visitor's connection, `is_ready` tells what a check is
    told; both are called in threads of this object. At most `most` headers are waited for,
    and never more than `_MOST_WAITING`.
    """

    def __init__(
        self,
        settings: Settings,
        acceptor: Acceptor,
        most: int,
        *,
        admit: Callable[[socket.socket, str, int], None],
        is_ready: Callable[[], bool],
    ) -> None:
        words = settings.proxy_from.split(",") if settings.proxy_from else []
        self._networks = tuple(ip_network(word.strip()) for word in words)
        self._seconds = settings.handshake_time
        self._acceptor, self._most = acceptor, min(most, _MOST_WAITING)
        self._admit, self._is_ready = admit, is_ready
        self._lock = threading.Lock()
        self._closing = False
        self._reading: dict[threading.Thread, socket.socket] = {}

    def trusts(self, host: str) -> bool:
        """Return True if a header is required from this address."""
        if not self._networks:
            return False
        address = ip_address(host.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)

    def take(self, connection: socket.socket, host: str, port: int) -> None:
        """Read the header of a connection in a thread of its own."""
        thread = threading.Thread(
            target=self._read, args=(connection, host, port), name=f"header of {host}", daemon=True
        )
        with self._lock:
            is_full = len(self._reading) >= self._most
            if not is_full:
                self._reading[thread] = connection
        if is_full:
            self._acceptor.refuse(connection, host, Reason.FULL, "too many headers are waited for")
            return
        try:
            thread.start()
        except (RuntimeError, MemoryError):
            with self._lock:
                del self._reading[thread]
            self._acceptor.refuse(connection, host, Reason.FULL, "this server is out of threads")

    def _read(self, connection: socket.socket, host: str, port: int) -> None:
        try:
            self._pass_on(connection, host, port)
        except BadProxyHeader as error:
            text = f"this address must begin with a PROXY header: {error}"
            self._acceptor.refuse(connection, host, Reason.FOREIGN, text)
        except OSError:  # it left, or said too little in time; a check without a header does that
            connection.close()
        finally:
            with self._lock:
                del self._reading[threading.current_thread()]

    def _pass_on(self, connection: socket.socket, host: str, port: int) -> None:
        """Read the header and do what it says. Raises `BadProxyHeader` or OSError."""
        header = read_header(connection, self._seconds)
        if self._closing:
            connection.close()
        elif header.is_check:
            self._answer_check(connection)
        else:
            self._admit(connection, header.host or host, header.port if header.host else port)

    def _answer_check(self, connection: socket.socket) -> None:
        """Say whether this server wants newcomers, and close."""
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_CHECK_TIME)
            if self._acceptor.tls is None:
                connection.send(_READY if self._is_ready() else _NOT_READY)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)

    def close(self) -> None:
        """Wait for no header any more; a visitor whose header is complete is admitted before."""
        self._closing = True
        with self._lock:
            reading = dict(self._reading)
        for connection in reading.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        for thread in reading:
            thread.join()


def read_header(connection: socket.socket, seconds: float) -> ProxyHeader:
    """Read the header from a connection, and nothing behind it.

    Raises `BadProxyHeader`, or OSError where it does not come in time.
    """
    reader = HeaderReader()
    deadline = time.monotonic() + seconds
    while reader.wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the PROXY header took too long")
        connection.settimeout(left)
        data = connection.recv(reader.wanted)
        if not data:
            raise ConnectionResetError("the other end left before its PROXY header was complete")
        reader.feed(data)
    return reader.header
