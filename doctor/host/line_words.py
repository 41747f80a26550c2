"""The words of a line, each line cut once: one question about it follows the other.

What is asked of a line depends on the line alone, and all of it is asked within one call of the
host, so a few answers are kept. Lines are dropped as soon as some others were read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: Lines of which something is kept; any number is right, as what is dropped is read again.
LATELY: Final = 32
_WORD: Final = re.compile(r"[\w'\u2019]+")


@lru_cache(maxsize=LATELY)
def words_of(line: str) -> tuple[str, ...]:
    """Return the words of a line in small letters."""
    return tuple(_WORD.findall(line.lower()))


@lru_cache(maxsize=LATELY)
def plain_words_of(line: str) -> tuple[str, ...]:
    """Return the words of a line in small letters, with straight apostrophes."""
    return tuple(_WORD.findall(line.lower().replace("\u2019", "'")))


@lru_cache(maxsize=LATELY)
def count_words(line: str) -> int:
    """Return how many words a line has."""
    return len(_WORD.findall(line))
