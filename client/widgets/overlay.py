"""A further transcript over that of the conversation, below a title and a button.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from client.widgets import dialogs
from client.widgets.fitting import wrap_to_width
from client.widgets.transcript_view import TranscriptView

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.palette import Painter


class Overlay:
    """A transcript that is shown in place of `now`.

    `label` and `press` are its button's. The other functions are those of a `TranscriptView`.
    """

    def __init__(
        self,
        now: TranscriptView,
        painter: Painter,
        label: str,
        press: Callable[[], object],
        *,
        on_top: Callable[[], object],
        on_bottom: Callable[[], object] = lambda: None,
        on_typing: Callable[[str], object],
    ) -> None:
        self._painter = painter
        fonts = now.fonts
        self.frame = frame = tk.Frame(now.area.master)
        painter.paint(frame, "page")
        head = tk.Frame(frame, padx=fonts.space(14), pady=fonts.space(4))
        painter.paint(head, "bar")
        head.pack(side="top", fill="x")
        self.title = tk.Label(head, font=fonts.small, anchor="w")
        painter.paint(self.title, "label")
        self.button = dialogs.button(head, label, press, painter, fonts)
        self.button.pack(side="right")
        self.title.pack(side="left", fill="x", expand=True, padx=(0, fonts.space(8)))
        wrap_to_width(self.title)
        self.area = area = tk.Text(
            frame, font=fonts.body, relief="flat", borderwidth=0, highlightthickness=2, width=20
        )
        dialogs.scrollbar(frame, area, fonts).pack(side="right", fill="y")
        area.pack(side="left", fill="both", expand=True)
        painter.paint(area, "reading")
        self.transcript = TranscriptView(
            area, fonts, on_top=on_top, on_bottom=on_bottom, on_typing=on_typing
        )
        self.transcript.patient = now.patient
        self.colour()
        self.transcript.lay_out()

    @property
    def is_shown(self) -> bool:
        """Whether it is in front."""
        return bool(self.frame.winfo_manager())

    def show(self) -> None:
        """Show it in front of the other transcripts."""
        self.frame.place(relx=0, rely=0, relwidth=1, relheight=1)
        self.frame.lift()
        self.frame.update_idletasks()
        self.transcript.lay_out()

    def hide(self) -> None:
        """Show what is behind it."""
        self.frame.place_forget()

    def colour(self) -> None:
        """Show everything in the palette of the window."""
        self.transcript.colour(self._painter.palette)

    def destroy(self) -> None:
        """Remove it for good."""
        self.frame.destroy()
