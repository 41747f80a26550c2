"""The server under load, beside three others, in one run.

    python bench/load.py [--only PART,...] [--seconds 4] [--rounds 3]

Parts: `crowd` (10,000 patients: memory, a steady 1,000 exchanges a second, with and
without an attacker, goodbyes, SIGTERM), `newcomers` (1,000 at once), `start` (with an empty
directory and with 100,000 patients).

Everything is on 127.0.0.1: the server is one process, the crowd another. Servers take turns, and
each round measures all of them, so that a disturbance of the machine meets them alike; what is
printed is the median of the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT)]

from bench.crowd import LINES, Crowd, Figures, resident  # noqa: E402 - the path comes first
from bench.serving import SERVERS, allow_descriptors, serving  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def crowd(args: argparse.Namespace, work: Path) -> None:
    """Print what 10,000 patients cost and how they fare."""
    size = args.size
    for name in ("doctor 1966", "doctor shipped"):
        if name not in args.servers:
            continue
        print(f"\n{size:,} patients, {name}")
        with serving(name, work, *args.option) as (port, process):
            empty = resident(process)
            patients = Crowd(port, size)
            greeted, welcomed = patients.arrive(at_once=500)
            print(f"  all greeted after {greeted:.1f} s, in session after {welcomed:.1f} s, "
                  f"{patients.failures} failed")  # fmt: skip
            print(
                f"  memory each, just arrived: {(resident(process) - empty) / size / 1024:.1f} KiB"
            )
            for line in range(2):
                say_to_all(patients, LINES[line])
            print(
                f"  memory each, after 2 lines: {(resident(process) - empty) / size / 1024:.1f} KiB"
            )
            calm = patients.trickle(1000, args.seconds * 2)
            print(f"  1,000 exchanges/s: {waits(calm)}")
            print(f"  memory each, then: {(resident(process) - empty) / size / 1024:.1f} KiB")
            with attacker(port):
                foul = patients.trickle(1000, args.seconds * 2)
            print(f"  the same beside an attacker: {waits(foul)}")
            seconds, seen_off = patients.leave()
            print(f"  goodbyes at once: {seconds:.2f} s, {seen_off:,} seen off")
            folded(work, size)
        with serving(name, work, *args.option) as (port, process):
            patients = Crowd(port, size)
            patients.arrive(at_once=500)
            say_to_all(patients, LINES[0])
            began = time.monotonic()
            os.kill(process, signal.SIGTERM)
            seconds, seen_off = patients.wait_for_the_end(began, b"421", 30)
            while running(process):
                time.sleep(0.01)
            print(f"  SIGTERM: connections closed after {seconds:.2f} s ({seen_off:,} by 421), "
                  f"process gone after {time.monotonic() - began:.2f} s")  # fmt: skip


def waits(figures: Figures) -> str:
    """Return figures as a line."""
    return (
        f"p50 {figures.below(0.5):.2f} ms, p99 {figures.below(0.99):.2f} ms, "
        f"{figures.rate:,.0f}/s, {figures.failures} failed"
    )


def running(process: int) -> bool:
    """Tell whether a child has not ended yet."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    return stat.rpartition(")")[2].split()[0] != "Z"


def folded(work: Path, size: int) -> None:
    """Wait until every history is closed and print when that was."""
    began = time.monotonic()
    place = next(entry for entry in work.iterdir() if entry.is_dir())
    command = [
        sys.executable,
        "-m",
        "doctor",
        "status",
        "--patients",
        str(place),
        "--format",
        "json",
    ]
    while time.monotonic() - began < 60:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        if '"connected": []' in done.stdout:
            break
    print(f"  all {size:,} threads ended {time.monotonic() - began:.2f} s later")


def say_to_all(patients: Crowd, line: bytes) -> None:
    """Have everybody say a line once, a few hundred at a time."""
    descriptors = list(patients.sockets)
    for at in range(0, len(descriptors), 500):
        some = descriptors[at : at + 500]
        for descriptor in some:
            patients.sockets[descriptor].send(line)
        patients._settle(len(some))  # noqa: SLF001 - they belong together


@contextlib.contextmanager
def attacker(port: int) -> Iterator[None]:
    """Run one hostile client program as long as the block lasts."""
    process = subprocess.Popen([sys.executable, str(HERE / "attacker.py"), str(port)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def newcomers(args: argparse.Namespace, work: Path) -> None:
    """Print how long 1,000 newcomers at once wait for their greeting."""
    print("\n1,000 newcomers at once")
    for name in args.servers.split(","):
        if name == "textbook":
            continue  # listen(5): most of them are never let in
        times = []
        for _ in range(args.rounds):
            with serving(name, work, *(args.option if name.startswith("doctor") else ())) as (
                port,
                _,
            ):
                many = Crowd(port, 1000)
                times.append((*many.arrive(deadline=20), many.failures))
                many.close()
        greeted, welcomed, failures = (
            statistics.median(column) for column in zip(*times, strict=True)
        )
        print(
            f"  {name:16} 220 after {greeted:.2f} s, 230 after {welcomed:.2f} s, "
            f"{failures:.0f} refused"
        )


def start(args: argparse.Namespace, work: Path) -> None:
    """Print the time from starting the program to its ready line, the first 220 and a greeting."""
    rounds = args.rounds + 2
    with on_directory(work / "first", *args.option):
        pass  # writes bytecode where there is none yet
    times = [seconds_of([sys.executable, "-c", "pass"]) for _ in range(rounds)]
    print(f"\nfrom start to accepting connections (Python alone: {in_ms(times)})")
    for patients in (0, 100_000):
        place = work / f"many {patients}"
        place.mkdir()
        if patients:
            sample = one_history(work)
            for number in range(patients):
                (place / f"patient {number}.dat").write_bytes(sample)
        waits = [first_moments(place, *args.option) for _ in range(rounds)]
        ready, accepted, greeted = (in_ms(column) for column in zip(*waits, strict=True))
        print(f"  {patients:7,} patients on disk: {ready}, 220 {accepted}, a new patient {greeted}")


def in_ms(seconds: Sequence[float]) -> str:
    """Return the median of these times, and the best of them."""
    return f"{statistics.median(seconds) * 1000:.0f} ms (best {min(seconds) * 1000:.0f})"


def seconds_of(command: list[str]) -> float:
    """Return how long a program runs."""
    began = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - began


def first_moments(place: Path, *options: str) -> tuple[float, float, float]:
    """Start a server; return the seconds to its ready line, to a 220 and to a 230."""
    began = time.monotonic()
    with on_directory(place, *options) as port:
        ready = time.monotonic() - began
        with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rb") as says:
            assert says.readline().startswith(b"220 ")
            accepted = time.monotonic() - began
            client.sendall(b"Somebody new\n")
            assert says.readline().startswith(b"230")
            greeted = time.monotonic() - began
            client.sendall(b"/forget\nSomebody new\n/quit\n")
            says.read()
    return ready, accepted, greeted


@contextlib.contextmanager
def on_directory(place: Path, *options: str) -> Iterator[int]:
    """Run the server on a directory, with bytecode as usual; yield its port once it accepts."""
    command = [sys.executable, "server.py", "--port", "0", "--patients", str(place), *options]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=usual,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()


def one_history(work: Path) -> bytes:
    """Return the bytes of a short history."""
    place = work / "one"
    place.mkdir()
    with on_directory(place) as port:
        patients = Crowd(port, 1)
        patients.arrive()
        say_to_all(patients, LINES[0])
        patients.leave()
    return next(place.glob("*.dat")).read_bytes()


PARTS = {"newcomers": newcomers, "crowd": crowd, "start": start}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        help="of the doctor's server, as --option=--cpu=none",
    )
    args = parser.parse_args()
    allow_descriptors()
    with tempfile.TemporaryDirectory(prefix="doctor-bench-") as work:
        for part in args.only.split(","):
            PARTS[part](args, Path(work))


if __name__ == "__main__":
    main()
