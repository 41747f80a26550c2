"""What storing a history costs: appending, opening, memory, peeks, compaction and start.

    python bench/store.py [--quick] [--written]

Times are best or totals of this run on this machine; the ratios are what must hold. Appends are
measured without the sync, whose cost is the disk's, and then once with it.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from doctor.eliza import Eliza
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange, Summary
from doctor.loading import load_machine
from doctor.patients.files import disk
from doctor.patients.files.disk import entries, peek
from doctor.patients.opening import load, open_store
from doctor.scripts import DEFAULT_SCRIPT
from doctor.scripts import load as load_script
from tests.support.varied_lines import varied_lines
from tools import measured

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = "My mother hates me, and I do not know what to do about it."
REPLY = "What comes to your mind when you think of your mother?"


def machine() -> Eliza:
    """Return the machine that plays the script that ships."""
    return Eliza(load_script(DEFAULT_SCRIPT))


def history(directory: Path, name: str, exchanges: int, script: ScriptId) -> Path:
    """Write a compacted history of so many exchanges."""
    transcript = Transcript()
    for number in range(1, exchanges + 1):
        at = 1.7e9 + 60 * number
        transcript.append(Exchange(number, at, 1 + number // 30, LINE, REPLY, "MOTHER"))
    path = directory / f"{name}.dat"
    path.write_bytes(record.write(Header(name, script, b"", None, Summary(), 0), transcript))
    return path


def appends(directory: Path, lengths: tuple[int, ...], rounds: int) -> None:
    """Print the cost of an exchange at each length, in turns so that noise hits all alike."""
    player = machine()
    script = ScriptId(player.script.name, player.script.fingerprint)
    for length in lengths:
        history(directory, f"P{length}", length, script)
    real, disk.sync_data = disk.sync_data, lambda _descriptor: None
    times: dict[int, list[float]] = {length: [] for length in lengths}
    try:
        with open_store(directory, player) as store:
            patients = {length: store.open(f"P{length}") for length in lengths}
            for _ in range(rounds):
                for length, patient in patients.items():
                    start = time.perf_counter()
                    for _ in range(50):
                        patient.say(LINE)
                    times[length].append((time.perf_counter() - start) / 50)
    finally:
        disk.sync_data = real
    best = {length: min(values) for length, values in times.items()}
    first = best[lengths[0]]
    for length, value in best.items():
        print(f"append at {length:>7,} exchanges  {value * 1e6:8.1f} us   x {value / first:.2f}")
    with open_store(directory, player) as store, store.open("Synced") as patient:
        start = time.perf_counter()
        for _ in range(300):
            patient.say(LINE)
        print(f"append, synced              {(time.perf_counter() - start) / 300 * 1e6:8.1f} us")


def opens(directory: Path, lengths: tuple[int, ...]) -> None:
    """Print the cost of opening, reading and compacting a history of each length."""
    player = machine()
    for length in lengths:
        path = directory / f"P{length}.dat"
        times = []
        for _ in range(5):
            start = time.perf_counter()
            load(path, player)
            times.append(time.perf_counter() - start)
        with open_store(directory, player) as store:
            start = time.perf_counter()
            patient = store.open(f"P{length}")
            patient.greeting()
            opened = time.perf_counter() - start
            patient.say(LINE)
            start = time.perf_counter()
            patient.history(20)
            looked = time.perf_counter() - start
            patient.close()
            start = time.perf_counter()
            store.close()
            closed = time.perf_counter() - start
        start = time.perf_counter()
        decoded = sum(1 for _ in load(path).history)
        whole = time.perf_counter() - start
        print(
            f"open {length:>7,} exchanges: load {min(times) * 1e3:7.1f} ms, "
            f"in the store {opened * 1e3:6.1f} ms, last 20 {looked * 1e3:6.1f} ms, "
            f"all {decoded:,} decoded {whole * 1e3:6.0f} ms, compacted {closed * 1e3:6.1f} ms, "
            f"{path.stat().st_size / 1e6:.1f} MB"
        )


def long_ones(directory: Path, lengths: tuple[int, ...]) -> None:
    """Print what long histories cost."""
    appends(directory, lengths, 40)
    opens(directory, lengths)


def resident() -> int:
    """Return this process's resident bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory(directory: Path, patients: int) -> None:
    """Print what an idle patient takes, and with a thread that waits."""
    with open_store(directory, machine()) as store:
        for index in range(patients):
            with store.open(f"M{index}") as patient:
                for _ in range(5):
                    patient.say(LINE)
    with open_store(directory, machine()) as store:
        gc.collect()
        before = resident()
        held = []
        for index in range(patients):
            patient = store.open(f"M{index}")
            patient.greeting()
            held.append(patient)
        gc.collect()
        after = resident()
        gates = [threading.Event() for _ in held]
        threads = [threading.Thread(target=gate.wait) for gate in gates]
        for thread in threads:
            thread.start()
        with_threads = resident()
        print(f"idle patient, short history     {(after - before) / patients / 1024:6.1f} KiB")
        print(
            f"the same with a waiting thread  {(with_threads - before) / patients / 1024:6.1f} KiB"
        )
        for gate in gates:
            gate.set()
        for thread in threads:
            thread.join()
        for patient in held:
            patient.say(LINE)
        start = time.perf_counter()
        for patient in held:
            patient.close()
        left = time.perf_counter() - start
        store.close(60)
        print(
            f"{patients:,} goodbyes: {left * 1e3:.0f} ms, all compacted after "
            f"{(time.perf_counter() - start) * 1e3:.0f} ms"
        )


def many(directory: Path, patients: int) -> None:
    """Print what a list of many patients costs, and a start beside them."""
    player = machine()
    script = ScriptId(player.script.name, player.script.fingerprint)
    sample = history(directory, "Sample", 5, script).read_bytes()
    for index in range(patients):
        (directory / f"Patient {index}.dat").write_bytes(sample)
    start = time.perf_counter()
    found = sum(1 for path in entries(directory) if peek(path)[1].exchanges == 5)
    print(f"peek of {found:,} files            {time.perf_counter() - start:6.2f} s")


def starts(directory: Path, patients: int) -> None:
    """Print what a start costs with many patients on disk; the files are empty."""
    for index in range(patients):
        (directory / f"Patient {index}.dat").touch()
    player = machine()
    start = time.perf_counter()
    store = open_store(directory, player)
    started = time.perf_counter() - start
    first = time.perf_counter()
    store.open("somebody new").close()
    opened = time.perf_counter() - first
    store.close()
    print(
        f"start with {patients:,} patients: {started * 1e3:.0f} ms; "
        f"a new name at once waits {opened * 1e3:.0f} ms for the list"
    )


def recovery(directory: Path, exchanges: int) -> None:
    """Print what a start costs after a process died with a full log."""
    program = (
        "import sys, os; from pathlib import Path; from bench.store import machine, LINE;"
        "from doctor.patients.files import disk; from doctor.patients.opening import open_store;"
        "disk.sync_data = lambda d: None; s = open_store(Path(sys.argv[1]), machine());"
        "ps = [s.open(f'R{i}') for i in range(100)];"
        "[p.say(LINE) for _ in range(int(sys.argv[2]) // 100) for p in ps]; os._exit(9)"
    )
    command = [sys.executable, "-c", program, str(directory), str(exchanges)]
    subprocess.run(command, cwd=Path(__file__).resolve().parent.parent, check=False)
    player = machine()
    size = (directory / ".commits.1.log").stat().st_size
    start = time.perf_counter()
    store = open_store(directory, player)
    print(
        f"start after a crash with {exchanges:,} exchanges in the log "
        f"({size / 1e6:.1f} MB): {(time.perf_counter() - start) * 1e3:.0f} ms"
    )
    store.close()


ROOT = Path(__file__).resolve().parent.parent
WRITTEN_AFTER = (100, 500, 1000)
SCRIPTS = {
    "DOCTOR of 1966": ROOT / "tests" / "data" / "doctor-1966.txt",
    "shipped doctor": None,
}


def written() -> int:
    """Return how many bytes this process has written so far."""
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(": ")
        if name == "wchar":
            return int(value)
    raise OSError("the system does not count what is written")


def written_row(name: str, script: Path | None) -> list[str]:
    """Return the row of a script: bytes for an exchange among the first so many."""
    cells, text = [name], 0
    with (
        tempfile.TemporaryDirectory(prefix="doctor-bench-", dir=Path.cwd()) as place,
        open_store(Path(place), load_machine(script)) as store,
        store.open("Ada") as ada,
    ):
        ada.say("Hello")  # makes the file
        before = written()
        for number, line in enumerate(varied_lines(max(WRITTEN_AFTER)), 1):
            text += len(line.encode()) + len(ada.say(line).doctor.encode())
            if number in WRITTEN_AFTER:
                cells.append(f"{(written() - before) / number:,.0f}")
    return [*cells, f"{text / max(WRITTEN_AFTER):,.0f}"]


def bytes_written() -> None:
    """Print what an exchange writes to the patient's file and the commit log together.

    One patient says a thousand varied lines to each script. Counted are the bytes that this process
    hands to the system (Linux), what is written anew when a long tail is compacted included.
    """
    head = [f"of the first {number:,}" for number in WRITTEN_AFTER]
    rows = [written_row(name, script) for name, script in SCRIPTS.items()]
    print(measured.table([["bytes for an exchange", *head, "text alone"], *rows]))


def main() -> None:
    """Run all of it in a directory that is removed afterwards."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="smaller figures, for trying it out")
    parser.add_argument("--written", action="store_true", help="count only the bytes written")
    args = parser.parse_args()
    quick = args.quick
    logging.disable(logging.WARNING)
    bytes_written()
    if args.written:
        return
    lengths = (10, 1000, 10_000) if quick else (10, 1000, 100_000)
    few, lots = (1000, 10_000) if quick else (10_000, 100_000)
    steps: list[Callable[[Path], None]] = [
        lambda where: long_ones(where, lengths),
        lambda where: memory(where, few),
        lambda where: many(where, few),
        lambda where: starts(where, lots),
        lambda where: recovery(where, lots // 8),
    ]
    for step in steps:
        directory = Path(tempfile.mkdtemp(prefix="doctor-bench-", dir=Path.cwd()))
        try:
            step(directory)
        finally:
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
