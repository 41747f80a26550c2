"""What a chart of the report is, and what all charts share.

A `Chart` says in a sentence what its picture shows and holds the same numbers as a table, for
readers who cannot see it. It is drawn twice: for a wide page and for a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctor.report.charts.drawing import Drawing, to_svg

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Widths in pixels: over both columns of the page, in one of them, on a phone.
FULL, HALF, NARROW = 880, 424, 326


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


def pictures(
    name: str, width: int, height: Callable[[int], int], draw: Callable[[Drawing], None]
) -> tuple[Markup, Markup]:
    """Draw the same picture for a wide page and for a phone."""
    made = []
    for css_class, pixels in (("wide", width), ("narrow", NARROW)):
        drawing = Drawing(f"{name}-{css_class}", pixels, height(pixels))
        draw(drawing)
        made.append(to_svg(drawing, css_class))
    return made[0], made[1]


def shorten(text: str, letters: int) -> str:
    """Cut a text to at most so many letters, with an ellipsis for the rest."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def lay_out(drawing: Drawing) -> Figure:
    """Return the drawing's figure, with space reserved for the labels of its axes."""
    drawing.figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
    return drawing.figure


def pixel_axes(drawing: Drawing) -> Axes:
    """Return axes over the whole drawing in its pixels, the origin at the top left."""
    axes = drawing.figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.axis("off")
    return axes
