"""The events that a conversation reports, as values, and the refusals in plain words.

A `client.net.conversation.Conversation` passes them to the window, the console or a test. They are
frozen and may cross threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from doctor.protocol import codes

if TYPE_CHECKING:
    from client.model.exchange import HistoryEntry
    from client.model.presence import PersonActivity
    from client.model.transcript_line import TranscriptLine


@dataclass(frozen=True, slots=True)
class Connecting:
    """A connection is being made; `attempt` counts from 1, again after each success."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The conversation could not begin or continue, and is over.

    `code` is the reply code of the reason, or 0. `refused` means that no program listens there,
    `other_program` that one which is not a doctor does.
    """

    why: str
    code: int = 0
    refused: bool = False
    other_program: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is lost; the next attempt follows after `pause` seconds."""

    why: str
    pause: float


@dataclass(frozen=True, slots=True)
class Suspended:
    """The server closed an idle connection; the next line opens it again."""

    why: str


@dataclass(frozen=True, slots=True)
class SecretWanted:
    """The server waits for a passphrase; answer it with `Conversation.answer`.

    `room` is the room that it opens, "" for the patient's own history.
    """

    code: int
    text: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmWanted:
    """The server asks once more before it erases a history, or takes back exchange `number`.

    The answer that confirms is the name, or the number.
    """

    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The session is open, for the first time or `reconnected`.

    `exchanges` is the number of the last exchange. `different` means that it is not the same
    history as before: the server has fewer exchanges under this name than this client saw, or says
    that they began at another time. `script` is title, year, place and maker of a script of 1966.
    `watched` has sentences about people who read along, and `reading` those of them that
    are about who does so now (`client.model.presence`).
    """

    greeting: str
    notice: str
    exchanges: int
    reconnected: bool
    different: bool = False
    watched: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    script: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Requested exchanges, oldest first, numbered below `before` (0: the last ones).

    `purpose` is what they were requested for.
    """

    entries: tuple[HistoryEntry, ...]
    before: int
    purpose: str = "history"


@dataclass(frozen=True, slots=True)
class Found:
    """Exchanges with the text `wanted` in them, newest first.

    Everything from number `searched` on was searched, the whole history if that is 1.
    """

    entries: tuple[HistoryEntry, ...]
    searched: int
    wanted: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Exchange `number` was taken back, of the room `room` or ("") of one's own history."""

    number: int
    room: str = ""


@dataclass(frozen=True, slots=True)
class HelplinesFound:
    """Where the server sends people in danger: rows as in `222`, or none if it does not tell."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Exchanges that another connection of this patient made while this one was lost."""

    entries: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The line with the id `line` was answered and is on the server's disk.

    In a room, and while a person answers in the doctor's place, nobody answers at once: then the
    reply in `entry` is empty, and what is said to the line is `Heard` later.
    """

    line: int
    entry: HistoryEntry
    recorded: bool = True
    room: str = ""


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The line with the id `line` was not recorded, and why; it is not sent again."""

    line: int
    code: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Joined:
    """This client is in a room, for the first time or `again` after a lost connection.

    `members` are those who are there. `lines` are the last ones, for the first time; what was
    missed meanwhile is `Heard`. `different` means that it is not the same room as before: it was
    erased, and somebody began it anew.
    """

    room: str
    members: tuple[str, ...]
    lines: tuple[TranscriptLine, ...]
    again: bool = False
    different: bool = False


@dataclass(frozen=True, slots=True)
class TalksIn:
    """What the patient types is said in this room from now on; "": to the doctor alone."""

    room: str
    text: str


@dataclass(frozen=True, slots=True)
class LeftRoom:
    """This client is in a room no longer: it was left, or the server `closed` it."""

    room: str
    text: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """Something was said or happened in a room, or in the patient's own conversation (room "").

    Each line is heard once, those of a room in the order of their numbers. What this client
    said itself is `Answered` instead. `missed`: it was said while the connection was lost.
    """

    room: str
    lines: tuple[TranscriptLine, ...]
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Attended:
    """A person reads the patient's own conversation, answers in it, or ends to do so.

    `line` says so in a sentence.
    """

    what: PersonActivity
    name: str
    line: TranscriptLine


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Requested lines of a room, oldest first, numbered below `before` (0: the last ones)."""

    room: str
    lines: tuple[TranscriptLine, ...]
    before: int


@dataclass(frozen=True, slots=True)
class RoomsFound:
    """The rooms in which somebody is: name, number of members, whether it has a passphrase."""

    rooms: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True, slots=True)
class TraceFound:
    """The trace of the reply to the line with the id `line` (0: the last reply, on request)."""

    line: int
    rows: tuple[tuple[str, ...], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Replied:
    """Any other reply of the server, to be shown as a notice.

    `locked` tells whether the history has a passphrase now, if this changed it, and is None if not.
    """

    code: int
    text: str
    rows: tuple[tuple[str, ...], ...] = ()
    locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation ended on request."""


Event = (
    Connecting
    | Failed
    | Lost
    | Suspended
    | SecretWanted
    | ConfirmWanted
    | Welcomed
    | HistoryPage
    | Found
    | TakenBack
    | HelplinesFound
    | Missed
    | Answered
    | NotRecorded
    | Joined
    | TalksIn
    | LeftRoom
    | Heard
    | Attended
    | RoomPage
    | RoomsFound
    | TraceFound
    | Replied
    | Closed
)

#: The notice after a reconnection, by whether the history is a `different` one.
RECONNECTED: Final = {
    False: mark("Connected again; the conversation continues."),
    True: mark(
        "Connected again, but the server has a different history under this name. The person who "
        "runs it may have renamed or erased yours. What you say now is saved in the other history."
    ),
}
#: Why a line is returned if the history was replaced while it waited for its reply.
UNSURE: Final = mark(
    "It is not known whether this line was recorded: the server has a different history under this "
    "name. It was not sent again."
)
#: Why a line is returned behind which several connections ended.
UNANSWERED: Final = mark(
    "The connection ended three times while this line waited for its answer. It was not recorded, "
    "and it is not sent again."
)
#: Why a line is returned that was meant for a room which this client is not in.
NOT_IN_ROOM: Final = mark("You are not in the room {room}, so this line was not said.")
#: Why a line is returned whose room was erased while it waited for its answer.
UNSURE_IN_ROOM: Final = mark(
    "It is not known whether this line was recorded: the room {room} was closed, erased or begun "
    "anew meanwhile. It was not sent again."
)
#: Why a line is returned if the server does not take it under any number.
REFUSED_NUMBER: Final = mark(
    "The server did not take this line as the next one of this history. It was not recorded."
)
#: What each refusal means for the user. The server's own text follows.
REFUSALS: Final = {
    codes.CLOSING: mark("The server ended this connection."),
    codes.NOT_SAVED: mark(
        "This line could not be saved, so it was not recorded. "
        "Your text is still here: send it again later."
    ),
    codes.BAD_LINE: mark(
        "This line was too long, or it contained bytes that are not text. "
        "It was not recorded: send it in shorter parts."
    ),
    codes.BAD_ARGUMENT: mark("That command cannot be used this way."),
    codes.NO_COMMAND: mark(
        "There is no such command. /help lists the commands; "
        "begin with // to send a line that starts with /."
    ),
    codes.NOT_NOW: mark("This is possible only while a conversation is open."),
    codes.WRONG_PASSPHRASE: mark("That is not this history's passphrase."),
    codes.LOCK_UNREADABLE: mark(
        "This history's lock is damaged, so it opens for nobody. "
        "The person who runs the server can reset it."
    ),
    codes.BAD_NAME: mark("This name cannot be used."),
}


#: Refusals whose text from the server adds nothing to the sentence.
_COMPLETE: Final = frozenset({codes.NOT_SAVED, codes.NO_COMMAND, codes.WRONG_PASSPHRASE})


def explain_refusal(code: int, text: str) -> str:
    """Return what a refusal means, with the server's own text if that adds something."""
    plain = tr(REFUSALS.get(code, ""))
    if code in _COMPLETE or not text:
        return plain or text
    return f"{plain} ({text})" if plain else text


def describe_taken_back(number: int) -> str:
    """Return the notice that an exchange was taken back."""
    return tr(
        "Number {number} is taken back: its words are gone, and the doctor has forgotten them."
    ).format(number=number)
