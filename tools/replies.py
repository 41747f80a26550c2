"""The shipped doctor's replies: what one costs in instructions, and one sum over all of them.

    python tools/replies.py             instructions of a reply, counted by callgrind
    python tools/replies.py --digest    a SHA-256 over replies and states
    python tools/replies.py --profile   the functions that take most of the time

Instructions do not depend on what else the computer does, so that two versions can be compared on
a busy one. The lines are the thousand of tests/support/varied_lines.py and the ten people of
tests/data/conversations, each said once, after a first time that is not counted: 1,250 replies.
Valgrind is needed for it.

The digest is for changes that must not change any reply: it is over the replies, their keywords,
marks and details, and the packed states after them, to every line in the tests and tools of this
project, each in one long conversation and once more at the start of one. Two versions that print
the same digest answer alike.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import os
import pstats
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.lines import varied  # noqa: E402 - the path comes first
from doctor.listener import Listener, load_helplines  # noqa: E402
from doctor.scripts import DEFAULT_SCRIPT, load  # noqa: E402
from doctor.server import process  # noqa: E402
from tests.support.monologues import files, patient_lines  # noqa: E402
from tests.support.varied_lines import varied_lines  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOON = 1_790_000_000.0
#: Lines of other texts are said in conversations of so many.
_CONVERSATION = 400


def counted() -> list[list[str]]:
    """Return the conversations whose replies are counted."""
    return [varied_lines(), *map(patient_lines, files())]


def every_line() -> Iterator[list[str]]:
    """Yield conversations of all lines that there are."""
    yield from counted()
    yield [line.decode().strip() for line in varied.LINES]
    sets = (ROOT / "tests/data/sets", ROOT / "tools/care_lines")
    texts = [path for place in sets for path in sorted(place.glob("*.txt"))]
    for path in texts:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        for first in range(0, len(lines), _CONVERSATION):
            yield lines[first : first + _CONVERSATION]


def say(machine: Listener, conversations: list[list[str]]) -> int:
    """Say all lines; return how many there were."""
    for lines in conversations:
        state, now = machine.start(), NOON
        for line in lines:
            state = machine.respond(state, line, now).state
            now += 60
    return sum(map(len, conversations))


def digest(machine: Listener) -> tuple[str, int]:
    """Return the sum over all replies and states, and how many there were."""
    found, count = hashlib.sha256(), 0
    fresh = machine.start()
    for lines in every_line():
        state, now = machine.start(), NOON
        for line in lines:
            for before in (state, fresh):
                reply, after, *rest = machine.respond(before, line, now)
                found.update(repr((reply, rest)).encode() + machine.pack(after))
                count += 1
                state = after if before is state else state
            now += 60 if count % 7 else 90_000
    return found.hexdigest(), count


def count_instructions() -> float:
    """Return the instructions of one reply: what a second time through all lines adds."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        sys.exit("valgrind is needed to count instructions")
    totals = []
    for times in (1, 2):
        with tempfile.NamedTemporaryFile() as out:
            command = [valgrind, "--tool=callgrind", f"--callgrind-out-file={out.name}"]
            command += [sys.executable, __file__, "--times", str(times)]
            environment = {**os.environ, "PYTHONHASHSEED": "0"}
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            totals.append(int(done.stderr.rpartition("Collected :")[2].split()[0]))
    return (totals[1] - totals[0]) / sum(map(len, counted()))


def profile(run: Callable[[], object]) -> None:
    """Print the functions that a run spends most time in, by themselves."""
    profiler = cProfile.Profile()
    profiler.runcall(run)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> int:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--digest", action="store_true", help="of all replies and states")
    parser.add_argument("--profile", action="store_true", help="of the counted replies")
    parser.add_argument("--times", type=int, help="only say the counted lines so many times")
    args = parser.parse_args()
    if not (args.digest or args.profile or args.times):
        print(f"{count_instructions():,.0f} instructions a reply")
        return 0
    machine = Listener(load(DEFAULT_SCRIPT), load_helplines())
    process.settle()
    conversations = counted()
    if args.digest:
        print("%s over %s replies and states" % (*digest(machine),))  # noqa: UP031
    if args.profile:
        say(machine, conversations)
        profile(lambda: say(machine, conversations))
    for _ in range(args.times or 0):
        say(machine, conversations)
    return 0


if __name__ == "__main__":
    sys.exit(main())
