"""Match the patterns of a modern script on the marked form of a clause.

An element of a pattern becomes one group of one regular expression (a `0` at its beginning, none):

    word          that word, whatever its case
    0             any number of words, as few as will do;  3 is just three words
    (* a b)       one of these words
    (/TAG)        a word with that tag, or one of the kinds that the machine knows (`scripts.model`)

Expressions are compiled when they are first needed, because a script has hundreds and a server
wants to start at once. None of them can backtrack worse than quadratically in a clause, and a
clause is short.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import COMMON
from doctor.english.tagger import MARKS, mark_of
from doctor.scripts.model import Nothing, OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from doctor.scripts.model import Element

_WORD: Final = "[^A-Z]+"
_END: Final = "(?![^A-Z])"
_CERTAIN: Final = frozenset("SOD")
#: More than the length of any word.
_NO_WORDS: Final = 1 << 20

#: The expression of each of `scripts.model.KINDS_OF_WORD`; a THING is a whole noun phrase.
KIND_EXPRESSIONS: Final[dict[str, str]] = {
    "THING": (
        f"(?:D{_WORD}){{0,2}}[NB]{_WORD}(?:N{_WORD}|B{_WORD}(?=N)){{0,3}}"
        f"(?:Pof{_END}(?:D{_WORD})?(?:[NB]{_WORD}){{1,2}})?|D{_WORD}G{_WORD}|O{_WORD}"
    ),
    "VERB": f"[VBA]{_WORD}",
    "DOING": f"G{_WORD}",
    "SUBJECT": f"S{_WORD}",
    "NOUN": f"N{_WORD}",
    "OWN": f"D{_WORD}",
    "ADVERBS": f"(?:R{_WORD})*",
}


def element_expression(element: Element, tagged: Mapping[str, Sequence[str]]) -> str:
    """Return the regular expression of one element, without its group."""
    match element:
        case 0:
            return ".*?"
        case int():
            return f"(?:[A-Z]{_WORD}){{{element}}}"
        case str():
            low = element.lower()
            mark = MARKS.get(low, "")
            # The kind of a pronoun is certain, and a search for what begins with it is quicker.
            return f"{mark if mark in _CERTAIN else '[A-Z]'}{re.escape(low)}{_END}"
        case OneOf(words=words):
            return _one_of(words)
        case Tagged(tags=tags):
            kinds = [KIND_EXPRESSIONS[tag] for tag in tags if tag in KIND_EXPRESSIONS]
            words = tuple(word for tag in tags for word in tagged.get(tag, ()))
            if words:
                kinds.append(_one_of(words))
            return "|".join(kinds) if kinds else "(?!)"
        case Nothing():
            return "(?!)"


def _one_of(words: Sequence[str]) -> str:
    # The longest first, so that no word hides one that begins like it.
    ordered = sorted({word.lower() for word in words}, key=lambda word: (-len(word), word))
    return f"[A-Z](?:{'|'.join(re.escape(word) for word in ordered)}){_END}"


class PatternMatcher:
    """One pattern, ready to be matched. Immutable in effect; any thread may use it.

    `match` returns the match of a whole marked clause, or None; `edges` tells where its components
    are. Where a pattern begins with any number of words, what follows them is searched for, which
    is much quicker than to try it from word to word; then group n is component n + 1, the first
    component is what comes before the match, and `shift` is 1. Otherwise it is 0.
    """

    __slots__ = ("_elements", "_tagged", "match", "shift", "size")

    def __init__(self, elements: Sequence[Element], tagged: Mapping[str, Sequence[str]]) -> None:
        self.size = len(elements)
        self.shift = int(self.size > 1 and elements[0] == 0)
        self._elements = elements
        self._tagged = tagged
        self.match: Callable[[str], re.Match[str] | None] = self._first_match

    def _first_match(self, marked: str) -> re.Match[str] | None:
        self.prepare()
        return self.match(marked)

    def prepare(self) -> None:
        """Compile the expression, if that was not done yet."""
        if self.match != self._first_match:
            return
        # Two threads may both compile it; either result will do.
        elements = self._elements[self.shift :]
        groups = [f"({element_expression(each, self._tagged)})" for each in elements]
        if groups and elements[-1] == 0:
            groups[-1] = "(.*)"  # what is left is taken at once, not word by word
        compiled = re.compile("".join(groups) + "$")
        self.match = compiled.search if self.shift else compiled.match


def edges(match: re.Match[str], first: int, last: int) -> tuple[int, int]:
    """Return where, in a marked clause, the first of two groups begins and the last one ends.

    Group 0 is what comes before the match.
    """
    return match.start(first) if first else 0, match.end(last) if last else match.start()


def needed(
    elements: Sequence[Element], tagged: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    """Yield the words of each element: a clause that matches has one of each."""
    for element in elements:
        match element:
            case str():
                yield (element.lower(),)
            case int():
                pass
            case OneOf(words=words):
                yield tuple(map(str.lower, words))
            case Tagged(tags=tags) if not any(tag in KIND_EXPRESSIONS for tag in tags):
                yield tuple(word.lower() for tag in tags for word in tagged.get(tag, ()))


def telling(elements: Sequence[Element], tagged: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the words of the one of the `needed` elements that tells most of a line.

    No small or common words, and long ones. Empty if there is none.
    """
    listed = [words for words in needed(elements, tagged) if words]
    return max(listed, key=tells, default=())


@lru_cache(maxsize=4096)  # the same tags and words come again and again in one script
def tells(listed: Collection[str]) -> tuple[bool, bool, int]:
    """Return how much words tell of a line that has one of them; more is more.

    No words tell most: no line has one of them.
    """
    small = any(mark_of(word) in "SODAPC" for word in listed)
    return not small, COMMON.isdisjoint(listed), min(map(len, listed), default=_NO_WORDS)


def read_elements(items: Sequence[object]) -> tuple[Element, ...]:
    """Return the elements of a pattern in an extension form, where everything is a word.

    What is too long for a number, or has digits of other scripts, is a word as any other.
    """
    found: list[Element] = []
    for item in items:
        if isinstance(item, str):
            number = len(item) < 7 and item.isascii() and item.isdigit()
            found.append(int(item) if number else item)
        elif isinstance(item, tuple) and item and isinstance(item[0], str):
            words = [str(word) for word in item]
            mark, words[0] = words[0][0], words[0][1:]
            named = tuple(word for word in words if word)
            if mark in "*/" and named:
                is_tag = mark == "/"
                found.append(Tagged(tuple(map(str.upper, named))) if is_tag else OneOf(named))
            else:
                found.append(Nothing(named))
    return tuple(found)
