"""Store patients as rows in PostgreSQL: `PostgreSQLStorage`.

    load      reads the patient's row, and waits for a commit of another server that is under way
    submit    -> committer: one statement for many patients' exchanges -> told

Several servers may have the same patient in memory. Each exchange says which number and version
the patient's row has; where another server was quicker nothing is stored: the row is read anew, the
line answered anew. Where that happens twice in a row the row is locked before it is answered.
"""

from __future__ import annotations

import logging
import struct
import time
from typing import TYPE_CHECKING, Final

from doctor.doctor import MAX_REPLAY, Doctor
from doctor.errors import (
    LockUnreadable,
    NameTaken,
    NotSaved,
    StoreAway,
    StoreError,
    UnknownPatient,
)
from doctor.history.snapshot import ROOM, ScriptId
from doctor.history.transcript import HistoryCounts, milliseconds
from doctor.patients import passphrase
from doctor.patients.active import require_kind
from doctor.patients.base import Repaired, StorageCounts
from doctor.patients.names import key
from doctor.patients.postgresql import maintenance, reading, rows
from doctor.patients.postgresql.batches import PendingExchange
from doctor.patients.postgresql.committer import Committer
from doctor.patients.postgresql.connection import Database
from doctor.patients.postgresql.guesses import DatabaseGuesses
from doctor.patients.postgresql.listening import ChangeListener
from doctor.patients.postgresql.locked_rows import LockedRows, read_head
from doctor.patients.postgresql.pool import Pool
from doctor.patients.postgresql.readers import Readers
from doctor.patients.postgresql.room_members import RoomMembers
from doctor.patients.postgresql.rows import Head, Row
from doctor.patients.postgresql.statements import SINCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doctor.doctor import Answer, AnyMachine
    from doctor.history.searching import TextBlock
    from doctor.history.transcript import Exchange
    from doctor.patients.active import ActivePatient
    from doctor.patients.base import Outcome, Watcher
    from doctor.patients.passphrase import SharedGuesses
    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.shared_readers import SharedReaders
    from doctor.patients.shared_rooms import SharedRooms

#: Connections for everything that is no exchange.
READERS: Final = 4
#: Races that a patient may lose in a row before the row is locked to answer.
RACES: Final = 2
#: A number above every exchange's.
_ALL: Final = 2**63 - 1


class PostgreSQLStorage:
    """The rows of one database; see `doctor.patients.base.Storage`."""

    shared = True
    late_after = 0.25

    def __init__(
        self,
        url: str,
        *,
        log: logging.Logger | None = None,
        observe: Callable[[float], None] | None = None,
        answer: float,
        away: float,
        readers: int = READERS,
        pause: float = 0.0,
        lanes: int = 1,
    ) -> None:
        """Connect, and check that the tables are there.

        A statement that is not answered in `answer` seconds is looked into over a new connection;
        exchanges wait `away` seconds for a database that is away. Everything that is no exchange
        has up to `readers` connections; `lanes` commit, see `Committer` for their `pause`.
        StoreAway; StoreError where the database refuses this server or its tables are missing.
        """
        self._log = log or logging.getLogger("doctor.patients")
        self._database = Database(url, patience=answer)
        self._database.warn_of_plain_text(self._log)
        self._pool = Pool(self._database, readers, 0.0)
        try:
            self._pool.run(maintenance.check_version)
            server = self._pool.run(maintenance.sign_in)
        except BaseException:
            self._pool.close()
            raise
        self._pool.away = away
        self._scripts: dict[ScriptId, int] = {}
        self._script_ids: dict[int, ScriptId] = {}
        self._lanes = [
            Committer(self._database, server, away, self._log, observe, pause=pause)
            for _ in range(lanes)
        ]
        self._committer = self._lanes[0]
        self.guesses: SharedGuesses | None = DatabaseGuesses(self._pool)
        self._locked = LockedRows(self._pool, self._committer)
        self._members = RoomMembers(self._pool, server)
        self.rooms: SharedRooms | None = self._members
        self._readers = Readers(self._pool, server)
        self.readers: SharedReaders | None = self._readers
        self._listener: ChangeListener | None = None

    def watch(self, watcher: Watcher) -> None:
        """Follow what other servers change."""
        listener = ChangeListener(self._database, watcher, self._members, self._readers, self._log)
        self._members.wake = self._readers.wake = listener.wake
        self._listener = listener

    # --- a patient ---

    def load(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Read a patient's row, or begin a patient who has none.

        UnknownPatient where another server erased or renamed the history that is in memory.
        """
        head = self._pool.run(lambda connection: read_head(connection, active.key))
        self._adopt(active, head, name, machine)

    def load_again(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Do what `load` does; after several lost races the row stays locked until `submit`."""
        row: Row = active.stored
        if row.lost < RACES:
            self.load(active, name, machine)
            return
        self._script(machine)
        self._adopt(active, self._locked.read(row), name, machine)

    def _adopt(
        self, active: ActivePatient, head: Head | None, name: str, machine: AnyMachine
    ) -> None:
        """Let what is in memory be what was read."""
        before, row = active.doctor, active.stored
        if row is not None and row.id and (head is None or head.id != row.id):
            self._locked.release(row)
            active.doctor = active.stored = None
            raise UnknownPatient("this history was erased or renamed from elsewhere")
        try:
            if head is not None:
                _require_kind(active, head)
            if before is not None and row is not None and row.is_same(head, before, machine):
                return
            self._take(active, head, name, machine)
        except BaseException:
            self.unlock(active)
            raise
        if before is not None and active.doctor is not None:
            active.doctor.session = before.session

    def _take(
        self, active: ActivePatient, head: Head | None, name: str, machine: AnyMachine
    ) -> None:
        """Set a patient in memory from the row as it was read."""
        row: Row | None = active.stored
        if row is None:
            row = active.stored = Row(active.key, name, active.kind)
        row.kind = active.kind
        if head is None:
            active.doctor = Doctor(name, machine, HistoryCounts(), kind=active.kind)
            row.name, row.version, row.last = name, 0, 0
            return
        if head.lock is not None and not passphrase.readable(head.lock):
            raise LockUnreadable(f"whether a passphrase protects {head.name} cannot be read")
        doctor = Doctor(head.name, None, head.transcript, head.lock, head.kind)
        doctor.take_up(self._script_of(head.script), head.state or None, head.state_number)
        if head.state and head.state_number < head.transcript.last_number:
            asked = [head.id, head.state_number, MAX_REPLAY + 1]
            found = self._pool.run(lambda connection: connection.execute(SINCE, asked).fetchall())
            last = head.transcript.last_number  # another server may have gone on meanwhile
            doctor.unreplayed = [each for each in rows.exchanges(found) if each.number <= last]
        doctor.attach(machine)
        active.doctor = doctor
        row.id, row.name = head.id, head.name
        row.version, row.last = head.version, head.transcript.last_number

    def submit(
        self,
        active: ActivePatient,
        answer: Answer,
        told: Callable[[Outcome], None],
    ) -> None:
        """Hand an exchange to the committer."""
        doctor, exchange = active.doctor, answer.exchange
        assert doctor is not None  # noqa: S101 - `answer` is this doctor's
        row: Row = active.stored
        is_due = not row.id or row.lost or active.kind == ROOM or doctor.state_is_due(exchange)
        try:
            job = PendingExchange(
                row,
                number=exchange.number,
                session=exchange.session,
                script=self._scripts.get(doctor.script) or self._script(answer.machine),
                at=milliseconds(exchange.at),
                texts=rows.texts_of(exchange),
                state=rows.checked_state(answer.pack_state()) if is_due else None,
                doctor=doctor,
                told=told,
            )
        except (ValueError, struct.error) as error:
            self.unlock(active)
            raise NotSaved(str(error)) from error
        except BaseException:
            self.unlock(active)
            raise
        if row.locked is None:
            self._lanes[row.id % len(self._lanes)].submit(job)
        else:
            self._locked.submit(row, job)

    def _script(self, machine: AnyMachine) -> int:
        """Return the number of the script that a machine plays."""
        script = maintenance.script_id(machine)
        found = self._scripts.get(script)
        if found is None:
            found = self._pool.run(lambda connection: maintenance.script_row(connection, script))
            self._scripts[script] = found
        return found

    def _script_of(self, number: int | None) -> ScriptId:
        """Return the script of this number; one without a name where there is none."""
        if number is None:
            return ScriptId()
        found = self._script_ids.get(number)
        if found is None:
            found = self._pool.run(lambda connection: maintenance.script_of(connection, number))
            self._script_ids[number] = found
        return found

    def history(self, active: ActivePatient, n: int, before: int | None) -> Sequence[Exchange]:
        """Read the last `n` exchanges; no turn is needed."""
        row: Row | None = active.stored
        if row is None or not row.id:
            return []
        asked = [row.id, _ALL if before is None else before, n]
        return reading.history(self._pool, asked)

    def texts(self, active: ActivePatient, before: int) -> Iterator[TextBlock]:
        """Read the texts of exchanges, a page at a time; no turn is needed."""
        row: Row | None = active.stored
        if row is None or not row.id:
            return iter(())
        return reading.texts(self._pool, row.id, before)

    def unlock(self, active: ActivePatient) -> None:
        """Give a patient's row back where `load` locked it and nothing is submitted."""
        if active.stored is not None:
            self._locked.release(active.stored)

    # --- changes ---

    def protect(self, active: ActivePatient, lock: bytes | None) -> None:
        """Store this passphrase record, or none, in the patient's row."""
        doctor, row = active.doctor, active.stored
        assert doctor is not None  # noqa: S101 - the caller has checked that
        try:
            changed = self._pool.run(lambda connection: maintenance.protect(connection, row, lock))
        except StoreAway:
            raise
        except StoreError as error:
            raise NotSaved(str(error)) from error
        if changed is None:
            active.doctor = None
            raise NotSaved("this history was changed on another server; come in again")
        row.id, row.version = changed
        doctor.lock = lock

    def take_back(self, active: ActivePatient, number: int) -> bool:
        """Remove the texts of an exchange; the state is made anew from the others."""
        doctor, row = active.doctor, active.stored
        assert doctor is not None  # noqa: S101 - the caller has checked that
        machine = doctor.machine
        assert machine is not None  # noqa: S101 - who is in memory can talk
        if not row.id:
            return False

        def work(connection: DatabaseConnection) -> bool:
            return maintenance.take_back(connection, row.id, number, doctor.state_from)

        try:
            found = self._pool.run(work)
        except StoreAway:
            raise
        except StoreError as error:
            raise NotSaved(str(error)) from error
        if found:
            self.load(active, doctor.name, machine)
        return found

    def require(self, active: ActivePatient, name: str) -> None:
        """Find a patient's row; UnknownPatient where there is none."""
        head = self._pool.run(lambda connection: read_head(connection, active.key))
        if head is None:
            raise UnknownPatient(f"there is no history of {name}")
        row = active.stored
        if row is None:
            row = active.stored = Row(active.key, head.name)
        row.id, row.name, row.version = head.id, head.name, head.version

    def forget(self, active: ActivePatient, name: str, machine: AnyMachine, *, must: bool) -> None:
        """Delete a patient's rows and begin a new one."""
        gone = self._pool.run(lambda connection: maintenance.forget(connection, active.key))
        if not gone and must:
            raise UnknownPatient(f"there is no history of {name}")
        active.stored = Row(active.key, name, active.kind)
        active.doctor = Doctor(name, machine, HistoryCounts(), kind=active.kind)

    def rename(self, active: ActivePatient, old: str, new: str) -> None:
        """Give a history another name; NameTaken where that has one."""
        del old
        row: Row = active.stored
        fresh = key(new)
        done = self._pool.run(lambda connection: maintenance.rename(connection, row.id, fresh, new))
        if not done:
            raise NameTaken(f"there is a history of {new} already")
        fresh_row = Row(fresh, new)
        fresh_row.id = row.id
        active.stored = fresh_row

    def repair(self, active: ActivePatient) -> Repaired:
        """Make a patient's row anew from the exchanges."""
        row: Row = active.stored
        return Repaired(*self._pool.run(lambda connection: maintenance.repair(connection, row.id)))

    def reset_passphrase(self, active: ActivePatient) -> None:
        """Take a passphrase off, one that cannot be read too."""
        row: Row = active.stored
        self._pool.run(lambda connection: maintenance.protect(connection, row, None))

    # --- all of them ---

    def names(self) -> list[str]:
        """Return the names of all patients, sorted."""
        found = self._pool.run(lambda c: c.execute("select name from patients").fetchall())
        return sorted(name for (name,) in found)

    @property
    def counts(self) -> StorageCounts:
        """The figures of now."""
        saved = sum(lane.committed for lane in self._lanes)
        return StorageCounts(saved, sum(lane.commits for lane in self._lanes), 0, 0, 0)

    @property
    def under_way(self) -> float:
        """Seconds for which a commit has been under way; 0 for none."""
        return max(lane.under_way for lane in self._lanes)

    @property
    def stalled(self) -> float:
        """Seconds for which a commit has been under way, or nobody could connect; 0 for none."""
        away = self._listener.away if self._listener is not None else 0.0
        return max(self.under_way, away)

    def release(self, active: ActivePatient, done: Callable[[ActivePatient], None]) -> None:
        """Let a patient go at once: nothing is left to do."""
        done(active)

    def hasten(self, seconds: float) -> None:
        """Wait no longer than this from now on for a database that is away."""
        for lane in self._lanes:
            lane.hasten(seconds)
        self._pool.hasten(seconds)

    def close(self, seconds: float, left: Sequence[ActivePatient]) -> None:
        """Commit what was submitted, as long as the seconds last, and close every connection."""
        del left
        if self._listener is not None:
            self._listener.close()
        until = time.monotonic() + seconds
        for lane in self._lanes:
            lane.close(until - time.monotonic())
        self._pool.close()


def _require_kind(active: ActivePatient, head: Head) -> None:
    """Raise NameTaken for a row of another kind; UnknownPatient where one is in memory already.

    Another server has begun it, under the name of one that is new here.
    """
    try:
        require_kind(head.kind, active.kind, head.name)
    except NameTaken as error:
        if active.doctor is None:
            raise
        active.doctor = active.stored = None
        raise UnknownPatient(str(error)) from None
