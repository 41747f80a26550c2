"""Phrases of CARE forms: word patterns that are searched for anywhere in a sentence.

In a phrase `0` means up to four words, a verb means all of its forms, and `.` the sentence's end.

Most lines have none of the words that phrases are made of, so each phrase is filed under one
telling word, and a line without any costs a single look-up. A phrase is searched for only where
each of its words is there, and no part of it takes up more than a few words, so that no line,
however it is made, costs more than some milliseconds.

A combination has no order: a line has it where one of its sentences has a word of each part. All of
this is immutable in effect; any thread may use it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import FORMS, PLAIN
from doctor.listener.decomposition import element_expression, read_elements, telling
from doctor.scripts.model import OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from doctor.scripts.model import Element, Item

# No gap holds an "I": what follows one is said of the patient, not of whom came before.
_END: Final = "."  # in a phrase: here the sentence ends
_GAP: Final = "(?:(?!Si(?![^A-Z]))[A-Y][^A-Z]+){0,4}?"
# Without a bound a line of a thousand adverbs would be searched from each of them on.
_ADVERBS: Final = "(?:R[^A-Z]+){0,4}"


class Phrase:
    """One phrase as an expression on a marked line; compiled when first needed.

    Where it matches there is one of the words of `tells` and one of those of `tells_too`; and it
    counts only where one of `after` was said, if there are any.
    """

    __slots__ = (
        "_compiled",
        "_elements",
        "_items",
        "_needs",
        "after",
        "form",
        "tells",
        "tells_too",
    )

    def __init__(
        self,
        form: int,
        items: Sequence[Item],
        tagged: Mapping[str, Sequence[str]],
        after: Sequence[AbstractSet[str]] = (),
    ) -> None:
        self.after = after
        self._elements = [_plain(element, tagged) for element in read_elements(items)]
        self._compiled: re.Pattern[str] | None = None
        self.form = form
        self._items = items
        spoken = [each for each in self._elements if _words_of(each)]
        self._needs = tuple(frozenset(_words_of(each)) for each in spoken)
        first = telling(spoken, {})
        others = [each for each in spoken if _words_of(each) != first]
        self.tells = _forms(first)
        self.tells_too = frozenset(_forms(telling(others, {}) or first))

    @property
    def text(self) -> str:
        """The phrase as the script has it."""
        return shown(self._items)

    @property
    def expression(self) -> re.Pattern[str]:
        """The compiled expression; two threads may both make it, either will do."""
        if self._compiled is None:
            self._compiled = re.compile("".join(map(_expression, self._elements)))
        return self._compiled

    def may_be_in(self, words: AbstractSet[str]) -> bool:
        """Return True if a line of these words, verbs in their plain form, has all it needs."""
        return True not in map(words.isdisjoint, self._needs)


class Combination:
    """Words that tell where they come together in a sentence, in any order."""

    __slots__ = ("_items", "_sets", "form", "tells")

    def __init__(
        self, form: int, items: Sequence[Item], tagged: Mapping[str, Sequence[str]]
    ) -> None:
        self.form = form
        self._items = items
        elements = [_plain(element, tagged) for element in read_elements(items)]
        self._sets = tuple(frozenset(_words_of(each)) for each in elements if _words_of(each))
        self.tells = _forms(telling(elements, {}))

    @property
    def text(self) -> str:
        """The combination as the script has it."""
        return shown(self._items)

    def is_in(self, sentences: Sequence[AbstractSet[str]]) -> bool:
        """Return True if one of the sentences, verbs in their plain form, has a word of each."""
        return any(True not in map(words.isdisjoint, self._sets) for words in sentences)


def sentences_of(flat: Sequence[str]) -> list[set[str]]:
    """Return the words of each sentence of a marked line, verbs in their plain form."""
    found: list[set[str]] = [set()]
    for token in flat:
        if token == "Z.":  # noqa: S105 - the mark of a sentence's end
            found.append(set())
        else:
            found[-1].add(PLAIN.get(token[1:], token[1:]))
    return [words for words in found if words]


def filed_under(
    filed: Mapping[str, Sequence[Phrase]], words: AbstractSet[str], plain: AbstractSet[str]
) -> Iterator[Phrase]:
    """Return the phrases that a line of these words, and these plain forms, may have."""
    for word in sorted(filed.keys() & words):
        for phrase in filed[word]:
            if not phrase.tells_too.isdisjoint(words) and phrase.may_be_in(plain):
                yield phrase


def _expression(element: Element) -> str:
    if element == 0:
        return _GAP
    return _ADVERBS if element == Tagged(("ADVERBS",)) else f"(?:{element_expression(element, {})})"


def _plain(element: Element, tagged: Mapping[str, Sequence[str]]) -> Element:
    """Return an element with its verbs in their plain form."""
    if isinstance(element, str):  # most are
        low = element.lower()
        return PLAIN.get(low, low)
    match element:
        case OneOf(words=words):
            listed = words
        case Tagged(tags=tags):
            listed = tuple(word for tag in tags for word in tagged.get(tag, ()))
            if not listed:
                return element
        case _:
            return element
    return OneOf(tuple(dict.fromkeys(PLAIN.get(word.lower(), word.lower()) for word in listed)))


def _words_of(element: Element) -> tuple[str, ...]:
    """Return the words of an element as `telling` does."""
    match element:
        case str() if element != _END:
            return (element,)
        case OneOf(words=words) if _END not in words:
            return words
        case _:
            return ()


def _forms(plain: Sequence[str]) -> tuple[str, ...]:
    """Return every form of the words, under which a phrase is filed."""
    return (*plain, *(form for word in plain for form in FORMS.get(word, ())))


def shown(items: Sequence[Item]) -> str:
    """Return items as a script has them."""
    return " ".join(
        item if isinstance(item, str) else "(" + " ".join(str(word) for word in item) + ")"
        for item in items
    )
