"""The client's side of the protocol as a state machine: replies in, lines and events out.

    OFFLINE --begin--> GREETING --220--> NAMING --230--> OPEN <--> (a question by the server)
                                               |                         |
                                              331, 530 -> SECRET        331, 332, 333, 336 -> SECRET
                                              553, 532 -> OVER

It uses no socket and no thread. A line is sent only after the reply to the line before it has
arrived. What the patient types while the server waits for a secret or a confirmation stays in the
queue, so that it is never taken for the answer.

Exactly once over a lost connection. The greeting carries the number of the last exchange.
`_confirmed` is the last number known from the server, `_answered` the lines that were answered
since. After a new greeting the session requests everything above `_confirmed` and compares it with
what it sent: the lines of `_answered` come first, in order; then, if the server had recorded it,
the line that was waiting for its reply; any other exchange came from another connection of the same
patient. A waiting line that is not found was not recorded, and is sent again. The server has a
different history if it has fewer exchanges than this client saw, if it says that the history began
at another time, or if answered lines are missing. Then the waiting line cannot be looked for: it is
returned to the patient and not sent.

Only the conversation's thread uses a session.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.exchange import HistoryEntry
from client.net.events import (
    UNSURE,
    Answered,
    Closed,
    ConfirmWanted,
    Failed,
    HistoryPage,
    Missed,
    Notice,
    NotRecorded,
    SecretWanted,
    TraceFound,
    Welcomed,
    explain_refusal,
)
from client.net.lines import as_one_line, normalized, parse_history, readable_rows, whole_number
from doctor.protocol import BANNER, Reply, codes, escaped, flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Event

#: Refusals that trying again with the same name cannot change.
_FINAL: Final = frozenset({codes.BAD_NAME, codes.LOCK_UNREADABLE})
#: Reasons of a 421 after which nothing is sent until the patient says something.
_IDLE: Final = frozenset({codes.Reason.IDLE, codes.Reason.SLOW, codes.Reason.NAME_TIMEOUT})


class Phase(enum.Enum):
    """The state of a conversation."""

    OFFLINE = enum.auto()
    GREETING = enum.auto()
    NAMING = enum.auto()
    SECRET = enum.auto()
    CONFIRM = enum.auto()
    OPEN = enum.auto()
    OVER = enum.auto()


@dataclass(slots=True)
class _Line:
    """A line of the patient's. `sent` tells whether it was sent and not answered yet."""

    ident: int
    text: str
    said: str
    sent: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """A command. `purpose` tells what its answer is used for; `about` is a line id or number."""

    text: str
    purpose: str
    about: int = 0


def _now() -> datetime:
    return datetime.now(UTC)


class Session:
    """One patient's conversation, over one or more connections.

    `explain`: request the trace of each reply as soon as the reply has arrived.
    """

    def __init__(
        self, name: str, *, explain: bool = False, clock: Callable[[], datetime] = _now
    ) -> None:
        self.name = name
        self.phase = Phase.OFFLINE
        #: Whether the session is over and `take` has returned the event that says so.
        self.ended = False
        #: Whether the current or last connection got a greeting.
        self.greeted = False
        #: The code and text with which the server closed the connection, if it did.
        self.closing_code = 0
        self.closing_text = ""
        #: The word of its row `reason`; "" if it sent none.
        self._closing_reason = ""
        self._next: str | None = None
        self._leaving = False
        self._explain = explain
        self._clock = clock
        self._waiting: deque[_Line | _Request] = deque()
        self._asked: _Line | _Request | None = None
        self._answer: str | None = None
        self._locks = False  # whether the last secret was not empty
        self._confirmed: int | None = None
        #: When the history began, as the server writes it; "" while that is unknown.
        self._begun = ""
        self._answered: list[str] = []
        self._missed: list[HistoryEntry] = []

    # Requests of the patient.

    @property
    def was_open(self) -> bool:
        """Whether the session was open at any time."""
        return self._confirmed is not None

    @property
    def closed_as_idle(self) -> bool:
        """Whether the server closed the connection because no line came in time."""
        return self._closing_reason in _IDLE

    @property
    def closed_as_erased(self) -> bool:
        """Whether the history was erased through another connection."""
        return self._closing_reason == codes.Reason.ERASED

    @property
    def has_lines(self) -> bool:
        """Whether a line waits to be sent or answered."""
        return any(isinstance(item, _Line) for item in (*self._waiting, self._asked))

    def say(self, ident: int, text: str) -> None:
        """Queue what the patient typed: a line, or a command if it starts with `/`."""
        line = as_one_line(text)
        if line.startswith("/") and not line.startswith("//"):
            self._waiting.append(_Request(line, "typed", ident))
        else:
            said = line[1:] if line.startswith("//") else line
            self._waiting.append(_Line(ident, line, said))

    def ask_history(self, count: int, before: int = 0) -> None:
        """Queue a request for the last `count` exchanges, those below `before` if it is not 0."""
        end = f" {before}" if before else ""
        self._waiting.append(_Request(f"/history {count}{end}", "history", before))

    def ask_why(self) -> None:
        """Queue a request for the trace of the last reply."""
        self._waiting.append(_Request("/why", "why"))

    def answer(self, text: str) -> None:
        """Answer what the server waits for: a passphrase, or the name again. It is not stored.

        A passphrase is sent unchanged, with blanks at its start and end.
        """
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            is_secret = self.phase is Phase.SECRET
            self._answer = escaped(flat(text) if is_secret else as_one_line(text))
            self._locks = bool(self._answer)

    def quit(self) -> None:
        """Send `/quit` next if nothing waits for a reply; drop all lines that wait."""
        self._waiting.clear()
        self._leaving = True
        if self.phase is Phase.OPEN and self._asked is None:
            self._next = "/quit"
        else:
            self.phase = Phase.OVER

    # Events of the connection.

    def begin(self) -> None:
        """Reset the session for a new connection."""
        self.phase = Phase.GREETING
        self.greeted = False
        self.closing_code = 0
        self._closing_reason = ""

    def disconnect(self) -> None:
        """End the connection: unanswered lines wait for the next one, commands are dropped."""
        lines = [item for item in (self._asked, *self._waiting) if isinstance(item, _Line)]
        self._waiting = deque(lines)
        self._asked = None
        self._answer = None
        self._next = None
        self._missed = []
        if self.phase is not Phase.OVER:
            self.phase = Phase.OFFLINE

    def next_line(self) -> str | None:
        """Return the line to send now, or None; each line is returned once per connection."""
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
        return self._asked.text

    def awaits_reply(self) -> bool:
        """Return True if the server has not yet replied to what was sent."""
        return self._asked is not None or self.phase in {Phase.GREETING, Phase.NAMING}

    # Replies of the server.

    def take(self, reply: Reply) -> list[Event]:
        """Take one reply; return the events that it causes."""
        code = reply.code
        if self.phase is Phase.GREETING and code != codes.CLOSING:
            return self._take_banner(reply)
        if code in codes.SECRET_NEXT:
            self.phase = Phase.SECRET
            return [SecretWanted(code, reply.text)]
        if code == codes.CONFIRM:
            self.phase = Phase.CONFIRM
            return [ConfirmWanted(reply.text)]
        if code == codes.WELCOME:
            return self._take_greeting(reply)
        if code == codes.CLOSING:
            self.closing_code = code
            self.closing_text = reply.text
            self._closing_reason = reply.field("reason") or ""
            return []
        if code == codes.GOODBYE:
            farewell = [] if self._leaving else [Notice(code, reply.text)]
            return [*farewell, *self._end(Closed())]
        if self.phase is Phase.SECRET and code == codes.BAD_LINE:
            return [SecretWanted(codes.WRONG_PASSPHRASE, reply.text)]
        if self.phase is Phase.NAMING or (code in _FINAL and self._asked is None):
            return self._end(Failed(explain_refusal(code, reply.text), code))
        return self._take_reply(reply)

    def _take_banner(self, reply: Reply) -> list[Event]:
        if reply.code != codes.READY or not reply.text.startswith(BANNER):
            why = "Another program answers there; it is not a doctor. Try another port."
            return self._end(Failed(why, reply.code))
        self.phase = Phase.NAMING
        self._next = escaped(self.name)
        return []

    def _end(self, event: Event) -> list[Event]:
        self.phase = Phase.OVER
        self.ended = True
        return [event]

    def _take_greeting(self, reply: Reply) -> list[Event]:
        self.phase = Phase.OPEN
        self.greeted = True
        last = whole_number(reply.field("exchanges") or "") or 0
        reconnected = self.was_open
        confirmed = self._confirmed or 0
        # The name may belong to a different history now; no line can be looked for in it.
        begun = reply.field("begun") or ""
        different = reconnected and (
            last < confirmed + len(self._answered) or (self._begun not in {"", begun})
        )
        self._begun = begun
        events: list[Event] = [
            Welcomed(reply.text, reply.field("notice") or "", last, reconnected, different)
        ]
        if not reconnected or different:
            self._confirmed, self._answered = last, []
        elif last > confirmed:
            self._waiting.appendleft(_Request(f"/history {last - confirmed}", "recover"))
        first = self._waiting[0] if self._waiting else None
        if different and isinstance(first, _Line) and first.sent:
            self._waiting.popleft()
            events.append(NotRecorded(first.ident, reply.code, first.said, UNSURE))
        return events

    def _take_reply(self, reply: Reply) -> list[Event]:
        asked, self._asked = self._asked, None
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            self.phase = Phase.OPEN
        if isinstance(asked, _Line):
            return self._take_answer(asked, reply)
        if isinstance(asked, _Request) and reply.code == codes.HISTORY:
            return self._take_history(asked, parse_history(reply.rows))
        if isinstance(asked, _Request) and asked.purpose == "why" and reply.code == codes.WHY:
            return [TraceFound(asked.about, reply.rows, reply.text)]
        locked: bool | None = None
        if reply.code == codes.FORGOTTEN:
            self._confirmed, self._answered, self._begun = 0, [], ""
            locked = False
        elif reply.code == codes.PASSPHRASE_CHANGED:
            locked = self._locks
        return [Notice(reply.code, explain_refusal(reply.code, reply.text), reply.rows, locked)]

    def _take_answer(self, line: _Line, reply: Reply) -> list[Event]:
        if reply.code != codes.SAYS:
            why = explain_refusal(reply.code, reply.text)
            return [NotRecorded(line.ident, reply.code, line.said, why)]
        recorded = bool(line.said.strip())
        if recorded:
            self._answered.append(line.said)
            if self._explain:
                self._waiting.appendleft(_Request("/why", "why", line.ident))
        number = (self._confirmed or 0) + len(self._answered)
        entry = HistoryEntry(number, self._clock(), 0, "", line.said, reply.text)
        return [Answered(line.ident, entry, recorded)]

    def _take_history(self, asked: _Request, found: tuple[HistoryEntry, ...]) -> list[Event]:
        if asked.purpose != "recover":
            if asked.purpose == "typed":
                return [Notice(codes.HISTORY, "", readable_rows(found))]
            if not asked.about:
                # Every line answered so far is included in these numbers.
                self._confirmed = found[-1].number if found else 0
                self._answered = []
            return [HistoryPage(found, asked.about)]
        confirmed = self._confirmed or 0
        self._missed = [entry for entry in found if entry.number > confirmed] + self._missed
        if found and confirmed + 1 < found[0].number < (asked.about or found[0].number + 1):
            # The server limits how many it sends at a time: request the ones before these.
            wanted = found[0].number - confirmed - 1
            text = f"/history {wanted} {found[0].number}"
            self._waiting.appendleft(_Request(text, "recover", found[0].number))
            return []
        return self._reconcile()

    def _reconcile(self) -> list[Event]:
        missed: list[HistoryEntry] = []
        events: list[Event] = []
        answered = deque(self._answered)
        first = self._waiting[0] if self._waiting else None
        waiting = first if isinstance(first, _Line) and first.sent else None
        for entry in self._missed:
            words = normalized(entry.patient)
            if answered and normalized(answered[0]) == words:
                answered.popleft()
            elif waiting and not answered and normalized(waiting.said) == words:
                events.append(Answered(waiting.ident, entry))
                self._waiting.popleft()
                waiting = None
            else:
                missed.append(entry)
        if answered and waiting:  # answered lines are missing: it is a different history
            self._waiting.popleft()
            events.append(NotRecorded(waiting.ident, codes.WELCOME, waiting.said, UNSURE))
        if self._missed:
            self._confirmed = self._missed[-1].number
        self._answered, self._missed = [], []
        return [*([Missed(tuple(missed))] if missed else []), *events]
