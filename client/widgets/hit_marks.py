"""Marks in a transcript the places of a text that is looked for. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from client.widgets.right_to_left import drawn_ranges
from doctor.text import find_folded

if TYPE_CHECKING:
    from client.model.transcript import Item


class HitMarks:
    """The marks in `area`; `wanted` is what is looked for, folded, "" for nothing."""

    def __init__(self, area: tk.Text) -> None:
        self._area = area
        self.wanted = ""

    def begin(self, wanted: str) -> None:
        """Remove all marks; from now on this is looked for."""
        for tag in ("hit", "hit-here"):
            self._area.tag_remove(tag, "1.0", tk.END)
        self.wanted = wanted

    def mark(self, item: Item, row: int) -> None:
        """Mark the places in an item that begins in this row."""
        self._tag(item, row, "hit")

    def mark_here(self, item: Item, row: int) -> None:
        """Mark the places in an item as those where the reader is, and no others."""
        self._area.tag_remove("hit-here", "1.0", tk.END)
        self._tag(item, row, "hit-here")

    def _tag(self, item: Item, row: int, tag: str) -> None:
        for part in item.parts if self.wanted else ():
            for start, end in find_folded(item.words(part), self.wanted):
                for at, first, last in drawn_ranges(item, part, start, end):
                    # A column is not a character: Tk counts an emoji as two.
                    begin = f"{row + at}.0"
                    self._area.tag_add(tag, f"{begin} + {first} chars", f"{begin} + {last} chars")
