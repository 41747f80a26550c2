"""Conversation files: ten people with twenty-five lines each, and what the doctor says to them.

    ; a remark about the one who speaks
    @ 2026-09-22 19:30 Nadia        a visit begins, in UTC; the greeting stands under it
    > My sister is ill.             a line of the patient's, a minute after the last
    You say your sister is ill. ... and the reply

`python -m tests.support.monologues` plays the shipped doctor to every file again and writes its
replies down, for whoever has changed the script: read them aloud before keeping them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.listener import Listener, load_helplines
from doctor.machine import Visit
from doctor.scripts import DEFAULT_SCRIPT, load

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = Path(__file__).resolve().parents[1] / "data" / "conversations"


def files() -> list[Path]:
    """Return every conversation file."""
    return sorted(FILES.glob("*.txt"))


def patient_lines(path: Path) -> list[str]:
    """Return what the patient says in one file."""
    text = path.read_text(encoding="utf-8")
    return [line[2:] for line in text.splitlines() if line.startswith("> ")]


def played(machine: Listener, path: Path) -> Iterator[str]:
    """Return the file with what `machine` says now, line by line."""
    state = machine.start()
    now, sessions, exchanges = 0.0, 0, 0
    last: float | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(";"):
            yield line
        elif line.startswith("@ "):
            day, hour, name = line[2:].split(" ", 2)
            now = datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=UTC).timestamp()
            greeting = machine.greet(state, Visit(name, sessions, last, exchanges), now)
            state, sessions = greeting.state, sessions + 1
            yield line
            yield greeting.reply
        elif line.startswith("> "):
            now += 60
            response = machine.respond(state, line[2:], now)
            state, last, exchanges = response.state, now, exchanges + 1
            yield line
            yield response.reply


def main() -> int:
    """Write every file anew."""
    machine = Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)
    for path in files():
        text = "\n".join(played(machine, path)) + "\n"
        path.write_text(text, encoding="utf-8")
        print(path.name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
