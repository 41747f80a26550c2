"""What is selected in a transcript, as text to copy. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from client.model import bidi
from client.widgets.transcript_text import texts_between

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.model.transcript import Item
    from client.widgets.transcript_text import Names


class Selection(NamedTuple):
    """The selection in `area`, which shows `items`.

    `item_at` returns the item at a position, `row_of` the row in which an item begins.
    """

    area: tk.Text
    items: list[Item]
    item_at: Callable[[str], Item | None]
    row_of: Callable[[Item], int]

    def text(self, names: Names) -> str:
        """Return the selected text; a selection of several texts with names and times."""
        ranges = self.area.tag_ranges("sel")
        if not ranges:
            return ""
        first, last = str(ranges[0]), str(self.area.index(f"{ranges[-1]} - 1 chars"))
        start, end = self.item_at(first), self.item_at(last)
        if start is None or end is None:
            return self._plain(first, str(ranges[-1]))
        low, high = self.items.index(start), self.items.index(end)
        top, bottom = int(first.split(".", 1)[0]), int(last.split(".", 1)[0])
        texts = [
            text
            for item in self.items[low : high + 1]
            for text in texts_between(item, self.row_of(item), top, bottom, names)
        ]
        if len(texts) > 1:
            return "\n".join(texts) + "\n"
        return self._plain(first, str(ranges[-1])).strip("\n")

    def _plain(self, first: str, last: str) -> str:
        """Return the text between two positions, in the order in which it is read."""
        top, bottom = (int(each.split(".", maxsplit=1)[0]) for each in (first, last))
        return "\n".join(
            self._row(row, first if row == top else "", last if row == bottom else "")
            for row in range(top, bottom + 1)
        )

    def _row(self, row: int, first: str, last: str) -> str:
        """Return what is selected in a row: from a position to another, "" for the whole row."""
        begin, end = first or f"{row}.0", last or f"{row}.end"
        item = self.item_at(f"{row}.0")
        drawn = item.drawn.get(row - self.row_of(item)) if item is not None else None
        if drawn is None:
            return self.area.get(begin, end)
        left = len(self.area.get(f"{row}.0", begin))
        right = left + len(self.area.get(begin, end))
        return bidi.logical_text(drawn.text, drawn.places, left, right)
