"""Which lines are met with care, and with which answers: the CARE forms of a script.

    (CARE NAME (TIER wish) (WITHIN ...) (PHRASES (kill myself) ...) (TOGETHER (i (/MEANS)) ...)
               (AFTER (died dead ...) (wish i was with her) ...) (HARMLESS (never kill myself) ...)
               (ANSWERS (...) ...) (ASKS (...) ...))

The evidence adds up. A phrase (`doctor.listener.care_phrases`) is looked for anywhere within a
sentence, across commas and clauses; what a harmless phrase matches is taken out of the line before.
What a form matches is taken out as well before the next one looks, and the last form that still
finds something answers, unless one was found of a graver tier. A combination of TOGETHER has no
order. The score (`doctor.listener.care_score`) knows how much all the words of a sentence read like
danger. They vote:

    a phrase         and a score that does not say "ordinary"
    a combination    and a score that is not far from danger
    neither          and a score that is certain; with one in the middle, the doctor asks once,
                     plainly, what is meant

A script without (SCORE ENGLISH) has no table, and its phrases decide alone.

A form is a kind of danger: its name. `doctor.scripts.model.TIERS` are the tiers, the gravest first.
Where a form says that it is WITHIN others, it answers in their place what the score takes for its
kind: eating, for instance, among all that people do to themselves.

Some phrases are telling only of somebody who has spoken of a death: those of AFTER count while the
line, or a remembered matter of this patient's, has one of the words that AFTER begins with (all of
them where several are in parentheses), or, for the word CARE, while a line was met with care
recently.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.english.lexicon import PLAIN
from doctor.listener.care_phrases import Combination, Phrase, filed_under, sentences_of
from doctor.machine import Danger
from doctor.scripts.model import TIERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from doctor.english.clauses import Line
    from doctor.listener.care_score import CareScore
    from doctor.listener.state import Memory
    from doctor.scripts.model import Extension, Item

_CARED: Final = frozenset({"CARE"})  # what AFTER asks for: a line was met with care lately
_OUT: Final = "Z."  # a sentence's end: no phrase reaches across what was taken out
#: The tier of a form that names none.
_DANGER: Final = "danger"
#: Tiers that answer whatever else was found, by how grave they are.
_GRAVE: Final = {"act": 2, "plan": 1}


#: Which of several forms of one kind answers where only the score speaks, by its tier.
_USUAL: Final = ("wish", "danger", "plan", "past", "act")


#: Words of a sentence that is asked about; of fewer nobody can say what they mean.
_LEAST_WORDS: Final = 3


class Finding(NamedTuple):
    """The form that meets a line; `asks` where the doctor has to ask what is meant.

    It is certain where a phrase says so by itself, without what was told before.
    """

    form: int
    asks: bool = False
    is_certain: bool = False


class Care:
    """The CARE forms of a script. Immutable; shared by all threads.

    What is not needed before a line comes is made ready with the first one that needs it, by one
    thread; others who come meanwhile wait for it.
    """

    def __init__(
        self,
        forms: Sequence[Extension],
        tagged: dict[str, tuple[str, ...]],
        table: CareScore | None = None,
    ) -> None:
        self.names = tuple(str(form.items[0]) for form in forms)
        self.answers = tuple(_part(form, "ANSWERS") for form in forms)
        self.asks = tuple(_part(form, "ASKS") for form in forms)
        self.tiers = tuple(_tier(form) for form in forms)
        self._within = tuple(frozenset(_words(form, "WITHIN")) for form in forms)
        self._forms = forms
        self._tagged = tagged
        self._table = table
        self._is_ready = False  # the tables below are made
        self._making = threading.Lock()
        self._phrases: dict[str, tuple[Phrase, ...]] = {}
        self._harmless: dict[str, tuple[Phrase, ...]] = {}
        self._combinations: dict[str, tuple[Combination, ...]] = {}
        self._telling = frozenset[str]()  # the words that phrases are filed under
        #: For each of these, the words of which a line with such a phrase has one as well.
        self._companions: dict[str, frozenset[str]] = {}

    @property
    def can_answer(self) -> bool:
        """Whether some form has a phrase and an answer."""
        return any(
            answers and (_has_items(form, "PHRASES") or _has_items(form, "AFTER"))
            for form, answers in zip(self._forms, self.answers, strict=True)
        )

    def detail(self, form: int) -> str:
        """Return the kind and the tier of a form: "self wish"."""
        return f"{self.names[form].lower()} {self.tiers[form]}"

    def danger_of(self, found: Finding) -> Danger:
        """Return what is told of a finding."""
        return Danger(self.names[found.form], self.tiers[found.form], found.is_certain)

    # --- what is looked for -------------------------------------------------------------------

    def _make_tables(self) -> Iterator[None]:
        """Make the tables, with a `yield` after each that takes long."""
        self._phrases = phrases = self._filed("PHRASES", "AFTER")
        yield
        self._harmless = self._filed("HARMLESS")
        yield
        self._companions = {
            word: frozenset[str]().union(*(phrase.tells_too for phrase in listed))
            for word, listed in phrases.items()
        }
        self._telling = frozenset(phrases)
        yield
        combinations: dict[str, list[Combination]] = {}
        for number, form in enumerate(self._forms):
            for items in _part(form, "TOGETHER"):
                combination = Combination(number, items, self._tagged)
                for word in combination.tells:
                    combinations.setdefault(word, []).append(combination)
        self._combinations = {word: tuple(listed) for word, listed in combinations.items()}
        self._is_ready = True
        yield

    def _filed(self, *parts: str) -> dict[str, tuple[Phrase, ...]]:
        filed: dict[str, list[Phrase]] = {}
        for number, form in enumerate(self._forms):
            for part in form.items:
                if not isinstance(part, tuple) or not part or part[0] not in parts:
                    continue
                phrases = [each for each in part[1:] if isinstance(each, tuple)]
                after: list[frozenset[str]] = []
                if part[0] == "AFTER" and phrases:
                    after = [_all_of(item) for item in phrases.pop(0)]
                for items in phrases:
                    phrase = Phrase(number, items, self._tagged, after)
                    for word in phrase.tells:
                        filed.setdefault(word, []).append(phrase)
        return {word: tuple(listed) for word, listed in filed.items()}

    def _make_once(self) -> None:
        """Make the tables, unless another thread did; a thousand at once would take minutes."""
        with self._making:
            if not self._is_ready:
                deque(self._make_tables(), 0)

    def prepare(self) -> Iterator[None]:
        """Make the tables of what is looked for, then compile the phrases, one at a time."""
        yield from self._make_tables()
        for filed in (self._phrases, self._harmless):
            for phrase in dict.fromkeys(chain.from_iterable(filed.values())):
                phrase.expression  # noqa: B018 - it is compiled when it is asked for
                yield

    # --- the vote -----------------------------------------------------------------------------

    def find(
        self,
        line: Line,
        memories: Sequence[Memory] = (),
        *,
        lately: bool = False,
        may_ask: bool = True,
        why: list[str] | None = None,
    ) -> Finding | None:
        """Return the form that meets this line, or None.

        What the patient said before counts for the phrases of AFTER: `memories`, and whether a
        line was met with care `lately`. The reasons are added to `why`, if that is given.
        """
        if not self._is_ready:
            self._make_once()
        phrase = self._find_phrase(line, memories, lately=lately)
        table = self._table
        if table is None:
            return None if phrase is None else self._by_phrase(phrase, phrase.form, why)
        if phrase is None and not table.may_tell(line.vocabulary, strange=line.strange):
            return None
        score, said, chance = table.score_units(line.low)
        if why is not None and (phrase is not None or score >= table.asking):
            why.append(f"care score {score:.2f}{_weights(table, said)}")
        if phrase is not None:
            if score < table.ordinary and not phrase.after:
                if why is not None:
                    why.append(f"not met with care: {phrase.text}, but the score says ordinary")
                return None
            return self._by_phrase(phrase, self._refine(phrase.form, said), why)
        score -= chance
        if score >= table.loose:
            combination = self._find_combination(line)
            if combination is not None:
                form = self._refine(combination.form, said)
                return self._by(form, f"together {combination.text}", why)
        if score < table.asking or self._is_harmless(line):
            return None
        form = self._form_of(table.kind_of(said))
        if score >= table.certain or lately:
            return self._by(form, "the score alone", why)
        if not may_ask or not self.asks[form] or len(said) < _LEAST_WORDS:
            return None
        if why is not None:
            why.append(f"asked what is meant ({self.detail(form)})")
        return Finding(form, asks=True)

    def _by(self, form: int, reason: str, why: list[str] | None) -> Finding:
        if why is not None:
            why.append(f"met with care ({self.names[form]}, {self.tiers[form]}): {reason}")
        return Finding(form)

    def _by_phrase(self, phrase: Phrase, form: int, why: list[str] | None) -> Finding:
        found = self._by(form, f"phrase {phrase.text}", why)
        return found._replace(is_certain=not phrase.after)

    def _find_phrase(
        self, line: Line, memories: Sequence[Memory], *, lately: bool
    ) -> Phrase | None:
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
        likely = list(filed_under(self._phrases, words, plain))
        if any(phrase.after for phrase in likely):
            likely = [
                each
                for each in likely
                if not each.after or _told(each.after, words, memories, lately=lately)
            ]
        if not likely:
            return None
        flat = line.flat_of(PLAIN)
        if not any(phrase.expression.search(flat) for phrase in likely):
            return None
        for phrase in self._harmless_in(words, plain, flat):
            flat = phrase.expression.sub(_OUT, flat)
        best: Phrase | None = None
        grave = 0
        for phrase in sorted(dict.fromkeys(likely), key=lambda each: each.form):
            left = phrase.expression.sub(_OUT, flat)
            if left != flat:
                flat = left
                rank = _GRAVE.get(self.tiers[phrase.form], 0)
                if rank >= grave:
                    best, grave = phrase, rank
        return best

    def _harmless_in(
        self, words: AbstractSet[str], plain: AbstractSet[str], flat: str
    ) -> list[Phrase]:
        found = {
            id(each): each
            for each in filed_under(self._harmless, words, plain)
            if each.expression.search(flat)
        }
        return sorted(found.values(), key=lambda each: each.text)

    def _is_harmless(self, line: Line) -> bool:
        words = line.vocabulary
        plain = {PLAIN.get(word, word) for word in words}
        return bool(self._harmless_in(words, plain, line.flat_of(PLAIN)))

    def _find_combination(self, line: Line) -> Combination | None:
        filed = self._combinations
        likely = [each for word in sorted(filed.keys() & line.vocabulary) for each in filed[word]]
        if not likely or self._is_harmless(line):
            return None
        sentences = sentences_of(line.flat)
        found = [each for each in likely if each.is_in(sentences)]
        return max(found, key=self._gravity, default=None)

    def _gravity(self, combination: Combination) -> tuple[int, int]:
        return _GRAVE.get(self.tiers[combination.form], 0), combination.form

    def _refine(self, form: int, said: Sequence[str]) -> int:
        """Return the form for the kind that the score sees, where that is within this one."""
        table, name = self._table, self.names[form]
        if table is None or self.tiers[form] in _GRAVE or not any(self._within):
            return form
        kind = table.kind_of(said, unless=name.lower()).upper()
        for number, within in enumerate(self._within):
            if name in within and self.names[number] == kind:
                return number
        return form

    def _form_of(self, kind: str) -> int:
        """Return the usual form of a kind of the table, or the last form of all.

        "act-other" is the form OTHER of an act under way.
        """
        tier, _, name = kind.partition("-") if kind.startswith("act-") else ("", "", kind)
        of_kind = [
            number
            for number, each in enumerate(self.names)
            if each.lower() == name and (not tier or self.tiers[number] == tier)
        ]
        listed = of_kind or [len(self.names) - 1]
        return min(listed, key=lambda number: (_USUAL.index(self.tiers[number]), -number))


def _weights(table: CareScore, said: Sequence[str]) -> str:
    """Return the words that weighed most, to be read."""
    shown = [f"{text} {weight:+.2f}" for text, weight in table.explain(said)]
    return f": {', '.join(shown)}" if shown else ""


def _all_of(item: Item) -> frozenset[str]:
    """Return the words of an item of AFTER that must all be in what was said."""
    return frozenset([item] if isinstance(item, str) else map(str, item))


def _told(
    after: Sequence[AbstractSet[str]],
    words: AbstractSet[str],
    memories: Sequence[Memory],
    *,
    lately: bool,
) -> bool:
    """Return True if one of `after` is in the words of a line, or in a remembered matter."""
    if any(each <= words or (lately and each <= _CARED) for each in after):
        return True
    for memory in memories:
        text = memory.text.lower()
        for each in after:
            # What is no part of the text is no word of it: hardly any text is cut into words.
            if all(word in text for word in each) and each <= set(text.split()):
                return True
    return False


def _part(form: Extension, name: str) -> tuple[tuple[Item, ...], ...]:
    for item in form.items:
        if isinstance(item, tuple) and item and item[0] == name:
            return tuple(each for each in item[1:] if isinstance(each, tuple))
    return ()


def _words(form: Extension, name: str) -> tuple[str, ...]:
    for item in form.items:
        if isinstance(item, tuple) and item and item[0] == name:
            return tuple(str(each) for each in item[1:])
    return ()


def _tier(form: Extension) -> str:
    return next((each for each in _words(form, "TIER")[:1] if each in TIERS), _DANGER)


def _has_items(form: Extension, name: str) -> bool:
    return any(part[1:] for part in form.items if isinstance(part, tuple) and part[:1] == (name,))
