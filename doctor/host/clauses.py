"""Sentences and clauses of a line: what is asked in it, and what is quoted of it.

    asked_clause    "you mostly listen, so tell me, how do I sleep?"  ->  "How do I sleep?"
    excerpt         of a long line, the sentence or the clauses that have certain words

What is cut keeps its words as they stand; only a first letter becomes a capital, and where words
are left out there is a mark of omission. Pure functions of text, linear in its length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host.connecting import advises, telling_words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

#: Characters of a quotation, at most.
MOST: Final = 130
#: Words of a sentence that tells what to do, at least.
_FEW: Final = 4
_OMITTED: Final = "\u2026"
_SENTENCE: Final = re.compile(r"[^.?!\u2026]+[.?!\u2026]*\s*")
#: Where a clause may begin.
_JOINT: Final = re.compile(r"(?<=[,:;\u2013\u2014])\s+|\s+(?=and |but |because )")
_WORD: Final = re.compile(r"[\w'\u2019]+")
_OPENER: Final = re.compile(
    r"(?:(?:(?:hey|hello|hi)(?=[,!])|and|so|but|well|ok|okay|please|oh|um|ah|no|yes|now|then|"
    r"honestly|tell me|tell us|one last|one thing|one more|one question|my question(?: is)?|"
    r"the question(?: is)?|i wonder|i ask|say|remind (?:me|us)|"
    r"(?:can|could|would|will) you (?:please )?(?:tell|say|explain|remind)(?: to)?(?: me| us)?"
    r"(?= (?:what|who|when|where|why|how|if)\b))\b[\s,:]*)+",
    re.IGNORECASE,
)
_SUBJECT: Final = (
    "(?:it|this|that|there|these|those|he|she|they|we|you|i|I|one|any\\w*|some\\w*|every\\w*|nobody|"
    "my|your|his|her|their|our|the|a|an|all|both|people|[A-Z]\\w+)"
)
_AUX: Final = (
    "(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|may|might|must|have|has|"
    "had|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|"
    "shouldn't|haven't|hasn't)"
)
_ASKS: Final = re.compile(
    rf"(?:(?:why|what|how|who|where|when|which|whose)(?:'s|s)?"
    rf"(?: (?!(?:i|I|you|he|she|it|we|they|my|your|his|her|our|their|the|a)\b)\w+){{0,3}}? {_AUX}\b"
    r"|(?:what|who|how)(?:'s|s) "
    r"|what (?:if|about|else|now|next|helps?|helped|works?|worked|happens|happened|makes?|comes)\b"
    r"|who (?:here|else|of|knows|said|wants|told|wrote|asked)\b|how (?:come|about|to)\b"
    r"|why (?:not)?\b(?!\w+ing)|which \w+|any (?:idea|ideas|advice|tips?|thoughts)\b"
    rf"|{_AUX} (?:not )?{_SUBJECT}\b)"
)
#: What is asked depends on it: "if he cries, what do I do?"
_GIVEN: Final = re.compile(
    r"(?:if|when|since|because|after|as|with|without|before)\b", re.IGNORECASE
)
_TAG: Final = re.compile(
    rf"\s*,\s*(?:{_AUX} (?:not )?(?:it|you|we|he|she|they|i)|right|no|yes|ok|okay|don't you think|"
    r"do you think)\s*\?+\s*$",
    re.IGNORECASE,
)
_OWN: Final = re.compile(r"\b(?:i|i'm|i've|my|me|we|our|us)\b", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, without the blanks around them."""
    return [found.strip() for found in _SENTENCE.findall(text) if any(map(str.isalnum, found))]


def is_asking(text: str) -> bool:
    """Return True for a clause that begins like a question."""
    plain = _OPENER.sub("", text.replace("\u2019", "'"), count=1) if _OPENER.match(text) else text
    return _ASKS.match(_lowered(plain)) is not None


def asked_clause(text: str) -> str:
    """Return the last question of a text without what leads up to it; empty where nothing is."""
    every = sentences(text)
    for sentence in reversed(every):
        if "?" in sentence:
            return _without_lead(sentence)
    for sentence in reversed(every):
        if is_asking(sentence):
            return _without_lead(sentence)
    return ""


def whole_question(text: str) -> str:
    """Return what a text asks, with the question before where the last goes on from it.

    "Would you tell it again? Your daughter, and a form?"
    """
    every = sentences(text)
    for at in range(len(every) - 1, 0, -1):
        if "?" in every[at]:
            if not is_asking(every[at]) and "?" in every[at - 1] and is_asking(every[at - 1]):
                return f"{_without_lead(every[at - 1])} {every[at]}"
            break
    return asked_clause(text)


def _without_lead(sentence: str) -> str:
    """Return a question from the clause on with which it begins to ask."""
    tag = _TAG.search(sentence)
    if tag is not None:
        if not any(map(is_asking, _JOINT.split(sentence[: tag.start()]))):
            return sentence
        sentence = sentence[: tag.start()] + "?"
    begin, at, before = 0, 0, -1
    for piece in _JOINT.split(sentence):
        start = sentence.index(piece, at)
        at = start + len(piece)
        if is_asking(piece):
            given = before >= 0 and _GIVEN.match(_OPENER.sub("", sentence[before:start]))
            begin = before if given else start
            break
        before = start
    kept = sentence[begin:].strip()
    opened = _OPENER.match(kept)
    if opened is not None and any(map(str.isalnum, kept[opened.end() :])):
        kept = kept[opened.end() :]
    kept = kept.strip(" ,;:-\u2013\u2014")
    if "?" not in kept:  # it was left out
        kept = kept.rstrip(".!\u2026 ") + "?"
    return kept[:1].upper() + kept[1:]


def excerpt(text: str, wanted: AbstractSet[str] = frozenset(), most: int = MOST) -> str:
    """Return a text, or the part of a long one that has the wanted words, else tells most.

    Sentences are taken whole, and clauses only from a sentence that is too long itself.
    """
    if len(text) <= most:
        return text
    every = sentences(text)
    best = max(every, key=lambda each: _weight(each, wanted), default="")
    if len(best) > most:
        best = _clauses_of(best, wanted, most)
    following = every.index(best) + 1 if best in every else len(every)
    while following < len(every) and len(best) + 1 + len(every[following]) <= most:
        if every[following].endswith("?"):
            break
        best = f"{best} {every[following]}"
        following += 1
    return best


def advising_part(text: str) -> str:
    """Return the longest sentence of a text that tells what to do; empty where none does."""
    found = [each for each in sentences(text) if "?" not in each and advises(each)]
    best = max(found, key=len, default="")
    return excerpt(best) if len(best.split()) >= _FEW else ""


def _weight(sentence: str, wanted: AbstractSet[str]) -> tuple[int, bool, bool, int]:
    told = telling_words(sentence)
    own = _OWN.search(sentence) is not None
    low = sentence.lower()
    has = sum(word in told or (" " in word and word in low) for word in wanted)
    return has, not sentence.endswith("?"), own, len(told)


def _clauses_of(sentence: str, wanted: AbstractSet[str], most: int) -> str:
    """Return some clauses of a long sentence, one after the other, with the wanted words."""
    pieces = _JOINT.split(sentence)
    weights = [_weight(each, wanted) for each in pieces]
    best = weights.index(max(weights))
    first = last = best
    room = most - 2 * len(_OMITTED) - 2
    while True:
        longer = [
            (low, high)
            for low, high in ((first, last + 1), (first - 1, last))
            if low >= 0 and high < len(pieces) and _length(pieces[low : high + 1]) <= room
        ]
        if not longer:
            break
        first, last = longer[0]
    kept = " ".join(pieces[first : last + 1]).strip(" ,;:")
    if len(kept) > room:
        kept = kept[:room].rsplit(" ", 1)[0]
        last = min(last, len(pieces) - 2)
    kept = f"{_OMITTED} {kept}" if first else kept
    return f"{kept} {_OMITTED}" if last + 1 < len(pieces) else kept


def _length(pieces: list[str]) -> int:
    return sum(map(len, pieces)) + len(pieces) - 1


def _lowered(text: str) -> str:
    """Return a text whose first letter is small, as patterns of question words have it."""
    return text[:1].lower() + text[1:]
