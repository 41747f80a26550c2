"""A word to somebody: something kind, a message, an apology."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host import danger, repeating
from doctor.host.clauses import sentences
from doctor.host.connecting import telling_words
from doctor.host.quoting import best_lines, lines_of, names_in, quote
from doctor.host.statements import read_statement
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: The newest lines of somebody, among which the one that weighs most is taken.
_NEWEST: Final = 4
#: Words of a line that may be said to who wrote it.
_LEAST: Final = 5
_GOOD: Final = (
    "(?:thank you|thanks|brave|wonderful|lovely|you are (?:good|kind|right|strong)|well done|"
    "you should|i like|i love|you helped|that helped|glad (?:that )?you|best)"
)
_HEAVY: Final = frozenset(("DEATH", "ILLNESS", "BIG"))


def say_to(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say something plain and kind about what a member told last."""
    del member
    about = draft.state.find(request.about)
    if about is None or not about.here:
        return draft.text("ABSENT", OTHER=request.about)
    kind = draft.text("KIND", OTHER=about.name)
    if danger.was_danger_lately(draft.state):
        return kind
    wanted = telling_words(body) - names_in(draft.state)
    spoken = [
        each
        for each in lines_of(draft.state, about.name)
        if "?" not in each.text and len(each.text.split()) >= _LEAST
    ]
    grave = [each for each in spoken if _kind(each) == "DEATH"]
    if grave:
        sorry = repeating.sympathy(draft, grave[-1:])
        return " ".join((*sorry, repeating.say_again(draft, grave[-1], wanted)))
    if not spoken:
        return kind
    heavy = [each for each in spoken[-_NEWEST:] if _kind(each) in _HEAVY]
    best = best_lines(spoken[-_NEWEST:], body, names_in(draft.state), 1) if wanted else []
    if not best and not heavy and (praise := _find_praise(draft, about.name)) is not None:
        text = quoted(_praise_in(praise.text, about.name))
        return draft.text("KIND-FROM", NAME=about.name, OTHER=praise.speaker, QUOTE=text)
    line = (best or heavy or spoken)[-1]
    return draft.text("KIND-WORD", OTHER=about.name, QUOTE=quote(line.text, wanted))


def _find_praise(draft: HostDraft, name: str) -> Quotable | None:
    """Return the newest line in which somebody says something good to a member."""
    found = [
        each
        for each in draft.state.quotables
        if each.speaker != name and _praise_in(each.text, name)
    ]
    return found[-1] if found else None


def _praise_in(text: str, name: str) -> str:
    """Return the sentence of a text that says something good to a member; empty for none."""
    praise = re.compile(
        rf"\b{re.escape(name)}\b[^.?!]*\b{_GOOD}\b|\b{_GOOD}\b[^.?!]*\b{re.escape(name)}\b",
        re.IGNORECASE,
    )
    found = [e for e in sentences(text) if len(e.split()) >= _LEAST and praise.search(e)]
    return found[-1] if found else ""


def _kind(line: Quotable) -> str:
    return read_statement(line.text).kind


def tell(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell a member what another wants them to know."""
    about = draft.state.find(request.about)
    if about is None or not about.here:
        return tell_presence(draft, member, request, "")
    if not request.matter:
        return draft.text("TELL-SELF", NAME=member.name, OTHER=about.name)
    matter = quote(request.matter[:1].upper() + request.matter[1:])
    part = "TELL-ASK" if _ASK.search(body) is not None else "TELL"
    return draft.text(part, NAME=member.name, OTHER=about.name, QUOTE=matter)


def tell_presence(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell whether somebody is here, and whether they have written."""
    del member, body
    known = draft.state.find(request.about)
    if known is None and draft.state.crowd:
        return ""  # they may be among those who are not remembered
    if known is None or not known.here:
        coming = _COMING.search(request.asked) is not None
        return draft.text("NOT-YET" if coming else "ABSENT", OTHER=request.about)
    return draft.text("PRESENT" if known.lines else "PRESENT-SILENT", OTHER=request.about)


_ASK: Final = re.compile(r"\bask\b", re.IGNORECASE)
_COMING: Final = re.compile(r"\b(?:come|coming|comes|join|joining)\b", re.IGNORECASE)


def apologise(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say sorry to a member."""
    del member, body
    if draft.state.worried in {request.about, "?"}:
        return danger.take_back(draft, draft.state.worried)
    return draft.text("APOLOGY", OTHER=request.about)
