"""What makes a reply a sound one: no broken English, no stuffing, no reply twice.

Pure functions on words; any thread may call them.
"""

from __future__ import annotations

from itertools import pairwise
from operator import eq
from typing import TYPE_CHECKING, Final

from doctor.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Words of a reply; only what a CARE form or a greeting says may be longer.
MAX_REPLY_WORDS: Final = 32
#: Words of one component in a reply; a longer one is cut where the sentence allows it.
MAX_PIECE_WORDS: Final = 12

DANGLING: Final = words(
    "and or but the a an my your his their our because if when which who than as i "
    "very really just then also i'm it's you're of every some any"
)
_BREAKS_BEFORE: Final = words(
    "because when while if since so that who which where after before until with for at and or "
    "in on from to by about"
)
_MAY_REPEAT: Final = words("had that really very")
LEFT_HANGING: Final = words("at to of with for from about in on by into than")
_LOOSE: Final = (
    " you am ",
    " i are ",
    " am you ",
    " to i ",
    " with i ",
    " you was ",
    " i is ",
    " did be ",
    " did not be ",
    " didn't be ",
    " don't be ",
    " not don't ",
)
_OUTER: Final = " .,!?:\"'()-*_"


def bare(text: str) -> str:
    """Return a text without case and outer marks, for telling whether it was said."""
    return text.lower().strip(_OUTER)


def sentence(text: str) -> str:
    """Return a text with a capital at its head and a mark at its end."""
    text = text.strip()
    if text[-1:] not in {".", "?", "!", '"', "…"}:
        text += "."
    return text[:1].upper() + text[1:]


def fault(reply: str) -> str:
    """Return why a reply is no sound sentence; empty where it is one."""
    low = reply.lower()
    words = low.split()
    if len(words) > MAX_REPLY_WORDS:
        return "too long"
    if True in map(eq, words, words[1:]):
        for word, after in pairwise(words):
            if word == after and word not in _MAY_REPEAT:
                return "a word twice"
    if True in map(f" {low} ".__contains__, _LOOSE):
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
