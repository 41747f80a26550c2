"""The patients and their histories on disk: `PatientStore`, and how to read without it.

    with PatientStore(Path("patients"), machine) as store, store.open("Ada") as patient:
        print(patient.greeting())
        print(patient.say("My mother hates me.").doctor)      # on disk when it returns

    load(Path("patients/Ada.dat")).history                    # beside a running server too

How an exchange gets there. One patient has one Doctor in memory, however many connections; its
turn (a lock) lets one exchange at a time through:

    turn taken -> doctor.reply -> appended to NAME.dat -> commit log, synced -> doctor.keep
               -> turn given back -> the caller is told

The patient's file is complete for readers at every step; the commit log makes the exchange last
(`doctor.patients.files.commit_log`). Where a step fails, the file is cut back and the doctor is as
it was: NotSaved. When the last connection of a patient closes, the file is folded
(`doctor.patients.files.compaction`).

Threads. Everything public of PatientStore and Patient may be called from any thread; a call on a
patient waits for that patient's turn and for no other's.
Locks: a turn may be held when the store's own lock is taken, never the other way round.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from doctor import paths
from doctor.errors import NameTaken, StoreError, UnknownPatient
from doctor.patients.active import Entry
from doctor.patients.files import disk, recovery
from doctor.patients.files.archive import load
from doctor.patients.files.commit_log import CommitLog
from doctor.patients.files.compaction import Compactor
from doctor.patients.files.directory import PatientDirectory
from doctor.patients.files.disk import entries, peek
from doctor.patients.files.lock import DirectoryLock
from doctor.patients.names import clean_name, file_name, kept_name, key, patient_name
from doctor.patients.patient import Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.doctor import AnyMachine

__all__ = [
    "Counts",
    "Patient",
    "PatientStore",
    "Repaired",
    "clean_name",
    "entries",
    "file_name",
    "key",
    "load",
    "patient_name",
    "peek",
]

#: Patients' files that are held open at once.
OPEN_FILES: Final = 1024
#: Seconds that a commit may take before it is late.
LATE: Final = 0.005
#: Seconds that `close` folds before it leaves the rest for another day.
CLOSE_SECONDS: Final = 10.0


class Counts(NamedTuple):
    """What a store has done since it was opened, and holds now."""

    connections: int
    patients_open: int
    saved: int  #: exchanges
    not_saved: int
    commits: int
    folds: int
    damaged: int  #: files found damaged
    log_bytes: int


class Repaired(NamedTuple):
    """What a repair did: sound exchanges before and after."""

    before: int
    after: int

    def __str__(self) -> str:
        found = self.after - self.before
        sound = "1 exchange is" if self.after == 1 else f"{self.after} exchanges are"
        return f"{sound} sound" + (f", {found} of them found again" * (found > 0))


class PatientStore:
    """All patients of one directory; one store, in one process, owns it."""

    def __init__(
        self,
        directory: Path,
        machine: AnyMachine,
        *,
        clock: Callable[[], float] = time.time,
        log: logging.Logger | None = None,
        open_files: int = OPEN_FILES,
    ) -> None:
        """Take the directory, make it where there is none, and complete what a crash left.

        StoreLocked where another store has it, OSError where it cannot be used.
        """
        self.directory = Path(directory)
        #: Who answers; `change_machine` changes it.
        self.machine = machine
        self._clock = clock
        self._log = log or logging.getLogger("doctor.patients")
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._closing = False
        self._not_saved = self._damaged = 0
        with contextlib.ExitStack() as undo:
            disk.make_directory(self.directory)
            self._owned = DirectoryLock(self.directory)
            undo.callback(self._owned.release)
            recovery.replay(self.directory, self._log)
            self._shelf = PatientDirectory(self.directory, open_files, self._log)
            undo.callback(self._shelf.close)
            self._commits = CommitLog(self.directory, self._shelf.settle, self._log)
            self._folder = Compactor(self._shelf, self._folded)
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- patients ---

    def open(self, name: str) -> Patient:
        """Let a patient in; many connections of one patient share one Doctor.

        BadName, LockUnreadable, NewerFormat; StoreError where the file cannot be read or put right.
        """
        clean = clean_name(name)
        with self._turn(key(clean)) as entry:
            if entry.doctor is None:
                self._load(entry, clean)
            patient = Patient(self, entry)
            with self._lock:
                entry.patients.append(patient)
                entry.users += 1
            return patient

    @contextlib.contextmanager
    def _turn(self, wanted: str) -> Iterator[Entry]:
        """Hold the turn of the patient of this key, who stays in memory meanwhile."""
        while True:
            with self._lock:
                if self._closing:
                    raise StoreError("the histories are closed")
                entry = self._entries.get(wanted)
                if entry is None:
                    entry = self._entries[wanted] = Entry(wanted)
                entry.users += 1
            try:
                with entry.turn:
                    if entry.key == wanted:  # or else renamed while this waited
                        yield entry
                        return
            finally:
                self._leave(entry)

    def _leave(self, entry: Entry) -> None:
        """Give an entry back; after the last one its file is folded.

        An entry leaves memory when nobody uses it and nobody is going to fold it: there is never
        more than one of a patient that could touch the file.
        """
        with self._lock:
            entry.users -= 1
            if entry.users:
                return
            if not entry.dirty:
                self._let_go(entry)
                return
            entry.folding += 1
        self._folder.put(entry)

    def _folded(self, entry: Entry) -> None:
        """Let a patient go whose fold was made, or given up."""
        with self._lock:
            entry.folding -= 1
            self._let_go(entry)

    def _let_go(self, entry: Entry) -> None:
        if not entry.users and not entry.folding and self._entries.get(entry.key) is entry:
            del self._entries[entry.key]

    def _load(self, entry: Entry, clean: str) -> None:
        """Read a patient's file, or begin a patient who has none; with the turn held."""
        entry.file = entry.file or self._shelf.find(clean) or file_name(clean)
        if paths.there(self._shelf.path(entry.file)):
            self._damaged += entry.load(self._shelf, self.machine)
        else:
            entry.begin(clean, entry.file, self.machine)

    def names(self) -> list[str]:
        """Return the names of all patients as their files tell them, sorted."""
        found = (patient_name(path.name) for path in entries(self.directory))
        return sorted(name for name in found if name)

    @property
    def counts(self) -> Counts:
        """The figures of now."""
        with self._lock:
            open_now = list(self._entries.values())
            connections = sum(len(entry.patients) for entry in open_now)
        return Counts(
            connections,
            len(open_now),
            self._commits.committed,
            self._not_saved,
            self._commits.commits,
            self._folder.folds,
            self._damaged,
            self._commits.size,
        )

    def observe_saves(self, observe: Callable[[float], None]) -> None:
        """Have `observe` called with the seconds of each commit, in the thread that commits."""
        self._commits.observe = observe

    @property
    def late(self) -> bool:
        """Whether patients wait for a commit that takes long: the machine or its disk is busy."""
        return self._commits.under_way > LATE

    def change_machine(self, machine: AnyMachine) -> None:
        """Let another machine answer from the next line on, for every patient."""
        self.machine = machine

    # --- changing a patient ---

    @contextlib.contextmanager
    def _changing(self, name: str) -> Iterator[tuple[Entry, Path]]:
        """Hold the turn of a patient who has a file, and nothing of the patient in the commit log.

        Afterwards the Doctor is read anew where somebody is connected.
        """
        clean = kept_name(name)
        with self._turn(key(clean)) as entry:
            file = entry.file or self._shelf.find(clean)
            if not file or not paths.there(self._shelf.path(file)):
                raise UnknownPatient(f"there is no history of {clean}")
            entry.file = file
            self._commits.checkpoint()
            self._shelf.drop(file)
            try:
                yield entry, self._shelf.path(file)
            finally:
                entry.version += 1
                if entry.doctor is not None:
                    self._load(entry, clean)

    def forget(self, name: str) -> None:
        """Remove every trace of a patient; connections of the patient are told by `on_gone`.

        UnknownPatient where there is none. OSError where something cannot be removed.
        """
        clean = kept_name(name)
        with self._turn(key(clean)) as entry:
            others = self._forget(entry, clean, None)
        self._tell(others)

    def _forget(self, entry: Entry, clean: str, asking: Patient | None) -> list[Patient]:
        """Do it, with the turn held; returns the connections to tell."""
        self._shelf.wait_for_list()
        found = disk.belonging(self.directory, clean)
        if not found and asking is None:
            raise UnknownPatient(f"there is no history of {clean}")
        self._commits.checkpoint()  # nothing in the log can bring the history back
        self._shelf.drop(entry.file)
        disk.remove(found, self.directory)
        self._shelf.discard(entry.key)
        entry.begin(clean, file_name(clean), self.machine)
        with self._lock:
            others = [each for each in entry.patients if each is not asking and not each.gone]
            for patient in others:
                patient.gone = True
        return others

    def _tell(self, gone: list[Patient]) -> None:
        for patient in gone:
            tell = patient.on_gone
            if tell is not None:
                try:
                    tell()
                except Exception:  # noqa: BLE001 - the history is erased all the same
                    self._log.exception("telling of a forgotten history failed")

    def rename(self, old: str, new: str) -> None:
        """Give a history another name; NameTaken where that has one. Connections go on."""
        clean = clean_name(new)
        with self._changing(old) as (entry, path):
            fresh = key(clean)
            with self._lock:
                taken = fresh != entry.key and (
                    fresh in self._entries
                    or self._shelf.has(fresh)
                    or paths.there(self._shelf.path(file_name(clean)))
                )
                if taken:
                    raise NameTaken(f"there is a history of {clean} already")
                self._entries[fresh] = entry
            try:
                recovery.rename(path, kept_name(old), clean, self._log)
            except BaseException:
                with self._lock:
                    if fresh != entry.key:
                        del self._entries[fresh]
                raise
            self._shelf.discard(entry.key)
            with self._lock:
                if fresh != entry.key:
                    del self._entries[entry.key]
                entry.key, entry.file = fresh, file_name(clean)
            self._shelf.add(fresh, entry.file)

    def repair(self, name: str) -> Repaired:
        """Write a file anew from all that is sound in it and in what was set aside of it."""
        with self._changing(name) as (_entry, path):
            return Repaired(*recovery.repair(path, self._log))

    def reset_passphrase(self, name: str) -> None:
        """Take a patient's passphrase off, one that cannot be read too."""
        with self._changing(name) as (entry, path):
            recovery.unlock(path, self._log)
            if not paths.there(path):
                self._shelf.discard(entry.key)
                entry.file = ""

    def close(self, deadline: float = CLOSE_SECONDS) -> None:
        """Close every history within about `deadline` seconds and give the directory back.

        Every exchange is synced in its own file; what is not folded by then is folded when it is
        opened another day. Patients who are still there are told StoreError from here on. May be
        called twice.
        """
        with self._lock:
            if self._closing:
                return
            self._closing = True
            left = list(self._entries.values())
        self._folder.end_within(deadline)
        for entry in left:
            with entry.turn:  # an exchange under way is finished first
                entry.closed = True
            with self._lock:
                still_used, entry.users = entry.users, 0
                entry.folding += bool(still_used)
                entry.patients.clear()
            if still_used:
                self._folder.put(entry)
        self._folder.close()
        self._commits.close()
        self._shelf.close()
        self._owned.release()
