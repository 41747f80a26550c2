"""The rooms that a session is in: `Rooms`.

A connection talks in one conversation at a time, and hears of all its rooms by notices. `at` is the
conversation in which the server has this client, `wanted` the one that the patient has chosen; each
line and each command belongs to a conversation, and before it is sent the session goes there, with
`/join ROOM` or `/private`. So a line never reaches another conversation than the one for which it
was typed, also where a connection is lost between `/leave` and the line.

After a lost connection every room is joined again. What was missed is in the answer to `/join`, or
is requested by number. `RoomLog` passes each line on once.

Exactly once. A line in a room carries the lowest number that it may have, `/as N TEXT`; the server
looks from there on whether the line is recorded already, and answers `251` with its number. N stays
the same however often the line is sent. A notice may tell of a line before its `251`: so while a
line is under way, notices wait that may be this line.

Pure; only the conversation's thread uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.exchange import HistoryEntry
from client.model.language import tr
from client.model.rooms import same_name
from client.model.transcript_line import PATIENT, TranscriptLine
from client.net.events import (
    NOT_IN_ROOM,
    REFUSED_NUMBER,
    UNANSWERED,
    UNSURE_IN_ROOM,
    Answered,
    Heard,
    Joined,
    LeftRoom,
    NotRecorded,
    Replied,
    RoomPage,
    TalksIn,
    explain_refusal,
)
from client.net.lines import normalized, parse_lines, parse_time, whole_number
from client.net.pending import MOST_ENDS, PAGE, Request, SpokenLine, history_request
from client.net.room_log import RoomLog
from doctor.protocol import codes, notices

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from client.net.events import Event
    from client.net.pending import LineQueue
    from doctor.protocol import Notice, Reply

#: Refusals of the number of a line, after which it is not sent again.
_MOST_REFUSALS: Final = 5
#: Notices of a room whose `/join` is not answered yet; more are dropped, and asked for by number.
_MOST_EARLY: Final = 1000
#: How typed commands begin that change where lines are said.
_LEAD_ELSEWHERE: Final = ("/join ", "/leave", "/private")
#: Commands that are about no conversation.
_ABOUT_NONE: Final = frozenset({"/help", "/helplines", "/rooms", "/quit"})


class Rooms:
    """The rooms of one client, over one or more connections."""

    def __init__(self, name: str, queue: LineQueue, clock: Callable[[], datetime]) -> None:
        self._name = name
        self._queue = queue
        self._clock = clock
        #: None where the room in which it was is closed: then it must go somewhere first.
        self.at: str | None = ""
        self.wanted = ""
        self._shown = ""  # the last `TalksIn`: where the patient sees that lines are said
        self._logs: dict[str, RoomLog] = {}
        self._early: list[Notice] = []

    @property
    def is_anywhere(self) -> bool:
        """Whether this client is in a room."""
        return bool(self._logs)

    # -- what the patient types ----------------------------------------------------------------

    def typed_command(self, line: str, ident: int, room: str) -> Request:
        """Return the request of a command that the patient typed in this conversation."""
        word, _, rest = line.partition(" ")
        word = word.lower()
        if word == "/join" and rest.strip():
            self.wanted = self._known_name(rest.strip())
            return Request(line, "typed", ident, joins=self.wanted)
        if word == "/private":
            self.wanted = ""
            return Request(line, "typed", ident)
        if word == "/leave":
            if room in self._logs:
                self._logs[room].is_leaving = True
            self.wanted = "" if self.wanted == room else self.wanted
        return Request(line, "typed", ident, room=None if word in _ABOUT_NONE else room)

    def _known_name(self, name: str) -> str:
        """Return a room's name as the server writes it, as far as that is known."""
        return next((room for room in self._logs if same_name(room, name)), name)

    # -- connections ---------------------------------------------------------------------------

    def disconnect(self) -> None:
        """Forget what the connection told that was not passed on."""
        self.at = ""
        self._early.clear()
        for log in self._logs.values():
            log.disconnect()

    def greet(self) -> list[Event]:
        """Request to be in every room again that was not left, before anything else."""
        events: list[Event] = []
        for room, log in tuple(self._logs.items()):
            if log.is_leaving:
                events += self.drop(room, "")
        if not any(map(_leads_elsewhere, self._queue.waiting)):
            if self.wanted and self.wanted not in self._logs:  # its `/join` was lost
                self._go_back(self.wanted)
            if self.wanted != self._shown:
                events.append(self._show(""))
        for room in reversed(self._logs):
            self._queue.put_first(Request(f"/join {room}", "rejoin", joins=room))
        return events

    def way_to(self, room: str | None) -> Request | None:
        """Return the command by which the session gets to a conversation, None if it is there."""
        if room is None or room == self.at:
            return None
        if room:
            return Request(f"/join {room}", "switch", joins=room)
        return Request("/private", "switch")

    # -- answers to commands -------------------------------------------------------------------

    def take_answer(self, asked: Request, reply: Reply) -> list[Event] | None:
        """Take the answer to a command about rooms; return None for any other."""
        if reply.code == codes.JOINED:
            return self._take_joined(asked, reply)
        if reply.code == codes.LEFT_ROOM:
            return self._take_left(asked, reply)
        if asked.joins:
            return self._take_refusal(asked, reply)
        if asked.purpose == "switch":
            self.at = ""  # the server knows of no room to come back from
            return []
        if asked.purpose == "fill":
            return self._take_missed(asked, reply)
        if asked.room and asked.purpose == "history":
            found = tuple(parse_lines(reply.rows))
            return [RoomPage(asked.room, found, asked.about)]
        return None

    def _take_joined(self, asked: Request, reply: Reply) -> list[Event]:
        """Be in a room: for the first time, again, or back from another conversation."""
        room = reply.field("room") or asked.joins
        self._rename(asked.joins, room)
        self.at = room
        last = whole_number(reply.field("exchanges") or "") or 0
        begun = reply.field("begun") or ""
        told = parse_lines(row[1:] for row in reply.rows if row[0] == "line")
        members = tuple(row[1] for row in reply.rows if row[0] == "member" and len(row) > 1)
        log = self._logs.get(room)
        different = log is not None and log.differs(last, begun)
        events: list[Event] = []
        if log is None or different:
            self._logs[room] = RoomLog(last, begun)
            events.append(Joined(room, members, tuple(told), log is not None, different))
            if different:
                events += self._give_back_sent(room, tr(UNSURE_IN_ROOM))
        else:
            if not log.is_here:
                events.append(Joined(room, members, (), again=True))
            log.begun, log.is_leaving, log.is_here = begun, False, True
            events += self._catch_up(room, log, told, last)
        early, self._early = self._early, []
        for notice in early:
            events += self.take_notice(notice)
        if asked.purpose == "typed":
            events.append(self._show(reply.text))
        return events

    def _show(self, text: str) -> Event:
        """Tell the patient where what is typed is said."""
        self._shown = self.wanted
        return TalksIn(self.wanted, text)

    def _go_back(self, room: str) -> None:
        """Let what is typed for a room that this client is not in be said where it was before."""
        if self.wanted == room:
            self.wanted = self._shown if self._shown in self._logs else ""

    def _rename(self, old: str, new: str) -> None:
        if old and old != new:
            self._queue.rename_room(old, new)
            self.wanted = new if self.wanted == old else self.wanted
            self._shown = new if self._shown == old else self._shown
            if old in self._logs:
                self._logs[new] = self._logs.pop(old)

    def _take_left(self, asked: Request, reply: Reply) -> list[Event]:
        events: list[Event] = []
        left, self.at = self.at or "", ""
        if asked.text.lower().startswith("/leave"):
            events += self.drop(left, "")
        if asked.purpose == "typed" and not any(isinstance(each, TalksIn) for each in events):
            events.append(self._show("" if events else reply.text))
        return events

    def _take_refusal(self, asked: Request, reply: Reply) -> list[Event]:
        """Give back what was meant for a room that this client may not enter."""
        room = asked.joins
        why = explain_refusal(reply.code, reply.text)
        events = self.drop(room, why) if room in self._logs else self._give_back_all(room)
        if asked.purpose == "typed":
            events.append(Replied(reply.code, why))
        return events

    # -- what was missed -----------------------------------------------------------------------

    def _catch_up(
        self, room: str, log: RoomLog, told: list[TranscriptLine], last: int
    ) -> list[Event]:
        """Pass on what was said since this client was in the room, or request it."""
        if log.is_filling:
            return []
        first = log.collect(told) or last + 1
        log.fill_to = last
        if first > log.last + 1:
            self._request_missed(room, log, first - 1)
            return []
        return self._pass_missed(room, log)

    def _request_missed(self, room: str, log: RoomLog, last: int) -> None:
        log.is_filling = True
        count = min(last - log.last, PAGE)
        self._queue.put_first(history_request(count, last + 1, "fill", room))

    def _take_missed(self, asked: Request, reply: Reply) -> list[Event]:
        room, last = asked.room or "", asked.about - 1
        log = self._logs.get(room)
        if log is None:
            return []
        first = log.collect(parse_lines(reply.rows)) if reply.code == codes.HISTORY else 0
        if first > log.last + 1 and first <= last:
            self._request_missed(room, log, first - 1)  # the server limits how many it sends
            return []
        return self._pass_missed(room, log)

    def _pass_missed(self, room: str, log: RoomLog) -> list[Event]:
        """Pass on what was collected; the line that waited for its answer may be among it."""
        sent = self._queue.sent_line(room)
        events: list[Event] = []
        found: list[TranscriptLine] = []
        for one in log.fill(log.fill_to):
            if sent is not None and self._may_be(sent, one):
                self._queue.waiting.remove(sent)
                events.append(self._answered(sent, one.number))
                sent = None
            else:
                found.append(one)
        if sent is not None and sent.ends >= MOST_ENDS:
            events.append(self._give_back(sent, tr(UNANSWERED)))
        heard: list[Event] = [Heard(room, tuple(found), missed=True)] if found else []
        self._look_for_gap(room, log)
        return heard + events

    def _may_be(self, line: SpokenLine, one: TranscriptLine) -> bool:
        """Return True if what a room tells may be this line of the client's own."""
        return (
            one.kind == PATIENT
            and same_name(one.name, self._name)
            and one.number >= line.number
            and normalized(one.text) == normalized(line.said)
        )

    # -- notices -------------------------------------------------------------------------------

    def take_notice(self, notice: Notice) -> list[Event]:
        """Take a notice of a room."""
        room = notice.conversation
        log = self._logs.get(room)
        if notice.code == notices.CLOSED:
            return self.drop(room, notice.text, closed=True)
        at = parse_time(notice.time)
        if at is None:
            return []
        if log is None:
            if len(self._early) < _MOST_EARLY:
                self._early.append(notice)
            return []
        one = TranscriptLine(notice.number, at, notice.kind, notice.name, notice.mark, notice.text)
        asked = self._queue.asked
        if isinstance(asked, SpokenLine) and asked.room == room and self._may_be(asked, one):
            log.is_paused = True
        found = log.add(one)
        self._look_for_gap(room, log)
        return [Heard(room, tuple(found))] if found else []

    def _look_for_gap(self, room: str, log: RoomLog) -> None:
        """Request what is missing below a notice."""
        gap = log.gap
        if gap is not None:
            log.fill_to = gap
            self._request_missed(room, log, gap)

    # -- lines ---------------------------------------------------------------------------------

    def wire_line(self, line: SpokenLine) -> str:
        """Return a line as it is sent; its number stays the same however often it is sent."""
        log = self._logs.get(line.room)
        return line.numbered(line.number or (log.highest if log else 0) + 1)

    def take_line_answer(self, line: SpokenLine, reply: Reply) -> list[Event]:
        """Take the answer to a line that was said in a room."""
        log = self._logs.get(line.room)
        if reply.code == codes.WRONG_NUMBER and line.number and log is not None:
            events = self._take_other_number(line, log, reply)
        elif reply.code == codes.SAID:
            number = whole_number(reply.field("number") or "") or 0
            if log is not None and number:
                log.note_own(number)
            events = [self._answered(line, number)]
        elif reply.code == codes.SAYS:  # a blank line
            entry = HistoryEntry(0, self._clock(), 0, "", line.said, reply.text)
            events = [Answered(line.ident, entry, recorded=False, room=line.room)]
        else:
            why = explain_refusal(reply.code, reply.text)
            events = [NotRecorded(line.ident, reply.code, line.said, why)]
            if reply.code == codes.NOT_NOW:  # the room is closed; a notice of it may come later
                events += self.drop(line.room, reply.text, closed=True)
        if log is not None:
            log.is_paused = False
            found = log.release()
            events += [Heard(line.room, tuple(found))] if found else []
            self._look_for_gap(line.room, log)
        return events

    def _take_other_number(self, line: SpokenLine, log: RoomLog, reply: Reply) -> list[Event]:
        """Number a line anew whose number is too old; return it where the room is another one."""
        last = whole_number(reply.field("exchanges") or "") or 0
        line.refusals += 1
        if last < line.number or line.refusals >= _MOST_REFUSALS:
            return [NotRecorded(line.ident, reply.code, line.said, tr(REFUSED_NUMBER))]
        line.number = max(last, log.highest) + 1
        self._queue.put_first(line)
        return []

    def _answered(self, line: SpokenLine, number: int) -> Event:
        entry = HistoryEntry(number, self._clock(), 0, "", line.said, "")
        return Answered(line.ident, entry, recorded=number > 0, room=line.room)

    def _give_back(self, line: SpokenLine, why: str) -> Event:
        self._queue.waiting.remove(line)
        return NotRecorded(line.ident, codes.WELCOME, line.said, why.format(room=line.room))

    def _give_back_sent(self, room: str, why: str) -> list[Event]:
        sent = self._queue.sent_line(room)
        return [self._give_back(sent, why)] if sent is not None else []

    def _give_back_all(self, room: str) -> list[Event]:
        """Give back every line that waits for a room; what is typed next is said elsewhere."""
        lines = self._queue.take_out(room)
        self._go_back(room)
        return [
            NotRecorded(
                line.ident,
                codes.NOT_NOW,
                line.said,
                tr(UNSURE_IN_ROOM if line.sent else NOT_IN_ROOM).replace("{room}", room),
            )
            for line in lines
        ]

    def drop(self, room: str, text: str, *, closed: bool = False) -> list[Event]:
        """Be in a room no longer."""
        if self._logs.pop(room, None) is None:
            return []
        if self.at == room:
            self.at = None
        events = [LeftRoom(room, text, closed), *self._give_back_all(room)]
        return [*events, self._show("")] if self._shown == room else events


def _leads_elsewhere(item: SpokenLine | Request) -> bool:
    """Return True for a typed command that changes where lines are said."""
    return isinstance(item, Request) and item.text.lower().startswith(_LEAD_ELSEWHERE)
