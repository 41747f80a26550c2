"""Whether a "you" is the subject of a verb or its object, decided by the words around it.

Before the "you": what opens a clause, asks a question, or governs it as a preposition or as a verb.
After it: a verb that agrees with it, or none. Both sides count, because "I think you lie"
and "I hate you" begin alike. `doctor.english.reflection` has the theory of which this is a part.

Everything here is pure and may be called from any thread; an `Utterance` is one thread's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import (
    ADVERB,
    ANTECEDENT,
    AUX,
    CLAUSE,
    DETERMINER,
    EITHER,
    FINITE,
    KIND,
    KINDS,
    OPENER,
    PERCEPTION,
    PREPOSITION,
    SAYING,
    SUBJECT,
    VERB,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CURLY: Final = "\u2019"
_BREAK: Final = re.compile(r"[^\s'\u2019*_]")
_SENTENCE_END: Final = re.compile(r"[.?!…\n]")
_COPULAS: Final = words("is isn't was wasn't be been being it's that's he's she's")
_OWNERS: Final = words("have had need haven't hadn't")
_END: Final = 1 << 20  # besides the kinds of doctor.english.lexicon: no word follows in this clause


class Utterance:
    """One text cut into words; `low` is what the rules read, `out` the words that are said.

    `gaps` is the text before each word and after the last; None where that is blanks alone.
    """

    __slots__ = ("gaps", "low", "out", "raw", "shouted")

    def __init__(
        self,
        raw: Sequence[str],
        low: list[str],
        gaps: Sequence[str] | None,
        *,
        out: list[str],
        shouted: bool = False,
    ) -> None:
        self.gaps = gaps
        self.raw = raw
        self.low = low
        self.out = out
        self.shouted = shouted

    def breaks(self, index: int) -> bool:
        """Return True if a clause begins at word `index` (or the text has ended there)."""
        if index <= 0 or index >= len(self.low):
            return True
        return self.gaps is not None and _BREAK.search(self.gaps[index]) is not None

    def begins(self, index: int) -> bool:
        """Return True if a sentence begins at word `index`, the first one apart."""
        return (
            index > 0
            and self.gaps is not None
            and _SENTENCE_END.search(self.gaps[index]) is not None
        )

    def kind_after(self, index: int) -> int:
        """Return the kinds of what follows word `index`, adverbs skipped; `_END` for nothing."""
        low = self.low
        while not self.breaks(index + 1):
            index += 1
            kinds = KINDS.get(low[index])
            if kinds is None:
                word = low[index]
                if word.endswith("ed"):
                    return FINITE
                return ADVERB if word.endswith("ly") else 0
            if kinds & (AUX | FINITE) and index + 1 < len(low) and kinds & AUX:
                # "I hate you do you know that": the auxiliary begins another question.
                if low[index + 1] in {"you", "u", "i", "we", "they"} and low[index] != "am":
                    return _END
                return kinds
            if not kinds & ADVERB or kinds & FINITE:
                return kinds
        return _END

    def say(self, index: int, words: str) -> None:
        """Put `words` in place of word `index`, with the capital that belongs there."""
        raw = self.raw[index]
        if self.gaps is None and (raw == "I" or raw.islower()):
            self.out[index] = words  # within a clause there is no other capital to give or keep
            return
        if self.shouted or (len(raw) > 1 and raw.isupper()):
            words = words.upper()
        elif raw[0] in "Ii" and words[0] == "y":
            if self.begins(index):
                words = words[0].upper() + words[1:]
        elif raw[0].isupper():
            words = words[0].upper() + words[1:]
        self.out[index] = words.replace("'", CURLY) if CURLY in raw else words


def is_subject(said: Utterance, index: int) -> bool:
    """Return True if the "you" at `index` is the subject of a verb; otherwise it is an object."""
    low = said.low
    after = said.kind_after(index)
    finite = bool(after & (AUX | FINITE))
    while True:
        if said.breaks(index):
            return after != _END
        index -= 1
        before = low[index]
        kinds = KINDS.get(before, 0)
        if not kinds & ADVERB or kinds & (VERB | OPENER | EITHER | AUX | PREPOSITION):
            break
        if finite:
            return True
    if before in _COPULAS:
        return finite
    if kinds & AUX and not (kinds & VERB and before not in {"have", "had", "do", "did"}):
        asks = index == 0 or said.breaks(index) or not KINDS.get(low[index - 1], 0) & SUBJECT
        asks = asks or (low[index - 1] in {"who", "that"} and before not in _OWNERS)
        return asks or (finite and before not in _OWNERS)
    if kinds & PREPOSITION:
        return False
    if kinds & EITHER:
        if before == "like" and index and KINDS.get(low[index - 1], 0) & KIND:
            return False
        if before in {"and", "but", "or"}:
            return finite or after == 0
        return finite or (after == 0 and before not in {"like", "than", "except"})
    if kinds & OPENER:
        return after != _END
    return _governed(said, index, after, finite=finite)


def _governed(said: Utterance, index: int, after: int, *, finite: bool) -> bool:
    """Decide by the word at `index` before "you": a verb that governs it or a phrase's end."""
    low = said.low
    before = low[index]
    kinds = KINDS.get(before, 0)
    earlier = KINDS.get(low[index - 1], 0) if index and not said.breaks(index) else 0
    if kinds & CLAUSE:
        if finite:
            return not (kinds & PERCEPTION and not after & AUX)
        return bool(kinds & SAYING) and after == 0
    if kinds & ANTECEDENT and not earlier & AUX:
        return finite or after == 0
    if kinds & DETERMINER:
        return finite
    if kinds & VERB:
        relative = low[index - 1] in {"who", "that", "which"} if index else False
        return bool(after & AUX) and not relative
    if earlier & (SUBJECT | AUX) or (index and low[index - 1] in {"to", "always", "never"}):
        # A verb by its place ("I adore you"), unless an adjective ("they are glad you came").
        return bool(after & AUX) or (finite and low[index - 1] in {"am", "are", "were"})
    if before.endswith(("ing", "ed")) and len(before) > 4:  # an unlisted verb: "befriending you"
        return bool(after & AUX)
    return finite
