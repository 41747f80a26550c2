"""What is said to the host of a room: a closed list of kinds, each with its answer.

Theory. In a group most of what is said to a host asks for something: advice, what somebody said,
a word to somebody, who the host is; or it puts right what the host said. What is wanted stands in
the last question, or else in the last sentence that asks for something; a preamble is not the
point. Read in this order:

    an apology   "say sorry to Ben", in any sentence
    KEPT         any sentence asks who reads the room
    WRONG        any sentence says that the host was wrong    "I did not understand this."
    a question   by the tables; one that no table has is for the people in the room
    a wish       "tell Ben that ...", "be quiet"
    BETTER       what the host has just said, said better  "It is that we all wait."
    news         a death or an illness
    a courtesy   thanks, goodbye, praise, a greeting
    a statement  trouble, something good, a plan, or only told

Pure functions of text; the tables are beside this module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.host.clauses import asked_clause, sentences
from doctor.host.reading.about_members import ABOUT_MEMBERS
from doctor.host.reading.about_the_room import ABOUT_THE_ROOM
from doctor.host.reading.corrections import BETTER, WRONG
from doctor.host.reading.courtesies import COURTESIES
from doctor.host.reading.open_questions import FOR_ALL, OF_HOST
from doctor.host.statements import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WORD: Final = re.compile(r"[\w'-]+")
_MARKS: Final = re.compile(r"[^\w' -]+")
#: Characters of a sentence that the tables are tried on.
_LONGEST: Final = 160
#: Words of a remark that a member makes in passing.
_FEW: Final = 5
#: A line of fewer words tells nothing.
_SHORTEST: Final = 4
_THEM: Final = frozenset(("him", "her", "them", "he", "she", "they"))
#: What can be asked or wished of oneself.
_OF_ASKER: Final = frozenset(("SAID", "SAY-TO", "APOLOGISE", "LEAVE-BE"))
_TOLD: Final = re.compile(
    r"\b(?:said|told|tells|says|wrote|mentioned|asked|talked|spoke|was telling)\b"
)
#: A question that only points at something: "who was it again?"
_POINTS: Final = re.compile(
    r"(?:who|what|when|where|which)(?: \w+)? (?:was|is|were|did)(?: (?:it|that|this|she|he|"
    r"they))?\b"
    r".{0,24}"
)
#: What a question depends on: "if he cries, what do I do?"
_GIVEN: Final = re.compile(
    r"(?:if|when|since|because|after|as|with|without|before)\b[^,]*,\s*", re.IGNORECASE
)
#: What is asked about a member and is for people to say, and not what they told.
_ADVISES: Final = re.compile(
    r"(?:what|how|who|where|when|why)?\b(?: \w+)? ?\b(?:should|can|could|shall|would|must|may|"
    r"might|do (?:i|we|you))\b"
)
#: Advice is wished for also without a question.
_ADVICE: Final = re.compile(
    r"^(?:please |and |now )*(?:(?:give|have|tell) (?:me|us) )?"
    r"(?:a|an|one|any|some|your) (?:\w+ )?(?:(?:piece|bit|word) of )?advice\b"
)
#: Who reads along is told wherever it is asked: people have to know it before they go on.
_WHO_READS: Final = re.compile(
    r"\bwho (?:else |all )?(?:(?:can|could|may|might|will|is able to|is allowed to) )?"
    r"(?:read|reads|see|sees|watch|watches|hear|hears)(?: .*)? ?(?:this|it|us|here|what we|along)\b"
    r"|\bwho (?:else )?(?:can |could |may |will )?reads?(?: this| it| here| us)?$"
    r"|\bwho (?:else )?(?:is|are) (?:the (?:one|ones) )?(?:watching|reading|listening in)\b"
    r"|\b(?:is|does|do|can|could|will|may) (?:somebody|someone|anybody|anyone|people|others)"
    r"(?: else| here| outside)* (?:watch|watching|read|reads|reading|see|listening)\b"
    r"|\b(?:may|can|could|does|do|is|are|whether) .*\b(?:read|reads|reading|listen|listens|"
    r"listening) along\b"
    r"|\b(?:answer|tell) (?:her|him|them|me|us|\w+)(?: please)?,? who (?:can )?reads?\b"
)
#: What is for people to answer, and not for the host.
FOR_PEOPLE: Final = frozenset(("ADVICE", "OPINION", "QUESTION"))
#: What a kind weighs more than a courtesy.
_NEWS: Final = frozenset(("DEATH", "ILLNESS"))


class HostRequest(NamedTuple):
    """What the host is asked or told."""

    kind: str
    about: str = ""  #: the member whom it is about
    matter: str = ""  #: what of them, or what to tell them
    asked: str = ""  #: the question, without what leads up to it


def prepare() -> Iterator[None]:
    """Compile the tables by which requests are read, one pattern with each step."""
    for table in (WRONG, COURTESIES, FOR_ALL, OF_HOST, ABOUT_MEMBERS, ABOUT_THE_ROOM):
        yield from table.prepare()


def read_request(
    body: str,
    asker: str,
    names: Sequence[str],
    latest: str = "",
    *,
    lead: int = 0,
    spoke_lately: bool = True,
) -> HostRequest:
    """Return what is wanted with a line that is said to the host.

    `names` are those of the members who are known, `latest` is who else spoke last: "him" is whom
    the line names, or else that one. The first `lead` sentences come before the host's name: "no"
    there answers somebody else, unless the host `spoke_lately`.
    """
    every = sentences(body)
    if not every:
        return HostRequest("CALLED")
    known = {name.lower(): name for name in names}
    pointed = named_last(body, [name for name in names if name != asker]) or latest
    people = _People(asker, known, pointed)
    plain = [_plain(each) for each in every]
    asked = _asked_of_host(body, every, lead)
    pairs = list(zip(plain, every, strict=True))[::-1]
    for low, each in pairs:
        found = _find(low, each, people)
        if found is not None and found.kind == "APOLOGISE":
            return found
    if any(_WHO_READS.search(low[: 2 * _LONGEST]) for low in plain):
        return HostRequest("KEPT", asked=asked)
    if any(_is_wrong(low, known) for low in (plain if spoke_lately else plain[lead:])):
        if _find_courtesy(plain) == "BYE":  # both are heard
            return HostRequest("BYE-FAIR")
        real = "" if _is_wrong(_plain(asked), known) else asked
        return HostRequest("WRONG", named_last(body, names), asked=real)
    if not asked and any(_ADVICE.search(low[: 2 * _LONGEST]) for low in plain):
        return HostRequest("ADVICE", asked=every[-1])
    if asked:
        return _read_question(asked, body, people)
    if plain[-1].startswith("i wonder "):
        return HostRequest("QUESTION", asked=every[-1])
    wishes = (_find_wish(low, each, people) for low, each in pairs)
    wished = next((each for each in wishes if each is not None), None)
    if wished is not None:
        return wished
    if spoke_lately and any(BETTER.match(each) for each in plain):
        return HostRequest("BETTER", asker, next(e for e in every if BETTER.match(_plain(e))))
    told = read_statement(body)
    if told.kind in _NEWS:
        return HostRequest(told.kind, asker, told.kin)
    courtesy = _find_courtesy(plain)
    if courtesy:
        return HostRequest(courtesy)
    if told.kind == "TOLD" and len(_WORD.findall(body)) < _SHORTEST:
        return HostRequest("NOTED")
    return HostRequest(told.kind, asker, told.kin)


def is_aside(request: HostRequest, body: str) -> bool:
    """Return True for a remark that wants no answer, made on the way to somebody else."""
    small = request.kind in {"TOLD", "BIG", "NOTED", "PLAN", "PRAISE"}
    return small and len(_WORD.findall(body)) < _FEW


def _asked_of_host(body: str, every: Sequence[str], lead: int) -> str:
    """Return what is asked in a line; a word of surprise before the host's name asks nothing."""
    told = " ".join(every[lead:])
    if lead and "?" not in told and len(_WORD.findall(told)) > _FEW:
        before = " ".join(each for each in every[:lead] if len(_WORD.findall(each)) >= _SHORTEST)
        return asked_clause(f"{before} {told}".strip())
    return asked_clause(body)


class _People(NamedTuple):
    asker: str
    known: Mapping[str, str]
    pointed: str

    def find(self, who: str, text: str, kind: str) -> str:
        """Return the member whom some words mean; for PRESENT any name."""
        who = who.strip()
        if who in {"i", "me", "myself"}:
            return self.asker if kind in _OF_ASKER else ""
        if who in _THEM or who.split(" ")[-1] in _THEM:
            return self.pointed
        found = self.known.get(who.removesuffix("'s"), "")
        if not found and kind == "PRESENT":
            return next((w for w in _WORD.findall(text) if w.lower() == who and w.istitle()), "")
        return found


def _plain(text: str) -> str:
    """Return a text in lower case and without marks."""
    return " ".join(_MARKS.sub(" ", text.lower().replace("\u2019", "'")).split())


def _is_wrong(low: str, known: Mapping[str, str]) -> bool:
    if len(low) > _LONGEST:
        low = low[:_LONGEST]
    for _, pattern in WRONG:
        found = pattern.fullmatch(low)
        if found is not None:
            groups = found.groupdict()
            other = groups.get("other") or groups.get("not")
            return other is None or other in known or other in {"me", "him", "her", "us", "i"}
    return False


def named_last(text: str, names: Sequence[str]) -> str:
    """Return the name that a text names last; empty where it names none."""
    low = text.lower()
    found = [
        (places[-1].start(), name)
        for name in names
        if name.lower() in low
        and (places := [*re.finditer(rf"(?<!\w){re.escape(name.lower())}(?!\w)", low)])
    ]
    return max(found)[1] if found else ""


def _read_question(asked: str, body: str, people: _People) -> HostRequest:
    """Return what a question asks; one that no table has is for the people in the room."""
    low = _plain(asked[: 2 * _LONGEST])
    plain = _plain(_GIVEN.sub("", asked[: 2 * _LONGEST]))
    # Each reading once: mostly all three are the same.
    readings = dict.fromkeys(((low, asked), (_plain(body), body), (plain, asked)))
    found = next(filter(None, (_find(*each, people) for each in readings)), None)
    if found is not None:
        return found._replace(asked=asked)
    about = people.pointed if _is_about_another(low, people) else ""
    named = named_last(body, [each for each in people.known.values() if each != people.asker])
    if named and _TOLD.search(body.lower()) and _POINTS.fullmatch(low):
        return HostRequest("SAID", named, body, asked)
    if named and named.lower() in low and _ADVISES.match(plain) is None:
        return HostRequest("SAID-OF", named, asked, asked)
    if any(pattern.fullmatch(low) is not None for _, pattern in OF_HOST):
        return HostRequest("ITSELF", asked=asked)
    for kind, pattern in FOR_ALL:
        if pattern.fullmatch(plain) is not None:
            return HostRequest(kind, about if named else "", asked=asked)
    return HostRequest("QUESTION", about if named else "", asked=asked)


def _is_about_another(low: str, people: _People) -> bool:
    """Return True for a question that asks about another member: "what should she do?"."""
    said = set(low.split())
    return bool(said & _THEM) or bool(people.pointed and people.pointed.lower() in low)


def _find(low: str, text: str, people: _People) -> HostRequest | None:
    """Return what the tables say of a sentence; `low` is the same without marks."""
    if not low or len(low) > _LONGEST:
        return None
    for kind, pattern in ABOUT_MEMBERS:
        found = pattern.fullmatch(low)
        if found is None:
            continue
        groups = found.groupdict()
        who = groups["who"] or ""
        about = people.find(who, text, kind) if who else people.pointed
        if about and (kind, about) != ("JUDGE", people.asker):
            return HostRequest(kind, about, _as_it_stands(groups.get("matter") or "", text))
    for kind, pattern in ABOUT_THE_ROOM:
        found = pattern.fullmatch(low)
        if found is not None:
            return HostRequest(kind, "", found.groupdict().get("matter") or "")
    return None


def _find_wish(low: str, text: str, people: _People) -> HostRequest | None:
    """Return what a sentence wishes; of a member also in a clause: "comfort Ben, I cannot"."""
    whole = _find(low, text, people)
    if whole is not None and whole.about:
        return whole
    for clause in text.split(",") if "," in text else ():
        found = _find(_plain(clause), clause, people)
        if found is not None and found.about:
            return found
    return whole


def _as_it_stands(matter: str, text: str) -> str:
    """Return the last words of a text as they stand there, where these are the matter."""
    last = text.split()[-len(matter.split()) :] if matter else []
    kept = " ".join(last)
    return kept if _plain(kept) == matter else matter


def _find_courtesy(plain: Sequence[str]) -> str:
    """Return the courtesy that weighs most in some sentences; empty for none."""
    for kind, pattern in COURTESIES:
        if any(len(low) <= 2 * _LONGEST and pattern.fullmatch(low) for low in plain):
            return kind
    return ""
