"""One room in which somebody is: what is recorded there, and what its members are told.

A line on its way:

    member's thread     the room's turn -> the host hears it -> the storage
    committing thread   on disk: the member gets 251, and the room is given to the publisher
    publisher's thread  the notices go to all members, in the order of the numbers

Where nobody else commits, the member's thread does all three, and no other one has to wake up.

So a line is on disk before anybody sees it, a member's reply waits for no other member, and every
member is told the same in the same order. Where entries come out of order (two threads commit one
after the other, and the second is quicker; or another server recorded one) what is missing is read
from the storage, which has it by then. Another server is told of what was recorded here
after the members were, and looks into the storage (`doctor.patients.shared_rooms`).

**Threads.** `say_later`, `end_patience` and `publish` may be called from any thread; one at a time
publishes. `members` is replaced as a whole by `doctor.server.rooms.registry.RoomRegistry`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DoctorError, NotSaved, WrongPassphrase
from doctor.history.transcript import Exchange
from doctor.patients.base import Repeated
from doctor.server import logs
from doctor.server.rooms.entries import Coming, Entry, Leaving, RemoteNews, SaidLine, Waited
from doctor.server.rooms.telling import encode_entry, encode_private
from doctor.server.sessions import SavedExchange
from doctor.yielding import let_ready_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.patients.shared_rooms import SharedRooms
    from doctor.patients.store import Patient, PatientStore
    from doctor.server.metrics import Metrics
    from doctor.server.rooms.member import RoomMember
    from doctor.server.rooms.patience import PatienceTimer
    from doctor.server.rooms.publisher import Publisher
    from doctor.server.sessions import Sessions

    Done = Callable[[Exchange | Exception], None]

#: Members who are told before threads that are ready go first: nobody waits for a notice. To tell
#: so many takes a millisecond; where another program uses the processor, giving way takes three.
_TOLD_AT_ONCE: Final = 64
#: Entries that another server recorded and that are read at once.
_PAGE: Final = 1000


class RoomServices(NamedTuple):
    """What all rooms of a server share."""

    store: PatientStore
    sessions: Sessions
    metrics: Metrics
    publisher: Publisher
    timer: PatienceTimer
    shared: SharedRooms | None


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
        self._publishing = threading.Lock()
        self._telling = threading.Lock()  # held while members are told, which waits for none
        self._news: dict[int, tuple[Exchange, RoomMember | None]] = {}
        self._unrecorded: list[tuple[Exchange, RoomMember | None]] = []
        self._timed_by = 0  # the order of the entry that set the time
        self._has_own = False  # other servers are to be told of something
        #: Entries that may be stored and are not taken in yet, and for whom they are no news.
        self._under_way: dict[Entry, RoomMember | None] = {}

    # -- recording ---------------------------------------------------------------------------------

    def say_later(self, member: RoomMember, line: str, number: int, done: Done) -> None:
        """Say a member's line; `done` is called as by `Patient.say_later`."""
        patient, here, is_told_here = member.history, threading.get_ident(), False
        storage = self._store.storage
        said = SaidLine(
            member.name, line, number, lambda n: storage.history(patient.active, n, None)
        )

        def recorded(outcome: Exchange | Exception) -> None:
            nonlocal is_told_here
            done(outcome)
            if isinstance(outcome, Exchange) and type(outcome) is not Repeated:
                try:
                    if said.private:
                        private = encode_private(self.name, said.private, outcome.at)
                        member.connection.notify(private)
                    # After the commit, which others may wait for.
                    is_told_here = threading.get_ident() == here
                    self._take_in(said, outcome, member, is_told_later=is_told_here)
                except Exception:  # noqa: BLE001 - this thread commits for everybody
                    logs.LOG.exception("fault in telling the members of a room")
            else:
                self._give_up(said)

        self._expect(said, member)
        try:
            patient.record_later(said, recorded)
        except BaseException:
            self._give_up(said)
            raise
        if is_told_here:
            self._publish_here()

    def _expect(self, entry: Entry, origin: RoomMember | None) -> None:
        with self._lock:
            self._under_way[entry] = origin

    def _give_up(self, entry: Entry) -> None:
        with self._lock:
            self._under_way.pop(entry, None)

    def let_in(self, member: RoomMember, is_first: Callable[[], bool]) -> None:
        """Record that somebody came, and what the host says to that; waits for the disk.

        UnknownPatient where the room was erased meanwhile, WrongPassphrase.
        """
        coming = Coming(member.name, is_first)
        self._record(member, coming, member)
        if coming.welcome is not None:
            self._record(member, coming.welcome, member)

    def _record(self, member: RoomMember, entry: Entry, origin: RoomMember | None) -> None:
        """Record an entry, wait for the disk, and have it told to all but its `origin`.

        One that cannot be stored is told too.
        """
        self._expect(entry, origin)
        try:
            exchange = member.history.record(entry)
        except NotSaved as error:
            logs.warn("entry not saved", room=self.name, why=str(error))
            exchange = entry.unrecorded(self._store.clock())
        except BaseException:
            self._give_up(entry)
            raise
        self._take_in(entry, exchange, origin)

    def rename_member(self, old: str, member: RoomMember) -> None:
        """Record that a member has another name: one leaves and one comes; nobody is welcomed."""
        self.let_out(old, member.history)
        try:
            self._record(member, Coming(member.name, lambda: False), None)
        except DoctorError as error:  # it leaves, or the room is closed for it
            logs.info("renamed member not told", room=self.name, why=str(error))

    def let_out(self, name: str, *patients: Patient) -> None:
        """Record that somebody left; does not wait.

        The first of these, or else of the members' connections, does it that may: who left may
        not have given a new passphrase.
        """
        leaving = Leaving(name)

        def recorded(outcome: Exchange | Exception) -> None:
            if isinstance(outcome, Exception):
                outcome = leaving.unrecorded(self._store.clock())
            self._take_in(leaving, outcome, None)

        if not self._record_later(leaving, recorded, (*patients, *self._patients())):
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

    def _take_in(
        self,
        entry: Entry,
        exchange: Exchange,
        origin: RoomMember | None,
        *,
        is_told_later: bool = False,
    ) -> None:
        """Have an entry told that is recorded, to all but its `origin`, and set the timer.

        With `is_told_later` the caller has it told.
        """
        number = exchange.number
        is_news = bool(number or exchange.event or exchange.doctor)
        with self._lock:
            is_latest = entry.order > self._timed_by
            self._timed_by = max(self._timed_by, entry.order)
            self._under_way.pop(entry, None)
            if number:
                self._news[number] = (exchange, origin)
                self._has_own = True
            elif is_news:
                self._unrecorded.append((exchange, origin))
        if is_latest:
            self._services.timer.set(self, entry.due)
        if is_news and not is_told_later:
            self._services.publisher.put(self)
        sessions = self._services.sessions
        if number and (exchange.mark or sessions.subscribers):
            sessions.publish(SavedExchange(self.name, exchange, in_room=True))

    # -- telling -----------------------------------------------------------------------------------

    def publish(self) -> None:
        """Tell the members what is new, in the order of its numbers."""
        with self._publishing:
            with self._lock:
                has_own, self._has_own = self._has_own, False
            self._publish()
        if has_own and self._services.shared is not None:
            self._services.shared.announce(self.key)

    def _publish_here(self) -> None:
        """Publish in the thread of who spoke, or leave to the publisher what would wait."""
        if self._services.shared is not None or not self._publishing.acquire(blocking=False):
            self._services.publisher.put(self)
            return
        try:
            self._publish()
        except Exception:  # noqa: BLE001 - what is told here was recorded, and answered
            logs.LOG.exception("fault in telling the members of a room")
        finally:
            self._publishing.release()

    def _publish(self) -> None:
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
                    self._news.setdefault(each.number, (each, self._origin_of(each)))
            first = min((number for number in self._news if number > self._told), default=before)
            self._told = max(self._told, first - 1)  # what is not there was lost to a damage

    def wait_until_told(self) -> None:
        """Return when nobody who was taken out of `members` before is told anything any more."""
        with self._telling:
            return

    def _origin_of(self, stored: Exchange) -> RoomMember | None:
        """Return for whom an entry that was read is no news; with the lock held."""
        return next(
            (member for entry, member in self._under_way.items() if entry.is_same(stored)), None
        )

    def look(self) -> None:
        """Take in what another server has recorded, and when the host wants to look after it."""
        patient = next(self._patients(), None)
        if patient is None:
            return
        self._store.look_again(patient.active)
        is_new = False
        for last in self._store.storage.history(patient.active, 1, None):
            with self._lock:
                if last.number > self._told and last.number not in self._news:
                    self._news[last.number] = (last, self._origin_of(last))
                    is_new = True
        if is_new:
            heard = RemoteNews()

            def looked(outcome: Exchange | Exception) -> None:
                if isinstance(outcome, Exchange):
                    self._take_in(heard, outcome, None)

            self._record_later(heard, looked, self._patients())
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
            for at, member in enumerate(self.members):
                if not at % _TOLD_AT_ONCE:
                    let_ready_run()
                data = own if member is origin else both
                if data:
                    arrived = member.connection.notify(data)
                    told, dropped = told + arrived, dropped + (not arrived)
        self._services.metrics.count_notices(told, dropped)
