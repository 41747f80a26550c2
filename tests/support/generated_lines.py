"""Lines that exercise a script of 1966, made from the script itself by a seeded generator.

The generator is a few lines of arithmetic of its own, so that every version of Python makes the
same lines from the same seed: expected replies are kept for them under `tests/data`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from doctor.scripts.model import NONE, OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.scripts import Script
    from doctor.scripts.model import Element

T = TypeVar("T")

_FILLERS = [
    "the",
    "a",
    "it",
    "he",
    "she",
    "they",
    "we",
    "was",
    "so",
    "very",
    "never",
    "again",
    "today",
    "somebody",
    "dog",
    "house",
    "work",
    "money",
    "music",
    "letters",
    "walking",
    "seems",
    "better",
    "told",
    "gone",
    "7",
    "42",
    "it's",
    "o'clock",
    "well-being",
    "extraordinarily",
]
_ODD = [
    "...",
    "?!",
    ",,",
    "\u201cquoted\u201d",
    "\u2019tis",
    "café",
    "naïve",
    "(brackets)",
    "50%",
    "a=b",
    "*star",
    "$9",
    "x/y",
    "\u2014",
    "100,000",
    "e.g.",
    "Über",
    "αβγ",
    "😀",
    "straße",
    "%s{0}\\",
]
_JOINTS = (", ", ". ", "! ", "? ", "; ", ": ", " but ", " \u2013 ", " and ", ", but ", " . . ")


class Chance:
    """A stream of numbers from a seed: a linear congruential generator of 48 bits."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2654435761 + 12345) % (1 << 48)

    def below(self, bound: int) -> int:
        """Return a number from 0 to one less than `bound`."""
        self._state = (self._state * 25214903917 + 11) % (1 << 48)
        return (self._state >> 16) % bound

    def of(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[self.below(len(things))]


def lines(script: Script, seed: int, count: int) -> list[str]:
    """Return `count` lines that a person could type, the same for the same script and seed."""
    maker = _Maker(script, Chance(seed))
    return [maker.line() for _ in range(count)]


class _Maker:
    def __init__(self, script: Script, chance: Chance) -> None:
        self._script = script
        self._chance = chance
        self._rules = [rule for rule in script.rules if rule.keyword != NONE]
        self._deep = [rule for rule in self._rules if rule.decompositions]
        self._typed: dict[str, list[str]] = {}
        for rule in self._rules:
            if rule.substitution is not None:
                self._typed.setdefault(rule.substitution, []).append(rule.keyword)

    def line(self) -> str:
        chance = self._chance
        text = self._clause()
        while chance.below(5) == 0:
            text += chance.of(_JOINTS) + self._clause()
        if chance.below(40) == 0:
            text = " ".join([chance.of(self._rules).keyword] * (2 + chance.below(6)))
        if chance.below(3):
            text = text.lower()
        text = text.strip() + chance.of(("", "", "", ".", "?", "!", " ."))
        # The program that gave the expected replies takes `*` at the start as a command.
        return text.lstrip("* ") or "yes"

    def _clause(self) -> str:
        kind = self._chance.below(20)
        if kind < 14:
            return self._like_a_pattern()
        words = [self._chance.of(_FILLERS), *self._fill(3)]
        if kind < 17:
            words.insert(self._chance.below(len(words) + 1), self._chance.of(self._rules).keyword)
        if kind == 17:
            words.insert(self._chance.below(len(words) + 1), self._chance.of(_ODD))
        return " ".join(words)

    def _fill(self, most: int) -> list[str]:
        return [self._chance.of(_FILLERS) for _ in range(self._chance.below(most + 1))]

    def _like_a_pattern(self) -> str:
        rule = self._chance.of(self._deep if self._chance.below(4) else self._rules)
        words: list[str] = []
        if rule.decompositions:
            for element in self._chance.of(rule.decompositions).pattern:
                words += self._matching(element)
        if rule.keyword not in words and self._chance.below(8):
            words = [rule.keyword, *words, *self._fill(2)]
        return " ".join(words) or "hm"

    def _matching(self, element: Element) -> list[str]:
        match element:
            case 0:
                return self._fill(3 if self._chance.below(2) else 0)
            case int():
                return [self._chance.of(_FILLERS) for _ in range(element)]
            case str():
                wanted = element
            case OneOf(words=choices):
                wanted = self._chance.of(choices)
            case Tagged(tags=tags):
                known = [word for tag in tags for word in self._script.tagged.get(tag, ())]
                wanted = self._chance.of(known or ["nobody"])
            case _:
                wanted = "nothing"
        return [self._chance.of([wanted, *self._typed.get(wanted, [])])]
