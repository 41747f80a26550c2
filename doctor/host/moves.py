"""What the host says when it is called, and to a line that nobody answers.

A host is there for the group, not for itself: it hands a question to the others before it answers,
takes up what somebody else said about the same matter, and lets a machine answer only then. Nothing
is taken up, and nobody is asked anything, for some lines after one that was met with care.

Each function changes a draft and returns what is said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host.addressing import find_address, part_for_host, speaks_of_you
from doctor.host.connecting import (
    can_be_quoted,
    find_alike,
    last_sentence,
    telling_words,
    without_greeting,
)
from doctor.host.danger import tells_of_death, was_danger_lately
from doctor.host.draft import named, names_of
from doctor.host.questions import find_question
from doctor.host.state import MAX_QUOTE, Quotable, clip
from doctor.host.texts import called, quoted
from doctor.host.waiting import (
    FAR,
    find_asked,
    is_long,
    is_question,
    is_told,
    tells_of_oneself,
)
from doctor.scripts.host_form import PARTS

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.questions import Question
    from doctor.host.state import HostState, Member, WaitingLine

#: Lines of others after which somebody who has said little may be asked to say something.
LONG_SILENT: Final = 12
#: How often the host speaks between two connections.
BETWEEN: Final = 2
#: Lines in which somebody tells who they are; nobody is asked yet what they think of it.
FIRST_LINES: Final = 2
_WORD: Final = re.compile(r"[\w'\u2019]+")


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
    said = _pass_on(draft, member, body) or _machine_or_stay(draft, member, body)
    return draft.speak(said, member.name)


def _pass_on(draft: HostDraft, member: Member, body: str) -> str:
    """Hand a question on that is not about the host; who is here may know an answer."""
    others = draft.state.others(member.name)
    if not others or not is_question(body) or speaks_of_you(body):
        return ""
    return draft.fresh("PASS", NAME=member.name, OTHERS=called([each.name for each in others]))


def _answer_question(draft: HostDraft, member: Member, question: Question) -> str:
    """Return one plain true sentence; empty where a machine is to answer."""
    kind, about, matter = question
    name, others = member.name, draft.state.others(member.name)
    if kind == "PASS":
        names = [each.name for each in others]
        return draft.fresh("PASS", NAME=name, OTHERS=called(names)) if others else ""
    if kind == "HUSH":
        draft.state = draft.state._replace(hushed=True)
    if kind == "HERE":
        if draft.state.crowd:
            shown = f"{names_of(others[:7])} and others"
            return draft.text("HERE", NAME=name, OTHERS=shown)
        return draft.text("HERE" if others else "ALONE", NAME=name, OTHERS=names_of(others))
    if kind == "SAID":
        return _tell_what_was_said(draft, about, matter)
    if kind == "MISSED":
        return _tell_what_was_missed(draft)
    if kind == "WHO-SAID":
        return _tell_who_said(draft, matter)
    if kind == "JUDGE" and about == name:
        return ""
    if kind == "TELL" and draft.state.find(about) not in others:
        kind = "PRESENT"
    if kind == "PRESENT":
        known = draft.state.find(about)
        if known is None and draft.state.crowd:
            return ""  # they may be among those who are not remembered
        return draft.text("PRESENT" if known and known.here else "ABSENT", OTHER=about)
    return draft.text(kind, NAME=name, OTHER=about)


def _tell_what_was_said(draft: HostDraft, about: str, matter: str) -> str:
    """Tell a member's last line; with a matter, the last line that is about it."""
    known = draft.state.find(about)
    told = [each.text for each in draft.state.quotables if each.speaker == about and matter]
    told += [known.last] if known is not None and known.last else []
    fitting = [each for each in told if not matter or _is_about(each, matter)]
    if fitting:
        return draft.text("SAID", OTHER=about, QUOTE=quoted(fitting[-1]))
    if known is not None and known.lines and not known.last:
        return draft.text("WITHHELD", OTHER=about)
    if told:
        return draft.text("SAID-LAST", OTHER=about, QUOTE=quoted(told[-1]))
    return draft.text("NOTHING", OTHER=about)


def _is_about(line: str, matter: str) -> bool:
    """Return True if a line has a telling word of a matter, or most of its words."""
    if not telling_words(matter).isdisjoint(telling_words(line)):
        return True
    wanted = set(_WORD.findall(matter.lower()))
    return len(wanted & set(_WORD.findall(line.lower()))) * 2 > len(wanted)


def _tell_who_said(draft: HostDraft, matter: str) -> str:
    """Tell the last line that is about a matter, and whose it was."""
    told = [(each.turn, each.speaker, each.text) for each in draft.state.quotables]
    told += [(each.turn, each.name, each.last) for each in draft.state.members if each.last]
    fitting = [each for each in told if _is_about(each[2], matter)]
    if not fitting:
        return draft.text("NOBODY")
    _, name, text = max(fitting)
    return draft.text("SAID", OTHER=name, QUOTE=quoted(text))


def _tell_what_was_missed(draft: HostDraft) -> str:
    """Tell what each of the last three members said that tells something: no "ok", no question."""
    newest = {each.speaker: (each.turn, each.text) for each in draft.state.quotables}
    for each in draft.state.members:
        if each.last and (each.name not in newest or can_be_quoted(each.last)):
            newest[each.name] = (each.turn, each.last)
    spoke = sorted((turn, name, text) for name, (turn, text) in newest.items())[-3:]
    if not spoke:
        return draft.text("MISSED")
    before = draft.text("RECALL")
    told = [draft.text("SAID", OTHER=name, QUOTE=quoted(text)) for _, name, text in spoke]
    return " ".join((before, *told))


def _machine_or_stay(draft: HostDraft, member: Member, line: str) -> str:
    """Return what a machine replies; a plain word to go on where it repeats itself."""
    reply = draft.reply(member, line) if line else ""
    if reply:
        return named(reply, member.name) if _must_be_named(draft.state, member) else reply
    return draft.text("STAY", NAME=member.name)


def _must_be_named(state: HostState, member: Member) -> bool:
    """Return True if it is not plain whom the host answers."""
    return any(
        each.turn and state.turn - each.turn < LONG_SILENT for each in state.others(member.name)
    )


# --- what nobody answers --------------------------------------------------------------------------


def answer_waiting(draft: HostDraft, waiting: WaitingLine) -> str:
    """Answer a line that nobody has answered."""
    member = draft.member(waiting.speaker)
    draft.note("nobody answered this line")
    draft.state = draft.state._replace(row=min(draft.state.row + 1, 0xFF))
    others = draft.state.others(member.name)
    # A machine would take what is said to another member as said to it.
    meant = part_for_host(waiting.text, (), [each.name for each in others])
    meant = meant if others else waiting.text
    said = ""
    if others and draft.state.turn > draft.state.calm:
        said = (
            _greet_back(draft, member, waiting.text)
            or _connect(draft, member, waiting.text)
            or _hand_over(draft, member, waiting.text)
            or (len(others) == 1 and meant and _fitting_reply(draft, member, meant))
            or draft.fresh("STAY", NAME=member.name)
        )
    if not said:
        said = _machine_or_stay(draft, member, meant)
    return draft.speak(said, draft.state.asked if draft.keyword == "INVITE" else member.name)


def _greet_back(draft: HostDraft, member: Member, line: str) -> str:
    """Return a greeting for a line that is only one; empty for any other."""
    question = find_question(line, member.name, ())
    if question is None or question.kind != "HELLO":
        return ""
    return draft.fresh("HELLO", NAME=member.name)


def _connect(draft: HostDraft, member: Member, line: str) -> str:
    """Take up an earlier line of somebody else that is like this; empty for none."""
    state = draft.state
    if is_question(line) or was_danger_lately(state):
        return ""
    if state.connected and state.spoken - state.connected < BETWEEN:
        return ""
    earlier = [
        each
        for each in state.quotables
        if each.speaker != member.name and not each.used and state.turn - each.turn >= FAR
    ]
    names = frozenset(word for each in state.members for word in telling_words(each.name))
    found = find_alike(line, earlier, state.quotables, names)
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
        asked = find_asked(state, member, line)
        if asked:
            return draft.fresh("ASKED-OF", NAME=member.name, OTHER=asked)
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
    if not (is_told(line) and tells_of_oneself(line)) or member.lines <= FIRST_LINES:
        return ""
    if was_danger_lately(state) or tells_of_death(line):
        return ""
    several = called(names) if len(names := [each.name for each in others]) > 1 else ""
    slots = {"NAME": member.name, "OTHERS": several, "OTHER": "" if several else others[0].name}
    # What was said just above is read twice only where it might be overlooked.
    sentence = last_sentence(line) if is_long(line) else ""
    said = draft.fresh("ECHO", QUOTE=quoted(sentence), **slots) if sentence else ""
    return said or draft.fresh("OPEN", **slots)


def _fitting_reply(draft: HostDraft, member: Member, line: str) -> str:
    """Return what a machine asks about a line, where it is about what was said; else nothing.

    A question that would fit any line, or what only says it back, helps nobody among several.
    """
    before = draft.state
    reply = draft.reply(member, line)
    if is_question(reply) and not telling_words(reply).isdisjoint(telling_words(line)):
        return named(reply, member.name) if _must_be_named(draft.state, member) else reply
    draft.state = before
    return ""


# --- what is remembered ---------------------------------------------------------------------------


def remember(draft: HostDraft, member: Member, line: str) -> None:
    """Remember a line: as the last of its speaker, and maybe to be taken up later."""
    _keep_last(draft, member, line)
    if tells_of_death(line):
        draft.state = draft.state._replace(grave=clip(line, MAX_QUOTE))
    others = [each.name for each in draft.state.members if each.name != member.name]
    if (
        can_be_quoted(line)
        and find_address(line, others) is None
        and draft.state.turn > draft.state.calm
        and len(line.encode("utf-8", "replace")) <= MAX_QUOTE
    ):
        text = without_greeting(line)
        quotable = Quotable(member.name, clip(text, MAX_QUOTE), draft.state.turn)
        draft.state = draft.state._replace(quotables=(*draft.state.quotables, quotable))


def remember_called(draft: HostDraft, member: Member, line: str) -> None:
    """Remember a line to the host where it tells something; what it asks is no news to others."""
    known = draft.state.find(member.name) or member
    tells = draft.keyword not in PARTS and not is_question(line)
    _keep_last(draft, member, line if tells or not known.last else known.last)


def _keep_last(draft: HostDraft, member: Member, line: str) -> None:
    known = draft.state.find(member.name) or member
    draft.state = draft.state.put(known._replace(last=clip(line, MAX_QUOTE), cared=False))
