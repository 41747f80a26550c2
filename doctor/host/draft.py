"""One transition of a host in the making: its state so far, and how it was made.

A draft belongs to one call and one thread. `doctor.host.called` and `doctor.host.unasked` say what
is said when; here is how it is said: a text of the script that was not said lately.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.host.state import (
    MAX_COUNT,
    MAX_MACHINE,
    MAX_NAME,
    MAX_SIGNS,
    Member,
    clip,
    sign_of,
)
from doctor.host.texts import fill, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.host.state import HostState
    from doctor.host.texts import Texts
    from doctor.machine import Danger, Machine, Row


class HostDraft:
    """One transition in the making. Used once, by one thread."""

    __slots__ = (
        *("_asking", "_heard", "_named", "_unpacked", "explains", "keyword", "machine"),
        *("notes", "now", "part", "state", "texts"),
    )

    def __init__(
        self,
        texts: Texts,
        machine: Machine[Any],
        state: HostState,
        now: float,
        *,
        explains: bool = False,
    ) -> None:
        self.texts = texts
        self.machine = machine
        self.state = state
        self.now = now
        self.explains = explains
        self.notes: list[Row] = []
        self._unpacked: tuple[bytes, Any] = (b"", None)
        #: A member's packed state, a line, and the state after it.
        self._heard: tuple[bytes, str, Any] | None = None
        self._asking: tuple[str, ...] = ()
        self._named: tuple[str, ...] = ()
        self.part = ""  #: which part of the script was said last
        self.keyword = ""  #: which part of the script answered first

    def note(self, why: str) -> None:
        """Note why something is done."""
        self.notes.append(("note", why))

    # --- members ---------------------------------------------------------------------------------

    def member(self, name: str, *, comes: bool = False) -> Member:
        """Return a member as the state has them; who speaks is here, and was one of the crowd."""
        name = clip(name, MAX_NAME) or "?"
        found = self.state.find(name)
        if found is None:
            found = Member(name, came=self.now)
            if not comes:
                self.state = self.state._replace(crowd=max(self.state.crowd - 1, 0))
        elif not found.here:
            found = found._replace(here=True, came=self.now)
        return found

    def machine_state(self, member: Member) -> Any:
        """Return the machine's state for a member; a new one where none is known."""
        if not member.state:
            return self.machine.start()
        packed, state = self._unpacked
        if packed is not member.state:
            state = self.machine.unpack(member.state)
            self._unpacked = (member.state, state)
        return state

    def listen(self, member: Member, line: str) -> Danger:
        """Return which danger a member's line speaks of; `hear` may follow."""
        kind, heard = self.machine.listen(self.machine_state(member), line, self.now)
        self._heard = (member.state, line, heard)
        return kind

    def hear(self, member: Member, line: str) -> Any:
        """Return the machine's state for a member after a line that it does not answer."""
        if self._heard is not None and self._heard[:2] == (member.state, line):
            return self._heard[2]
        return self.machine.hear(self.machine_state(member), "", line, self.now)

    def keep_machine_state(self, member: Member, state: Any) -> Member:
        """Return a member with the machine's state; without any where it is too large."""
        packed = self.machine.pack(state)
        return member._replace(state=packed if len(packed) <= MAX_MACHINE else b"")

    # --- the script's texts ----------------------------------------------------------------------

    def fresh(self, part: str, **values: str) -> str:
        """Return a text of a part that was not said lately, empty where there is none."""
        return self._choose(part, values, anew=True)

    def text(self, part: str, **values: str) -> str:
        """Return a text of a part: one that was not said lately, or the one said longest ago."""
        return self._choose(part, values, anew=True) or self._choose(part, values, anew=False)

    def _choose(self, part: str, values: dict[str, str], *, anew: bool) -> str:
        texts = self.texts.of(part)
        signs = self.state.signs
        begin = self.state.spoken % len(texts)
        turns: Sequence[str] = (*texts[begin:], *texts[:begin])
        if anew:
            turns = [each for each in turns if sign_of(each) not in signs]
        else:
            turns = sorted(turns, key=lambda each: signs.rfind(sign_of(each)))
        for each in turns:
            said = fill(each, values)
            if said:
                self.keyword = self.keyword or part
                self.part = part
                if "OTHERS" in each:
                    self._named = self._asking
                self.notes.append(("reassembly", each))
                self._sign(each)
                return said
        return ""

    def _sign(self, said: str) -> None:
        signs = self.state.signs[1 - MAX_SIGNS :] + sign_of(said)
        self.state = self.state._replace(signs=signs)

    def was_said(self, part: str) -> bool:
        """Return True if a text of a part was said lately."""
        return any(sign_of(each) in self.state.signs for each in self.texts.of(part))

    def say_freely(self, said: str) -> None:
        """Know that a sentence was said that is no text of the script."""
        self.keyword = self.keyword or "LISTEN"
        self.part = "LISTEN"
        self.notes.append(("note", "the machine turned the line round"))
        self._sign(said)

    def offer(self, names: Sequence[str]) -> None:
        """Know whom a text that says OTHERS will ask."""
        self._asking = tuple(names)

    def ask(self, name: str) -> None:
        """Know that a member is asked something by name."""
        self._named = (name,)

    # --- speaking --------------------------------------------------------------------------------

    def speak(self, said: str, name: str) -> str:
        """Return what is said, and know that the host spoke to somebody."""
        state = self.state
        spoken = min(state.spoken + 1, MAX_COUNT)
        for each in self._named:
            member = state.find(each)
            if member is not None:
                state = state.put(member._replace(asked_at=self.now))
        self.state = state._replace(
            spoken=spoken,
            handed=spoken if self._named else state.handed,
            spoke=state.turn,
            asked=name,
            move=self.part,
            waiting=None,
        )
        return said


def names_of(members: Sequence[Member]) -> str:
    """Return the names of members as people say them."""
    return listed([each.name for each in members])
