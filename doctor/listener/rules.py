"""Rules of a modern script: a pattern, and what may be said where it matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.listener.decomposition import tells
from doctor.listener.reassembly import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from doctor.listener.decomposition import PatternMatcher
    from doctor.listener.reassembly import Choice

#: Sets of words: a clause that a pattern matches has a word of each.
Needs: TypeAlias = tuple[frozenset[str], ...]
#: Combinations of words for which one keyword's rules are remembered; others are searched again.
_MOST_FOUND: Final = 256
#: So many texts are much to say.
_MUCH: Final = 12


class CompiledRule:
    """A pattern, and what may be said where it matches.

    A clause that matches has a word of each of the sets in `needs`. Where there is `much` to say,
    and each text says what it fits, those that fit a type of clause are found once for each type.
    """

    __slots__ = (
        "_fitting",
        "choices",
        "matcher",
        "much",
        "needs",
        "only_after",
        "only_asks",
        "text",
    )

    def __init__(
        self, text: str, matcher: PatternMatcher, choices: tuple[Choice, ...], needs: Needs = ()
    ) -> None:
        self.text = text
        self.matcher = matcher
        self.choices = choices
        self.needs = needs
        #: All that it says is questions, for any of which the clause itself may be said back.
        self.only_asks = all(isinstance(each, Template) and each.is_question for each in choices)
        #: Nothing that it says is said where the clause cannot be said back.
        self.only_after = all(isinstance(each, Template) and each.only_after for each in choices)
        self.much = len(choices) >= _MUCH and all(
            isinstance(each, Template) and each.fitting for each in choices
        )
        self._fitting: dict[frozenset[str], tuple[Choice, ...]] = {}

    def choices_for(self, types: frozenset[str]) -> tuple[Choice, ...]:
        """Return what fits a clause of these types, where there is much to say."""
        found = self._fitting.get(types)
        if found is None:
            found = tuple(
                each
                for each in self.choices
                if isinstance(each, Template) and types in each.fitting
            )
            self._fitting[types] = found
        return found


class CompiledRules:
    """Rules in the order of the script, of which a clause meets only those that may match.

    Each rule is filed under the words of the one of its needs that tells most of a clause, and is
    looked at only where one of them was said. What was found for a combination of words is
    remembered. Any thread may ask.
    """

    __slots__ = ("_filed", "_filed_words", "_found", "_free", "_needed", "every")

    def __init__(self, every: Sequence[CompiledRule]) -> None:
        self.every = tuple(every)
        self._needed = frozenset[str]().union(*(words for rule in every for words in rule.needs))
        self._found: dict[frozenset[str], tuple[CompiledRule, ...]] = {}
        filed: dict[str, list[int]] = {}
        for number, rule in enumerate(self.every):
            for word in max(rule.needs, key=tells, default=()):
                filed.setdefault(word, []).append(number)
        self._filed = filed
        self._filed_words = frozenset(filed)
        #: Those that need no word.
        self._free = tuple(rule for rule in self.every if not rule.needs)

    def may_match(self, words: AbstractSet[str]) -> bool:
        """Return True if some rule may match a clause of these words."""
        return bool(self._free) or not self._filed_words.isdisjoint(words)

    def find(self, words: AbstractSet[str]) -> tuple[CompiledRule, ...]:
        """Return the rules that may match a clause of these words, in the order of the script."""
        if self._filed_words.isdisjoint(words):
            return self._free
        here = self._needed & words
        found = self._found.get(here)
        if found is None:
            found = self._search(here)
            if len(self._found) < _MOST_FOUND:
                self._found[here] = found
        return found

    def prepare(self) -> Iterator[None]:
        """Compile the patterns, one before each `yield`."""
        for rule in self.every:
            rule.matcher.prepare()
            yield

    def _search(self, here: AbstractSet[str]) -> tuple[CompiledRule, ...]:
        every = self.every
        likely = {number for word in self._filed_words & here for number in self._filed[word]}
        found = [
            number for number in likely if True not in map(here.isdisjoint, every[number].needs)
        ]
        if self._free:
            found += [number for number, rule in enumerate(every) if not rule.needs]
        return tuple([every[number] for number in sorted(found)])
