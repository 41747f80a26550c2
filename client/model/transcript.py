"""What a transcript shows, item after item: exchanges, days, remarks; no user interface."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from client.net.events import HistoryEntry

#: Characters that change the direction of what follows them on the screen.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


class ItemKind(enum.Enum):
    """What an item is."""

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
    """One thing shown.

    `line` is the id of a line said here, 0 for what came from a history; `session` is the session
    of that history, 0 for the one that runs. `start` is the item's place on the screen, and its
    owner's business.
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
        """How many lines of the screen it takes, before they wrap."""
        return _LINES.get(self.kind, 2)


def exchange(entry: HistoryEntry, line: int = 0) -> Item:
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


def between(last: Item | None, item: Item) -> Item | None:
    """Return what stands between two items: the day that begins, a pause, or nothing."""
    if item.kind is ItemKind.NOTICE:
        return None
    if last is None or day(last.at) != day(item.at):
        return Item(ItemKind.DAY, item.at)
    if last.session != item.session and last.kind is not ItemKind.NOTICE:
        return Item(ItemKind.PAUSE, item.at, session=item.session)
    return None


def day(at: datetime) -> date:
    """Return the day of a moment, here."""
    return at.astimezone().date()


def written_day(at: datetime) -> str:
    """Return the day of a moment in words."""
    here = at.astimezone()
    return f"{here:%A}, {here.day} {here:%B %Y}"


def shown(text: str) -> str:
    """Return text as it may stand on the screen: one line, nothing that turns what follows."""
    return _TURNING.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " "))
