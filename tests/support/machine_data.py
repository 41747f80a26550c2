"""What the tests of the machine read: scripts, conversations and expected replies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from doctor.scripts import Script, load

DATA = Path(__file__).resolve().parents[1] / "data"

#: Scripts that the machine is compared with the published program on.
PLAYED = ("doctor-1966.txt", "doctor-1965.txt", "trial.script")


@cache
def script(name: str) -> Script:
    """Return a script of `tests/data`."""
    return load(DATA / name)


def conversation(name: str) -> list[tuple[str, str]]:
    """Return the lines and replies of a conversation file of `tests/data`."""
    text = (DATA / name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith(";")]
    assert all(line.startswith("> ") for line in lines[::2])
    return [
        (line.removeprefix("> "), reply)
        for line, reply in zip(lines[::2], lines[1::2], strict=True)
    ]
