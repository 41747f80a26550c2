"""Fit texts into narrow windows: nothing that a line has no room for is cut off.

Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Sequence
    from tkinter import font as tkfont

    from client.widgets.fonts import Fonts

#: A text area of fewer lines is low: its headings are small there.
_LOW = 9


def wrap_to_width(label: tk.Label) -> None:
    """Wrap a label's text wherever its window gives it less width than the text needs."""

    def wrap(event: tk.Event[tk.Misc]) -> None:
        wide = max(1, event.width - 2 * int(str(label["padx"])))
        label.configure(wraplength=wide, justify="left")

    label.bind("<Configure>", wrap, add=True)


def heading_font(area: tk.Text, fonts: Fonts) -> tkfont.Font:
    """Return the font of a heading in a text area: a large one leaves no room in a low one."""
    is_low = 1 < area.winfo_height() < _LOW * fonts.body.metrics("linespace")
    return fonts.bold if is_low else fonts.title


def flow(frame: tk.Frame, widgets: Sequence[tk.Widget], gap: int) -> None:
    """Arrange widgets in `frame`, their parent, side by side, in as many rows as they need.

    The frame's own distances are those of its options `padx` and `pady`.
    """
    left, top = int(str(frame["padx"])), int(str(frame["pady"]))

    def arrange(_event: object = None) -> None:
        if not all(widget.winfo_exists() for widget in widgets):
            return  # the window is being closed
        width = frame.winfo_width() - 2 * left
        high = max(widget.winfo_reqheight() for widget in widgets)
        x = y = 0
        for widget in widgets:
            needed = widget.winfo_reqwidth()
            if x and x + needed > width > 1:
                x, y = 0, y + high + gap
            widget.place(x=x, y=y + (high - widget.winfo_reqheight()) // 2)
            x += needed + gap
        frame.configure(height=y + high + 2 * top)

    for widget in (frame, *widgets):
        widget.bind("<Configure>", arrange, add=True)  # a button may get another text
    arrange()


class StatusLine:
    """A sign, a text and a hint in one row of `panel`; the hint is below where both do not fit."""

    def __init__(
        self, panel: tk.Misc, sign: tk.Label, text: tk.Label, hint: tk.Label, fonts: Fonts
    ) -> None:
        self._panel, self._sign, self._text, self._hint = panel, sign, text, hint
        self._fonts = fonts
        self._fitted = (0, 0)
        panel.bind("<Configure>", lambda _event: self.fit(), add=True)

    def fit(self) -> None:
        """Arrange the texts as they are now."""
        gap = self._fonts.space(7)
        sides = 2 * int(str(self._panel["padx"]))
        width = self._panel.winfo_width() - sides - self._sign.winfo_reqwidth() - 2 * gap
        if width <= gap:
            return  # the window is not shown yet
        needed = sum(self._fonts.small.measure(label["text"]) for label in (self._text, self._hint))
        below = needed + 3 * gap > width
        if (width, int(below)) == self._fitted:
            return
        self._fitted = (width, int(below))
        for label in (self._text, self._hint):
            label.configure(wraplength=width if below else 0, justify="left")
        self._hint.grid(row=int(below), column=1 if below else 2, padx=(0, gap))
