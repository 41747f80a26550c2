"""A text to read: it cannot be edited, and it stays at its end unless the reader goes elsewhere.

Tk knows the heights of lines only some time after they were put in, so that "the end" moves by
itself; whether the reader wants to be there is therefore remembered, and changes only when the
reader scrolls. Tk's thread alone.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Events by which a reader moves the view.
_SCROLLS: Final = (
    "<MouseWheel>",
    "<Button-4>",
    "<Button-5>",
    "<ButtonRelease-1>",
    "<B1-Motion>",
    "<KeyPress>",
)
_MOVES: Final = frozenset(
    ("Up", "Down", "Left", "Right", "Prior", "Next", "Home", "End", "Tab", "ISO_Left_Tab", "F10")
)


class TextView:
    """Makes `area` a text to read.

    `on_top` is called when the reader comes to the top, `on_typing` with a letter typed while the
    area has the focus, `on_copy` for what to copy.
    """

    def __init__(self, area: tk.Text) -> None:
        self.area = area
        self.follows = True
        self.on_top: Callable[[], object] = lambda: None
        self.on_typing: Callable[[str], object] = lambda _key: None
        self.on_copy: Callable[[], str] = lambda: ""
        area.configure(wrap=tk.WORD, undo=False, cursor="arrow", borderwidth=0, takefocus=True)
        # Between the window's keys and Tk's own stands a guard that lets nothing be edited.
        guard = f"guard of {area}"
        area.bindtags((str(area), str(area.winfo_toplevel()), guard, "Text", "all"))
        area.bind_class(guard, "<Key>", self._key)
        for name in ("<<Cut>>", "<<Paste>>", "<<PasteSelection>>", "<<Clear>>"):
            area.bind(name, lambda _event: "break")
        area.bind("<<Copy>>", self._copy)
        area.bind("<<WidgetViewSync>>", lambda _event: self.keep())
        for name in _SCROLLS:
            area.bind(name, self._scrolled, add=True)
        for bar in area.master.winfo_children():
            if isinstance(bar, ttk.Scrollbar):
                bar.configure(command=self._drag)

    @property
    def at_end(self) -> bool:
        """Whether the end is in view."""
        return self.area.dlineinfo("end - 1 chars") is not None

    def to_end(self) -> None:
        """Bring the end into view, and keep it there."""
        self.follows = True
        self.keep()

    def keep(self) -> None:
        """Stay at the end if the reader is there; to be called when the text has changed."""
        if self.follows:
            self.area.see("end - 1 chars")

    def _drag(self, *where: str) -> None:
        self.area.yview(*where)
        self._look()

    def _scrolled(self, _event: object) -> None:
        # What the event does to the view comes after this binding.
        self.area.after_idle(self._look)

    def _look(self) -> None:
        with contextlib.suppress(tk.TclError):  # closed meanwhile
            self.follows = self.at_end
            if not self.follows and self.area.yview()[0] <= 0:
                self.on_top()

    def _key(self, event: tk.Event[tk.Misc]) -> str | None:
        """Let keys move and copy; hand letters on to where they can be typed."""
        if not event.char or event.keysym in _MOVES:
            return None
        control = isinstance(event.state, int) and event.state & 0x4
        if control and event.keysym.lower() in {"c", "insert"}:
            return None
        if control and event.keysym.lower() == "a":
            self.area.tag_add("sel", "1.0", "end - 1 chars")
        elif not control and event.char.isprintable():
            self.on_typing(event.char)
        return "break"

    def _copy(self, _event: object) -> str:
        text = self.on_copy()
        if text:
            self.area.clipboard_clear()
            self.area.clipboard_append(text)
        return "break"
