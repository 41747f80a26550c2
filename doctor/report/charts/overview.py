"""All charts of the report, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from doctor.report.charts.bars import hours, lengths, over_time
from doctor.report.charts.calendars import calendar
from doctor.report.charts.dots import subjects
from doctor.report.charts.drawing import SETTINGS
from doctor.text import escape

if TYPE_CHECKING:
    from doctor.report.charts.chart import Chart
    from doctor.report.statistics import Findings


def draw_charts(found: Findings, speaker: str) -> list[Chart]:
    """Draw every chart; none if nothing was said. `speaker` names whose lines are counted.

    One thread at a time: matplotlib's settings are changed while it draws.
    """
    if not found.days:
        return []
    settings: dict[Any, Any] = dict(SETTINGS)
    with mpl.rc_context(settings):
        return [
            calendar(found),
            over_time(found),
            hours(found),
            lengths(found, escape(speaker)),
            subjects(found),
        ]
