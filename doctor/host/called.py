"""What the host says when it is called: for each kind of request one kind of answer.

    advice        what somebody else said about the matter, word for word; else the question is put
                  to the others, who has not spoken for longest first
    what was said quotations, and a word of sympathy where they tell of a death
    in common     a quotation of each, and the word that most of them used
    a word to X   plain and kind, after what X surely told
    WRONG         it says that it was wrong, and puts the question that is open to the others; told
                  so a second time it only listens
    statements    sympathy, gladness, thanks; at least half of it without a question

Each function changes a draft and returns what is said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host import danger
from doctor.host.clauses import MOST, advising_part
from doctor.host.connecting import (
    KIN,
    find_alike,
    find_common,
    find_help,
    telling_words,
    tells_what_helps,
)
from doctor.host.draft import names_of
from doctor.host.quoting import (
    SHORT,
    best_lines,
    called_others,
    least_heard,
    lines_of,
    names_in,
    quote,
    taken_up,
    telling_line,
)
from doctor.host.state import MAX_QUOTE, clip
from doctor.host.statements import read_statement
from doctor.host.texts import MANY, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.host.draft import HostDraft
    from doctor.host.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: Lines after a question in which it is put again where the host was wrong.
STILL_OPEN: Final = 3
#: Lines in which somebody may have told the asker what helps.
LATELY: Final = 6
#: Lines within which a second "that was wrong" makes the host step back.
TWICE: Final = 10
#: Lines after a message about danger in which a complaint is taken to be about it.
ALARMED: Final = 20
#: Words of a question that can be understood without what was said before.
_LEAST: Final = 4
_WORD: Final = re.compile(r"[\w'\u2019-]+")


def answer_called(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Answer a request; `body` is the line without the host's name."""
    draft.note(f"the line is said to the host: {request.kind}")
    draft.state = draft.state._replace(hushed=False)
    answer = _ANSWERS.get(request.kind)
    if answer is None:
        said = draft.text(request.kind, NAME=member.name, OTHER=request.about)
    else:
        said = answer(draft, member, request, body)
    said = said or draft.text("STAY", NAME=member.name)
    return draft.speak(said, member.name)


# --- questions for the people in the room ---------------------------------------------------------


def _advise(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    state, asked = draft.state, request.asked
    about = state.find(request.about) if request.about else None
    if about is not None and about.here and about.name != member.name:
        found = telling_line(lines_of(state, about.name), telling_words(body) - names_in(state))
        others = called_others(state, member.name, about.name)
        _note_question(draft, member, asked)
        if found is not None:
            return draft.text(
                "ADVICE-FOR",
                NAME=member.name,
                OTHER=about.name,
                OTHERS=others,
                QUOTE=quote(found.text, telling_words(body)),
            )
    said = ""
    if not danger.was_danger_lately(state):
        told = _find_told(draft, member, asked)
        if told is not None:
            return draft.text(
                "ADVICE-TOLD",
                NAME=member.name,
                OTHER=told.speaker,
                OTHERS=called_others(state, member.name, told.speaker),
                QUOTE=quoted(advising_part(told.text)),
            )
        earlier = [each for each in state.quotables if each.speaker != member.name]
        found = find_help(asked, earlier, state.quotables, names_in(state))
        if found is not None:
            said = draft.text(
                "ADVICE-SAID",
                NAME=member.name,
                OTHER=found.speaker,
                OTHERS=called_others(state, member.name, found.speaker),
                QUOTE=quote(found.text, telling_words(asked)),
            )
    return said or _ask_on(draft, member, request, "ASK-ON")


def _find_told(draft: HostDraft, member: Member, asked: str) -> Quotable | None:
    """Return what somebody told the asker lately, by name, that may help with what is asked."""
    name, wanted = member.name.lower(), telling_words(asked) - names_in(draft.state)
    found = [
        each
        for each in draft.state.quotables
        if each.speaker != member.name
        and draft.state.turn - each.turn <= LATELY
        and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", each.text.lower())
        and not wanted.isdisjoint(telling_words(each.text))
        and advising_part(each.text)
    ]
    return found[-1] if found else None


def _ask_opinion(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del body
    return _ask_on(draft, member, request, "ASK-OPINION")


def _ask_on(draft: HostDraft, member: Member, request: HostRequest, part: str) -> str:
    """Put a question to the others in the asker's words."""
    others, asked = called_others(draft.state, member.name), request.asked
    if not others:
        return draft.text("ALONE-TOLD", NAME=member.name)
    _note_question(draft, member, asked)
    if len(_WORD.findall(asked)) < _LEAST or not telling_words(asked):
        return draft.text("PASS", NAME=member.name, OTHERS=others)
    return draft.text(part, NAME=member.name, OTHERS=others, QUOTE=quote(asked))


def _note_question(draft: HostDraft, member: Member, asked: str) -> None:
    if len(_WORD.findall(asked)) >= _LEAST:
        draft.state = draft.state._replace(
            putter=member.name, question=clip(asked, MAX_QUOTE), put_at=draft.state.turn
        )


# --- what was said --------------------------------------------------------------------------------


def _tell_said(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del member, body
    about, matter = request.about, request.matter
    known, lines = draft.state.find(about), lines_of(draft.state, about)
    names = names_in(draft.state)
    wanted = telling_words(matter) - names
    found = best_lines(lines, matter, names, 2) if matter else lines[-2:]
    said = [_said(draft, each, wanted) for each in found]
    if said:
        of_kin = not matter or not KIN.isdisjoint(wanted)
        return " ".join((*said, *(_sympathy(draft, found) if of_kin else ())))
    if known is not None and known.lines and not known.last:
        return draft.text("WITHHELD", OTHER=about)
    last = lines[-1].text if lines else known.last if known is not None else ""
    if last:
        return draft.text("SAID-LAST" if matter else "SAID", OTHER=about, QUOTE=quote(last))
    return draft.text("NOTHING", OTHER=about)


def _said(
    draft: HostDraft, line: Quotable, wanted: frozenset[str] = frozenset(), most: int = MOST
) -> str:
    return draft.text("SAID", OTHER=line.speaker, QUOTE=quote(line.text, wanted, most))


def _sympathy(draft: HostDraft, lines: list[Quotable]) -> list[str]:
    """Return a sentence of sympathy where some lines tell of a death, else nothing."""
    for each in lines:
        told = read_statement(each.text)
        if told.kind == "DEATH":
            return [draft.text("DEATH", NAME=each.speaker, KIN=told.kin)]
    return []


def _tell_who(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    lines = draft.state.quotables
    if telling_words(request.matter) - names_in(draft.state):
        found = best_lines(lines, request.matter, names_in(draft.state), 1)
    else:  # "did anybody say what they do?"
        others = [each for each in lines if each.speaker != member.name]
        found = [each for each in others if tells_what_helps(each.text)][-1:]
        if not found:
            return _ask_opinion(draft, member, request, body)
    if not found:
        return draft.text("NOBODY")
    return _said(draft, found[0], telling_words(request.matter))


def _tell_missed(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell what each of the last members said that tells something: no "ok", no question."""
    del body
    lines = []
    for each in least_heard(draft.state)[-MANY:]:
        last = telling_line(_statements(draft, each.name)[-4:], frozenset())
        found = (taken_up(draft.state, each.name) or last) if request.kind == "KEEPS" else last
        lines += [found] if found is not None else []
    if not lines:
        return draft.text("MISSED")
    lead = draft.text("KEEPS" if request.kind == "KEEPS" else "RECALL", NAME=member.name)
    lines.sort(key=lambda each: each.turn)
    return " ".join((lead, *[_said(draft, each, _shared(draft, each), SHORT) for each in lines]))


def _shared(draft: HostDraft, line: Quotable) -> frozenset[str]:
    """Return the words of a line that other members said as well."""
    others = [each.text for each in draft.state.quotables if each.speaker != line.speaker]
    said = frozenset[str]().union(*(telling_words(text, "NB") for text in others))
    return (telling_words(line.text, "NB") & said) - names_in(draft.state)


def _statements(draft: HostDraft, name: str) -> list[Quotable]:
    return [each for each in lines_of(draft.state, name) if not each.text.endswith("?")]


def _tell_common(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Quote each member, and count which word most of them used."""
    del body
    state = draft.state
    here = [each.name for each in least_heard(state)]
    spoken = {name: [each.text for each in _statements(draft, name)] for name in here}
    spoken = {name: lines for name, lines in spoken.items() if lines}
    if len(spoken) < 2:
        return _tell_missed(draft, member, request, "")
    word, by = find_common(spoken, names_in(state))
    wanted = telling_words(request.asked) | ({word} if word else set())
    said = []
    for name in list(spoken)[:MANY]:
        every = _statements(draft, name)
        having = [each for each in every if word and re.search(rf"\b{word}", each.text.lower())]
        best = telling_line(having or every, wanted)
        if best is not None:
            said.append((best.turn, _said(draft, best, frozenset(wanted), SHORT)))
    told = [text for _, text in sorted(said)]
    if word:
        told.append(draft.text("COMMON-WORD", OTHERS=listed(by), QUOTE=f"\u2018{word}\u2019"))
    return " ".join((*told, draft.text("COMMON", NAME=member.name)))


# --- a word to somebody ---------------------------------------------------------------------------


def _say_to(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say something plain and kind that fits what a member surely told."""
    del member
    about = draft.state.find(request.about)
    if about is None or not about.here:
        return draft.text("ABSENT", OTHER=request.about)
    wanted = telling_words(body) - names_in(draft.state)
    grave = [each for each in lines_of(draft.state, about.name) if _kind(each) == "DEATH"]
    if grave:
        return " ".join((*_sympathy(draft, grave[-1:]), _said(draft, grave[-1], wanted)))
    for each in reversed(lines_of(draft.state, about.name)):
        told = read_statement(each.text)
        if told.kind in {"ILLNESS", "TROUBLE", "GLAD", "GOOD"}:
            part = "GLAD" if told.kind == "GOOD" else told.kind
            kind = draft.text(part, NAME=about.name, KIN=told.kin)
            return f"{kind} {_said(draft, each, wanted)}" if part != "GLAD" else kind
    return draft.text("KIND", OTHER=about.name)


def _kind(line: Quotable) -> str:
    return read_statement(line.text).kind


def _tell(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del body
    about = draft.state.find(request.about)
    if about is None or not about.here:
        return _tell_presence(draft, member, request, "")
    matter = quote(request.matter[:1].upper() + request.matter[1:]) if request.matter else ""
    return draft.text("TELL", NAME=member.name, OTHER=about.name, QUOTE=matter)


def _apologise(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del member, body
    if draft.state.worried in {request.about, "?"}:
        return danger.take_back(draft, draft.state.worried)
    return draft.text("APOLOGY", OTHER=request.about)


# --- the host was wrong ---------------------------------------------------------------------------


def _admit(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say that it was wrong, and put the question that is open to the others, once."""
    del body
    state = draft.state
    before = state.sorry
    draft.state = state = state._replace(sorry=state.turn)
    if state.worried and state.turn - state.calm < ALARMED:
        return danger.take_back(draft, state.worried)
    if before and state.turn - before <= TWICE:
        draft.state = state._replace(listens=True, question="", putter="")
        return draft.text("STEP-BACK", NAME=member.name)
    said = draft.text("SORRY", NAME=member.name)
    putter, question = state.putter, state.question
    if not question or state.turn - state.put_at > STILL_OPEN:
        putter, question = member.name, request.asked
    if len(_WORD.findall(question)) < _LEAST:
        return said
    others = called_others(state, putter, member.name) or called_others(state, putter)
    draft.state = draft.state._replace(question="", putter="")
    again = draft.text("AGAIN", OTHER=putter, OTHERS=others, QUOTE=quote(question))
    return f"{said} {again}".strip()


# --- statements -----------------------------------------------------------------------------------


def _take_news(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del body
    return draft.text(request.kind, NAME=member.name, KIN=request.matter)


def _take_trouble(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Thank for saying it, with what somebody else said about the same."""
    del request
    state = draft.state
    if danger.was_danger_lately(state):
        return draft.text("STAY", NAME=member.name)
    others = called_others(state, member.name)
    earlier = [each for each in state.quotables if each.speaker != member.name]
    found = find_alike(body, earlier, state.quotables, names_in(state))
    if found is None:
        return draft.text("TROUBLE", NAME=member.name, OTHERS=others)
    thanks = draft.text("TROUBLE", NAME=member.name)
    text = quote(found.text, telling_words(body))
    return f"{thanks} {draft.text('SAID', OTHER=found.speaker, QUOTE=text)}"


def _take(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del body
    part = "GLAD" if request.kind == "GOOD" else request.kind
    others = called_others(draft.state, member.name)
    if not others:
        return draft.text("ALONE-TOLD", NAME=member.name)
    return draft.text(part, NAME=member.name, OTHERS=others)


# --- the room -------------------------------------------------------------------------------------


def _hush(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del member, request, body
    draft.state = draft.state._replace(hushed=True)
    return draft.text("HUSH")


def _tell_here(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del request, body
    others = draft.state.others(member.name)
    shown = names_of(others)
    if draft.state.crowd:
        shown = f"{names_of(others[:7])} and others"
    return draft.text("HERE" if others else "ALONE", NAME=member.name, OTHERS=shown)


def _tell_presence(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del member, body
    known = draft.state.find(request.about)
    if known is None and draft.state.crowd:
        return ""  # they may be among those who are not remembered
    return draft.text("PRESENT" if known and known.here else "ABSENT", OTHER=request.about)


_ANSWERS: Final[dict[str, Callable[[HostDraft, Member, HostRequest, str], str]]] = {
    "ADVICE": _advise,
    "OPINION": _ask_opinion,
    "QUESTION": _ask_opinion,
    "SAID": _tell_said,
    "WHO-SAID": _tell_who,
    "MISSED": _tell_missed,
    "KEEPS": _tell_missed,
    "COMMON": _tell_common,
    "SAY-TO": _say_to,
    "TELL": _tell,
    "APOLOGISE": _apologise,
    "WRONG": _admit,
    "DEATH": _take_news,
    "ILLNESS": _take_news,
    "TROUBLE": _take_trouble,
    "GOOD": _take,
    "PLAN": _take,
    "TOLD": _take,
    "HUSH": _hush,
    "HERE": _tell_here,
    "PRESENT": _tell_presence,
}
