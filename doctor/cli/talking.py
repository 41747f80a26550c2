"""A conversation at the terminal that is not saved, and that may change its script."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doctor.eliza import Eliza
from doctor.eliza.change import CHANGE, INSERT, INSTRUCT, change, insert
from doctor.machine import LIMIT, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.doctor import AnyMachine
    from doctor.eliza.change import Changed
    from doctor.machine import Trace

#: An instruction of the CHANGE mode that this program adds: write the script to a new file.
SAVE: Final = "SAVE"


class Talk:
    """One conversation with one machine; used by one thread."""

    def __init__(self, machine: AnyMachine, name: str = "") -> None:
        self.machine = machine
        self._visit = Visit(name=name, sessions=0, last_seen=None, exchanges=0)
        self._state: Any = machine.start()
        #: True while lines are instructions of the CHANGE mode.
        self.is_changing = False
        #: Why the script was stopped at the last line; empty if it was not.
        self.stopped = ""
        self._last: tuple[Any, str, float] | None = None

    def greet(self) -> str:
        """Return the greeting."""
        response = self.machine.greet(self._state, self._visit, time.time())
        self._state = response.state
        return response.reply

    def restart(self, machine: AnyMachine) -> None:
        """Begin again with another machine."""
        self.machine = machine
        self._state = machine.start()
        self._last = None
        self.is_changing = False

    def explain(self, line: str) -> Trace | None:
        """Return how `answer` will make its reply; None for a line that edits the script."""
        if self.is_changing or self._edits(line):
            return None
        return self.machine.explain(self._state, line, time.time())

    def explain_last(self) -> Trace | None:
        """Return how the last reply was made; None if there is none yet."""
        return None if self._last is None else self.machine.explain(*self._last)

    def answer(self, line: str) -> list[str]:
        """Return the lines that answer a line."""
        self.stopped = ""
        if isinstance(self.machine, Eliza):
            if self.is_changing:
                return self._instruct(self.machine, line)
            if self._edits(line):
                if line.lstrip().startswith(INSERT):
                    return self._take(insert(self.machine, self._state, line))
                self.is_changing = True
                return [INSTRUCT]
        now = time.time()
        response = self.machine.respond(self._state, line, now)
        if response.keyword == LIMIT:
            self.stopped = self._why_stopped(line, now)
        self._last = self._state, line, now
        self._state = response.state
        return [response.reply]

    def _edits(self, line: str) -> bool:
        """Return True for a line that the ELIZA of 1965 took as one about its script.

        A new rule has parentheses; "* sighs *" is for the doctor.
        """
        first = line.split(None, 1)[:1]
        edits = first == [CHANGE] or (first == [INSERT] and "(" in line)
        return edits and isinstance(self.machine, Eliza)

    def _instruct(self, machine: Eliza, line: str) -> list[str]:
        words = line.split(None, 1)
        if len(words) == 2 and words[0].upper() == SAVE:
            return [_save(machine, Path(words[1].strip())), INSTRUCT]
        changed = change(machine, self._state, line)
        self.is_changing = not changed.ends
        return self._take(changed)

    def _take(self, changed: Changed) -> list[str]:
        if changed.machine is not self.machine:
            self._last = None  # a changed script explains no reply of the one before
        self.machine, self._state = changed.machine, changed.state
        return list(changed.lines)

    def _why_stopped(self, line: str, now: float) -> str:
        rows = self.machine.explain(self._state, line, now).rows()
        why = [row[1] for row in rows if row[0] == "fallback"]
        return why[-1].partition(": ")[2] if why else LIMIT


def _save(machine: Eliza, path: Path) -> str:
    """Write the script of a machine to a new file; return what to print."""
    try:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(machine.script.to_text())
            except OSError:
                with suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError:
        return f"{path} EXISTS; CHOOSE ANOTHER NAME"
    except OSError as error:
        return f"{path} IS NOT WRITTEN: {error.strerror}"
    return f"WRITTEN TO {path}"


def steps(trace: Trace) -> Iterator[str]:
    """Yield one line for each step of a trace: the text as it was, and the keyword used on it.

    With a script that computes by PRE, the text is the tape and the keyword the state.
    """
    text, number = "", 0
    for kind, *fields in trace.rows():
        if kind in {"clause", "pre"}:
            text = fields[0]
        elif kind in {"keyword", "fallback", "memory-recalled"}:
            number += 1
            name = fields[0] if kind == "keyword" else kind
            yield f"{number:>4}  {name:<12}  {text if kind != 'fallback' else fields[0]}"
