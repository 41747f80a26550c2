"""A patient's words turned round: "I think you hate me" becomes "you think I hate you".

Theory. Two people talk, so every word that points at one of them points at the other when the
other says it. English marks the pointing in four places, and only these change:

1. *Pronouns* of the first and second person (`TURNED`). All but one turn by themselves, because
   "I" and "me" differ; "you" does not show whether it is a subject, so it turns into "I" or "me".
   Its neighbours decide (`doctor.english.subjects`): what comes before it opens a clause, asks a
   question, governs it as a preposition or as a verb; what follows it is a verb that agrees with it
   or not. Both sides count, because "I think you lie" and "I hate you" begin alike.
2. *The verb "to be"*, the only verb in English with a form of its own for "I" and for "you". It
   follows the subject it agrees with, which is before it ("I never was"), after it ("was I")
   or before an "and" ("I am ill and was worse").
3. *Contractions* of the two, with an apostrophe of any kind or without one.
4. *Capitals*: "I" always has one, and gives none away; any other capital at the head of a word is
   its sentence's and stays where it was.

We, us and our are the patient and others, so they turn into you and your. Quoted speech, names,
addresses and compounds ("know-it-all") are nobody's pointing and stay as they are. Politeness puts
"you" first in "you and I", whoever says it.

Everything here is pure and may be called from any thread.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import (
    ADVERB,
    AUX,
    CLAUSE,
    EITHER,
    FINITE,
    KINDS,
    OPENER,
    RESTORED,
    VERB,
    words,
)
from doctor.english.subjects import CURLY, Utterance, is_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

# A quotation is one word; so is a run of letters with apostrophes inside. Splitting by it leaves
# words at odd places and what is between them at even ones.
_WORD: Final = re.compile(
    r"""( (?<!\d)"[^"]*(?:"|$) | “[^”]*(?:”|$) | «[^»]*(?:»|$)
        | (?<!\w)'(?=\w)(?!(?:cause|cos|em|til|bout|tis|twas|round|n)\b)
          [^"]{0,300}?(?<=[\w.,!?])'(?!\w)
        | (?<!\w)\u2018(?=\w).{0,300}?(?<=[\w.,!?])\u2019(?!\w)
        | [^\W\d_]+(?:['\u2019][^\W\d_]+)* )""",
    re.VERBOSE | re.DOTALL,
)

#: Words that turn by themselves. "you", "am", "are", "was" and "were" look at their neighbours.
TURNED: Final[dict[str, str]] = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "meself": "yourself",
    "we": "you",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "ourselves": "yourselves",
    "ourself": "yourself",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "yourselves": "myself",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
    "i'd've": "you'd've",
    "we're": "you're",
    "we've": "you've",
    "we'd": "you'd",
    "we'll": "you'll",
    "you're": "I'm",
    "you've": "I've",
    "you'd": "I'd",
    "you'll": "I'll",
}
_BE: Final = {
    "am": "are",
    "are": "am",
    "was": "were",
    "were": "was",
    "aren't": "aren't",
    "wasn't": "weren't",
    "weren't": "wasn't",
}
# Written alike with and without an apostrophe: which it is shows in the next word.
_MAYBE: Final = {"your": "you're", "ur": "you're", "its": "it's", "ill": "i'll", "id": "i'd"}
_MAYBE_WERE: Final = "we're"
_NOT_OWNED: Final = words(
    "a an the not so too very just really always never only such being going gonna getting making "
    "telling saying trying asking lying been like more less all welcome kidding joking"
)
_INSULTS: Final = words(
    "stupid dumb right wrong mean nice useless boring annoying weird crazy funny great mad rude "
    "kind cool awesome fake evil pathetic lame smart clever amazing"
)
_NOT_WERE: Final = words("not gonna so too all both just never always broke done over")
# A word of these right before "are", "was" or "were" is its subject, and "you" after it is not.
_OTHER_SUBJECTS: Final = words("i we he she it that this there they these those")
_SUBJUNCTIVE: Final = words("if wish wishes wished though unless")
_MINES: Final = words("a the coal gold salt tin copper diamond land old this that")
_JOINTS: Final = words("- @ / _ ://")  # a word joined by one of these is half of a compound
_PAIRS: Final = (["you", "and", "i"], ["you", "and", "me"], ["you", "or", "i"])

_INTEREST: Final = frozenset(
    {"you", *TURNED, *_BE, *RESTORED, *_MAYBE, "r"}
    | {w.replace("'", CURLY) for w in TURNED}
    | {w.replace("'", CURLY) for w in _BE}
)


# Where nobody else is named with the speaker, every pronoun but "you" turns whatever is around it.
_ALWAYS_ALONE: Final = {
    word: turned for word, turned in TURNED.items() if word not in {"i", "me", "mine"}
}
_ALONE: Final = {**_ALWAYS_ALONE, "i": "you", "me": "you"}
_TOGETHER: Final = words("you war")  # "you and I", "World War I"


def reflect(text: str) -> str:
    """Return `text` as the other person would say it; pure, linear in its length.

    Any text is taken; what does not point at one of the two speakers comes back as it was.
    """
    parts = _WORD.split(text)
    raw, gaps = parts[1::2], parts[0::2]
    low = [word.lower() for word in raw]
    if _INTEREST.isdisjoint(low):
        return text
    if CURLY in text:
        low = [word.replace(CURLY, "'") for word in low]
    shouted = len(low) > 1 and text.isupper()
    sentence = Utterance(raw, low, gaps, out=list(raw), shouted=shouted)
    _restore(sentence)
    for index, word in enumerate(low):
        if word in _INTEREST:
            _turn_at(sentence, index, word)
    parts[1::2] = sentence.out
    return "".join(parts)


def reflect_words(raw: Sequence[str], low: list[str]) -> Sequence[str]:
    """Return the words of one clause turned round, one for each word that was given.

    `low` is `raw` in lower case with straight apostrophes and corrected; there is no mark between
    the words. Each word is turned among its neighbours, which decide.
    """
    if _INTEREST.isdisjoint(low):
        return raw
    alone = _ALONE if _TOGETHER.isdisjoint(low) else _ALWAYS_ALONE
    sentence: Utterance | None = None
    out = list(raw)
    for index, word in enumerate(low):
        if word in _INTEREST:
            turned = alone.get(word)
            if turned is not None and (raw[index] == word or raw[index] == "I"):
                out[index] = turned
                continue
            if sentence is None:
                sentence = Utterance(raw, low, None, out=out)
            _turn_at(sentence, index, word)
    return out


def _turn_at(sentence: Utterance, index: int, word: str) -> None:
    if word in TURNED:
        _turn(sentence, index, word)
    elif word == "you":
        _turn_you(sentence, index)
    elif word in _BE:
        _agree(sentence, index, word)


def _restore(sentence: Utterance) -> None:
    """Give back the apostrophes that were not typed; makes addresses and quotations opaque."""
    low = sentence.low
    for index, word in enumerate(low):
        if word not in _INTEREST:
            continue
        if _is_opaque(sentence, index, word):
            low[index] = "-"
            continue
        better = RESTORED.get(word)
        if word == "r":
            near = low[index - 1 : index] + low[index + 1 : index + 2]
            better = "are" if "u" in near or "you" in near else None
        elif word in _MAYBE and _is_contraction(sentence, index, word):
            better = _MAYBE[word]
        elif word == "were" and _is_we_are(sentence, index):
            better = _MAYBE_WERE
        if better is not None:
            low[index] = better
            sentence.say(index, better)


def _is_opaque(sentence: Utterance, index: int, word: str) -> bool:
    """Return True if a word is part of an address or compound, an hour ("5 am") or a name (US)."""
    gaps = sentence.gaps or ()
    before, after = gaps[index], gaps[index + 1]
    if sentence.raw[index] == "US" and not sentence.shouted:
        return True
    if word == "am" and before.strip()[-1:].isdigit():
        return True
    if before in _JOINTS or after in _JOINTS:
        return word not in sentence.low[index - 1 : index] + sentence.low[index + 1 : index + 2]
    return before[-1:].isdigit() or after[:1].isdigit() or before[-1:] == "@" or after[:1] == "@"


def _is_contraction(sentence: Utterance, index: int, word: str) -> bool:
    """Return True if "your", "its", "ill" or "id" is "you're", "it's", "I'll" or "I'd"."""
    low = sentence.low
    if sentence.breaks(index + 1):
        return False
    follows = low[index + 1]
    if word in {"ill", "id"}:
        head = sentence.breaks(index) or KINDS.get(low[index - 1], 0) & (OPENER | EITHER | CLAUSE)
        return bool(head) and (
            KINDS.get(follows, 0) & (FINITE | ADVERB) != 0 or follows in {"rather", "be", "have"}
        )
    if follows in _NOT_OWNED:
        return True
    return word != "its" and follows in _INSULTS and sentence.breaks(index + 2)


def _is_we_are(sentence: Utterance, index: int) -> bool:
    """Return True if "were" is "we're": first in a clause, before an -ing form or the like."""
    if sentence.breaks(index + 1) or not sentence.breaks(index):
        return False
    follows = sentence.low[index + 1]
    return (
        follows in _NOT_WERE
        or (follows.endswith("ing") and follows not in KINDS)
        or (follows.endswith("ing") and bool(KINDS[follows] & VERB))
    )


def _turn(sentence: Utterance, index: int, word: str) -> None:
    """Turn a word that needs no neighbour, but for "mine" in the ground and "you and I"."""
    low = sentence.low
    if word == "mine" and index and low[index - 1] in _MINES:
        return
    if word in {"i", "me"}:
        if index > 1 and low[index - 2 : index + 1] in _PAIRS:
            return
        if low[index + 1 : index + 3] == ["and", "you"] and not sentence.breaks(index + 1):
            sentence.say(index, "you")
            return
        if word == "i" and index and sentence.raw[index - 1] == "War":
            return
    sentence.say(index, TURNED[word])


def _turn_you(sentence: Utterance, index: int) -> None:
    """Turn "you" into "I" or "me"."""
    low = sentence.low
    if low[index : index + 3] in _PAIRS:
        if sentence.raw[index] == "You":
            sentence.out[index] = "you" if index == 0 else "You"
        return
    if index > 1 and low[index - 1] == "and" and low[index - 2] in {"i", "me"}:
        subject = low[index - 2] == "i"
        if subject or sentence.breaks(index - 2) or not is_subject(sentence, index):
            sentence.say(index, "I" if subject else "me")
            return
    sentence.say(index, "I" if is_subject(sentence, index) else "me")


def _agree(sentence: Utterance, index: int, word: str) -> None:
    """Let a form of "to be" follow its subject."""
    low = sentence.low
    if word == "am":
        sentence.say(index, "are")
        return
    first = word in {"was", "wasn't"}  # the form that goes with "I"; the others go with "you"
    person = "i" if first else "you"
    if not sentence.breaks(index + 1) and _inverted(sentence, index, person):
        sentence.say(index, "am" if word == "are" else _BE[word])
        return
    at = index - 1
    while at > 0 and KINDS.get(low[at], 0) & ADVERB and not sentence.breaks(at + 1):
        at -= 1
    if at < 0 or sentence.breaks(index):
        return
    if low[at] in {"and", "but", "or"}:
        if not _carried(sentence, at, person):
            return
    elif low[at] != person:
        return
    elif not first:
        if not is_subject(sentence, at) or _is_plural(sentence, at):
            return
        if word == "were" and any(w in _SUBJUNCTIVE for w in low[max(0, at - 2) : at]):
            return
    if word == "aren't":
        if at == index - 1:
            sentence.say(at, "I'm")
            sentence.say(index, "not")
        else:
            sentence.say(index, "am not")
        return
    sentence.say(index, _BE[word])


def _inverted(sentence: Utterance, index: int, person: str) -> bool:
    """Return True if the verb at `index` asks about `person` right after it."""
    low = sentence.low
    after = index + 1
    if low[after] == "not" and not sentence.breaks(after + 1):
        after += 1
    if low[after] != person or low[after : after + 3] in _PAIRS:
        return False
    return index == 0 or sentence.breaks(index) or low[index - 1] not in _OTHER_SUBJECTS


def _carried(sentence: Utterance, at: int, person: str) -> bool:
    """Return True if the clause before the "and" at `at` has `person` as its last subject."""
    low = sentence.low
    for index in range(at - 1, -1, -1):
        if low[index] == person or low[index].startswith(person + "'"):
            return person == "i" or is_subject(sentence, index)
        if low[index] in {"he", "she", "it", "they", "who", "that", "which", "i", "you", "we"}:
            return False
    return False


def _is_plural(sentence: Utterance, at: int) -> bool:
    """Return True if the "you" at `at` is half of a pair ("my father and you are alike")."""
    low = sentence.low
    if at < 2 or low[at - 1] not in {"and", "or"}:
        return False
    start = at - 1
    while start > 0 and not sentence.breaks(start):
        start -= 1
    pair = low[start : at - 1]
    return len(pair) <= 3 and not any(KINDS.get(w, 0) & (VERB | AUX) for w in pair)
