"""What is shown in place of the transcript before there is one: a welcome, or an error.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from client.widgets import dialogs
from client.widgets.fitting import heading_font

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette
    from client.widgets.text_view import TextView

#: The privacy statement in one sentence.
PRIVACY: Final = mark(
    "The doctor is a program. What you say is saved on the server's disk as your history, and "
    "the person who runs the server can read it."
)


class Placeholder:
    """A short text in the transcript's area; showing one removes the other."""

    def __init__(self, text_view: TextView, fonts: Fonts, painter: Painter) -> None:
        self._text_view, self._area = text_view, text_view.area
        self._fonts, self._painter = fonts, painter
        self.is_shown = False

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        self._area.tag_configure("page-title", foreground=palette.ink)
        self._area.tag_configure("page-text", foreground=palette.ink)
        self._area.tag_configure("page-note", foreground=palette.muted)

    def lay_out(self) -> None:
        """Set fonts and distances."""
        space, area = self._fonts.space, self._area
        width = max(1, area.winfo_width())
        margin = max(space(24), (width - space(480)) // 2)
        sides = {"lmargin1": margin, "lmargin2": margin, "rmargin": margin}
        top = max(space(20), area.winfo_height() // 5)
        font = heading_font(area, self._fonts)
        top = top if font is self._fonts.title else space(10)
        area.tag_configure("page-title", {**sides, "font": font, "spacing1": top})
        area.tag_configure("page-text", {**sides, "font": self._fonts.body})
        area.tag_configure("page-note", {**sides, "font": self._fonts.small})
        area.tag_configure("page-title", spacing3=space(10))
        for tag in ("page-text", "page-note"):
            area.tag_configure(tag, spacing2=space(3), spacing3=space(10))

    def welcome(self) -> None:
        """Greet the user and say how to begin."""
        hour = datetime.now().astimezone().hour
        morning, afternoon = tr("Good morning."), tr("Good afternoon.")
        greeting = morning if 4 <= hour < 12 else afternoon if hour < 18 else tr("Good evening.")
        self._show(
            greeting,
            tr("Tell the doctor your name, above, and press Return."),
            (),
        )

    def trouble(self, why: str, *offers: tuple[str, Callable[[], object]]) -> None:
        """Show an error and buttons for what can be done: label and function of each."""
        self._show(tr("The doctor cannot be reached."), why, offers)

    def wait(self, text: str) -> None:
        """Show what the window waits for."""
        self._show(tr("One moment, please."), text, ())

    def note(self, title: str, text: str) -> None:
        """Show a title and a sentence, without the privacy statement."""
        self._show(title, text, (), foot="")

    def dismiss(self) -> None:
        """Remove the placeholder."""
        if self.is_shown:
            self._area.delete("1.0", tk.END)
            self.is_shown = False
            self._text_view.scroll_to_end()

    def _show(
        self,
        title: str,
        text: str,
        offers: tuple[tuple[str, Callable[[], object]], ...],
        foot: str | None = None,
    ) -> None:
        area = self._area
        area.delete("1.0", tk.END)
        self.is_shown = True
        self._text_view.follows = False
        self.lay_out()
        area.insert(tk.END, f"{title}\n", "page-title", f"{text}\n", "page-text")
        for number, (label, command) in enumerate(offers):
            made = dialogs.button(
                area, label, command, self._painter, self._fonts, primary=number == 0
            )
            area.window_create("end - 1 chars", window=made, padx=0, pady=self._fonts.space(4))
            area.insert("end - 1 chars", "  ")
            area.tag_add("page-text", "end - 2 lines", tk.END)
        if offers:
            area.insert("end - 1 chars", "\n", "page-text")
        foot = tr(PRIVACY) if foot is None else foot
        area.insert("end - 1 chars", foot, "page-note")
        area.yview_moveto(0)
