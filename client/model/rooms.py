"""The rooms that a client is in, and what is unread in each: `RoomList`; no user interface."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client.model.language import plural, tr
from client.model.transcript_line import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.model.transcript_line import TranscriptLine


def same_name(one: str, other: str) -> bool:
    """Return True if two names are of the same patient or room: capitals make no difference."""
    return _key(one) == _key(other)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@dataclass(slots=True)
class RoomEntry:
    """One room of the list. The conversation with the doctor alone has no name."""

    name: str
    unread: int = 0

    @property
    def label(self) -> str:
        """The entry as a list shows it."""
        name = self.name or tr("The doctor")
        text = plural("{name} ({number} new)", "{name} ({number} new)", self.unread)
        return text.format(name=name, number=self.unread) if self.unread else name


class RoomList:
    """The conversation with the doctor alone, and rooms in the order in which they were joined.

    `name` is the patient's own name: what the patient said is never unread, and neither are events.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.shown = ""
        self.entries = [RoomEntry("")]

    def join(self, room: str) -> None:
        """Add a room, if it is not there."""
        if self._find(room) is None:
            self.entries.append(RoomEntry(room))

    def leave(self, room: str) -> None:
        """Remove a room; the conversation with the doctor is shown instead of it."""
        entry = self._find(room)
        if entry is not None and room:
            self.entries.remove(entry)
            if self.shown == room:
                self.show("")

    def show(self, room: str) -> None:
        """Show a room: everything in it is read."""
        entry = self._find(room)
        if entry is not None:
            self.shown = room
            entry.unread = 0

    def hear(self, room: str, lines: Iterable[TranscriptLine]) -> int:
        """Count what was said in a room that is not shown; return how much is unread there."""
        entry = self._find(room)
        if entry is None or room == self.shown:
            return 0
        entry.unread += sum(
            one.kind != EVENT and not (one.name and same_name(one.name, self._name))
            for one in lines
        )
        return entry.unread

    @property
    def unread(self) -> int:
        """How much is unread in all rooms together."""
        return sum(entry.unread for entry in self.entries)

    def _find(self, room: str) -> RoomEntry | None:
        return next((entry for entry in self.entries if entry.name == room), None)
