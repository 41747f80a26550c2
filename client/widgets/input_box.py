"""The patient's input: grows with the text, sends with Return, recalls with Up and Down.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.widgets import keys
from client.widgets.pasting import take_pastes

if TYPE_CHECKING:
    from collections.abc import Callable

#: The least and the greatest number of lines that it shows before it scrolls.
LEAST, MOST = 2, 7
_REMEMBERED: Final = 500
#: Lines of text in the height of a window, below which the input is one line high.
_LOW: Final = 24


class InputBox:
    """Makes `area` the input; `send` gets the text and returns whether it was accepted.

    `tell` gets a sentence for the status line, `scroll` the pages to scroll the transcript by.
    """

    def __init__(
        self,
        area: tk.Text,
        send: Callable[[str], bool],
        *,
        tell: Callable[[str], object] = lambda _text: None,
        scroll: Callable[[int], object] = lambda _pages: None,
    ) -> None:
        self.area = area
        self._send = send
        self._scroll_pages = scroll
        self._said: list[str] = []
        self._index = 0
        self._draft = ""
        self._returned = False
        area.configure(wrap=tk.WORD, undo=True, height=LEAST, takefocus=True)
        area.bind("<Return>", self._on_return)
        area.bind("<KP_Enter>", self._on_return)
        for key in ("<Shift-Return>", "<Control-Return>", "<Control-Prior>", "<Control-Next>"):
            area.bind(key, lambda _event: None)  # unlike Return, Page Up and Page Down alone
        area.bind("<Up>", lambda _event: self._recall(-1))
        area.bind("<Down>", lambda _event: self._recall(1))
        area.bind("<Prior>", lambda _event: self._scroll(-1))
        area.bind("<Next>", lambda _event: self._scroll(1))
        keys.bind_key(area, "<Control-a>", self._select_all)
        keys.leave_by_tab(area)
        for event in ("<KeyRelease>", "<Configure>"):
            area.bind(event, lambda _event: self.grow(), add=True)
        take_pastes(area, tell)
        area.bind("<<Paste>>", lambda _event: area.after_idle(self.grow), add=True)

    @property
    def text(self) -> str:
        """The text in the input."""
        return self.area.get("1.0", "end - 1 chars")

    @property
    def has_returned(self) -> bool:
        """Whether a line that was not accepted is here, and was not sent again."""
        return self._returned and bool(self.text.strip())

    def put(self, text: str) -> None:
        """Replace the text in the input."""
        self.area.delete("1.0", tk.END)
        self.area.insert("1.0", text)
        self.area.mark_set(tk.INSERT, tk.END)
        self.area.see(tk.INSERT)
        self.grow()

    def give_back(self, text: str) -> None:
        """Return a line that was not accepted, before the text that is being typed."""
        typed = self.text
        self._returned = True
        self.put(f"{text}\n{typed}" if typed.strip() else text)

    def type(self, char: str) -> None:
        """Insert a character that was typed in another widget."""
        self.area.focus_set()
        self.area.insert(tk.INSERT, char)

    def send(self) -> None:
        """Send the text, unless it is empty."""
        text = self.text
        if not text.strip() or not self._send(text.strip()):
            return
        if self._said[-1:] != [text.strip()]:
            self._said.append(text.strip())
            del self._said[:-_REMEMBERED]
        self._index = len(self._said)
        self._draft = ""
        self._returned = False
        self.put("")
        self.area.edit_reset()

    def bind_empty_undo(self, call: Callable[[], object]) -> None:
        """Call this for Ctrl+Z in an empty input; in any other it undoes what was typed."""

        def undo(_event: object) -> str | None:
            if self.text:
                return None
            call()
            return "break"

        keys.bind_key(self.area, "<Control-z>", undo)

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Let texts be recalled no more of which `is_gone` is true: they were taken back."""
        self._said = [each for each in self._said if not is_gone(each)]
        self._index = len(self._said)
        self._draft = ""

    def clear(self) -> None:
        """Delete the text and everything that can be recalled."""
        self._said.clear()
        self._index = 0
        self._draft = ""
        self.put("")
        self.area.edit_reset()

    def grow(self) -> None:
        """Set the height that the text needs, within limits."""
        counted = self.area.count("1.0", tk.END, "displaylines")
        lines = counted[0] if isinstance(counted, tuple) else counted or 1
        height = max(self._least(), min(MOST, int(lines)))
        if int(self.area["height"]) != height:
            self.area.configure(height=height)

    def _least(self) -> int:
        """Return the least number of lines: one in a window that is low for its font."""
        font = self.area.tk.call("font", "metrics", self.area["font"], "-linespace")
        return 1 if self.area.winfo_toplevel().winfo_height() < _LOW * int(font) else LEAST

    def _on_return(self, _event: object) -> str:
        self.send()
        return "break"

    def _select_all(self, _event: object) -> str:
        self.area.tag_add("sel", "1.0", "end - 1 chars")
        return "break"

    def _scroll(self, pages: int) -> str:
        self._scroll_pages(pages)
        return "break"

    def _recall(self, step: int) -> str | None:
        """Recall an earlier or later line if the cursor is in the first or last row."""
        edge = "1.0" if step < 0 else "end - 1 chars"
        same = self.area.compare(f"{tk.INSERT} linestart", "==", f"{edge} linestart")
        index = self._index + step
        if not same or not 0 <= index <= len(self._said):
            return None
        if self._index == len(self._said):
            self._draft = self.text
        self._index = index
        self.put(self._draft if index == len(self._said) else self._said[index])
        return "break"
