"""Time the commands that read histories, with many patients and with a long history.

    python bench/inspector.py [PATIENTS]

Makes PATIENTS histories (10,000) of 20 exchanges and one of 100,000 in a temporary directory and
runs each command as its own process with its output into a pipe, as a shell would. The best of
three runs is printed. `list` of 10,000 patients must take under 2 s.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.histories import keep, said  # noqa: E402 - found only after the line above

DAY = 86_400.0
BEGAN = 1_772_000_000.0
LINES = (
    ("My mother called again last night.", "Tell me more about your mother.", "MOTHER"),
    ("I could not finish the report at work.", "What else comes to mind?", "NONE"),
    ("I lie awake until three and cannot sleep.", "You do not sleep. Since when?", "SLEEP"),
)
COMMANDS = (
    ("list",),
    ("list", "--format", "json"),
    ("search", "nobody says this"),
    ("stats",),
    ("verify",),
    ("export", "--all", "--format", "csv"),
    ("show", "Patient 17", "--last", "5"),
    ("show", "Long", "--last", "5"),
)


def fill(directory: Path, patients: int) -> None:
    """Make the histories."""
    for number in range(patients):
        keep(
            directory,
            f"Patient {number}",
            *(
                said(
                    line,
                    reply,
                    at=BEGAN + number * 60 + n * 30,
                    keyword=keyword,
                    session=1 + n // 7,
                )
                for n, (line, reply, keyword) in enumerate(LINES[n % 3] for n in range(20))
            ),
        )
    keep(
        directory,
        "Long",
        *(
            said(line, reply, at=BEGAN + n * 300, keyword=keyword, session=1 + n // 12)
            for n, (line, reply, keyword) in enumerate(LINES[n % 3] for n in range(100_000))
        ),
    )


def seconds(words: tuple[str, ...], directory: Path) -> float:
    """Return the best of three runs."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "doctor", *words, "--patients", str(directory)],
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            check=False,
        )
        took.append(time.perf_counter() - began)
    return min(took)


def main() -> None:
    """Print the table."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        fill(directory, patients)
        print(f"{patients:,} patients of 20 exchanges and one of 100,000\n")
        print("| command | seconds |\n|---|---|")
        for words in COMMANDS:
            print(f"| `{' '.join(words)}` | {seconds(words, directory):.2f} |", flush=True)


if __name__ == "__main__":
    main()
