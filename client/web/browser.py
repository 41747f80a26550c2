"""One browser's connection: a request over HTTP, which may open a web socket.

    receive_request, respond or accept     wait, at most as long as they are told
    receive, send, flush, look_after       never wait; whoever owns it waits for `fileno`
    close                                  says goodbye, and waits for it a moment

`websockets` does the protocols and touches no socket (its Sans-I/O layer); this module moves the
bytes. So a visitor needs one thread, which can wait for browser and server at once.

A `Browser` belongs to one thread. Another one may shut its socket down.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

if TYPE_CHECKING:
    from websockets.http11 import Response

#: Bytes that are read at a time: few, so that few messages are here that nobody waits for yet.
_CHUNK: Final = 4096
#: Seconds for a response, and for what a web socket is sent at once.
SEND_LIMIT: Final = 20.0
#: Seconds of silence until a browser is asked whether it is there, and for its answer.
_PING: Final = 20.0
_PONG: Final = 20.0
#: Seconds for the goodbye.
_CLOSE_LIMIT: Final = 2.0
_NOT_UTF_8: Final = 1007
#: What a socket that never blocks raises when the call has to be repeated.
_RETRY: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

# What the library says about single visitors is their own affair; its errors are ours.
_quiet: Final = logging.getLogger("client.web.library")
_quiet.setLevel(logging.ERROR)


class Left(Exception):
    """The browser is gone, or it has said goodbye, or it must go."""


class Browser:
    """The connection over `sock`; a message of the browser's has at most `most` bytes."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._protocol = ServerProtocol(max_size=most, logger=_quiet)
        self._out = bytearray()
        self._ends = False  # whether the stream to the browser ends behind `_out`
        self._message = bytearray()
        self._is_text = True
        self._sends_since = 0.0
        self._heard_at = time.monotonic()
        self._asked_at = 0.0
        #: Where the browser is, and where it came to.
        self.remote: tuple[str, int] = sock.getpeername()[:2]
        self.local: tuple[str, int] = sock.getsockname()[:2]

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._sock.fileno()

    # A request.

    def receive_request(self, seconds: float) -> Request | None:
        """Return the request, or None if none comes. Raises `OSError`, `TimeoutError` too."""
        deadline = time.monotonic() + seconds
        while not self._protocol.eof_sent:
            self._sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._sock.recv(_CHUNK)
            if not data:
                return None
            self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    return event
            if time.monotonic() > deadline:
                return None
        return None

    def respond(self, response: Response) -> None:
        """Send a response; it is the last one."""
        self._protocol.send_response(response)

    def accept(self, request: Request) -> bool:
        """Open a web socket if the request can open one; return whether it is open."""
        self._protocol.send_response(self._protocol.accept(request))
        if not self.is_open:
            return False
        self._sock.settimeout(0)
        self._heard_at = time.monotonic()
        self._queue()
        self.flush()
        return True

    # A web socket.

    @property
    def is_open(self) -> bool:
        """Whether neither end has said goodbye."""
        return self._protocol.state is OPEN

    @property
    def is_sending(self) -> bool:
        """Whether something waits until the browser takes more."""
        return bool(self._out)

    @property
    def has_more(self) -> bool:
        """Whether TLS has bytes that no selector sees."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def receive(self) -> list[str | bytes]:
        """Return the messages that have arrived. Raises `Left`."""
        try:
            data = self._sock.recv(_CHUNK)
        except _RETRY:
            return []
        except OSError as error:
            raise Left from error
        self._heard_at = time.monotonic()
        self._asked_at = 0.0
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        found = [
            message
            for event in self._protocol.events_received()
            if isinstance(event, Frame)
            for message in self._take(event)
        ]
        self._queue()
        self.flush()
        return found

    def _take(self, frame: Frame) -> list[str | bytes]:
        """Take a part of a message, return the message if it is the last one."""
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return []
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._message += frame.data
        if not frame.fin:
            return []
        message, self._message = bytes(self._message), bytearray()
        if not self._is_text:
            return [message]
        try:
            return [message.decode()]
        except UnicodeDecodeError:
            self._protocol.fail(_NOT_UTF_8, "a message is text in UTF-8")
            return []

    def send(self, text: str) -> None:
        """Queue a message; `flush` sends it. Raises `Left`."""
        if not self.is_open:
            raise Left
        self._protocol.send_text(text.encode())
        self._queue()

    def flush(self) -> None:
        """Send what the browser takes now. Raises `Left`."""
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except _RETRY:
            pass
        except OSError as error:
            raise Left from error

    def _queue(self) -> None:
        for data in self._protocol.data_to_send():
            if data and not self._out:
                self._sends_since = time.monotonic()
            self._out += data
            self._ends = self._ends or not data

    @property
    def deadline(self) -> float:
        """When to call `look_after`."""
        if self._out:
            return self._sends_since + SEND_LIMIT
        if self._asked_at:
            return self._asked_at + _PONG
        return self._heard_at + _PING

    def look_after(self) -> None:
        """Ask a silent browser whether it is there. Raises `Left` if it takes or says nothing."""
        if time.monotonic() < self.deadline:
            return
        if self._out or self._asked_at or not self.is_open:
            raise Left
        self._asked_at = time.monotonic()
        self._protocol.send_ping(b"")
        self._queue()
        self.flush()

    # The end.

    def close(self, code: int = 0, why: str = "") -> None:
        """Send what waits, and `code` and `why` to a web socket that is open; close the socket."""
        deadline = time.monotonic() + _CLOSE_LIMIT
        with self._sock, contextlib.suppress(OSError):
            if code and self.is_open:
                self._protocol.send_close(code, why)
            self._queue()
            self._sock.settimeout(_CLOSE_LIMIT if code else SEND_LIMIT)
            self._sock.sendall(self._out)
            while code and not self._ends and self._read_until(deadline):
                pass
            self._sock.shutdown(socket.SHUT_WR)
            # What was not read when a socket is closed makes the system drop what was sent.
            deadline = time.monotonic() + _CLOSE_LIMIT
            while self._discard_until(deadline):
                pass

    def _read_until(self, deadline: float) -> bool:
        """Read the answer to a goodbye; return False at the end."""
        self._sock.settimeout(max(0.001, deadline - time.monotonic()))
        data = self._sock.recv(_CHUNK)
        if data:
            self._protocol.receive_data(data)
        self._protocol.events_received()
        self._out.clear()
        self._queue()
        self._sock.sendall(self._out)
        return bool(data) and time.monotonic() < deadline

    def _discard_until(self, deadline: float) -> bool:
        self._sock.settimeout(max(0.001, deadline - time.monotonic()))
        return bool(self._sock.recv(_CHUNK)) and time.monotonic() < deadline
