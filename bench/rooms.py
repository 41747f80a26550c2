"""Rooms: how soon everybody has a line, and what rooms cost single patients on one server.

    python bench/rooms.py [--only one,many] [--members 200] [--rooms 1000] [--singles 5000] ...

one    a room with many members, in which one line a second is said, by one member after another:
       the time from sending a line until each other member has it, and until all of them have
many   single patients who talk at an even rate, alone and beside rooms of five, in turns: the 99th
       percentile of their replies, and its ratio within each round. Both servers run at once in a
       round, one of them idle. A line in each of 1,000 rooms every ten seconds is what five
       people say who talk with each other: 100 lines a second; 400 is the same rooms in a hurry.

Nobody waits for a line that is late: a time counts from when the line was sent, in `many` from when
it was due, until the client's process has read it, so its own work is counted too. What members
were told while they came is read before that: two hundred have 40,000 notices then. Clients are one
process for rooms and one for single patients, each with one epoll. They leave the server its
processor. In `many` the process for rooms gives way to the other one, with which it may share a
processor: what single patients wait for is to be the server.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import re
import select
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from bench.crowd import Crowd, Figures  # noqa: E402 - the path comes first
from bench.serving import (  # noqa: E402
    allow_descriptors,
    beside,
    describe_machine,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

#: A line that somebody else said: its number stands between two signs.
_TOLD = re.compile(rb"^150 [^\n]*\tpatient\t[^\n]*#(\d+)#", re.MULTILINE)
_SAID = re.compile(rb"^251 ", re.MULTILINE)
#: Seconds that are waited for what is still on its way at the end.
LATE = 10.0
#: By how much the clients in rooms are nicer than single patients.
GIVES_WAY = 5
#: Seconds without a notice after which all of the members' coming has been told.
SILENCE = 1.0


class Members:
    """Clients who are in rooms, `size` in each; one epoll, no threads."""

    def __init__(self, port: int, rooms: int, size: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.rooms: list[list[int]] = [[] for _ in range(rooms)]
        self._rests: dict[int, bytes] = {}
        for number in range(size):
            for room in range(rooms):
                self._enter(room, number)

    def _enter(self, room: int, number: int) -> None:
        """Connect, give a name, and join; each step is awaited."""
        client = socket.create_connection(("127.0.0.1", self._port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name, where = f"M{room}-{number}".encode(), f"/join Room {room}".encode()
        for line, code in ((b"", b"220 "), (name, b"230 "), (where, b"231 ")):
            if line:
                client.send(line + b"\n")
            got = b""
            while not re.search(rb"^" + code + rb"[^\n]*\n", got, re.MULTILINE):
                data = client.recv(65_536)
                if not data:
                    raise SystemExit(f"the server closed: {got[-200:]!r}")
                got += data
        client.settimeout(0)
        self.sockets[client.fileno()] = client
        self._rests[client.fileno()] = b""
        self._epoll.register(client.fileno(), select.EPOLLIN)
        self.rooms[room].append(client.fileno())

    def say(self, descriptor: int, number: int) -> None:
        """Say a line with a number in it."""
        self.sockets[descriptor].send(b"I wonder about number #%d# of my days.\n" % number)

    def told(self, seconds: float) -> Iterator[tuple[int, int]]:
        """Yield which client was told which line; -1 for its own, which was saved."""
        for descriptor, _ in self._epoll.poll(seconds, 1024):
            for number in self._read(descriptor):
                yield descriptor, number

    def _read(self, descriptor: int) -> Iterator[int]:
        try:
            data = self.sockets[descriptor].recv(65_536)
        except OSError:
            return
        whole, end, rest = (self._rests[descriptor] + data).rpartition(b"\n")
        self._rests[descriptor] = rest
        if not data:
            self._epoll.unregister(descriptor)
        for found in _TOLD.finditer(whole + end):
            yield int(found[1])
        for _ in _SAID.finditer(whole + end):
            yield -1

    def settle(self) -> None:
        """Read what is on its way, until nothing comes any more."""
        until = time.monotonic() + SILENCE
        while time.monotonic() < until:
            for descriptor, _ in self._epoll.poll(0.01, 1024):
                until = time.monotonic() + SILENCE
                for _ in self._read(descriptor):
                    pass

    def talk(self, rate: float, seconds: float) -> tuple[list[float], list[float], int]:
        """Have lines said, `rate` a second in all, in one room after another.

        Returns the times until each other member of the room was told a line, the times until all
        of them were, and how many were not told.
        """
        sent: dict[int, float] = {}
        missing: dict[int, int] = {}
        each, everybody = list[float](), list[float]()
        clock = time.perf_counter
        began, number, failed = clock(), 0, 0
        while (now := clock()) < began + seconds or missing:
            if now > began + seconds + LATE:
                break
            while now < began + seconds and number < (now - began) * rate:
                room = self.rooms[number % len(self.rooms)]
                sent[number], missing[number] = clock(), len(room) - 1
                self.say(room[number // len(self.rooms) % len(room)], number)
                number += 1
            for _, found in self.told(0.0005):
                if found < 0 or found not in missing:
                    continue
                each.append(clock() - sent[found])
                missing[found] -= 1
                if not missing[found]:
                    everybody.append(each[-1])
                    del missing[found]
        failed += sum(missing.values())
        return each, everybody, failed

    def close(self) -> None:
        """Hang up."""
        for client in self.sockets.values():
            client.close()
        self._epoll.close()


def _below(times: list[float], share: float) -> float:
    return Figures(latencies=times).below(share)


def measure_one(args: argparse.Namespace, work: Path) -> None:
    """Print how soon the members of one room have a line."""
    print(f"One room of {args.members}, {args.line_rate:g} line a second, {args.seconds:g} s\n")
    print("| round | each member p50 ms | p99 ms | everybody p50 ms | p99 ms | not told |")
    print("| --- | --- | --- | --- | --- | --- |")
    every: tuple[list[float], list[float]] = ([], [])
    missed = 0
    for turn in range(args.rounds):
        with serving("doctor shipped", work) as (port, server):
            members = Members(port, 1, args.members)
            members.settle()
            with beside(server):
                *found, failed = members.talk(args.line_rate, args.seconds)
            members.close()
        for kept, times in zip(every, found, strict=True):
            kept.extend(times)
        missed += failed
        _print_row(str(turn + 1), found, failed)
    _print_row("all", every, missed)


def _print_row(name: str, found: Sequence[list[float]], failed: int) -> None:
    figures = [_below(times, share) for times in found for share in (0.5, 0.99)]
    row = " | ".join(f"{figure:.1f}" for figure in figures)
    print(f"| {name} | {row} | {failed} |", flush=True)


def _talk_alone(port: int, server: int, args: argparse.Namespace, pipe: Connection) -> None:
    """Be the single patients of one server; begins and ends as the other process says."""
    allow_descriptors()
    crowd = Crowd(port, args.singles, prefix="single")
    crowd.arrive(at_once=8)
    pipe.send("here")
    while pipe.recv() == "talk":
        with beside(server):
            found = crowd.trickle(args.rate, args.seconds)
        pipe.send((found.below(0.5), found.below(0.99), found.exchanges, found.failures))
    crowd.close()


class Singles:
    """The single patients of one server, in a process of their own."""

    def __init__(self, port: int, server: int, args: argparse.Namespace) -> None:
        self._here, there = multiprocessing.Pipe()
        asked = (port, server, args, there)
        self._process = multiprocessing.Process(target=_talk_alone, args=asked)
        self._process.start()
        self._here.recv()

    def begin(self) -> None:
        """Let them talk."""
        self._here.send("talk")

    def end(self) -> tuple[float, float, int, int]:
        """Return p50, p99, exchanges and failures."""
        found: tuple[float, float, int, int] = self._here.recv()
        return found

    def close(self) -> None:
        """Let them go."""
        self._here.send("end")
        self._process.join()


def measure_many(args: argparse.Namespace, work: Path) -> None:
    """Print what rooms cost single patients of the same server."""
    print(
        f"{args.singles} single patients, {args.rate:g} lines a second; "
        f"{args.rooms} rooms of {args.size}\n"
    )
    head = ("round", "rooms' lines a second", "alone p50 ms", "p99 ms", "beside rooms p50 ms")
    print(f"| {' | '.join(head)} | p99 ms | ratio of p99 | rooms p50 ms | p99 ms | failed |")
    print("| --- " * (len(head) + 5) + "|")
    ratios: dict[float, list[float]] = {rate: [] for rate in args.room_rates}
    with (
        serving("doctor shipped", work) as (quiet, quiet_server),
        serving("doctor shipped", work) as (busy, busy_server),
    ):
        alone = Singles(quiet, quiet_server, args)
        crowd = Singles(busy, busy_server, args)
        members = Members(busy, args.rooms, args.size)
        members.settle()
        os.nice(GIVES_WAY)
        for turn in range(args.rounds):
            alone.begin()
            first = alone.end()
            for rate, found in ratios.items():
                crowd.begin()
                with beside(busy_server):
                    each, _, failed = members.talk(rate, args.seconds)
                second = crowd.end()
                found.append(second[1] / first[1])
                figures = (*first[:2], *second[:2], found[-1], _below(each, 0.5))
                row = " | ".join(f"{figure:.2f}" for figure in (*figures, _below(each, 0.99)))
                lost = first[3] + second[3] + failed
                print(f"| {turn + 1} | {rate:g} | {row} | {lost} |", flush=True)
        members.close()
        alone.close()
        crowd.close()
    print()
    for rate, found in ratios.items():
        spread = f"{min(found):.2f} to {max(found):.2f}"
        print(f"{rate:g} lines a second: median ratio {statistics.median(found):.2f}, {spread}")


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="one,many", help="one, many, or both (default)")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--line-rate", type=float, default=1.0)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--size", type=int, default=5, help="members of each of the many rooms")
    parser.add_argument(
        "--room-rates",
        type=lambda text: [float(rate) for rate in text.split(",")],
        default=[100.0, 400.0],
        help="lines a second in all rooms, one rate after the other (default: 100,400)",
    )
    parser.add_argument("--singles", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=1000.0, help="lines a second of all singles")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    allow_descriptors()
    print(describe_machine() + "\n")
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(KeyboardInterrupt):
        if "one" in args.only.split(","):
            measure_one(args, Path(place))
            print()
        if "many" in args.only.split(","):
            measure_many(args, Path(place))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
