"""What grows with a history, and with the number of patients.

    python bench/growth.py [--exchanges 10,1000,100000,1000000] [--patients 1000,10000,100000]
                           [--rounds 5] [--write]

The first table opens histories of each length, says a line, reads the last twenty exchanges, and
ends the visit; the second makes a store beside so many patients. Printed are medians of the rounds,
and in brackets the least and the most, in milliseconds. "Others wait" is the longest time for which
another thread that wants to run every millisecond did not. `--write` puts the tables into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from bench.serving import describe_machine  # noqa: E402
from bench.store import LINE, history, machine  # noqa: E402
from doctor.history.snapshot import ScriptId  # noqa: E402
from doctor.patients.files.storage import FileStorage  # noqa: E402
from doctor.patients.opening import open_store  # noqa: E402
from tools import measured  # noqa: E402 - the path comes first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.doctor import AnyMachine
    from doctor.patients.store import PatientStore

Times = dict[str, list[float]]


class Waiting:
    """A thread that wants to run every millisecond, and notes how late it did."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        before = time.perf_counter()
        while not self._ended.wait(0.001):
            now = time.perf_counter()
            self.worst = max(self.worst, now - before - 0.001)
            before = now

    def end(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()


@contextmanager
def timed(times: Times, what: str) -> Iterator[None]:
    """Note how long the block takes."""
    began = time.perf_counter()
    yield
    times.setdefault(what, []).append(time.perf_counter() - began)


def in_milliseconds(values: list[float]) -> str:
    """Return the median of times in seconds, and the least and the most, in milliseconds."""
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{middle * 1e3:.1f} ({least * 1e3:.1f} to {most * 1e3:.1f})"


def one_visit(store: PatientStore, name: str, times: Times) -> None:
    """Measure a visit: it opens, says a line, reads back, and ends."""
    waiting = Waiting()
    with timed(times, "open"):
        patient = store.open(name)
        patient.greeting()
    with timed(times, "say"):
        patient.say(LINE)
    with timed(times, "last 20"):
        patient.history(20)
    with timed(times, "clean end"):
        patient.close()
        while store.counts.patients_open:
            time.sleep(0.0005)
    waiting.end()
    times.setdefault("others wait", []).append(waiting.worst)


def histories(lengths: list[int], rounds: int, player: AnyMachine) -> str:
    """Return the table of what grows with a history."""
    script = ScriptId(player.script.name, player.script.fingerprint)
    rows: list[list[str]] = []
    for length in lengths:
        with tempfile.TemporaryDirectory(prefix="doctor-bench-", dir=Path.cwd()) as place:
            size = history(Path(place), "Ada", length, script).stat().st_size
            times: Times = {}
            with open_store(Path(place), player) as store:
                for _ in range(rounds):
                    one_visit(store, "Ada", times)
            if not rows:
                rows.append(["exchanges", "file", *(f"{what}, ms" for what in times)])
            cells = [in_milliseconds(values) for values in times.values()]
            rows.append([f"{length:,}", f"{size / 1e6:.1f} MB", *cells])
            print(f"a history of {length:,} exchanges: done", file=sys.stderr, flush=True)
    return measured.table(rows)


def patients(numbers: list[int], rounds: int, player: AnyMachine) -> str:
    """Return the table of what grows with the number of patients."""
    script = ScriptId(player.script.name, player.script.fingerprint)
    rows: list[list[str]] = []
    for number in numbers:
        with tempfile.TemporaryDirectory(prefix="doctor-bench-", dir=Path.cwd()) as place:
            sample = history(Path(place), "Sample", 5, script).read_bytes()
            for index in range(number - 1):
                (Path(place) / f"Patient {index}.dat").write_bytes(sample)
            times: Times = {}
            for turn in range(rounds):
                beside(Path(place), turn, times, player)
            if not rows:
                rows.append(["patients", *(f"{what}, ms" for what in times)])
            rows.append([f"{number:,}", *map(in_milliseconds, times.values())])
            print(f"{number:,} patients: done", file=sys.stderr, flush=True)
    return measured.table(rows)


def beside(place: Path, turn: int, times: Times, player: AnyMachine) -> None:
    """Measure a store beside the patients who are there; leave as many as there were."""
    with timed(times, "store made"):
        store = open_store(place, player)
    with store:
        assert isinstance(store.storage, FileStorage)
        with timed(times, "listed after"):
            store.storage._directory.wait_for_list()  # noqa: SLF001 - nothing else tells
        with timed(times, "a new patient"), store.open(f"New {turn}") as patient:
            patient.say(LINE)
        with timed(times, "an old patient opens"), store.open("Patient 7") as patient:
            patient.greeting()
        with store.open(f"New {turn}") as patient, timed(times, "/forget"):
            patient.forget()
        with timed(times, "rename"):
            store.rename("Patient 8", "Patient 8 again")
        store.rename("Patient 8 again", "Patient 8")


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--exchanges", default="10,1000,100000,1000000")
    parser.add_argument("--patients", default="1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    args = parser.parse_args()
    logging.disable(logging.ERROR)
    player = machine()
    text = "\n\n".join(
        (
            f"{describe_machine()}; medians of {args.rounds} rounds, and their spread.",
            histories([int(each) for each in args.exchanges.split(",")], args.rounds, player),
            patients([int(each) for each in args.patients.split(",")], args.rounds, player),
        )
    )
    print(text)
    if args.write:
        measured.write("growth", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
