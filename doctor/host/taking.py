"""What the host says when it is told something: one sentence of sympathy, gladness, thanks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.host import danger
from doctor.host.asking import talks_alone
from doctor.host.connecting import find_alike, telling_words
from doctor.host.listening import listen_to
from doctor.host.quoting import names_in, quote

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member


def take_news(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say that a death or an illness was heard."""
    del body
    return draft.text(request.kind, NAME=member.name, KIN=request.matter)


def take_trouble(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Thank for saying it, with what somebody else said about the same."""
    del request
    state = draft.state
    if danger.was_danger_lately(state):
        return draft.text("STAY", NAME=member.name)
    if talks_alone(state, member, draft.now):
        return listen_to(draft, member, body)
    earlier = [each for each in state.quotables if each.speaker != member.name]
    found = find_alike(body, earlier, state.quotables, names_in(state))
    thanks = draft.text("TROUBLE", NAME=member.name)
    if found is None:
        return thanks
    text = quote(found.text, telling_words(body))
    return f"{thanks} {draft.text('SAID', OTHER=found.speaker, QUOTE=text)}"


def take(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say that something was heard."""
    if request.kind != "GOOD" and talks_alone(draft.state, member, draft.now):
        return listen_to(draft, member, body)
    part = {"GOOD": "GLAD", "BIG": "TROUBLE"}.get(request.kind, request.kind)
    return draft.text(part, NAME=member.name)
