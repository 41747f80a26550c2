"""The shipped doctor: replies per second over the monologues, and that history costs nothing.

    python bench/doctor.py

The ten people of tests/data/conversations say their lines from the start of a conversation, over
and over; the best of several turns counts, in processor time of one thread. Nothing is kept between
replies but the patient's state, so a line that was seen before costs what any other does. The
garbage collector is set as the server sets it. The second table is one conversation of 40,000
exchanges, timed at its beginning and at its end.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.listener import Listener, load_helplines  # noqa: E402 - found beside this program
from doctor.scripts import DEFAULT_SCRIPT, load  # noqa: E402
from doctor.server import process  # noqa: E402 - found beside this program's directory
from tests.support.monologues import files, patient_lines  # noqa: E402
from tests.support.varied_lines import varied_lines  # noqa: E402

TURNS = 12
NOON = 1_790_000_000.0


def over_monologues(machine: Listener) -> float:
    """Return replies per second of processor time over all monologues, the best of the turns."""
    people = [patient_lines(path) for path in files()]
    count = sum(map(len, people))
    best = 0.0
    for _ in range(TURNS):
        start = time.process_time()
        for lines in people:
            state, now = machine.start(), NOON
            for line in lines:
                state = machine.respond(state, line, now).state
                now += 60
        best = max(best, count / (time.process_time() - start))
    return best


def over_history(machine: Listener, length: int) -> list[tuple[int, float]]:
    """Return (exchanges before, replies per second) along one conversation of `length`."""
    lines = varied_lines()
    state, found = machine.start(), []
    for first in range(0, length, 5_000):
        start = time.process_time()
        for number in range(first, first + 5_000):
            state = machine.respond(state, lines[number % 1000], NOON + 60 * number).state
        found.append((first, 5_000 / (time.process_time() - start)))
    packed = len(machine.pack(state))
    print(f"the state after {length:,} exchanges, packed: {packed:,} bytes\n")
    return found


def main() -> int:
    """Print both tables."""
    start = time.perf_counter()
    script = load(DEFAULT_SCRIPT)
    read = time.perf_counter()
    machine = Listener(script, load_helplines())
    ready = time.perf_counter()
    print(f"script read in {1000 * (read - start):.0f} ms, made ready in "
          f"{1000 * (ready - read):.0f} ms; {machine.keyword_count} keywords\n")  # fmt: skip
    process.settle()
    over_monologues(machine)  # what is compiled at first use is compiled now
    print(f"over the monologues: {over_monologues(machine):,.0f} replies/s\n")
    rows = over_history(machine, 40_000)
    print("| exchanges before | replies/s |\n|---:|---:|")
    for before, rate in (rows[1], rows[len(rows) // 2], rows[-1]):
        print(f"| {before:,} | {rate:,.0f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
