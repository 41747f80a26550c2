"""Read the histories of a directory, beside a running server too: `FileArchive`, `load`.

No lock is needed: a file is appended to or replaced whole, and a record that is half written is
left out.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor.doctor import MAX_REPLAY, Doctor
from doctor.errors import DoctorError, StoreError, UnknownPatient, describe
from doctor.history import record
from doctor.history.contents import header_of
from doctor.history.transcript import HistoryCounts
from doctor.patients.base import HistoryFault, Overview, StoredHistory, Verified, Waiting
from doctor.patients.files import disk, replay
from doctor.patients.names import file_name, key, owner, patient_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.doctor import AnyMachine
    from doctor.history.contents import Contents
    from doctor.history.transcript import Exchange
    from doctor.patients.files.log_format import Logged

#: Seconds between two looks at a file that is followed; longer where reading it takes long.
POLL: Final = 0.5


def doctor_of(
    path: Path, contents: Contents, machine: AnyMachine | None, *, counted: bool
) -> Doctor:
    """Return the Doctor of a file; one that is `counted` leaves its exchanges on disk.

    DamagedRecord where exchanges that have to be replayed are damaged.
    """
    history = contents.history
    transcript = HistoryCounts(history.summary, history.last_number) if counted else history
    name = contents.header.name if contents.header else ""
    doctor = Doctor(disk.name_of(path, name), None, transcript, contents.lock, contents.kind)
    doctor.take_up(contents.script, contents.state, contents.state_number)
    if contents.state and counted:
        doctor.unreplayed = history.first_since(contents.state_number, MAX_REPLAY + 1)
    if machine is not None:
        doctor.attach(machine)
    return doctor


def load(path: Path, machine: AnyMachine | None = None) -> Doctor:
    """Return the Doctor in a patient's file, see `doctor.patients.opening.load`."""
    return doctor_of(path, disk.read(path), machine, counted=False)


class FileArchive:
    """The histories of one directory; see `doctor.patients.base.Archive`."""

    can_be_copied = True

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        #: Files whose names are composed otherwise than `file_name` does it, by patient.
        self._files: dict[str, str] = {}
        #: What the commit logs hold, by file; read once, before any file.
        self._logged: dict[str, list[Logged]] | None = None

    @property
    def where(self) -> str:
        """The directory, for messages."""
        return str(self.directory)

    def patients(self) -> list[str]:
        """Return the names of all patients, sorted; StoreError where there is no directory."""
        if not self.directory.is_dir():
            raise StoreError(f"there is no directory {self.directory}")
        found = []
        for path in disk.entries(self.directory):
            name = patient_name(path.name)
            if name is not None:
                found.append(name)
                if path.name != file_name(name):
                    self._files[name] = path.name
        for file, records in self._logs().items():
            name = patient_name(file)
            if name is not None and name not in found and records[0].whole:
                found.append(name)
        return sorted(found, key=key)

    def _logs(self) -> dict[str, list[Logged]]:
        """Return what the commit logs hold; nothing where they cannot be read."""
        if self._logged is None:
            try:
                self._logged = replay.waiting(self.directory)
            except OSError:
                self._logged = {}
        return self._logged

    def _complete(self, path: Path) -> Contents:
        """Return what a file holds, with what waits for it in a commit log. Errors as `read`."""
        records = self._logs().get(path.name)
        try:
            contents: Contents | None = disk.read(path)
        except UnknownPatient:
            if not records:
                raise
            contents = None
        if records:
            placed = replay.place(contents, records)
            contents = placed.contents or contents
        if contents is None:
            raise UnknownPatient(f"there is no history {path.name}")
        return contents

    def find(self, name: str) -> str | None:
        """Return the name of the patient who is meant, None where there is none."""
        name = name.strip()
        with contextlib.suppress(OSError, ValueError):  # no file can have such a name
            path = self.directory / file_name(name)
            if path.is_file():
                return patient_name(path.name) or name
        wanted = key(name)
        return next((known for known in self.patients() if key(known) == wanted), None)

    def path(self, name: str) -> Path:
        """Return the path of the file of a patient whose name `patients` or `find` returned."""
        return self.directory / (self._files.get(name) or file_name(name))

    def place(self, name: str) -> str:
        """Return the path, for messages."""
        return str(self.path(name))

    def read(self, name: str) -> StoredHistory:
        """Read a file and check it; an error names the file."""
        path = self.path(name)
        try:
            contents = self._complete(path)
        except UnknownPatient:
            raise
        except DoctorError as error:
            raise type(error)(f"{path}: {error}") from error
        written = contents.header.name if contents.header else ""
        return StoredHistory(
            disk.name_of(path, written),
            str(path),
            contents.history,
            contents.lock is not None or not contents.lock_known,
            contents.damage,
            contents.kind,
        )

    def pickled(self, name: str) -> bytes:
        """Return a history as a file with an empty tail; StoreError where it is damaged."""
        path = self.path(name)
        contents = self._complete(path)
        if contents.damage or not contents.lock_known:
            raise StoreError(
                f"{path}: damaged; `python -m doctor repair` saves what is sound in it"
            )
        return record.write(header_of(contents), contents.history)

    def peek(self, name: str) -> Overview:
        """Return what a list shows of a patient; reads the file's head and its tail.

        All of it, where something waits in a commit log.
        """
        path = self.path(name)
        if self._lacks(path):
            found = self.read(name)
            return Overview(found.name, found.summary, found.locked, found.kind)
        glance = disk.peek(path)
        return Overview(glance.name, glance.summary, glance.locked, glance.kind)

    def _lacks(self, path: Path) -> bool:
        """Return whether a commit log may hold exchanges that a file lacks. Errors as `peek`."""
        records = self._logs().get(path.name)
        if not records:
            return False
        try:
            return disk.peek(path).last_number < records[-1].number
        except UnknownPatient:
            return True

    def follow(
        self, name: str, number: int, pause: Callable[[float], object] = time.sleep
    ) -> Iterator[Exchange]:
        """Yield the exchanges above `number` as they come, until the file is gone."""
        path = self.path(name)
        looked: tuple[int, ...] = ()
        wait = POLL
        while True:
            try:
                state = path.stat()
            except FileNotFoundError:
                return
            now = (state.st_ino, state.st_size, state.st_mtime_ns)
            if now != looked:
                began = time.monotonic()
                try:
                    transcript = disk.read(path).history
                except UnknownPatient:
                    return
                looked = now
                if transcript.last_number < number:
                    number = 0  # forgotten and begun again
                for exchange in transcript.since(number):
                    number = exchange.number
                    yield exchange
                wait = max(POLL, 4 * (time.monotonic() - began))
            pause(wait)

    def verify(self, name: str) -> Verified:
        """Check every byte of a file; what cannot be read at all is a fault too."""
        path = self.path(name)
        try:
            contents = disk.read(path)
        except UnknownPatient:
            if not self._lacks(path):
                raise
            return Verified(name, str(path), 0)
        except (DoctorError, OSError) as error:
            fault = HistoryFault(getattr(error, "offset", 0), describe(error))
            return Verified(name, str(path), 0, (fault,))
        faults = [HistoryFault(each.start, each.what) for each in contents.damage]
        if not contents.lock_known:
            faults.append(HistoryFault(0, "whether a passphrase locks it cannot be told"))
        history = contents.history
        if history.chained:
            faults += [
                HistoryFault(at, f"exchange {number} does not continue the one before it")
                for number, at in history.breaks()
            ]
        gaps = tuple(history.gaps())
        return Verified(name, str(path), len(history), tuple(faults), contents.torn, gaps)

    def waiting(self) -> list[Waiting]:
        """Return whose exchanges wait in a commit log, sorted by name."""
        found = []
        for file, records in self._logs().items():
            path = self.directory / file
            try:
                if not self._lacks(path):
                    continue
                contents: Contents | None = disk.read(path)
            except UnknownPatient:
                contents = None
            except (DoctorError, OSError):
                continue
            placed = replay.place(contents, records)
            if placed.exchanges or placed.unplaced:
                name = patient_name(file) or file
                found.append(Waiting(name, placed.exchanges, len(placed.unplaced)))
        return sorted(found, key=lambda each: key(each.name))

    def faults(self) -> list[str]:
        """Return nothing: each file is a history by itself."""
        return []

    def set_aside(self) -> list[tuple[str, str]]:
        """Return patient and path of every damaged or torn piece that was set aside, sorted."""
        found = []
        for path in self.directory.iterdir():
            whose = owner(path.name)
            if whose is not None and patient_name(path.name) is None:
                found.append((whose, str(path)))
        return sorted(found, key=lambda each: each[1])
