"""Several things that one line asks of the host.

"Are you a person, and who can read this?" What it can answer of itself or from the record of the
room is answered, each in a sentence; one question for people besides is handed on. Pure
functions of text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host.clauses import is_asking, sentences
from doctor.host.reading.requests import FOR_PEOPLE, HostRequest, named_last, read_request

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Requests that are answered from one line, at most.
_MOST: Final = 2
#: Clauses of a line that are read, the last ones, and characters that tell a question.
_READ, _HEAD = 8, 80
_JOINT: Final = re.compile(r"(?:\s*[,;:\u2013\u2014]\s*|\s+)(?:and |or |but )\s*|\s*[,;:]\s+")
#: What is only added to a question.
_TAG: Final = re.compile(
    r"(?:do you (?:still )?(?:remember|know)|can you (?:tell|say)|(?:do|don't) you think|"
    r"is it|isn't it|are you)(?: me| us| that| it)?\W*",
    re.IGNORECASE,
)
#: What somebody wishes beside what they ask for.
_WISHES: Final = frozenset(("LEAVE-BE", "HUSH", "ASK-ME"))


def read_requests(
    body: str,
    asker: str,
    names: Sequence[str],
    latest: str = "",
    *,
    lead: int = 0,
    spoke_lately: bool = True,
) -> list[HostRequest]:
    """Return what is wanted with a line that is said to the host, never nothing."""
    whole = read_request(body, asker, names, latest, lead=lead, spoke_lately=spoke_lately)
    if whole.kind in {"WRONG", "APOLOGISE", "BYE-FAIR"}:
        return [whole]

    # "Did Kim say anything? Is she still here?": she is whom the line names.
    named = named_last(body, [each for each in names if each != asker]) or latest

    def read(part: str) -> HostRequest:
        return read_request(part, asker, names, named, spoke_lately=False)

    found: list[HostRequest] = []
    clauses = [part for each in sentences(body)[lead:] for part in each.split(",")][-_READ:]
    for each in map(read, clauses):
        if each.kind in _WISHES and each.kind not in [known.kind for known in found]:
            found.append(each)
    parts = questions_of(body, lead)[-_READ:] if whole.asked else []
    if len(parts) > 1:
        every = [each for each in map(read, parts) if each.kind not in {"CALLED", "WRONG"}]
        plain = [each for each in every if each.kind not in FOR_PEOPLE]
        kind = next((each for each in plain if each.kind == "SAY-TO"), None)
        if kind is not None:  # what was said of them only led up to it
            return [*found, kind]
        if any(each.kind == "SAID" for each in plain):  # "..., or have I missed it?"
            plain = [each for each in plain if each.kind != "MISSED"]
        distinct = [e for at, e in enumerate(plain) if e[:2] not in [p[:2] for p in plain[:at]]]
        rest = [each for each in every if each.kind in FOR_PEOPLE]
        if distinct and (rest or len(distinct) > 1):
            return [*found, *distinct[:_MOST], *(rest[:1] if len(distinct) == 1 else ())]
    if not found:
        return [whole]
    return found if whole.kind in _WISHES | {"NOTED", "TOLD"} else [*found, whole]


def questions_of(text: str, lead: int = 0) -> list[str]:
    """Return the questions of a text, each whole; what is only added to one is none."""
    found: list[str] = []
    for sentence in sentences(text)[lead:]:
        if "?" not in sentence:
            continue
        begun = ""
        for piece in _pieces(sentence):
            if begun and is_asking(piece):
                found += [begun] if is_asking(begun) else []  # else it leads up to this one
                begun = ""
            begun = f"{begun} {piece}".strip() if begun else piece
        found.append(begun)
    asked = [each.strip(" ,;:?") for each in found]
    return [f"{e[:1].upper()}{e[1:]}?" for e in asked if e and _TAG.fullmatch(e) is None]


def _pieces(sentence: str) -> list[str]:
    """Return a sentence cut before each clause that may ask something."""
    pieces, begin = [], 0
    for joint in _JOINT.finditer(sentence):
        if is_asking(sentence[joint.end() : joint.end() + _HEAD]):
            pieces.append(sentence[begin : joint.start()])
            begin = joint.end()
    return [*pieces, sentence[begin:]]
