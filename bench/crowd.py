"""A crowd of clients in one process, for measuring: many sockets, one epoll, no threads.

    Crowd(port, 1000)   .arrive() .talk(seconds) .trickle(rate, seconds) .leave()

Every client gives a name and then says one line after another, each as soon as the last one is
answered. The crowd does as little as possible for each exchange, so that on two processors it is
the server that is measured. Linux.
"""

from __future__ import annotations

import os
import random
import select
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Twelve lines, which are said over and over; `bench.lines.varied` has a thousand.
LINES = tuple(
    line.encode() + b"\n"
    for line in (
        "My mother never listens to me.",
        "I feel tired most of the time.",
        "It rained all week.",
        "I think you are not really interested in what I say.",
        "My boss wants everything by Friday, and I cannot sleep because of it.",
        "Perhaps I worry too much.",
        "I remember a dream about my school.",
        "What do you think?",
        "Nobody calls me any more.",
        "I need some help with my sister.",
        "Yes.",
        "Sometimes I am happy for no reason at all, and then I wonder why.",
    )
)


@dataclass
class Figures:
    """What was measured of a number of exchanges."""

    exchanges: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Exchanges per second."""
        return self.exchanges / self.seconds if self.seconds else 0.0

    def below(self, share: float) -> float:
        """Return the milliseconds within which `share` of the replies came."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Crowd:
    """Clients of one server."""

    def __init__(
        self, port: int, size: int, *, prefix: str = "crowd", lines: Sequence[bytes] = LINES
    ) -> None:
        self.port, self.size, self.prefix = port, size, prefix
        self.lines = lines
        self.sockets: dict[int, socket.socket] = {}
        self.failures = 0
        self._epoll = select.epoll()
        self._said: dict[int, int] = {}

    def _connect(self, number: int) -> int:
        client = socket.socket()
        client.settimeout(0)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect_ex(("127.0.0.1", self.port))
        self.sockets[client.fileno()] = client
        # Each begins elsewhere, so that they do not all say the same at once.
        self._said[client.fileno()] = number * 37
        return client.fileno()

    def arrive(self, *, deadline: float = 120.0, at_once: int = 0) -> tuple[float, float]:
        """Connect all and give a name each.

        Returns when the last 220 came and when the last 230 came, in seconds from the start. At
        most `at_once` are on their way together, where that is not 0.
        """
        began = time.monotonic()
        state: dict[int, int] = {}
        buffers: dict[int, bytes] = {}
        greeted = welcomed = 0.0
        open_doors = 0
        left = list(range(self.size))
        while (left or open_doors) and time.monotonic() - began < deadline:
            while left and (not at_once or open_doors < at_once):
                number = left.pop()
                fd = self._connect(number)
                self._epoll.register(fd, select.EPOLLIN)
                state[fd], buffers[fd] = number, b""
                open_doors += 1
            for fd, _ in self._epoll.poll(1.0):
                try:
                    data = self.sockets[fd].recv(4096)
                except OSError:
                    data = b""
                if not data or data.startswith(b"421"):
                    open_doors -= 1
                    self._drop(fd)
                    continue
                buffers[fd] = last = buffers[fd] + data
                if last.endswith(b"\n"):
                    final = last[last.rfind(b"\n", 0, -1) + 1 :]
                    if final.startswith(b"220 "):
                        greeted = time.monotonic() - began
                        name = f"{self.prefix} {state[fd]}"
                        self.sockets[fd].send(name.encode() + b"\n")
                    elif final.startswith(b"230 "):
                        welcomed = time.monotonic() - began
                        open_doors -= 1
                        del buffers[fd]
        self.failures += open_doors
        return greeted, welcomed

    def _drop(self, fd: int) -> None:
        self.failures += 1
        self._epoll.unregister(fd)
        self.sockets.pop(fd).close()

    def talk(self, seconds: float, *, warm_up: float = 0.5) -> Figures:
        """Let everybody talk as fast as they are answered."""
        figures = Figures()
        asked: dict[int, float] = {}
        clock = time.perf_counter
        began = clock()
        for fd, client in self.sockets.items():
            asked[fd] = clock()
            client.send(self.lines[self._said[fd] % len(self.lines)])
        counted_from = began + warm_up
        end = counted_from + seconds
        poll, sockets, said, latencies = (
            self._epoll.poll,
            self.sockets,
            self._said,
            figures.latencies,
        )
        lines = self.lines
        outstanding = len(sockets)
        now = began
        while now < end:
            for fd, _ in poll(1.0, 512):
                try:
                    data = sockets[fd].recv(4096)
                except OSError:
                    data = b""
                if not data:
                    outstanding -= 1
                    self._drop(fd)
                    continue
                if data[-1] != 10:
                    continue
                now = clock()
                if now > counted_from:
                    latencies.append(now - asked[fd])
                said[fd] = number = said[fd] + 1
                asked[fd] = now
                sockets[fd].send(lines[number % len(lines)])
            now = clock()
        figures.seconds = now - counted_from
        figures.exchanges = len(latencies)
        figures.failures = self.failures
        self._settle(outstanding)
        return figures

    def _settle(self, outstanding: int) -> None:
        """Take the replies that are still on their way."""
        until = time.monotonic() + 10
        while outstanding > 0 and time.monotonic() < until:
            for fd, _ in self._epoll.poll(1.0):
                data = self.sockets[fd].recv(4096)
                if data.endswith(b"\n") or not data:
                    outstanding -= 1

    def trickle(self, rate: float, seconds: float) -> Figures:
        """Let anybody who is silent say a line, `rate` lines a second in all, at even times.

        A latency counts from when the line was due, so that a stall is not hidden by itself.
        """
        figures = Figures()
        clock = time.perf_counter
        silent = list(self.sockets)
        random.Random(1966).shuffle(silent)
        due: dict[int, float] = {}
        began = clock()
        sent = 0
        end = began + seconds
        while (now := clock()) < end or due:
            if now > end + 10:
                figures.failures += len(due)
                break
            while now < end and sent < (now - began) * rate and silent:
                fd = silent.pop()
                due[fd] = began + sent / rate
                sent += 1
                self.sockets[fd].send(self.lines[sent % len(self.lines)])
            for fd, _ in self._epoll.poll(0.0005, 512):
                try:
                    data = self.sockets[fd].recv(4096)
                except OSError:
                    data = b""
                if not data:
                    due.pop(fd, None)
                    self._drop(fd)
                elif data[-1] == 10 and fd in due:
                    figures.latencies.append(clock() - due.pop(fd))
                    silent.insert(random.randrange(len(silent) // 2 + 1), fd)
        figures.seconds = seconds
        figures.exchanges = len(figures.latencies)
        figures.failures += self.failures
        return figures

    def leave(self, *, deadline: float = 30.0) -> tuple[float, int]:
        """Have everybody say goodbye at once; return the seconds and how many were seen off."""
        began = time.monotonic()
        for client in self.sockets.values():
            client.send(b"/quit\n")
        return self.wait_for_the_end(began, b"221", deadline)

    def wait_for_the_end(self, began: float, code: bytes, deadline: float) -> tuple[float, int]:
        """Wait until every connection is closed; return the seconds and who got `code` last."""
        last: dict[int, bytes] = {}
        seen_off = 0
        done = began
        while self.sockets and time.monotonic() - began < deadline:
            for fd, _ in self._epoll.poll(0.5):
                try:
                    data = self.sockets[fd].recv(4096)
                except OSError:
                    data = b""
                if data:
                    last[fd] = data
                    continue
                seen_off += last.get(fd, b"").startswith(code)
                self._epoll.unregister(fd)
                self.sockets.pop(fd).close()
                done = time.monotonic()
        return done - began, seen_off

    def close(self) -> None:
        """Hang up without a word."""
        for client in self.sockets.values():
            client.close()
        self.sockets.clear()
        self._epoll.close()


def resident(process: int) -> int:
    """Return the bytes of a process that are in memory."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
