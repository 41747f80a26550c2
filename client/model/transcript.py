"""The items of a transcript: exchanges, days and notices; no user interface."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from client.model.exchange import HistoryEntry


class ItemKind(enum.Enum):
    """The kind of an item."""

    DAY = enum.auto()
    PAUSE = enum.auto()
    EXCHANGE = enum.auto()
    PENDING = enum.auto()
    UNSAID = enum.auto()
    GREETING = enum.auto()
    NOTICE = enum.auto()


_LINES: Final = {ItemKind.EXCHANGE: 4, ItemKind.DAY: 1, ItemKind.PAUSE: 1, ItemKind.NOTICE: 1}


@dataclass(slots=True)
class Item:
    """One item of a transcript.

    `line` is the id of a line sent from this window, 0 for one loaded from a history. `session` is
    the session in that history, 0 for the one that is open now. `start` is the item's position on
    the screen; only the view uses it.
    """

    kind: ItemKind
    at: datetime
    patient: str = ""
    doctor: str = ""
    line: int = 0
    number: int = 0
    session: int = 0
    start: int = 0

    @property
    def lines(self) -> int:
        """How many lines it has on the screen, before they wrap."""
        return _LINES.get(self.kind, 2)


def exchange_item(entry: HistoryEntry, line: int = 0) -> Item:
    """Return the item of an exchange."""
    return Item(
        ItemKind.EXCHANGE,
        entry.at,
        entry.patient,
        entry.doctor,
        line,
        entry.number,
        entry.session,
    )


def separator_between(last: Item | None, item: Item) -> Item | None:
    """Return the separator between two items: a new day, a pause, or None."""
    if item.kind is ItemKind.NOTICE:
        return None
    if last is None or day(last.at) != day(item.at):
        return Item(ItemKind.DAY, item.at)
    if last.session != item.session and last.kind is not ItemKind.NOTICE:
        return Item(ItemKind.PAUSE, item.at, session=item.session)
    return None


def day(at: datetime) -> date:
    """Return the day of a time in the local time zone."""
    return at.astimezone().date()


def day_in_words(at: datetime) -> str:
    """Return the day of a time in words."""
    here = at.astimezone()
    return f"{here:%A}, {here.day} {here:%B %Y}"
