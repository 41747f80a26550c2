"""Questions that are said to the host and are for people to answer.

They are answered by what somebody else said about the matter, word for word; else they are handed
on, shortly, where somebody may be asked; else the host says that it does not know, and to one
person alone it gives the question back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host import danger, repeating
from doctor.host.asking import can_be_asked, may_ask, others_to_ask, talks_alone
from doctor.host.clauses import advising_part
from doctor.host.connecting import find_help, telling_words
from doctor.host.quoting import (
    best_lines,
    least_heard,
    lines_for,
    lines_of,
    names_in,
    quote,
    taken_up,
    telling_line,
)
from doctor.host.state import MAX_QUOTE, clip
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: Lines in which somebody may have told the asker what helps.
TOLD_LATELY: Final = 6
#: Words of a question that can be understood without what was said before.
LEAST: Final = 4
_WORD: Final = re.compile(r"[\w'\u2019-]+")


def advise(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Answer who asks for advice by what others said."""
    state, asked = draft.state, request.asked
    about = state.find(request.about) if request.about else None
    if about is not None and about.here and about.name != member.name:
        found = telling_line(lines_of(state, about.name), telling_words(body) - names_in(state))
        if found is not None and may_ask(draft, about.name):
            _note_question(draft, member, asked)
            text = quote(found.text, telling_words(body))
            return draft.text("ADVICE-FOR", NAME=member.name, OTHER=about.name, QUOTE=text)
    if danger.was_danger_lately(state):
        return ask_on(draft, member, asked)
    told = _find_told(draft, member, asked)
    if told is not None:
        text = quoted(advising_part(told.text))
        return draft.text("ADVICE-TOLD", NAME=member.name, OTHER=told.speaker, QUOTE=text)
    earlier = lines_for(state, member.name)
    found = find_help(asked, earlier, state.quotables, names_in(state))
    if found is not None:
        text = quote(found.text, telling_words(asked))
        return draft.text("ADVICE-SAID", NAME=member.name, OTHER=found.speaker, QUOTE=text)
    return ask_on(draft, member, asked)


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


def ask_opinion(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Hand on who asks for an opinion: the host has none."""
    del body
    return ask_on(draft, member, request.asked)


def ask_on(draft: HostDraft, member: Member, asked: str) -> str:
    """Hand a question on in a word; where nobody may be asked, say so of oneself."""
    _note_question(draft, member, asked)
    state = draft.state
    nobody = not any(can_be_asked(state, each, draft.now) for each in state.others(member.name))
    if (nobody and not state.crowd) or talks_alone(state, member, draft.now):
        return draft.text("LISTEN-ASKED", NAME=member.name)
    others = others_to_ask(draft, member.name)
    if others:
        return draft.text("PASS", NAME=member.name, OTHERS=others)
    return draft.text("UNKNOWN", NAME=member.name)


def answer_question(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Answer a question by what somebody else said about it, or put it to the others."""
    del body
    if not danger.was_danger_lately(draft.state):
        earlier = lines_for(draft.state, member.name)
        found = find_help(request.asked, earlier, draft.state.quotables, names_in(draft.state))
        why = request.asked.lower().startswith("why")
        if found is not None and (not why or "because" in found.text.lower()):
            return repeating.say_again(draft, found, telling_words(request.asked))
    return ask_on(draft, member, request.asked)


def tell_of(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell what a member said about a question of them; where nothing, it is for them."""
    del body
    names = names_in(draft.state)
    found = best_lines(lines_of(draft.state, request.about), request.asked, names, 1)
    if found:
        return repeating.say_again(draft, found[0], telling_words(request.asked) - names)
    if may_ask(draft, request.about):
        return draft.text("ASK-MEMBER", NAME=member.name, OTHER=request.about)
    return draft.text("ONLY-THEY-KNOW", NAME=member.name, OTHER=request.about)


def offer_topic(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Go back to what somebody said that others took up."""
    for each in least_heard(draft.state, member.name):
        found = taken_up(draft.state, each.name)
        if found is not None and not danger.was_danger_lately(draft.state):
            text = quote(found.text)
            return draft.text("TOPIC", NAME=member.name, OTHER=each.name, QUOTE=text)
    return ask_them(draft, member, request, body)


def ask_them(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Ask somebody, who wants to be asked, about what they told last."""
    del request, body
    lines = [
        each
        for each in lines_of(draft.state, member.name)
        if "?" not in each.text and len(each.text.split()) > LEAST
    ]
    if not lines or danger.was_danger_lately(draft.state):
        return draft.text("ASK-FIRST", NAME=member.name)
    found = telling_line(lines[-2:], frozenset())
    text = quote(found.text if found is not None else lines[-1].text)
    return draft.text("ASK-YOU", NAME=member.name, QUOTE=text)


def _note_question(draft: HostDraft, member: Member, asked: str) -> None:
    if len(_WORD.findall(asked)) >= LEAST:
        draft.state = draft.state._replace(
            putter=member.name, question=clip(asked, MAX_QUOTE), put_at=draft.state.turn
        )


def tell_who(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell who said something; a question to all is handed on."""
    said = repeating.tell_who(draft, member, request, body)
    return said or ask_opinion(draft, member, request, body)
