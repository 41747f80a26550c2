"""What the host repeats of what was said: quotations, and what it counts in them.

what X said     by the words of the question; sympathy where a death is what was asked about
who said it     the line that has most words of the matter
what was missed one line of each, and to be remembered: one whose words others said as well
in common       a line of each, and the word that most of them used
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
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
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import HostState, Member, Quotable

#: A question to everybody in the room.
_TO_ALL: Final = re.compile(r"(?:does|do|has|have|is|are) (?:any|some|one of)", re.IGNORECASE)
#: Words of people, and how they are spoken of afterwards.
_PRONOUNS: Final = (
    (
        words("wife mother mum mom sister daughter girl girlfriend aunt grandmother grandma niece"),
        re.compile(r"\bshe\b", re.IGNORECASE),
    ),
    (
        words("husband father dad brother son boy boyfriend uncle grandfather grandpa nephew"),
        re.compile(r"\bhe\b", re.IGNORECASE),
    ),
    (
        words("parents children kids sons daughters"),
        re.compile(r"\bthe(?:y|m|ir)\b", re.IGNORECASE),
    ),
)
_SAME: Final = (
    words("father dad papa daddy"),
    words("mother mum mom mama"),
    words("children kids"),
    words("grandmother grandma granny nan"),
    words("grandfather grandpa"),
)
_POINTERS: Final = words("him her them it that this he she they")
_ELSE: Final = re.compile(r"\b(?:else|before that|earlier)\b", re.IGNORECASE)


def tell_said(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Tell what a member said, about a matter if one is asked for."""
    del body
    own = request.about == member.name
    request = request._replace(matter=request.matter.strip(" ?!.,"))
    if request.matter.lower() in _POINTERS:
        request = request._replace(matter="")
    about, matter, state = request.about, request.matter, draft.state
    known, lines = state.find(about), lines_of(state, about)
    goes_on = _ELSE.search(request.asked) is not None
    names = names_in(state)
    wanted = telling_words(matter) - names
    found = _about(state, lines, matter) if matter else lines[-2:]
    if goes_on and lines:  # the last ones were read just now, and the others said again
        new = [e for e in lines if not e.used and state.turn - e.turn >= FAR]
        found = _about(state, new, matter) if matter else new[-2:]
        if not found:
            return draft.text("NO-MORE", OTHER=about)
    said = [
        say_again(draft, each, wanted, part=("YOU-SAID" if own else "SAID") if not at else "ALSO")
        for at, each in enumerate(found)
    ]
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


def _about(state: HostState, lines: list[Quotable], matter: str) -> list[Quotable]:
    """Return the lines that tell about a matter; of a person also by "she" or "he"."""
    names = names_in(state)
    for same in _SAME:  # "his father" is whom he calls his dad
        if not same.isdisjoint(matter.lower().split()):
            matter = f"{matter} {' '.join(sorted(same))}"
    found = best_lines(lines, matter, names, 2)
    wanted = telling_words(matter) - names
    if not found:  # what they answered when they were asked about it
        asked = [
            each.turn
            for each in state.quotables
            if "?" in each.text and not wanted.isdisjoint(telling_words(each.text))
        ]
        answers = [each for each in lines if each.turn - 1 in asked and "?" not in each.text]
        found = answers[-1:]
    theirs = next((said for kin, said in _PRONOUNS if not wanted.isdisjoint(kin)), None)
    if theirs is None:
        return found
    # "She" is who was spoken of a few lines before, by anybody.
    spoken = [e.turn for e in state.quotables if not wanted.isdisjoint(telling_words(e.text))]
    told = [
        each
        for each in lines
        if theirs.search(each.text) and any(0 <= each.turn - at <= 2 * FAR for at in spoken)
    ]
    best = sorted({*told, *found}, key=lambda e: (len(theirs.findall(e.text)), e.turn))[-2:]
    return sorted(best, key=lambda each: each.turn)


def say_again(
    draft: HostDraft,
    line: Quotable,
    wanted: frozenset[str] = frozenset(),
    most: int = MOST,
    part: str = "SAID",
) -> str:
    """Return who said a line, and the line, which counts as taken up."""
    if part != "LIST":
        lines = draft.state.quotables
        used = (each._replace(used=True) if each == line else each for each in lines)
        draft.state = draft.state._replace(quotables=tuple(used))
    text = quote(line.text, wanted, most)
    return draft.text(part, NAME=line.speaker, OTHER=line.speaker, QUOTE=text)


def sympathy(draft: HostDraft, lines: list[Quotable]) -> list[str]:
    """Return a sentence of sympathy where some lines tell of a death, once; else nothing."""
    if draft.was_said("DEATH"):
        return []
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
        names = names_in(draft.state)
        others = [each for each in lines if each.speaker != member.name]
        found = best_lines(others, request.matter, names, 1)
        found = found or best_lines(lines, request.matter, names, 1)
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
    but = () if request.kind == "KEEPS" else (member.name,)
    for each in least_heard(draft.state, *but)[-MANY:]:
        last = telling_line(_statements(draft, each.name)[-4:], frozenset())
        found = (taken_up(draft.state, each.name) or last) if request.kind == "KEEPS" else last
        lines += [found] if found is not None else []
    if not lines:
        return draft.text("MISSED")
    lead = draft.text("KEEPS" if request.kind == "KEEPS" else "RECALL", NAME=member.name)
    lines.sort(key=lambda each: each.turn)
    return " ".join(
        (lead, *[say_again(draft, e, _shared(draft, e), SHORT, part="LIST") for e in lines])
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
            said.append((best.turn, say_again(draft, best, frozenset(wanted), SHORT, part="LIST")))
    told = [text for _, text in sorted(said)]
    if word:
        told.append(draft.text("COMMON-WORD", OTHERS=listed(by), QUOTE=f"\u2018{word}\u2019"))
    return " ".join((*told, draft.text("COMMON", NAME=member.name)))
