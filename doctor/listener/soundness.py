"""Whether a reply is sound: no broken English, not too long, no word twice.

Pure functions on words; any thread may call them.
"""

from __future__ import annotations

from itertools import pairwise
from operator import eq
from typing import TYPE_CHECKING, Final
from zlib import crc32

from doctor.english.lexicon import words
from doctor.listener.state import sign_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Words of a reply; only what a CARE form or a greeting says may be longer.
MAX_REPLY_WORDS: Final = 32
#: Words of one component in a reply; a longer one is cut where the sentence allows it.
MAX_PIECE_WORDS: Final = 18

DANGLING: Final = words(
    "and or but the a an my your his their our because if when which who than as i "
    "very really just even then also i'm it's you're of every some any"
)
_BREAKS_BEFORE: Final = words("because while since although unless until after before")
_MAY_REPEAT: Final = words("had that really very")
LEFT_HANGING: Final = words("at to of with for from about in on by into than")
# What no sentence has, under a word of it that few replies have.
_LOOSE: Final = {
    "am": (" you am ", " am you "),
    "i": (" i are ", " to i ", " with i ", " i is "),
    "was": (" you was ",),
    "be": (" did be ", " did not be ", " didn't be ", " don't be "),
    "don't": (" not don't ",),
}
_OPENING: Final = frozenset('"\u201c')
_CLOSING: Final = frozenset('.?!"…')
_LOOSE_WORDS: Final = frozenset(_LOOSE)
#: Marks at the ends of a text that make no difference to what was said.
OUTER: Final = " .,!?:\"'()-*_"


def normalise(text: str) -> str:
    """Return a text in lower case without outer marks, to compare it with what was said."""
    return text.lower().strip(OUTER)


class Sentence:
    """A text made a sentence, and whether it may be said.

    `text` has a capital at its head and a mark at its end. What is asked of it is worked out when
    it is asked for, and remembered; two threads may both do so, either result will do.
    """

    __slots__ = ("_after", "_before", "_examined", "_low", "_sign", "text")

    def __init__(self, text: str) -> None:
        text = text.strip()
        if text[-1:] not in _CLOSING:
            text += "."
        head = text[:1]
        if head.islower():
            text = head.upper() + text[1:]
        elif head in _OPENING and text[1:2].islower():
            text = head + text[1].upper() + text[2:]  # also where it quotes the patient
        self.text = text
        self._low = text.lower()
        self._examined: tuple[int, str] | None = None
        self._sign = ""
        self._before = -1
        self._after: bytes | None = None

    @property
    def sign(self) -> str:
        """What represents the sentence in a patient's state."""
        if not self._sign:
            self._sign = sign_of(self._low.strip(OUTER))
        return self._sign

    def sign_after(self, before: Sentence) -> str:
        """Return what represents `before` and this sentence, with a blank between them."""
        if before._before < 0:
            head = before._low.lstrip(OUTER) + " "
            before._before = crc32(head.encode("utf-8", "replace"))
        if self._after is None:
            self._after = self._low.rstrip(OUTER).encode("utf-8", "replace")
        return chr(crc32(self._after, before._before) & 0xFFFF)

    def find_fault(self, before: Sentence | None = None) -> str:
        """Return why this is no reply, said after `before` if that is given; empty where it is one.

        The two need no look together: no fault but the length reaches across the mark between.
        """
        size, why = self.examine()
        if before is not None:
            more, earlier = before.examine()
            size += more
            why = earlier or why
        return "too long" if size > MAX_REPLY_WORDS else why

    def examine(self) -> tuple[int, str]:
        """Return how many words there are, and what is wrong with them; empty for nothing."""
        if self._examined is None:
            words = self._low.split()
            self._examined = len(words), _fault(self._low, words)
        return self._examined


def _fault(low: str, words: list[str]) -> str:
    """Return why a reply in lower case is no sound sentence; empty where it is one."""
    distinct = set(words)
    if len(distinct) < len(words) and True in map(eq, words, words[1:]):
        for word, after in pairwise(words):
            if word == after and word not in _MAY_REPEAT:
                return "a word twice"
    if not _LOOSE_WORDS.isdisjoint(distinct):
        spaced = f" {low} "
        for word in _LOOSE_WORDS & distinct:
            if any(phrase in spaced for phrase in _LOOSE[word]):
                return "broken English"
    return ""


def natural_end(low: Sequence[str], first: int, last: int) -> int:
    """Return where a long component is cut: before a conjunction or a preposition."""
    if last - first <= MAX_PIECE_WORDS:
        return last
    for at in range(first + MAX_PIECE_WORDS, first + 2, -1):
        if low[at] in _BREAKS_BEFORE:
            return at
    return first
