"""A read-only text that stays scrolled to its end unless the reader scrolls away.

Tk calculates the heights of lines only some time after they were inserted, so that the position of
the end changes by itself. Therefore the view remembers whether the reader is at the end, and this
changes only when the reader scrolls. Tk's thread only.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING, Final

from client.widgets import keys

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
_MOVES: Final = frozenset(("Up", "Down", "Left", "Right", "Prior", "Next", "Home", "End", "F10"))


class TextView:
    """Makes `area` a read-only text.

    `on_top` and `on_bottom` are called when the reader scrolls there, `on_typing` with a letter
    typed while the area has the focus, `on_copy` to get the text to copy.
    """

    def __init__(
        self,
        area: tk.Text,
        *,
        on_top: Callable[[], object],
        on_bottom: Callable[[], object],
        on_typing: Callable[[str], object],
        on_copy: Callable[[], str],
    ) -> None:
        self.area = area
        self.follows = True
        self._on_top, self._on_bottom = on_top, on_bottom
        self._on_typing, self._on_copy = on_typing, on_copy
        area.configure(wrap=tk.WORD, undo=False, cursor="arrow", borderwidth=0, takefocus=True)
        # These bindings come between the window's keys and Tk's own, and block all editing.
        guard = f"read-only {area}"
        area.bindtags((str(area), str(area.winfo_toplevel()), guard, "Text", "all"))
        area.bind_class(guard, "<Key>", self._key)
        keys.leave_by_tab(area)
        for name in ("<<Cut>>", "<<Paste>>", "<<PasteSelection>>", "<<Clear>>"):
            area.bind(name, lambda _event: "break")
        area.bind("<<Copy>>", self._copy)
        area.bind("<<WidgetViewSync>>", lambda _event: self.stay_at_end())
        for name in _SCROLLS:
            area.bind(name, self._scrolled, add=True)
        for bar in area.master.winfo_children():
            if isinstance(bar, ttk.Scrollbar):
                bar.configure(command=self._drag)

    @property
    def at_end(self) -> bool:
        """Whether the end is visible."""
        return self.area.dlineinfo("end - 1 chars") is not None

    def scroll_to_end(self) -> None:
        """Scroll to the end and stay there."""
        self.follows = True
        self.stay_at_end()

    def scroll_pages(self, pages: int) -> None:
        """Scroll by pages, as a reader does."""
        self.area.yview_scroll(pages, "pages")
        self._check_position()

    def stay_at_end(self) -> None:
        """Scroll to the end if the reader was there; call this when the text has changed."""
        if self.follows:
            self.area.see("end - 1 chars")

    def _drag(self, *where: str) -> None:
        self.area.yview(*where)
        self._check_position()

    def _scrolled(self, _event: object) -> None:
        # The event scrolls the view only after this binding has run.
        self.area.after_idle(self._check_position)

    def _check_position(self) -> None:
        with contextlib.suppress(tk.TclError):  # the window was closed meanwhile
            self.follows = self.at_end
            top, bottom = self.area.yview()
            if not self.follows and top <= 0:
                self._on_top()
            if bottom >= 1:
                self._on_bottom()

    def _key(self, event: tk.Event[tk.Misc]) -> str | None:
        """Let keys scroll and copy; pass letters on to the input."""
        if not event.char or event.keysym in _MOVES:
            return None
        control = isinstance(event.state, int) and event.state & 0x4
        if control and event.keysym.lower() in {"c", "insert"}:
            return None
        if control and event.keysym.lower() == "a":
            self.area.tag_add("sel", "1.0", "end - 1 chars")
        elif not control and event.char.isprintable():
            self._on_typing(event.char)
        return "break"

    def _copy(self, _event: object) -> str:
        text = self._on_copy()
        if text:
            self.area.clipboard_clear()
            self.area.clipboard_append(text)
        return "break"
