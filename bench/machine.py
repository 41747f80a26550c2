"""The machine of 1966: replies per second, beside other programs of its kind, and the worst line.

    python bench/machine.py [--peer path/to/jezhiggins/eliza.py]

Every program answers the fifteen lines of the paper's conversation, over and over, each in its turn
within one run; the best of several turns counts, in processor time of one thread, so that other
work on the computer disturbs little. The machine keeps nothing between replies but the patient's
state: a line that it never saw costs what any other costs, which the second table shows.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.eliza import Eliza  # noqa: E402 - found beside this program's directory
from doctor.scripts import load  # noqa: E402
from tests.support.generated_lines import lines  # noqa: E402
from tests.support.machine_data import conversation, script  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TURNS = 15
SECONDS = 0.15

#: What a hostile patient could type, each repeated to 4,000 bytes.
WORST = (
    "like ", "was ", "my ", "i was you were ", "you i ", "computer ", "if i you my ", ", ", "a ",
    "dreamt remember ", "i ", "am are i you ",
)  # fmt: skip


def rate(answer: Callable[[Sequence[str]], None], said: Sequence[str]) -> float:
    """Return lines answered per second of processor time, in one turn of about `SECONDS`."""
    rounds = 0
    start = time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        for _ in range(10):
            answer(said)
        rounds += 10
    return rounds * len(said) / spent


def ours(machine: Eliza) -> Callable[[Sequence[str]], None]:
    """Return what answers lines as one patient's conversation, from its start."""
    respond = machine.respond

    def answer(said: Sequence[str]) -> None:
        state = machine.start()
        for line in said:
            state = respond(state, line).state

    return answer


def peers(path: str | None) -> dict[str, Callable[[Sequence[str]], None]]:
    """Return other programs of the kind, as far as they are installed."""
    found: dict[str, Callable[[Sequence[str]], None]] = {}
    try:
        from nltk.chat.eliza import eliza_chatbot  # noqa: PLC0415 - an extra
    except ImportError:
        print("NLTK is not installed: no peer to compare with")
    else:

        def nltk(said: Sequence[str]) -> None:
            for line in said:
                eliza_chatbot.respond(line)

        found["NLTK's eliza"] = nltk
    if path is not None:
        spec = importlib.util.spec_from_file_location("peer", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        peer = module.Eliza()

        def other(said: Sequence[str]) -> None:
            for line in said:
                peer.respond(line)

        found[path] = other
    return found


def worst(machine: Eliza) -> tuple[float, str]:
    """Return the longest time of a reply to a line of 4,000 bytes, in ms, and the line's words."""
    found = (0.0, "")
    for words in WORST:
        line = (words * 4000)[:4000]
        times = []
        for _ in range(7):
            start = time.process_time()
            machine.respond(machine.start(), line)
            times.append(time.process_time() - start)
        found = max(found, (1000 * min(times), words.strip()))
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the machine of 1966")
    parser.add_argument("--peer", metavar="FILE", help="another eliza.py to compare with")
    args = parser.parse_args()
    random.seed(1)  # the peers choose their replies by chance
    paper = [line for line, _ in conversation("conversation-1966.txt")]
    unseen = lines(script("doctor-1966.txt"), 4711, 3000)
    start = time.process_time()
    machine = Eliza(load(ROOT / "tests" / "data" / "doctor-1966.txt"))
    loaded = time.process_time() - start
    programs = {"the machine, script of 1966": ours(machine), **peers(args.peer)}
    best = dict.fromkeys(programs, 0.0)
    for _ in range(TURNS):
        for name, answer in programs.items():
            best[name] = max(best[name], rate(answer, paper))
    mine = best["the machine, script of 1966"]
    print("| the paper's conversation, one thread | replies/s | ratio |")
    print("|---|---|---|")
    for name, figure in best.items():
        print(f"| {name} | {figure:,.0f} | {figure / mine:.2f} |")
    fresh = max(rate(ours(machine), unseen) for _ in range(5))
    print("\n| also measured | |\n|---|---|")
    print(f"| 3,000 generated lines, each new | {fresh:,.0f} replies/s |")
    longest, words = worst(machine)
    print(f"| the slowest line of 4,000 bytes tried ({words} ...) | {longest:.2f} ms |")
    print(f"| reading and compiling the script of 1966 | {1000 * loaded:.1f} ms |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
