"""Marks in the input the words that a dictionary does not know. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tkinter as tk

    from client.model.spelling import Speller
    from client.widgets.palette import Palette

#: Milliseconds after the last key until the words are looked up.
_PAUSE: Final = 400
_TAG: Final = "misspelt"


class SpellMarks:
    """The marks in `area`; nothing is marked until a `speller` is set."""

    def __init__(self, area: tk.Text) -> None:
        self._area = area
        self._timer = ""
        self.speller: Speller | None = None
        area.tag_configure(_TAG, underline=True)
        area.bind("<KeyRelease>", lambda _event: self._wait(), add=True)
        area.bind("<<Paste>>", lambda _event: self._wait(), add=True)

    def colour(self, palette: Palette) -> None:
        """Show the marks in a palette."""
        self._area.tag_configure(_TAG, underlinefg=palette.warning)

    def use(self, speller: Speller | None) -> None:
        """Mark with this speller from now on; None removes all marks."""
        self.speller = speller
        self.mark()

    def mark(self) -> None:
        """Mark what is misspelt now, except the word that is being typed."""
        self._timer = ""
        area = self._area
        area.tag_remove(_TAG, "1.0", "end")
        text = area.get("1.0", "end - 1 chars")
        for start, end in self.speller.misspelt(text) if self.speller is not None else ():
            last = f"1.0 + {end} chars"
            if not area.compare(last, "==", "insert") or area.focus_get() is not area:
                area.tag_add(_TAG, f"1.0 + {start} chars", last)

    def word_at(self, index: str) -> tuple[str, str, list[str]] | None:
        """Return start and end of the misspelt word at a place, and what may have been meant."""
        area = self._area
        found = area.tag_prevrange(_TAG, f"{index} + 1 chars")
        if self.speller is None or not found or area.compare(str(found[1]), "<", index):
            return None
        first, last = map(str, found)
        return first, last, self.speller.suggest(area.get(first, last))

    def replace(self, first: str, last: str, word: str) -> None:
        """Write another word in the place of one."""
        self._area.delete(first, last)
        self._area.insert(first, word)
        self.mark()

    def _wait(self) -> None:
        if self.speller is not None:
            if self._timer:
                self._area.after_cancel(self._timer)
            self._timer = self._area.after(_PAUSE, self.mark)
