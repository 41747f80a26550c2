"""A doctor that misbehaves on demand, for clients: real sockets, none of the server's code.

    with FakeDoctor(answer) as fake:
        run("-m", "client", "--console", "--port", str(fake.port), ...)

`answer(line)` says what becomes of a patient's line: bytes to send, or None to close. It is counted
in `heard` first. `/help`, `/history`, `/why` and `/quit` are answered as the protocol has it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

HELP = (
    b"214-/help\twhat can be asked for\n214-/as N TEXT\tsay a line that is to have a number\n"
    b"214-/history [N [BEFORE]]\tthe last exchanges\n214-/quit\tsay goodbye\n"
    b"214 That is all.\n"
)


class FakeDoctor:
    """Listens on a free port of this machine; each connection has a thread."""

    def __init__(
        self, answer: Callable[[str], bytes | None], *, greeting: bytes = b"", reset: bool = False
    ) -> None:
        """`greeting` takes the place of the 230; with `reset` a close is a reset."""
        self._answer, self._greeting, self._reset = answer, greeting, reset
        self.heard: list[str] = []
        self.recorded: list[tuple[str, str]] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in tuple(self._open):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _begin(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(link)
            self._begin(self._talk, link)

    def _talk(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            self._converse(link)
            if self._reset:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._open.discard(link)

    def _converse(self, link: socket.socket) -> None:
        file = link.makefile("rb")
        link.sendall(b"220 doctor/1 The doctor is in. What is your name?\n")
        if not file.readline():
            return
        count = len(self.recorded)
        link.sendall(self._greeting or f"230-exchanges\t{count}\n230 Hello. What is it?\n".encode())
        for raw in file:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if line.startswith("/help"):
                link.sendall(HELP)
            elif line.startswith("/history"):
                link.sendall(self._history())
            elif line.startswith("/why"):
                link.sendall(b"216 Nothing is known of it.\n")
            elif line.startswith("/quit"):
                link.sendall(b"221 Goodbye.\n")
                return
            else:
                if line.startswith("/as "):
                    line = line.split(" ", 2)[2]
                self.heard.append(line)
                said = self._answer(line)
                if said is None:
                    return
                if said.startswith(b"250 "):
                    self.recorded.append((line, said[4:].decode().strip()))
                link.sendall(said)

    def _history(self) -> bytes:
        rows = []
        for number, (line, reply) in enumerate(self.recorded, 1):
            for who, text in (("patient", line), ("doctor", reply)):
                row = (str(number), "2026-01-01T00:00:00.000Z", "1", "", who, text)
                rows.append("215-" + "\t".join(row))
        return "\n".join([*rows, "215 That is all."]).encode() + b"\n"
