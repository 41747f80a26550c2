"""Finds words that a dictionary does not know, with Enchant if that is installed.

Enchant uses the dictionaries of the system (Hunspell and others). The extra `spelling` has its
Python package; the library comes from the system.
"""

from __future__ import annotations

import contextlib
import importlib
import locale
import re
from typing import Final, Protocol

#: A word: letters, with apostrophes inside; not a part of an address, of a command or of a number.
_WORD: Final = re.compile(r"(?<![\w@./#-])[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?![\w@/]|\.\w)")
#: Words that are remembered, and suggestions for one.
_REMEMBERED: Final = 5_000
MOST_SUGGESTED: Final = 5


class Dictionary(Protocol):
    """A dictionary of one language; it is `enchant.Dict`."""

    def check(self, word: str) -> bool:
        """Return True if the word is known."""

    def suggest(self, word: str) -> list[str]:
        """Return words that may have been meant."""


class Speller:
    """Looks words up in `dictionary` and remembers the answers. One thread at a time."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._known: dict[str, bool] = {}

    def misspelt(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each word of a text that is not known."""
        if text.startswith("/") and not text.startswith("//"):
            return []  # a command
        return [found.span() for found in _WORD.finditer(text) if not self._knows(found[0])]

    def suggest(self, word: str) -> list[str]:
        """Return a few words that may have been meant."""
        return list(self._dictionary.suggest(word))[:MOST_SUGGESTED]

    def _knows(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[word] = bool(
                self._dictionary.check(word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
            )
        return known


def find_speller() -> Speller | None:
    """Return a speller for the user's language or for English; None if there is none.

    This may take a moment: never call it in Tk's thread.
    """
    language = ""
    with contextlib.suppress(ValueError, locale.Error):
        language = locale.getlocale()[0] or ""
    try:
        enchant = importlib.import_module("enchant")  # it raises ImportError without its library
        for name in (language, language.partition("_")[0], "en_GB", "en_US", "en"):
            if name and name != "C" and enchant.dict_exists(name):
                return Speller(enchant.Dict(name))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the window goes on without
        return None
    return None
