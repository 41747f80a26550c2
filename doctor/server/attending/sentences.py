"""What patients are told of people who read along or answer: notices and greetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.history.events import describe_event
from doctor.protocol import notices
from doctor.protocol.notices import Notice
from doctor.server.rows import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doctor.history.transcript import Exchange
    from doctor.server.attending.reader import AnyReader

#: What the greeting says, by the setting `watching`.
_POLICIES: Final = {
    "announced": (
        "the operator of this server may read along while you talk, and answer you; "
        "you are told at once when somebody does"
    ),
    "unannounced": (
        "the operator of this server may read along while you talk without telling you; "
        "you are told when somebody answers you"
    ),
}
#: The third field of a row of the greeting: how it is in general, and how it is now.
_POLICY, _NOW = "watching", "reading"
#: The notice of each event of a history that is about a person.
_CODES: Final = {
    "reading": notices.READING,
    "left": notices.LEFT,
    "taken over": notices.TAKEN_OVER,
    "returned": notices.RETURNED,
}
#: What is said instead of the usual sentence.
READS_MARKED: Final = "{} is shown what the doctor marks as talk of danger"
STILL_READS: Final = "{} does not answer any more, and still reads along"
NOT_ANSWERED: Final = "{} has not answered; the doctor is back"


def notice_of(exchange: Exchange, sentence: str = "") -> bytes:
    """Return the notice of what a person said or did; `sentence` in place of the usual one."""
    person, event = exchange.speaker, exchange.event
    kind, text = notices.PERSON, exchange.patient
    if event:
        kind = notices.EVENT
        text = sentence.replace("{}", person) or describe_event(event, person)
    code, at = _CODES.get(event, notices.SAID), format_time(exchange.at)
    return Notice(code, "", exchange.number, at, kind, person, "", text).encode()


def greeting_rows(policy: str, readers: Iterable[AnyReader]) -> list[tuple[str, ...]]:
    """Return the rows of a greeting: what may be, who reads now and who answers."""
    rows: list[tuple[str, ...]] = []
    if policy in _POLICIES:
        rows.append(("notice", _POLICIES[policy], _POLICY))
    told: dict[str, str] = {}
    for one in readers:
        if one.is_announced:
            usual = describe_event("taken over" if one.holds else "reading", one.person)
            text = READS_MARKED.replace("{}", one.person) if one.marked else usual
            told[one.person] = text if one.holds else told.get(one.person, text)
    return rows + [("notice", text, _NOW) for text in told.values()]


def held_greeting(person: str) -> str:
    """Return what a patient is greeted with while a person answers."""
    return f"{person} answers here now, a person in the doctor's place. What do you want to say?"
