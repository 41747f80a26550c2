"""The patients and their histories on disk: `PatientStore`, and how to read without it.

    with PatientStore(Path("patients"), machine) as store:
        patient = store.open("Ada")
        print(patient.greeting())
        print(patient.say("My mother hates me.").doctor)      # on disk when it returns
        patient.close()

    load(Path("patients/Ada.dat")).history                    # beside a running server too

How an exchange gets there. One patient has one Doctor in memory, however many connections; its
turn (a lock) lets one exchange at a time through:

    turn taken -> doctor.reply -> appended to NAME.dat -> commit log (synced) -> doctor.keep
               -> turn given back -> the caller is told

The patient's file is complete for readers at every step; the commit log makes the exchange last
(`doctor.commit`). Where a step fails, the file is cut back and the doctor is as it was: NotSaved.
When the last connection of a patient closes, the file is folded: written anew as one pickle with an
empty tail. Folding needs the file alone, so what is not folded today is folded another day.

Threads. Everything public of PatientStore and Patient may be called from any thread; a call on a
patient waits for that patient's turn and for no other's. `say_later` calls `done` in the calling
thread or in the committing one. `on_gone` is called in the thread that forgets.
Locks: a turn may be held when the store's own lock is taken, never the other way round.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections import OrderedDict
from dataclasses import replace as with_changes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from doctor import files, passphrase, record, recovery
from doctor.commit import NAME as LOG_NAME
from doctor.commit import CommitLog, pack_record
from doctor.directory import DirectoryLock
from doctor.doctor import Doctor
from doctor.errors import (
    DoctorError,
    NameTaken,
    NotSaved,
    StoreError,
    UnknownPatient,
    WrongPassphrase,
)
from doctor.files import entries, peek
from doctor.names import clean_name, file_name, key, patient_name
from doctor.snapshot import Script
from doctor.transcript import Tally, Transcript, pack_exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.doctor import Answer, Machine
    from doctor.record import Contents
    from doctor.transcript import Exchange

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
    """What a repair did: exchanges before and after."""

    before: int
    after: int


def load(path: Path, machine: Machine | None = None) -> Doctor:
    """Return the Doctor in a patient's file, checked and complete, at any time and without a lock.

    What is not sound is left out; `doctor.record.read` tells where. UnknownPatient where there is
    no such file, ForbiddenContent where it is no history, NewerFormat.
    """
    contents = files.read(path)
    return _doctor_of(path, contents, machine, counted=False)


def _doctor_of(path: Path, contents: Contents, machine: Machine | None, *, counted: bool) -> Doctor:
    facts = record.facts_of(contents)
    history = contents.history
    kept = Tally(history.summary, history.last_number) if counted else history
    doctor = Doctor(files.name_of(path, facts.name), None, kept, facts.lock)
    doctor.script, doctor.packed = contents.script, contents.state
    if machine is not None:
        doctor.attach(machine)
    return doctor


class _Entry:
    """A patient in memory: the Doctor, the turn, and where the file ends.

    `users` and `patients` belong to the store's lock, everything else to the turn.
    """

    __slots__ = (
        "dirty",
        "doctor",
        "file",
        "key",
        "overhang",
        "patients",
        "script",
        "size",
        "turn",
        "users",
    )

    def __init__(self, entry_key: str) -> None:
        self.key = entry_key
        self.turn = threading.Lock()
        self.patients: list[Patient] = []
        self.users = 0
        self.doctor: Doctor | None = None
        self.file = ""
        self.size = 0  #: bytes of the file; 0 where there is none yet
        self.script = Script()  #: in force at the end of the file
        self.dirty = False  #: the tail is not empty
        self.overhang = False  #: bytes behind `size` could not be cut off


class PatientStore:
    """All patients of one directory; one store, in one process, owns it."""

    def __init__(
        self,
        directory: Path,
        machine: Machine,
        *,
        clock: Callable[[], float] = time.time,
        log: logging.Logger | None = None,
        open_files: int = OPEN_FILES,
    ) -> None:
        """Take the directory, make it where there is none, and complete what a crash left.

        StoreLocked where another store has it, OSError where it cannot be used.
        """
        self.directory = Path(directory)
        self.machine = machine
        self._clock = clock
        self._log = log or logging.getLogger("doctor.patients")
        self._descriptors = _Descriptors(self.directory, open_files)
        self.directory.mkdir(mode=files.DIRECTORY_MODE, parents=True, exist_ok=True)
        self._owned = DirectoryLock(self.directory)
        try:
            recovery.replay(self.directory, self._log)
            self._commits = CommitLog(self.directory / LOG_NAME, self._settle, self._log)
        except BaseException:
            self._owned.release()
            raise
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._closing = False
        self._not_saved = self._folds = self._damaged = 0
        self._index: dict[str, str] = {}
        self._indexed = threading.Event()
        self._to_fold: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._fold_until: float | None = None
        self._threads = [
            threading.Thread(target=self._list, name="index", daemon=True),
            threading.Thread(target=self._fold_all, name="fold", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

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
        entry = self._use(key(clean))
        patient = Patient(self, entry)
        try:
            with entry.turn:
                if entry.doctor is None:
                    self._load(entry, clean)
        except BaseException:
            self._leave(entry)
            raise
        with self._lock:
            entry.patients.append(patient)
        return patient

    def _use(self, entry_key: str) -> _Entry:
        """Return the entry of this key, counted as used."""
        with self._lock:
            if self._closing:
                raise StoreError("the histories are being closed")
            entry = self._entries.get(entry_key)
            if entry is None:
                entry = self._entries[entry_key] = _Entry(entry_key)
            entry.users += 1
            return entry

    def _leave(self, entry: _Entry, patient: Patient | None = None) -> None:
        """Give an entry back; the last one to leave has it folded."""
        with self._lock:
            if patient is not None:
                if patient not in entry.patients:
                    return
                entry.patients.remove(patient)
            entry.users -= 1
            if entry.users:
                return
            if not entry.dirty:
                self._entries.pop(entry.key, None)
                return
        self._to_fold.put(entry)

    def _load(self, entry: _Entry, clean: str) -> None:
        """Read a patient's file, or begin a patient who has none; with the turn held."""
        entry.file = entry.file or self._find(clean) or file_name(clean)
        path = self.directory / entry.file
        if not path.exists():
            entry.doctor = Doctor(clean, self.machine, Tally())
            entry.size, entry.dirty, entry.script = 0, False, entry.doctor.script
            return
        try:
            contents = recovery.sound(path, self._log)
            self._damaged += contents.mended
        except OSError as error:
            raise StoreError(f"{entry.file} cannot be read: {error.strerror or error}") from error
        entry.script = contents.script
        entry.doctor = _doctor_of(path, contents, self.machine, counted=True)
        entry.size, entry.dirty = contents.size, bool(contents.tail)

    def _find(self, clean: str) -> str | None:
        """Return the name of the file of a patient, None where there is none."""
        file = file_name(clean)
        if not self._indexed.is_set():
            if (self.directory / file).exists():
                return file
            self._indexed.wait()
        return self._index.get(key(clean))

    def _list(self) -> None:
        """List the directory once; the thread of that name."""
        try:
            for path in entries(self.directory):
                name = patient_name(path.name)
                if name is None:
                    continue
                other = self._index.setdefault(key(name), path.name)
                if other != path.name:
                    self._log.warning("%s and %s are one patient's", other, path.name)
                if self._closing:
                    break
        except OSError as error:
            self._log.error("cannot list the patients: %s", error)
        finally:
            self._indexed.set()

    def names(self) -> list[str]:
        """Return the names of all patients, sorted."""
        found = (patient_name(path.name) for path in entries(self.directory))
        return sorted(name for name in found if name)

    @property
    def counts(self) -> Counts:
        """The figures of now."""
        with self._lock:
            open_now = list(self._entries.values())
        return Counts(
            sum(len(entry.patients) for entry in open_now),
            len(open_now),
            self._commits.committed,
            self._not_saved,
            self._commits.commits,
            self._folds,
            self._damaged,
            self._commits.size,
        )

    def change_machine(self, machine: Machine) -> None:
        """Let another machine answer from the next line on, for every patient."""
        self.machine = machine

    # --- one exchange ---

    def _say(self, entry: _Entry, line: str) -> tuple[Answer, bytes, int]:
        """Make an answer and append it to the file; returns it, its log record, and the old size.

        With the turn held; NotSaved where it cannot be appended.
        """
        doctor = _doctor(entry)
        if doctor.machine is not self.machine:
            doctor.attach(self.machine)
        answer = doctor.reply(_text(line), self._clock())
        try:
            frame = pack_exchange(answer.exchange, doctor.tag, answer.machine.pack(answer.state))
        except ValueError as error:
            raise NotSaved(str(error)) from error
        if entry.size and entry.script != doctor.script:
            frame = record.pack_script(doctor.script, answer.exchange.number) + frame
        size, birth = entry.size, not entry.size
        if birth:
            frame = record.write(doctor.facts(), _NOTHING) + frame
        try:
            self._append(entry, frame)
        except OSError as error:
            self._cut_back(entry, size)
            raise NotSaved(f"the disk did not take it: {error.strerror or error}") from error
        return answer, pack_record(entry.file, answer.exchange.number, frame, birth=birth), size

    def _append(self, entry: _Entry, data: bytes) -> None:
        """Append to a patient's file, which is born where it is not there yet."""
        if entry.overhang:
            os.truncate(self.directory / entry.file, entry.size)
            entry.overhang = False
        if not entry.size:
            descriptor = os.open(self.directory / entry.file, files.CREATE, files.FILE_MODE)
        else:
            descriptor = self._descriptors.take(entry.file)
        try:
            files.write_all(descriptor, data)
        finally:
            self._descriptors.give(entry.file, descriptor)
        entry.size += len(data)

    def _cut_back(self, entry: _Entry, size: int) -> None:
        """Undo an append; where even that fails it is done before the next one."""
        self._not_saved += 1
        path = self.directory / entry.file
        entry.size = size
        try:
            if size:
                os.truncate(path, size)
            else:
                self._descriptors.drop(entry.file)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        except OSError as error:
            entry.overhang = bool(size)
            self._log.error("%s: cannot be cut back: %s", entry.file, error)

    def _said(self, entry: _Entry, answer: Answer, size: int, error: NotSaved | None) -> None:
        """Finish an exchange whose record is committed or not; gives the turn back."""
        try:
            if error is not None:
                self._cut_back(entry, size)
                return
            doctor = _doctor(entry)
            doctor.keep(answer)
            entry.script = doctor.script
            entry.dirty = True
            if not size:
                self._index[entry.key] = entry.file
        finally:
            entry.turn.release()

    def _settle(self, unsettled: set[str]) -> None:
        """Sync these files and the directory."""
        for file in unsettled:
            try:
                descriptor = self._descriptors.take(file)
            except FileNotFoundError:
                continue  # forgotten or renamed
            try:
                files.sync_data(descriptor)
            finally:
                self._descriptors.give(file, descriptor)
        files.sync_directory(self.directory)

    def _protect(self, entry: _Entry, doctor: Doctor, lock: bytes | None) -> None:
        """Write a patient's file anew with this passphrase record; with the turn held."""
        path = self.directory / entry.file
        if entry.size:
            # The log must hold nothing that could bring the file back as it was before.
            self._commits.checkpoint()
            contents = recovery.sound(path, self._log)
            contents.facts = with_changes(record.facts_of(contents), lock=lock)
            self._descriptors.drop(entry.file)
            contents = recovery.rewrite(path, contents)
            entry.size, entry.script, entry.dirty = contents.size, contents.script, False
        else:
            data = record.write(with_changes(doctor.facts(), lock=lock), _NOTHING)
            files.replace(path, data)
            entry.size, entry.script = len(data), doctor.script
            self._index[entry.key] = entry.file

    # --- folding ---

    def _fold_all(self) -> None:
        """Fold what is left behind, one after another; the thread of that name."""
        while (entry := self._to_fold.get()) is not None:
            if self._fold_until is None or time.monotonic() < self._fold_until:
                with entry.turn:
                    self._fold(entry)
            with self._lock:
                if not entry.users and self._entries.get(entry.key) is entry:
                    del self._entries[entry.key]

    def _fold(self, entry: _Entry) -> None:
        """Write a patient's file anew with an empty tail; with the turn held."""
        if entry.users or not entry.dirty:
            return
        path = self.directory / entry.file
        try:
            self._descriptors.drop(entry.file)
            recovery.rewrite(path, recovery.sound(path, self._log))
            entry.dirty = False
            entry.doctor = None
            self._folds += 1
        except (OSError, DoctorError) as error:
            self._log.error("%s: cannot be folded now: %s", entry.file, error)

    # --- changing a patient ---

    @contextlib.contextmanager
    def _changing(self, name: str) -> Iterator[tuple[_Entry, Path]]:
        """Hold the turn of a patient who has a file, and the log empty of records of this patient.

        The Doctor is read anew afterwards where somebody is connected.
        """
        clean = clean_name(name)
        self._indexed.wait()
        entry = self._use(key(clean))
        try:
            with entry.turn:
                file = entry.file or self._find(clean)
                if not file or not (self.directory / file).exists():
                    raise UnknownPatient(f"there is no history of {clean}")
                entry.file = file
                self._commits.checkpoint()
                self._descriptors.drop(file)
                yield entry, self.directory / file
                if entry.doctor is not None:
                    self._load(entry, clean)
        finally:
            self._leave(entry)

    def forget(self, name: str) -> None:
        """Remove every trace of a patient; connections of the patient are told by `on_gone`."""
        clean = clean_name(name)
        self._indexed.wait()
        entry = self._use(key(clean))
        try:
            self._forget(entry, clean, None)
        finally:
            self._leave(entry)

    def _forget(self, entry: _Entry, clean: str, asking: Patient | None) -> None:
        self._indexed.wait()
        with entry.turn:
            found = files.belonging(self.directory, clean)
            if not found and asking is None:
                raise UnknownPatient(f"there is no history of {clean}")
            self._commits.checkpoint()
            self._descriptors.drop(entry.file)
            files.remove(found, self.directory)
            self._index.pop(entry.key, None)
            entry.doctor = Doctor(clean, self.machine, Tally())
            entry.file, entry.size, entry.dirty = file_name(clean), 0, False
            entry.script, entry.overhang = entry.doctor.script, False
            with self._lock:
                others = [patient for patient in entry.patients if patient is not asking]
                for patient in others:
                    patient.gone = True
        for patient in others:
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
            target = self.directory / file_name(clean)
            self._claim(entry, key(clean))
            try:
                contents = recovery.sound(path, self._log)
                facts = with_changes(record.facts_of(contents), name=clean)
                files.replace(target, record.write(facts, contents.history))
            except BaseException:
                self._release(entry, key(clean))
                raise
            others = [
                each
                for each in files.belonging(self.directory, clean_name(old))
                if each.name.startswith(path.name)
            ]
            for other in others:
                if other.name not in {path.name, target.name}:
                    other.rename(other.with_name(target.name + other.name[len(path.name) :]))
            if target.name != path.name:
                files.remove([path], self.directory)
            with self._lock:
                if key(clean) != entry.key:
                    self._entries.pop(entry.key, None)
                    self._index.pop(entry.key, None)
                entry.key, entry.file = key(clean), target.name
                self._index[entry.key] = target.name

    def _claim(self, entry: _Entry, new: str) -> None:
        with self._lock:
            taken = self._entries.get(new)
            if (taken is not None and taken is not entry) or (
                new != entry.key and new in self._index
            ):
                raise NameTaken("another history has this name")
            self._entries[new] = entry

    def _release(self, entry: _Entry, new: str) -> None:
        with self._lock:
            if new != entry.key:
                self._entries.pop(new, None)

    def repair(self, name: str) -> Repaired:
        """Write a file anew from all that is sound in it and in what was set aside of it."""
        with self._changing(name) as (_entry, path):
            contents = recovery.sound(path, self._log)
            before = len(contents.history)
            more = recovery.exchanges_beside(path, self._log)
            contents.history = recovery.merged(contents.history, more)
            after = recovery.rewrite(path, contents)
            return Repaired(before, len(after.history))

    def reset_passphrase(self, name: str) -> None:
        """Take a patient's passphrase off, one that cannot be read too."""
        with self._changing(name) as (entry, path):
            recovery.unlock(path, self._log)
            if not path.exists():
                self._index.pop(entry.key, None)
                entry.file = ""

    def close(self, deadline: float = CLOSE_SECONDS) -> None:
        """Close every history within about `deadline` seconds and give the directory back.

        Every exchange is synced in its own file; what is not folded by then is folded when it is
        opened another day. May be called twice.
        """
        with self._lock:
            if self._closing:
                return
            self._closing = True
            left = [entry for entry in self._entries.values() if entry.users]
        self._fold_until = time.monotonic() + deadline
        for entry in left:
            with self._lock:
                entry.users = 0
                entry.patients.clear()
            self._to_fold.put(entry)
        self._to_fold.put(None)
        for thread in self._threads:
            thread.join()
        self._commits.close()
        self._descriptors.close()
        self._owned.release()


_NOTHING: Final = Transcript()


def _doctor(entry: _Entry) -> Doctor:
    if entry.doctor is None:
        raise StoreError("this history is closed")
    return entry.doctor


def _text(line: str) -> str:
    """Return a line as it can be kept: what is no Unicode text becomes a question mark."""
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


class _Descriptors:
    """Open files to append to, a bounded number of them, the longest unused closed first.

    A descriptor that is taken is nobody else's until it is given back. Any thread.
    """

    def __init__(self, directory: Path, bound: int) -> None:
        self._directory = directory
        self._bound = bound
        self._open: OrderedDict[str, int] = OrderedDict()

    def take(self, file: str) -> int:
        """Return a descriptor of a file that is there."""
        descriptor = self._open.pop(file, None)
        if descriptor is None:
            descriptor = os.open(self._directory / file, files.APPEND)
        return descriptor

    def give(self, file: str, descriptor: int) -> None:
        """Keep a descriptor for the next time."""
        other = self._open.pop(file, None)
        if other is not None:
            os.close(other)
        self._open[file] = descriptor
        if len(self._open) > self._bound:
            with contextlib.suppress(KeyError):
                os.close(self._open.popitem(last=False)[1])

    def drop(self, file: str) -> None:
        """Close the descriptor of a file that is replaced or removed."""
        descriptor = self._open.pop(file, None)
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        """Close all."""
        while self._open:
            os.close(self._open.popitem()[1])


class Patient:
    """One connection of one patient. Any thread may call it; each call waits for its turn."""

    __slots__ = ("_closed", "_entry", "_store", "_unlocked", "gone", "on_gone")

    def __init__(self, store: PatientStore, entry: _Entry) -> None:
        self._store = store
        self._entry = entry
        self._unlocked = False
        self._closed = False
        self.gone = False  #: forgotten by another connection or the operator
        #: Called once when that happens, in the thread that forgets.
        self.on_gone: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name as it was first given."""
        return _doctor(self._entry).name

    @property
    def last_number(self) -> int:
        """The number of the last exchange, 0 before the first."""
        return _doctor(self._entry).transcript.last_number

    @property
    def locked(self) -> bool:
        """Whether a passphrase protects this history and this connection has not given it."""
        return not self._unlocked and self.protected

    @property
    def protected(self) -> bool:
        """Whether a passphrase protects this history."""
        return _doctor(self._entry).lock is not None

    def _check(self) -> None:
        if self.gone or self._closed:
            raise UnknownPatient("this history was forgotten")
        if self.locked:
            raise WrongPassphrase("this history is protected by a passphrase")

    def unlock(self, given: str) -> None:
        """Give the passphrase; WrongPassphrase where it is another. Takes about 50 ms."""
        lock = _doctor(self._entry).lock
        if lock is not None and not passphrase.matches(lock, given):
            raise WrongPassphrase("that is not the passphrase of this history")
        self._unlocked = True

    def set_passphrase(self, new: str) -> None:
        """Protect the history with a passphrase, or with an empty one no longer.

        Takes about 50 ms. NotSaved where it could not be kept: then the old state stands.
        """
        lock = passphrase.make(new) if new else None
        entry, store = self._entry, self._store
        with entry.turn:
            self._check()
            doctor = _doctor(entry)
            try:
                store._protect(entry, doctor, lock)
            except OSError as error:
                raise NotSaved(f"the disk did not take it: {error.strerror or error}") from error
            doctor.lock = lock
            self._unlocked = True

    def greeting(self) -> str:
        """Return what the doctor says first; a visit begins, unless the patient is here already."""
        entry, store = self._entry, self._store
        with entry.turn:
            self._check()
            doctor = _doctor(entry)
            if doctor.machine is not store.machine:
                doctor.attach(store.machine)
            session = doctor.session
            text = doctor.greeting(store._clock())
            if len(entry.patients) > 1 and session == doctor.summary.sessions:
                doctor.session = session
            return text

    def say(self, line: str) -> Exchange:
        """Say a line; the exchange is on disk when it returns.

        NotSaved where it could not be kept: then it was not said.
        """
        gate = threading.Lock()
        gate.acquire()
        told: list[Exchange | NotSaved] = []

        def done(result: Exchange | NotSaved) -> None:
            told.append(result)
            gate.release()

        self.say_later(line, done)
        gate.acquire()
        if isinstance(told[0], NotSaved):
            raise told[0]
        return told[0]

    def say_later(self, line: str, done: Callable[[Exchange | NotSaved], None]) -> None:
        """Say a line; `done` is called with the exchange once it is on disk, or with NotSaved.

        `done` is called exactly once, in this thread, maybe before this returns, or in the
        committing one: it must be quick and must not say, greet or forget. Where this raises
        instead (the patient is gone or locked), it is not called.
        """
        entry, store = self._entry, self._store
        entry.turn.acquire()
        try:
            self._check()
            answer, framed, size = store._say(entry, line)
        except NotSaved as error:
            entry.turn.release()
            done(error)
            return
        except BaseException:
            entry.turn.release()
            raise

        def committed(error: NotSaved | None) -> None:
            store._said(entry, answer, size, error)
            done(answer.exchange if error is None else error)

        store._commits.submit(entry.file, framed, committed)

    def history(self, n: int, before: int | None = None) -> list[Exchange]:
        """Return the last `n` exchanges, those below number `before` where it is given."""
        entry = self._entry
        with entry.turn:
            self._check()
            if not entry.size:
                return []
            path = self._store.directory / entry.file
        transcript = files.read(path).history
        return transcript.last(n) if before is None else transcript.before(before, n)

    def why(self) -> Any:
        """Return the Trace of the last reply that was given since this patient came in, or None."""
        with self._entry.turn:
            self._check()
            return _doctor(self._entry).why()

    def forget(self) -> None:
        """Erase this history; this connection goes on with a new one, others are told."""
        with self._entry.turn:
            self._check()
            name = _doctor(self._entry).name
        self._store._forget(self._entry, name, self)

    def close(self) -> None:
        """Leave. May be called twice."""
        if not self._closed:
            self._closed = True
            self._store._leave(self._entry, self)
