"""Find the name that a mistyped one was meant to be: "did you mean COFFEE?"."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How alike two names are, from 0 to 1, of which one may be a misprint of the other.
_ALIKE = 0.7
#: Among more names than this none is looked for: it would take too long.
_MOST_NAMES = 5000


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name most like `word`, whatever its case; empty if none is alike."""
    by_key = {name.casefold(): name for name in names}
    key = word.casefold()
    if len(by_key) > _MOST_NAMES:
        return ""
    near = [each for each in get_close_matches(key, list(by_key), 2, _ALIKE) if each != key]
    return by_key[near[0]] if near else ""


def did_you_mean(word: str, names: Iterable[str], otherwise: str) -> str:
    """Return a remedy: the name that was meant, or what to do where none is alike."""
    near = nearest(word, names)
    return f"did you mean {near}? {otherwise}" if near else otherwise
