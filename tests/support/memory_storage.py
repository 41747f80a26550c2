"""A storage in memory: what `doctor.patients.base.Storage` asks for, and nothing more.

    memory = Memory()
    store = PatientStore(MemoryStorage(memory), machine)

A `Memory` is what lasts: several storages may share one, as several servers share a database. A
thread of its own commits, so that outcomes are told from another thread; an exchange whose number
is taken is told as LOST.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doctor.doctor import Answer, AnyMachine, Doctor
from doctor.errors import NameTaken, NotSaved, StoreError, UnknownPatient
from doctor.history.chunks import Transcript
from doctor.history.snapshot import PATIENT, ScriptId
from doctor.history.transcript import Exchange, HistoryCounts
from doctor.patients.active import require_kind
from doctor.patients.base import (
    KEPT,
    LOST,
    NotKept,
    Outcome,
    Repaired,
    StorageCounts,
    Unknown,
)
from doctor.patients.names import key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doctor.history.searching import TextBlock
    from doctor.patients.active import ActivePatient
    from doctor.patients.base import Watcher
    from doctor.patients.passphrase import SharedGuesses
    from doctor.patients.shared_readers import SharedReaders
    from doctor.patients.shared_rooms import SharedRooms


@dataclass
class Stored:
    """What is stored of one patient."""

    name: str
    lock: bytes | None = None
    script: ScriptId = field(default_factory=ScriptId)
    state: bytes = b""
    exchanges: list[Exchange] = field(default_factory=list)
    kind: int = PATIENT

    def doctor(self, machine: AnyMachine) -> Doctor:
        """Return the patient's Doctor."""
        counts = HistoryCounts()
        for exchange in self.exchanges:
            counts.append(exchange)
        doctor = Doctor(self.name, None, counts, self.lock, self.kind)
        doctor.take_up(self.script, self.state, counts.last_number)
        doctor.attach(machine)
        return doctor


class Memory:
    """What outlasts a storage."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.patients: dict[str, Stored] = {}
        self.broken = False  #: nothing can be stored
        self.unsure = False  #: everything is stored, and its outcome is not known


@dataclass
class _Job:
    active: ActivePatient
    answer: Answer
    state: bytes
    script: ScriptId
    told: Callable[[Outcome], None]


class MemoryStorage:
    """One server's access to a `Memory`."""

    guesses: SharedGuesses | None = None
    rooms: SharedRooms | None = None
    readers: SharedReaders | None = None
    shared = True
    late_after = 1.0

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._saved = 0
        self._thread = threading.Thread(target=self._commit, name="memory commit", daemon=True)
        self._thread.start()

    def watch(self, watcher: Watcher) -> None:
        """Tell nobody: the next exchange finds out."""

    def load(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Take what is stored of the patient, or begin one."""
        with self._memory.lock:
            stored = active.stored = self._memory.patients.get(active.key)
            before = active.doctor
            if stored is None:
                active.doctor = Doctor(name, machine, HistoryCounts(), kind=active.kind)
                return
            require_kind(stored.kind, active.kind, stored.name)
            active.doctor = stored.doctor(machine)
        if before is not None:
            active.doctor.session = before.session

    def load_again(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Do what `load` does."""
        self.load(active, name, machine)

    def unlock(self, active: ActivePatient) -> None:
        """Hold nothing, so give nothing back."""

    def submit(
        self, active: ActivePatient, answer: Answer, told: Callable[[Outcome], None]
    ) -> None:
        """Hand an exchange to the thread that commits."""
        assert active.doctor is not None
        if len(answer.line) > 65_536:
            raise NotSaved("a line longer than a record")
        self._queue.put(_Job(active, answer, answer.pack_state(), active.doctor.script, told))

    def _commit(self) -> None:
        while True:
            job = self._queue.get()
            if job is None:
                return
            job.told(self._store(job))

    def _store(self, job: _Job) -> Outcome:
        memory, active, exchange = self._memory, job.active, job.answer.exchange
        with memory.lock:
            if memory.broken:
                return NotKept(NotSaved("the memory is broken"))
            stored = memory.patients.get(active.key)
            if stored is not active.stored:
                return LOST
            if stored is None:
                assert active.doctor is not None
                stored = memory.patients[active.key] = Stored(active.doctor.name, kind=active.kind)
                stored.lock = active.doctor.lock
                active.stored = stored
            last = stored.exchanges[-1].number if stored.exchanges else 0
            if exchange.number != last + 1:
                return LOST
            stored.exchanges.append(exchange)
            stored.state, stored.script = job.state, job.script
            self._saved += 1
            return Unknown(StoreError("the outcome is not known")) if memory.unsure else KEPT

    def history(self, active: ActivePatient, n: int, before: int | None) -> Sequence[Exchange]:
        """Return the last exchanges, or those before a number."""
        transcript = self._transcript(active)
        return transcript.last(n) if before is None else transcript.before(before, n)

    def texts(self, active: ActivePatient, before: int) -> Iterator[TextBlock]:
        """Return the texts of the exchanges before a number."""
        return self._transcript(active).blocks(before)

    def _transcript(self, active: ActivePatient) -> Transcript:
        transcript = Transcript()
        stored: Stored | None = active.stored
        with self._memory.lock:
            for exchange in stored.exchanges if stored else ():
                transcript.append(exchange)
        return transcript

    def protect(self, active: ActivePatient, lock: bytes | None) -> None:
        """Store a passphrase record."""
        assert active.doctor is not None
        with self._memory.lock:
            if self._memory.broken:
                raise NotSaved("the memory is broken")
            if active.stored is None:
                stored = Stored(active.doctor.name, kind=active.kind)
                active.stored = self._memory.patients[active.key] = stored
            active.stored.lock = active.doctor.lock = lock

    def take_back(self, active: ActivePatient, number: int) -> bool:
        """Take what an exchange said out of the memory."""
        assert active.doctor is not None
        assert active.doctor.machine is not None
        with self._memory.lock:
            if self._memory.broken:
                raise NotSaved("the memory is broken")
            said = active.stored.exchanges if active.stored else []
            found = [each for each in said if each.number == number]
            if not found:
                return False
            said[said.index(found[0])] = found[0].taken_back()
            active.stored.state = active.doctor.state_from(said)
        self.load(active, active.doctor.name, active.doctor.machine)
        return True

    def require(self, active: ActivePatient, name: str) -> None:
        """Find what is stored, or raise UnknownPatient."""
        active.stored = self._memory.patients.get(active.key)
        if active.stored is None:
            raise UnknownPatient(f"there is no history of {name}")

    def forget(self, active: ActivePatient, name: str, machine: AnyMachine, *, must: bool) -> None:
        """Remove a patient and begin a new one."""
        with self._memory.lock:
            found = self._memory.patients.pop(active.key, None)
        if found is None and must:
            raise UnknownPatient(f"there is no history of {name}")
        active.stored = None
        active.doctor = Doctor(name, machine, HistoryCounts(), kind=active.kind)

    def rename(self, active: ActivePatient, old: str, new: str) -> None:
        """Give a patient another name."""
        with self._memory.lock:
            patients = self._memory.patients
            if key(new) != active.key and key(new) in patients:
                raise NameTaken(f"there is a history of {new} already")
            stored = patients.pop(key(old))
            stored.name = new
            patients[key(new)] = stored

    def repair(self, active: ActivePatient) -> Repaired:
        """Find nothing to repair."""
        number = len(active.stored.exchanges)
        return Repaired(number, number)

    def reset_passphrase(self, active: ActivePatient) -> None:
        """Take a passphrase off."""
        active.stored.lock = None

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(stored.name for stored in self._memory.patients.values())

    @property
    def counts(self) -> StorageCounts:
        """The figures of now."""
        return StorageCounts(self._saved, self._saved, 0, 0, 0)

    @property
    def under_way(self) -> float:
        """A commit takes no time."""
        return 0.0

    @property
    def stalled(self) -> float:
        """Nothing ever hangs."""
        return 0.0

    def release(self, active: ActivePatient, done: Callable[[ActivePatient], None]) -> None:
        """Let a patient go at once."""
        done(active)

    def hasten(self, seconds: float) -> None:
        """Never wait anyway."""

    def close(self, seconds: float, left: Sequence[ActivePatient]) -> None:
        """Commit what was submitted and end the thread."""
        del seconds, left
        self._queue.put(None)
        self._thread.join()
