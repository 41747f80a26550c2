"""One exchange of a history, as a client knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A patient's line and the doctor's reply to it.

    `number` counts a patient's exchanges from 1, `at` is an aware time in UTC. `session` is 0 for
    the session that is open now, and `mark` is "" where the client cannot know it.
    """

    number: int
    at: datetime
    session: int
    mark: str
    patient: str
    doctor: str
