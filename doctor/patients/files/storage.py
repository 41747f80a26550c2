"""Store patients as files of one directory: `FileStorage`.

    NAME.dat appended to -> commit log, synced -> told

A patient's file is complete for readers at every step; the commit log makes the exchange survive a
power cut (`doctor.patients.files.commit_log`). Where a step fails, the file is cut back. When a
patient is released the file may be compacted (`doctor.patients.files.compaction`).
"""

from __future__ import annotations

import contextlib
import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from doctor import paths
from doctor.errors import DamagedRecord, NameTaken, NotSaved, StoreError, UnknownPatient, describe
from doctor.patients.active import require_kind
from doctor.patients.base import KEPT, NotKept, Repaired, StorageCounts, Unknown
from doctor.patients.files import disk, reading, recovery, replay
from doctor.patients.files.archive import doctor_of
from doctor.patients.files.commit_log import CommitLog
from doctor.patients.files.compaction import Compactor
from doctor.patients.files.directory import PatientDirectory
from doctor.patients.files.lock import DirectoryLock
from doctor.patients.files.log_format import Job
from doctor.patients.files.patient_file import LONG_TAIL, PatientFile
from doctor.patients.files.watch import PlaceWatcher
from doctor.patients.names import file_name, key, patient_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doctor.doctor import Answer, AnyMachine, Doctor
    from doctor.history.searching import TextBlock
    from doctor.history.transcript import Exchange
    from doctor.patients.active import ActivePatient
    from doctor.patients.base import Outcome, Watcher
    from doctor.patients.passphrase import SharedGuesses
    from doctor.patients.shared_readers import SharedReaders
    from doctor.patients.shared_rooms import SharedRooms


class FileStorage:
    """The files of one directory, which one process owns; see `doctor.patients.base.Storage`."""

    guesses: SharedGuesses | None = None
    rooms: SharedRooms | None = None
    readers: SharedReaders | None = None
    shared = False
    late_after = 0.005

    def __init__(
        self,
        directory: Path,
        *,
        log: logging.Logger | None = None,
        open_files: int = 1024,
        observe: Callable[[float], None] | None = None,
    ) -> None:
        """Take the directory, make it where there is none, and complete what a crash left.

        At most `open_files` patients' files are held open. `observe` is called with the seconds of
        each commit, in the thread that commits. StoreLocked where another process has the
        directory, OSError where it cannot be used.
        """
        self.path = Path(directory)
        self._log = log or logging.getLogger("doctor.patients")
        self._damaged = 0
        self._unreadable: set[str] = set()  # files that are in the log as such
        with contextlib.ExitStack() as undo:
            warning = disk.make_directory(self.path)
            self._owned = DirectoryLock(self.path)
            undo.callback(self._owned.release)
            if warning:
                self._log.warning("%s", warning)
            self._directory = PatientDirectory(self.path, open_files, self._log)
            undo.callback(self._directory.close)
            settle = self._directory.settle
            noted = self._directory.note_aside
            put_back = functools.partial(replay.replay, self.path, self._log, note_aside=noted)
            self._commits = CommitLog(self.path, settle, self._log, observe, put_back)
            self._compactor = Compactor(self._directory)
            self._watcher = PlaceWatcher(self.path, self._owned, self._commits, self._log)
            undo.pop_all()

    # --- a patient ---

    def watch(self, watcher: Watcher) -> None:
        """Do nothing: no other server changes anything."""

    def load(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Read a patient's file, put right where it needs that, or begin a patient who has none."""
        file = self._file_of(active)
        path = self.path
        try:
            file.name = file.name or self._directory.find(name) or file_name(name)
            path = self._directory.path(file.name)
            if not paths.exists(path):
                active.doctor = file.begin(file.name, name, machine, active.kind)
                return
            self._directory.drop(file.name)
            with self._commits.holding_back():
                doctor = self._read(active, path, name, machine)
        except OSError as error:
            self._directory.note_aside()
            if path.name not in self._unreadable:  # once, not at every visit
                self._log.error("cannot be read: %s", describe(error, path))
            self._unreadable.add(path.name)
            why = error.strerror or str(error)
            raise StoreError(f"this history cannot be read: {why}") from error
        self._unreadable.discard(file.name)
        before, active.doctor = active.doctor, doctor
        if before is not None:
            doctor.session = before.session
        if file.was_mended:  # the log could hold the same exchanges as they were before
            file.was_mended = False
            with contextlib.suppress(OSError):
                self._commits.checkpoint()

    load_again = load

    def _read(self, active: ActivePatient, path: Path, name: str, machine: AnyMachine) -> Doctor:
        """Return the Doctor of a file, put right where it needs that. Errors as `load`."""
        file: PatientFile = active.stored
        try:
            with recovery.open_sound(path, self._log, whole=file.suspect) as (
                contents,
                _descriptor,
            ):
                require_kind(contents.kind, active.kind, name)
                doctor = doctor_of(path, contents, machine, counted=True)
        except DamagedRecord:  # in a chunk that was left on disk
            contents = recovery.read_sound(path, self._log)
            require_kind(contents.kind, active.kind, name)
            doctor = doctor_of(path, contents, machine, counted=True)
        if contents.left_aside:
            self._directory.note_aside()
        file.adopt(contents)
        file.was_mended = contents.mended
        self._damaged += contents.mended
        return doctor

    def unlock(self, active: ActivePatient) -> None:
        """Do nothing: the directory is this process's alone."""

    def _file_of(self, active: ActivePatient) -> PatientFile:
        file: PatientFile | None = active.stored
        if file is None:
            file = active.stored = PatientFile()
        return file

    def submit(
        self, active: ActivePatient, answer: Answer, told: Callable[[Outcome], None]
    ) -> None:
        """Append an exchange to the patient's file and have the commit log make it durable."""
        doctor = active.doctor
        assert doctor is not None  # noqa: S101 - `answer` is this doctor's
        file: PatientFile = active.stored
        size = file.size
        if self._watcher.trouble:
            self._watcher.require()
        try:
            if self._commits.is_waiting:
                self._commits.begin()  # what waits in an old log comes before this exchange
            if file.suspect:
                raise UnknownPatient(f"{file.name} is damaged")  # noqa: TRY301 - read anew below
            if file.is_old:
                file.renew(self._directory)
                size = file.size
            record = file.append(doctor, answer, self._directory)
        except UnknownPatient as error:
            self._log.error("%s; it is read anew", error)
            self._load_changed(active, doctor, answer.machine)
            raise NotSaved(f"{error}; it was read anew, say it once more") from error
        except OSError as error:
            file.undo(size, self._directory)
            raise _not_saved(error) from error
        number = answer.exchange.number

        def committed(error: NotSaved | None) -> None:
            outcome: Outcome = KEPT
            try:
                if error is None:
                    file.keep(record, size, doctor, self._directory)
                    if record.with_state:
                        doctor.note_saved(number)
                    if not size:
                        self._directory.add(active.key, file.name)
                    if file.size - file.head > LONG_TAIL and file.wants_compaction():
                        self._compactor.put_busy(active)
                else:
                    file.undo(size, self._directory)
                    outcome = NotKept(error)
            except OSError as problem:
                self._commits.begin_anew()  # the exchange must not come back from the log
                outcome = NotKept(_not_saved(problem))
            except Exception as fault:  # noqa: BLE001 - this patient's visits end, and nobody else's
                self._log.exception("a fault in keeping an exchange; %s is read anew", file.name)
                self._commits.begin_anew()
                outcome = Unknown(fault)
            told(outcome)

        self._commits.submit(Job(file.name, number, file.birth, not size, record.data, committed))

    def _load_changed(self, active: ActivePatient, doctor: Doctor, machine: AnyMachine) -> None:
        """Go on with what is in a file that somebody changed; without a file, from the start."""
        file: PatientFile = active.stored
        active.doctor = None
        self._directory.drop(file.name)
        if not paths.exists(self._directory.path(file.name)):
            self._directory.discard(active.key)
        self.load(active, doctor.name, machine)

    def history(self, active: ActivePatient, n: int, before: int | None) -> Sequence[Exchange]:
        """Read the last `n` exchanges from the file; no turn is needed."""
        file: PatientFile = active.stored
        return reading.history(file, self._directory, n, before) if file.size else []

    def texts(self, active: ActivePatient, before: int) -> Iterator[TextBlock]:
        """Read the texts of exchanges from the file; no turn is needed."""
        file: PatientFile = active.stored
        return reading.texts(file, self._directory, before) if file.size else iter(())

    def protect(self, active: ActivePatient, lock: bytes | None) -> None:
        """Write the file anew with this passphrase record, or none."""
        doctor = active.doctor
        assert doctor is not None  # noqa: S101 - the caller has checked that
        file: PatientFile = active.stored
        self._watcher.require()
        try:
            self._commits.checkpoint()
            is_new = not file.size
            file.protect(doctor, lock, self._directory)
            if is_new:
                self._directory.add(active.key, file.name)
        except OSError as error:
            raise _not_saved(error, self._directory) from error

    def take_back(self, active: ActivePatient, number: int) -> bool:
        """Write the file anew without what an exchange said; its number stays.

        The state is made anew from what was said otherwise. What was set aside of this patient may
        hold the exchange too: what is sound in it is put into the file, then it is removed. False
        where there is no such exchange.
        """
        doctor = active.doctor
        assert doctor is not None  # noqa: S101 - the caller has checked that
        assert doctor.machine is not None  # noqa: S101 - who is in memory can talk
        file: PatientFile = active.stored
        if not file.size:
            return False
        self._watcher.require()
        try:
            self._commits.checkpoint()
            path = self._directory.path(file.name)
            aside = self._directory.files_beside(doctor.name, file.name)
            if aside:
                self._directory.drop(file.name)
                recovery.repair(path, self._log)
                self._directory.note_aside()
            found = file.take_back(doctor, number, self._directory)
            if found:
                aside = self._directory.files_beside(doctor.name, file.name)
                disk.remove(aside, self.path)
        except OSError as error:
            raise _not_saved(error, self._directory) from error
        if found or aside:
            self.load(active, doctor.name, doctor.machine)
        return found

    # --- changes from outside ---

    def require(self, active: ActivePatient, name: str) -> None:
        """Leave nothing of a patient in the commit log; UnknownPatient where there is no file."""
        file = self._file_of(active)
        found = file.name or self._directory.find(name)
        if not found or not paths.exists(self._directory.path(found)):
            raise UnknownPatient(f"there is no history of {name}")
        file.name = found
        self._commits.checkpoint()
        self._directory.drop(found)
        file.version += 1

    def forget(self, active: ActivePatient, name: str, machine: AnyMachine, *, must: bool) -> None:
        """Remove every file of exactly this patient and begin a new one."""
        file = self._file_of(active)
        found = self._directory.files_of(name, file.name, again=must)  # an operator's
        if not found and must:
            raise UnknownPatient(f"there is no history of {name}")
        try:
            self._commits.checkpoint()  # nothing in the log can bring the history back
        except OSError:
            if not self._commits.is_waiting:
                raise
            # An old log needs more space than there is: what is removed makes some.
            disk.remove(found, self.path)
            self._commits.checkpoint(without=file.name or file_name(name))
        self._directory.drop(file.name)
        disk.remove(found, self.path)
        self._directory.discard(active.key)
        active.doctor = file.begin(file_name(name), name, machine, active.kind)

    def rename(self, active: ActivePatient, old: str, new: str) -> None:
        """Give a patient's file, and all that was set aside of it, another name."""
        file: PatientFile = active.stored
        fresh, target = key(new), file_name(new)
        is_taken = self._directory.has(fresh) or paths.exists(self._directory.path(target))
        if is_taken and fresh != active.key:
            raise NameTaken(f"there is a history of {new} already")
        path = self._directory.path(file.name)
        beside = self._directory.files_beside(old, file.name, again=True)
        if recovery.rename(path, new, beside, self._log):
            self._directory.note_aside()
        self._directory.discard(active.key)
        file.name = target
        self._directory.add(fresh, target)

    def repair(self, active: ActivePatient) -> Repaired:
        """Write a file anew from all that is sound in it and in what was set aside of it."""
        path = self._directory.path(active.stored.name)
        try:
            return Repaired(*recovery.repair(path, self._log))
        finally:
            self._directory.note_aside()

    def reset_passphrase(self, active: ActivePatient) -> None:
        """Take a passphrase off; a file that holds no history at all is set aside."""
        file: PatientFile = active.stored
        path = self._directory.path(file.name)
        recovery.unlock(path, self._log)
        self._directory.note_aside()
        if not paths.exists(path):
            self._directory.discard(active.key)
            file.name = ""

    # --- all of them ---

    def names(self) -> list[str]:
        """Return the names of all patients as their files tell them, sorted."""
        return sorted(filter(None, (patient_name(path.name) for path in disk.entries(self.path))))

    @property
    def counts(self) -> StorageCounts:
        """The figures of now."""
        commits = self._commits
        return StorageCounts(
            commits.committed,
            commits.commits,
            self._compactor.compacted,
            self._damaged,
            commits.size,
        )

    @property
    def under_way(self) -> float:
        """Seconds for which a commit has been under way; 0 for none."""
        return self._commits.under_way

    stalled = under_way

    def release(self, active: ActivePatient, done: Callable[[ActivePatient], None]) -> None:
        """Compact the file of a patient whom nobody uses, where its tail is worth it."""
        file: PatientFile | None = active.stored
        if file is None or not file.ends_with_compaction() or self._commits.is_waiting:
            done(active)
        else:
            self._compactor.put(active, done)

    def hasten(self, seconds: float) -> None:
        """Do nothing: a disk takes an exchange or refuses it."""

    def close(self, seconds: float, left: Sequence[ActivePatient]) -> None:
        """Compact what can be compacted in these seconds, empty the log, give the directory back.

        Every exchange is synced in its own file; what is not compacted by then is compacted when it
        is opened another day.
        """
        self._watcher.close()
        keep = bool(self._watcher.trouble)
        self._compactor.end_within(-1 if keep else seconds)
        for active in left:
            self._compactor.put(active, lambda _active: None)  # the store has no patients any more
        self._compactor.close()
        self._commits.close(keep=keep)
        self._directory.close()
        self._owned.release()


def _not_saved(error: OSError, directory: PatientDirectory | None = None) -> NotSaved:
    if directory is not None:  # something may have been set aside before it went wrong
        directory.note_aside()
    return NotSaved(f"the disk did not take it: {error.strerror or error}")
