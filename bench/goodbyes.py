"""Goodbyes of many patients at once, in many starts of the server.

    python bench/goodbyes.py [--starts 20] [--size 10000] [--slots 4096,2]

Each start is a server of its own: how quickly its threads wake up is decided by chance of two
addresses, for its whole life (`doctor.server.process`). The starts of the different numbers of
futex slots take turns. With 2 slots the fault that more slots mend is provoked, so that this
program is known to see it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.crowd import LINES, Crowd
from bench.load import say_to_all
from bench.serving import allow_descriptors, serving

#: Seconds after which the goodbyes of a start are given up.
DEADLINE = 30.0


def goodbyes(slots: int, size: int, work: Path) -> tuple[float, int]:
    """Return the seconds until the last goodbye of one start, and how many patients had one."""
    with serving("doctor 1966", work, "--futex-slots", str(slots)) as (port, _process):
        patients = Crowd(port, size)
        patients.arrive(at_once=500)
        say_to_all(patients, LINES[0])
        seconds, seen_off = patients.leave(deadline=DEADLINE)
        patients.close()
        return seconds, seen_off


def main() -> int:
    """Print each start and the summary of each number of slots."""
    parser = argparse.ArgumentParser(description="Time the goodbyes of many patients at once.")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--slots", default="4096,2", help="numbers of futex slots, in turn")
    args = parser.parse_args()
    allow_descriptors()
    numbers = [int(number) for number in args.slots.split(",")]
    found: dict[int, list[float]] = {number: [] for number in numbers}
    with tempfile.TemporaryDirectory(prefix="doctor-bench-") as place:
        for start in range(1, args.starts + 1):
            for slots in numbers:
                seconds, seen_off = goodbyes(slots, args.size, Path(place))
                late = "" if seen_off == args.size else f", {seen_off:,} of {args.size:,} seen off"
                found[slots].append(seconds if not late else DEADLINE)
                print(f"start {start}, {slots:,} slots: {seconds:.2f} s{late}", flush=True)
    for slots, times in found.items():
        print(
            f"{slots:,} slots: median {statistics.median(times):.2f} s, {min(times):.2f} to"
            f" {max(times):.2f} s in {len(times)} starts, {sum(t > 5 for t in times)} over 5 s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
