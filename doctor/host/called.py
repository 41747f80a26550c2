"""What the host says when it is called: for each kind of request one kind of answer.

    about itself  one plain sentence (the texts of a kind), never handed on
    questions     `questions`: what others said about it, or it is handed on
    what was said `repeating`: quotations
    a word to X   `kindness`
    WRONG         `admitting`
    statements    `taking`; to one person alone `listening`

Each function changes a draft and returns what is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.host import admitting, kindness, questions, repeating, taking
from doctor.host.asking import others_to_ask, talks_alone
from doctor.host.draft import names_of
from doctor.host.reading.requests import FOR_PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.host.draft import HostDraft
    from doctor.host.reading.requests import HostRequest
    from doctor.host.state import Member

#: Lines after what the host said in which a complaint before its name is about that.
LATELY: Final = 2


def answer_called(
    draft: HostDraft, member: Member, requests: Sequence[HostRequest], body: str
) -> str:
    """Answer requests, one after the other; `body` is the line without the host's name."""
    draft.state = draft.state._replace(hushed=False)
    told: list[str] = []
    for request in requests:
        draft.note(f"the line is said to the host: {request.kind}")
        if told and request.kind in FOR_PEOPLE:  # what is left is handed on in a word, or not
            alone = talks_alone(draft.state, member, draft.now)
            others = "" if alone else others_to_ask(draft, member.name)
            part = "PASS-REST" if others else "UNKNOWN-REST"
            said = draft.text(part, OTHERS=others)
        else:
            said = _answer(draft, member, request, body)
        told += [said] if said and said not in told else []
    said = " ".join(told) or draft.text("STAY", NAME=member.name)
    return draft.speak(said, member.name)


def _answer(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    answer = _ANSWERS.get(request.kind)
    if answer is not None:
        return answer(draft, member, request, body)
    return draft.text(request.kind, NAME=member.name, OTHER=request.about)


# --- the room -------------------------------------------------------------------------------------


def _hush(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del member, request, body
    draft.state = draft.state._replace(hushed=True)
    return draft.text("HUSH")


def _leave_be(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    """Ask a member nothing more, or with none named nobody."""
    del body
    about = draft.state.find(request.about)
    if about is None:
        draft.state = draft.state._replace(asks_nobody=True)
        return draft.text("ASKS-NOBODY", NAME=member.name)
    draft.state = draft.state.put(about._replace(left_alone=True))
    if about.name == member.name:
        return draft.text("LEAVES-YOU", NAME=member.name)
    return draft.text("LEAVES", NAME=member.name, OTHER=about.name)


def _tell_here(draft: HostDraft, member: Member, request: HostRequest, body: str) -> str:
    del request, body
    others = draft.state.others(member.name)
    shown = names_of(others)
    if draft.state.crowd:
        shown = f"{names_of(others[:7])} and others"
    return draft.text("HERE" if others else "ALONE", NAME=member.name, OTHERS=shown)


_ANSWERS: Final[dict[str, Callable[[HostDraft, Member, HostRequest, str], str]]] = {
    "ADVICE": questions.advise,
    "OPINION": questions.ask_opinion,
    "QUESTION": questions.answer_question,
    "SAID-OF": questions.tell_of,
    "TOPIC": questions.offer_topic,
    "ASK-ME": questions.ask_them,
    "SAID": repeating.tell_said,
    "WHO-SAID": questions.tell_who,
    "MISSED": repeating.tell_missed,
    "KEEPS": repeating.tell_missed,
    "COMMON": repeating.tell_common,
    "SAY-TO": kindness.say_to,
    "TELL": kindness.tell,
    "APOLOGISE": kindness.apologise,
    "WRONG": admitting.admit,
    "BETTER": admitting.take_better,
    "DEATH": taking.take_news,
    "ILLNESS": taking.take_news,
    "TROUBLE": taking.take_trouble,
    "BIG": taking.take,
    "GOOD": taking.take,
    "PLAN": taking.take,
    "TOLD": taking.take,
    "HUSH": _hush,
    "LEAVE-BE": _leave_be,
    "HERE": _tell_here,
    "PRESENT": kindness.tell_presence,
}
