"""What the host repeats of what was said: quotations, and what it counts in them.

what X said     by the words of the question; sympathy where a death is what was asked about
who said it     the line that has most words of the matter
what was missed one line of each, and to be remembered: one whose words others said as well
in common       a line of each, and the word that most of them used
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host.clauses import MOST
from doctor.host.connecting import KIN, copes, find_common, telling_words
from doctor.host.quoting import (
    SHORT,
    best_lines,
    least_heard,
    lines_of,
    names_in,
    quote,
    taken_up,
    telling_line,
)
from doctor.host.statements import read_statement
from doctor.host.texts import MANY, listed
from doctor.host.waiting import FAR

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.requests import HostRequest
    from doctor.host.state import Member, Quotable

#: A question to everybody in the room.
_TO_ALL: Final = re.compile(r"(?:does|do|has|have|is|are) (?:any|some|one of)", re.IGNORECASE)
_ELSE: Final = re.compile(r"\b(?:else|before that|earlier)\b", re.IGNORECASE)


def tell_said(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell what a member said, about a matter if one is asked for."""
    del member, body
    about, matter = request.about, request.matter
    known, lines = draft.state.find(about), lines_of(draft.state, about)
    if _ELSE.search(request.asked) is not None:  # the last ones were read just now
        lines = [each for each in lines if draft.state.turn - each.turn >= FAR] or lines
    names = names_in(draft.state)
    wanted = telling_words(matter) - names
    found = best_lines(lines, matter, names, 2) if matter else lines[-2:]
    said = [say_again(draft, each, wanted) for each in found]
    if said:
        of_kin = not matter or not KIN.isdisjoint(wanted)
        return " ".join((*said, *(sympathy(draft, found) if of_kin else ())))
    if known is not None and known.here and not known.lines:
        return draft.text("SILENT", OTHER=about)
    if known is not None and known.lines and not known.last:
        return draft.text("WITHHELD", OTHER=about)
    last = lines[-1].text if lines else known.last if known is not None else ""
    if last:
        return draft.text("SAID-LAST" if matter else "SAID", OTHER=about, QUOTE=quote(last))
    return draft.text("NOTHING", OTHER=about)


def say_again(
    draft: HostDraft, line: Quotable, wanted: frozenset[str] = frozenset(), most: int = MOST
) -> str:
    """Return who said a line, and the line."""
    return draft.text("SAID", OTHER=line.speaker, QUOTE=quote(line.text, wanted, most))


def sympathy(draft: HostDraft, lines: list[Quotable]) -> list[str]:
    """Return a sentence of sympathy where some lines tell of a death, else nothing."""
    for each in lines:
        told = read_statement(each.text)
        if told.kind == "DEATH":
            return [draft.text("DEATH", NAME=each.speaker, KIN=told.kin)]
    return []


def tell_who(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell who said something about a matter; empty where nothing is named and nothing fits."""
    del body
    lines = draft.state.quotables
    if telling_words(request.matter) - names_in(draft.state):
        found = best_lines(lines, request.matter, names_in(draft.state), 1)
    else:  # "did anybody say what they do?"
        others = [each for each in lines if each.speaker != member.name]
        found = [each for each in others if copes(each.text)][-1:]
        if not found:
            return ""
    if not found:
        # "Does anybody like fishing?" is a question to all.
        return "" if _TO_ALL.match(request.asked) else draft.text("NOBODY")
    return say_again(draft, found[0], telling_words(request.matter))


def tell_missed(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
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
    return " ".join(
        (lead, *[say_again(draft, each, _shared(draft, each), SHORT) for each in lines])
    )


def _shared(draft: HostDraft, line: Quotable) -> frozenset[str]:
    """Return the words of a line that other members said as well."""
    others = [each.text for each in draft.state.quotables if each.speaker != line.speaker]
    said = frozenset[str]().union(*(telling_words(text, "NB") for text in others))
    return (telling_words(line.text, "NB") & said) - names_in(draft.state)


def _statements(draft: HostDraft, name: str) -> list[Quotable]:
    return [each for each in lines_of(draft.state, name) if not each.text.endswith("?")]


def tell_common(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Quote each member, and count which word most of them used."""
    del body
    state = draft.state
    here = [each.name for each in least_heard(state)]
    spoken = {name: [each.text for each in _statements(draft, name)] for name in here}
    spoken = {name: lines for name, lines in spoken.items() if lines}
    if len(spoken) < 2:
        return tell_missed(draft, member, request, "")
    word, by = find_common(spoken, names_in(state))
    wanted = telling_words(request.asked) | ({word} if word else set())
    said = []
    for name in list(spoken)[:MANY]:
        every = _statements(draft, name)
        having = [each for each in every if word and re.search(rf"\b{word}", each.text.lower())]
        best = telling_line(having or every, wanted)
        if best is not None:
            said.append((best.turn, say_again(draft, best, frozenset(wanted), SHORT)))
    told = [text for _, text in sorted(said)]
    if word:
        told.append(draft.text("COMMON-WORD", OTHERS=listed(by), QUOTE=f"\u2018{word}\u2019"))
    return " ".join((*told, draft.text("COMMON", NAME=member.name)))
