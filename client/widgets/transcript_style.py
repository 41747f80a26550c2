"""The tags of a transcript: colours, fonts and distances of what is said. Tk's thread only.

The two speakers differ not only in colour: each has a line with the name above the words, the
patient's words have a background of their own, and the doctor's have another typeface. A careful
reply stands on a ground of its own, and its label has a sign and says what it is.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Palette

#: The greatest length of a line of text, in letters: longer lines are hard to read.
_MEASURE: Final = 68


def colour_tags(area: tk.Text, palette: Palette) -> None:
    """Show everything in a palette."""
    area.tag_configure("said", background=palette.band, foreground=palette.ink)
    area.tag_configure("who-said", background=palette.band, foreground=palette.muted)
    for tag in ("said", "who-said"):
        area.tag_configure(tag, lmargincolor=palette.band, rmargincolor=palette.band)
    area.tag_configure("doctor", foreground=palette.ink)
    area.tag_configure("who-doctor", foreground=palette.accent)
    area.tag_configure("old", foreground=palette.muted)
    area.tag_configure("waiting", foreground=palette.muted)
    area.tag_configure("failed", foreground=palette.warning)
    for tag in ("day", "notice"):
        area.tag_configure(tag, foreground=palette.muted)
    for tag in ("who-care", "care"):
        area.tag_configure(tag, background=palette.chosen, foreground=palette.ink)
        area.tag_configure(tag, lmargincolor=palette.chosen, rmargincolor=palette.chosen)
    area.tag_configure("link", underline=True, foreground=palette.accent)
    area.tag_configure("chosen", background=palette.chosen)
    area.tag_configure("chosen", lmargincolor=palette.chosen, rmargincolor=palette.chosen)
    area.tag_configure("meant", background=palette.chosen, foreground=palette.ink)
    area.tag_configure("meant", lmargincolor=palette.chosen, rmargincolor=palette.chosen)
    area.tag_configure("hit", background=palette.pieces[0], foreground=palette.piece_ink)
    area.tag_configure("hit-here", background=palette.accent, foreground=palette.on_accent)
    area.tag_configure("within")
    for tag in ("meant", "within", "hit", "hit-here", "sel"):
        area.tag_raise(tag)


def margin_of(area: tk.Text, fonts: Fonts) -> int:
    """Return the distance of the text from the left and the right of an area."""
    width = max(1, area.winfo_width())
    column = fonts.body.measure("n") * _MEASURE
    return max(fonts.space(16), (width - column) // 2)


def lay_out_tags(area: tk.Text, fonts: Fonts) -> None:
    """Set margins and distances for the current fonts and width."""
    space = fonts.space
    margin = margin_of(area, fonts)
    sides = {"lmargin1": margin, "lmargin2": margin, "rmargin": margin}
    label = {"font": fonts.small, "spacing1": space(10), "spacing3": space(2)}
    for tag in ("who-said", "who-doctor", "who-care"):
        area.tag_configure(tag, {**sides, **label})
    area.tag_configure("said", {**sides, "font": fonts.body, "spacing3": space(11)})
    area.tag_configure("said", spacing2=space(3))
    for tag in ("doctor", "care"):
        area.tag_configure(tag, {**sides, "font": fonts.voice, "spacing3": space(11)})
        area.tag_configure(tag, spacing2=space(4))
    area.tag_configure("who-care", font=fonts.bold)
    area.tag_configure("right-to-left", justify=tk.RIGHT)
    area.tag_configure("wrap", font=(fonts.body.actual("family"), -1))
    area.tag_configure("within", spacing3=space(3))  # between the paragraphs of one entry
    area.tag_configure("waiting", font=fonts.italic)
    area.tag_configure("day", font=fonts.small, justify=tk.CENTER)
    area.tag_configure("day", spacing1=space(22), spacing3=space(10))
    area.tag_configure("notice", {**sides, "font": fonts.small, "justify": tk.CENTER})
    area.tag_configure("notice", spacing1=space(8), spacing3=space(8))
