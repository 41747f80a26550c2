"""The client's side of the protocol as a state machine: replies in, lines and events out.

    OFFLINE --begin--> GREETING --220--> NAMING --230--> OPEN <--> (a question by the server)
                                               |                         |
                                              331, 530 -> SECRET        331, 332, 333, 336 -> SECRET
                                              553, 532 -> OVER

It uses no socket and no thread. A line is sent only after the reply to the line before it has
arrived. What the patient types while the server waits for a secret or a confirmation stays in the
queue, so that it is never taken for the answer.

Every line is recorded exactly once, whatever becomes of the connection: see `OwnHistory` for the
conversation with the doctor alone, and `Rooms` for those of several people. Each of them takes the
answers to its own lines.

A line behind which `MOST_ENDS` connections ended is given back, so that a line at which the server
fails does not hold up the others.

Only the conversation's thread uses a session.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.model.presence import PersonActivity
from client.model.transcript_line import TranscriptLine
from client.net.answers import event_of, further_search, notice_of
from client.net.events import (
    Attended,
    Closed,
    ConfirmWanted,
    Failed,
    Heard,
    Replied,
    SecretWanted,
    TakenBack,
    explain_refusal,
)
from client.net.lines import as_one_line, parse_history, parse_time, readable_rows, whole_number
from client.net.own_history import OwnHistory
from client.net.pending import LineQueue, Request, SpokenLine
from client.net.rooms import Rooms
from doctor.protocol import (
    BANNER,
    Notice,
    Reply,
    answers_nothing,
    codes,
    escaped,
    flat,
    is_command,
    notices,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Event

#: Refusals that trying again with the same name cannot change.
_FINAL: Final = frozenset({codes.BAD_NAME, codes.LOCK_UNREADABLE})
#: Reasons of a 421 after which nothing is sent until the patient says something.
_IDLE: Final = frozenset({codes.Reason.IDLE, codes.Reason.SLOW, codes.Reason.NAME_TIMEOUT})
#: Notices of the patient's own conversation about what a person does.
_ATTENDANCES: Final = {
    notices.READING: PersonActivity.READING,
    notices.TAKEN_OVER: PersonActivity.TAKEN_OVER,
    notices.RETURNED: PersonActivity.RETURNED,
    notices.LEFT: PersonActivity.LEFT,
}


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
        self._queue = LineQueue()
        self._answer: str | None = None
        self._locks = False  # whether the last secret was not empty
        self._own = OwnHistory(self._queue, clock)
        self._rooms = Rooms(name, self._queue, clock)

    # Requests of the patient.

    @property
    def was_open(self) -> bool:
        """Whether the session was open at any time."""
        return self._own.was_open

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
        return bool(self._queue.lines)

    @property
    def is_in_rooms(self) -> bool:
        """Whether this client is in a room, where others may speak at any time."""
        return self._rooms.is_anywhere

    def say(self, ident: int, text: str, room: str | None = None) -> None:
        """Queue what the patient typed: a line, or a command if it starts with `/`.

        It is for the conversation `room`; None: for the one that the patient chose last.
        """
        line = as_one_line(text)
        where = self._rooms.wanted if room is None else room
        if is_command(line):
            self._queue.put(self._rooms.typed_command(line, ident, where))
        else:
            said = line[1:] if line.startswith("//") else line
            self._queue.put(SpokenLine(ident, line, said, room=where))

    def ask(self, request: Request) -> None:
        """Queue a request of the client's own."""
        self._queue.put(request)

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
        asked = self._queue.asked
        self._queue.keep_lines()
        self._leaving = True
        if self.phase is not Phase.OPEN or (asked is not None and not self.has_lines):
            self.phase = Phase.OVER

    # Events of the connection.

    def begin(self) -> None:
        """Reset the session for a new connection."""
        self.phase = Phase.GREETING
        self.greeted = self.progressed = False
        self.closing_code = 0
        self._closing_reason = ""

    def disconnect(self) -> None:
        """End the connection: unanswered lines wait for the next one, commands are dropped."""
        asked = self._queue.asked
        if isinstance(asked, SpokenLine):
            asked.ends += 1
        self._queue.drop_commands()
        self._own.disconnect(asked)
        self._rooms.disconnect()
        self._answer = None
        self._next = None
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
        queue = self._queue
        if self.phase is not Phase.OPEN or queue.asked is not None:
            return None
        if self._leaving and not queue.waiting:
            queue.put(Request("/quit", "quit"))
        if not queue.waiting:
            return None
        way = self._rooms.way_to(queue.waiting[0].room)
        asked = queue.asked = way or queue.waiting.popleft()
        if isinstance(asked, SpokenLine):
            asked.sent = True
            return (self._rooms if asked.room else self._own).wire_line(asked)
        return asked.text

    def awaits_reply(self) -> bool:
        """Return True if the server has not yet replied to what was sent."""
        return self._queue.asked is not None or self.phase in {Phase.GREETING, Phase.NAMING}

    # Replies of the server.

    def take(self, reply: Reply) -> list[Event]:
        """Take one reply; return the events that it causes."""
        code = reply.code
        if answers_nothing(code):
            return self._take_notice(reply)
        if self.phase is Phase.GREETING and code != codes.CLOSING:
            return self._take_banner(reply)
        if code in codes.SECRET_NEXT:
            self.phase = Phase.SECRET
            return [SecretWanted(code, reply.text, self._room_to_open)]
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
            return [SecretWanted(codes.WRONG_PASSPHRASE, reply.text, self._room_to_open)]
        if self.phase is Phase.NAMING or (code in _FINAL and self._queue.asked is None):
            return self._end(Failed(explain_refusal(code, reply.text), code))
        return self._take_reply(reply)

    def _take_banner(self, reply: Reply) -> list[Event]:
        if reply.code != codes.READY or not reply.text.startswith(BANNER):
            why = tr("Another program answers there; it is not a doctor. Try another port.")
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
        return [*self._rooms.greet(), *self._own.greet(reply)]

    @property
    def _room_to_open(self) -> str:
        """The room whose passphrase the server asks for, "" for the patient's own history."""
        asked = self._queue.asked
        return (asked.joins or asked.room or "") if isinstance(asked, Request) else ""

    def _take_notice(self, reply: Reply) -> list[Event]:
        """Take what others did; a notice that is not known is skipped."""
        notice = Notice.read(reply)
        if notice is None or not self.greeted:
            return []
        if notice.conversation:
            return self._rooms.take_notice(notice)
        at = parse_time(notice.time)
        if at is None:
            return []
        _, _, number, _, kind, name, mark, text = notice
        is_new = self._own.take_notice(number)
        one = TranscriptLine(number, at, kind, name, mark, text)
        if notice.code in _ATTENDANCES:
            return [Attended(_ATTENDANCES[notice.code], name, one)]
        return [Heard("", (one,))] if is_new else []

    def _take_reply(self, reply: Reply) -> list[Event]:
        asked, self._queue.asked = self._queue.asked, None
        if self.phase in {Phase.SECRET, Phase.CONFIRM}:
            self.phase = Phase.OPEN
        if isinstance(asked, SpokenLine):
            return self._take_answer(asked, reply)
        if isinstance(asked, Request):
            self.progressed |= asked.purpose == "typed"
            events = self._rooms.take_answer(asked, reply)
            if events is None:
                events = self._take_requested(asked, reply)
            if events is not None:
                return events
        # The notice that closes a room may come before the answer to what erased it.
        room = asked.room if asked is not None and asked.room is not None else self._rooms.at
        if room:
            if reply.code == codes.FORGOTTEN:
                left = self._rooms.drop(room, reply.text, closed=True)
                self._rooms.at = ""  # who erased it has left it by that
                return [Replied(reply.code, reply.text), *left]
            if reply.code == codes.TAKEN_BACK:
                return [TakenBack(whole_number(reply.field("number") or "") or 0, room)]
            return [notice_of(reply)]
        if reply.code == codes.FORGOTTEN:
            self._own.forget()
        elif reply.code == codes.TAKEN_BACK:
            self._own.take_back()
        return [notice_of(reply, locks=self._locks)]

    def _take_requested(self, asked: Request, reply: Reply) -> list[Event] | None:
        """Take the answer to a command that shows something; return None for any other."""
        if reply.code == codes.HISTORY:
            found = parse_history(reply.rows)
            if asked.room:
                return [Replied(reply.code, "", readable_rows(found, in_room=True))]
            return self._own.take_history(asked, found)
        further = further_search(asked, reply) if asked.purpose == "typed" else None
        if further is not None:
            self._queue.put_first(replace(further, room=asked.room))
            return []
        event = event_of(asked, reply)
        return None if event is None else [event]

    def _take_answer(self, line: SpokenLine, reply: Reply) -> list[Event]:
        """Take the answer to a line, which may be sent again."""
        if line.room:
            events = self._rooms.take_line_answer(line, reply)
        else:
            events = self._own.take_answer(line, reply)
            is_said = reply.code == codes.SAYS and bool(line.said.strip())
            if is_said and self._explain and not self._leaving:
                self._queue.put_first(Request("/why", "why", line.ident, room=""))
        self.progressed |= line not in self._queue.waiting
        return events
