"""A patient's end of the protocol as a state machine: replies in, lines and events out; no sockets.

    OFFLINE --begin--> GREETING --220--> NAMING --230--> OPEN <--> (a question of the server's)
                                               |                         |
                                              331, 530 -> SECRET        331, 332, 333, 336 -> SECRET
                                              553, 532 -> OVER

One thing is asked at a time: a line goes out when the reply to the one before it has come. What the
patient types while the server waits for a secret or a confirmation stays in the queue, so that it
is never taken for the answer.

Exactly once over a lost connection. The greeting carries the number of the last exchange.
`_certain` is the last number known from the server, `_said` the lines that were answered since.
After a new greeting the session asks for everything above `_certain` and walks through it: lines of
`_said` come first, in order; then, if the server had recorded it, the line that was waiting; what
fits neither came from another connection of the same patient. A waiting line that is not found was
not recorded, and is sent again. It is not the same history where the server has fewer exchanges
than this end saw, where it says that the history began at another time, and where lines are missing
that were answered. Then the waiting line cannot be looked for: it is given back and not sent.

Used by one thread at a time: the conversation's.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.net.events import (
    UNSURE,
    Answered,
    Closed,
    ConfirmWanted,
    Failed,
    HistoryEntry,
    HistoryPage,
    Missed,
    NotTaken,
    SecretWanted,
    Told,
    TraceFound,
    Welcomed,
    in_words,
)
from client.net.lines import as_rows, entries, one_line, plain, whole_number
from doctor.protocol import BANNER, Reply, codes, escaped, flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Event

#: Refusals that another try with the same name cannot change.
_FINAL: Final = frozenset({codes.BAD_NAME, codes.LOCK_UNREADABLE})


class Phase(enum.Enum):
    """Where a conversation stands."""

    OFFLINE = enum.auto()
    GREETING = enum.auto()
    NAMING = enum.auto()
    SECRET = enum.auto()
    CONFIRM = enum.auto()
    OPEN = enum.auto()
    OVER = enum.auto()


@dataclass(slots=True)
class _Line:
    """Something the patient said. `sent` is whether it ever went out without an answer yet."""

    ident: int
    wire: str
    said: str
    sent: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """A command. `purpose` tells what its answer is for; `about` a line id or a number."""

    wire: str
    purpose: str
    about: int = 0


def _now() -> datetime:
    return datetime.now(UTC)


class Session:
    """One patient's conversation, over as many connections as it takes.

    `explain`: ask how each reply was made as soon as it has come.
    """

    def __init__(
        self, name: str, *, explain: bool = False, clock: Callable[[], datetime] = _now
    ) -> None:
        self.name = name
        self.phase = Phase.OFFLINE
        #: Whether the session is over and the event that says so was returned by `take`.
        self.ended = False
        #: Whether the connection that is or was just open got as far as a greeting.
        self.greeted = False
        #: What the server closed it with, if it did.
        self.closing_code = 0
        self.closing_text = ""
        self._next: str | None = None
        self._leaving = False
        self._explain = explain
        self._clock = clock
        self._waiting: deque[_Line | _Request] = deque()
        self._asked: _Line | _Request | None = None
        self._answer: str | None = None
        self._locks = False  # whether the last secret was more than an empty line
        self._certain: int | None = None
        self._begun = (
            ""  # when the history began, in the server's words; empty while that is unknown
        )
        self._said: list[str] = []
        self._missed: list[HistoryEntry] = []

    # What the patient wants.

    @property
    def began(self) -> bool:
        """Whether a session was ever open."""
        return self._certain is not None

    @property
    def idle(self) -> bool:
        """Whether the server closed the connection because nobody said anything."""
        return bool(self.closing_code) and "too long" in self.closing_text

    @property
    def forgotten(self) -> bool:
        """Whether the history was erased while this conversation had it open."""
        return bool(self.closing_code) and "erased" in self.closing_text

    @property
    def has_lines(self) -> bool:
        """Whether a line is waiting to be said or answered."""
        return any(isinstance(item, _Line) for item in (*self._waiting, self._asked))

    def say(self, ident: int, text: str) -> None:
        """Queue what the patient typed: a line, or a command if it starts with `/`."""
        line = one_line(text)
        if line.startswith("/") and not line.startswith("//"):
            self._waiting.append(_Request(line, "told", ident))
        else:
            said = line[1:] if line.startswith("//") else line
            self._waiting.append(_Line(ident, line, said))

    def ask_history(self, count: int, before: int = 0) -> None:
        """Queue a request for the last `count` exchanges, those below `before` if it is not 0."""
        end = f" {before}" if before else ""
        self._waiting.append(_Request(f"/history {count}{end}", "history", before))

    def ask_why(self) -> None:
        """Queue the question how the last reply was made."""
        self._waiting.append(_Request("/why", "why"))

    def answer(self, text: str) -> None:
        """Answer what the server waits for: a passphrase, or the name again. Kept nowhere else.

        A passphrase goes out as it is, with its blanks at either end.
        """
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            exact = self.phase is Phase.SECRET
            self._answer = escaped(flat(text) if exact else one_line(text))
            self._locks = bool(self._answer)

    def quit(self) -> None:
        """Say goodbye next, where nothing is being asked; what waits is not said any more."""
        self._waiting.clear()
        self._leaving = True
        if self.phase is Phase.OPEN and self._asked is None:
            self._next = "/quit"
        else:
            self.phase = Phase.OVER

    # What the connection does.

    def begin(self) -> None:
        """Begin on a fresh connection, made or about to be made."""
        self.phase = Phase.GREETING
        self.greeted = False
        self.closing_code = 0

    def lost(self) -> None:
        """Take note that the connection is gone: lines wait for the next one, questions do not."""
        lines = [item for item in (self._asked, *self._waiting) if isinstance(item, _Line)]
        self._waiting = deque(lines)
        self._asked = None
        self._answer = None
        self._next = None
        self._missed = []
        if self.phase is not Phase.OVER:
            self.phase = Phase.OFFLINE

    def next_line(self) -> str | None:
        """Return the line to send now, or None; each line is returned once for each connection."""
        if self._next is not None:
            line, self._next = self._next, None
            return line
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            answer, self._answer = self._answer, None
            return answer
        if self.phase is not Phase.OPEN or self._asked is not None or not self._waiting:
            return None
        self._asked = self._waiting.popleft()
        if isinstance(self._asked, _Line):
            self._asked.sent = True
        return self._asked.wire

    def awaits_reply(self) -> bool:
        """Whether the server owes this end a reply."""
        return self._asked is not None or self.phase in {Phase.GREETING, Phase.NAMING}

    # What the server says.

    def take(self, reply: Reply) -> list[Event]:
        """Take one reply in; returns what it means."""
        code = reply.code
        if self.phase is Phase.GREETING and code != codes.CLOSING:
            return self._greeted(reply)
        if code in codes.SECRET_NEXT:
            self.phase = Phase.SECRET
            return [SecretWanted(code, reply.text)]
        if code == codes.CONFIRM:
            self.phase = Phase.CONFIRM
            return [ConfirmWanted(reply.text)]
        if code == codes.WELCOME:
            return self._welcomed(reply)
        if code == codes.CLOSING:
            self.closing_code = code
            self.closing_text = reply.text
            return []
        if code == codes.GOODBYE:
            farewell = [] if self._leaving else [Told(code, reply.text)]
            return [*farewell, *self._end(Closed())]
        if self.phase is Phase.SECRET and code == codes.BAD_LINE:
            return [SecretWanted(codes.WRONG_PASSPHRASE, reply.text)]
        if self.phase is Phase.NAMING or (code in _FINAL and self._asked is None):
            return self._end(Failed(in_words(code, reply.text), code))
        return self._replied(reply)

    def _greeted(self, reply: Reply) -> list[Event]:
        if reply.code != codes.READY or not reply.text.startswith(BANNER):
            why = "Something answers there, but it is not a doctor. Try another port."
            return self._end(Failed(why, reply.code))
        self.phase = Phase.NAMING
        self._next = escaped(self.name)
        return []

    def _end(self, event: Event) -> list[Event]:
        self.phase = Phase.OVER
        self.ended = True
        return [event]

    def _welcomed(self, reply: Reply) -> list[Event]:
        self.phase = Phase.OPEN
        self.greeted = True
        last = whole_number(reply.field("exchanges") or "") or 0
        again = self.began
        certain = self._certain or 0
        # Another history may have the name now. Nothing can be looked for in it.
        begun = reply.field("begun") or ""
        different = again and (last < certain + len(self._said) or (self._begun not in {"", begun}))
        self._begun = begun
        told: list[Event] = [
            Welcomed(reply.text, reply.field("notice") or "", last, again, different)
        ]
        if not again or different:
            self._certain, self._said = last, []
        elif last > certain:
            self._waiting.appendleft(_Request(f"/history {last - certain}", "recover"))
        first = self._waiting[0] if self._waiting else None
        if different and isinstance(first, _Line) and first.sent:
            self._waiting.popleft()
            told.append(NotTaken(first.ident, reply.code, first.said, UNSURE))
        return told

    def _replied(self, reply: Reply) -> list[Event]:
        asked, self._asked = self._asked, None
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            self.phase = Phase.OPEN
        if isinstance(asked, _Line):
            return self._line_replied(asked, reply)
        if isinstance(asked, _Request) and reply.code == codes.HISTORY:
            return self._history_came(asked, entries(reply.rows))
        if isinstance(asked, _Request) and asked.purpose == "why" and reply.code == codes.WHY:
            return [TraceFound(asked.about, reply.rows, reply.text)]
        locked: bool | None = None
        if reply.code == codes.FORGOTTEN:
            self._certain, self._said, self._begun = 0, [], ""
            locked = False
        elif reply.code == codes.PASSPHRASE_CHANGED:
            locked = self._locks
        return [Told(reply.code, in_words(reply.code, reply.text), reply.rows, locked)]

    def _line_replied(self, line: _Line, reply: Reply) -> list[Event]:
        if reply.code != codes.SAYS:
            why = in_words(reply.code, reply.text)
            return [NotTaken(line.ident, reply.code, line.said, why)]
        recorded = bool(line.said.strip())
        if recorded:
            self._said.append(line.said)
            if self._explain:
                self._waiting.appendleft(_Request("/why", "why", line.ident))
        number = (self._certain or 0) + len(self._said)
        entry = HistoryEntry(number, self._clock(), 0, "", line.said, reply.text)
        return [Answered(line.ident, entry, recorded)]

    def _history_came(self, asked: _Request, found: tuple[HistoryEntry, ...]) -> list[Event]:
        if asked.purpose != "recover":
            if asked.purpose == "told":
                return [Told(codes.HISTORY, "", as_rows(found))]
            if not asked.about:
                # Every line answered so far is in what the server just counted.
                self._certain = found[-1].number if found else 0
                self._said = []
            return [HistoryPage(found, asked.about)]
        certain = self._certain or 0
        self._missed = [entry for entry in found if entry.number > certain] + self._missed
        if found and certain + 1 < found[0].number < (asked.about or found[0].number + 1):
            # The server sends a limited number at a time: the rest is below.
            wanted = found[0].number - certain - 1
            wire = f"/history {wanted} {found[0].number}"
            self._waiting.appendleft(_Request(wire, "recover", found[0].number))
            return []
        return self._recovered()

    def _recovered(self) -> list[Event]:
        missed: list[HistoryEntry] = []
        events: list[Event] = []
        said = deque(self._said)
        first = self._waiting[0] if self._waiting else None
        waiting = first if isinstance(first, _Line) and first.sent else None
        for entry in self._missed:
            words = plain(entry.patient)
            if said and plain(said[0]) == words:
                said.popleft()
            elif waiting and not said and plain(waiting.said) == words:
                events.append(Answered(waiting.ident, entry))
                self._waiting.popleft()
                waiting = None
            else:
                missed.append(entry)
        if said and waiting:  # what was answered is not there: it is another history
            self._waiting.popleft()
            events.append(NotTaken(waiting.ident, codes.WELCOME, waiting.said, UNSURE))
        if self._missed:
            self._certain = self._missed[-1].number
        self._said, self._missed = [], []
        return [*([Missed(tuple(missed))] if missed else []), *events]
