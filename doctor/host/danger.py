"""What is said to danger: one sentence to the room, and a careful answer to the one alone.

A false alarm in front of all is costly, so the room is told only where a phrase says it for
certain; otherwise the one alone has the answer, and everybody else sees nothing. Who says that they
were misread is believed at once, with one sentence, and is sent nothing more; but not right after a
line that says that it is happening.

A script's CARE forms say which lines are met with care (`Machine.find_danger`), and a machine gives
the answer with the helplines. The room hears no word of it, and nothing that the one said before is
held up to anybody. Here is what a room adds to that:

    - "I want to be with her" is danger where somebody in the room has told of a death
    - "I am sorry that you want to die" is none of who says it
    - who tells others to die is told no
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor.english.lexicon import words
from doctor.host.addressing import find_address
from doctor.host.clauses import sentences
from doctor.host.line_words import words_of
from doctor.host.state import AT_ONCE, OPENLY, PRIVATELY
from doctor.machine import Danger

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.state import HostState, Member
    from doctor.machine import Response

#: Lines after one met with care in which nothing is taken up from before.
CALM: Final = 8
#: The keyword of a machine's reply that was given with care.
CARE: Final = "CARE"

#: After danger the others may say back what was said: "I am sorry you want to die".
_YOUR_WISH: Final = re.compile(
    r"\byou (?:(?:really|still|just|do|don't|ever|even|also|both|all) )*"
    r"(?:want|wanted|wanna|wish|wished|feel|felt)\b[^.?!,;]*",
    re.IGNORECASE,
)
#: Who is sent to somebody is not the one who says it, and nobody wants to be with the dead.
_SENT: Final = re.compile(
    r"(?:^|(?<=[.!?,] ))(?:(?:now|then|so|just|please|well|ok|yes|\w+,) )*go (?:back )?to "
    r"(?:him|her|them)\b",
    re.IGNORECASE,
)
#: What nobody is to be told; "please don't kill yourself" is something else.
_CRUEL: Final = re.compile(
    r"(?<!n't )(?<!nt )(?<!not )(?<!never )(?<!of )(?<!if you )(?<!to )"
    r"\b(?:kys|(?:kill|hang|shoot|hurt|cut) (?:yourself|urself|yourselves)|go (?:and )?die|"
    r"(?:hope|wish) (?:that )?you(?:'d| would| will)? die|drop dead)\b",
    re.IGNORECASE,
)
#: Each match of that has one of these.
_CRUEL_PARTS: Final = ("kys", "yourself", "urself", "yourselves", "die", "drop dead")
#: Who has one of these in the line tells what somebody else said, or asks.
_REPORTED: Final = words(
    "said say says saying told tell tells wrote writes texted shouted called voice voices heard "
    "hear me my they he she we someone somebody everyone everybody people who why what"
)
#: Words of such a line; who says more says something else.
_MOST: Final = 10
#: Who was misread says so, or that they are well.
_MISREAD: Final = re.compile(
    r"\b(?:you (?:have |got |have got |'ve )*(?:it |that |me |all )*"
    r"(?:wrong|misunderst\w+|misread\w*|mixed)|you've (?:got )?(?:it|me|that) wrong"
    r"|(?:not|never) (?:what i )?meant?\b"
    r"|(?:didn't|did not|don't|do not) mean (?:it|that|this|any\w*)"
    r"|false alarm|nothing to do with|not about me|not me\b|(?:nobody|no one) (?:is |'s )?"
    r"(?:dies|dying|in danger|on a bridge|going to (?:die|hurt)))"
)
_TAKEN_BACK: Final = re.compile(
    _MISREAD.pattern
    + r"|\b(?:i am|i'm|im|we are) (?:(?:really|truly|quite|perfectly|all|totally|just|only|not|"
    r"in no)"
    r" )*(?:fine|ok|okay|safe|alright|right|good|well|joking|kidding|danger|suicidal|"
    r"in danger)\b"
    r"|\b(?:it|that|this) (?:was|is|'s) (?:just |only )*(?:a joke|joking|kidding|a saying|a song)"
    r"|\b(?:was|just|only) (?:joking|kidding)|\bno danger\b|\bnever mind\b"
)
_NOT_SO: Final = re.compile(
    r"\b(?:not|n't|never) (?:(?:really|so|very|quite|all|feel|feeling) )*"
    r"(?:fine|ok|okay|safe|alright|good|well|joking|kidding)\b|\?\s*$"
)
_I: Final = words("i i'm im i'd i'll me my")
_THEM: Final = words("him her them he she been")
_DEATH: Final = words("died dead death dying funeral buried grave cremated passed widow widower")
#: Kinds of danger that somebody else is in, and what is said to the room then.
_OF_OTHERS: Final = {"OTHER": "CARE-OTHER", "CHILD": "CARE-OTHER"}
#: Kinds that are for the one alone: who is hurt at home decides who knows of it.
_FOR_ONE_ALONE: Final = frozenset(("HARMED", "ABUSE", "EATING"))


class CarefulAnswer(NamedTuple):
    """What is answered with care: the machine's response, and which kind of danger it was."""

    response: Response[Any]
    danger: Danger


class CareSaid(NamedTuple):
    """What is said with care: to the room, maybe nothing, and to the one alone."""

    reply: str
    private: str


def find_care(draft: HostDraft, member: Member, line: str) -> CarefulAnswer | None:
    """Return the careful answer to a line, None where it needs none."""
    state = draft.machine_state(member)
    said = line
    if draft.state.turn <= draft.state.calm and not member.cared:
        said = _YOUR_WISH.sub(" ", line)
    said = _SENT.sub(" ", said)
    found = draft.listen(member, said)
    if not found.kind and draft.state.grave:
        line, found = _find_longing(draft, member, line)
    if not found.kind and not member.cared:
        return None
    response = draft.machine.respond(state, line, draft.now)
    return CarefulAnswer(response, found) if response.keyword == CARE else None


def _find_longing(draft: HostDraft, member: Member, line: str) -> tuple[str, Danger]:
    """Return the danger of a wish to be with the dead, and the line as it is meant.

    "I want to be with her" says something else where somebody has told of a death; "Go to him, Ben,
    and I will bake" does not: the wish and whom it is for are in one sentence, and it is not said
    to a member.
    """
    state, grave = draft.machine_state(member), draft.state.grave
    others = [each.name for each in draft.state.others(member.name)]
    for sentence in sentences(line):
        said = words_of(sentence)
        if _I.isdisjoint(said) or _THEM.isdisjoint(said):
            continue
        if find_address(sentence, others) is not None:
            continue
        meant = f"{grave.rstrip(' .')}. {sentence}"
        found = draft.machine.find_danger(state, meant)
        if found.kind and not draft.machine.find_danger(state, grave).kind:
            return meant, found._replace(is_certain=False)
    return line, Danger()


def answer_with_care(draft: HostDraft, member: Member, line: str, care: CarefulAnswer) -> CareSaid:
    """Answer a line with care: to the one alone, and where it is certain to the room as well."""
    found = care.danger
    level = _level_of(found) if found.kind else member.cared
    level = max(level, member.cared) if member.cared == AT_ONCE else level
    draft.note(f"met with care ({found.kind or 'what follows'}); the helplines go to one alone")
    member = draft.keep_machine_state(member, care.response.state)
    draft.keyword = CARE
    private = care.response.reply
    if level == PRIVATELY:
        draft.note("it is not certain, so the room is told nothing")
        if found.kind:
            private = f"{draft.text('CARE-ASK', NAME=member.name)} {private}"
        draft.state = draft.state.put(member._replace(cared=level, last=""))
        return CareSaid("", private)
    if not found.kind and _answers_another(draft.state, member):
        draft.note("it answers somebody else, so the room is told nothing")
        draft.state = draft.state.put(member._replace(cared=level, last=""))
        return CareSaid("", private)
    about = _other_named(draft.state, member, line) if found.kind in _OF_OTHERS else ""
    part = {**_OF_OTHERS, "HARMING": "CARE-HARMING", "": "CARE-AFTER"}.get(found.kind, "CARE")
    part = "CARE-MEMBER" if about else part
    said = draft.text(part, NAME=member.name, OTHER=about)
    draft.state = draft.state.put(member._replace(cared=level, last=""))
    # What was said of it before is not taken up by others either.
    quotables = tuple(each for each in draft.state.quotables if each.speaker != member.name)
    calm = draft.state.turn + CALM
    draft.state = draft.state._replace(quotables=quotables, calm=calm, worried=member.name)
    return CareSaid(draft.speak(said, member.name), private)


def _answers_another(state: HostState, member: Member) -> bool:
    """Return True if somebody else has spoken since the host did."""
    return any(each.turn > state.spoke for each in state.others(member.name))


def _level_of(found: Danger) -> int:
    if not found.is_certain or found.kind in _FOR_ONE_ALONE:
        return PRIVATELY
    return AT_ONCE if found.tier == "act" else OPENLY


def is_taken_back(draft: HostDraft, member: Member, line: str) -> bool:
    """Return True for a line that says that the one before was no danger, and speaks of none."""
    if member.cared not in {PRIVATELY, OPENLY}:
        return False
    low = line.lower().replace("\u2019", "'")
    if _TAKEN_BACK.search(low) is None or _NOT_SO.search(low) is not None:
        return False
    return not draft.machine.find_danger(draft.machine.start(), line).is_certain


def answer_taken_back(draft: HostDraft, member: Member, line: str, *, is_called: bool) -> str:
    """Believe somebody who was misread: one sentence where the room knows of it, else nothing."""
    openly = member.cared >= OPENLY
    draft.note("it was not meant so, and that is believed")
    # What the machine took for danger is not to make it look for more of it.
    draft.state = draft.state.put(member._replace(cared=0, state=b""))
    if not openly and not is_called:
        return ""
    if _MISREAD.search(line.lower().replace("\u2019", "'")) is not None:
        return draft.speak(take_back(draft, member.name, openly=openly), member.name)
    _calm_down(draft)
    return draft.speak(draft.text("ACCEPTED", NAME=member.name), member.name)


def take_back(draft: HostDraft, name: str, *, openly: bool = True) -> str:
    """Say to a member that they were misread; from then on there was no danger."""
    member = draft.state.find(name)
    if member is not None:
        draft.state = draft.state.put(member._replace(cared=0, state=b""))
    _calm_down(draft)
    return draft.text("MISREAD-OPENLY" if openly else "MISREAD", NAME=name)


def _calm_down(draft: HostDraft) -> None:
    draft.state = draft.state._replace(calm=0, worried="")


def answer_cruelty(draft: HostDraft, member: Member, line: str) -> str:
    """Say something to a line that tells others to die; empty for any other line."""
    said = words_of(line)
    if len(said) > _MOST or "?" in line or '"' in line or not _REPORTED.isdisjoint(said):
        return ""
    low = line.lower()
    if line.isascii() and not any(each in low for each in _CRUEL_PARTS):
        return ""
    if _CRUEL.search(line.replace("\u2019", "'")) is None:
        return ""
    draft.note("somebody is told to die")
    answer = draft.text("CRUEL", NAME=member.name)
    calm = draft.state.turn + CALM
    draft.state = draft.state.put(member._replace(last=""))._replace(calm=calm)
    draft.keyword = CARE
    return draft.speak(answer, member.name)


def _other_named(state: HostState, member: Member, line: str) -> str:
    """Return the other member here whom a line names; empty where there is none."""
    said = set(words_of(line.lower().replace("'s", "").replace("\u2019s", "")))
    for each in state.others(member.name):
        if set(each.name.lower().split()) <= said:
            return each.name
    return ""


def was_danger_lately(state: HostState) -> bool:
    """Return True for some lines more: nothing is held up to others, though all may be asked."""
    return state.calm > 0 and state.turn - state.calm < CALM * 2


def tells_of_death(line: str) -> bool:
    """Return True for a line that says that somebody died."""
    return not _DEATH.isdisjoint(words_of(line))
