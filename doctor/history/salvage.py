"""What can be recovered from a damaged file; nothing here raises but what says so.

All of the bytes are searched for sound frames, or those of the tail where the head of the file is
sound. Exchanges are put in the order of their numbers. In format 2 each has to continue the one
before it:

    the exchange before it is found, and has the checksum that this one holds   taken in
    the exchange before it is found, and has another checksum                   foreign: left out
    the exchange before it is not found, because of the damage                  taken in

Of several with the same number the first that fits is taken in. What is left out, and what is no
sound frame, is reported as damage; nothing is taken from outside a sound frame. Where exchanges are
missing the rest is no chain any more, and becomes one again when the file is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.errors import DamagedRecord, ForbiddenContent
from doctor.history import pickles
from doctor.history.chunks import Transcript
from doctor.history.contents import TAIL_KINDS, Contents, Damage, unpack_script
from doctor.history.frames import Frame, Gap, Kind, checksum_of, walk
from doctor.history.snapshot import headers_in
from doctor.history.transcript import (
    MAX_NUMBER,
    previous_of,
    unpack_either,
    unpack_exchange,
    unpack_state,
)

if TYPE_CHECKING:
    from doctor.history.snapshot import Header, ScriptId
    from doctor.history.transcript import Exchange

_FOREIGN: Final = "a record that does not continue this history"
_AGAIN: Final = "a record of a number that is there already"


class _Found:
    """What the search has found."""

    def __init__(self, data: bytes, base: int) -> None:
        self.data = data
        self.base = base  #: offset of the data in the file
        self.exchanges: dict[int, list[tuple[Frame, Exchange]]] = {}
        self.states: list[tuple[int, bytes, bytes]] = []  #: number, script's tag, state
        self.script: ScriptId | None = None
        self.damage: list[Damage] = []
        self.size = self.torn = 0

    def blame(self, start: int, end: int, what: str) -> None:
        """Report bytes of the data as damage."""
        self.damage.append(Damage(self.base + start, self.base + end, what))

    def search(self, start: int, kinds: frozenset[Kind]) -> None:
        """Sort what is from `start` on; frames of other kinds are damage."""
        for each in walk(self.data, start):
            if isinstance(each, Gap):
                if each.torn:
                    self.torn = each.end - each.start
                elif start or not _is_pickle_code(self.data, each):
                    self.blame(each.start, each.end, "bytes that are no sound record")
                continue
            self.size = self.base + each.end
            try:
                self._sort(each, kinds)
            except DamagedRecord as error:
                self.blame(each.start, each.end, str(error))

    def _sort(self, frame: Frame, kinds: frozenset[Kind]) -> None:
        if frame.kind not in kinds:
            raise DamagedRecord("a record that belongs elsewhere", frame.start)
        if frame.kind == Kind.SCRIPT:
            self.script = unpack_script(self.data, frame)
        elif frame.kind == Kind.STATE:
            self.states.append((frame.number, *unpack_state(self.data, frame)))
        elif frame.kind != Kind.HEADER:
            exchange = unpack_either(self.data, frame)
            self.exchanges.setdefault(frame.number, []).append((frame, exchange))
            if frame.kind == Kind.EXCHANGE:
                _, moment = unpack_exchange(self.data, frame)
                self.states.append((frame.number, *moment))

    def holds(self, kind: Kind) -> bool:
        """Return whether there is an exchange in a frame of this kind."""
        return any(frame.kind == kind for each in self.exchanges.values() for frame, _ in each)

    def drop(self, kind: Kind) -> None:
        """Leave the exchanges in frames of this kind out: they are of another history."""
        for number, candidates in list(self.exchanges.items()):
            rest = [each for each in candidates if each[0].kind != kind]
            for frame, _ in candidates:
                if frame.kind == kind:
                    self.blame(frame.start, frame.end, "a record that belongs elsewhere")
            self.exchanges[number] = rest
            if not rest:
                del self.exchanges[number]

    def place(self, history: Transcript, *, known: bool) -> int:
        """Append what continues a history and return how many exchanges that is.

        `known`: the checksum of the last exchange before is known. Where what is appended is no
        chain, the history is told so.
        """
        placed, chained = 0, history.chained
        for number in sorted(self.exchanges):
            candidates = self.exchanges[number]
            chosen = None
            if history.last_number < number <= MAX_NUMBER:
                follows = known and number == history.last_number + 1
                chosen = self._choose(candidates, history.link if chained else None, follows)
            for frame, _ in candidates:
                # A pair is a new object each time that it is looked at in a compiled module.
                if chosen is None or frame is not chosen[0]:
                    again = chosen is not None or number <= history.last_number
                    self.blame(frame.start, frame.end, _AGAIN if again else _FOREIGN)
            if chosen is not None:
                if chained and previous_of(self.data, chosen[0]) != history.link:
                    history.chained = False
                history.append_frame(self.data, *chosen)
                placed, known = placed + 1, True
        return placed

    def _choose(
        self, candidates: list[tuple[Frame, Exchange]], link: int | None, follows: bool
    ) -> tuple[Frame, Exchange] | None:
        """Return the exchange that continues one of this checksum, None where none does.

        Where the one before is missing (not `follows`), that which another one continues comes
        first.
        """
        if link is None:
            return candidates[0]
        fitting = [each for each in candidates if previous_of(self.data, each[0]) == link]
        if fitting or follows:
            return fitting[0] if fitting else None
        after = self.exchanges.get(candidates[0][0].number + 1, [])
        wanted = {previous_of(self.data, frame) for frame, _ in after}
        for each in candidates:
            if checksum_of(self.data, each[0].start) in wanted:
                return each
        return candidates[0]

    def finish(self, contents: Contents, reason: Exception) -> Contents:
        """Let the contents know the state in force, and what is damaged."""
        if self.script is not None:
            contents.script, contents.state = self.script, None
        tag, last = contents.script.tag, contents.history.last_number
        number = contents.state_number if contents.state else 0
        for each, other, state in self.states:
            if number <= each <= last and other == tag and state:
                number = each
                contents.state, contents.state_number = state, each
        if not self.damage:
            at = reason.offset if isinstance(reason, DamagedRecord) else 0
            self.blame(at, at, str(reason))
        contents.size, contents.torn = self.size, self.torn
        contents.damage = tuple(self.damage)
        return contents


def salvage_tail(
    contents: Contents, data: bytes, start: int, base: int, reason: DamagedRecord
) -> Contents:
    """Add what is sound in a damaged tail to contents whose head is sound."""
    found = _Found(data, base)
    found.size = base + start
    found.search(start, TAIL_KINDS[contents.version > 1])
    contents.tail = found.place(contents.history, known=True)
    return found.finish(contents, reason)


def salvage(data: bytes, reason: DamagedRecord | ForbiddenContent) -> Contents:
    """Return what is sound in a file whose head is damaged.

    ForbiddenContent where nothing is, NewerFormat where a newer program wrote it.
    """
    copies = headers_in(data)
    header: Header | None = copies[0][1] if copies else None
    kinds: frozenset[Kind] = frozenset({Kind.HEADER}).union(*TAIL_KINDS)
    if header is not None:
        kinds = TAIL_KINDS[header.version > 1] | {Kind.HEADER}
    found = _Found(data, 0)
    found.search(0, kinds)
    if not copies and not found.exchanges:
        raise ForbiddenContent(f"nothing in this file was written by a doctor: {reason}")
    chained = header.version > 1 if header else found.holds(Kind.ENTRY)
    if header is None and chained:
        found.drop(Kind.EXCHANGE)
    history = Transcript(birth=header.birth if header else 0, chained=chained)
    contents = Contents(header, history, found.size)
    contents.lock_known = bool(copies) and all(copy == header for _frame, copy in copies)
    found.place(history, known=header is not None)
    return found.finish(contents, reason)


def _is_pickle_code(data: bytes, gap: Gap) -> bool:
    """Return True if a gap is only what a pickle has between two byte strings."""
    piece = data[gap.start : gap.end]
    return (
        (gap.start == 0 and piece.startswith(pickles.PREFIX))
        or (len(piece) == pickles.BYTES_HEADER and piece.startswith(b"B"))
        or piece == pickles.SUFFIX
    )
