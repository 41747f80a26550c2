"""Whom the host may ask something, and when it leaves that be.

A host that calls on people is a clerk. So nobody is asked who has never written here, who has said
good night, or who is to be left alone; who has been silent for some minutes is asked once in a long
while; and of three things that the host says one hands something on at most. Where only one person
writes there is nobody to ask, and the host listens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host.quoting import least_heard
from doctor.host.texts import EVERYBODY, called

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.state import HostState, Member

#: Seconds after which somebody who wrote nothing is silent.
SILENT: Final = 240.0
#: Seconds in which somebody silent is asked once.
SELDOM: Final = 1800.0
#: Of so many things that the host says, one asks others something.
EVERY: Final = 3
#: The end of a line with which somebody goes.
_PARTED: Final = re.compile(
    r"\b(?:good ?night|good ?bye|bye|see you)\b[^.?!]{0,30}[.!]*$", re.IGNORECASE
)


def can_be_asked(state: HostState, member: Member, now: float) -> bool:
    """Return True for somebody who may be asked something by name."""
    if not member.here or not member.lines or member.left_alone or state.asks_nobody:
        return False
    if _PARTED.search(member.last) is not None:
        return False
    return now - member.said < SILENT or not member.asked_at or now - member.asked_at >= SELDOM


def may_ask(draft: HostDraft, name: str) -> bool:
    """Return True, and know that they are asked, where a member may be asked something."""
    member = draft.state.find(name)
    if member is None or has_asked(draft.state) or not can_be_asked(draft.state, member, draft.now):
        return False
    draft.ask(name)
    return True


def has_asked(state: HostState) -> bool:
    """Return True if one of the last things that the host said asked others something."""
    return bool(state.handed) and state.spoken - state.handed < EVERY - 1


def others_to_ask(draft: HostDraft, *but: str) -> str:
    """Return how those are spoken to who may be asked something; empty where nobody may."""
    state = draft.state
    if state.asks_nobody or has_asked(state):
        return ""
    here = [e for e in least_heard(state, *but) if can_be_asked(state, e, draft.now)]
    names = [each.name for each in here]
    draft.offer(names)
    if state.crowd:
        return EVERYBODY
    return called(names) if names else ""


def talks_alone(state: HostState, member: Member, now: float) -> bool:
    """Return True where nobody but one member has come or written for some minutes."""
    if state.crowd:
        return False
    return all(now - max(each.said, each.came) >= SILENT for each in state.others(member.name))
