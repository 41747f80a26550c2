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


def closest(word: str, names: Iterable[str]) -> str:
    """Return the name that a word which is none was meant to be, in its own case; may be empty."""
    names = list(names)
    same = (name for name in names if name.casefold() == word.casefold())
    return next(same, "") or nearest(word, names)


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


class Misprints:
    """Finds the words that a misprint may mean: a letter more or less, or two swapped."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_part: dict[str, list[str]] = {}
        for word in words:
            for part in _parts(word):
                self._by_part.setdefault(part, []).append(word)

    def meant_by(self, word: str) -> list[str]:
        """Return the words that may have been meant; not those that differ by another letter."""
        found = dict.fromkeys(near for part in _parts(word) for near in self._by_part.get(part, ()))
        return [
            near
            for near in found
            if is_misprint(word, near) and (len(near) != len(word) or sorted(near) == sorted(word))
        ]


def is_misprint(word: str, meant: str) -> bool:
    """Return True if two words differ by one letter, or by two neighbours that are swapped."""
    same = 0
    while same < min(len(word), len(meant)) and word[same] == meant[same]:
        same += 1
    rest, end = word[same:], meant[same:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return word != meant and (end in (rest[1:], swapped) or rest == end[1:] or rest[1:] == end[1:])


def _parts(word: str) -> set[str]:
    """Return a word, and what is left of it without any one letter."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
