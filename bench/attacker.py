"""One hostile program: everything at once that a client may do to a server, until it is killed.

    python bench/attacker.py PORT

A flood of lines without a pause, lines that are never read the answer of, a line of ten megabytes,
connections that say a byte a second or nothing, connections that are reset as soon as they are
open, other protocols, noise, and guesses at a passphrase.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import threading
import time

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 5000


def connected(name: bytes = b"") -> socket.socket:
    """Return a connection, with a session where there is a name."""
    one = socket.create_connection(("127.0.0.1", PORT), 10)
    if name:
        one.sendall(name + b"\n")
    return one


def swallow(one: socket.socket) -> None:
    """Read whatever comes."""
    with contextlib.suppress(OSError):
        while one.recv(65_536):
            pass


def flood() -> None:
    """Say lines as fast as they are taken."""
    one = connected(b"flood")
    threading.Thread(target=swallow, args=(one,), daemon=True).start()
    while True:
        one.sendall(b"my mother and my father and my work and my sleep\n" * 500)


def never_read() -> None:
    """Ask and never read an answer, again and again."""
    one = connected(b"deaf")
    while True:
        one.sendall(b"/history 1000\n" * 100)


def endless_line() -> None:
    """Send ten megabytes without a line's end."""
    with connected(b"endless") as one:
        threading.Thread(target=swallow, args=(one,), daemon=True).start()
        for _ in range(160):
            one.sendall(b"x" * 65_536)
        one.sendall(b"\n")


def dribble() -> None:
    """Hold a hundred connections with a byte a second."""
    many = [connected() for _ in range(100)]
    while True:
        time.sleep(1)
        for one in many:
            one.send(b"x")


def reset() -> None:
    """Open connections and reset them, as fast as that goes."""
    for _ in range(50):
        with connected(b"gone") as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def strangers() -> None:
    """Speak other protocols, and noise."""
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", os.urandom(4096) + b"\n"):
        with connected() as one:
            one.sendall(said)
            one.recv(4096)


def guess() -> None:
    """Guess at a passphrase, three tries for each connection."""
    with connected(b"locked") as one:
        one.sendall(b"/passphrase\nright\nright\n/quit\n")
        swallow(one)
    while True:
        with connected(b"locked") as one:
            one.sendall(b"wrong\nwrong\nwrong\n")
            swallow(one)


def again(attack: object) -> None:
    """Do it again whenever the server ends it."""
    while True:
        with contextlib.suppress(OSError):
            attack()  # type: ignore[operator]
        time.sleep(0.01)


if __name__ == "__main__":
    for each in (flood, never_read, endless_line, dribble, reset, strangers, guess):
        threading.Thread(target=again, args=(each,), daemon=True).start()
    threading.Event().wait()
