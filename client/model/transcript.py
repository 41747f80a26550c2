"""The items of a transcript: exchanges, days and notices; no user interface.

An item has a number of lines on the screen, before they wrap: a label and the words of each who
speaks, a line for each paragraph. `Item.parts` says which of them are words.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from client.model import dates
from client.model.exchange import TAKEN_BACK, HistoryEntry
from client.model.language import as_person
from client.model.transcript_line import DOCTOR, EVENT
from doctor.text import paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from client.model.transcript_line import TranscriptLine


class ItemKind(enum.Enum):
    """The kind of an item."""

    DAY = enum.auto()
    PAUSE = enum.auto()
    EXCHANGE = enum.auto()
    PENDING = enum.auto()
    UNSAID = enum.auto()
    GREETING = enum.auto()
    NOTICE = enum.auto()
    TAKEN_BACK = enum.auto()
    EVENT = enum.auto()


#: Kinds of items of which the patient's words are shown, that a history has, and of which the
#: doctor's words are shown.
_SAID: Final = frozenset({ItemKind.EXCHANGE, ItemKind.PENDING, ItemKind.UNSAID})
_STORED: Final = frozenset({ItemKind.EXCHANGE, ItemKind.TAKEN_BACK, ItemKind.EVENT})
_REPLIED: Final = frozenset({ItemKind.EXCHANGE, ItemKind.GREETING})


class SpokenPart(NamedTuple):
    """The words of one speaker in an item: their lines on the screen, counted from 0."""

    speaker: str  #: "patient" or "doctor"
    first: int
    last: int


class DrawnRow(NamedTuple):
    """A row on the screen whose characters are drawn in another order than they are read."""

    text: str  #: as it is read
    places: list[int]  #: for each character on the screen, which one of `text` it is; -1: none


@dataclass(slots=True)
class Item:
    """One item of a transcript.

    `line` is the id of a line sent from this window, 0 for one loaded from a history. `session` is
    the session in that history, 0 for the one that is open now. `speaker` and `responder` are the
    names of those who speak, if they are not the patient and the doctor. `start` is the item's
    position on the screen, `drawn` its rows that are drawn in another order; only the view uses
    them.
    """

    kind: ItemKind
    at: datetime
    patient: str = ""
    doctor: str = ""
    line: int = 0
    number: int = 0
    session: int = 0
    mark: str = ""
    speaker: str = ""
    responder: str = ""
    start: int = 0
    drawn: dict[int, DrawnRow] = field(default_factory=dict, compare=False)

    @property
    def parts(self) -> tuple[SpokenPart, ...]:
        """Where the words of each speaker are; the line above each part is its label."""
        parts: list[SpokenPart] = []
        at = 1
        shown = (("patient", self.patient, _SAID), ("doctor", self.doctor, _REPLIED))
        for speaker, words, kinds in shown:
            if self.kind in kinds and (words or self.kind is not ItemKind.EXCHANGE):
                last = at + len(paragraphs(words)) - 1
                parts.append(SpokenPart(speaker, at, last))
                at = last + 2
        return tuple(parts)

    @property
    def lines(self) -> int:
        """How many lines it has on the screen, before they wrap."""
        parts = self.parts
        return parts[-1].last + 1 if parts else 1

    def words(self, part: SpokenPart) -> str:
        """Return the words of a part."""
        return self.patient if part.speaker == "patient" else self.doctor

    def take_back(self) -> None:
        """Become the item of an exchange that was taken back."""
        self.kind = ItemKind.TAKEN_BACK
        self.patient = self.doctor = ""
        self.mark = TAKEN_BACK


def exchange_item(entry: HistoryEntry, line: int = 0) -> Item:
    """Return the item of an exchange, or of an event."""
    kind = ItemKind.TAKEN_BACK if entry.mark == TAKEN_BACK else ItemKind.EXCHANGE
    if entry.event:
        kind = ItemKind.EVENT
    return Item(
        kind,
        entry.at,
        entry.patient,
        entry.event or entry.doctor,
        line,
        entry.number,
        entry.session,
        entry.mark,
        _person(entry.speaker),
        _person(entry.responder),
    )


def heard_item(one: TranscriptLine) -> Item:
    """Return the item of a line that somebody said, or of what happened, among several people."""
    item = Item(ItemKind.EXCHANGE, one.at, number=one.number, mark=one.mark)
    if one.kind == EVENT:
        item.kind, item.doctor = ItemKind.EVENT, one.text
    elif one.kind == DOCTOR:
        item.doctor = one.text
    else:
        item.patient, item.speaker = one.text, one.label
    return item


def _person(name: str) -> str:
    """Return what is shown of a person who speaks in a patient's conversation."""
    return as_person(name) if name else ""


def separator_between(last: Item | None, item: Item) -> Item | None:
    """Return the separator between two items: a new day, a pause, or None."""
    if item.kind in {ItemKind.NOTICE, ItemKind.EVENT}:
        return None
    if last is None or day(last.at) != day(item.at):
        return Item(ItemKind.DAY, item.at)
    if last.session != item.session and last.kind is not ItemKind.NOTICE:
        return Item(ItemKind.PAUSE, item.at, session=item.session)
    return None


def stored_entries(items: Sequence[Item]) -> list[HistoryEntry]:
    """Return the exchanges of a history among the items."""
    return [_stored(item) for item in items if item.kind in _STORED]


def _stored(item: Item) -> HistoryEntry:
    is_event = item.kind is ItemKind.EVENT
    return HistoryEntry(
        item.number,
        item.at,
        item.session,
        item.mark,
        item.patient,
        "" if is_event else item.doctor,
        item.speaker.removesuffix(as_person("")),
        item.responder.removesuffix(as_person("")),
        item.doctor if is_event else "",
    )


def first_waiting(items: Sequence[Item]) -> int | None:
    """Return the index of the first line at the end that waits for its reply."""
    found = None
    for index in range(len(items) - 1, -1, -1):
        kind = items[index].kind
        if kind in _REPLIED:
            break
        if kind is ItemKind.PENDING:
            found = index
    return found


def last_said(items: Sequence[Item]) -> Item | None:
    """Return the last item that is not a notice."""
    return next((item for item in reversed(items) if item.kind is not ItemKind.NOTICE), None)


def day(at: datetime) -> date:
    """Return the day of a time in the local time zone."""
    return at.astimezone().date()


def day_in_words(at: datetime) -> str:
    """Return the day of a time in words, in the user's language."""
    return dates.in_words(at)


def pending(items: Iterable[Item]) -> list[Item]:
    """Return the items that wait for their answers."""
    return [item for item in items if item.kind is ItemKind.PENDING]
