"""The pictures of the report, each drawn twice: for a wide page and for a phone.

A `Chart` says in a sentence what its picture shows and holds the same as a table, for those who do
not see it. Whatever is drawn says its figure when it is pointed at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.path import Path as Outline
from matplotlib.ticker import MaxNLocator

from doctor.findings import median
from doctor.formats import MONTHS, WEEKDAYS, counted, long_day, safe, text_width
from doctor.report.drawing import COLOUR, SETTINGS, Drawing, to_svg
from doctor.report.spans import Buckets, buckets, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from doctor.findings import Findings, Subject

#: Widths in pixels: over both columns of the page, in one of them, on a phone.
FULL, HALF, NARROW = 880, 424, 326
_MOST_SUBJECTS: Final = 8
_MOST_YEARS: Final = 6
#: Words of a line, in bins of so many; what is longer stands in the last bin.
_BIN, _BINS = 3, 14


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with what it says: a title, a sentence, a table with its heading."""

    name: str
    title: str
    says: str
    pictures: tuple[Markup, Markup]
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    full: bool = False


def charts(found: Findings, speaker: str) -> list[Chart]:
    """Return every chart; none where nothing was said. `speaker` is who the patient's lines are by.

    Not from two threads at once: the library's settings are changed for the while.
    """
    if not found.days:
        return []
    settings: dict[Any, Any] = dict(SETTINGS)
    with mpl.rc_context(settings):
        return [
            _calendar(found),
            _over_time(found),
            _hours(found),
            _lengths(found, safe(speaker)),
            _subjects(found),
        ]


def _pictures(
    name: str, width: int, height: Callable[[int], int], draw: Callable[[Drawing], None]
) -> tuple[Markup, Markup]:
    """Draw for a wide page and for a phone."""
    made = []
    for css_class, pixels in (("wide", width), ("narrow", NARROW)):
        drawing = Drawing(f"{name}-{css_class}", pixels, height(pixels))
        draw(drawing)
        made.append(to_svg(drawing, css_class))
    return made[0], made[1]


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _laid_out(drawing: Drawing) -> Figure:
    """Return the drawing's figure, which makes room for the words of its axes."""
    drawing.figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
    return drawing.figure


def _sheet(drawing: Drawing) -> Axes:
    """Return axes over the whole drawing in its pixels, the origin at the top left."""
    axes = drawing.figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.axis("off")
    return axes


# --- the calendar ---------------------------------------------------------------------------------

#: A square with rounded corners, as the library writes outlines.
_CELL: Final = Outline(
    [(-5, -3), (-5, -5), (-3, -5), (3, -5), (5, -5), (5, -3), (5, 3), (5, 5), (3, 5), (-3, 5),
     (-5, 5), (-5, 3), (-5, -3)],
    [1, 3, 3, 2, 3, 3, 2, 3, 3, 2, 3, 3, 79],
)  # fmt: skip
_HEAT: Final = tuple(COLOUR[f"heat{level}"] for level in range(5))
_MONTH_LINE, _BLOCK_GAP, _LEGEND = 20, 14, 22


def _calendar(found: Findings) -> Chart:
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
        sheet, side = _sheet(drawing), step(drawing.width)
        for place, period in enumerate(periods(drawing.width)):
            _weeks(drawing, sheet, period, found.days, top=place * block(drawing.width), side=side)
        _legend(sheet, drawing, side)

    left_out = " Earlier years stand in the table." if first.year < years[0] else ""
    return Chart(
        "calendar",
        "Calendar of sessions",
        f"{counted(len(found.sessions), 'session')} on {counted(len(found.days), 'day')}; "
        f"the fullest day was {long_day(busiest)}, with "
        f"{counted(found.days[busiest], 'exchange')}.{left_out}",
        _pictures(
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
    sheet: Axes,
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
        said.append(f"{long_day(day)}: {counted(number, 'exchange')}")
        if day.day == 1:
            at_column = column + (day.weekday() > 0 and day != period[0])
            name = MONTHS[day.month - 1][:3]
            sheet.text(34 + at_column * side, top + 9, name, **quiet)
    for weekday in (0, 2, 4):
        middle = top + _MONTH_LINE + (weekday + 0.5) * side
        sheet.text(28, middle, WEEKDAYS[weekday][:3], ha="right", **quiet)
    sheet.text(
        28, top + 9, str(period[0].year), ha="right", va="center", fontsize=11, fontweight="bold"
    )
    sheet.scatter(
        across,
        down,
        s=(side - 2.2) ** 2,
        c=colours,
        marker=_CELL,
        linewidths=0,
        clip_on=False,
        gid=drawing.say(said),
    )


def _legend(sheet: Axes, drawing: Drawing, side: float) -> None:
    """Say at the bottom right which colour is more."""
    middle = drawing.height - 9
    right = drawing.width - 34
    across = [right - (4.5 - level) * side for level in range(5)]
    sheet.scatter(
        across, [middle] * 5, s=(side - 2.2) ** 2, c=list(_HEAT), marker=_CELL, linewidths=0
    )
    words: dict[str, Any] = {"color": COLOUR["quiet"], "fontsize": 11, "va": "center"}
    sheet.text(right + 5, middle, "more", ha="left", **words)
    sheet.text(right - 5 * side - 5, middle, "fewer", ha="right", **words)


# --- bars -----------------------------------------------------------------------------------------


def _bars(
    drawing: Drawing,
    axes: Axes,
    numbers: Sequence[float],
    said: Sequence[str],
    colour: str = "patient",
) -> None:
    bars = axes.bar(range(len(numbers)), numbers, width=0.78, color=COLOUR[colour])
    for bar, text in zip(bars, said, strict=True):
        bar.set_gid(drawing.say(text))
        bar.set_clip_on(False)
    axes.set_xlim(-0.6, len(numbers) - 0.4)


def _whole_numbers(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=2))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _over_time(found: Findings) -> Chart:
    first, last = min(found.days), max(found.days)

    def cut(width: int) -> Buckets:
        return buckets(first, last, 62 if width > NARROW else 31)

    def draw(drawing: Drawing) -> None:
        span = cut(drawing.width)
        numbers = span.sums(found.days)
        axes = _laid_out(drawing).subplots()
        said = [f"{span.label(i)}: {counted(n, 'exchange')}" for i, n in enumerate(numbers)]
        _bars(drawing, axes, numbers, said)
        if len(numbers) < 6:  # a few bars over the whole width would be walls
            axes.set_xlim(-3, len(numbers) + 2)
        ticks = span.ticks(9 if drawing.width > NARROW else 4)
        axes.set_xticks(ticks, [span.short(tick) for tick in ticks])
        _whole_numbers(axes)

    span = cut(FULL)
    numbers = span.sums(found.days)
    most = max(range(len(numbers)), key=numbers.__getitem__)
    average = found.exchanges / len(numbers)
    when = span.label(most) if span.kind != "week" else f"the {span.label(most)}"
    return Chart(
        "over-time",
        "Exchanges over time",
        f"{counted(found.exchanges, 'exchange')} in {counted(len(numbers), span.kind)}, "
        f"{average:,.1f} a {span.kind} on average; most in {when}: {numbers[most]:,}."
        if len(numbers) > 1
        else f"{counted(found.exchanges, 'exchange')}, all of them on {span.label(0)}.",
        _pictures("over-time", FULL, lambda width: 220 if width > NARROW else 190, draw),
        (span.kind.capitalize(), "Exchanges"),
        tuple((span.label(i), f"{number:,}") for i, number in enumerate(numbers) if number),
        full=True,
    )


def _hours(found: Findings) -> Chart:
    hours = found.hours
    most = max(range(24), key=hours.__getitem__)

    def name(hour: int) -> str:
        return f"{hour:02}:00 to {hour + 1:02}:00"

    def draw(drawing: Drawing) -> None:
        axes = _laid_out(drawing).subplots()
        said = [f"{name(hour)}: {counted(hours[hour], 'exchange')}" for hour in range(24)]
        _bars(drawing, axes, hours, said)
        axes.set_xticks([0, 6, 12, 18, 23], ["00", "06", "12", "18", "23"])
        axes.set_xlabel("o'clock")
        _whole_numbers(axes)

    return Chart(
        "hours",
        "Hour of the day",
        f"The fullest hour is {name(most)}, with {hours[most] / found.exchanges:.0%} of all "
        "exchanges.",
        _pictures("hours", HALF, lambda _: 230, draw),
        ("Hour", "Exchanges"),
        tuple((name(hour), f"{number:,}") for hour, number in enumerate(hours) if number),
    )


def _binned(lengths: Mapping[int, int]) -> list[int]:
    bins = [0] * _BINS
    for length, lines in lengths.items():
        bins[min(length // _BIN, _BINS - 1)] += lines
    return bins


def _lengths(found: Findings, speaker: str) -> Chart:
    patient, doctor = _binned(found.patient_lengths), _binned(found.doctor_lengths)
    names = [f"{place * _BIN} to {place * _BIN + _BIN - 1} words" for place in range(_BINS - 1)]
    names.append(f"{(_BINS - 1) * _BIN} words or more")
    short = _shortened(speaker, 16)

    def draw(drawing: Drawing) -> None:
        above, below = _laid_out(drawing).subplots(2, 1, sharex=True, sharey=True)
        for axes, who, colour, bins in (
            (above, short, "patient", patient),
            (below, "Doctor", "doctor", doctor),
        ):
            said = [
                f"{name}: {counted(number, 'line')} ({who})"
                for name, number in zip(names, bins, strict=True)
            ]
            _bars(drawing, axes, bins, said, colour)
            axes.yaxis.set_major_locator(MaxNLocator(2, integer=True, min_n_ticks=2))
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.text(
                0.99, 0.94, who, transform=axes.transAxes, ha="right", va="top",
                color=COLOUR[colour], fontweight="bold",
            )  # fmt: skip
        ticks = range(0, _BINS - 2, 3)
        last = _BINS - 1
        labels = [f"{tick * _BIN}" for tick in ticks]
        below.set_xticks([*(tick - 0.5 for tick in ticks), last], [*labels, f"{last * _BIN}+"])
        below.set_xlabel("words in a line")

    return Chart(
        "lengths",
        "Length of lines",
        f"The median line has {counted(median(found.patient_lengths), 'word')}, the median reply "
        f"{median(found.doctor_lengths):g}.",
        _pictures("lengths", HALF, lambda _: 230, draw),
        ("Length", speaker, "Doctor"),
        tuple(
            (name, f"{spoken:,}", f"{replied:,}")
            for name, spoken, replied in zip(names, patient, doctor, strict=True)
            if spoken or replied
        ),
    )


# --- subjects -------------------------------------------------------------------------------------


def _subjects(found: Findings) -> Chart:
    first, last = min(found.days), max(found.days)
    chosen = found.subjects[:_MOST_SUBJECTS]

    def draw(drawing: Drawing) -> None:
        _bubbles(drawing, chosen, buckets(first, last, 44 if drawing.width > NARROW else 18))

    span = buckets(first, last, 44)
    if chosen:
        others = ", ".join(subject.word for subject in chosen[1:4])
        says = (
            f"What came up most is “{chosen[0].word}”, in "
            f"{counted(chosen[0].exchanges, 'exchange')}" + (f"; then {others}." if others else ".")
        )
    else:
        says = "No words came up that name a subject."
    return Chart(
        "subjects",
        "Subjects over time",
        says,
        _pictures("subjects", FULL, lambda _: 34 * max(1, len(chosen)) + 30, draw),
        (span.kind.capitalize(), *(subject.word for subject in chosen)),
        tuple(
            (span.label(place), *(f"{number:,}" for number in numbers))
            for place, numbers in enumerate(
                zip(*(span.sums(subject.days) for subject in chosen), strict=True)
            )
            if any(numbers)
        ),
        full=True,
    )


def _bubbles(drawing: Drawing, chosen: Sequence[Subject], span: Buckets) -> None:
    """Draw a line for each subject and on it a dot for each bucket, the more the larger."""
    sheet, wide = _sheet(drawing), drawing.width > NARROW
    letters = 15 if wide else 10
    shown = [_shortened(subject.word, letters) for subject in chosen]
    left = 22 + 8 * max(map(text_width, shown), default=0)
    right, row = (44, 34) if wide else (32, 34)
    cell = (drawing.width - left - right) / len(span.starts)
    sums = [span.sums(subject.days) for subject in chosen]
    most = max((max(numbers) for numbers in sums), default=1)
    largest = min(row - 5, max(cell * 1.25, 9))
    for place, (word, subject, numbers) in enumerate(zip(shown, chosen, sums, strict=True)):
        middle = (place + 0.5) * row
        sheet.plot(
            [left, drawing.width - right], [middle, middle], color=COLOUR["line"], linewidth=1
        )
        sheet.text(left - 12, middle, word, ha="right", va="center", fontsize=13 if wide else 12)
        sheet.text(
            drawing.width, middle, f"{subject.exchanges:,}", ha="right", va="center",
            color=COLOUR["quiet"],
        )  # fmt: skip
        there = [index for index, number in enumerate(numbers) if number]
        sheet.scatter(
            [left + (index + 0.5) * cell for index in there],
            [middle] * len(there),
            s=[max(largest * math.sqrt(numbers[index] / most), 4) ** 2 for index in there],
            c=COLOUR["patient"],
            edgecolors=COLOUR["paper"],
            linewidths=1,
            zorder=3,
            clip_on=False,
            gid=drawing.say(
                [f"{subject.word}, {span.label(index)}: {numbers[index]:,}" for index in there]
            ),
        )
    for tick in span.ticks(8 if wide else 4):
        sheet.text(
            left + (tick + 0.5) * cell, drawing.height - 12, span.short(tick), ha="center",
            va="center", color=COLOUR["quiet"], fontsize=11,
        )  # fmt: skip
