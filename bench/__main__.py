"""`make bench`: every figure that the documents name, measured again, each program in its turn.

    python -m bench [--write] [NAME ...]

Runs the programs beside this one, one after another so that none disturbs the next, and prints what
they print. Ratios are taken within one run of one program; figures of different runs, and of
different machines, do not compare.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = (
    *("machine", "doctor", "store", "inspector", "throughput", "load", "growth"),
    *("goodbyes", "floods"),
    "rows",
    "rooms",
    "window",
    "finding",
    "page",
)
#: Those that write their tables into docs/performance.md.
WRITING = ("throughput", "growth")


def main() -> int:
    """Run the programs named, or all; return 1 where one of them failed."""
    summary = "measure again every figure that the documents name"
    parser = argparse.ArgumentParser(prog="python -m bench", description=summary)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PROGRAMS)}")
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"let {' and '.join(WRITING)} put their tables into docs/performance.md",
    )
    args = parser.parse_args()
    names = args.names or PROGRAMS
    unknown = [name for name in names if name not in PROGRAMS]
    if unknown:
        parser.error(f"no such program: {', '.join(unknown)}")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}\n")
    failed = []
    for name in names:
        print(f"## {name}\n", flush=True)
        more = ["--write"] if args.write and name in WRITING else []
        command = [sys.executable, str(HERE / f"{name}.py"), *more]
        done = subprocess.run(command, cwd=HERE.parent, check=False)
        if done.returncode:
            failed.append(name)
        print(flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
