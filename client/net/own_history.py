"""What a session knows of the patient's own history: `OwnHistory`.

The greeting carries the number of the last exchange. `Known.confirmed` is the last number known
from the server, `Known.answered` are the lines answered since. After a new greeting everything
above that number is requested and compared with what was sent: the answered lines come first, in
order; then, if the server had recorded it, the line that was waiting for its reply; any other
exchange came from another connection of the patient, or from a person. A waiting line that is not
found was not recorded, and is sent again. The server has a different history if it has fewer
exchanges than this client saw, if that began at another time, or if answered lines are missing.
Then the waiting line cannot be looked for: it is given back.

A line may also arrive late: after the greeting of the next connection. Therefore each line is sent
with the number that its exchange is to have (`/as N TEXT`), and the server records it once, however
often it arrives. If the number is not the next, what is not known is requested, and the line is
sent with the next number. A server without `/as` gets lines without numbers.

Pure; only the conversation's thread uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.exchange import HistoryEntry
from client.model.language import tr
from client.net.events import (
    REFUSED_NUMBER,
    UNANSWERED,
    UNSURE,
    Answered,
    HistoryPage,
    Missed,
    NotRecorded,
    Replied,
    Welcomed,
    explain_refusal,
)
from client.net.lines import parse_notices, readable_rows, whole_number
from client.net.pending import MOST_ENDS, PAGE, Known, Request, compare, history_request
from doctor.protocol import codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from client.net.events import Event
    from client.net.pending import LineQueue, SpokenLine
    from doctor.protocol import Reply

#: After so many refusals in a row of the number of a line it is not sent again.
_MOST_REFUSALS: Final = 5


class OwnHistory:
    """The patient's own history as a client knows it, over one or more connections."""

    def __init__(self, queue: LineQueue, clock: Callable[[], datetime]) -> None:
        self._queue = queue
        self._clock = clock
        self._known = Known()
        self._missed: list[HistoryEntry] = []
        self._failed_recoveries = 0
        #: Notices up to this number tell nothing new: it is requested as history.
        self._recovered = 0
        self._is_recovering = False
        self._noticed = 0
        #: Whether the server takes lines with numbers.
        self.takes_numbers = True

    @property
    def was_open(self) -> bool:
        """Whether the session was open at any time."""
        return self._known.confirmed is not None

    def disconnect(self, asked: SpokenLine | Request | None) -> None:
        """Forget what a connection told that has ended while this was under way."""
        if isinstance(asked, Request) and asked.purpose == "recover":
            self._failed_recoveries += 1
        self._missed = []
        self._is_recovering = False
        self.takes_numbers = True

    # -- greetings -----------------------------------------------------------------------------

    def greet(self, reply: Reply) -> list[Event]:
        """Take a greeting; request what this client does not know."""
        last = whole_number(reply.field("exchanges") or "") or 0
        reconnected = self.was_open
        known, begun = self._known, reply.field("begun") or ""
        # The name may belong to a different history now; no line can be looked for in it.
        different = reconnected and known.differs(last, begun)
        known.begun = begun
        self._recovered = last
        notice, watched, reading = parse_notices(reply.rows, again=reconnected)
        events: list[Event] = [
            Welcomed(
                reply.text, notice, last, reconnected, different, watched, reading, script_of(reply)
            )
        ]
        fresh = last - (known.confirmed or 0)
        lost_track = fresh > 0 and self._failed_recoveries >= MOST_ENDS
        sent = self._queue.sent_line("")
        if not reconnected or different or lost_track:
            known.restart(last)
            self._failed_recoveries = 0
        elif fresh > 0:
            self._recover(fresh)
        if sent is not None and (different or lost_track):
            events.append(self._give_back(sent, tr(UNSURE)))
        elif sent is not None and sent.ends >= MOST_ENDS and not self._is_recovering:
            events.append(self._give_back(sent, tr(UNANSWERED)))
        return events

    def _recover(self, count: int, before: int = 0) -> None:
        """Request exchanges that this client never saw, before anything else."""
        self._is_recovering = True
        self._queue.put_first(history_request(min(count, PAGE), before, "recover"))

    def _give_back(self, line: SpokenLine, why: str) -> Event:
        """Return a waiting line to the patient."""
        self._queue.waiting.remove(line)
        return NotRecorded(line.ident, codes.WELCOME, line.said, why)

    # -- lines ---------------------------------------------------------------------------------

    def wire_line(self, line: SpokenLine) -> str:
        """Return a line as it is sent."""
        return line.numbered(self._known.last + 1) if self.takes_numbers else line.text

    def take_answer(self, line: SpokenLine, reply: Reply) -> list[Event]:
        """Take the answer to a line; return nothing if the line is to be sent again."""
        if line.number and reply.code == codes.NO_COMMAND:
            self.takes_numbers = False
            return self._send_again(line)
        if line.number and reply.code == codes.WRONG_NUMBER:
            return self._take_other_number(line, reply)
        code = reply.code
        if code not in {codes.SAYS, codes.SAID}:
            return [NotRecorded(line.ident, code, line.said, explain_refusal(code, reply.text))]
        recorded = bool(line.said.strip())
        number = line.number or self._known.last + 1
        if recorded and number > self._known.last:
            self._known.answered.append(line.said)
        doctor = reply.text if code == codes.SAYS else ""
        at, mark = self._clock(), reply.field("mark") or ""
        number = number if recorded else self._known.last
        return [
            Answered(line.ident, HistoryEntry(number, at, 0, mark, line.said, doctor), recorded)
        ]

    def _take_other_number(self, line: SpokenLine, reply: Reply) -> list[Event]:
        """Number a refused line anew; first request the exchanges that this client never saw."""
        last = whole_number(reply.field("exchanges") or "")
        line.refusals += 1
        if last is None or last < line.number or line.refusals >= _MOST_REFUSALS:
            return [NotRecorded(line.ident, reply.code, line.said, tr(REFUSED_NUMBER))]
        self._send_again(line)
        missing = last - (self._known.confirmed or 0)
        if missing > 0:
            self._recovered = max(self._recovered, last)
            self._recover(missing)
        return []

    def _send_again(self, line: SpokenLine) -> list[Event]:
        """Queue a refused line; it is the first to be sent."""
        line.number = 0
        self._queue.put_first(line)
        return []

    def take_notice(self, number: int) -> bool:
        """Count what a notice tells; return False if it is known already."""
        if 0 < number <= self._recovered:
            return False
        if self._is_recovering:
            self._noticed = max(self._noticed, number)
        elif number > self._known.last:
            self._known.restart(number)
        return True

    # -- histories -----------------------------------------------------------------------------

    def take_history(self, asked: Request, found: tuple[HistoryEntry, ...]) -> list[Event]:
        """Take exchanges that were requested."""
        if asked.purpose != "recover":
            if asked.purpose == "typed":
                return [Replied(codes.HISTORY, "", readable_rows(found))]
            if not asked.about:
                # Every line answered so far is included in these numbers.
                self._known.restart(found[-1].number if found else 0)
            return [HistoryPage(found, asked.about, asked.purpose)]
        confirmed = self._known.confirmed or 0
        self._missed = [entry for entry in found if entry.number > confirmed] + self._missed
        if found and confirmed + 1 < found[0].number < (asked.about or found[0].number + 1):
            # The server limits how many it sends at a time: request the ones before these.
            self._recover(found[0].number - confirmed - 1, found[0].number)
            return []
        return self._reconcile()

    def _reconcile(self) -> list[Event]:
        """Find this client's own lines among the exchanges that it did not know."""
        waiting = self._queue.sent_line("")
        result = compare(self._missed, self._known.answered, waiting)
        events: list[Event] = [Missed(result.missed)] if result.missed else []
        if waiting and result.own:
            self._queue.waiting.remove(waiting)
            events.append(Answered(waiting.ident, result.own))
        elif waiting and result.incomplete:
            events.append(self._give_back(waiting, tr(UNSURE)))
        elif waiting and waiting.ends >= MOST_ENDS:
            events.append(self._give_back(waiting, tr(UNANSWERED)))
        last = self._missed[-1].number if self._missed else self._known.confirmed or 0
        self._known.restart(max(last, self._noticed))
        self._missed = []
        self._is_recovering, self._noticed = False, 0
        self._failed_recoveries = 0
        return events

    def forget(self) -> None:
        """Count anew: the history was erased."""
        self._known = Known(0)
        self._recovered = 0

    def take_back(self) -> None:
        """Note that an exchange was taken back: one of the answered lines may be gone."""
        self._known.restart(self._known.last)


def script_of(reply: Reply) -> tuple[str, ...]:
    """Return what a greeting says of a script of 1966, a field each; nothing of any other."""
    return next((row[1:] for row in reply.rows if row[0] == "script"), ())
