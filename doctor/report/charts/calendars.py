"""The calendar chart: a column for each week, a block for each year or half-year."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from matplotlib.path import Path as Outline

from doctor.report.charts.chart import FULL, NARROW, Chart, pictures, pixel_axes
from doctor.report.charts.drawing import COLOUR
from doctor.report.charts.spans import start_of
from doctor.report.formats import MONTHS, WEEKDAYS, long_day
from doctor.text import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from doctor.report.charts.drawing import Drawing
    from doctor.report.statistics import Findings

_MOST_YEARS: Final = 6

#: A square with rounded corners, as the library writes outlines.
_CELL: Final = Outline(
    [(-5, -3), (-5, -5), (-3, -5), (3, -5), (5, -5), (5, -3), (5, 3), (5, 5), (3, 5), (-3, 5),
     (-5, 5), (-5, 3), (-5, -3)],
    [1, 3, 3, 2, 3, 3, 2, 3, 3, 2, 3, 3, 79],
)  # fmt: skip
_HEAT: Final = tuple(COLOUR[f"heat{level}"] for level in range(5))
_MONTH_LINE, _BLOCK_GAP, _LEGEND = 20, 14, 22


def calendar(found: Findings) -> Chart:
    """Return the calendar: a cell for each day, the darker the more was said."""
    first, last = min(found.days), max(found.days)
    years = range(max(first.year, last.year - _MOST_YEARS + 1), last.year + 1)
    busiest = max(found.days, key=lambda day: (found.days[day], day))

    def periods(width: int) -> list[tuple[date, date]]:
        """Return the blocks of the calendar: years, or half years on a phone."""
        if width > NARROW:
            return [(date(year, 1, 1), date(year, 12, 31)) for year in years]
        halves = [
            half
            for year in years
            for half in (
                (date(year, 1, 1), date(year, 6, 30)),
                (date(year, 7, 1), date(year, 12, 31)),
            )
        ]
        return [half for half in halves if half[0] <= last and half[1] >= first]

    def step(width: int) -> float:
        return (width - 34) / (54 if width > NARROW else 28)

    def block(width: int) -> float:
        return _MONTH_LINE + 7 * step(width) + _BLOCK_GAP

    def draw(drawing: Drawing) -> None:
        axes, side = pixel_axes(drawing), step(drawing.width)
        for place, period in enumerate(periods(drawing.width)):
            _weeks(drawing, axes, period, found.days, top=place * block(drawing.width), side=side)
        _legend(axes, drawing, side)

    left_out = " Earlier years are in the table." if first.year < years[0] else ""
    return Chart(
        "calendar",
        "Calendar of sessions",
        f"{quantity(len(found.sessions), 'session')} on {quantity(len(found.days), 'day')}; "
        f"the fullest day was {long_day(busiest)}, with "
        f"{quantity(found.days[busiest], 'exchange')}.{left_out}",
        pictures(
            "calendar",
            FULL,
            lambda width: math.ceil(len(periods(width)) * block(width)) + _LEGEND - _BLOCK_GAP,
            draw,
        ),
        ("Day", "Sessions begun", "Exchanges"),
        tuple(
            (long_day(day), f"{found.session_days.get(day, 0):,}", f"{number:,}")
            for day, number in found.days.items()
        ),
        full=True,
    )


def _weeks(
    drawing: Drawing,
    axes: Axes,
    period: tuple[date, date],
    days: Mapping[date, int],
    *,
    top: float,
    side: float,
) -> None:
    """Draw a block of days, a column for each week."""
    start, most = start_of("week", period[0]), max(days.values())
    across, down, colours, said = [], [], [], []
    quiet: dict[str, Any] = {"color": COLOUR["quiet"], "fontsize": 11, "va": "center"}
    for offset in range((period[1] - period[0]).days + 1):
        day = period[0] + timedelta(days=offset)
        column = (day - start).days // 7
        across.append(34 + (column + 0.5) * side)
        down.append(top + _MONTH_LINE + (day.weekday() + 0.5) * side)
        number = days.get(day, 0)
        colours.append(_HEAT[math.ceil(4 * math.sqrt(number / most))])
        said.append(f"{long_day(day)}: {quantity(number, 'exchange')}")
        if day.day == 1:
            at_column = column + (day.weekday() > 0 and day != period[0])
            name = MONTHS[day.month - 1][:3]
            axes.text(34 + at_column * side, top + 9, name, **quiet)
    for weekday in (0, 2, 4):
        middle = top + _MONTH_LINE + (weekday + 0.5) * side
        axes.text(28, middle, WEEKDAYS[weekday][:3], ha="right", **quiet)
    axes.text(
        28, top + 9, str(period[0].year), ha="right", va="center", fontsize=11, fontweight="bold"
    )
    axes.scatter(
        across,
        down,
        s=(side - 2.2) ** 2,
        c=colours,
        marker=_CELL,
        linewidths=0,
        clip_on=False,
        gid=drawing.say(said),
    )


def _legend(axes: Axes, drawing: Drawing, side: float) -> None:
    """Say at the bottom right which colour is more."""
    middle = drawing.height - 9
    right = drawing.width - 34
    across = [right - (4.5 - level) * side for level in range(5)]
    axes.scatter(
        across, [middle] * 5, s=(side - 2.2) ** 2, c=list(_HEAT), marker=_CELL, linewidths=0
    )
    words: dict[str, Any] = {"color": COLOUR["quiet"], "fontsize": 11, "va": "center"}
    axes.text(right + 5, middle, "more", ha="left", **words)
    axes.text(right - 5 * side - 5, middle, "fewer", ha="right", **words)
