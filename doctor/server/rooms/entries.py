"""What is recorded in a room: each entry as a function of the room's doctor and the time.

An entry is made with the room's turn held (`doctor.patients.patient.Patient.record_later`), maybe
twice, where another server was quicker: so each class here makes it from the doctor as it is then,
and remembers of the last time what the entry itself does not say.

    SaidLine     a member's line, with what the host answers at once, or the entry that was it
    Coming       somebody comes; `welcome` is then said by the host
    Welcome      what the host says to somebody who came
    Leaving      somebody leaves
    Waited       what the host says to a line that nobody has answered; mostly nothing
    RemoteNews   nothing: only when the host wants to look, after another server's entries
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, cast

from doctor.errors import WrongNumber
from doctor.history.transcript import Exchange, milliseconds
from doctor.patients.base import Repeated
from doctor.patients.names import key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.doctor import Answer, Doctor
    from doctor.hosting import AnyRoomMachine

    #: Returns the last entries of a room.
    Recent = Callable[[int], Sequence[Exchange]]

#: Entries among which a line is looked for that is sent again.
SEARCHED: Final = 1000
#: Seconds by which a server calls the host later for another server's line.
LATER: Final = 0.5
#: Told in the place of an entry where there is nothing to record.
NOTHING: Final = Exchange(0, 0.0, 0, "", "")


def host_of(doctor: Doctor) -> AnyRoomMachine:
    """Return who answers in a room, which its doctor has in the place of a machine."""
    return cast("AnyRoomMachine", doctor.machine)


def rounded(now: float) -> float:
    """Return a time as it is recorded: a state is made again from what is recorded."""
    return milliseconds(now) / 1000


#: Counts entries in the order in which they were made.
_ORDER: Final = itertools.count(1)


class Entry:
    """One entry in the making; called by one thread at a time, with the room's turn held."""

    event = ""

    def __init__(self, name: str = "", text: str = "") -> None:
        self.name = name
        self.text = text  #: what the host says, where it is known before
        #: Which of two entries was made later.
        self.order = 0
        #: When the host is to look whether somebody has answered, None where nothing waits.
        self.due: float | None = None
        self.private = ""  #: for the speaker alone
        self._made: Exchange | None = None

    def __call__(self, doctor: Doctor, now: float) -> Answer | Exchange:
        """Return what is to be recorded, or an exchange with the number 0 for nothing."""
        answer = self._make(doctor, rounded(now))
        if isinstance(answer, Exchange):
            state, self._made = doctor.state, None
        else:
            state, self._made = answer.state, answer.exchange
        self.due = host_of(doctor).wants_answer_at(state)
        self.order = next(_ORDER)
        return answer

    def is_same(self, stored: Exchange) -> bool:
        """Return True if this is what the storage has, where it is recorded and not told yet."""
        made = self._made
        return made is not None and (
            (made.number, made.at, made.speaker, made.patient, made.event)
            == (stored.number, stored.at, stored.speaker, stored.patient, stored.event)
        )

    def unrecorded(self, now: float) -> Exchange:
        """Return what is told where this cannot be recorded."""
        return Exchange(0, rounded(now), 0, "", self.text, speaker=self.name, event=self.event)

    def _make(self, doctor: Doctor, now: float) -> Answer | Exchange:
        raise NotImplementedError


class SaidLine(Entry):
    """A member's line."""

    def __init__(self, name: str, line: str, number: int, recent: Recent) -> None:
        """Take the line, and the lowest `number` that it may have, or 0.

        Where it is recorded under that number or a later one already it is not recorded again.
        """
        super().__init__(name)
        self._line, self._number, self._recent = line, number, recent

    def _make(self, doctor: Doctor, now: float) -> Answer | Exchange:
        found = self._find(doctor) if self._number else None
        if found is not None:
            return found
        response = host_of(doctor).hear(doctor.state, self.name, self._line, now)
        self.private = response.private
        return doctor.entry(
            now,
            response.state,
            self._line,
            speaker=self.name,
            doctor=response.reply,
            keyword=response.keyword,
            mark=response.mark,
        )

    def _find(self, doctor: Doctor) -> Repeated | None:
        """Return the entry that this line is already. WrongNumber where that cannot be told."""
        last, number = doctor.transcript.last_number, self._number
        if number > last + 1 or last - number >= SEARCHED:
            raise WrongNumber(f"the last number is {last}, and {number} is far from it", last)
        if number > last:
            return None
        for entry in self._recent(last - number + 1):
            if entry.number >= number and (entry.patient, key(entry.speaker)) == (
                self._line,
                key(self.name),
            ):
                return Repeated(*entry)
        return None


class Coming(Entry):
    """Somebody comes; `is_first` tells whether nobody else is there.

    Where another one entered later and is recorded before, it is no longer so.
    """

    event = "came"

    def __init__(self, name: str, is_first: Callable[[], bool]) -> None:
        super().__init__(name)
        self._is_first = is_first
        self.welcome: Welcome | None = None

    def _make(self, doctor: Doctor, now: float) -> Answer:
        if self._is_first():
            doctor.greeting(now)  # a session of the room begins
        else:  # on this server it may be the first
            doctor.session = max(doctor.transcript.summary.sessions, 1)
        response = host_of(doctor).came(doctor.state, self.name, now)
        self.welcome = Welcome(response.reply, response.keyword) if response.reply else None
        return doctor.entry(now, response.state, speaker=self.name, event=self.event)


class Welcome(Entry):
    """What the host says to somebody who came: a state of its own it has not."""

    def __init__(self, text: str, keyword: str) -> None:
        super().__init__(text=text)
        self._keyword = keyword

    def _make(self, doctor: Doctor, now: float) -> Answer:
        return doctor.entry(now, doctor.state, doctor=self.text, keyword=self._keyword)


class Leaving(Entry):
    """Somebody leaves."""

    event = "left"

    def _make(self, doctor: Doctor, now: float) -> Answer:
        response = host_of(doctor).left(doctor.state, self.name, now)
        return doctor.entry(now, response.state, speaker=self.name, event=self.event)


class Waited(Entry):
    """What the host says where nobody has answered a line for some time."""

    def _make(self, doctor: Doctor, now: float) -> Answer | Exchange:
        response = host_of(doctor).wait(doctor.state, now)
        if not response.reply:
            if response.state != doctor.state:
                doctor.move_on(response.state)
            return NOTHING
        return doctor.entry(
            now,
            response.state,
            doctor=response.reply,
            keyword=response.keyword,
            mark=response.mark,
        )


class RemoteNews(Entry):
    """Nothing; whoever recorded the last line calls the host a little earlier than others do."""

    def _make(self, doctor: Doctor, now: float) -> Exchange:
        del doctor, now
        return NOTHING

    def __call__(self, doctor: Doctor, now: float) -> Answer | Exchange:
        """See `Entry`."""
        nothing = super().__call__(doctor, now)
        if self.due is not None:
            self.due += LATER
        return nothing
