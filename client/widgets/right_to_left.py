"""Show what is written from right to left in the order in which it is read.

See `client.model.bidi`. A row of an item that has such text is drawn in another order than it is
stored, and its blanks are wrapped for one width: it is made anew when the width or the font
changes. `Item.drawn` knows which character of the text is where, for marks, links and copying.
Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from client.model import bidi
from client.model.transcript import DrawnRow
from client.widgets.transcript_style import margin_of
from client.widgets.transcript_text import on_screen

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter import font as tkfont

    from client.model.transcript import Item, SpokenPart
    from client.widgets.fonts import Fonts
    from client.widgets.transcript_text import Piece

#: The tag of rows that begin at the right.
TAG: Final = "right-to-left"
#: The tag of a blank at which a row is wrapped: at the right it would move the line.
WRAP: Final = "wrap"
#: First tags of rows that are words; all others are labels, which begin at the left.
_WORDS: Final = frozenset({"said", "doctor", "care"})


class RowOrder:
    """Puts rows of `area` into the order in which they are drawn."""

    def __init__(self, area: tk.Text, fonts: Fonts) -> None:
        self._area, self._fonts = area, fonts
        self._made_for = (0, 0)

    def is_stale(self) -> bool:
        """Return True once if rows have to be made anew: width or size of letters changed."""
        now = (self._width(), self._fonts.size)
        before, self._made_for = self._made_for, now
        return now != before

    def arrange(self, item: Item, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces of an item as they are drawn; notes it in `item.drawn`."""
        item.drawn = {}
        texts = [piece for piece in pieces if isinstance(piece, str)]
        if not any(map(bidi.has_right_to_left, texts)) or not bidi.is_available():
            return pieces
        self._made_for = (self._width(), self._fonts.size)
        arranged: list[Piece] = []
        for number, row in enumerate(_rows_of(pieces)):
            arranged += self._arrange_row(item, number, row)
        return arranged

    def _arrange_row(self, item: Item, number: int, row: _Row) -> list[Piece]:
        text = "".join(part for part, _tags in row.parts)
        if not bidi.has_right_to_left(text):
            return [*_flat(row.parts), row.end, row.tags]
        is_said = bool(_WORDS.intersection(row.tags[:1]))
        is_right = is_said and bidi.begins_right_to_left(text)
        extra = (TAG,) if is_right else ()
        measure = self._font_of(row.tags).measure
        if is_said:
            glyphs = bidi.arrange(text, self._width(), measure, right_to_left=is_right)
        else:
            glyphs = bidi.arrange_words(text)
        tags_of = [tags for part, tags in row.parts for _char in part]
        parts: list[tuple[str, tuple[str, ...]]] = []
        for glyph in glyphs:
            tags = (*(tags_of[glyph.place] if glyph.place >= 0 else row.tags), *extra)
            if is_said and glyph.drawn == " ":
                tags = (*tags, WRAP)
            if parts and parts[-1][1] == tags:
                parts[-1] = (parts[-1][0] + glyph.drawn, tags)
            else:
                parts.append((glyph.drawn, tags))
        item.drawn[number] = DrawnRow(text, [glyph.place for glyph in glyphs])
        return [*_flat(parts), row.end, (*row.tags, *extra)]

    def _font_of(self, tags: tuple[str, ...]) -> tkfont.Font:
        fonts = self._fonts
        if "waiting" in tags:
            return fonts.italic
        named = {"said": fonts.body, "doctor": fonts.voice, "care": fonts.voice}
        return named.get(tags[0], fonts.small) if tags else fonts.body

    def _width(self) -> int:
        area = self._area
        edge = sum(int(str(area[each])) for each in ("padx", "borderwidth", "highlightthickness"))
        free = area.winfo_width() - 2 * (margin_of(area, self._fonts) + edge)
        return max(self._fonts.body.measure("n") * 8, free - self._fonts.space(2))


class _Row(NamedTuple):
    """A row of a text: its parts with their tags, what ends it, and the tags of that."""

    parts: list[tuple[str, tuple[str, ...]]]
    end: str
    tags: tuple[str, ...]


def _rows_of(pieces: list[Piece]) -> list[_Row]:
    """Return the rows of a text; each ends with a line end."""
    rows: list[_Row] = []
    parts: list[tuple[str, tuple[str, ...]]] = []
    for text, tags in zip(pieces[::2], pieces[1::2], strict=True):
        assert isinstance(text, str)  # noqa: S101 - texts and tags alternate
        assert isinstance(tags, tuple)  # noqa: S101 - the same
        *ended, rest = text.split("\n")
        for part in ended:
            rows.append(_Row([*parts, (part, tags)], "\n", tags))
            parts = []
        if rest:
            parts.append((rest, tags))
    return [*rows, _Row(parts, "", parts[0][1])] if parts else rows


def _flat(parts: list[tuple[str, tuple[str, ...]]]) -> list[Piece]:
    return [each for part in parts if part[0] for each in part]


def first_read(area: tk.Text, first: str, last: str) -> str:
    """Return the place of the character between two positions that is read first."""
    if TAG not in area.tag_names(first) or WRAP in area.tag_names(first):
        return first
    ends = [last, str(area.index(f"{first} lineend"))]
    ends += map(str, area.tag_nextrange(WRAP, first, last)[:1])
    end = min(ends, key=lambda each: tuple(map(int, str(area.index(each)).split("."))))
    return first if area.compare(end, "==", first) else f"{end} - 1 chars"


def drawn_ranges(item: Item, part: SpokenPart, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return where words of a part are drawn: rows of the item, and first and last columns."""
    found: list[tuple[int, int, int]] = []
    begin = 0
    for row, text in enumerate(on_screen(item.words(part)).split("\n"), part.first):
        first, last = max(start - begin, 0), min(end - begin, len(text))
        if first < last:
            drawn = item.drawn.get(row)
            ranges = bidi.visual_ranges(drawn.places, first, last) if drawn else [(first, last)]
            found += [(row, *pair) for pair in ranges]
        begin += len(text) + 1
    return found


def place_of(item: Item, part: SpokenPart, row: int, column: int) -> int:
    """Return which character of a part's words is drawn in a row of the item and a column."""
    texts = on_screen(item.words(part)).split("\n")
    begin = sum(len(text) + 1 for text in texts[: row - part.first])
    drawn = item.drawn.get(row)
    if drawn is not None:
        column = drawn.places[column] if column < len(drawn.places) else len(drawn.text)
    return begin + column


class InputPreview:
    """Shows below an input how a text that is typed from right to left is read.

    Tk draws such letters from left to right in the input. `label` is in the input's grid.
    """

    def __init__(self, area: tk.Text, label: tk.Label, fonts: Fonts) -> None:
        self._area, self._label, self._fonts = area, label, fonts
        label.grid_remove()
        area.bind("<<Modified>>", lambda _event: self._take_change(), add=True)

    def _take_change(self) -> None:
        if self._area.edit_modified():
            self._area.edit_modified(False)  # noqa: FBT003 - that is Tk's way
            self.update()

    def update(self) -> None:
        """Show what is in the input now."""
        text = self._area.get("1.0", "end - 1 chars")
        if not (bidi.has_right_to_left(text) and bidi.is_available()):
            self._label.grid_remove()
            return
        is_right = bidi.begins_right_to_left(text)
        self._label.configure(
            text="\n".join(map(self._as_drawn, text.split("\n"))),
            anchor="e" if is_right else "w",
            justify="right" if is_right else "left",
        )
        self._label.grid()

    def _as_drawn(self, paragraph: str) -> str:
        width = max(1, self._area.winfo_width() - self._fonts.space(24))
        measure = self._fonts.body.measure
        is_right = bidi.begins_right_to_left(paragraph)
        glyphs = bidi.arrange(paragraph, width, measure, right_to_left=is_right)
        return "".join("\n" if glyph.drawn == " " else glyph.drawn for glyph in glyphs)
