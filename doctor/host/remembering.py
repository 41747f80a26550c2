"""What the host remembers of a line: as the last of its speaker, and to be quoted later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.host.connecting import without_greeting
from doctor.host.danger import tells_of_death
from doctor.host.line_words import count_words
from doctor.host.state import MAX_QUOTE, Quotable, clip
from doctor.host.waiting import is_nod

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.state import Member

#: Words of a line that may be quoted, at least.
_LEAST: Final = 3


def remember(draft: HostDraft, member: Member, line: str) -> None:
    """Remember a line."""
    _keep_last(draft, member, line)
    if tells_of_death(line):
        draft.state = draft.state._replace(grave=clip(line, MAX_QUOTE))
    if "http" in line or is_nod(line) or count_words(line) < _LEAST:
        return
    text = _clip_words(without_greeting(line))
    known = draft.state.quotables
    if text in [each.text for each in known] and any(  # hardly anything is said twice
        each.text == text and each.speaker == member.name for each in known
    ):
        return
    if text:
        quotable = Quotable(member.name, text, draft.state.turn)
        draft.state = draft.state._replace(quotables=(*draft.state.quotables, quotable))


def remember_called(draft: HostDraft, member: Member, line: str) -> None:
    """Remember that somebody spoke to the host; what they ask is no news to others."""
    known = draft.state.find(member.name) or member
    _keep_last(draft, member, known.last or line)


def _keep_last(draft: HostDraft, member: Member, line: str) -> None:
    known = draft.state.find(member.name) or member
    draft.state = draft.state.put(known._replace(last=clip(line, MAX_QUOTE), cared=0))


def _clip_words(line: str) -> str:
    """Return a line as it can be quoted; a long one ends with a whole word and a mark."""
    text = clip(line, MAX_QUOTE)
    if len(text) == len(" ".join(line.split())):
        return text
    return clip(text, MAX_QUOTE - 4).rsplit(" ", 1)[0] + " \u2026"
