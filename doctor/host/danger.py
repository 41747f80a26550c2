"""What is said to danger: one sentence to the room, and a careful answer to the one alone.

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
#: What nobody is to be told; "please don't kill yourself" is something else.
_CRUEL: Final = re.compile(
    r"(?<!n't )(?<!nt )(?<!not )(?<!never )(?<!of )(?<!if you )(?<!to )"
    r"\b(?:kys|(?:kill|hang|shoot|hurt|cut) (?:yourself|urself|yourselves)|go (?:and )?die|"
    r"(?:hope|wish) (?:that )?you(?:'d| would| will)? die|drop dead)\b",
    re.IGNORECASE,
)
#: Who has one of these in the line tells what somebody else said, or asks.
_REPORTED: Final = words(
    "said say says saying told tell tells wrote writes texted shouted called voice voices heard "
    "hear me my they he she we someone somebody everyone everybody people who why what"
)
#: Words of such a line; who says more says something else.
_MOST: Final = 10
_I: Final = words("i i'm im i'd i'll me my")
_THEM: Final = words("him her them he she been")
_DEATH: Final = words("died dead death dying funeral buried grave cremated passed widow widower")
#: Kinds of danger that somebody else is in, and what is said to the room then.
_OF_OTHERS: Final = {"OTHER": "CARE-OTHER", "CHILD": "CARE-OTHER"}
_WORD: Final = re.compile(r"[\w'\u2019]+")


class CarefulAnswer(NamedTuple):
    """What is answered with care: the machine's response, and which kind of danger it was."""

    response: Response[Any]
    kind: str


def find_care(draft: HostDraft, member: Member, line: str) -> CarefulAnswer | None:
    """Return the careful answer to a line, None where it needs none."""
    state = draft.machine_state(member)
    said = line
    if draft.state.turn <= draft.state.calm and not member.cared:
        said = _YOUR_WISH.sub(" ", line)
    kind = draft.listen(member, said)
    if not kind and draft.state.grave and _may_be_of_the_dead(said):
        # "I want to be with her" says something else where somebody has told of a death.
        said = f"{draft.state.grave.rstrip(' .')}. {said}"
        kind = draft.machine.find_danger(state, said)
        if kind and draft.machine.find_danger(state, draft.state.grave):
            kind = ""  # of what was told before, and not of this line
        line = said if kind else line
    if not kind and not member.cared:
        return None
    response = draft.machine.respond(state, line, draft.now)
    return CarefulAnswer(response, kind) if response.keyword == CARE else None


def _may_be_of_the_dead(line: str) -> bool:
    """Return True for a line in which somebody says I, and speaks of somebody."""
    said = _WORD.findall(line.lower())
    return not (_I.isdisjoint(said) or _THEM.isdisjoint(said))


def answer_with_care(draft: HostDraft, member: Member, line: str, care: CarefulAnswer) -> str:
    """Say something to the room about a line whose careful answer is for one member alone."""
    about = _other_named(draft.state, member, line) if care.kind in _OF_OTHERS else ""
    part = {**_OF_OTHERS, "HARMING": "CARE-HARMING", "": "CARE-AFTER"}.get(care.kind, "CARE")
    part = "CARE-MEMBER" if about else part
    draft.note(f"met with care ({care.kind or 'what follows'}); the helplines go to one alone")
    said = draft.text(part, NAME=member.name, OTHER=about)
    member = draft.keep_machine_state(member, care.response.state)
    draft.state = draft.state.put(member._replace(cared=True, last=""))
    # What was said of it before is not taken up by others either.
    quotables = tuple(each for each in draft.state.quotables if each.speaker != member.name)
    calm = draft.state.turn + CALM
    draft.state = draft.state._replace(quotables=quotables, calm=calm, row=0)
    draft.keyword = CARE
    return draft.speak(said, member.name)


def answer_cruelty(draft: HostDraft, member: Member, line: str) -> str:
    """Say something to a line that tells others to die; empty for any other line."""
    said = _WORD.findall(line.lower())
    if len(said) > _MOST or "?" in line or '"' in line or not _REPORTED.isdisjoint(said):
        return ""
    if _CRUEL.search(line.replace("\u2019", "'")) is None:
        return ""
    draft.note("somebody is told to die")
    answer = draft.text("CRUEL", NAME=member.name)
    calm = draft.state.turn + CALM
    draft.state = draft.state.put(member._replace(last=""))._replace(calm=calm, row=0)
    draft.keyword = CARE
    return draft.speak(answer, member.name)


def _other_named(state: HostState, member: Member, line: str) -> str:
    """Return the other member here whom a line names; empty where there is none."""
    said = set(_WORD.findall(line.lower().replace("'s", "").replace("\u2019s", "")))
    for each in state.others(member.name):
        if set(each.name.lower().split()) <= said:
            return each.name
    return ""


def was_danger_lately(state: HostState) -> bool:
    """Return True for some lines more: nothing is held up to others, though all may be asked."""
    return state.calm > 0 and state.turn - state.calm < CALM * 2


def tells_of_death(line: str) -> bool:
    """Return True for a line that says that somebody died."""
    return not _DEATH.isdisjoint(_WORD.findall(line.lower()))
