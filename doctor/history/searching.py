"""Search the bytes of texts before they are decoded: `TextBlock`, `SearchedText`.

A long history hardly ever holds the text that is looked for, so most of the time of a search is
spent on what does not have it. Therefore texts are first searched as they are stored, many at
once. Only an exchange that may hold the text is decoded and compared by `doctor.text.holds`, which
decides. So the first search may say yes too often, but never no where `holds` says yes:

- `fold` treats each character by itself: its capitals, its parts, no accents. Hence the folded
  form of a text is in that of all texts together, which is made in one step, quickly.
- The small sigma has one form at the end of a word and another one elsewhere: both are taken.
- Accents stay, and any number may follow each letter. Any blanks are taken for one.
- ASCII needs only its capitals made small, which takes a nanosecond for a character.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from doctor.text import fold, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.history.transcript import Exchange

#: What one slice costs at most where it has more than one text, see `cost_of`.
SLICE_COST: Final = 8_192
#: An ASCII character costs this part of any other byte.
_ASCII_PART: Final = 16
#: In a word, and at its end.
_SIGMAS: Final = "\N{GREEK SMALL LETTER SIGMA}\N{GREEK SMALL LETTER FINAL SIGMA}"


class SearchedText:
    """A text that is looked for; `wanted` is folded and not empty."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self._ascii: Callable[[bytes], object] | None = None
        if wanted.isascii():
            words = [re.escape(word) for word in wanted.encode().split()]
            self._ascii = re.compile(rb"[\t-\r\x1c-\x20]+".join(words)).search
        self._other: Callable[[str], object] | None = None  # made when it is needed first

    def may_be_in(self, data: bytes) -> bool:
        """Return False only where no text in these bytes of UTF-8 holds what is wanted."""
        if data.isascii():
            return self._ascii is not None and self._ascii(data.lower()) is not None
        # What is no UTF-8 is not of a text: it ends one.
        text = data.decode(errors="replace").casefold()
        text = unicodedata.normalize("NFKD", text).lower()
        if self.wanted in text:
            return True
        if self._other is None:
            self._other = re.compile(_pattern(self.wanted)).search
        return self._other(text) is not None

    def is_in(self, exchange: Exchange) -> bool:
        """Return True if the line or the reply of an exchange holds what is wanted."""
        return holds(exchange.patient, self.wanted) or holds(exchange.doctor, self.wanted)


def _pattern(wanted: str) -> str:
    """Return a pattern for a folded text in one whose accents are not removed."""
    marks = _marks()
    parts = {" ": rf"\s[\s{marks}]*"} | dict.fromkeys(_SIGMAS, f"[{_SIGMAS}][{marks}]*")
    return "".join(parts.get(char) or f"{re.escape(char)}[{marks}]*" for char in wanted)


@lru_cache(maxsize=1)
def _marks() -> str:
    """Return the combining characters as ranges of a pattern."""
    found: list[list[int]] = []
    for code in range(0x300, sys.maxunicode + 1):
        if unicodedata.combining(chr(code)):
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


class TextBlock:
    """The texts of some exchanges of a history, oldest first, as they are stored.

    `texts[n]` has the line and the reply of exchange `numbers[n]`, and maybe other words of it.
    `decode(n)` returns the exchange, None where it is not sound or is gone.
    """

    __slots__ = ("_ends", "decode", "numbers", "texts")

    def __init__(
        self,
        numbers: Sequence[int],
        texts: Sequence[bytes],
        decode: Callable[[int], Exchange | None],
    ) -> None:
        self.numbers, self.texts, self.decode = numbers, texts, decode
        costs = (len(text) // _ASCII_PART + 1 if text.isascii() else len(text) for text in texts)
        self._ends = [0, *accumulate(costs)]

    def slice_before(self, end: int) -> int:
        """Return where a slice of texts begins that ends before text `end` and costs no more."""
        least = self._ends[end] - SLICE_COST
        begin = end - 1
        while begin and self._ends[begin - 1] >= least:
            begin -= 1
        return begin

    def cost_of(self, begin: int, end: int) -> int:
        """Return about what it costs to search these texts; a unit takes 20 to 300 nanoseconds."""
        return self._ends[end] - self._ends[begin]

    def search(self, text: SearchedText, begin: int, end: int) -> list[Exchange]:
        """Return the exchanges of a slice that hold the text, newest first."""
        return self.hits(text, self.places(text, begin, end))

    def places(self, text: SearchedText, begin: int, end: int) -> list[int]:
        """Return which texts of a slice may hold what is wanted, newest first."""
        texts = self.texts
        if not text.may_be_in(b"\n".join(texts[begin:end])):
            return []
        return [place for place in range(end - 1, begin - 1, -1) if text.may_be_in(texts[place])]

    def hits(self, text: SearchedText, places: Sequence[int]) -> list[Exchange]:
        """Return the exchanges at these places that hold the text; they may have to be read."""
        decoded = (self.decode(place) for place in places)
        return [one for one in decoded if one is not None and text.is_in(one)]


#: Characters that are no ASCII, and that a search without regard to capitals, or the composition of
#: characters, takes for ASCII.
_TAKEN_FOR: Final = {
    "s": ("\N{LATIN SMALL LETTER LONG S}",),
    "k": ("\N{KELVIN SIGN}",),
    "i": ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\N{LATIN SMALL LETTER DOTLESS I}"),
    ";": ("\N{GREEK QUESTION MARK}",),
    "`": ("\N{GREEK VARIA}",),
}


def stored_forms(text: str) -> list[bytes] | None:
    """Return what a history has one of that holds a text, compared without regard to capitals.

    In lower case, for `Transcript.may_hold`. None for a text that is not ASCII: it may be stored in
    more ways than can be listed.
    """
    if not text.isascii():
        return None
    low = text.lower()
    others = [other for char in dict.fromkeys(low) for other in _TAKEN_FOR.get(char, ())]
    return [low.encode(), *(other.encode() for other in others)]


def searched_text(text: str) -> SearchedText | None:
    """Return what to look for where this was typed, None where folding leaves nothing."""
    wanted = fold(text)
    return SearchedText(wanted) if wanted else None
