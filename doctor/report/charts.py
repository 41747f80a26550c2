"""The pictures of the report, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from doctor.report.bars import hours, lengths, over_time
from doctor.report.calendars import calendar
from doctor.report.dots import subjects
from doctor.report.drawing import SETTINGS
from doctor.text import escape

if TYPE_CHECKING:
    from doctor.report.chart import Chart
    from doctor.report.statistics import Findings


def charts(found: Findings, speaker: str) -> list[Chart]:
    """Return every chart; none where nothing was said. `speaker` is who the patient's lines are by.

    Not from two threads at once: the library's settings are changed for the while.
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
