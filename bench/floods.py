"""A quiet patient beside eight who flood: how long each of the quiet one's replies takes.

    python bench/floods.py [--seconds 4] [--only KIND,...] [-- SERVER OPTION ...]

Kinds: lines (talk without a pause), why, history, blank, long (lines that take long to answer),
help (before any name), and none, nobody else. Each flooder is a process that sends without waiting
for what comes back; the quiet one says a line 30 ms after each reply.

`-- --costly-share 100 --line-rate 1000000` is a server that listens to everybody at once.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
FLOODERS = 8
PAUSE = 0.03
LINE = b"My mother never listens to me.\n"
#: What is sent before the flood, and the flood: many times the same.
KINDS: dict[str, tuple[bytes, bytes]] = {
    "none": (b"", b""),
    "lines": (b"", LINE * 100),
    "why": (LINE, b"/why\n" * 200),
    "history": (LINE * 300, b"/history 1000\n" * 10),
    "blank": (b"", b"\n" * 2000),
    "long": (
        b"",
        b"I never really want to die so much, he hit me and I cut my own life " * 58 + b"\n",
    ),
    "help": (b"", b"/help\n" * 200),
}


def reply(lines: IO[bytes]) -> bytes:
    """Return the last line of the next reply. Raises EOFError."""
    while True:
        line = lines.readline()
        if not line:
            raise EOFError
        if line[3:4] == b" ":
            return line


def flood(kind: str, port: int, number: int) -> None:
    """Send a flood until this process is ended, and read what comes."""
    first, again = KINDS[kind]
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
            threading.Thread(target=swallow, args=(one,), daemon=True).start()
            one.sendall((b"" if kind == "help" else b"flood %d\n" % number) + first)
            while True:
                one.sendall(again)


def swallow(one: socket.socket) -> None:
    """Read whatever comes."""
    with contextlib.suppress(OSError):
        while one.recv(65_536):
            pass


def converse(port: int, seconds: float) -> list[float]:
    """Say a line now and then; return how long the replies took, in milliseconds, sorted."""
    took, end = [], time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port)) as one, one.makefile("rb") as lines:
        one.sendall(b"quiet\n")
        reply(lines)
        reply(lines)
        while time.monotonic() < end:
            began = time.perf_counter()
            one.sendall(LINE)
            reply(lines)
            took.append(1000 * (time.perf_counter() - began))
            time.sleep(PAUSE)
    return sorted(took)


def measured(kind: str, seconds: float, options: list[str]) -> list[float]:
    """Return the times of the quiet one beside one kind of flood."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "server.py", "--port", "0", "--patients", place]
        server = subprocess.Popen(
            [*command, "--log", f"{place}/.log", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        flooders = [
            multiprocessing.Process(target=flood, args=(kind, port, number), daemon=True)
            for number in range(FLOODERS if kind != "none" else 0)
        ]
        try:
            for each in flooders:
                each.start()
            time.sleep(2)  # the flood rises
            return converse(port, seconds)
        finally:
            for each in flooders:
                each.terminate()
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            server.stdout.close()


def main() -> int:
    """Print a row for each kind of flood."""
    parser = argparse.ArgumentParser(description="a quiet patient beside eight who flood")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("option", nargs="*", help="options of the server, after --")
    args = parser.parse_args()
    print("| flood | median ms | 95th percentile | longest |\n| --- | ---: | ---: | ---: |")
    for kind in args.only.split(","):
        took = measured(kind, args.seconds, args.option)
        most = took[int(len(took) * 0.95)]
        print(
            f"| {kind} | {statistics.median(took):.1f} | {most:.1f} | {took[-1]:.1f} |", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
