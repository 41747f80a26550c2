"""A word to somebody: something kind, a message, an apology."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host import danger, repeating
from doctor.host.clauses import sentences
from doctor.host.connecting import telling_words
from doctor.host.quoting import lines_of, names_in, quote
from doctor.host.statements import read_statement
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: Words of a line that may be said to who wrote it.
_LEAST: Final = 5
_GOOD: Final = (
    "(?:thank you|thanks|brave|wonderful|lovely|you are (?:good|kind|right|strong)|well done|"
    "you should|i like|i love|you helped|that helped|glad (?:that )?you|best)"
)
#: Words of what something kind is to be about, and where that ends.
_MOST_MATTER: Final = 5
_PAST_MATTER: Final = re.compile(r"[,.;!?].*|\b(?:and|but|or|not|please|plainly|without)\b.*")


def say_to(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say something plain and kind to a member; their own words only of a death."""
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
    matter = _PAST_MATTER.sub("", request.matter).strip()
    if matter and len(matter.split()) <= _MOST_MATTER:
        return draft.text("KIND-WORD", OTHER=about.name, QUOTE=matter)
    if (praise := _find_praise(draft, about.name)) is not None:
        text = quoted(_praise_in(praise.text, about.name))
        return draft.text("KIND-FROM", NAME=about.name, OTHER=praise.speaker, QUOTE=text)
    return kind  # their own words, said back, may be what they are ashamed of


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
