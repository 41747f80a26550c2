"""What the gateway costs: the same visitors directly at the server, and through web sockets.

    python bench/page.py [--visitors 200] [--pause 2.0] [--seconds 20] [--rounds 4] [--together]

Each visitor says a line, waits for the reply, pauses, and says the next one, as people do. The
server and the gateway are programs of their own; the visitors are one thread here with sockets that
never block, and their web sockets use the protocol of `websockets` without its threads. A direct
round and one through the gateway make a pair. On a computer that does other work too, no two rounds
are alike: with --together both crowds talk at the same time, and what disturbs a pair disturbs both
ways. The processor time for each line depends least on other work. Every exchange is counted in the
histories at the end: none may be missing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.lines.varied import LINES  # noqa: E402 - after the path
from doctor.patients import load  # noqa: E402
from doctor.protocol import ReplyReader  # noqa: E402

_PATIENCE = 60.0


@dataclass
class Visitor:
    """One visitor; `feed` takes bytes and returns how many replies they complete."""

    name: str
    sock: socket.socket
    said: int = 0
    answered: int = 0
    sent_at: float = 0.0
    latencies: list[float] = field(default_factory=list)
    reader: ReplyReader = field(default_factory=ReplyReader)

    def begin(self) -> None:
        """Send what opens the connection."""

    def send(self, line: str) -> None:
        """Send one line."""
        self.sock.sendall(line.encode() + b"\n")

    def feed(self, data: bytes) -> int:
        """Take bytes; return how many replies they complete."""
        return len(self.reader.feed(data))


class WebVisitor(Visitor):
    """A visitor behind a web socket."""

    def begin(self) -> None:
        """Send the request for a web socket."""
        host, port = self.sock.getpeername()[:2]
        self.web = ClientProtocol(
            parse_uri(f"ws://{host}:{port}/talk"),
            origin=f"http://{host}:{port}",  # type: ignore[arg-type] # a NewType of str
        )
        self.web.send_request(self.web.connect())
        self._flush()

    def send(self, line: str) -> None:
        """Send one line as a message."""
        self.web.send_text(line.encode())
        self._flush()

    def feed(self, data: bytes) -> int:
        """Take bytes; return how many messages they complete."""
        self.web.receive_data(data)
        found = 0
        for event in self.web.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin:
                found += 1
        self._flush()
        return found

    def _flush(self) -> None:
        for data in self.web.data_to_send():
            if data:
                self.sock.sendall(data)


#: How visitors reach the doctor: the name of the way, their kind, and the port.
Way: TypeAlias = tuple[str, type[Visitor], int]


class Crowd:
    """Many visitors in one thread, as many on each way."""

    def __init__(self, ways: Sequence[Way], size: int, number: int) -> None:
        self.visitors: list[Visitor] = []
        self._selector = selectors.DefaultSelector()
        for index in range(size):
            for way, kind, port in ways:
                sock = socket.create_connection(("127.0.0.1", port), _PATIENCE)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                made = kind(f"{way}-{number}-{index}", sock)
                self.visitors.append(made)
                self._selector.register(sock, selectors.EVENT_READ, made)
                made.begin()
        self._wait_for_all(1)
        for made in self.visitors:
            made.send(made.name)
        self._wait_for_all(2)

    def _wait_for_all(self, replies: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while any(each.answered < replies for each in self.visitors):
            self._step(0.1)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.visitors[0].name}: no reply")

    def _step(self, seconds: float) -> list[Visitor]:
        """Read what has arrived; return the visitors who were answered."""
        answered = []
        for key, _ in self._selector.select(seconds):
            made: Visitor = key.data
            data = made.sock.recv(65_536)
            if not data:
                raise ConnectionError(f"{made.name}: the connection was closed")
            replies = made.feed(data)
            if replies:
                made.answered += replies
                answered.append(made)
        return answered

    def talk(self, seconds: float, pause: float) -> None:
        """Let everybody talk for so long."""
        chance = random.Random(1)
        end = time.monotonic() + seconds
        due = [(time.monotonic() + chance.random() * pause, each) for each in self.visitors]
        waiting: set[str] = set()
        while due or waiting:
            now = time.monotonic()
            for at, made in [each for each in due if each[0] <= now]:
                due.remove((at, made))
                if at >= end:
                    continue
                made.said += 1
                made.sent_at = time.monotonic()
                made.send(LINES[chance.randrange(len(LINES))].decode().strip())
                waiting.add(made.name)
            soonest = min((at for at, _ in due), default=now + 0.1)
            for made in self._step(max(0.0, min(0.1, soonest - time.monotonic()))):
                now = time.monotonic()
                made.latencies.append((now - made.sent_at) * 1000)
                waiting.discard(made.name)
                due.append((now + pause * (0.5 + chance.random()), made))
            if time.monotonic() > end + _PATIENCE:
                raise TimeoutError(f"{len(waiting)} lines got no reply")

    def times(self, kind: type[Visitor]) -> list[float]:
        """Return how long each exchange of a kind of visitors took, in milliseconds, sorted."""
        return sorted(
            each for made in self.visitors if type(made) is kind for each in made.latencies
        )

    def close(self) -> None:
        """Leave."""
        for made in self.visitors:
            made.sock.close()
        self._selector.close()


def start(*words: str) -> tuple[subprocess.Popen[str], int]:
    """Start a program and return it with the port that its first line names."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    numbers = [
        word for word in line.replace("/", " ").replace(":", " ").split() if word.isdecimal()
    ]
    return process, int(numbers[-1])


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def processor_time(process: subprocess.Popen[str]) -> float:
    """Return the seconds of processor that a program has used; 0 where the system does not say."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Measure all pairs of rounds; return the medians of each way, and the ratio of each pair."""
    figures: dict[str, dict[str, list[float]]] = {"direct": {}, "gateway": {}}
    with tempfile.TemporaryDirectory(prefix="doctor-bench-") as directory:
        patients = Path(directory) / "patients"
        server, port = start("server.py", "--port", "0", "--patients", str(patients))
        web = str(free_port())
        gateway, _ = start(
            *("-m", "client", "--web", "--port", web, "--server", f"127.0.0.1:{port}")
        )
        ways: list[Way] = [("direct", Visitor, port), ("gateway", WebVisitor, int(web))]
        said: dict[str, int] = {}
        try:
            for number in range(options.rounds):
                # Each way is the first of a pair as often as the other one.
                turns = [[each] for each in ways[:: 1 if number % 2 == 0 else -1]]
                for turn in [ways] if options.together else turns:
                    crowd = Crowd(turn, options.visitors, number)
                    used = processor_time(gateway)
                    crowd.talk(options.seconds, options.pause)
                    for way, kind, _ in turn:
                        times = crowd.times(kind)
                        values = {
                            "p50 ms": times[len(times) // 2],
                            "p99 ms": times[int(len(times) * 0.99)],
                            "lines/s": len(times) / options.seconds,
                        }
                        if way == "gateway":
                            spent = processor_time(gateway) - used
                            values["gateway ms/line"] = spent / len(times) * 1000
                        for name, value in values.items():
                            figures[way].setdefault(name, []).append(value)
                    crowd.close()
                    said |= {each.name: each.said for each in crowd.visitors}
        finally:
            for process in (gateway, server):
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=_PATIENCE)
        lost = sum(
            count - load(patients / f"{name}.dat").history.last_number
            for name, count in said.items()
            if count
        )
    found = {
        way: {name: round(statistics.median(values), 2) for name, values in listed.items()}
        for way, listed in figures.items()
    }
    found["p99 ratio"] = {
        str(number): round(through / direct, 2)
        for number, (direct, through) in enumerate(
            zip(figures["direct"]["p99 ms"], figures["gateway"]["p99 ms"], strict=True), start=1
        )
    }
    found["lost"] = {"of": sum(said.values()), "lines": lost}
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two lines")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=4, help="pairs of rounds")
    parser.add_argument("--together", action="store_true", help="both crowds at the same time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options)
    if options.json:
        print(json.dumps(found))
        return 1 if found["lost"]["lines"] else 0
    at_once = ", both ways at the same time" if options.together else ""
    print(f"{options.visitors} visitors on each way{at_once}, a pause of {options.pause} s:")
    print(f"medians of {options.rounds}")
    for way in ("direct", "gateway"):
        print(f"{way:8}", "  ".join(f"{name} {value}" for name, value in found[way].items()))
    ratios = found["p99 ratio"].values()
    print(
        f"p99 through the gateway: {statistics.median(ratios):.2f} of the direct one, the median of"
        f" {options.rounds} pairs ({', '.join(map(str, ratios))})"
    )
    print(f"lines lost: {found['lost']['lines']} of {found['lost']['of']}")
    return 1 if found["lost"]["lines"] else 0


if __name__ == "__main__":
    sys.exit(main())
