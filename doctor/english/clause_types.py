"""The type of a clause, by its own grammar: which follow-up may be asked about it.

    kind    EVENT    something happened, or has happened     "I left him", "they have fired me"
            WAS      how it was                              "I was alone", "she had a garden"
            STATE    how it is                               "I am tired", "we have no money"
            HABIT    what is done again and again            "she drinks", "I always wait"
            PLAN     what is to come, or is wished for       "I will leave", "I want to sleep"
            OPINION  what is thought of something            "people are cruel", "I should go"
    owner   MINE     of the patient's own                    "I ...", "my work ...", "we ..."
            OTHERS   of somebody or something else           "he ...", "the shop ..."
    tone    GOOD, BAD or EVEN, by the words in it

A guess by the first verb and a few lists, right most of the time; what depends on it is only which
of several questions may be asked. Pure; any thread may call it.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import PLAIN, words

if TYPE_CHECKING:
    from doctor.english.clauses import Clause

#: The types by what they tell; a follow-up may name several of each.
KINDS: Final = frozenset(("EVENT", "WAS", "STATE", "HABIT", "PLAN", "OPINION"))
OWNERS: Final = frozenset(("MINE", "OTHERS"))
TONES: Final = frozenset(("GOOD", "BAD", "EVEN"))

_PAST_BE: Final = words("was were wasn't weren't had hadn't used")
_NOW_BE: Final = words(
    "am is are isn't aren't do does don't doesn't can can't could couldn't cannot he's she's it's "
    "they're we're i'm that's there's"
)
_DID: Final = words("did didn't")
_HAVE: Final = words("have has haven't hasn't i've they've we've you've")
_COMING: Final = words(
    "will won't would wouldn't might may gonna shall i'll he'll she'll they'll we'll it'll i'd "
    "tomorrow"
)
_OUGHT: Final = words("should shouldn't must mustn't ought")
_VIEWS: Final = words("think believe guess reckon suppose find figure")
_WISHES: Final = words("want wants need needs hope hopes plan plans wish wishes intend going")
_STATES: Final = words(
    "feel know like love hate want need have be seem understand believe remember mean miss belong "
    "own trust care live wish hope fear doubt look sound hurt"
)
_HAPPENINGS: Final = words(
    "fight row argument accident baby dream nightmare party meeting operation miscarriage stroke "
    "breakdown talk call visit crash abortion seizure"
)
_TOLD: Final = words("told")  # a past form that the lexicon has no plain form for
_SAME_FORMS: Final = words("shut hit put cut let set quit cost beat spread split burst upset")
_EVERYBODY: Final = words("people everybody everyone nobody life men women it that this")
_MINE: Final = words("i my we our i'm i've i'd i'll we're we've mine")
_BAD: Final = words(
    "sad lonely alone tired afraid scared anxious worried angry hurt cry crying cried lost lose "
    "died dead death ill sick sickness cancer pain hate hates hated worse worst bad awful wrong "
    "terrible never nobody nothing empty ashamed guilty stupid worthless useless hopeless fired "
    "sacked broke broken divorce divorced left debt debts problem problems trouble fail failed "
    "failing fight fights shouted shouts yelled yells cheated lied accident hospital funeral "
    "stress stressed exhausted difficult hard miserable depressed panic jealous bullied bully "
    "ruined depression anxiety nervous confused overwhelmed frustrated insecure ugly unhappy "
    "struggle struggling addicted addiction abuse abused abusive cheating suffer suffering trauma "
    "ptsd nightmares hopeless helpless unwanted failure negative toxic paranoid"
)
_GOOD: Final = words(
    "happy glad proud love loved good great wonderful better best won win passed promoted engaged "
    "married laughed laugh laughing fun hopeful relieved excited enjoy enjoyed beautiful lucky "
    "grateful calm peaceful nice lovely delighted baby succeeded birthday holiday"
)


_MARK: Final = re.compile("[A-Z]")
#: Words that tell more than that a verb is there.
_TELLING: Final = _PAST_BE | _WISHES | _DID | _HAVE | _NOW_BE
_TYPES: Final = {each: frozenset(each) for each in product(KINDS, OWNERS, TONES)}


def types_of(clause: Clause) -> frozenset[str]:
    """Return the kind, the owner and the tone of a clause."""
    low = clause.low
    has = clause.words
    owner = "OTHERS" if _MINE.isdisjoint(low[:2]) else "MINE"
    bad, good = not _BAD.isdisjoint(has), not _GOOD.isdisjoint(has)
    tone = "BAD" if bad else "GOOD" if good else "EVEN"
    return _TYPES[_kind_of(clause, owner), owner, tone]


def _kind_of(clause: Clause, owner: str) -> str:
    low = clause.low
    has = clause.words
    if not _OUGHT.isdisjoint(has) or (low[0] == "i" and len(low) > 2 and low[1] in _VIEWS):
        return "OPINION"
    if not _COMING.isdisjoint(has):
        return "PLAN"
    marks = _MARK.findall(clause.marked)
    for at, word in enumerate(low):
        if word not in _TELLING:
            if at and (marks[at] in "VB" or (marks[at - 1] in "SR" and word in PLAIN)):
                return _of_verb(word)
            continue
        if word in _PAST_BE:
            had = word == "had" and not _HAPPENINGS.isdisjoint(low[at + 1 : at + 4])
            return "EVENT" if had else "WAS"
        if word in _WISHES and at + 1 < len(low) and low[at + 1] == "to":
            return "PLAN"
        if word in _DID:
            later = low[at + 1 :]
            return "WAS" if any(each in _STATES or each in _WISHES for each in later) else "EVENT"
        if word in _HAVE:
            done = at + 1 < len(low) and any(
                each in _TOLD or (marks[place] == "V" and PLAIN.get(each, "have") not in _STATES)
                for place, each in enumerate(low[at + 1 : at + 4], at + 1)
            )
            return "EVENT" if done else "STATE"
        if word in _NOW_BE:
            general = owner == "OTHERS" and low[0] in _EVERYBODY
            return "OPINION" if general else _later(low, at)
        if at > 0 and (marks[at] in "VB" or (marks[at - 1] in "SR" and word in PLAIN)):
            return _of_verb(word)
    return "STATE"


def _later(low: list[str], at: int) -> str:
    """Return PLAN for "is going to", STATE for any other form of "be"."""
    rest = low[at + 1 : at + 4]
    return "PLAN" if "going" in rest and "to" in low[at + 2 : at + 5] else "STATE"


def _of_verb(word: str) -> str:
    """Return what a clause tells whose first verb is this word."""
    if word in _SAME_FORMS or word in _TOLD:
        return "EVENT"
    plain = PLAIN.get(word, word)
    if plain == word and word.endswith("ed"):
        return "EVENT"
    past = plain != word and not word.endswith("ing") and not _is_third(word, plain)
    if past:
        return "WAS" if plain in _STATES and plain not in {"hurt", "look"} else "EVENT"
    return "STATE" if plain in _STATES else "HABIT"


def _is_third(word: str, plain: str) -> bool:
    return word.endswith("s") and word[:-1].rstrip("e").rstrip("i") in plain
