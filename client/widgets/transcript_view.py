"""The transcript on the screen: what was said, by whom and when, in one text widget.

Everything shown is an item: an exchange, the greeting, a notice, or the line that begins a day. An
item has a fixed number of lines of the widget, so that finding the item under the mouse, or
inserting earlier sessions above the others, needs no marks and stays fast with ten thousand items:
positions are relative to the first line that was ever shown, and `_above` counts the lines inserted
before it since then.

The two speakers differ not only in colour: each has a line with the name above the words, the
patient's words have a background of their own, and the doctor's have another typeface.

Tk's thread only.
"""

from __future__ import annotations

import bisect
import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.exchange import HistoryEntry
from client.model.transcript import (
    Item,
    ItemKind,
    day,
    day_in_words,
    exchange_item,
    separator_between,
)
from client.widgets.text_view import TextView
from doctor.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Palette

#: Items inserted at once while a long history loads; between them the event loop runs.
BATCH: Final = 50
#: The greatest length of a line of text, in letters: longer lines are hard to read.
_MEASURE: Final = 68


#: The separator of two sessions of one day, and the kinds of items that belong to no session.
_PAUSE: Final = "\u00b7   \u00b7   \u00b7\n"
_MARKS: Final = frozenset({ItemKind.NOTICE, ItemKind.DAY, ItemKind.PAUSE})

Piece = str | tuple[str, ...]


class TranscriptView:
    """Shows a conversation in `area`, which it owns from then on.

    `on_reply` is called with an item when its reply is clicked, `on_top` when the reader scrolls to
    the top, `on_typing` with a letter that is typed here. `text_view` makes the area read-only.
    """

    def __init__(
        self,
        area: tk.Text,
        fonts: Fonts,
        *,
        on_reply: Callable[[Item], object] = lambda _item: None,
        on_top: Callable[[], object] = lambda: None,
        on_typing: Callable[[str], object] = lambda _key: None,
    ) -> None:
        self.area = area
        self.fonts = fonts
        self.items: list[Item] = []
        self.patient = "You"
        self.doctor = "Doctor"
        self._on_reply = on_reply
        self._above = 0
        self._end = 0
        self._chosen: Item | None = None
        self.text_view = TextView(
            area, on_top=on_top, on_typing=on_typing, on_copy=self.selected_text
        )
        area.bind("<Configure>", lambda _event: self.lay_out())
        area.tag_bind("doctor", "<ButtonRelease-1>", self._click)
        area.tag_bind("doctor", "<Enter>", lambda _event: area.configure(cursor="hand2"))
        area.tag_bind("doctor", "<Leave>", lambda _event: area.configure(cursor="arrow"))

    # Colours and sizes.

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        area = self.area
        area.tag_configure("said", background=palette.band, foreground=palette.ink)
        area.tag_configure("who-said", background=palette.band, foreground=palette.muted)
        for tag in ("said", "who-said"):
            area.tag_configure(tag, lmargincolor=palette.band, rmargincolor=palette.band)
        area.tag_configure("doctor", foreground=palette.ink)
        area.tag_configure("who-doctor", foreground=palette.accent)
        area.tag_configure("old", foreground=palette.muted)
        area.tag_configure("waiting", foreground=palette.muted)
        area.tag_configure("failed", foreground=palette.warning)
        for tag in ("day", "notice"):
            area.tag_configure(tag, foreground=palette.muted)
        area.tag_configure("chosen", background=palette.chosen)
        area.tag_configure("chosen", lmargincolor=palette.chosen, rmargincolor=palette.chosen)
        area.tag_raise("sel")

    def lay_out(self) -> None:
        """Set margins and distances for the current fonts and width."""
        fonts, area = self.fonts, self.area
        space = fonts.space
        width = max(1, area.winfo_width())
        column = fonts.body.measure("n") * _MEASURE
        margin = max(space(16), (width - column) // 2)
        sides = {"lmargin1": margin, "lmargin2": margin, "rmargin": margin}
        label = {"font": fonts.small, "spacing1": space(10), "spacing3": space(2)}
        area.tag_configure("who-said", {**sides, **label})
        area.tag_configure("who-doctor", {**sides, **label})
        area.tag_configure("said", {**sides, "font": fonts.body, "spacing3": space(11)})
        area.tag_configure("said", spacing2=space(3))
        area.tag_configure("doctor", {**sides, "font": fonts.voice, "spacing3": space(11)})
        area.tag_configure("doctor", spacing2=space(4))
        area.tag_configure("waiting", font=fonts.italic)
        area.tag_configure("day", font=fonts.small, justify=tk.CENTER)
        area.tag_configure("day", spacing1=space(22), spacing3=space(10))
        area.tag_configure("notice", {**sides, "font": fonts.small, "justify": tk.CENTER})
        area.tag_configure("notice", spacing1=space(8), spacing3=space(8))

    # Items.

    def clear(self) -> None:
        """Remove everything."""
        self.items.clear()
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
        item, waiting = exchange_item(entry, line), self._first_waiting()
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
        item.doctor, item.number = entry.doctor, entry.number
        item.kind = ItemKind.EXCHANGE
        self._redraw(item, before)
        return item

    def refuse(self, line: int) -> None:
        """Show that a line was not recorded."""
        item = self.find(line)
        if item is not None:
            item.kind = ItemKind.UNSAID
            item.doctor = "not recorded"
            self._redraw(item, item.lines)

    def give_up(self) -> None:
        """Mark every line that waits as not answered."""
        for item in self.items:
            if item.kind is ItemKind.PENDING:
                item.kind = ItemKind.UNSAID
                item.doctor = "not answered"
                self._redraw(item, item.lines)

    def prepend(self, entries: Iterable[HistoryEntry]) -> None:
        """Show earlier exchanges, oldest first, above everything else; at most `BATCH` at once."""
        items: list[Item] = []
        for entry in entries:
            item = exchange_item(entry)
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
            # The text that the reader was looking at stays where it was.
            self.area.yview(f"{top} + {lines} lines")
            self.text_view.stay_at_end()

    def entries(self) -> list[HistoryEntry]:
        """Return the exchanges that are shown, oldest first."""
        return [
            HistoryEntry(item.number, item.at, item.session, "", item.patient, item.doctor)
            for item in self.items
            if item.kind is ItemKind.EXCHANGE
        ]

    def find(self, line: int) -> Item | None:
        """Return the item of a line sent from this window, if it is shown."""
        return next((item for item in reversed(self.items) if line and item.line == line), None)

    def choose(self, item: Item | None) -> None:
        """Mark one reply as the chosen one."""
        self.area.tag_remove("chosen", "1.0", tk.END)
        self._chosen = item
        if item is not None and item.kind is ItemKind.EXCHANGE:
            row = self._row_of(item)
            self.area.tag_add("chosen", f"{row + 2}.0", f"{row + 4}.0")
            self.area.see(f"{row + 3}.0")

    @property
    def chosen(self) -> Item | None:
        """The chosen reply, if any."""
        return self._chosen

    # Their lines in the widget.

    def _insert(self, index: str, pieces: list[Piece]) -> None:
        self.area.insert(index, *pieces)  # type: ignore[arg-type] # typeshed knows one pair alone

    def _append(self, item: Item) -> None:
        fresh = separator_between(self._find_last(), item)
        for new in (fresh, item) if fresh else (item,):
            new.start = self._end
            self._end += new.lines
            self.items.append(new)
            self._insert("end - 1 chars", self._pieces_of(new))
        self.text_view.stay_at_end()

    def _first_waiting(self) -> int | None:
        """Return the index of the first line that waits for its reply."""
        found = None
        for index in range(len(self.items) - 1, -1, -1):
            kind = self.items[index].kind
            if kind in {ItemKind.EXCHANGE, ItemKind.GREETING}:
                break
            if kind is ItemKind.PENDING:
                found = index
        return found

    def _put_above(self, index: int, item: Item) -> None:
        """Show an item above the one with this index."""
        below = self.items[index:]
        row = self._row_of(below[0])
        item.start = below[0].start
        for other in below:
            other.start += item.lines
        self._end += item.lines
        self.items.insert(index, item)
        self._insert(f"{row}.0", self._pieces_of(item))
        self.text_view.stay_at_end()

    def _pieces_of(self, item: Item) -> list[Piece]:
        clock = item.at.astimezone().strftime("%H:%M")
        old = ("old",) if item.session else ()
        said = one_line(item.patient) + "\n"
        patient: list[Piece] = [f"{self.patient}  \u00b7  {clock}\n", ("who-said", *old), said]
        doctor: list[Piece] = [
            f"{self.doctor}  \u00b7  {clock}\n",
            ("who-doctor", *old),
            one_line(item.doctor) + "\n",
            ("doctor", *old),
        ]
        match item.kind:
            case ItemKind.DAY:
                return [day_in_words(item.at) + "\n", ("day",)]
            case ItemKind.PAUSE:
                return [_PAUSE, ("day",)]
            case ItemKind.NOTICE:
                return [one_line(item.doctor) + "\n", ("notice",)]
            case ItemKind.GREETING:
                return doctor
            case ItemKind.PENDING:
                words = f"{self.patient}  \u00b7  not answered yet\n"
                return [words, ("who-said",), said, ("said", "waiting")]
            case ItemKind.UNSAID:
                words = f"{self.patient}  \u00b7  {item.doctor}\n"
                return [words, ("who-said", "failed"), said, ("said", "waiting")]
        return [*patient, ("said", *old), *doctor]

    def _find_last(self) -> Item | None:
        """Return the last item that is not a notice."""
        return next(
            (item for item in reversed(self.items) if item.kind is not ItemKind.NOTICE), None
        )

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
        row = self._row_of(item)
        self.area.delete(f"{row}.0", f"{row + lines_before}.0")
        self._insert(f"{row}.0", self._pieces_of(item))
        self._shift_after(item, item.lines - lines_before)
        self.text_view.stay_at_end()

    def _remove(self, item: Item) -> None:
        row = self._row_of(item)
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

    def _row_of(self, item: Item) -> int:
        return item.start + self._above + 1

    def item_at(self, position: str) -> Item | None:
        """Return the item at a position of the widget."""
        row = int(str(self.area.index(position)).split(".", maxsplit=1)[0]) - 1 - self._above
        index = bisect.bisect_right(self.items, row, key=lambda item: item.start) - 1
        return self.items[index] if index >= 0 else None

    # Clicks and copying.

    def _click(self, event: tk.Event[tk.Misc]) -> None:
        if not self.area.tag_ranges("sel"):
            item = self.item_at(f"@{event.x},{event.y}")
            if item is not None and item.kind is ItemKind.EXCHANGE:
                self._on_reply(item)

    def selected_text(self) -> str:
        """Return the selected text; a selection of several texts with names and times."""
        ranges = self.area.tag_ranges("sel")
        if not ranges:
            return ""
        first, last = str(ranges[0]), str(self.area.index(f"{ranges[-1]} - 1 chars"))
        start, end = self.item_at(first), self.item_at(last)
        if start is None or end is None:
            return self.area.get(first, str(ranges[-1]))
        low, high = self.items.index(start), self.items.index(end)
        rows = range(int(first.split(".", 1)[0]), int(last.split(".", 1)[0]) + 1)
        texts: list[str] = []
        for item in self.items[low : high + 1]:
            row = self._row_of(item)
            chosen = [at for at in range(1, item.lines, 2) if row + at in rows] or [0]
            if item.lines > 1 or row in rows:
                texts += filter(None, (self._part_as_text(item, at) for at in chosen))
        if len(texts) > 1:
            return "\n".join(texts) + "\n"
        return self.area.get(first, str(ranges[-1])).strip("\n")

    def _part_as_text(self, item: Item, line: int) -> str:
        """Return one line of an item as plain text with name and time, "" for a label."""
        if line == 0:
            return f"[{_time(item)}] * {item.doctor}" if item.kind is ItemKind.NOTICE else ""
        if line == 1 and item.kind is ItemKind.UNSAID:
            return f"[{_time(item)}] {self.patient} ({item.doctor}): {item.patient}"
        said = line == 1 and item.kind is not ItemKind.GREETING
        who, words = (self.patient, item.patient) if said else (self.doctor, item.doctor)
        return f"[{_time(item)}] {who}: {words}" if words else ""


def _time(item: Item) -> str:
    return item.at.astimezone().strftime("%Y-%m-%d %H:%M")
