"""The door of a server: its listening socket, who comes through it, and who is turned away.

`Acceptor.waiting` yields the clients who wait and never waits itself. Where the system runs out of
descriptors, the newcomer still hears 421, with a descriptor that is kept for that; where even that
is gone the door stays shut for a moment, so that nobody asks the system again and again. So it does
behind a rush of newcomers: each costs a thread and a greeting, and with no end to them, as where
somebody connects and hangs up in a loop, nothing else would be done.

A door belongs to the thread of the accept loop; `turn_away` never waits for the client.
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
from doctor.server.limits import network
from doctor.server.tls import load_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.server.metrics import Metrics
    from doctor.server.settings import Settings

#: Newcomers let in before the accept loop looks whether it is to stop, or to wait.
_AT_ONCE: Final = 16
#: Seconds' worth of newcomers that may come in a rush.
_RUSH: Final = 2.0
#: Seconds for which the door is shut when others come first.
PAUSE: Final = 0.02
#: What accept says where the system has run out of something; it may have it again soon.
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
        listener.bind(where)
        listener.listen(wanted.backlog)
        listener.settimeout(0)  # accept never waits
    except BaseException:
        listener.close()
        raise
    return listener


def format_address(address: tuple[str, int]) -> str:
    """Return an address as people write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def exposure_warning(wanted: Settings, host: str) -> str:
    """Say what is missing where a server listens beyond this machine; empty where nothing is."""
    if network(host)[1]:
        return ""
    missing = []
    if wanted.tls_cert is None:
        missing.append("TLS: what is said can be read on the way (--tls-cert)")
    if wanted.passphrases != "required":
        missing.append("passphrases: a name may open a history (--passphrases required)")
    return (
        "listening beyond this machine without " + ", and without ".join(missing) if missing else ""
    )


class Acceptor:
    """A listening socket; `tls` is how new clients speak TLS, None for plainly."""

    def __init__(self, wanted: Settings, metrics: Metrics) -> None:
        """Listen. Raises `BadSetting` or OSError."""
        self.tls = load_context(wanted)
        self.listener = listen(wanted)
        self._metrics = metrics
        self._spare_descriptor: int | None = os.open(os.devnull, os.O_RDONLY)
        self._each, self._due = 1 / wanted.newcomers, 0.0
        #: What clients turn away from, for the accept loop: seconds to leave the door shut.
        self.pause_for = 0.0

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port; the real port where 0 was asked for."""
        host, port = self.listener.getsockname()[:2]
        return host, port

    def accept_waiting(self) -> Iterator[tuple[socket.socket, str, int]]:
        """Yield the clients who wait: the connection, its host and its port."""
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
                continue  # this client left before it was let in
            self._due += self._each
            yield connection, str(peer[0]), int(peer[1])

    def refuse(self, connection: socket.socket, host: str, reason: Reason, text: str) -> None:
        """Send 421 with its reason, and close."""
        self._metrics.count_refusal(codes.CLOSING)
        logs.info("refused", code=codes.CLOSING, address=host, why=text)
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0)
            if self.tls is None:
                connection.send(closing(reason, text).encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)  # bytes that nobody read would make the close a reset

    def refuse_all(self, reason: Reason, text: str) -> None:
        """Turn away everybody who waits, as far as there is nothing in the way of it."""
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.listener.accept()
                self.refuse(connection, str(peer[0]), reason, text)

    def _refuse_for_shortage(self, error: OSError) -> None:
        """Turn one client away with the descriptor kept for that."""
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
            logs.warn("no client can be let in for a moment", why=str(error))
            self.pause_for = 0.1

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self.listener.close()
        if self._spare_descriptor is not None:
            os.close(self._spare_descriptor)
            self._spare_descriptor = None
