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

from doctor.host import danger, repeating
from doctor.host.addressing import speaks_of_you
from doctor.host.clauses import advising_part, sentences
from doctor.host.connecting import (
    find_alike,
    find_help,
    telling_words,
)
from doctor.host.draft import names_of
from doctor.host.quoting import (
    best_lines,
    called_others,
    least_heard,
    lines_for,
    lines_of,
    names_in,
    quote,
    taken_up,
    telling_line,
)
from doctor.host.state import MAX_QUOTE, clip
from doctor.host.statements import read_statement
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.host.draft import HostDraft
    from doctor.host.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: Lines after a question in which it is put again where the host was wrong.
STILL_OPEN: Final = 3
#: Lines in which somebody may have told the asker what helps.
TOLD_LATELY: Final = 6
#: Lines after what the host said in which a complaint before its name is about that.
LATELY: Final = 2
#: Lines within which a second "that was wrong" makes the host step back, and for how many.
TWICE: Final = 10
#: Lines after a message about danger in which a complaint is taken to be about it.
ALARMED: Final = 20
#: Words of a question that can be understood without what was said before.
_LEAST: Final = 4
#: A complaint about a question that is open.
_ANSWERS_ASKED: Final = re.compile(
    r"\b(?:ask(?:s|ed)?|questions?|answer(?:s|ed)?)\b", re.IGNORECASE
)
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
        earlier = lines_for(state, member.name)
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
        and draft.state.turn - each.turn <= TOLD_LATELY
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


def _answer_question(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Answer a question by what somebody else said about it, or put it to the others."""
    del body
    if not danger.was_danger_lately(draft.state):
        earlier = lines_for(draft.state, member.name)
        found = find_help(request.asked, earlier, draft.state.quotables, names_in(draft.state))
        why = request.asked.lower().startswith("why")
        if found is not None and (not why or "because" in found.text.lower()):
            return repeating.say_again(draft, found, telling_words(request.asked))
    return _ask_on(draft, member, request, "ASK-FACT")


def _tell_of(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell what a member said about a question of them; where nothing, it is for them."""
    del body
    names = names_in(draft.state)
    found = best_lines(lines_of(draft.state, request.about), request.asked, names, 1)
    if found:
        return repeating.say_again(draft, found[0], telling_words(request.asked) - names)
    asked = quote(request.asked)
    return draft.text("ASK-MEMBER", NAME=member.name, OTHER=request.about, QUOTE=asked)


def _offer_topic(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Go back to what somebody said that others took up."""
    del request, body
    for each in least_heard(draft.state, member.name):
        found = taken_up(draft.state, each.name)
        if found is not None and not danger.was_danger_lately(draft.state):
            return draft.text(
                "TOPIC",
                NAME=member.name,
                OTHER=each.name,
                OTHERS=called_others(draft.state, each.name),
                QUOTE=quote(found.text),
            )
    return draft.text("STAY", NAME=member.name)


def _note_question(draft: HostDraft, member: Member, asked: str) -> None:
    if len(_WORD.findall(asked)) >= _LEAST:
        draft.state = draft.state._replace(
            putter=member.name, question=clip(asked, MAX_QUOTE), put_at=draft.state.turn
        )


def _tell_who(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    said = repeating.tell_who(draft, member, request, body)
    return said or _ask_opinion(draft, member, request, body)


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
        return " ".join(
            (*repeating.sympathy(draft, grave[-1:]), repeating.say_again(draft, grave[-1], wanted))
        )
    for each in reversed(lines_of(draft.state, about.name)):
        told = read_statement(each.text)
        if told.kind in {"ILLNESS", "TROUBLE", "GLAD", "GOOD"}:
            part = "GLAD" if told.kind == "GOOD" else told.kind
            kind = draft.text(part, NAME=about.name, KIN=told.kin)
            return f"{_to_them(draft, each, wanted)} {kind}" if part != "GLAD" else kind
    kind = draft.text("KIND", OTHER=about.name)
    spoken = [each for each in lines_of(draft.state, about.name) if "?" not in each.text]
    if not spoken or danger.was_danger_lately(draft.state):
        return kind
    best = best_lines(spoken[-3:], body, names_in(draft.state), 1) if wanted else []
    return f"{_to_them(draft, (best or spoken)[-1], wanted)} {kind}"


def _to_them(draft: HostDraft, line: Quotable, wanted: frozenset[str]) -> str:
    """Say to somebody what they said."""
    return draft.text("YOU-SAID", NAME=line.speaker, QUOTE=quote(line.text, wanted))


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
    state = draft.state
    before = state.sorry
    draft.state = state = state._replace(sorry=state.turn)
    if state.worried and state.turn - state.calm < ALARMED:
        return danger.take_back(draft, state.worried)
    if before and state.turn - before <= TWICE:
        draft.state = state._replace(listens=True, question="", putter="")
        return draft.text("STEP-BACK", NAME=member.name)
    said = draft.text("SORRY", NAME=member.name)
    meant = _say_what_was_meant(draft, request, body)
    if meant and _ANSWERS_ASKED.search(body) is None:
        return f"{said} {meant}"
    putter, question = state.putter, state.question
    if not question or state.turn - state.put_at > STILL_OPEN:
        if len(_WORD.findall(request.asked)) >= _LEAST:
            return f"{said} {_ask_on(draft, member, request, 'ASK-ON')}"
        return f"{said} {meant}".strip()
    if len(_WORD.findall(question)) < _LEAST:
        return said
    others = called_others(state, putter, member.name) or called_others(state, putter)
    draft.state = draft.state._replace(question="", putter="")
    again = draft.text("AGAIN", OTHER=putter, OTHERS=others, QUOTE=quote(question))
    return f"{said} {again}".strip()


def _say_what_was_meant(draft: HostDraft, request: HostRequest, body: str) -> str:
    """Quote whom the complaint names, where their words have what it is about; else nothing."""
    if danger.was_danger_lately(draft.state):
        return ""
    names = names_in(draft.state)
    meant = " ".join(each for each in sentences(body) if not speaks_of_you(each))
    wanted = telling_words(meant) - names
    lines = [each for each in lines_of(draft.state, request.about) if "?" not in each.text]
    found = best_lines(lines, meant, names, 1) if wanted else []
    if not found or wanted.isdisjoint(telling_words(found[0].text)):
        return ""
    return repeating.say_again(draft, found[0], wanted)


def _take_better(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Leave the better words to who found them."""
    del body
    return draft.text("BETTER", NAME=member.name, QUOTE=quote(request.matter))


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
    "QUESTION": _answer_question,
    "SAID-OF": _tell_of,
    "TOPIC": _offer_topic,
    "SAID": repeating.tell_said,
    "WHO-SAID": _tell_who,
    "MISSED": repeating.tell_missed,
    "KEEPS": repeating.tell_missed,
    "COMMON": repeating.tell_common,
    "SAY-TO": _say_to,
    "TELL": _tell,
    "APOLOGISE": _apologise,
    "WRONG": _admit,
    "BETTER": _take_better,
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
