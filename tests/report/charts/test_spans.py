"""Periods divided into days, weeks, months or years."""

from __future__ import annotations

from datetime import date

import pytest

from doctor.report.charts.spans import Buckets, buckets


@pytest.mark.parametrize(
    ("first", "last", "kind", "number"),
    [
        (date(2026, 3, 3), date(2026, 3, 3), "day", 1),
        (date(2026, 3, 3), date(2026, 3, 12), "day", 10),
        (date(2026, 3, 3), date(2026, 3, 13), "week", 2),
        (date(2026, 1, 31), date(2026, 10, 1), "month", 10),
        (date(2025, 12, 31), date(2026, 12, 1), "year", 2),
        (date(1970, 1, 1), date(2026, 12, 1), "year", 57),
    ],
)
def test_buckets_are_the_finest_that_fit(first: date, last: date, kind: str, number: int) -> None:
    """A period is divided into the finest buckets of which there are at most ten."""
    found = buckets(first, last, 10)
    assert (found.kind, len(found.starts)) == (kind, number)
    assert found.sums({first: 3})[0] == 3
    assert found.sums({last: 2})[-1] == 2


def test_buckets_have_no_hole() -> None:
    """Buckets without an exchange are included, with zero."""
    found: Buckets = buckets(date(2026, 1, 15), date(2026, 5, 2), 6)
    assert found.sums({date(2026, 1, 15): 2, date(2026, 5, 2): 1}) == [2, 0, 0, 0, 1]
    assert [found.short(place) for place in found.ticks(3)] == ["Jan 26", "Mar 26", "May 26"]


def test_buckets_end_with_the_calendar() -> None:
    """The last day of the calendar has its bucket, whatever the kind."""
    assert buckets(date(9999, 12, 31), date.max, 10).starts == (date.max,)
    assert buckets(date(1970, 1, 1), date.max, 10).starts[-1] == date(9999, 1, 1)
