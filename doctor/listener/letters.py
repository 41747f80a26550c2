"""Weigh the sentences of a long line by what each tells of the patient.

People who write at length say where they come from before they say what hurts, speak of others
before they speak of themselves, and end with a question that has no matter of its own ("What should
I do?"). So a clause weighs more if it begins with the patient, has a feeling, a wish or an
inability of the patient's, turns from what came before, or comes last; and less if it introduces
("I am 23"), is about others alone, or grants something ("though ...").

Pure; any thread may call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words

if TYPE_CHECKING:
    from doctor.english.clauses import Clause

#: A line of so many words is long: what it says is weighed, not only its keywords.
LONG_WORDS: Final = 9
#: Clauses of fewer words are no sentence of a long line.
_MIN_WORDS: Final = 3
_FEW_WORDS: Final = 6
#: What a clause that is not taken up weighs.
NOTHING: Final = -99

_SELF: Final = words("i i'm i've i'd i'll we we're we've")
_DOCTOR: Final = words("you you're your u")
_MINE: Final = _SELF | words("my me myself")
_FELT: Final = words(
    "hurting hurtful painful scary draining exhausting feel feels felt feeling afraid scared "
    "frightened terrified ashamed guilty lonely alone sad hurt hurts hate hated hates blames "
    "depressed anxious angry worried tired exhausted lost stuck hopeless helpless worthless empty "
    "numb confused jealous heartbroken devastated miserable panic cry cried crying embarrassed "
    "overwhelmed stressed desperate broken unhappy frustrated insecure ugly sick fear depression "
    "anxiety stress grief shame guilt pain nightmares panicking suicidal addicted addiction "
    "trauma ptsd bipolar cheated cheating abused abusive raped upset"
)
_URGENT: Final = words(
    "want wish need can't cannot couldn't struggle struggling unable unsure hope don't miss worry "
    "keep won't doesn't trouble problem problems issues hard difficult never trust stop cheated "
    "cheating divorce divorced pregnant abusive lied broke"
)
_GRAVE: Final = words("died dead death dying killed cancer miscarriage funeral")
_OTHERS: Final = words(
    "he she they it this that these those his her their he's she's it's they're that's there the "
    "because since"
)
_INTRODUCING: Final = words(
    "year years 20 21 22 23 24 25 old male female girl boy woman man teen teenager married dating "
    "together months student mother mom dad father gay lesbian straight christian grade 20s 30s "
    "40s"
)
_RELATED: Final = words(
    "sister sisters brother brothers siblings son sons daughter daughters child children kids baby"
)
_SAYING: Final = words("says said")
_POINTING: Final = _OTHERS | {"so"}
_MOODS: Final = words(
    "angry sad lonely anxious guilty jealous ashamed depressed worried tired empty"
)
_DESCRIBING: Final = ("ense", "ful", "ous", "able", "ible", "less", "ive")
_TOGETHER: Final = words("about for between")
_BEFORE_NOUNS: Final = words("this such my his her their our a an the")
_PENDING: Final = words("if when whenever because although unless")
_RELATIVE: Final = words("who whom which whose")
_OPENING: Final = words("like that think feel even say know so and")
_AND_I: Final = ["and", "i"]
_HALVES: Final = frozenset(
    (("the", "more"), ("every", "time"), ("each", "time"), ("any", "time"), ("the", "day"))
)
_BEING: Final = words("am was been have are")
_BARE: Final = words(
    "what doing where sure should could can do does would i we how to about it this that is any "
    "suggestions advice ideas help me please why deal with cope handle stop fix fight change get "
    "go over through past normal ok okay wrong right make work happen happening feel know start "
    "better else now here there a an the these those thoughts or my situation problem am crazy "
    "hope him her them be will ever way out of"
)
_FILLING: Final = words("just really honestly even still all time so also")
_ASKED: Final = _BARE | _FILLING
_UNKNOWN: Final = _BARE | _FILLING | {"don't", "know", "not", "sure", "anymore"}
_WHOSE: Final = words("how what should why is any can am could will")
#: Without one of these words a clause weighs what its beginning and its end say.
_WEIGHTY: Final = _GRAVE | _FELT | _URGENT | _INTRODUCING | _RELATED | _MINE | {"love"}
#: Without one of these words the middle of a clause is not looked at.
_LINKING: Final = _PENDING | _SAYING
#: A clause that asks nothing has one of these words.
ASKED_WITH: Final = _WHOSE | {"know", "sure"}


def asks_nothing(clause: Clause) -> bool:
    """Return True for a question without a matter of its own: "What should I do about it?"."""
    if not clause.words <= _UNKNOWN:
        return False
    low = [word for word in clause.low if word not in _FILLING]
    if low[:3] == ["i", "don't", "know"] or low[:2] == ["not", "sure"]:
        return len(low) > _MIN_WORDS
    if not low or low[0] not in _WHOSE:
        return False
    return (clause.asks or low[0] == "any") and clause.words <= _ASKED


def weigh(clause: Clause, *, last: bool) -> int:
    """Return what a clause of a long line weighs, in half ranks, or `NOTHING`."""
    if clause.asks or clause.hangs or not is_whole(clause):
        return NOTHING
    low, has = clause.low, _WEIGHTY & clause.words
    head = low[0]
    weight = int(last) - 2 * (head in _OTHERS)
    if has & _GRAVE:
        weight += 4
    if clause.concedes:
        weight -= 4
    if head in _SELF or low[1] in _SELF or low[2:4] == _AND_I:
        weight += 1 + (head != "we") + 6 * clause.turns
        if has & _FELT:
            weight += 4
        if has & _URGENT:
            weight += 2
        if has & _INTRODUCING and not _BEING.isdisjoint(low[1:6]):
            weight -= 4
        if len(low) <= _MIN_WORDS and not has & _FELT:
            weight -= 2  # "I was late"
        if has & _RELATED and len(low) < _FEW_WORDS + 1:
            weight -= 3  # "I have two sisters"
        if "love" in has and len(low) < _FEW_WORDS:
            weight -= 3  # "I love him" comes before what is meant
        elif len(low) < _FEW_WORDS - 1 and low[-1] in _POINTING:
            weight -= 3  # "I hate it"
        return weight
    if head in {"my", "it", "it's"} or has & _MINE:
        weight += (3 if has & _FELT else 1) + (1 if has & _URGENT else 0)
    if len(low) <= _MIN_WORDS and not has & _FELT:
        weight -= 2  # "he did not"
    return weight + 2 * clause.turns


def is_whole(clause: Clause) -> bool:
    """Return True for a sentence of the patient's, not a part of one."""
    low, marked = clause.low, clause.marked
    if low[0] in _DOCTOR or low[0] in _RELATIVE or marked[0] == "V":
        return False  # "started to drink": its head is elsewhere
    if len(low) < _MIN_WORDS and (len(low) == 1 or _FELT.isdisjoint(clause.words)):
        return False
    if "V" not in marked and "A" not in marked and "B" not in marked:
        return False
    if low[-2] in _BEFORE_NOUNS and (low[-1] in _MOODS or low[-1].endswith(_DESCRIBING)):
        return False  # "this intense, sudden fear": its end is elsewhere
    if low[-1] == "us" and low[-2] in _TOGETHER:
        return False  # "think about us": you two, and not you alone
    if _LINKING.isdisjoint(clause.words):
        pass
    elif "i" in clause.words and "you" in clause.words and clause.words & _SAYING:
        return False  # "she says I work you watch the baby": who says what is not clear
    elif clause.words & _PENDING:
        for at, word in enumerate(low[1:]):
            if word in _PENDING and (low[at] in _OPENING or at == 1 == marked.count("A")):
                return False  # "I feel like even if I did it": the rest is in the next clause
    # "The more I try", "every time I speak"; "my friend, who knows me"
    return (low[0], low[1]) not in _HALVES and _RELATIVE.isdisjoint(low[1:3])
