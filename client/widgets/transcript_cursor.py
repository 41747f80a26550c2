"""The keyboard's cursor in a transcript, and the entry that it is in. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.transcript import ItemKind

if TYPE_CHECKING:
    from client.model.transcript import Item
    from client.widgets.transcript_view import TranscriptView

#: The tag of the entry that an open menu is about.
_MEANT: Final = "meant"


def item_at_cursor(transcript: TranscriptView) -> Item | None:
    """Return the item that the cursor is in; at the end, where it begins, the newest exchange."""
    area = transcript.area
    if area.compare(tk.INSERT, ">=", "end - 1 chars"):
        return transcript.last_reply()
    return transcript.item_at(tk.INSERT)


def exchange_at_cursor(transcript: TranscriptView) -> Item | None:
    """Return the exchange that the cursor is in, if it is in one."""
    item = item_at_cursor(transcript)
    return item if item is not None and item.kind is ItemKind.EXCHANGE else None


def place_of_cursor(area: tk.Text) -> tuple[int, int]:
    """Make the cursor visible; return where on the screen its menu opens."""
    area.see(tk.INSERT)
    box = area.bbox(tk.INSERT)
    left, below = (box[0], box[1] + box[3]) if box else (20, 20)
    return area.winfo_rootx() + left, area.winfo_rooty() + below


def mark_meant(transcript: TranscriptView, item: Item) -> None:
    """Mark an entry as the one that an open menu is about."""
    row = transcript.row_of(item)
    transcript.area.tag_add(_MEANT, f"{row}.0", f"{row + item.lines}.0")


def unmark_meant(transcript: TranscriptView) -> None:
    """Mark no entry any more."""
    transcript.area.tag_remove(_MEANT, "1.0", tk.END)
