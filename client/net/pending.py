"""What waits in a session to be sent or answered, and how it is found again in a history.

Only the conversation's thread uses them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from client.net.lines import as_one_line, normalized
from doctor.protocol import CLIENT_LINE, codes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.model.exchange import HistoryEntry

#: After so many connections that ended behind the same line it is not sent again.
MOST_ENDS: Final = 3
#: Exchanges requested at a time when a connection is made again.
PAGE: Final = 1000


@dataclass(slots=True)
class SpokenLine:
    """A line of the patient's: `text` as it is sent, `said` as it is recorded."""

    ident: int
    text: str
    said: str
    #: Whether it was sent and not answered yet.
    sent: bool = False
    #: The number that it was sent with, 0 for none.
    number: int = 0
    #: How many connections ended while it waited for its answer.
    ends: int = 0
    #: How often the server refused its number.
    refusals: int = 0
    #: The room in which it is to be said, "" for the doctor alone.
    room: str = ""

    def numbered(self, number: int) -> str:
        """Return the line as it is sent with the number that its exchange is to have.

        A blank line is not recorded, and one that is too long with a number was allowed without:
        both are sent without one.
        """
        numbered = f"/as {number} {self.said}"
        if not self.said.strip() or len(numbered.encode(errors="replace")) >= CLIENT_LINE:
            self.number = 0
            return self.text
        self.number = number
        return numbered


@dataclass(frozen=True, slots=True)
class Request:
    """A command. `purpose` tells what its answer is used for; `about` is a line id or number.

    `wanted` is the text that a search looks for, `joins` the room that a `/join` names. `room` is
    the conversation that the command is about: None where it is about none.
    """

    text: str
    purpose: str
    about: int = 0
    wanted: str = ""
    joins: str = ""
    room: str | None = None


def history_request(count: int, before: int, purpose: str, room: str | None = "") -> Request:
    """Return the command for the last `count` exchanges, those below `before` if it is not 0."""
    end = f" {before}" if before else ""
    return Request(f"/history {count}{end}", purpose, before, room=room)


class LineQueue:
    """What waits to be sent, in order, and what was sent last and has no answer yet."""

    def __init__(self) -> None:
        self.waiting: deque[SpokenLine | Request] = deque()
        self.asked: SpokenLine | Request | None = None

    def put(self, item: SpokenLine | Request) -> None:
        """Add what is to be sent after everything else."""
        self.waiting.append(item)

    def put_first(self, item: SpokenLine | Request) -> None:
        """Add what is to be sent before everything else."""
        self.waiting.appendleft(item)

    @property
    def lines(self) -> list[SpokenLine]:
        """The lines that are not answered yet, the one under way first."""
        return [item for item in (self.asked, *self.waiting) if isinstance(item, SpokenLine)]

    def sent_line(self, room: str) -> SpokenLine | None:
        """Return the waiting line of a room that was sent on an earlier connection, or None."""
        waiting = (item for item in self.waiting if isinstance(item, SpokenLine))
        return next((line for line in waiting if line.sent and line.room == room), None)

    def drop_commands(self) -> None:
        """Let the lines alone wait, also the one under way."""
        self.waiting, self.asked = deque(self.lines), None

    def keep_lines(self) -> None:
        """Drop the commands that wait."""
        self.waiting = deque(item for item in self.waiting if isinstance(item, SpokenLine))

    def rename_room(self, old: str, new: str) -> None:
        """Let what is meant for a room carry the name that the server gives it."""
        for at, item in enumerate(self.waiting):
            if item.room == old:
                if isinstance(item, SpokenLine):
                    item.room = new
                else:
                    self.waiting[at] = replace(item, room=new)

    def take_out(self, room: str) -> list[SpokenLine]:
        """Remove everything that waits for a room; return the lines of it."""
        gone = [item for item in self.waiting if item.room == room]
        self.waiting = deque(item for item in self.waiting if item.room != room)
        return [item for item in gone if isinstance(item, SpokenLine)]


def search_request(wanted: str, before: int, purpose: str = "find", about: int = 0) -> Request:
    """Return the command that finds a text below number `before` if that is not 0."""
    wanted = as_one_line(wanted)
    text = f"/find-before {before} {wanted}" if before else f"/find {wanted}"
    return Request(text, purpose, about, wanted, room="")


@dataclass(slots=True)
class Known:
    """What a client knows of a history: the last number, and the lines answered since then.

    `confirmed` is None until the session was open. `begun` is when the history began, as the server
    writes it; "" while that is unknown.
    """

    confirmed: int | None = None
    begun: str = ""
    answered: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The number of the last exchange, as far as this client knows."""
        return (self.confirmed or 0) + len(self.answered)

    def differs(self, last: int, begun: str) -> bool:
        """Return True if a history with this last number and beginning is a different one."""
        return last < self.last or self.begun not in {"", begun}

    def restart(self, last: int | None) -> None:
        """Count from the number `last`, which the server confirmed."""
        self.confirmed = last
        self.answered = []


class Comparison(NamedTuple):
    """What a client finds in the part of a history that it did not know.

    `missed` are the exchanges of other connections, `own` is the exchange of the waiting line.
    `incomplete` means that lines which were answered are not there: it is a different history.
    """

    missed: tuple[HistoryEntry, ...]
    own: HistoryEntry | None
    incomplete: bool


def compare(
    found: Iterable[HistoryEntry], answered: Iterable[str], waiting: SpokenLine | None
) -> Comparison:
    """Tell a client's own exchanges from those of other connections.

    The lines that were `answered` come first, in order; after them the line that was `waiting` for
    its answer, if the server recorded it.
    """
    missed: list[HistoryEntry] = []
    own: HistoryEntry | None = None
    left = deque(map(normalized, answered))
    wanted = normalized(waiting.said) if waiting else ""
    taken_back = 0
    for entry in found:
        words = normalized(entry.patient)
        if entry.speaker or entry.event:
            missed.append(entry)
            continue
        if entry.mark == codes.MARK_OF_TAKEN_BACK:
            taken_back += 1  # it may have been any of the answered lines
            missed.append(entry)
            continue
        while taken_back and left and left[0] != words and words in left:
            left.popleft()
            taken_back -= 1
        if left and left[0] == words:
            left.popleft()
        elif waiting and own is None and len(left) <= taken_back and wanted == words:
            own = entry
        else:
            missed.append(entry)
    return Comparison(tuple(missed), own, len(left) > taken_back)
