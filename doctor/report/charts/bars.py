"""Bar charts: exchanges over time, hours of the day, length of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.ticker import MaxNLocator

from doctor.report.charts.chart import FULL, HALF, NARROW, Chart, lay_out, pictures, shorten
from doctor.report.charts.drawing import COLOUR
from doctor.report.charts.spans import Buckets, buckets
from doctor.report.statistics import median
from doctor.text import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from doctor.report.charts.drawing import Drawing
    from doctor.report.statistics import Findings

#: Words of a line, in bins of so many; what is longer is in the last bin.
_BIN: Final = 3
_BINS: Final = 14


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


def over_time(found: Findings) -> Chart:
    """Chart how many exchanges there were in each day, week, month or year."""
    first, last = min(found.days), max(found.days)

    def cut(width: int) -> Buckets:
        return buckets(first, last, 62 if width > NARROW else 31)

    def draw(drawing: Drawing) -> None:
        span = cut(drawing.width)
        numbers = span.sums(found.days)
        axes = lay_out(drawing).subplots()
        said = [f"{span.label(i)}: {quantity(n, 'exchange')}" for i, n in enumerate(numbers)]
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
        f"{quantity(found.exchanges, 'exchange')} in {quantity(len(numbers), span.kind)}, "
        f"{average:,.1f} a {span.kind} on average; most in {when}: {numbers[most]:,}."
        if len(numbers) > 1
        else f"{quantity(found.exchanges, 'exchange')}, all of them on {span.label(0)}.",
        pictures("over-time", FULL, lambda width: 220 if width > NARROW else 190, draw),
        (span.kind.capitalize(), "Exchanges"),
        tuple((span.label(i), f"{number:,}") for i, number in enumerate(numbers) if number),
        full=True,
    )


def hours(found: Findings) -> Chart:
    """Chart at which hours of the day something was said."""
    hours = found.hours
    most = max(range(24), key=hours.__getitem__)

    def name(hour: int) -> str:
        return f"{hour:02}:00 to {hour + 1:02}:00"

    def draw(drawing: Drawing) -> None:
        axes = lay_out(drawing).subplots()
        said = [f"{name(hour)}: {quantity(hours[hour], 'exchange')}" for hour in range(24)]
        _bars(drawing, axes, hours, said)
        axes.set_xticks([0, 6, 12, 18, 23], ["00", "06", "12", "18", "23"])
        axes.set_xlabel("o'clock")
        _whole_numbers(axes)

    return Chart(
        "hours",
        "Hour of the day",
        f"The fullest hour is {name(most)}, with {hours[most] / found.exchanges:.0%} of all "
        "exchanges.",
        pictures("hours", HALF, lambda _: 230, draw),
        ("Hour", "Exchanges"),
        tuple((name(hour), f"{number:,}") for hour, number in enumerate(hours) if number),
    )


def _binned(lengths: Mapping[int, int]) -> list[int]:
    bins = [0] * _BINS
    for length, lines in lengths.items():
        bins[min(length // _BIN, _BINS - 1)] += lines
    return bins


def lengths(found: Findings, speaker: str) -> Chart:
    """Chart how many words lines and replies have; `speaker` names whose lines they are."""
    patient, doctor = _binned(found.patient_lengths), _binned(found.doctor_lengths)
    names = [f"{place * _BIN} to {place * _BIN + _BIN - 1} words" for place in range(_BINS - 1)]
    names.append(f"{(_BINS - 1) * _BIN} words or more")
    short = shorten(speaker, 16)

    def draw(drawing: Drawing) -> None:
        above, below = lay_out(drawing).subplots(2, 1, sharex=True, sharey=True)
        for axes, who, colour, bins in (
            (above, short, "patient", patient),
            (below, "Doctor", "doctor", doctor),
        ):
            said = [
                f"{name}: {quantity(number, 'line')} ({who})"
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
        f"The median line has {quantity(median(found.patient_lengths), 'word')}, the median reply "
        f"{median(found.doctor_lengths):g}.",
        pictures("lengths", HALF, lambda _: 230, draw),
        ("Length", speaker, "Doctor"),
        tuple(
            (name, f"{spoken:,}", f"{replied:,}")
            for name, spoken, replied in zip(names, patient, doctor, strict=True)
            if spoken or replied
        ),
    )
