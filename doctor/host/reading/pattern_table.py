"""A table of patterns with their kinds, compiled when it is needed first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPENER: Final = (
    "(?:(?:and|so|but|well|ok|okay|hey|hello|hi|please|oh|um|no|yes|now|then|honestly|tell me|"
    "tell us|one last|sorry) )*"
)
#: How somebody begins to ask the host to do something.
CAN_YOU: Final = "(?:(?:please|can you|could you|will you|would you|now|go and) )*"


class PatternTable:
    """The patterns of a table with their kinds, compiled when they are needed first.

    A program that never has a room does not pay for them at its start. Any thread may go through a
    table; two that come first at once compile it twice.
    """

    __slots__ = ("_patterns", "_table")

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self._table = table
        self._patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def __iter__(self) -> Iterator[tuple[str, re.Pattern[str]]]:
        """Yield each kind with one of its patterns."""
        if not self._patterns:
            for _ in self.prepare():
                pass
        return iter(self._patterns)

    def prepare(self) -> Iterator[None]:
        """Compile the patterns, one with each step."""
        found: list[tuple[str, re.Pattern[str]]] = []
        for kind, every in self._table.items():
            for said in every:
                found.append((kind, re.compile(f"{OPENER}(?:{said})")))
                yield
        self._patterns = tuple(found)
