"""Hold the patients who are connected in memory: `PatientStore`.

    with open_store("patients", machine) as store, store.open("Ada") as patient:
        print(patient.greeting())
        print(patient.say("My mother hates me.").doctor)      # stored when it returns

One patient has one Doctor in memory, however many connections; its turn (a lock) lets one exchange
at a time through:

    turn taken -> doctor.reply -> storage.submit -> stored -> doctor.keep
               -> turn given back -> the caller is told

Where a step fails the doctor is as it was: NotSaved. What is stored where is the business of the
`Storage` (`doctor.patients.base`), which `doctor.patients.opening.open_store` chooses.

Threads. Everything public of PatientStore and Patient may be called from any thread; a call on a
patient waits for that patient's turn and for no other's.
Locks: a turn may be held when the store's own lock is taken, never the other way round.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Self, TypeAlias, cast

from doctor.errors import NameTaken, StoreError, UnknownPatient
from doctor.history.snapshot import PATIENT, ROOM
from doctor.patients.active import ActivePatient, require_kind
from doctor.patients.names import clean_name, key, stored_name
from doctor.patients.passphrase import PassphraseChecker
from doctor.patients.patient import Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.doctor import AnyMachine
    from doctor.hosting import AnyRoomMachine
    from doctor.patients.active import PatientConnection
    from doctor.patients.base import Repaired, Storage

    #: Makes who answers in rooms of who answers patients.
    MakeHost: TypeAlias = Callable[[AnyMachine], AnyRoomMachine]

__all__ = ["Counts", "Patient", "PatientStore"]

#: Seconds that `close` spends on what could be done another day.
CLOSE_SECONDS: Final = 10.0


class Counts(NamedTuple):
    """What a store has done since it was opened, and holds now."""

    connections: int
    patients_open: int
    saved: int  #: exchanges
    not_saved: int
    commits: int
    compacted: int  #: histories that were written anew after a visit
    damaged: int  #: histories found damaged
    log_bytes: int


class PatientStore:
    """All patients of one storage, which this store owns."""

    def __init__(
        self,
        storage: Storage,
        machine: AnyMachine,
        *,
        clock: Callable[[], float] = time.time,
        log: logging.Logger | None = None,
        passphrases: PassphraseChecker | None = None,
        make_host: MakeHost | None = None,
    ) -> None:
        """Own the storage. Without `make_host` no room can be opened."""
        self.storage = storage
        self._make_host = make_host
        #: Who answers patients, and in rooms; `change_machine` changes both.
        self.machine = machine
        self.host = make_host(machine) if make_host else None
        self.passphrases = passphrases or PassphraseChecker()
        self.clock = clock
        self._log = log or logging.getLogger("doctor.patients")
        self._lock = threading.Lock()
        self._active: dict[str, ActivePatient] = {}
        self._closing = False
        self._not_saved = 0
        storage.watch(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- patients ---

    def open(
        self, name: str, on_gone: Callable[[], None] | None = None, kind: int = PATIENT
    ) -> Patient:
        """Let a patient in, or somebody into a room; many connections share one Doctor.

        `on_gone` is called once, in the thread that forgets, when the history is erased from
        elsewhere. BadName, LockUnreadable, NewerFormat; NameTaken where the name is a room's and a
        patient is wanted, or the other way round; StoreError where the history cannot be read or
        put right.
        """
        return self._enter(name, lambda active: Patient(self, active, on_gone), kind)

    def attend(self, name: str) -> Patient:
        """Let the operator in beside a patient, for whom this is no visit. Raises what `open` does.

        What is erased or protected meanwhile stays open to the operator.
        """
        return self._enter(name, lambda active: Patient(self, active, is_operator=True))

    def _enter(
        self, name: str, make: Callable[[ActivePatient], Patient], kind: int = PATIENT
    ) -> Patient:
        clean = clean_name(name)
        with self._turn(key(clean)) as active:
            gone = self._load_kind(active, clean, kind)
            patient = make(active)
            with self._lock:
                (active.readers if patient.is_operator else active.patients).append(patient)
                active.users += 1
        self._tell(gone)
        return patient

    def machine_for(self, active: ActivePatient) -> AnyMachine:
        """Return who answers this patient, or in this room."""
        if active.kind == PATIENT:
            return active.machine or self.machine
        return cast("AnyMachine", self.host)

    def _load_kind(self, active: ActivePatient, clean: str, kind: int) -> list[PatientConnection]:
        """Load a patient or a room, as is wanted; returns what `_load` does. NameTaken."""
        before = active.kind
        if before == kind:
            return self._load(active, clean)
        if kind == ROOM and self.host is None:
            raise StoreError("there are no rooms here")
        with self._lock:
            if active.patients:
                require_kind(before, kind, clean)
            active.kind, active.doctor = kind, None
        try:
            return self._load(active, clean)
        except BaseException:
            active.kind, active.doctor = before, None
            raise

    def _load(self, active: ActivePatient, clean: str) -> list[PatientConnection]:
        """Load a patient who is not in memory, or whom another server may have changed.

        Returns the connections whose history is no longer there.
        """
        if active.doctor is None or self.storage.shared:
            try:
                self.storage.load(active, clean, self.machine_for(active))
            except UnknownPatient:
                gone = self._dismiss(active, None)
                self.storage.load(active, clean, self.machine_for(active))
                return gone
        return []

    def actives(self) -> list[ActivePatient]:
        """Return the patients in memory."""
        with self._lock:
            return list(self._active.values())

    def look_again(self, active: ActivePatient) -> None:
        """Load a patient again whom another server may have changed."""
        with self._lock:
            if self._active.get(active.key) is not active:
                return
            active.users += 1
        gone: list[PatientConnection] = []
        try:
            with active.turn:
                if active.doctor is not None and not active.closed:
                    self.storage.load(active, active.doctor.name, self.machine_for(active))
        except UnknownPatient:
            gone = self._dismiss(active, None)
        finally:
            self._give_back(active)
        self._tell(gone)

    def lose(self, active: ActivePatient) -> None:
        """Tell every connection of a patient that the history is no longer there."""
        self._tell(self._dismiss(active, None))

    @contextlib.contextmanager
    def _turn(self, wanted: str) -> Iterator[ActivePatient]:
        """Hold the turn of the patient of this key, who stays in memory meanwhile."""
        while True:
            with self._lock:
                if self._closing:
                    raise StoreError("the histories are closed")
                active = self._active.get(wanted)
                if active is None:
                    active = self._active[wanted] = ActivePatient(wanted)
                active.users += 1
            try:
                with active.turn:
                    if active.key == wanted:  # or else renamed while this waited
                        yield active
                        return
            finally:
                self._give_back(active)

    def _give_back(self, active: ActivePatient) -> None:
        """Note that one user less needs a patient; after the last one the storage releases it.

        A patient leaves memory when nobody uses it and the storage has finished with it: there is
        never more than one in memory that could touch what is stored.
        """
        with self._lock:
            active.users -= 1
            if active.users:
                return
            active.releases += 1
        self.storage.release(active, self._released)

    def _released(self, active: ActivePatient) -> None:
        """Let a patient leave memory whom the storage has released."""
        with self._lock:
            active.releases -= 1
            if active.users or active.releases:
                return
            if self._active.get(active.key) is active:
                del self._active[active.key]

    def leave(self, patient: Patient) -> None:
        """Take a connection out that is closed; called with its patient's turn held."""
        active = patient.active
        with self._lock:
            group = active.readers if patient.is_operator else active.patients
            if patient not in group:
                return  # the store was closed
            group.remove(patient)
        self._give_back(active)

    def names(self) -> list[str]:
        """Return the names of all patients, sorted."""
        return self.storage.names()

    @property
    def counts(self) -> Counts:
        """The figures of now."""
        with self._lock:
            open_now = list(self._active.values())
            connections = sum(len(active.patients) for active in open_now)
        stored = self.storage.counts
        return Counts(
            connections,
            len(open_now),
            stored.saved,
            self._not_saved,
            stored.commits,
            stored.compacted,
            stored.damaged,
            stored.log_bytes,
        )

    def count_not_saved(self) -> None:
        """Count an exchange that was not saved."""
        with self._lock:
            self._not_saved += 1

    @property
    def late(self) -> bool:
        """Whether patients wait for a commit that takes long: the machine or its disk is busy."""
        return self.storage.under_way > self.storage.late_after

    def change_machine(self, machine: AnyMachine) -> None:
        """Let another machine answer from the next line on, for every patient."""
        self.machine = machine
        self.host = self._make_host(machine) if self._make_host else None

    # --- changing a patient ---

    @contextlib.contextmanager
    def _changing(self, name: str) -> Iterator[ActivePatient]:
        """Hold the turn of a patient who has a history, to change that.

        Afterwards the Doctor is loaded again where somebody is connected. UnknownPatient.
        """
        clean = stored_name(name)
        with self._turn(key(clean)) as active:
            self.storage.require(active, clean)
            try:
                yield active
            finally:
                if active.doctor is not None:
                    self.storage.load(active, clean, self.machine_for(active))

    def forget(self, name: str) -> None:
        """Remove every trace of a patient; connections of the patient are told by `on_gone`.

        UnknownPatient where there is none. OSError where something cannot be removed.
        """
        clean = stored_name(name)
        with self._turn(key(clean)) as active:
            self.storage.forget(active, clean, self.machine_for(active), must=True)
            others = self._dismiss(active, None)
        self._tell(others)

    def forget_for(self, patient: Patient) -> None:
        """Erase the history of this connection, which goes on; others are told."""
        with patient.active.turn:
            doctor = patient.check()
            machine = self.machine_for(patient.active)
            self.storage.forget(patient.active, doctor.name, machine, must=False)
            others = self._dismiss(patient.active, patient)
        self._tell(others)

    def _dismiss(self, active: ActivePatient, asking: Patient | None) -> list[PatientConnection]:
        """Mark a patient's connections, but the one that asks, as gone and return them."""
        with self._lock:
            others = [each for each in active.patients if each is not asking and not each.gone]
            for patient in others:
                patient.gone = True
            active.life += 1
        return others

    def _tell(self, gone: list[PatientConnection]) -> None:
        for patient in gone:
            if patient.on_gone is not None:
                try:
                    patient.on_gone()
                except Exception:  # noqa: BLE001 - the history is erased all the same
                    self._log.exception("telling of a forgotten history failed")

    def rename(self, old: str, new: str) -> None:
        """Give a history another name; NameTaken where that has one. Connections go on."""
        clean = clean_name(new)
        fresh = key(clean)
        with self._changing(old) as active:
            is_same = fresh == active.key
            with self._lock:
                if fresh in self._active and not is_same:
                    raise NameTaken(f"there is a history of {clean} already")
                self._active[fresh] = active
            try:
                self.storage.rename(active, stored_name(old), clean)
            except BaseException:
                with self._lock:
                    if not is_same:
                        del self._active[fresh]
                raise
            with self._lock:
                if not is_same:
                    del self._active[active.key]
                active.key = fresh

    def repair(self, name: str) -> Repaired:
        """Write a history anew from all that is sound in it and in what was set aside of it."""
        with self._changing(name) as active:
            return self.storage.repair(active)

    def reset_passphrase(self, name: str) -> None:
        """Take a patient's passphrase off, one that cannot be read too."""
        with self._changing(name) as active:
            self.storage.reset_passphrase(active)

    def close(self, deadline: float = CLOSE_SECONDS) -> None:
        """Close every history within about `deadline` seconds and close the storage.

        Every exchange is stored; what could be done another day is left after the deadline.
        Patients who are still there are told StoreError from here on. May be called twice.
        """
        until = time.monotonic() + deadline
        with self._lock:
            if self._closing:
                return
            self._closing = True
            everybody = list(self._active.values())
        self.storage.hasten(max(deadline, 0.0))
        left = []
        for active in everybody:
            with active.turn:  # an exchange under way is finished first
                active.closed = True
            with self._lock:
                if active.users:
                    left.append(active)
                active.users = 0
                active.patients.clear()
                active.readers.clear()
        self.storage.close(until - time.monotonic(), left)
