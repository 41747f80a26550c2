"""The transcript on the screen: what was said, by whom and when, in one text widget.

Everything shown is an item: an exchange, the greeting, a notice, or the line that begins a day. An
item has a known number of lines of the widget, so that finding the item under the mouse, or
inserting earlier sessions above the others, needs no marks and stays fast with ten thousand items:
positions are relative to the first line that was ever shown, and `_above` counts the lines inserted
before it since then.

Its text is made in `client.widgets.transcript_text`, its look in `client.widgets.transcript_style`.
Tk's thread only.
"""

from __future__ import annotations

import bisect
import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.model.links import find_links
from client.model.transcript import (
    Item,
    ItemKind,
    day,
    exchange_item,
    first_waiting,
    heard_item,
    last_said,
    separator_between,
    stored_entries,
)
from client.widgets import transcript_style
from client.widgets.hit_marks import HitMarks
from client.widgets.right_to_left import RowOrder, place_of
from client.widgets.text_view import TextView
from client.widgets.transcript_selection import Selection
from client.widgets.transcript_text import Names, on_screen, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from client.model.exchange import HistoryEntry
    from client.model.links import TextLink
    from client.model.transcript_line import TranscriptLine
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Palette
    from client.widgets.transcript_text import Piece

#: Items inserted at once while a long history loads; between them the event loop runs.
BATCH: Final = 50
#: The kinds of items that belong to no session.
_MARKS: Final = frozenset({ItemKind.NOTICE, ItemKind.DAY, ItemKind.PAUSE})


class TranscriptView:
    """Shows a conversation in `area`, which it owns from then on.

    `on_reply` is called with an item when its reply is clicked, `on_link` with an address or a
    number of a careful reply, `on_top` and `on_bottom` when the reader scrolls there, `on_typing`
    with a letter that is typed here. `text_view` makes the area read-only.
    """

    def __init__(
        self,
        area: tk.Text,
        fonts: Fonts,
        *,
        on_reply: Callable[[Item], object] = lambda _item: None,
        on_link: Callable[[TextLink], object] = lambda _link: None,
        on_top: Callable[[], object] = lambda: None,
        on_bottom: Callable[[], object] = lambda: None,
        on_typing: Callable[[str], object] = lambda _key: None,
    ) -> None:
        self.area = area
        self.fonts = fonts
        self.items: list[Item] = []
        self.patient, self.doctor = tr("You"), tr("Doctor")
        self._on_reply, self._on_link = on_reply, on_link
        self._numbered: dict[int, Item] = {}
        self._hits = HitMarks(area)
        self._order = RowOrder(area, fonts)
        self.capitals = False  #: whether new items are shown in capitals
        self._above = self._end = 0
        self._chosen: Item | None = None
        self.text_view = TextView(
            area,
            on_top=on_top,
            on_bottom=on_bottom,
            on_typing=on_typing,
            on_copy=self.selected_text,
        )
        area.bind("<Configure>", lambda _event: self.lay_out())
        for tag in ("doctor", "care"):
            area.tag_bind(tag, "<ButtonRelease-1>", self._click)
            area.tag_bind(tag, "<Enter>", lambda _event: area.configure(cursor="hand2"))
            area.tag_bind(tag, "<Leave>", lambda _event: area.configure(cursor="arrow"))

    # Colours and sizes.

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        transcript_style.colour_tags(self.area, palette)

    def lay_out(self) -> None:
        """Set margins and distances for the current fonts and width."""
        transcript_style.lay_out_tags(self.area, self.fonts)
        if self._order.is_stale():
            for item in self.items:
                if item.drawn:
                    self._redraw(item, item.lines)
                    self._note(item)

    # Items.

    def clear(self) -> None:
        """Remove everything."""
        self.items.clear()
        self._numbered.clear()
        self._above = self._end = 0
        self._chosen = None
        self.area.delete("1.0", tk.END)

    def restart(self) -> None:
        """Remove everything except the lines that wait for a reply."""
        waiting = [item for item in self.items if item.kind is ItemKind.PENDING]
        self.clear()
        for item in waiting:
            self._append(item)

    def last_reply(self) -> Item | None:
        """Return the newest exchange that is shown."""
        return next((item for item in reversed(self.items) if item.kind is ItemKind.EXCHANGE), None)

    def greet(self, text: str, at: datetime) -> None:
        """Show the doctor's greeting at the end."""
        self._append(Item(ItemKind.GREETING, at, doctor=text))

    def notice(self, text: str, at: datetime) -> None:
        """Show a notice of the program at the end."""
        self._append(Item(ItemKind.NOTICE, at, doctor=text))

    def say(self, line: int, text: str, at: datetime) -> None:
        """Show a line of the patient's that is not answered yet."""
        self._append(Item(ItemKind.PENDING, at, text, line=line))
        self.text_view.scroll_to_end()

    def add(self, entry: HistoryEntry, *, line: int = 0) -> None:
        """Show an exchange at the end, but above the lines that wait for their replies."""
        self._add(exchange_item(entry, line))

    def prepend_heard(self, lines: Iterable[TranscriptLine]) -> None:
        """Show earlier lines of a room, oldest first, above everything else."""
        self._prepend([heard_item(one) for one in lines])

    def _add(self, item: Item) -> None:
        waiting = first_waiting(self.items)
        if waiting is None:
            self._append(item)
        else:
            self._put_above(waiting, item)

    def answer(self, line: int, entry: HistoryEntry) -> Item:
        """Show the reply to a line; return its item."""
        item = self.find(line)
        if item is None:
            self.add(entry, line=line)
            return self.items[-1]
        before = item.lines
        item.doctor, item.number, item.mark = entry.doctor, entry.number, entry.mark
        item.kind = ItemKind.EXCHANGE
        self._redraw(item, before)
        self._note(item)
        return item

    def numbered(self, number: int) -> Item | None:
        """Return the item of the exchange with this number, if it is shown."""
        return self._numbered.get(number)

    def hear(self, one: TranscriptLine) -> None:
        """Show what somebody said or did, above the lines that wait."""
        self._add(heard_item(one))

    def take_back(self, number: int) -> None:
        """Show that an exchange was taken back; in a room it may be several items."""
        items = [item for item in self.items if item.number == number]
        for item in items[1:]:
            self._remove(item)
        for item in items[:1]:
            before = item.lines
            item.take_back()
            self._redraw(item, before)

    def refuse(self, line: int) -> None:
        """Show that a line was not recorded."""
        item = self.find(line)
        if item is not None:
            item.kind, item.doctor = ItemKind.UNSAID, tr("not recorded")
            self._redraw(item, item.lines)

    def give_up(self) -> None:
        """Mark every line that waits as not answered."""
        for item in self.items:
            if item.kind is ItemKind.PENDING:
                item.kind, item.doctor = ItemKind.UNSAID, tr("not answered")
                self._redraw(item, item.lines)

    def prepend(self, entries: Iterable[HistoryEntry]) -> None:
        """Show earlier exchanges, oldest first, above everything else; at most `BATCH` at once."""
        self._prepend([exchange_item(entry) for entry in entries])

    def _prepend(self, given: list[Item]) -> None:
        items: list[Item] = []
        for item in given:
            fresh = separator_between(items[-1] if items else None, item)
            items += [fresh, item] if fresh else [item]
        if items:
            self._join_above(items[-1])
        lines = sum(item.lines for item in items)
        self._above += lines
        start = -self._above
        for item in items:
            item.start = start
            start += item.lines
        self.items[:0] = items
        top = self.area.index("@0,0")
        pieces = [piece for item in items for piece in self._pieces_of(item)]
        if pieces:
            self._insert("1.0", pieces)
            for item in items:
                self._note(item)
            # The text that the reader was looking at stays where it was.
            self.area.yview(f"{top} + {lines} lines")
            self.text_view.stay_at_end()

    def entries(self) -> list[HistoryEntry]:
        """Return the exchanges that are shown, oldest first."""
        return stored_entries(self.items)

    def find(self, line: int) -> Item | None:
        """Return the item of a line sent from this window, if it is shown."""
        return next((item for item in reversed(self.items) if line and item.line == line), None)

    def choose(self, item: Item | None) -> None:
        """Mark one reply as the chosen one."""
        self.area.tag_remove("chosen", "1.0", tk.END)
        self._chosen = item
        if item is not None and item.kind is ItemKind.EXCHANGE and item.doctor:
            row, reply = self.row_of(item), item.parts[-1]
            self.area.tag_add("chosen", f"{row + reply.first - 1}.0", f"{row + reply.last + 1}.0")
            self.area.see(f"{row + reply.last}.0")

    @property
    def chosen(self) -> Item | None:
        """The chosen reply, if any."""
        return self._chosen

    @property
    def _names(self) -> Names:
        return Names(self.patient, self.doctor, self.capitals)

    # Finding.

    def mark_hits(self, wanted: str) -> None:
        """Mark from now on where `wanted`, which is folded, is in new items; "" marks nothing."""
        self._hits.begin(wanted)

    def mark_hit(self, number: int) -> None:
        """Mark the hits in an exchange that is shown."""
        item = self._numbered.get(number)
        if item is not None:
            self._hits.mark(item, self.row_of(item))

    def show_number(self, number: int) -> bool:
        """Scroll to an exchange and mark its hits as the current ones; False if not shown."""
        item = self._numbered.get(number)
        if item is None:
            return False
        row = self.row_of(item)
        self._hits.mark_here(item, row)
        self.text_view.follows = False
        self.area.see(f"{row + item.lines}.0")
        self.area.see(str((*self.area.tag_ranges("hit-here"), f"{row}.0")[0]))
        self.area.mark_set(tk.INSERT, f"{row}.0")
        return True

    def _note(self, item: Item) -> None:
        """Know an item by its number, and mark the hits in it."""
        if item.number:
            self._numbered[item.number] = item
            if self._hits.wanted:
                self._hits.mark(item, self.row_of(item))

    # Their lines in the widget.

    def _insert(self, index: str, pieces: list[Piece]) -> None:
        self.area.insert(index, *pieces)  # type: ignore[arg-type] # typeshed knows one pair alone

    def _append(self, item: Item) -> None:
        fresh = separator_between(last_said(self.items), item)
        for new in (fresh, item) if fresh else (item,):
            new.start = self._end
            self._end += new.lines
            self.items.append(new)
            self._insert("end - 1 chars", self._pieces_of(new))
            self._note(new)
        self.text_view.stay_at_end()

    def _put_above(self, index: int, item: Item) -> None:
        """Show an item above the one with this index."""
        below = self.items[index:]
        row = self.row_of(below[0])
        item.start = below[0].start
        for other in below:
            other.start += item.lines
        self._end += item.lines
        self.items.insert(index, item)
        self._insert(f"{row}.0", self._pieces_of(item))
        self._note(item)
        self.text_view.stay_at_end()

    def _pieces_of(self, item: Item) -> list[Piece]:
        return self._order.arrange(item, pieces_of(item, self._names))

    def _join_above(self, last: Item) -> None:
        """Correct the separator at the top before `last` is inserted above it."""
        first = next((item for item in self.items if item.kind is not ItemKind.NOTICE), None)
        if first is None or first.kind is not ItemKind.DAY or day(first.at) != day(last.at):
            return
        follower = next((item for item in self.items if item.kind not in _MARKS), None)
        if follower is not None and follower.session != last.session:
            first.kind = ItemKind.PAUSE
            self._redraw(first, first.lines)
        else:
            self._remove(first)

    def _redraw(self, item: Item, lines_before: int) -> None:
        row = self.row_of(item)
        self.area.delete(f"{row}.0", f"{row + lines_before}.0")
        self._insert(f"{row}.0", self._pieces_of(item))
        self._shift_after(item, item.lines - lines_before)
        self.text_view.stay_at_end()

    def _remove(self, item: Item) -> None:
        row = self.row_of(item)
        self.area.delete(f"{row}.0", f"{row + item.lines}.0")
        self._shift_after(item, -item.lines)
        self.items.remove(item)

    def _shift_after(self, item: Item, lines: int) -> None:
        if lines:
            for other in reversed(self.items):
                if other is item:
                    break
                other.start += lines
            self._end += lines

    def row_of(self, item: Item) -> int:
        """Return the row of the widget in which an item begins."""
        return item.start + self._above + 1

    def item_at(self, position: str) -> Item | None:
        """Return the item at a position of the widget."""
        row = int(str(self.area.index(position)).split(".", maxsplit=1)[0]) - 1 - self._above
        index = bisect.bisect_right(self.items, row, key=lambda item: item.start) - 1
        return self.items[index] if index >= 0 else None

    # Clicks and copying.

    def _click(self, event: tk.Event[tk.Misc]) -> None:
        if self.area.tag_ranges("sel"):
            return
        item = self.item_at(f"@{event.x},{event.y}")
        if item is None or item.kind is not ItemKind.EXCHANGE:
            return
        link = self._link_at(item, f"@{event.x},{event.y}")
        if link is not None:
            self._on_link(link)
        else:
            self._on_reply(item)

    def _link_at(self, item: Item, position: str) -> TextLink | None:
        """Return the address or number at a position, if it is shown as one."""
        if "link" not in self.area.tag_names(position):
            return None
        row = int(str(self.area.index(position)).split(".", maxsplit=1)[0])
        counted = self.area.count(f"{row}.0", position, "chars")
        column = counted[0] if isinstance(counted, tuple) else counted or 0
        at = place_of(item, item.parts[-1], row - self.row_of(item), column)
        links = find_links(on_screen(item.doctor))
        return next((link for link in links if link.start <= at < link.end), None)

    def selected_text(self) -> str:
        """Return the selected text; a selection of several texts with names and times."""
        return Selection(self.area, self.items, self.item_at, self.row_of).text(self._names)
