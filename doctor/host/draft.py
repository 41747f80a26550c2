"""One transition of a host in the making: its state so far, and how it was made.

A draft belongs to one call and one thread. `doctor.host.moves` says what is said when; here is how
it is said: a text of the script that was not said before, or a machine's reply that was not given
before, with the name of whom the host speaks to where that is not plain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doctor.english.tagger import MARKS
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
    from doctor.machine import Machine, Response, Row

#: Characters of a machine's reply.
MAX_REPLY: Final = 8_000
#: A reply of so many words says something even where it asks nothing.
MANY: Final = 9
#: Replies of a machine that are tried until one is new.
MAX_TRIES: Final = 4


class HostDraft:
    """One transition in the making. Used once, by one thread."""

    __slots__ = (
        *("_heard", "_unpacked", "explains", "keyword", "machine", "notes", "now", "state"),
        "texts",
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
        self.keyword = ""  #: which part of the script, or which keyword of the machine, answered

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

    def listen(self, member: Member, line: str) -> str:
        """Return which danger a member's line speaks of, "" for none; `hear` may follow."""
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
                self.keyword = part
                self.notes.append(("reassembly", each))
                self._sign(each)
                return said
        return ""

    def _sign(self, said: str) -> None:
        signs = self.state.signs[1 - MAX_SIGNS :] + sign_of(said)
        self.state = self.state._replace(signs=signs)

    # --- the machine's replies -------------------------------------------------------------------

    def reply(self, member: Member, line: str) -> str:
        """Return a machine's new reply to a line, empty where all that it says was said before.

        Among several people a reply that asks is better than one that only says the line back.
        """
        state = self.machine_state(member)
        small: tuple[Any, Response[Any]] | None = None
        for number in range(MAX_TRIES):
            before, response = state, self.machine.respond(state, line, self.now)
            is_new = sign_of(response.reply[:MAX_REPLY]) not in self.state.signs
            if is_new and not _says_little(response.reply):
                return self._take(member, line, before, response)
            if is_new and small is None:
                small = before, response
            # As if something else had been said in between, so that it is not a repeated line.
            state = self.machine.hear(response.state, "?", "", self.now)
            why = "it says little" if is_new else "said before"
            self.notes.append(("rejected", response.reply, f"{why}, try {number + 1}"))
        return self._take(member, line, *small) if small is not None else ""

    def _take(self, member: Member, line: str, before: Any, response: Response[Any]) -> str:
        """Take a machine's reply: it is said, and its state is the member's."""
        reply = response.reply[:MAX_REPLY]
        self._sign(reply)
        self.keyword = response.keyword
        if self.explains:
            rows = self.machine.explain(before, line, self.now).rows()
            self.notes += [row for row in rows if row[0] not in {"line", "reply"}]
        self.state = self.state.put(self.keep_machine_state(member, response.state))
        return reply

    # --- speaking --------------------------------------------------------------------------------

    def speak(self, said: str, name: str) -> str:
        """Return what is said, and know that the host spoke to somebody."""
        state = self.state
        self.state = state._replace(
            spoken=min(state.spoken + 1, MAX_COUNT), spoke=state.turn, asked=name, waiting=None
        )
        return said


def _says_little(reply: str) -> bool:
    """Return True for a short reply that asks nothing; one in capitals, of 1966, never does."""
    return "?" not in reply and len(reply.split()) < MANY and not reply.isupper()


def named(reply: str, name: str) -> str:
    """Return a machine's reply with the name of whom it is for before it."""
    if reply.startswith("So ") and len(reply) > 3:
        reply = reply[3].upper() + reply[4:]
    first = reply.split(maxsplit=1)[0] if reply.strip() else ""
    low = first.lower().strip(".,?!:;")
    if first[:1].isupper() and not first.isupper() and low in MARKS and low not in {"i", "i'm"}:
        reply = reply[0].lower() + reply[1:]
    elif first == "A":
        reply = "a" + reply[1:]
    return f"{name}, {reply}"


def names_of(members: Sequence[Member]) -> str:
    """Return the names of members as people say them."""
    return listed([each.name for each in members])
