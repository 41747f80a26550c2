r"""Notices: what a server tells between replies, and which answers nothing; `NOTICES`.

A notice has a code from 100 to 199 and one row of fields:

    150 reading group<TAB>12<TAB>2026-11-30T19:20:18.123+00:00<TAB>patient<TAB>Ada<TAB><TAB>Hello

A client skips a notice whose code it does not know. Both ends, the documentation and the tests use
this table. Pure functions; any thread may call them.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from doctor.protocol.replies import Reply, lone_row


class NoticeKind(NamedTuple):
    """One row of the table: a code, its name in code, and when a server sends it."""

    code: int
    name: str
    when: str


NOTICES: Final = (
    NoticeKind(150, "SAID", "something was said in a room, or in this conversation by a person"),
    NoticeKind(151, "CAME", "somebody came into a room"),
    NoticeKind(
        152,
        "LEFT",
        "somebody left a room; without a conversation: the person who read along has left",
    ),
    NoticeKind(153, "READING", "a person reads along"),
    NoticeKind(154, "TAKEN_OVER", "a person answers in the doctor's place"),
    NoticeKind(155, "RETURNED", "the doctor answers again"),
    NoticeKind(
        156,
        "CLOSED",
        "this room is closed for this client, because it was erased or its passphrase was changed; "
        "`/join` enters it again",
    ),
)
_CODES: Final = {kind.name: kind.code for kind in NOTICES}
SAID: Final = _CODES["SAID"]
CAME: Final = _CODES["CAME"]
LEFT: Final = _CODES["LEFT"]
READING: Final = _CODES["READING"]
TAKEN_OVER: Final = _CODES["TAKEN_OVER"]
RETURNED: Final = _CODES["RETURNED"]
CLOSED: Final = _CODES["CLOSED"]
_KNOWN: Final = frozenset(_CODES.values())
#: Codes below this one answer nothing.
FIRST_REPLY: Final = 200

#: Who speaks: the fourth field of a notice and the fifth of a row of 215.
PATIENT: Final = "patient"
DOCTOR: Final = "doctor"
PERSON: Final = "person"
EVENT: Final = "event"

#: Digits of the number of an exchange.
_DIGITS: Final = 19


class Notice(NamedTuple):
    """A notice; times are as in the rows of 215."""

    code: int
    conversation: str  #: the room's name; "": the client's own conversation
    number: int  #: of the exchange; 0: this is not in the transcript
    time: str
    kind: str  #: `PATIENT`, `DOCTOR`, `PERSON` or `EVENT`
    name: str  #: of the member or the person; "": the doctor
    mark: str
    text: str  #: what was said; of an event, a sentence for people

    def encode(self) -> bytes:
        """Return the notice as one line, or as several where it is too long for one."""
        _, conversation, number, *rest = self
        return lone_row(self.code, (conversation, str(number), *rest))

    @classmethod
    def read(cls, reply: Reply) -> Self | None:
        """Return the notice that a server sent; None where it is not known or not complete."""
        if reply.code not in _KNOWN or not reply.rows or len(reply.rows[0]) < len(cls._fields) - 1:
            return None
        conversation, number, time, kind, name, mark, text, *_ = reply.rows[0]
        if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
            return None
        return cls(reply.code, conversation, int(number), time, kind, name, mark, text)


def answers_nothing(code: int) -> bool:
    """Return True for the code of a notice, known or not: no client's line is answered by it."""
    return code < FIRST_REPLY
