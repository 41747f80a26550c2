"""`talk --room`: a room that is played from lines and not saved, to try its host.

    Ada: Hello.          Ada says it; who speaks for the first time comes in before
    Ben comes in.        Ben comes in, or comes back
    Ben leaves.
    ...                  nobody says anything until the host has waited long enough
    ... 90               nobody says anything for 90 seconds
    ?                    how the host made what it said last
    ; a comment

The time of the room is not that of the clock: each line takes so long as people need to type it.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

from doctor.history.transcript import Exchange
from doctor.host import Host
from doctor.machine import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.doctor import AnyMachine
    from doctor.host import HostResponse, HostState

#: Seconds that a line takes, and how many characters take one more.
_SECONDS: Final = 3.0
_PER_SECOND: Final = 16
#: Seconds at the most.
_LONGEST: Final = 15.0

_SAID: Final = re.compile(r"\s*([^\s:;][^:]{0,63}?)\s*:\s+(.*\S)\s*")
_HAPPENED: Final = re.compile(r"[\s(]*(\S[^:]{0,63}?) (comes in|comes back|leaves)[\s.)]*")
_SILENCE: Final = re.compile(r"\s*(?:\.\.\.|\u2026)\s*(\d{1,6})?\s*")


_HOW: Final = "?"
_HELP: Final = "(write Name: text, or Name comes in., or Name leaves., or ... for a silence)"


class RoomTalk:
    """One room with one machine's host; used by one thread."""

    def __init__(self, machine: AnyMachine) -> None:
        self.host: Host[Any] = Host(machine)
        self._now = float(int(time.time()))
        self._state = self.host.greet(self.host.start(), Visit("", 0, None, 0), self._now).state
        self._here: list[str] = []
        self._last: tuple[HostState, Exchange] | None = None

    def play(self, line: str) -> Iterator[str]:
        """Yield what everybody in the room reads after a line of the script of lines."""
        if not line.strip() or line.lstrip().startswith(";"):
            return
        if line.strip() == _HOW:
            yield from self._explain()
            return
        silence = _SILENCE.fullmatch(line)
        if silence is not None:
            yield from self._pass(float(silence[1])) if silence[1] else self._wait()
            return
        happened = _HAPPENED.fullmatch(line)
        if happened is not None:
            name, what = happened.groups()
            yield from self._leave(name) if what == "leaves" else self._come(name)
            return
        said = _SAID.fullmatch(line)
        if said is None:
            yield _HELP
            return
        name, text = said.groups()
        if name not in self._here:
            yield from self._come(name)
        yield from self._pass(min(_SECONDS + len(text) // _PER_SECOND, _LONGEST))
        response = self.host.hear(self._state, name, text, self._now)
        yield f"{name}: {text}"
        yield from self._take(response, name, text)
        if response.private:
            yield f"  (Doctor to {name} alone: {response.private})"

    def end(self) -> Iterator[str]:
        """Yield what is said after the last line."""
        yield from self._wait()

    def _wait(self) -> Iterator[str]:
        """Let so much time pass that the host answers what it is going to answer."""
        at = self.host.wants_answer_at(self._state)
        yield from self._pass(self.host.patience if at is None else at - self._now + 1)

    def _pass(self, seconds: float) -> Iterator[str]:
        """Let time pass; the host answers what it has waited for."""
        until = self._now + seconds
        at = self.host.wants_answer_at(self._state)
        if at is not None and at <= until:
            yield from self._take(self.host.wait(self._state, at))
        self._now = until

    def _come(self, name: str) -> Iterator[str]:
        if name in self._here:
            return
        self._here.append(name)
        yield f"({name} comes in)"
        yield from self._take(self.host.came(self._state, name, self._now))

    def _leave(self, name: str) -> Iterator[str]:
        if name not in self._here:
            return
        self._here.remove(name)
        yield f"({name} leaves)"
        yield from self._take(self.host.left(self._state, name, self._now))

    def _take(self, response: HostResponse, name: str = "", text: str = "") -> Iterator[str]:
        before, self._state = self._state, response.state
        reply = response.reply
        if reply:
            said = Exchange(1, self._now, 1, text, reply, response.keyword, speaker=name)
            self._last = (before, said)
            yield f"Doctor: {reply}"

    def _explain(self) -> Iterator[str]:
        if self._last is not None:
            trace = self.host.explain_exchange(*self._last).text()
            yield from (f"    {row.strip()}" for row in trace.splitlines())
