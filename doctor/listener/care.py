"""Which lines are met with care, and with which answers: the CARE forms of a script.

A script's CARE forms hold phrases, harmless phrases and answers:

    (CARE name (PHRASES (kill myself) ...) (AFTER (died dead ...) (wish i was with her) ...)
               (HARMLESS (would never kill myself) ...) (ANSWERS (...) ...))

A phrase is searched for anywhere within a sentence of the line, across commas and clauses. In it
`0` means up to four words, a verb means all of its forms, and `.` the sentence's end. What a
harmless phrase matches is taken out of the line before the phrases are searched for, so "this is
killing me" hides nothing next to it. What a form matches is taken out as well before the
next one looks, and the last form that still finds something answers: in "my friend wants to die"
nothing is left to be said of the patient.

Some phrases are telling only of somebody who has spoken of a death: those of AFTER count while the
line, or a remembered matter of this patient's, has one of the words that AFTER begins with (all of
them where several are in parentheses), or, for the word CARE, while a line was met with care
recently.

Most lines have none of the words that phrases are made of, so each phrase is filed under one
telling word, and a line without any costs a single look-up. A phrase is searched for only where
each of its words is there, and no part of it takes up more than a few words, so that no line,
however it is made, costs more than some milliseconds.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import FORMS, PLAIN
from doctor.listener.decomposition import element_expression, read_elements, telling
from doctor.scripts.model import OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from doctor.english.clauses import Line
    from doctor.listener.state import Memory
    from doctor.scripts.model import Element, Extension, Item

# No gap holds an "I": what follows one is said of the patient, not of whom came before.
_END: Final = "."  # in a phrase: here the sentence ends
_CARE: Final = "CARE"  # among what AFTER asks for: a line was met with care lately
_OUT: Final = "Z."  # a sentence's end: no phrase reaches across what was taken out
_GAP: Final = "(?:(?!Si(?![^A-Z]))[A-Y][^A-Z]+){0,4}?"
# Without a bound a line of a thousand adverbs would be searched from each of them on.
_ADVERBS: Final = "(?:R[^A-Z]+){0,4}"


class _Phrase:
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
        return _shown(self._items)

    @property
    def expression(self) -> re.Pattern[str]:
        """The compiled expression; two threads may both make it, either will do."""
        if self._compiled is None:
            self._compiled = re.compile("".join(map(_expression, self._elements)))
        return self._compiled

    def may_be_in(self, words: AbstractSet[str]) -> bool:
        """Return True if a line of these words, verbs in their plain form, has all it needs."""
        return True not in map(words.isdisjoint, self._needs)


class Care:
    """The CARE forms of a script. Immutable; shared by all threads.

    What is not needed before a line comes is made ready with the first one that needs it. Two
    threads may both make it; either will do.
    """

    def __init__(self, forms: Sequence[Extension], tagged: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(str(form.items[0]) for form in forms)
        self.answers = tuple(_part(form, "ANSWERS") for form in forms)
        self._forms = forms
        self._tagged = tagged

    @property
    def can_answer(self) -> bool:
        """Whether some form has a phrase and an answer."""
        return any(
            answers and (_has_items(form, "PHRASES") or _has_items(form, "AFTER"))
            for form, answers in zip(self._forms, self.answers, strict=True)
        )

    @cached_property
    def _phrases(self) -> dict[str, tuple[_Phrase, ...]]:
        return self._filed("PHRASES", "AFTER")

    @cached_property
    def _harmless(self) -> dict[str, tuple[_Phrase, ...]]:
        return self._filed("HARMLESS")

    def _filed(self, *parts: str) -> dict[str, tuple[_Phrase, ...]]:
        filed: dict[str, list[_Phrase]] = {}
        for number, form in enumerate(self._forms):
            for part in form.items:
                if not isinstance(part, tuple) or not part or part[0] not in parts:
                    continue
                phrases = [each for each in part[1:] if isinstance(each, tuple)]
                after: list[frozenset[str]] = []
                if part[0] == "AFTER" and phrases:
                    after = [_together(item) for item in phrases.pop(0)]
                for items in phrases:
                    phrase = _Phrase(number, items, self._tagged, after)
                    for word in phrase.tells:
                        filed.setdefault(word, []).append(phrase)
        return {word: tuple(listed) for word, listed in filed.items()}

    def prepare(self) -> Iterator[None]:
        """Compile the phrases, one before each `yield`."""
        for filed in (self._phrases, self._harmless):
            for phrase in dict.fromkeys(chain.from_iterable(filed.values())):
                phrase.expression  # noqa: B018 - it is compiled when it is asked for
                yield

    @cached_property
    def _telling(self) -> frozenset[str]:
        return frozenset(self._phrases)

    @cached_property
    def _companions(self) -> dict[str, frozenset[str]]:
        """For each telling word, the words of which a line with such a phrase has one as well."""
        return {
            word: frozenset[str]().union(*(phrase.tells_too for phrase in phrases))
            for word, phrases in self._phrases.items()
        }

    def find(
        self, line: Line, memories: Sequence[Memory] = (), *, lately: bool = False
    ) -> tuple[int, str] | None:
        """Return the number of the form that meets this line and the phrase, or None.

        What the patient said before counts for the phrases of AFTER: `memories`, and whether a
        line was met with care `lately`.
        """
        words = line.vocabulary
        telling = self._telling & words
        if not telling:
            return None
        for word in telling:
            if not self._companions[word].isdisjoint(words):
                break
        else:
            return None
        plain = {PLAIN.get(word, word) for word in words}
        likely = [
            phrase
            for phrase in _filed_under(self._phrases, words, plain)
            if not phrase.after or _told(phrase.after, words, memories, lately=lately)
        ]
        if not likely:
            return None
        flat = line.flat_of(PLAIN)
        if not any(phrase.expression.search(flat) for phrase in likely):
            return None
        harmless = {
            id(each): each
            for each in _filed_under(self._harmless, words, plain)
            if each.expression.search(flat)
        }
        for phrase in sorted(harmless.values(), key=lambda each: each.text):
            flat = phrase.expression.sub(_OUT, flat)
        last: _Phrase | None = None
        for phrase in sorted(dict.fromkeys(likely), key=lambda each: each.form):
            left = phrase.expression.sub(_OUT, flat)
            if left != flat:
                flat = left
                last = phrase
        return None if last is None else (last.form, last.text)


def _filed_under(
    filed: Mapping[str, Sequence[_Phrase]], words: AbstractSet[str], plain: AbstractSet[str]
) -> Iterator[_Phrase]:
    """Return the phrases that a line of these words, and these plain forms, may have."""
    for word in sorted(filed.keys() & words):
        for phrase in filed[word]:
            if not phrase.tells_too.isdisjoint(words) and phrase.may_be_in(plain):
                yield phrase


def _together(item: Item) -> frozenset[str]:
    """Return the words of an item of AFTER that must all be in what was said."""
    return frozenset([item] if isinstance(item, str) else map(str, item))


def _told(
    after: Sequence[AbstractSet[str]],
    words: AbstractSet[str],
    memories: Sequence[Memory],
    *,
    lately: bool,
) -> bool:
    """Return True if one of `after` is in a line or in what is remembered."""
    said = [words, *(set(memory.text.lower().split()) for memory in memories)]
    if lately:
        said.append({_CARE})
    return any(each <= spoken for each in after for spoken in said)


def _expression(element: Element) -> str:
    if element == 0:
        return _GAP
    return _ADVERBS if element == Tagged(("ADVERBS",)) else f"(?:{element_expression(element, {})})"


def _part(form: Extension, name: str) -> tuple[tuple[Item, ...], ...]:
    for item in form.items:
        if isinstance(item, tuple) and item and item[0] == name:
            return tuple(each for each in item[1:] if isinstance(each, tuple))
    return ()


def _has_items(form: Extension, name: str) -> bool:
    return any(part[1:] for part in form.items if isinstance(part, tuple) and part[:1] == (name,))


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


def _shown(items: Sequence[Item]) -> str:
    return " ".join(
        item if isinstance(item, str) else "(" + " ".join(str(word) for word in item) + ")"
        for item in items
    )
