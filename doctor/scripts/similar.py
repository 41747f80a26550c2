"""Find the name that a mistyped one was meant to be: "did you mean COFFEE?"."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How alike two names are, from 0 to 1, of which one may be a misprint of the other.
_ALIKE = 0.7
#: So many names, those with the most letters in common, are compared letter by letter.
_COMPARED = 60


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name most like `word`, whatever its case; empty if none is alike."""
    by_key = {name.casefold(): name for name in names}
    key = word.casefold()
    letters, size = _letters(key), len(key)

    def difference(name: str) -> int:
        return (_letters(name) ^ letters).bit_count() + abs(len(name) - size)

    promising = nsmallest(_COMPARED, by_key, key=difference)
    near = [each for each in get_close_matches(key, promising, 2, _ALIKE) if each != key]
    return by_key[near[0]] if near else ""


def did_you_mean(word: str, names: Iterable[str], otherwise: str) -> str:
    """Return a remedy: the name that was meant, or what to do where none is alike."""
    near = nearest(word, names)
    return f"did you mean {near}? {otherwise}" if near else otherwise


@lru_cache(maxsize=1 << 14)
def _letters(name: str) -> int:
    """Return the letters of a name as a set of bits."""
    bits = 0
    for letter in name:
        bits |= 1 << ord(letter) % 61
    return bits
