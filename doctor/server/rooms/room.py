"""One room in which somebody is: what is recorded there, and what its members are told.

A line on its way:

    member's thread     the room's turn -> the host hears it -> the storage
    committing thread   on disk: the member gets 251, and the room is given to the publisher
    publisher's thread  the notices go to all members, in the order of the numbers

So a line is on disk before anybody sees it, a member's reply waits for no other member, and every
member is told the same in the same order. Where entries come out of order (two threads commit one
after the other, and the second is quicker; or another server recorded one) the publisher reads what
is missing from the storage, which has it by then.

**Threads.** `say_later` and `end_patience` may be called from any thread, `publish` belongs to the
publisher's. `members` is replaced as a whole by `doctor.server.rooms.registry.RoomRegistry`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DoctorError, NotSaved, WrongPassphrase
from doctor.history.transcript import Exchange
from doctor.patients.base import Repeated
from doctor.server import logs
from doctor.server.rooms.entries import Coming, Entry, Leaving, SaidLine, Waited
from doctor.server.rooms.telling import encode_entry, encode_private
from doctor.server.sessions import SavedExchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.patients.store import Patient, PatientStore
    from doctor.server.metrics import Metrics
    from doctor.server.rooms.member import RoomMember
    from doctor.server.rooms.patience import PatienceTimer
    from doctor.server.rooms.publisher import Publisher
    from doctor.server.sessions import Sessions

    Done = Callable[[Exchange | Exception], None]

#: Entries that another server recorded and that are read at once.
_PAGE: Final = 1000


class RoomServices(NamedTuple):
    """What all rooms of a server share."""

    store: PatientStore
    sessions: Sessions
    metrics: Metrics
    publisher: Publisher
    timer: PatienceTimer


class Room:
    """One room; see the module."""

    def __init__(self, key: str, history: Patient, services: RoomServices) -> None:
        """Begin after the last entry, which nobody needs to be told."""
        self.key, self.name = key, history.name
        #: Which history of this name it is: one that was erased has another room.
        self.life = history.life
        self.members: tuple[RoomMember, ...] = ()
        #: When the host is to look whether somebody has answered, and when the timer does.
        self.due: float | None = None
        self.timed_at: float | None = None
        self._services = services
        self._store = services.store
        self._told = history.last_number
        self._lock = threading.Lock()
        self._telling = threading.Lock()  # held while members are told, which waits for none
        self._news: dict[int, tuple[Exchange, RoomMember | None]] = {}
        self._unrecorded: list[tuple[Exchange, RoomMember | None]] = []
        self._timed_by = 0  # the order of the entry that set the time

    # -- recording ---------------------------------------------------------------------------------

    def say_later(self, member: RoomMember, line: str, number: int, done: Done) -> None:
        """Say a member's line; `done` is called as by `Patient.say_later`."""
        patient = member.history
        storage = self._store.storage
        said = SaidLine(
            member.name, line, number, lambda n: storage.history(patient.active, n, None)
        )

        def recorded(outcome: Exchange | Exception) -> None:
            done(outcome)
            if isinstance(outcome, Exchange) and type(outcome) is not Repeated:
                try:
                    if said.private:
                        private = encode_private(self.name, said.private, outcome.at)
                        member.connection.notify(private)
                    self._take_in(said, outcome, member)
                except Exception:  # noqa: BLE001 - this thread commits for everybody
                    logs.LOG.exception("fault in telling the members of a room")

        patient.record_later(said, recorded)

    def let_in(self, member: RoomMember, *, is_first: bool) -> None:
        """Record that somebody came, and what the host says to that; waits for the disk.

        UnknownPatient where the room was erased meanwhile, WrongPassphrase.
        """
        coming = Coming(member.name, is_first=is_first)
        entry = self._record(member, coming)
        self._take_in(coming, entry, member)
        if coming.welcome is not None:
            self._take_in(coming.welcome, self._record(member, coming.welcome), member)

    def _record(self, member: RoomMember, entry: Entry) -> Exchange:
        """Record an entry and wait for the disk; one that cannot be stored has the number 0."""
        try:
            return member.history.record(entry)
        except NotSaved as error:
            logs.warn("entry not saved", room=self.name, why=str(error))
            return entry.unrecorded(self._store.clock())

    def rename_member(self, old: str, member: RoomMember) -> None:
        """Record that a member has another name: one leaves and one comes; nobody is welcomed."""
        self.let_out(member, old)
        coming = Coming(member.name, is_first=False)
        try:
            self._take_in(coming, self._record(member, coming), None)
        except DoctorError as error:  # it leaves, or the room is closed for it
            logs.info("renamed member not told", room=self.name, why=str(error))

    def let_out(self, member: RoomMember, name: str = "") -> None:
        """Record that somebody left, under another name where one is given; does not wait.

        Another member's connection does it for who has not given a new passphrase.
        """
        leaving = Leaving(name or member.name)

        def recorded(outcome: Exchange | Exception) -> None:
            if isinstance(outcome, Exception):
                outcome = leaving.unrecorded(self._store.clock())
            self._take_in(leaving, outcome, None)

        if not self._record_later(leaving, recorded, (member.history, *self._patients())):
            recorded(NotSaved("nobody is left who could record it"))

    def end_patience(self) -> None:
        """Let the host say something where nobody has answered; called by the timer."""
        waited = Waited()

        def recorded(outcome: Exchange | Exception) -> None:
            if isinstance(outcome, Exchange):
                self._take_in(waited, outcome, None)

        self._record_later(waited, recorded, self._patients())

    def _patients(self) -> Iterator[Patient]:
        return (member.history for member in self.members)

    def _record_later(
        self, entry: Entry, recorded: Done, patients: Iterator[Patient] | tuple[Patient, ...]
    ) -> bool:
        """Record an entry over the first of these connections that may; False where none may."""
        for patient in patients:
            try:
                patient.record_later(entry, recorded)
            except WrongPassphrase:  # another one may
                continue
            except DoctorError:  # erased: another one's history may be a new one
                return False
            return True
        return False

    def _take_in(self, entry: Entry, exchange: Exchange, origin: RoomMember | None) -> None:
        """Have an entry told that is recorded, to all but its `origin`, and set the timer."""
        number = exchange.number
        is_news = bool(number or exchange.event or exchange.doctor)
        with self._lock:
            is_latest = entry.order > self._timed_by
            self._timed_by = max(self._timed_by, entry.order)
            if number:
                self._news[number] = (exchange, origin)
            elif is_news:
                self._unrecorded.append((exchange, origin))
        if is_latest:
            self._services.timer.set(self, entry.due)
        if is_news:
            self._services.publisher.put(self)
        sessions = self._services.sessions
        if number and (exchange.mark or sessions.subscribers):
            sessions.publish(SavedExchange(self.name, exchange, in_room=True))

    # -- telling -----------------------------------------------------------------------------------

    def publish(self) -> None:
        """Tell the members what is new, in the order of its numbers; the publisher's thread."""
        while True:
            with self._lock:
                news, self._unrecorded = self._unrecorded, []
                while self._told + 1 in self._news:
                    self._told += 1
                    news.append(self._news.pop(self._told))
                missing = min(self._news, default=0)
            for exchange, origin in news:
                self._tell(exchange, origin)
            if not missing:
                return
            if missing <= self._told:
                with self._lock:
                    self._news.pop(missing, None)
                continue
            self._read(missing)

    def _read(self, before: int) -> None:
        """Take in the entries that are missing before this one: the storage has them by now."""
        found = self._recorded(before)
        with self._lock:
            for each in found:
                if self._told < each.number < before:
                    self._news.setdefault(each.number, (each, None))
            first = min((number for number in self._news if number > self._told), default=before)
            self._told = max(self._told, first - 1)  # what is not there was lost to a damage

    def wait_until_told(self) -> None:
        """Return when nobody who was taken out of `members` before is told anything any more."""
        with self._telling:
            return

    def look(self) -> None:
        """Take in what another server has recorded; called now and then where there are several."""
        storage = self._store.storage
        for patient in self._patients():
            for last in storage.history(patient.active, 1, None):
                with self._lock:
                    if last.number > self._told:
                        self._news.setdefault(last.number, (last, None))
            break
        self.publish()

    def _recorded(self, before: int) -> list[Exchange]:
        storage = self._store.storage
        wanted = min(before - self._told - 1, _PAGE)
        for patient in self._patients():
            try:
                return list(storage.history(patient.active, wanted, before))
            except (DoctorError, OSError) as error:
                logs.warn("entries cannot be told", room=self.name, why=str(error))
        return []

    def _tell(self, exchange: Exchange, origin: RoomMember | None) -> None:
        line, reply = encode_entry(self.name, exchange)
        both = line + reply
        told = dropped = 0
        # Who comes sees both entries of that in the answer to /join.
        own = reply if exchange.patient else b""
        with self._telling:
            for member in self.members:
                data = own if member is origin else both
                if data:
                    arrived = member.connection.notify(data)
                    told, dropped = told + arrived, dropped + (not arrived)
        self._services.metrics.count_notices(told, dropped)

    @property
    def names(self) -> list[tuple[str, float]]:
        """Who is here, a patient with several connections once, and since when."""
        found: dict[str, tuple[str, float]] = {}
        for member in self.members:
            found.setdefault(member.key, (member.name, member.since))
        return list(found.values())
