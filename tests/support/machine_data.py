"""What the tests of the machine read: scripts, conversations and expected replies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from doctor.scripts import Script, check, find_script, load

DATA = Path(__file__).resolve().parents[1] / "data"

#: Scripts that the machine is compared with the published program on.
PLAYED = ("doctor-1966.txt", "doctor-1965.txt", "trial.script")

OPENING = "(HELLO)\nSTART\n"
MY = "(MY ((0 MY 0) (YOUR 3)))\n"
MEMORY = "(MEMORY MY\n    (0 = A 1)\n    (0 = B 1)\n    (0 = C 1)\n    (0 = D 1))\n"
LAST = "(NONE ((0) (GO ON)))\n"
#: A script that has no fault, in nine lines.
MINIMAL = OPENING + MY + MEMORY + LAST


@cache
def script(name: str) -> Script:
    """Return a script of `tests/data`, or the one that ships for 1965."""
    return load(script_path(name))


def script_path(name: str) -> Path:
    """Return the path of a script that the tests play."""
    return find_script("1965") if name == "doctor-1965.txt" else DATA / name


def conversation(name: str) -> list[tuple[str, str]]:
    """Return the lines and replies of a conversation file of `tests/data`."""
    text = (DATA / name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith(";")]
    assert all(line.startswith("> ") for line in lines[::2])
    return [
        (line.removeprefix("> "), reply)
        for line, reply in zip(lines[::2], lines[1::2], strict=True)
    ]


def faults_of(text: str) -> list[tuple[int, int, str, str]]:
    """Return the faults of a script without their remedies."""
    return [(f.line, f.column, f.severity, f.message) for f in check(text)]
