"""Which exchanges of a room a client has, so that each is passed on once: `RoomLog`.

What is said in a room arrives by three ways: as notices, in the answer to `/join`, and in answers
to `/history` about what was missed. Every exchange has a number; its line and its reply are two
parts, which arrive one after the other. So for each number the log notes which parts it has passed
on.

    held      what came after a gap: it waits until `/history` has filled the gap
    ahead     own lines whose number the server told before the notices below it came

Where a connection ends between the notices of a line and of its reply, the exchange is asked for
again.

Pure; only the conversation's thread uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.transcript_line import DOCTOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.model.transcript_line import TranscriptLine

_LINE: Final = "line"
_REPLY: Final = "reply"
#: Exchanges below the last one whose parts are remembered: their second parts may still come.
_REMEMBERED: Final = 64
#: Lines that wait for what is missing before them; with more it is given up.
_MOST_HELD: Final = 10_000


class RoomLog:
    """What a client has of one room. `begun` is when the room's transcript began."""

    def __init__(self, last: int, begun: str) -> None:
        self.begun = begun
        #: Everything up to this number was passed on.
        self.last = last
        #: Whether the current connection is in the room.
        self.is_here = True
        #: Whether a request for what was missed is under way, and up to which number it is missed.
        self.is_filling = False
        self.fill_to = 0
        #: Whether notices wait for the answer to a line, because one of them may be that line.
        self.is_paused = False
        #: Whether the patient asked to leave.
        self.is_leaving = False
        self._base = last  # nothing up to this number is passed on again
        self._complete = last  # of every exchange up to this number both parts have come
        self._parts: dict[int, set[str]] = {}
        self._held: list[TranscriptLine] = []
        self._filling: list[TranscriptLine] = []

    @property
    def highest(self) -> int:
        """The highest number that this client knows to be given to an exchange."""
        held = self._held[-1].number if self._held else 0
        return max(self.last, held, *self._parts) if self._parts else max(self.last, held)

    def differs(self, exchanges: int, begun: str) -> bool:
        """Return True if a room with this last number and beginning is a different one."""
        return exchanges < self.highest or self.begun not in {"", begun}

    def disconnect(self) -> None:
        """Forget what was not passed on: the next connection asks for it by number."""
        self.is_here = False
        self._held, self._filling = [], []
        self.last = min(self.last, self._complete)
        self.is_filling = self.is_paused = False

    # -- what arrives --------------------------------------------------------------------------

    def add(self, one: TranscriptLine) -> list[TranscriptLine]:
        """Take what a notice tells; return what can be passed on now."""
        if one.number == 0:
            return [one]
        if one.number <= self._base:
            return []
        self._complete = max(self._complete, one.number - 1)
        if one.number <= self.last and not self.is_paused:
            return self._pass(one)
        self._held.append(one)
        if len(self._held) > _MOST_HELD:
            self.is_paused = False
            return self.fill(max(self.last, self._held[0].number - 1))
        return self.release()

    def note_own(self, number: int) -> None:
        """Note that an own line has this number; it is not passed on."""
        if number > self._base:
            self._parts.setdefault(number, set()).add(_LINE)
            self._advance()

    def release(self) -> list[TranscriptLine]:
        """Return what was held and can be passed on now."""
        passed: list[TranscriptLine] = []
        while self._held and not self.is_paused and self._held[0].number <= self.last + 1:
            one = self._held.pop(0)
            passed += self._pass(one)
            self.last = max(self.last, one.number)
            self._advance()
        return passed

    @property
    def gap(self) -> int | None:
        """The last number that is missing below what is held; None if none is to be asked for."""
        if self.is_filling or self.is_paused or not self._held:
            return None
        last = self._held[0].number - 1
        return last if last > self.last else None

    # -- what was missed -----------------------------------------------------------------------

    def collect(self, found: Iterable[TranscriptLine]) -> int:
        """Keep what `/history` told, the newest part first; return its lowest number, or 0."""
        more = [one for one in found if one.number > self.last]
        self._filling = more + self._filling
        return min((one.number for one in more), default=0)

    def fill(self, last: int) -> list[TranscriptLine]:
        """Pass on what was collected, up to this number, and what was held behind it."""
        found, self._filling = self._filling, []
        self.is_filling = False
        passed = [
            one for each in found if self.last < each.number <= last for one in self._pass(each)
        ]
        self.last = max(self.last, last)
        self._complete = max(self._complete, last)
        self._advance()
        return passed + self.release()

    # -- parts ---------------------------------------------------------------------------------

    def _pass(self, one: TranscriptLine) -> list[TranscriptLine]:
        """Return a line whose part of its exchange was not passed on yet, or nothing."""
        if one.number <= self._base:
            return []
        parts = self._parts.setdefault(one.number, set())
        part = _REPLY if one.kind == DOCTOR else _LINE
        if part in parts:
            return []
        parts.add(part)
        return [one]

    def _advance(self) -> None:
        while self.last + 1 in self._parts:
            self.last += 1
        if len(self._parts) > 2 * _REMEMBERED:
            self._base = max(self._base, self.last - _REMEMBERED)
            self._parts = {at: parts for at, parts in self._parts.items() if at > self._base}
