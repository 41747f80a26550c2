"""What the host says when it was wrong: it says so, and puts it right where it can.

Told so a second time within some lines it only listens for a while.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.host import danger, repeating
from doctor.host.addressing import speaks_of_you
from doctor.host.asking import others_to_ask
from doctor.host.clauses import sentences
from doctor.host.connecting import telling_words
from doctor.host.questions import LEAST, ask_on
from doctor.host.quoting import best_lines, lines_of, names_in, quote

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member

#: Lines after a question in which it is put again where the host was wrong.
STILL_OPEN: Final = 3
#: Lines within which a second "that was wrong" makes the host step back, and for how many.
TWICE: Final = 10
#: Lines after a message about danger in which a complaint is taken to be about it.
ALARMED: Final = 20
#: A complaint about a question that is open.
_ANSWERS_ASKED: Final = re.compile(
    r"\b(?:ask(?:s|ed)?|questions?|answer(?:s|ed)?)\b", re.IGNORECASE
)
_OF_DANGER: Final = re.compile(
    r"\b(?:danger\w*|worr\w+|alarm\w*|safe|suicid\w+|die|dying|die[sd]|dead|kill\w*|harm\w*|"
    r"message|threat\w*)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[\w'\u2019-]+")


def admit(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Say that it was wrong, and put the question that is open to the others, once."""
    state = draft.state
    before = state.sorry
    draft.state = state = state._replace(sorry=state.turn)
    about_danger = state.move.startswith("CARE") or _OF_DANGER.search(body) is not None
    about_danger = about_danger or state.worried in {member.name, request.about}
    if state.worried and state.turn - state.calm < ALARMED and about_danger:
        return danger.take_back(draft, state.worried)
    if before and state.turn - before <= TWICE:
        draft.state = state._replace(listens=True, question="", putter="")
        return draft.text("STEP-BACK", NAME=member.name)
    said = draft.text("SORRY", NAME=member.name)
    meant = _say_what_was_meant(draft, request, body)
    if meant and _ANSWERS_ASKED.search(body) is None:
        return f"{said} {meant}"
    putter, question = state.putter, state.question
    if not question or state.turn - state.put_at > STILL_OPEN:
        if len(_WORD.findall(request.asked)) >= LEAST:
            return f"{said} {ask_on(draft, member, request.asked)}"
        return f"{said} {meant}".strip()
    if len(_WORD.findall(question)) < LEAST:
        return said
    others = others_to_ask(draft, putter, member.name) or others_to_ask(draft, putter)
    draft.state = draft.state._replace(question="", putter="")
    again = draft.text("AGAIN", OTHER=putter, OTHERS=others, QUOTE=quote(question))
    return f"{said} {again}".strip()


def _say_what_was_meant(draft: HostDraft, request: HostRequest, body: str) -> str:
    """Quote whom the complaint names, where their words have what it is about; else nothing."""
    if danger.was_danger_lately(draft.state):
        return ""
    names = names_in(draft.state)
    meant = " ".join(each for each in sentences(body) if not speaks_of_you(each))
    wanted = telling_words(meant) - names
    lines = [each for each in lines_of(draft.state, request.about) if "?" not in each.text]
    found = best_lines(lines, meant, names, 1) if wanted else []
    if not found or wanted.isdisjoint(telling_words(found[0].text)):
        return ""
    return repeating.say_again(draft, found[0], wanted)


def take_better(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Leave the better words to who found them."""
    del body
    return draft.text("BETTER", NAME=member.name, QUOTE=quote(request.matter))
