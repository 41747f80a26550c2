"""Exchanges a second and waiting times, beside three other servers, in one run.

    python bench/throughput.py [--clients 1,50,1000] [--lines varied,twelve] [--rounds 5] ...

Servers take turns, and each round measures all of them, so that a disturbance of the machine meets
them alike. A ratio is taken within a round, to the durable echo of that round; printed are the
median of the rounds and the spread. Every server runs for some seconds before anything is counted.

The clients say a thousand varied lines (bench/lines/varied.py), or twelve over and over, which is
kinder to every server that thinks about what it hears; these only with 50 clients, and without the
servers that do not save. `doctor compiled` is the shipped doctor with a compiled core, measured
where `make compiled` was run. They are one process: a program in C where
there is a compiler (bench/crowd.c), so that it is never the limit; otherwise, or with
`--client python`, bench/crowd.py. `--markdown` prints the tables of docs/performance.md.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from bench import crowd  # noqa: E402 - the path comes first
from bench.lines import varied  # noqa: E402
from bench.serving import SERVERS, allow_descriptors, describe_machine, serving  # noqa: E402
from tools import measured  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = {"varied": varied.LINES, "twelve": crowd.LINES}
#: The kinder lines, who says them, and to whom.
KINDER = "twelve"
_KINDER_CLIENTS = 50
_NOT_SAVING = frozenset(("echo", "textbook"))
BASE = "durable echo"


class Result(NamedTuple):
    """What was measured of one server in one round."""

    rate: float  #: exchanges a second
    p50: float  #: milliseconds
    p99: float
    failures: int


class Clients:
    """The clients of one run: in C if there is a compiler and nothing else is wanted."""

    def __init__(self, kind: str, work: Path) -> None:
        self._work = work
        self.program: Path | None = None
        compiler = shutil.which("cc") or shutil.which("gcc")
        if kind == "python" or (kind == "auto" and compiler is None):
            return
        if compiler is None:
            sys.exit("--client c needs a C compiler")
        self.program = work / "crowd"
        command = [compiler, "-O2", "-o", str(self.program), str(HERE / "crowd.c")]
        subprocess.run(command, check=True)

    def __str__(self) -> str:
        return "bench/crowd.c" if self.program else "bench/crowd.py"

    def talk(
        self, port: int, clients: int, lines: str, args: argparse.Namespace, prefix: str = "crowd"
    ) -> Result:
        """Return what so many clients of one server measured; their names begin with `prefix`."""
        if self.program is None:
            patients = crowd.Crowd(port, clients, prefix=prefix, lines=LINES[lines])
            patients.arrive(at_once=4)
            found = patients.talk(args.seconds, warm_up=args.warm_up)
            patients.close()
            return Result(found.rate, found.below(0.5), found.below(0.99), found.failures)
        file = self._work / f"{lines}.txt"
        if not file.exists():  # another crowd may be reading it
            file.write_bytes(b"".join(LINES[lines]))
        numbers = [port, clients, args.warm_up, args.seconds]
        command = [str(self.program), *map(str, numbers), str(file), prefix]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        exchanges, seconds, p50, p99, failures = map(float, done.stdout.split())
        return Result(exchanges / seconds, p50, p99, int(failures))


def measure(
    clients: int, lines: str, args: argparse.Namespace, crowd_of: Clients, work: Path
) -> dict[str, list[Result]]:
    """Return the results of every server, round after round."""
    left_out = _NOT_SAVING if lines == KINDER else ()
    found: dict[str, list[Result]] = {
        name: [] for name in args.servers.split(",") if name not in left_out
    }
    for _ in range(args.rounds):
        for name, results in found.items():
            options = args.option if name.startswith("doctor") else ()
            with serving(name, work, *options) as (port, _process):
                results.append(crowd_of.talk(port, clients, lines, args))
    return found


def print_table(found: dict[str, list[Result]], title: str, *, markdown: bool) -> str:
    """Print one row a server: medians, and the spread of the ratio. Return it as Markdown."""
    head = ("", "exchanges/s", "p50 ms", "p99 ms", "x durable echo", "from", "to", "failed")
    rows: list[Sequence[str]] = [head]
    for name, results in found.items():
        row: list[str] = [
            name,
            f"{statistics.median(one.rate for one in results):,.0f}",
            f"{statistics.median(one.p50 for one in results):.2f}",
            f"{statistics.median(one.p99 for one in results):.1f}",
            *("", "", ""),
            str(sum(one.failures for one in results)),
        ]
        if BASE in found:
            ratios = [one.rate / base.rate for one, base in zip(results, found[BASE], strict=True)]
            row[4:7] = [
                f"{number:.2f}" for number in (statistics.median(ratios), min(ratios), max(ratios))
            ]
        rows.append(row)
    text = f"{title}\n\n{measured.table(rows)}"
    if markdown:
        print(f"\n{text}", flush=True)
        return text
    print(f"\n{title}")
    widths = [max(len(cells[at]) for cells in rows) for at in range(len(head))]
    for cells in rows:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        print("  ".join(padded).rstrip())
    sys.stdout.flush()
    return text


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", default="1,50,1000", help="how many at once (1,50,1000)")
    parser.add_argument("--lines", default="varied,twelve", help="what they say (varied,twelve)")
    parser.add_argument("--servers", default=",".join(SERVERS), help=f"of {', '.join(SERVERS)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="that are counted (3)")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds before that (3)")
    parser.add_argument("--rounds", type=int, default=5, help="of all servers (5)")
    parser.add_argument("--client", choices=("auto", "c", "python"), default="auto")
    parser.add_argument("--markdown", action="store_true", help="print tables for documents")
    parser.add_argument("--option", action="append", default=[], help="of the doctor's server")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    args = parser.parse_args()
    allow_descriptors()
    with tempfile.TemporaryDirectory(prefix="doctor-bench-") as place:
        work = Path(place)
        clients = Clients(args.client, work)
        texts = [f"{describe_machine()}; clients: {clients}; {platform.python_implementation()}."]
        print(texts[0])
        for lines in args.lines.split(","):
            numbers = list(map(int, args.clients.split(",")))
            if lines == KINDER and _KINDER_CLIENTS in numbers:
                numbers = [_KINDER_CLIENTS]
            for number in numbers:
                found = measure(number, lines, args, clients, work)
                title = f"{number:,} client{'s' if number > 1 else ''}, {lines} lines"
                texts.append(print_table(found, title, markdown=args.markdown))
    if args.write:
        texts[0] += f" Medians of {args.rounds} rounds of {args.seconds:g} seconds."
        measured.write("throughput", "\n\n".join(texts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
