"""The listening socket: it accepts new connections and refuses those without a place.

`Acceptor.accept_waiting` yields the connections that wait and never waits itself. If the system
runs out of descriptors, a new connection still gets 421, by a spare descriptor that is kept open
for that; without even that, accepting pauses for a moment instead of asking the system again and
again. It pauses after many new connections too: each costs a thread and a greeting, and a client
that connects and disconnects in a loop would leave no time for anything else.

An acceptor belongs to the thread of the accept loop; `refuse` never waits for the client.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from typing import TYPE_CHECKING, Final

from doctor.errors import BadSetting
from doctor.protocol import closing, codes
from doctor.protocol.codes import Reason
from doctor.server import logs
from doctor.server.network.limits import network
from doctor.server.network.plain_transport import plain_transport
from doctor.server.network.tls import load_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.server.metrics import Metrics
    from doctor.server.network.transport import Transport
    from doctor.server.settings import Settings

#: Connections accepted before the accept loop looks whether to stop or to pause.
_AT_ONCE: Final = 16
#: Seconds' worth of new connections that may come at once.
_RUSH: Final = 2.0
#: Seconds of a pause in accepting, during which open sessions are served.
PAUSE: Final = 0.02
#: Seconds after which a silent peer is asked whether it is still connected, seconds between two
#: questions, and how many get no answer before the connection ends. A computer that sleeps or lost
#: its network sends no end, and its connections would take the places of its address for hours.
KEEPALIVE: Final = (120, 30, 4)
#: Errors of accept where the system has run out of something for the moment.
_SHORT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def listen(wanted: Settings) -> socket.socket:
    """Return a socket that listens where the settings say. Raises `BadSetting`."""
    try:
        return _listener(wanted)
    except OSError as error:
        where = format_address((wanted.host, wanted.port))
        if error.errno == errno.EADDRINUSE:
            raise BadSetting(f"{where} is in use; does another server run there?") from error
        raise BadSetting(f"{where} cannot be listened on: {error.strerror}") from error


def _listener(wanted: Settings) -> socket.socket:
    found = socket.getaddrinfo(
        wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, where = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit this: what the system holds for a client that does not read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, wanted.send_buffer)
        _keep_alive(listener)
        listener.bind(where)
        listener.listen(wanted.backlog)
        listener.settimeout(0)  # accept never waits
    except BaseException:
        listener.close()
        raise
    return listener


def _keep_alive(listener: socket.socket) -> None:
    """Let the system ask after silent peers; accepted sockets inherit these options too."""
    idle, interval, count = KEEPALIVE
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for names, value in (
        (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), idle),  # Linux and others; macOS
        (("TCP_KEEPINTVL",), interval),
        (("TCP_KEEPCNT",), count),
        # A reply that is never acknowledged: keepalive does not count then.
        (("TCP_USER_TIMEOUT",), (idle + interval * count) * 1000),
    ):
        option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
        if option is not None:
            with contextlib.suppress(OSError):  # the system's own times are used then
                listener.setsockopt(socket.IPPROTO_TCP, option, value)


def format_address(address: tuple[str, int]) -> str:
    """Return host and port as people write them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def exposure_warning(wanted: Settings, host: str) -> str:
    """Return what is missing if a server can be reached from elsewhere, "" if nothing is."""
    if network(host)[1]:
        return ""
    missing = []
    if wanted.tls_cert is None:
        missing.append("TLS: the network can read every conversation (--tls-cert)")
    if wanted.passphrases != "required":
        missing.append("passphrases: a name alone opens a history (--passphrases required)")
    return (
        "other machines can connect, without " + ", and without ".join(missing) if missing else ""
    )


class Acceptor:
    """A listening socket; `tls` is the TLS context of new connections, None without TLS."""

    def __init__(self, wanted: Settings, metrics: Metrics) -> None:
        """Start listening. Raises `BadSetting` or OSError."""
        self.tls = load_context(wanted)
        self.listener = listen(wanted)
        self._metrics = metrics
        self._spare_descriptor: int | None = os.open(os.devnull, os.O_RDONLY)
        self._each, self._due = 1 / wanted.newcomers, 0.0
        #: Seconds to pause accepting, for the accept loop.
        self.pause_for = 0.0

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port; the real port if 0 was given."""
        host, port = self.listener.getsockname()[:2]
        return host, port

    def accept_waiting(self) -> Iterator[tuple[socket.socket, str, int]]:
        """Yield some connections that wait: the socket, its host and its port."""
        self.pause_for = 0.0
        now = time.monotonic()
        self._due = max(self._due, now - _RUSH)
        for _ in range(_AT_ONCE):
            if self._due + self._each > now:
                self.pause_for = PAUSE
                return
            try:
                connection, peer = self.listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORT:
                    self._refuse_for_shortage(error)
                    return
                continue  # this client left before it was accepted
            self._due += self._each
            yield connection, str(peer[0]), int(peer[1])

    def transport_for(self, connection: socket.socket, settings: Settings) -> Transport:
        """Return the transport that this connection needs."""
        plain = plain_transport(connection, settings)
        if self.tls is None:
            return plain
        from doctor.server.network.tls_transport import TlsTransport  # noqa: PLC0415 - imports ssl

        return TlsTransport(plain, settings, self.tls)

    def refuse(self, connection: socket.socket, host: str, reason: Reason, text: str) -> None:
        """Send 421 with its reason, and close."""
        self._metrics.count_refusal(codes.CLOSING)
        logs.info("refused", source=host, code=codes.CLOSING, address=host, why=text)
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0)
            if self.tls is None:
                connection.send(closing(reason, text).encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)  # unread bytes would make the close a reset

    def refuse_all(self, reason: Reason, text: str) -> None:
        """Refuse every connection that waits, as far as the system allows."""
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.listener.accept()
                self.refuse(connection, str(peer[0]), reason, text)

    def _refuse_for_shortage(self, error: OSError) -> None:
        """Refuse one connection with the spare descriptor."""
        if self._spare_descriptor is not None:
            os.close(self._spare_descriptor)
            self._spare_descriptor = None
            with contextlib.suppress(OSError):
                connection, peer = self.listener.accept()
                text = "this server is out of descriptors"
                self.refuse(connection, str(peer[0]), Reason.FULL, text)
        try:
            self._spare_descriptor = os.open(os.devnull, os.O_RDONLY)
        except OSError:
            logs.warn("accepting pauses: the system has no descriptor left", why=str(error))
            self.pause_for = 0.1

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self.listener.close()
        if self._spare_descriptor is not None:
            os.close(self._spare_descriptor)
            self._spare_descriptor = None
