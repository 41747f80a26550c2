"""What the host says when: to danger, when it is called, and to a line that nobody answers.

A host is there for the group, not for itself: it hands a question to the others before it answers,
takes up what somebody else said about the same matter, and lets a machine answer only then. Nothing
is taken up, and nobody is asked anything, for some lines after one that was met with care.

Each function changes a draft and returns what is said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor.english.lexicon import words
from doctor.host.addressing import find_address
from doctor.host.connecting import can_be_quoted, find_alike, telling_words
from doctor.host.draft import named, names_of
from doctor.host.questions import find_question
from doctor.host.state import MAX_QUOTE, Quotable, clip
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.questions import Question
    from doctor.host.state import HostState, Member, WaitingLine
    from doctor.machine import Response

#: Lines after one met with care in which nothing is taken up from before.
CALM: Final = 8
#: Lines that lie between a line and its being taken up, at least.
FAR: Final = 4
#: Lines of others after which somebody who has said little may be asked to say something.
LONG_SILENT: Final = 12
#: Statements in a row that the host answers because nobody does; of whom it talks with.
MAX_ROW, MAX_TALK = 2, 5
#: How often the host speaks between two connections.
BETWEEN: Final = 2
#: The keyword of a machine's reply that was given with care.
CARE: Final = "CARE"

_WORD: Final = re.compile(r"[\w'\u2019]+")
_NODS: Final = words(
    "ok okay yes yeah yep yup no nope nah lol haha hahaha hm hmm mhm mm true right same exactly "
    "sure thanks thank you thx bye goodbye night good cool nice wow oh ah k great agreed indeed "
    "totally absolutely later see me too and neither xd hehe really well so very much all "
    "everyone everybody guys that's that is wonderful lovely there here"
)


class CarefulAnswer(NamedTuple):
    """What is answered with care: the machine's response, and which kind of danger it was."""

    response: Response[Any]
    kind: str


# --- danger ---------------------------------------------------------------------------------------


def find_care(draft: HostDraft, member: Member, line: str) -> CarefulAnswer | None:
    """Return the careful answer to a line, None where it needs none."""
    state = draft.machine_state(member)
    kind = draft.machine.find_danger(state, line)
    if not kind and not member.cared:
        return None
    response = draft.machine.respond(state, line, draft.now)
    return CarefulAnswer(response, kind) if response.keyword == CARE else None


def answer_with_care(draft: HostDraft, member: Member, line: str, care: CarefulAnswer) -> str:
    """Say something to the room about a line whose careful answer is for one member alone."""
    about = _other_named(draft.state, member, line) if care.kind == "OTHER" else ""
    part = {"OTHER": "CARE-OTHER", "HARMING": "CARE-HARMING", "": "CARE-AFTER"}.get(
        care.kind, "CARE"
    )
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


def _other_named(state: HostState, member: Member, line: str) -> str:
    """Return the other member here whom a line names; empty where there is none."""
    said = set(_WORD.findall(line.lower().replace("'s", "").replace("\u2019s", "")))
    for each in state.others(member.name):
        if set(each.name.lower().split()) <= said:
            return each.name
    return ""


# --- called ---------------------------------------------------------------------------------------


def answer_called(draft: HostDraft, member: Member, body: str) -> str:
    """Answer a line that is said to the host; `body` is the line without the host's name."""
    names = [each.name for each in draft.state.members]
    question = find_question(body, member.name, names)
    draft.note("the line is said to the host")
    draft.state = draft.state._replace(hushed=False, row=0)
    if question is not None:
        draft.note(f"a question for the host: {question.kind}")
        said = _answer_question(draft, member, question)
        if said:
            return draft.speak(said, member.name)
    return draft.speak(_machine_or_stay(draft, member, body), member.name)


def _answer_question(draft: HostDraft, member: Member, question: Question) -> str:
    """Return one plain true sentence; empty where a machine is to answer."""
    kind, about = question
    name, others = member.name, draft.state.others(member.name)
    if kind == "PASS":
        return draft.fresh("PASS", NAME=name, OTHERS=names_of(others)) if others else ""
    if kind == "HUSH":
        draft.state = draft.state._replace(hushed=True)
    if kind == "HERE":
        if draft.state.crowd:
            shown = f"{names_of(others[:7])} and others"
            return draft.text("HERE", NAME=name, OTHERS=shown)
        return draft.text("HERE" if others else "ALONE", NAME=name, OTHERS=names_of(others))
    if kind == "SAID":
        return _tell_what_was_said(draft, about)
    if kind == "MISSED":
        return _tell_what_was_missed(draft)
    if kind == "JUDGE" and about == name:
        return ""
    if kind == "PRESENT":
        known = draft.state.find(about)
        return draft.text("PRESENT" if known and known.here else "ABSENT", OTHER=about)
    return draft.text(kind, NAME=name, OTHER=about)


def _tell_what_was_said(draft: HostDraft, about: str) -> str:
    known = draft.state.find(about)
    if known is not None and known.last:
        return draft.text("SAID", OTHER=about, QUOTE=quoted(known.last))
    withheld = known is not None and known.lines > 0
    return draft.text("WITHHELD" if withheld else "NOTHING", OTHER=about)


def _tell_what_was_missed(draft: HostDraft) -> str:
    spoke = [each for each in draft.state.members if each.last]
    spoke.sort(key=lambda each: each.turn)
    told = [draft.text("SAID", OTHER=each.name, QUOTE=quoted(each.last)) for each in spoke[-3:]]
    return " ".join(told) or draft.text("MISSED")


def _machine_or_stay(draft: HostDraft, member: Member, line: str) -> str:
    """Return what a machine replies; a plain word to go on where it repeats itself."""
    reply = draft.reply(member, line)
    if reply:
        return named(reply, member.name) if _must_be_named(draft.state, member) else reply
    return draft.text("STAY", NAME=member.name)


def _must_be_named(state: HostState, member: Member) -> bool:
    """Return True if it is not plain whom the host answers."""
    return any(
        each.turn and state.turn - each.turn < LONG_SILENT for each in state.others(member.name)
    )


# --- what nobody answers --------------------------------------------------------------------------


def times_to_wait(state: HostState, member: Member, line: str) -> int:
    """Return how many times its patience the host waits with a line; 0: it does not answer it."""
    others = state.others(member.name)
    asked = state.asked == member.name and state.turn - state.spoke <= 1
    if state.hushed or (_is_nod(line) and not asked):
        return 0
    if state.turn <= state.calm and not asked and others:
        return 0  # the others speak with the one who was met with care
    if not others and not state.crowd:
        return 1
    if find_address(line, [each.name for each in others]) is not None:
        return 3
    if is_question(line):
        return 1
    return int(state.row < (MAX_TALK if asked else MAX_ROW))


def _is_nod(line: str) -> bool:
    """Return True for a line that asks for no answer: "ok", "thanks", "me too"."""
    said = _WORD.findall(line.lower().replace("\u2019", "'"))
    return all(word in _NODS for word in said) and len(said) < 7


def is_question(line: str) -> bool:
    """Return True for a line that ends as a question does."""
    return line.rstrip(" \"')\u2019\u201d").endswith("?")


def answer_waiting(draft: HostDraft, waiting: WaitingLine) -> str:
    """Answer a line that nobody has answered."""
    member = draft.member(waiting.speaker)
    draft.note("nobody answered this line")
    draft.state = draft.state._replace(row=min(draft.state.row + 1, 0xFF))
    others = draft.state.others(member.name)
    said = ""
    if others and draft.state.turn > draft.state.calm:
        said = _connect(draft, member, waiting.text) or _hand_over(draft, member, waiting.text)
    if not said:
        said = _machine_or_stay(draft, member, waiting.text)
    return draft.speak(said, draft.state.asked if draft.keyword == "INVITE" else member.name)


def _connect(draft: HostDraft, member: Member, line: str) -> str:
    """Take up an earlier line of somebody else that is like this; empty for none."""
    state = draft.state
    if state.connected and state.spoken - state.connected < BETWEEN:
        return ""
    earlier = [
        each
        for each in state.quotables
        if each.speaker != member.name and not each.used and state.turn - each.turn >= FAR
    ]
    found = find_alike(line, earlier, state.quotables)
    if found is None:
        return ""
    said = draft.fresh("CONNECT", NAME=member.name, OTHER=found.speaker, QUOTE=quoted(found.text))
    if said:
        draft.note(f"it is like line {found.turn}")
        quotables = tuple(
            each._replace(used=True) if each is found else each for each in state.quotables
        )
        draft.state = draft.state._replace(quotables=quotables, connected=state.spoken + 1)
    return said


def _hand_over(draft: HostDraft, member: Member, line: str) -> str:
    """Hand a line to the others; empty where it is better answered."""
    state, others = draft.state, draft.state.others(member.name)
    if is_question(line):
        return draft.fresh("ASKED", NAME=member.name)
    silent = [
        each
        for each in others
        if not each.invited and state.turn - each.turn >= LONG_SILENT and each.lines < 3
    ]
    if silent and state.turn >= LONG_SILENT and draft.now - silent[0].came > 120:
        said = draft.fresh("INVITE", OTHER=silent[0].name)
        if said:
            draft.state = draft.state.put(silent[0]._replace(invited=True))
            draft.state = draft.state._replace(asked=silent[0].name)
        return said
    if state.spoken % 2 and can_be_quoted(line):
        return draft.fresh("OPEN", NAME=member.name)
    return ""


# --- what is remembered ---------------------------------------------------------------------------


def remember(draft: HostDraft, member: Member, line: str, *, called: bool) -> None:
    """Remember a line: as the last of its speaker, and maybe to be taken up later."""
    member = draft.state.find(member.name) or member
    draft.state = draft.state.put(member._replace(last=clip(line, MAX_QUOTE), cared=False))
    others = [each.name for each in draft.state.members if each.name != member.name]
    if called or not can_be_quoted(line) or find_address(line, others) is not None:
        return
    if draft.state.turn <= draft.state.calm or len(line.encode("utf-8", "replace")) > MAX_QUOTE:
        return
    if telling_words(line):
        quotable = Quotable(member.name, clip(line, MAX_QUOTE), draft.state.turn)
        draft.state = draft.state._replace(quotables=(*draft.state.quotables, quotable))
