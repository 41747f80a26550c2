"""Which lines wait for the host to answer them, how long, and for whom a question is meant.

In a room people mostly answer each other, and a line may need no answer at all: "ok", "Nineteen.",
a short answer to what was asked, a remark in a conversation that goes on. A host who answered those
would be in the way. What somebody asks or tells waits as long as the host has patience; a question
to one member, longer.

Pure functions of the state of a room and a line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.host.addressing import YOU, find_address, speaks_of_you
from doctor.host.asking import can_be_asked, talks_alone
from doctor.host.connecting import can_be_quoted
from doctor.host.line_words import LATELY, count_words, plain_words_of, words_of
from doctor.host.statements import read_statement

if TYPE_CHECKING:
    from doctor.host.state import HostState, Member

#: Lines that lie between a line and what it has to do with, at least.
FAR: Final = 4
#: Lines after what the host said unasked in which it says nothing unasked again; to a question.
REST, REST_ASKED = 8, 4
#: The same where one person talks and nobody else listens.
REST_ALONE: Final = 2
#: Lines in which somebody tells who they are; nobody is asked yet what they think of it.
FIRST_LINES: Final = 1
#: Lines after what the host says to all that may be answers to it.
MAX_ANSWERS: Final = 2
#: A question of fewer words is about what was said last.
SHORT: Final = 8
#: A line of fewer words may only say yes.
NOD: Final = 8
#: A statement of fewer words, none of them of somebody's own, is only a remark.
ASIDE: Final = 4
#: An answer to another member of more words is a matter of its own.
LONG_ANSWER: Final = 12
#: A statement of so many words is handed to the others.
LONG_STATEMENT: Final = 9

_HELLO: Final = re.compile(
    r"(?:hello|hi|hey|hiya|good (?:morning|evening|afternoon))"
    r"(?: (?:there|everyone|everybody|all|again|both))*[ .!,]*",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(r"(?:no|yes|yeah|yep|nope|true)\b", re.IGNORECASE)
_ASSENT: Final = re.compile(
    r"(?:ok|okay|yes|yeah|well|no|oh|hm+|and|but)?[ ,.]*i (?:will|shall|see|know|agree|understand|"
    r"get (?:it|that)|got it|had not|hadn't|never thought|did not know|didn't know|hear you|"
    r"like that|love that|promise)\b|i'll\b"
)
_PARTING: Final = re.compile(
    r"(?:well |ok )?(?:good ?night|night|good ?bye|bye|see you|take care)"
    r"(?:[,.!]| all| every| both| guys| you| then| now|$)"
)
_ASKING: Final = re.compile(
    r"(?:(?:and|so|but|ok|well|hey|doctor) |\w+,? )?(?:why|(?:what|how|who|where|when|which)"
    r"(?: kind| sort| time| long| often| much| many| old)?(?:'s|s| is| was| are| were| do| does"
    r"| did| would| will| can| could| should| about| if| have| has)"
    r"|(?:is|are|was|were|does|did|can|could|should|would|has|will) (?:it|this|that|there|he|she"
    r"|they|we|you|i|anyone|anybody|somebody|someone|my|your|his|her|their)|do (?:you|i|we|they))\b"
)
_OWN: Final = words("i i'm im i've ive i'd i'll me my mine we we're our us hello hi hey help")
#: In a short line one of these asks for an answer all the same.
_NEWS: Final = frozenset(("DEATH", "ILLNESS", "BIG", "TROUBLE", "GOOD"))
_FEELING: Final = words(
    "feel feeling felt alone lonely sad afraid scared frightened fear cry cried crying hate hates "
    "hated lost tired exhausted hurt hurts hurting miss missed worried anxious nervous panic "
    "ashamed guilty angry empty hopeless useless worthless stupid awful terrible horrible can't "
    "cannot cant depressed died dead ill cancer divorce fired failed fail nobody never"
)
_SELF: Final = words("i i'm im i've ive i'd i'll me my mine myself we we're we've our us")
_OPINION: Final = re.compile(r"\bi (?:think|guess|suppose|believe|know|mean|hope|envy|love|like)\b")
_ALL: Final = words(
    "anyone anybody everyone everybody all guys y'all someone somebody else who we us our"
)
_NODS: Final = words(
    "ok okay yes yeah yep yup no nope nah lol haha hahaha hm hmm mhm mm true right same exactly "
    "sure thanks thank you thx bye goodbye night good cool nice wow oh ah k great agreed indeed "
    "totally absolutely later see me too and neither xd hehe really well so very much all "
    "everyone everybody guys that's that is wonderful lovely there here"
)


def times_to_wait(state: HostState, member: Member, line: str, now: float) -> int:
    """Return how many times its patience the host waits with a line; 0: it does not answer it."""
    if state.hushed or state.listens or is_nod(line):
        return 0
    asks = is_question(line)
    if not asks and _PARTING.match(line.lower()) is not None:
        return 0
    if talks_alone(state, member, now):
        return int(
            asks or not state.offered or state.turn - max(state.offered, state.spoke) >= REST_ALONE
        )
    kind = read_statement(line).kind
    rest = 1 if kind == "DEATH" else REST_ASKED if asks or kind == "BIG" else REST
    if state.offered and state.turn - state.offered < rest:
        return 0
    others = state.others(member.name)
    if state.turn <= state.calm and others:
        return 0  # the others speak with the one who was met with care
    if is_aside(line) or _is_answer(state, member, line) or _answers_host(state, member, line):
        return 0
    if len(others) > 1 and _is_small(state, member, line):
        return 0
    if _is_about_them(state, member, line):
        return 0
    asked = state.find(find_asked(state, member, line)) if asks else None
    if asked is not None and not can_be_asked(state, asked, now):
        return 0
    troubled = _tells_news(line)
    if find_address(line, [each.name for each in others]) is not None:
        return 4 if asks or troubled else 0
    if asks:
        return 3 if asked is not None else _patiently(state, member)
    if troubled or is_greeting(line):
        return _patiently(state, member)
    if member.lines <= FIRST_LINES or not (is_told(line) and tells_of_oneself(line)):
        return 0
    if state.move == "ECHO" and state.turn - state.offered < 2 * REST:
        return 0  # not the same thing again
    if _ANSWER.match(line) is not None and _goes_on(state, member):
        return 0
    return _patiently(state, member)


def _patiently(state: HostState, member: Member) -> int:
    """Return how long a line waits: where they talk with each other, a pause means little."""
    return 2 if _goes_on(state, member) else 1


def is_greeting(line: str) -> bool:
    """Return True for a line that is nothing but a greeting."""
    return _HELLO.fullmatch(line.strip()) is not None


@lru_cache(maxsize=LATELY)
def is_nod(line: str) -> bool:
    """Return True for a line that asks for no answer: "ok", "thanks", "I will try that"."""
    low = line.lower().replace("\u2019", "'")
    said = plain_words_of(line)
    if len(said) >= NOD or "?" in line:
        return False
    if all(word in _NODS for word in said) or _PARTING.match(low) is not None:
        return True
    return _ASSENT.match(low) is not None and _FEELING.isdisjoint(said)


def is_aside(line: str) -> bool:
    """Return True for a word or two about what somebody else said: "Nineteen." "Poor Tom!"."""
    said = words_of(line)
    return len(said) < ASIDE and not is_question(line) and _OWN.isdisjoint(said)


def _tells_news(line: str) -> bool:
    """Return True for a line about something that weighs on somebody, or makes them glad."""
    return read_statement(line).kind in _NEWS


def _is_small(state: HostState, member: Member, line: str) -> bool:
    """Return True for a short remark in a conversation that goes on without the host."""
    said = plain_words_of(line)
    if len(said) >= LONG_STATEMENT or not _FEELING.isdisjoint(said) or is_question(line):
        return False
    return _goes_on(state, member)


def _is_about_them(state: HostState, member: Member, line: str) -> bool:
    """Return True for what is said to who spoke right before: "I am glad that you told it"."""
    if is_question(line) or not speaks_of_you(line) or _tells_news(line):
        return False
    return _goes_on(state, member)


def _answers_host(state: HostState, member: Member, line: str) -> bool:
    """Return True for a short answer to what the host has asked others about somebody's line."""
    if is_question(line) or count_words(line) >= LONG_ANSWER or _tells_news(line):
        return False
    lately = 0 < state.spoke < state.turn <= state.spoke + MAX_ANSWERS
    return lately and state.asked not in {"", member.name}


def _goes_on(state: HostState, member: Member) -> bool:
    """Return True if the line before was another member's."""
    return any(each.turn == state.turn - 1 > 0 for each in state.others(member.name))


def _is_answer(state: HostState, member: Member, line: str) -> bool:
    """Return True for a short answer to what another member has just asked."""
    short = count_words(line) < LONG_ANSWER
    return state.asks and short and not is_question(line) and _goes_on(state, member)


@lru_cache(maxsize=LATELY)
def is_question(line: str) -> bool:
    """Return True for a line that asks something, also where its mark was left out."""
    return "?" in line or _ASKING.match(line.lower().replace("\u2019", "'")) is not None


def find_asked(state: HostState, member: Member, line: str) -> str:
    """Return which member a question is meant for; empty where it is meant for all.

    Without a name it is who spoke right before, where it is short ("only ten?") or says "you".
    """
    others = state.others(member.name)
    if find_address(line, [each.name for each in others]) is not None:
        return next(each.name for each in others if find_address(line, [each.name]) is not None)
    said = words_of(line)
    before = [
        each
        for each in others
        if each.turn and state.turn - each.turn < FAR and not is_aside(each.last)
    ]
    to_one = len(said) < SHORT or (len(said) < LONG_ANSWER and not YOU.isdisjoint(said))
    if before and to_one and _ALL.isdisjoint(said):
        return max(before, key=lambda each: each.turn).name
    return ""


def is_told(line: str) -> bool:
    """Return True for a statement of some length, most of all about somebody's own matters."""
    length = count_words(line)
    return length >= (LONG_STATEMENT if can_be_quoted(line) else LONG_ANSWER)


def tells_of_oneself(line: str) -> bool:
    """Return True for a line about the speaker's own matters; "I think" alone makes none."""
    low = _OPINION.sub(" ", line.lower().replace("\u2019", "'"))
    return not _SELF.isdisjoint(plain_words_of(low))
