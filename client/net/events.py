"""What a conversation reports, as values, and every refusal in words a person understands.

A `client.net.conversation.Conversation` hands these to whoever shows them: the window, the console
or a test. They are frozen and may cross threads. Times are aware `datetime` values in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doctor.protocol import codes

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One exchange as a client knows it.

    `number` counts a patient's exchanges from 1. `session` is 0 for the session that runs, and
    `mark` is "" where this end cannot know it.
    """

    number: int
    at: datetime
    session: int
    mark: str
    patient: str
    doctor: str


@dataclass(frozen=True, slots=True)
class Connecting:
    """A connection is being made; `attempt` counts from 1 and starts again after each success."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The conversation did not begin, or cannot go on, and is over.

    `code` is the reply code that said so, or 0. `refused` means that nothing listens there.
    """

    why: str
    code: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; another is tried after `pause` seconds."""

    why: str
    pause: float


@dataclass(frozen=True, slots=True)
class Resting:
    """The server closed an idle conversation; it goes on with the next thing that is said."""

    why: str


@dataclass(frozen=True, slots=True)
class SecretWanted:
    """The server waits for a passphrase: answer it with `Conversation.answer`."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class ConfirmWanted:
    """The server waits for the name once more before it erases a history."""

    text: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The session is open. `exchanges` is the number of the last one; `again` after a loss.

    `different` means that it is not the history that this conversation was in: the server has fewer
    exchanges under this name than were seen before, or says that they began at another time.
    """

    greeting: str
    notice: str
    exchanges: int
    again: bool
    different: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Exchanges that were asked for, oldest first: those numbered below `before` (0: the last)."""

    entries: tuple[HistoryEntry, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Exchanges that another connection of this patient made while this one was away."""

    entries: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The line with this `line` id was answered and is on the server's disk."""

    line: int
    entry: HistoryEntry
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The line with this `line` id was not recorded, and why; it is not sent again by itself."""

    line: int
    code: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class TraceFound:
    """How the reply to the line with this `line` id was made (0: the last one, asked for)."""

    line: int
    rows: tuple[tuple[str, ...], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """Anything else that the server said, to be shown as a notice.

    `locked` is whether the history has a passphrase now, where this changed it, and None elsewhere.
    """

    code: int
    text: str
    rows: tuple[tuple[str, ...], ...] = ()
    locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation ended as it was asked to."""


Event = (
    Connecting
    | Failed
    | Lost
    | Resting
    | SecretWanted
    | ConfirmWanted
    | Welcomed
    | HistoryPage
    | Missed
    | Answered
    | NotTaken
    | TraceFound
    | Told
    | Closed
)

#: What there is to say after a lost connection, by whether the history is a `different` one.
AGAIN: Final = {
    False: "Connected again; the conversation goes on.",
    True: "Connected again, but the server has a different history under this name. The person who "
    "runs it may have renamed or erased yours. What you say from now on goes into the other one.",
}
#: Why a line is given back that was under way when the history became another.
UNSURE: Final = (
    "Nobody can tell whether this line was recorded: the server has a different history under this "
    "name. It was not sent again."
)
#: What each refusal means for the person who reads it. The server's own words follow.
REFUSALS: Final = {
    codes.CLOSING: "The server ended this connection.",
    codes.NOT_SAVED: "This line could not be saved, so it was not recorded. "
    "Your words are kept here: say them again in a little while.",
    codes.BAD_LINE: "This line was too long, or held what is not text. "
    "It was not recorded: say it in shorter parts.",
    codes.BAD_ARGUMENT: "That command cannot be used this way.",
    codes.NO_COMMAND: "There is no such command. /help names them; "
    "begin with // to say a line that starts with /.",
    codes.NOT_NOW: "That can only be done while a conversation is open.",
    codes.WRONG_PASSPHRASE: "That is not this history's passphrase.",
    codes.LOCK_UNREADABLE: "This history's lock is damaged, so it opens for nobody. "
    "The person who runs the server can reset it.",
    codes.BAD_NAME: "This name cannot be used.",
}


#: Refusals of which the server's own words say no more than the sentence.
_SAID: Final = frozenset({codes.NOT_SAVED, codes.NO_COMMAND, codes.WRONG_PASSPHRASE})


def in_words(code: int, text: str) -> str:
    """Return what a reply means for a person, with the server's own words where they add to it."""
    plain = REFUSALS.get(code, "")
    if code in _SAID or not text:
        return plain or text
    return f"{plain} ({text})" if plain else text
