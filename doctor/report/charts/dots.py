"""The chart of subjects over time: what patients talked about, and when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from doctor.report.charts.chart import FULL, NARROW, Chart, pictures, pixel_axes, shorten
from doctor.report.charts.drawing import COLOUR
from doctor.report.charts.spans import Buckets, buckets
from doctor.text import display_width, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.report.charts.drawing import Drawing
    from doctor.report.statistics import Findings, Subject

_MOST_SUBJECTS: Final = 8


def subjects(found: Findings) -> Chart:
    """Return a line for each subject, with a dot for each time it came up."""
    first, last = min(found.days), max(found.days)
    chosen = found.subjects[:_MOST_SUBJECTS]

    def draw(drawing: Drawing) -> None:
        _bubbles(drawing, chosen, buckets(first, last, 44 if drawing.width > NARROW else 18))

    span = buckets(first, last, 44)
    if chosen:
        others = ", ".join(subject.word for subject in chosen[1:4])
        says = (
            f"What came up most is “{chosen[0].word}”, in "
            f"{quantity(chosen[0].exchanges, 'exchange')}"
            + (f"; then {others}." if others else ".")
        )
    else:
        says = "No words came up that name a subject."
    return Chart(
        "subjects",
        "Subjects over time",
        says,
        pictures("subjects", FULL, lambda _: 34 * max(1, len(chosen)) + 30, draw),
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
    axes, wide = pixel_axes(drawing), drawing.width > NARROW
    letters = 15 if wide else 10
    shown = [shorten(subject.word, letters) for subject in chosen]
    left = 22 + 8 * max(map(display_width, shown), default=0)
    right, row = (44, 34) if wide else (32, 34)
    cell = (drawing.width - left - right) / len(span.starts)
    sums = [span.sums(subject.days) for subject in chosen]
    most = max((max(numbers) for numbers in sums), default=1)
    largest = min(row - 5, max(cell * 1.25, 9))
    for place, (word, subject, numbers) in enumerate(zip(shown, chosen, sums, strict=True)):
        middle = (place + 0.5) * row
        axes.plot(
            [left, drawing.width - right], [middle, middle], color=COLOUR["line"], linewidth=1
        )
        axes.text(left - 12, middle, word, ha="right", va="center", fontsize=13 if wide else 12)
        axes.text(
            drawing.width, middle, f"{subject.exchanges:,}", ha="right", va="center",
            color=COLOUR["quiet"],
        )  # fmt: skip
        there = [index for index, number in enumerate(numbers) if number]
        axes.scatter(
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
        axes.text(
            left + (tick + 0.5) * cell, drawing.height - 12, span.short(tick), ha="center",
            va="center", color=COLOUR["quiet"], fontsize=11,
        )  # fmt: skip
