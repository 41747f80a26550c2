"""The key stack of a line: every keyword of every clause, and the rules that ALSO names.

What sorts first is the top. A clause of the patient's own weighs more, and so does what comes after
"but", a death or a feeling; greetings and places alone are passed over where there is more. In a
long line, topics are no keywords, since what such a line is about is seldom its first topic: there
the clauses are weighed by what they tell of the patient (`doctor.listener.letters`).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.english.lexicon import words
from doctor.listener.facts import find_about
from doctor.listener.letters import ASKED_WITH, NOTHING, asks_nothing, is_whole, weigh

if TYPE_CHECKING:
    from doctor.english.clauses import Clause
    from doctor.listener.compiler import Keyword
    from doctor.listener.draft import Draft

#: A weight, the number of a clause with a minus, a number that keeps ties apart, and what is tried.
Entry: TypeAlias = "tuple[int, int, int, Keyword, Clause]"

_OWN: Final = words("i my")
#: What a clause after "but" or one about death or illness weighs more: two and a half ranks.
_MORE: Final = 5
#: What a clause about feelings weighs more: one rank.
_FEELING: Final = 2
#: The weight of a clause after "but" that no rule answers, and the words that it must have.
_TURN_WEIGHT: Final = -10
MIN_TURN_WORDS: Final = 3
#: Keywords from this weight on answer what is said to the program, which is said with "you".
_SAID_TO_DOCTOR: Final = -18
_YOURS: Final = words("you your yours yourself")
_FELT: Final = words(
    "feel feels felt feeling cried cry crying wept weeping sobbed scared afraid frightened "
    "terrified ashamed guilty lonely hate hurts heartbroken devastated empty numb"
)
_GRAVE: Final = words("died dead death dying cancer tumour suicide funeral miscarriage hospice")
_GREETING: Final = words("hello hi hey hiya thanks greetings")
_OPENING: Final = words("good nice how thank sorry hope pleased")
_YOU: Final = words("you evening morning afternoon day bothering disturb bother")
#: How many half ranks a question without a matter comes after the rule that PLEA names.
_BARE_QUESTION: Final = 6


def stack_keywords(draft: Draft) -> list[Entry]:
    """Return what is tried on the clauses of a line, the top first."""
    stack: list[Entry] = []
    clauses = draft.line.clauses
    several = len(clauses) > 1
    if several:
        clauses = [each for each in clauses if not _says_little(each)] or clauses
    if draft.compiled.also:
        clauses = _stack_also(draft, clauses, stack)
    if draft.at_length:
        _stack_pressing(draft, clauses, stack)
    else:
        _stack_words(draft, clauses, stack, several=several)
    if draft.held:
        about = draft.compiled.about
        for number, clause in enumerate(clauses):
            fact = find_about(draft, clause)
            known = about.get(fact.kind) if fact is not None else None
            if known is not None:
                stack.append((known.weight - _own(clause), -number, len(stack), known, clause))
    stack.sort()
    if draft.notes is not None:
        for weight, _, _, keyword, _ in stack:
            draft.note("stack", keyword.word, str(-weight // 2))
    return stack


def _own(clause: Clause) -> int:
    return int(not _OWN.isdisjoint(clause.words))


def _stack_words(draft: Draft, clauses: list[Clause], stack: list[Entry], *, several: bool) -> None:
    """Stack the keywords of a line's clauses."""
    keywords_of = draft.compiled.by_word.get
    turned = False
    for number, clause in enumerate(clauses):
        own = _own(clause)
        if several:
            turned = turned or clause.turns  # what comes after "but" is what is meant
            if turned or not _GRAVE.isdisjoint(clause.words):
                own += _MORE
            elif not _FELT.isdisjoint(clause.words):
                own += _FEELING
            if clause.turns and len(clause.low) > MIN_TURN_WORDS:
                # It is said back and asked about before another clause is answered.
                stack.append((_TURN_WEIGHT - own, -number, len(stack), draft.compiled.none, clause))
        keywords = chain.from_iterable(filter(None, map(keywords_of, clause.low)))
        for keyword in dict.fromkeys(keywords):
            # What sorts first is the top; the third number keeps ties apart.
            stack.append((keyword.weight - own, -number, len(stack), keyword, clause))


def _stack_pressing(draft: Draft, clauses: list[Clause], stack: list[Entry]) -> None:
    """Stack the keywords of a long line that come before what its clauses tell."""
    pressing = draft.compiled.pressing
    for number, clause in enumerate(clauses):
        if pressing.keys().isdisjoint(clause.words):
            continue
        to_doctor = not _YOURS.isdisjoint(clause.words)
        keywords = chain.from_iterable(filter(None, map(pressing.get, clause.low)))
        for keyword in dict.fromkeys(keywords):
            if to_doctor or keyword.weight < _SAID_TO_DOCTOR:
                weight = keyword.weight - _own(clause)
                stack.append((weight, -number, len(stack), keyword, clause))


def _stack_also(draft: Draft, clauses: list[Clause], stack: list[Entry]) -> list[Clause]:
    """Stack the rules of ALSO; return the clauses that are tried with keywords."""
    also = draft.compiled.also
    question, letter = also.get("QUESTION"), also.get("LETTER") if draft.at_length else None
    if len(clauses) > 1 and "PLEA" in also and not ASKED_WITH.isdisjoint(draft.line.vocabulary):
        bare = [each for each in clauses if asks_nothing(each)]
        if bare and len(bare) < len(clauses):
            clauses, letter = [each for each in clauses if each not in bare], also["PLEA"]
            if question is not None:  # answered where none of the others can be said back
                stack.append((letter.weight + _BARE_QUESTION, 0, 0, question, bare[-1]))
    if len(clauses) == 1:
        clause = clauses[0]
        if clause.asks:
            if question is not None:
                stack.append((question.weight, 0, 0, question, clause))
        elif letter is not None and is_whole(clause):
            stack.append((letter.weight, 0, 0, letter, clause))
        return clauses
    last = len(clauses) - 1
    for number, clause in enumerate(clauses):
        if question is not None and clause.asks:
            stack.append((question.weight, -number, len(stack), question, clause))
        if letter is not None:
            weight = weigh(clause, last=number == last)
            if weight > NOTHING:
                stack.append((letter.weight - weight, -number, len(stack), letter, clause))
    return clauses


def _says_little(clause: Clause) -> bool:
    """Return True for a greeting, thanks, or a place alone: passed over where there is more."""
    low, marked = clause.low, clause.marked
    if marked[0] == "P" and len(low) < 5 and not any(map(marked.count, "SVABG")):
        return True  # "in the rain"
    return low[0] in _GREETING or (
        (low[0] in _OPENING or low[:2] == ["i", "hope"])
        and len(low) < 9
        and not _YOU.isdisjoint(low[1:4])
    )
