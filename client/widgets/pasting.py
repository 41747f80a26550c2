"""Pasting into the input: no more than a line can hold, with any kind of line ends.

A text of a megabyte without a line end would block the window for a minute. Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import as_number, tr
from doctor.protocol import CLIENT_LINE
from doctor.text import PARAGRAPH

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of a text that can be sent as one line.
ROOM: Final = CLIENT_LINE - 1


def take_pastes(area: tk.Text, tell: Callable[[str], object]) -> None:
    """Bind pasting in `area`; `tell` gets a sentence when a text was too long."""

    def paste(_event: object) -> str:
        if area.tag_ranges("sel"):
            area.delete("sel.first", "sel.last")
        return _insert(area, "CLIPBOARD", tell)

    def paste_selection(event: tk.Event[tk.Misc]) -> str:
        area.mark_set(tk.INSERT, f"@{event.x},{event.y}")
        area.focus_set()
        return _insert(area, "PRIMARY", tell)

    area.bind("<<Paste>>", paste)
    area.bind("<<PasteSelection>>", paste_selection)


def _insert(area: tk.Text, selection: str, tell: Callable[[str], object]) -> str:
    try:
        copied = _copied(area, selection)
    except tk.TclError:
        return "break"  # nothing was copied, or nothing that is text
    text = copied.replace("\r\n", "\n").replace("\r", "\n")
    room = max(0, ROOM - len(_sent(area.get("1.0", "end - 1 chars"))))
    part = _sent(text)[:room].decode(errors="ignore").replace(PARAGRAPH, "\n")
    area.insert(tk.INSERT, part)
    area.see(tk.INSERT)
    if len(part) < len(text):
        left = len(text) - len(part)
        tell(
            tr("One line holds {room} bytes: the last {left} characters were not pasted.").format(
                room=as_number(ROOM), left=as_number(left)
            )
        )
    return "break"


def _sent(text: str) -> bytes:
    """Return the bytes that a text takes in a line: it is sent with paragraphs."""
    return text.replace("\n", PARAGRAPH).encode(errors="replace")


def _copied(area: tk.Text, selection: str) -> str:
    """Return what was copied. Raises `tk.TclError`."""
    call = ("selection", "get", "-displayof", str(area), "-selection", selection)
    try:
        return str(area.tk.call(*call, "-type", "UTF8_STRING"))
    except tk.TclError:
        return str(area.tk.call(*call))
