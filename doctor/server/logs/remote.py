"""Send the log to another machine's system log: RFC 5424 over UDP, TCP or TLS.

    syslog:HOST[:PORT]        UDP, port 514: one line in one datagram (RFC 5426)
    syslog+tcp:HOST[:PORT]    TCP, port 514: each line behind its length (RFC 6587)
    syslog+tls:HOST[:PORT]    TLS, port 6514: the same (RFC 5425); the certificate is checked

    <30>1 2026-11-21T15:04:05.678Z machine doctor 4711 - - info session opened patient=Ada

No patient waits for any of it: lines are sent by the thread that writes the log. A datagram is sent
or dropped at once. A connection that is not there, or takes nothing in time, loses lines, which are
counted, and is made anew with a later line. What is lost on the way of UDP nobody learns; that is
the price of never waiting.
"""

from __future__ import annotations

import os
import re
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.server.logs.sinks import LinesLost

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

#: The facility "system daemons", and severities by the levels of Python.
_FACILITY: Final = 3
_SEVERITIES: Final = ((50, 2), (40, 3), (30, 4), (20, 6), (0, 7))
#: Bytes of a datagram; receivers should take as many (RFC 5426, section 3.2).
MOST: Final = 2048
#: Seconds for connecting and for sending, and between two tries to connect.
_SECONDS: Final = 5.0
_RETRY: Final = 2.0
_WHERE: Final = re.compile(
    r"syslog(?:\+(tcp|tls))?:(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:\[\]]+))(?::(\d{1,5}))?"
)


class RemoteAddress(NamedTuple):
    """Where a remote log is, and how it is reached: udp, tcp or tls."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        scheme = "syslog" if self.transport == "udp" else f"syslog+{self.transport}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}:{host}:{self.port}"


def parse_address(text: str) -> RemoteAddress | None:
    """Return the address in a value of `--log`; None if it names no other machine. ValueError."""
    if not text.startswith(("syslog:", "syslog+")):
        return None
    found = _WHERE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not syslog:HOST:PORT, syslog+tcp:... or syslog+tls:...")
    transport = found[1] or "udp"
    port = int(found[4] or (6514 if transport == "tls" else 514))
    if not 0 < port < 65536:
        raise ValueError(f"{port} is not a port")
    return RemoteAddress(transport, found[2] or found[3], port)


class RemoteSink:
    """Sends lines to another machine; its methods belong to the thread that writes the log."""

    def __init__(self, address: RemoteAddress) -> None:
        """Look the host up, and connect with the first line. OSError for an unknown host."""
        self._address = address
        self._kind = socket.SOCK_DGRAM if address.transport == "udp" else socket.SOCK_STREAM
        self._find()
        self._head = f"{_printable(socket.gethostname(), 255)} doctor {os.getpid()} - -"
        self._socket: socket.socket | None = None
        self._not_before = 0.0

    def _find(self) -> tuple[int, tuple[object, ...]]:
        found = socket.getaddrinfo(self._address.host, self._address.port, type=self._kind)
        return found[0][0], found[0][4]

    def write(self, lines: Sequence[str], records: Sequence[logging.LogRecord]) -> None:
        """Send the lines. Raises `LinesLost`."""
        messages = [
            self._message(line, record) for line, record in zip(lines, records, strict=True)
        ]
        if self._address.transport == "udp":
            self._send_datagrams(messages)
        else:
            self._send_stream(messages)

    def _message(self, line: str, record: logging.LogRecord) -> bytes:
        """Return a line as RFC 5424 has it; the time of a text line is in the head already."""
        severity = next(number for level, number in _SEVERITIES if record.levelno >= level)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = line if line.startswith("{") else line.partition(" ")[2]
        head = f"<{_FACILITY * 8 + severity}>1 {at.removesuffix('+00:00')}Z {self._head}"
        return f"{head} {text}".encode("utf-8", "backslashreplace")

    def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        lost, why = 0, ""
        for message in messages:
            try:
                self._datagram_socket().send(_shorten(message))
            except OSError as error:  # nobody listens there, or the system's buffer is full
                lost, why = lost + 1, str(error)
                if not isinstance(error, BlockingIOError):
                    self.close()
        if lost:
            raise LinesLost(lost, self._describe(why))

    def _datagram_socket(self) -> socket.socket:
        if self._socket is None:
            family, where = self._find()
            self._socket = socket.socket(family, self._kind)
            self._socket.settimeout(0)
            self._socket.connect(where)
        return self._socket

    def _send_stream(self, messages: Sequence[bytes]) -> None:
        data = b"".join(b"%d %b" % (len(message), message) for message in messages)
        try:
            self._stream().sendall(data)
        except OSError as error:
            self.close()
            raise LinesLost(len(messages), self._describe(str(error))) from error

    def _stream(self) -> socket.socket:
        """Return the connection, made anew if the other end has closed it. OSError."""
        if self._socket is not None and not _is_closed(self._socket):
            return self._socket
        self.close()
        if time.monotonic() < self._not_before:
            raise ConnectionError("it could not be reached a moment ago")
        self._not_before = time.monotonic() + _RETRY
        address = self._address
        made = socket.create_connection((address.host, address.port), _SECONDS)
        try:
            if address.transport == "tls":
                import ssl  # noqa: PLC0415 - most logs need none

                context = ssl.create_default_context()
                made = context.wrap_socket(made, server_hostname=address.host)
        except BaseException:
            made.close()
            raise
        self._socket = made
        return made

    def _describe(self, why: str) -> str:
        return f"--log {self._address}: {why}"

    def reopen(self) -> None:
        """Do nothing: what is lost is made anew anyway."""

    def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _printable(text: str, most: int) -> str:
    """Return what may stand in a head: printable, ASCII, without spaces; "-" for nothing."""
    return re.sub(r"[^\x21-\x7e]", "", text)[:most] or "-"


def _shorten(message: bytes) -> bytes:
    """Return as much of a message as a datagram takes, no character cut."""
    return message if len(message) <= MOST else message[:MOST].decode("utf-8", "ignore").encode()


def _is_closed(connection: socket.socket) -> bool:
    """Return True if the other end has closed; a receiver of a log sends nothing."""
    nothing: tuple[type[OSError], ...] = (BlockingIOError,)
    if type(connection) is not socket.socket:
        import ssl  # noqa: PLC0415 - loaded already

        nothing += (ssl.SSLWantReadError,)
    connection.settimeout(0)
    try:
        return not connection.recv(1024)
    except nothing:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(_SECONDS)
