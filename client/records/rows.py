"""What the window for histories shows of a patient; no user interface."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from client.model import dates
from client.model.language import ENGLISH, current, tr


class PatientRow(NamedTuple):
    """A patient in the list."""

    name: str
    exchanges: int
    last_seen: float
    marked: int
    is_room: bool = False

    @property
    def title(self) -> str:
        """What the list shows of it: a flag where a line is marked, and that it is a room."""
        title = tr("{name} (room)").format(name=self.name) if self.is_room else self.name
        return title + ("  \u2691" if self.marked else "")


def format_day(seconds: float) -> str:
    """Return the day of a time: `3 Mar 2026`."""
    here = datetime.fromtimestamp(seconds, UTC).astimezone()
    if current() != ENGLISH:
        return dates.short(here.date())
    return f"{here.day} {here:%b %Y}"
