"""The client's side of the protocol as a state machine: replies in, lines and events out.

    OFFLINE --begin--> GREETING --220--> NAMING --230--> OPEN <--> (a question by the server)
                                               |                         |
                                              331, 530 -> SECRET        331, 332, 333, 336 -> SECRET
                                              553, 532 -> OVER

It uses no socket and no thread. A line is sent only after the reply to the line before it has
arrived. What the patient types while the server waits for a secret or a confirmation stays in the
queue, so that it is never taken for the answer.

Exactly once over a lost connection. The greeting carries the number of the last exchange.
`Known.confirmed` is the last number known from the server, `Known.answered` are the lines answered
since. After a new greeting the session requests everything above that number and compares it with
what it sent: the answered lines come first, in order; then, if the server had recorded it, the line
that was waiting for its reply; any other exchange came from another connection of the patient. A
waiting line that is not found was not recorded, and is sent again. The server has a different
history if it has fewer exchanges than this client saw, if that began at another time, or if
answered lines are missing. Then the waiting line cannot be looked for: it is given back.

A line may also arrive late: after the greeting of the next connection. Therefore each line is sent
with the number that its exchange is to have (`/as N TEXT`), and the server records it once, however
often it arrives. If the number is not the next, the session requests what it does not know and
sends the line with the next number. A server without `/as` gets lines without numbers.

A line behind which `MOST_ENDS` connections ended is given back, so that a line at which the server
fails does not hold up the others.

Only the conversation's thread uses a session.
"""

from __future__ import annotations

import enum
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.exchange import HistoryEntry
from client.net.answers import event_of, further_search, notice_of
from client.net.events import (
    REFUSED_NUMBER,
    UNANSWERED,
    UNSURE,
    Answered,
    Closed,
    ConfirmWanted,
    Failed,
    HistoryPage,
    Missed,
    NotRecorded,
    Replied,
    SecretWanted,
    Welcomed,
    explain_refusal,
)
from client.net.lines import as_one_line, parse_history, parse_notices, readable_rows, whole_number
from client.net.pending import PAGE, Known, Request, SpokenLine, compare, history_request
from doctor.protocol import BANNER, Reply, codes, escaped, flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Event

#: Refusals that trying again with the same name cannot change.
_FINAL: Final = frozenset({codes.BAD_NAME, codes.LOCK_UNREADABLE})
#: Reasons of a 421 after which nothing is sent until the patient says something.
_IDLE: Final = frozenset({codes.Reason.IDLE, codes.Reason.SLOW, codes.Reason.NAME_TIMEOUT})
#: After so many connections that ended behind the same line it is not sent again.
MOST_ENDS: Final = 3
#: After so many refusals in a row of the number of a line it is not sent again.
_MOST_REFUSALS: Final = 5


class Phase(enum.Enum):
    """The state of a conversation."""

    OFFLINE = enum.auto()
    GREETING = enum.auto()
    NAMING = enum.auto()
    SECRET = enum.auto()
    CONFIRM = enum.auto()
    OPEN = enum.auto()
    OVER = enum.auto()


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
        #: Whether a line or a typed command was answered on the current or last connection.
        self.progressed = False
        #: The code and text with which the server closed the connection, if it did.
        self.closing_code = 0
        self.closing_text = ""
        self._closing_reason = ""
        self._next: str | None = None
        self._leaving = False
        self._explain = explain
        self._clock = clock
        self._waiting: deque[SpokenLine | Request] = deque()
        self._asked: SpokenLine | Request | None = None
        self._answer: str | None = None
        self._locks = False  # whether the last secret was not empty
        self._known = Known()
        self._missed: list[HistoryEntry] = []
        self._numbers = True  # whether the server takes lines with numbers
        self._failed_recoveries = 0

    # Requests of the patient.

    @property
    def was_open(self) -> bool:
        """Whether the session was open at any time."""
        return self._known.confirmed is not None

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
        return any(isinstance(item, SpokenLine) for item in (*self._waiting, self._asked))

    def say(self, ident: int, text: str) -> None:
        """Queue what the patient typed: a line, or a command if it starts with `/`."""
        line = as_one_line(text)
        if line.startswith("/") and not line.startswith("//"):
            self._waiting.append(Request(line, "typed", ident))
        else:
            said = line[1:] if line.startswith("//") else line
            self._waiting.append(SpokenLine(ident, line, said))

    def ask(self, request: Request) -> None:
        """Queue a request of the client's own."""
        self._waiting.append(request)

    def answer(self, text: str) -> None:
        """Answer what the server waits for: a passphrase, or the name again. It is not stored.

        A passphrase is sent unchanged, with blanks at its start and end.
        """
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            is_secret = self.phase is Phase.SECRET
            self._answer = escaped(flat(text) if is_secret else as_one_line(text))
            self._locks = bool(self._answer)

    def quit(self) -> None:
        """Send `/quit` when all lines are answered; drop the commands that wait."""
        self._waiting = deque(item for item in self._waiting if isinstance(item, SpokenLine))
        self._leaving = True
        if self.phase is not Phase.OPEN or (self._asked is not None and not self.has_lines):
            self.phase = Phase.OVER

    # Events of the connection.

    def begin(self) -> None:
        """Reset the session for a new connection."""
        self.phase = Phase.GREETING
        self.greeted = self.progressed = False
        self.closing_code = 0
        self._closing_reason = ""
        self._numbers = True

    def disconnect(self) -> None:
        """End the connection: unanswered lines wait for the next one, commands are dropped."""
        lines = [item for item in (self._asked, *self._waiting) if isinstance(item, SpokenLine)]
        if isinstance(self._asked, SpokenLine):
            self._asked.ends += 1
        elif self._asked is not None and self._asked.purpose == "recover":
            self._failed_recoveries += 1
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
        if self.phase is not Phase.OPEN or self._asked is not None:
            return None
        if self._leaving and not self._waiting:
            self._waiting.append(Request("/quit", "quit"))
        if not self._waiting:
            return None
        self._asked = self._waiting.popleft()
        if isinstance(self._asked, SpokenLine):
            self._asked.sent = True
            if self._numbers:
                return self._asked.numbered(self._known.last + 1)
        return self._asked.text

    def awaits_reply(self) -> bool:
        """Return True if the server has not yet replied to what was sent."""
        return self._asked is not None or self.phase in {Phase.GREETING, Phase.NAMING}

    # Replies of the server.

    def take(self, reply: Reply) -> list[Event]:
        """Take one reply; return the events that it causes."""
        code = reply.code
        if code < codes.HELP:
            return []  # 1xx: it answers nothing
        if self.phase is Phase.GREETING and code != codes.CLOSING:
            return self._take_banner(reply)
        if code in codes.SECRET_NEXT:
            self.phase = Phase.SECRET
            return [SecretWanted(code, reply.text)]
        if code == codes.CONFIRM:
            self.phase = Phase.CONFIRM
            return [ConfirmWanted(reply.text, whole_number(reply.field("number") or "") or 0)]
        if code == codes.WELCOME:
            return self._take_greeting(reply)
        if code == codes.CLOSING:
            self.closing_code = code
            self.closing_text = reply.text
            self._closing_reason = reply.field("reason") or ""
            return []
        if code == codes.GOODBYE:
            farewell = [] if self._leaving else [Replied(code, reply.text)]
            return [*farewell, *self._end(Closed())]
        if self.phase is Phase.SECRET and code == codes.BAD_LINE:
            return [SecretWanted(codes.WRONG_PASSPHRASE, reply.text)]
        if self.phase is Phase.NAMING or (code in _FINAL and self._asked is None):
            return self._end(Failed(explain_refusal(code, reply.text), code))
        return self._take_reply(reply)

    def _take_banner(self, reply: Reply) -> list[Event]:
        if reply.code != codes.READY or not reply.text.startswith(BANNER):
            why = "Another program answers there; it is not a doctor. Try another port."
            return self._end(Failed(why, reply.code, other_program=True))
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
        known, begun = self._known, reply.field("begun") or ""
        # The name may belong to a different history now; no line can be looked for in it.
        different = reconnected and known.differs(last, begun)
        known.begun = begun
        notice, watched = parse_notices(reply.rows, again=reconnected)
        events: list[Event] = [Welcomed(reply.text, notice, last, reconnected, different, watched)]
        fresh = last - (known.confirmed or 0)
        lost_track = fresh > 0 and self._failed_recoveries >= MOST_ENDS
        if not reconnected or different or lost_track:
            known.restart(last)
            self._failed_recoveries = 0
        elif fresh > 0:
            self._recover(fresh)
        first = self._waiting[0] if self._waiting else None
        if isinstance(first, SpokenLine) and first.sent:
            if different or lost_track:
                events.append(self._give_back(first, reply.code, UNSURE))
            elif first.ends >= MOST_ENDS:
                events.append(self._give_back(first, reply.code, UNANSWERED))
        return events

    def _recover(self, count: int, before: int = 0) -> None:
        """Request exchanges that this client never saw, before anything else."""
        self._waiting.appendleft(history_request(min(count, PAGE), before, "recover"))

    def _give_back(self, line: SpokenLine, code: int, why: str) -> Event:
        """Return the first waiting line to the patient."""
        self._waiting.popleft()
        return NotRecorded(line.ident, code, line.said, why)

    def _take_reply(self, reply: Reply) -> list[Event]:
        asked, self._asked = self._asked, None
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            self.phase = Phase.OPEN
        if isinstance(asked, SpokenLine):
            return self._take_answer(asked, reply)
        if isinstance(asked, Request):
            self.progressed |= asked.purpose == "typed"
            if reply.code == codes.HISTORY:
                return self._take_history(asked, parse_history(reply.rows))
            further = further_search(asked, reply) if asked.purpose == "typed" else None
            if further is not None:
                self._waiting.appendleft(further)
                return []
            event = event_of(asked, reply)
            if event is not None:
                return [event]
        if reply.code == codes.FORGOTTEN:
            self._known = Known(0)
        elif reply.code == codes.TAKEN_BACK:
            self._known.restart(self._known.last)  # one of the answered lines may be gone
        return [notice_of(reply, locks=self._locks)]

    def _take_answer(self, line: SpokenLine, reply: Reply) -> list[Event]:
        if line.number and reply.code == codes.NO_COMMAND:
            self._numbers = False
            return self._send_again(line)
        if line.number and reply.code == codes.WRONG_NUMBER:
            return self._take_other_number(line, reply)
        self.progressed, code = True, reply.code
        if code != codes.SAYS:
            return [NotRecorded(line.ident, code, line.said, explain_refusal(code, reply.text))]
        recorded = bool(line.said.strip())
        if recorded:
            self._known.answered.append(line.said)
            if self._explain and not self._leaving:
                self._waiting.appendleft(Request("/why", "why", line.ident))
        mark, last = reply.field("mark") or "", self._known.last
        entry = HistoryEntry(last, self._clock(), 0, mark, line.said, reply.text)
        return [Answered(line.ident, entry, recorded)]

    def _take_other_number(self, line: SpokenLine, reply: Reply) -> list[Event]:
        """Number a refused line anew; first request the exchanges that this client never saw."""
        last = whole_number(reply.field("exchanges") or "")
        known = line.number - 1
        line.refusals += 1
        if last is None or last <= known or line.refusals >= _MOST_REFUSALS:
            self.progressed = True
            return [NotRecorded(line.ident, reply.code, line.said, REFUSED_NUMBER)]
        self._send_again(line)
        self._recover(last - (self._known.confirmed or 0))
        return []

    def _send_again(self, line: SpokenLine) -> list[Event]:
        """Queue a refused line; it is the first to be sent."""
        line.number = 0
        self._waiting.appendleft(line)
        return []

    def _take_history(self, asked: Request, found: tuple[HistoryEntry, ...]) -> list[Event]:
        if asked.purpose != "recover":
            if asked.purpose == "typed":
                return [Replied(codes.HISTORY, "", readable_rows(found))]
            if not asked.about:
                # Every line answered so far is included in these numbers.
                self._known.restart(found[-1].number if found else 0)
            return [HistoryPage(found, asked.about)]
        confirmed = self._known.confirmed or 0
        self._missed = [entry for entry in found if entry.number > confirmed] + self._missed
        if found and confirmed + 1 < found[0].number < (asked.about or found[0].number + 1):
            # The server limits how many it sends at a time: request the ones before these.
            self._recover(found[0].number - confirmed - 1, found[0].number)
            return []
        return self._reconcile()

    def _reconcile(self) -> list[Event]:
        """Find this client's own lines among the exchanges that it did not know."""
        first = self._waiting[0] if self._waiting else None
        waiting = first if isinstance(first, SpokenLine) and first.sent else None
        result = compare(self._missed, self._known.answered, waiting)
        events: list[Event] = [Missed(result.missed)] if result.missed else []
        if waiting and result.own:
            self._waiting.popleft()
            events.append(Answered(waiting.ident, result.own))
        elif waiting and result.incomplete:
            events.append(self._give_back(waiting, codes.WELCOME, UNSURE))
        elif waiting and waiting.ends >= MOST_ENDS:
            events.append(self._give_back(waiting, codes.WELCOME, UNANSWERED))
        last = self._missed[-1].number if self._missed else self._known.confirmed
        self._known.restart(last)
        self._missed = []
        self._failed_recoveries = 0
        return events
