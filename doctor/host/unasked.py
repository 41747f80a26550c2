"""What the host says to a line that nobody answers; it says whose words it answers.

    a greeting      a greeting
    a question      again, in its own words, to whom it was meant for
    news            one sentence of sympathy, or of gladness
    own matters     the line again, and what somebody else said about the same; or it is handed to
                    the others; or somebody who has only listened is asked

No kind is said twice in a row where another fits. Nothing is quoted for some lines after one that
was met with care.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.host.asking import can_be_asked, may_ask, others_to_ask, talks_alone
from doctor.host.clauses import asked_clause, whole_question
from doctor.host.connecting import find_alike, find_help, telling_words
from doctor.host.danger import was_danger_lately
from doctor.host.listening import listen_to
from doctor.host.quoting import SHORT, lines_for, names_in, quote
from doctor.host.statements import read_statement
from doctor.host.waiting import FAR, REST, find_asked, is_greeting, is_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.host.draft import HostDraft
    from doctor.host.state import Member, Quotable, WaitingLine

#: Lines of others after which somebody who has said little may be asked to say something.
LONG_SILENT: Final = 12
#: Seconds that somebody is here before that.
SETTLED: Final = 120


def answer_waiting(draft: HostDraft, waiting: WaitingLine) -> str:
    """Answer a line that nobody has answered."""
    member = draft.member(waiting.speaker)
    draft.note("nobody answered this line")
    last = draft.state.move if draft.state.turn - draft.state.offered < 2 * REST else ""
    draft.state = draft.state._replace(offered=draft.state.turn)
    said = ""
    if talks_alone(draft.state, member, draft.now):
        said = listen_to(draft, member, waiting.text)
    for part, move in _MOVES if not said else ():
        if part != last:
            said = move(draft, member, waiting.text)
            if said:
                break
    said = said or draft.text("STAY", NAME=member.name)
    return draft.speak(said, draft.state.asked if draft.keyword == "INVITE" else member.name)


def _greet(draft: HostDraft, member: Member, line: str) -> str:
    return draft.fresh("HELLO", NAME=member.name) if is_greeting(line) else ""


def _ask_of(draft: HostDraft, member: Member, line: str) -> str:
    """Say a question again to the member for whom it was meant."""
    asked = find_asked(draft.state, member, line) if is_question(line) else ""
    if not asked or not may_ask(draft, asked):
        return ""
    text = whole_question(line) or line
    return draft.text("ASKED-OF", NAME=member.name, OTHER=asked, QUOTE=quote(text))


def _help(draft: HostDraft, member: Member, line: str) -> str:
    """Answer a question with what somebody else said about the matter."""
    state, asked = draft.state, asked_clause(line)
    if not is_question(line) or not asked or was_danger_lately(state):
        return ""
    earlier = [
        each
        for each in lines_for(state, member.name)
        if state.turn - each.turn >= FAR and not each.used
    ]
    found = find_help(asked, earlier, state.quotables, names_in(state))
    if found is None:
        return ""
    _use(draft, found)
    you = draft.text("YOU-SAID", NAME=member.name, QUOTE=quote(asked))
    text = quote(found.text, telling_words(asked))
    return f"{you} {draft.text('CONNECT', NAME=member.name, OTHER=found.speaker, QUOTE=text)}"


def _ask(draft: HostDraft, member: Member, line: str) -> str:
    """Say a question again to all."""
    if not is_question(line):
        return ""
    others, text = others_to_ask(draft, member.name), whole_question(line) or line
    return draft.fresh("ASKED", NAME=member.name, OTHERS=others, QUOTE=quote(text))


def _take_news(draft: HostDraft, member: Member, line: str) -> str:
    told = read_statement(line)
    if told.kind == "BIG" and not was_danger_lately(draft.state):
        return draft.text("HEAVY", NAME=member.name, QUOTE=quote(line, most=SHORT))
    if told.kind not in {"DEATH", "ILLNESS", "GOOD"}:
        return ""
    part = "GLAD" if told.kind == "GOOD" else told.kind
    return draft.text(part, NAME=member.name, KIN=told.kin)


def _connect(draft: HostDraft, member: Member, line: str) -> str:
    """Say a line again, and an earlier one of somebody else that is like it."""
    state = draft.state
    if is_question(line) or was_danger_lately(state):
        return ""
    earlier = [
        each
        for each in state.quotables
        if each.speaker != member.name and not each.used and state.turn - each.turn >= FAR
    ]
    found = find_alike(line, earlier, state.quotables, names_in(state))
    if found is None:
        return ""
    draft.note(f"it is like line {found.turn}")
    _use(draft, found)
    wanted = telling_words(line) & telling_words(found.text)
    you = draft.text("YOU-SAID", NAME=member.name, QUOTE=quote(line, wanted, SHORT))
    text = quote(found.text, wanted)
    return f"{you} {draft.text('CONNECT', NAME=member.name, OTHER=found.speaker, QUOTE=text)}"


def _use(draft: HostDraft, found: Quotable) -> None:
    """Remember that a line was taken up, so that it is not taken up again unasked."""
    draft.state = draft.state._replace(
        quotables=tuple(
            each._replace(used=True) if each is found else each for each in draft.state.quotables
        )
    )


def _invite(draft: HostDraft, member: Member, line: str) -> str:
    """Ask once who has only listened."""
    state = draft.state
    if is_question(line) or read_statement(line).kind == "TROUBLE" or state.turn < LONG_SILENT:
        return ""
    for each in state.others(member.name):
        silent = state.turn - each.turn >= LONG_SILENT and each.lines < 3
        if not can_be_asked(state, each, draft.now):
            continue
        if silent and not each.invited and draft.now - each.came > SETTLED:
            draft.state = state.put(each._replace(invited=True))._replace(asked=each.name)
            draft.ask(each.name)
            return draft.text("INVITE", OTHER=each.name)
    return ""


def _take_trouble(draft: HostDraft, member: Member, line: str) -> str:
    """Say trouble again, and that it was heard."""
    if read_statement(line).kind != "TROUBLE" or was_danger_lately(draft.state):
        return ""
    return draft.text("HEAVY", NAME=member.name, QUOTE=quote(line, most=SHORT))


def _echo(draft: HostDraft, member: Member, line: str) -> str:
    """Say a line again, and hand it to the others."""
    if is_question(line) or was_danger_lately(draft.state):
        return ""
    others = others_to_ask(draft, member.name)
    return draft.text("ECHO", NAME=member.name, OTHERS=others, QUOTE=quote(line, most=SHORT))


#: What is tried in turn, and the part of the script that each ends with.
_MOVES: Final[tuple[tuple[str, Callable[[HostDraft, Member, str], str]], ...]] = (
    ("HELLO", _greet),
    ("ASKED-OF", _ask_of),
    ("CONNECT", _help),
    ("ASKED", _ask),
    ("", _take_news),
    ("CONNECT", _connect),
    ("HEAVY", _take_trouble),
    ("INVITE", _invite),
    ("ECHO", _echo),
)
