"""What a statement tells of its speaker: a death, an illness, trouble, something good.

    DEATH      "my brother Henrik died in April"       with whom: brother
    ILLNESS    "my mother is in hospital"
    TROUBLE    "I cry at night"
    BIG        "I lost my job", "she was born on Sunday", "my son moved out": a turn in a life
    GOOD       "I got the job"
    PLAN       "I will ring her tomorrow"
    TOLD       everything else

Only what is plainly said counts: a host says nothing of what it only guesses. Pure functions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from doctor.english.lexicon import words
from doctor.host.line_words import LATELY

#: Who may have died or be ill; the host says this word and no other.
_KIN: Final = (
    "(?P<kin>grandmother|grandfather|grandma|grandpa|granny|nan|grandson|granddaughter|mother|"
    "father|mum|mom|dad|parents|sister|brother|son|daughter|child|baby|wife|husband|partner|"
    "boyfriend|girlfriend|fianc\u00e9e?|friend|uncle|aunt|cousin|niece|nephew|dog|cat|twin|"
    "colleague|neighbour|neighbor)"
)
_MY: Final = rf"\b(?:my|our) (?:[a-z]+ )?{_KIN}(?:,? [a-z\u00e0-\u00ff]+,?)?"
_ADVERBS: Final = (
    "(?:has |have |had |just |also |suddenly |now |really |very |so |still |been |is |was |are |"
    "were )*"
)
_DEATH: Final = re.compile(
    rf"{_MY} {_ADVERBS}(?:died|dead|passed away|killed|buried|gone forever)\b"
    rf"|\b(?:i|we) {_ADVERBS}(?:lost|buried) (?:my|our) (?:[a-z]+ )?{_KIN.replace('kin', 'lost')}\b"
)
#: "My brother and I had it. He died in May."
_DEATH_OF_ONE: Final = re.compile(
    rf"\bmy {_KIN}\b[^?]{{0,80}}?\b(?:he|she|and(?: then)?) {_ADVERBS}(?:died|passed away|dead)\b"
)
_ILL: Final = re.compile(
    rf"{_MY} (?:has |have |had |got ){_ADVERBS}(?:(?:a|an|the) )?"
    r"(?:cancer|dementia|alzheimer's|parkinson's|stroke|tumou?r|heart attack|depression)\b"
    rf"|{_MY.replace('kin', 'sick')} (?:is|are|was|were|lies) {_ADVERBS}"
    r"(?:ill|sick|unwell|dying|in (?:the |a )?(?:hospital|hospice))\b"
)
_OWN_ILLNESS: Final = re.compile(
    r"\bi (?:have|got|had) (?:cancer|a tumou?r|a stroke|parkinson's|ms|leuka?emia)\b"
    r"|\bi (?:was|am|have been) (?:diagnosed|in hospital|in the hospital)\b"
)
_GOOD: Final = re.compile(
    r"\bi (?:(?:have|just|finally|really|even) )*(?:got|passed|won|found|made|finished|managed|"
    r"slept|did) (?:the |a |my |it|well|through|that|her |his )"
    r"|\b(?:i am|i'm|i was|we are) (?:so |very |really |quite |just )*"
    r"(?:happy|glad|proud|relieved|in love|pregnant|better)\b"
    r"|\bgood news\b|\b(?:it|that|this) (?:really |finally )?(?:worked|helped|went well)\b"
    r"|\b(?:i am|i'm) (?:getting married|going to be a (?:father|mother|grandmother|grandfather))"
)
#: A job that is lost, a birth, a parting, what a child made.
_BIG: Final = re.compile(
    r"\b(?:my|our) (?:old )?\w+ (?:has |just |suddenly )*(?:died|passed away)\b"
    r"|\b(?:i|we) (?:have |had |just |also )*(?:lost (?:my|our|the) (?:job|work|flat|house|home|"
    r"shop|licen[cs]e)|(?:was|were|got|been) (?:fired|sacked|laid off|made redundant|let go|"
    r"evicted)|(?:closed|shut|sold) (?:my|our) (?:shop|bookshop|bakery|business|house|farm|"
    r"practice|boat|piano|horse))\b"
    rf"|(?:{_MY.replace('kin', 'gone')}|\bmy (?:youngest|eldest|oldest|girl|boy|kids|children))"
    rf" {_ADVERBS}(?:moved out|moved away|left home|left us|left me|was born|were born|"
    r"drew|painted|stopped (?:going|eating|speaking)|(?:made|wrote) (?:me|us|a note|a picture|"
    r"a drawing|a card|a letter)|stopped talking|"
    r"no longer (?:talks|speaks))\b"
    r"|\b(?:he|she|they) (?:left me|was born|moved out|walked out)\b"
    r"|\bi (?:had|am having|am having) (?:a|my|our) baby\b"
    r"|\bi (?:became|have become|am) a (?:grand)?(?:mother|father)\b"
    r"|\b(?:wrote|drew|painted)\b[^.?!]{0,40}\b(?:pencil|crayons?|in (?:his|her) own hand)\b"
)
_PLAN: Final = re.compile(
    r"\b(?:i will|i'll|i am going to|i'm going to|i want to|i would like to|i'd like to|"
    r"i plan to|i have decided to|i decided to|we will|we are going to)\b"
)
_NEGLECTED: Final = re.compile(
    r"\b(?:can'?t|cannot|not|never|hardly|barely) (?:really )?(?:sleep|slept|sleeping)\b"
    r"|\bcan'?t stop\b|\bnobody (?:ever |here )?\w+ me\b|\bi have (?:no one|nobody)\b"
)
_NOT: Final = re.compile(r"\b(?:not|never|no|n't|cannot|hardly|without)\b|n't\b")
_TROUBLED: Final = words(
    "alone lonely sad afraid scared frightened fear cry cried crying hate hated lost tired "
    "exhausted hurt hurts hurting miss missed worried worry anxious nervous panic ashamed guilty "
    "angry empty hopeless useless worthless awful terrible horrible depressed divorce divorced "
    "fired failed unhappy desperate overwhelmed sleepless nightmares nightmare jealous"
)
_DENIED: Final = re.compile(
    r"\b(?:not|never|no longer|n't) (?:(?:really|so|very|that|be|feel|feeling|at all|a bit) )*"
    rf"(?:{'|'.join(sorted(_TROUBLED))})\b"
)
_CITED: Final = re.compile(r'"[^"]*"')
_SELF: Final = words("i i'm im i've ive i'd i'll me my mine myself")
_WORD: Final = re.compile(r"[\w'\u2019]+")


class ToldStatement(NamedTuple):
    """What a statement tells, and of whom where it is a death or an illness."""

    kind: str
    kin: str = ""


@lru_cache(maxsize=LATELY)
def read_statement(line: str) -> ToldStatement:
    """Return what a line tells of its speaker."""
    if '"' in line:  # somebody else's words
        line = _CITED.sub(" ", line)
    low = " ".join(line.lower().replace("\u2019", "'").split())
    asks = "?" in line
    found = None if asks else _DEATH.search(low)
    if found is not None:
        return ToldStatement("DEATH", found["kin"] or found["lost"] or "")
    found = None if asks else _DEATH_OF_ONE.search(low)
    if found is not None:
        return ToldStatement("DEATH", found["kin"])
    found = None if asks else _ILL.search(low)
    if found is not None:
        return ToldStatement("ILLNESS", found["kin"] or found["sick"] or "")
    if _OWN_ILLNESS.search(low) is not None:
        return ToldStatement("ILLNESS")
    if not asks and _BIG.search(low) is not None:
        return ToldStatement("BIG")
    said = set(_WORD.findall(low))
    own = not _SELF.isdisjoint(said)
    if own and (not _TROUBLED.isdisjoint(said) or _NEGLECTED.search(low)):
        return ToldStatement("TROUBLE" if _DENIED.search(low) is None else "TOLD")
    if _GOOD.search(low) is not None and _NOT.search(low) is None:
        return ToldStatement("GOOD")
    if _PLAN.search(low) is not None and _NOT.search(low) is None:
        return ToldStatement("PLAN")
    return ToldStatement("TOLD")
