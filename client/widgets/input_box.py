"""Where the patient types: grows with the text, sends with Return, recalls with Up and Down.

Runs in Tk's thread.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Lines that it shows at least and at most before it scrolls.
LEAST, MOST = 2, 7
_REMEMBERED: Final = 500


class InputBox:
    """Makes `area` the place to type; `send` gets the text and says whether it was taken."""

    def __init__(self, area: tk.Text, send: Callable[[str], bool]) -> None:
        self.area = area
        self._send = send
        self._said: list[str] = []
        self._place = 0
        self._draft = ""
        area.configure(wrap=tk.WORD, undo=True, height=LEAST, takefocus=True)
        area.bind("<Return>", self._on_return)
        area.bind("<KP_Enter>", self._on_return)
        for key in ("<Shift-Return>", "<Control-Return>"):
            area.bind(key, lambda _event: None)  # not what Return does alone
        area.bind("<Up>", lambda _event: self._recall(-1))
        area.bind("<Down>", lambda _event: self._recall(1))
        area.bind("<Control-a>", self._select_all)
        area.bind("<Tab>", lambda _event: self._leave("tk_focusNext"))
        area.bind("<Shift-Tab>", lambda _event: self._leave("tk_focusPrev"))
        area.bind("<KeyRelease>", lambda _event: self.grow())
        area.bind("<<Paste>>", lambda _event: area.after_idle(self.grow), add=True)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.area.get("1.0", "end - 1 chars")

    def put(self, text: str) -> None:
        """Replace what stands in it."""
        self.area.delete("1.0", tk.END)
        self.area.insert("1.0", text)
        self.area.mark_set(tk.INSERT, tk.END)
        self.area.see(tk.INSERT)
        self.grow()

    def give_back(self, text: str) -> None:
        """Put a line back that was not taken, before whatever is being typed."""
        typed = self.text
        self.put(f"{text}\n{typed}" if typed.strip() else text)

    def type(self, char: str) -> None:
        """Take a character that was typed elsewhere."""
        self.area.focus_set()
        self.area.insert(tk.INSERT, char)

    def send(self) -> None:
        """Send what stands in it, if it is anything."""
        text = self.text
        if not text.strip() or not self._send(text.strip()):
            return
        if self._said[-1:] != [text.strip()]:
            self._said.append(text.strip())
            del self._said[:-_REMEMBERED]
        self._place = len(self._said)
        self._draft = ""
        self.put("")
        self.area.edit_reset()

    def forget(self) -> None:
        """Forget everything that was typed."""
        self._said.clear()
        self._place = 0
        self._draft = ""
        self.put("")
        self.area.edit_reset()

    def grow(self) -> None:
        """Be as high as the text needs, within bounds."""
        counted = self.area.count("1.0", tk.END, "displaylines")
        lines = counted[0] if isinstance(counted, tuple) else counted or 1
        height = max(LEAST, min(MOST, int(lines)))
        if int(self.area["height"]) != height:
            self.area.configure(height=height)

    def _on_return(self, _event: object) -> str:
        self.send()
        return "break"

    def _select_all(self, _event: object) -> str:
        self.area.tag_add("sel", "1.0", "end - 1 chars")
        return "break"

    def _leave(self, way: str) -> str:
        other = getattr(self.area, way)()
        if other is not None:
            other.focus_set()
        return "break"

    def _recall(self, step: int) -> str | None:
        """Show an earlier or later line, where the cursor is on the first or last one."""
        edge = "1.0" if step < 0 else "end - 1 chars"
        same = self.area.compare(f"{tk.INSERT} linestart", "==", f"{edge} linestart")
        place = self._place + step
        if not same or not 0 <= place <= len(self._said):
            return None
        if self._place == len(self._said):
            self._draft = self.text
        self._place = place
        self.put(self._draft if place == len(self._said) else self._said[place])
        return "break"
