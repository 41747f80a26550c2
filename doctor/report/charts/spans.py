"""Divide a period into buckets that fit a chart: days, weeks, months or years; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from doctor.report.formats import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final = ("day", "week", "month", "year")


@dataclass(frozen=True, slots=True)
class Buckets:
    """Every bucket from one day to another, each by its first day, empty ones included."""

    kind: str
    starts: tuple[date, ...]

    def sums(self, days: Mapping[date, int]) -> list[int]:
        """Return for each bucket the sum of what its days have."""
        place = {start: index for index, start in enumerate(self.starts)}
        totals = [0] * len(self.starts)
        for day, number in days.items():
            totals[place[start_of(self.kind, day)]] += number
        return totals

    def label(self, index: int) -> str:
        """Return a bucket's name in full: `3 March 2026`, `week of ...`, `March 2026`, `2026`."""
        start = self.starts[index]
        month = MONTHS[start.month - 1]
        return {
            "day": f"{start.day} {month} {start.year}",
            "week": f"week of {start.day} {month} {start.year}",
            "month": f"{month} {start.year}",
            "year": f"{start.year}",
        }[self.kind]

    def short(self, index: int) -> str:
        """Return a bucket's short name, for an axis: `3 Mar`, `Mar 26`, `2026`."""
        start = self.starts[index]
        month = MONTHS[start.month - 1][:3]
        if self.kind == "year":
            return f"{start.year}"
        if self.kind == "month":
            return f"{month} {start.year % 100:02}"
        return f"{start.day} {month}"

    def ticks(self, most: int) -> list[int]:
        """Return at most so many buckets to name, evenly spaced."""
        step = max(1, -(-len(self.starts) // most))
        return list(range(0, len(self.starts), step))


def start_of(kind: str, day: date) -> date:
    """Return the first day of the bucket that a day is in; weeks begin on Monday."""
    if kind == "day":
        return day
    if kind == "week":
        # The calendar begins in the middle of a week's count: the year 1 starts on a Monday.
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if kind == "month" else day.replace(month=1, day=1)


def _next(kind: str, start: date) -> date | None:
    """Return the first day of the next bucket, None at the end of the calendar."""
    try:
        later = start + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[kind])
    except OverflowError:
        return None
    return start_of(kind, later)


def buckets(first: date, last: date, most: int) -> Buckets:
    """Return the finest buckets from one day to another of which there are at most `most`.

    Years are used where even they are more than that.
    """
    starts: list[date] = []
    start: date | None
    for kind in KINDS:
        starts, start = [], start_of(kind, first)
        while start and start <= last and (len(starts) <= most or kind == "year"):
            starts.append(start)
            start = _next(kind, start)
        if len(starts) <= most:
            return Buckets(kind, tuple(starts))
    return Buckets(KINDS[-1], tuple(starts))
