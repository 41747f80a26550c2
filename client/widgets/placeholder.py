"""What stands where the transcript will be, before there is one: a welcome, or what went wrong.

Tk's thread alone.
"""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from typing import TYPE_CHECKING, Final

from client.widgets import dialogs

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette
    from client.widgets.text_view import TextView

#: What is said of privacy where there is room for a sentence.
PRIVACY: Final = (
    "The doctor is a program. What you say is kept on the server's disk as your history, and "
    "whoever runs the server can read it."
)


class Placeholder:
    """A page in an area that is the transcript's: showing one takes the other away."""

    def __init__(self, reading: TextView, letters: Fonts, painter: Painter) -> None:
        self._reading, self._area = reading, reading.area
        self._letters, self._painter = letters, painter
        self.is_shown = False

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        self._area.tag_configure("page-title", foreground=palette.ink)
        self._area.tag_configure("page-text", foreground=palette.ink)
        self._area.tag_configure("page-note", foreground=palette.muted)

    def lay_out(self) -> None:
        """Set the letters and distances."""
        space, area = self._letters.space, self._area
        width = max(1, area.winfo_width())
        margin = max(space(24), (width - space(480)) // 2)
        sides = {"lmargin1": margin, "lmargin2": margin, "rmargin": margin}
        top = max(space(20), area.winfo_height() // 5)
        area.tag_configure("page-title", {**sides, "font": self._letters.title, "spacing1": top})
        area.tag_configure("page-text", {**sides, "font": self._letters.body})
        area.tag_configure("page-note", {**sides, "font": self._letters.small})
        area.tag_configure("page-title", spacing3=space(10))
        for tag in ("page-text", "page-note"):
            area.tag_configure(tag, spacing2=space(3), spacing3=space(10))

    def welcome(self) -> None:
        """Invite somebody in."""
        hour = datetime.now().astimezone().hour
        day = "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 else "evening"
        self._show(f"Good {day}.", "Tell the doctor your name, above, and press Return.", ())

    def trouble(self, why: str, *offers: tuple[str, Callable[[], object]]) -> None:
        """Say what went wrong and offer what can be done: labels of buttons, what they do."""
        self._show("The doctor cannot be reached.", why, offers)

    def wait(self, text: str) -> None:
        """Say what is being waited for."""
        self._show("One moment, please.", text, ())

    def note(self, title: str, text: str) -> None:
        """Show a title and a sentence, without a word on privacy."""
        self._show(title, text, (), foot="")

    def away(self) -> None:
        """Take the page away."""
        if self.is_shown:
            self._area.delete("1.0", tk.END)
            self.is_shown = False
            self._reading.to_end()

    def _show(
        self,
        title: str,
        text: str,
        offers: tuple[tuple[str, Callable[[], object]], ...],
        foot: str = PRIVACY,
    ) -> None:
        area = self._area
        area.delete("1.0", tk.END)
        self.is_shown = True
        self._reading.follows = False
        self.lay_out()
        area.insert(tk.END, f"{title}\n", "page-title", f"{text}\n", "page-text")
        for number, (label, command) in enumerate(offers):
            made = dialogs.button(
                area, label, command, self._painter, self._letters, primary=number == 0
            )
            area.window_create("end - 1 chars", window=made, padx=0, pady=self._letters.space(4))
            area.insert("end - 1 chars", "  ")
            area.tag_add("page-text", "end - 2 lines", tk.END)
        if offers:
            area.insert("end - 1 chars", "\n", "page-text")
        area.insert("end - 1 chars", foot, "page-note")
        area.yview_moveto(0)
