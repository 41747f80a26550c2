"""The charts, without a browser: what their parts say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from doctor.report.charts.overview import draw_charts
from doctor.report.statistics import Study
from tests.support.histories import said


class _Words(HTMLParser):
    """Collects the words of a chart."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


@pytest.fixture(scope="module")
def charts() -> dict[str, list[str]]:
    """The words of each chart; of a module, since matplotlib keeps its fonts open from now on."""
    study = Study(UTC)
    for day, number in ((date(2026, 3, 3), 3), (date(2026, 9, 7), 1)):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
        study.add("Ada", [said("about dreams", at=at)] * number)
    found = {}
    for chart in draw_charts(study.findings(), "Ada"):
        words = _Words()
        words.feed(chart.pictures[0])
        found[chart.name] = words.words
    return found


def test_parts_of_charts_say_their_numbers(charts: dict[str, list[str]]) -> None:
    """A part of a chart says its number when pointed at: a day, a week, an hour, a subject."""
    assert "Tuesday 3 March 2026: 3 exchanges" in charts["calendar"]
    assert "Wednesday 4 March 2026: 0 exchanges" in charts["calendar"]
    assert "week of 2 March 2026: 3 exchanges" in charts["over-time"]
    assert "12:00 to 13:00: 4 exchanges" in charts["hours"]
    assert "dreams, week of 7 September 2026: 1" in charts["subjects"]
