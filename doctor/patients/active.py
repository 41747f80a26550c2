"""One patient in memory: the Doctor, the turn, and the end of the patient's file.

An exchange goes through three hands:

    say    answers, appends to NAME.dat, returns what the commit log shall keep
    kept   the log has it: the doctor takes it in; a first exchange makes the file
    undo   it has not: the file is cut back, the doctor is as it was

All of it, and every attribute but `users`, `folding` and `patients` (the store's lock), belongs to
whoever holds the turn.
"""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor import paths
from doctor.doctor import Doctor
from doctor.errors import NotSaved, StoreError, UnknownPatient
from doctor.history import record
from doctor.history.snapshot import ScriptId
from doctor.history.transcript import HistoryCounts, Transcript, pack_exchange
from doctor.patients.files import disk, recovery
from doctor.patients.files.archive import doctor_of

if TYPE_CHECKING:
    from doctor.doctor import Answer, AnyMachine
    from doctor.history.record import Contents
    from doctor.patients.files.directory import PatientDirectory

_EMPTY: Final = Transcript()


def reason(error: OSError) -> str:
    """Return what an OSError says, in few words."""
    return f"the disk did not take it: {error.strerror or error}"


class Said(NamedTuple):
    """An exchange that is in the file, or will be the first in one, and not yet in the log."""

    answer: Answer
    data: bytes  #: what was appended, or the whole file of a patient who had none
    size: int  #: of the file before


class Entry:
    """A patient in memory."""

    __slots__ = (
        "closed",
        "dirty",
        "doctor",
        "file",
        "folding",
        "key",
        "overhang",
        "patients",
        "script",
        "size",
        "turn",
        "users",
        "version",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.turn = threading.Lock()
        self.users = 0  #: connections, and whoever else must not have it leave memory
        self.folding = 0  #: how often it waits to be folded
        self.patients: list[Any] = []  #: the connections, `doctor.patients.Patient`
        self.doctor: Doctor | None = None
        self.file = ""
        self.size = 0  #: bytes of the file; 0 where there is none
        self.script = ScriptId()  #: in force at the end of the file
        self.version = 0  #: rises with every change of the file
        self.dirty = False  #: the file has a tail
        self.overhang = False  #: something behind `size` could not be cut off
        self.closed = False  #: the store is closed

    def there(self) -> Doctor:
        """Return the Doctor; StoreError where the history is closed."""
        if self.doctor is None or self.closed:
            raise StoreError("the histories are closed")
        return self.doctor

    def begin(self, name: str, file: str, machine: AnyMachine) -> None:
        """Begin a patient who has no file."""
        self.doctor = Doctor(name, machine, HistoryCounts())
        self.file, self.size = file, 0
        self.script, self.dirty, self.overhang = self.doctor.script, False, False
        self.version += 1

    def load(self, shelf: PatientDirectory, machine: AnyMachine) -> bool:
        """Read the patient from the file, put right where it needs that; True where it was damaged.

        LockUnreadable, NewerFormat; StoreError where the file cannot be read or put right.
        """
        path = shelf.path(self.file)
        shelf.drop(self.file)
        try:
            contents = recovery.sound(path, shelf.log)
        except OSError as error:
            raise StoreError(f"{self.file} cannot be read: {error.strerror or error}") from error
        before = self.doctor
        self.doctor = doctor_of(path, contents, machine, counted=True)
        if before is not None:
            self.doctor.session = before.session
        self.stands(contents)
        return contents.mended

    def stands(self, contents: Contents) -> None:
        """Know that the file is now what these contents were read from."""
        self.size, self.script = contents.size, contents.script
        self.dirty, self.overhang = bool(contents.tail), False
        self.version += 1

    def say(
        self, doctor: Doctor, line: str, machine: AnyMachine, now: float, shelf: PatientDirectory
    ) -> Said:
        """Answer a line and append the exchange to the file; NotSaved where that cannot be."""
        if doctor.machine is not machine:
            doctor.attach(machine)
        if not line.isascii():
            # What is no Unicode text (half a surrogate pair) becomes a question mark.
            line = line.encode("utf-8", "replace").decode()
        answer = doctor.reply(line, now)
        number, size = answer.exchange.number, self.size
        self.version += 1
        try:
            data = pack_exchange(answer.exchange, doctor.tag, machine.pack(answer.state))
        except ValueError as error:
            raise NotSaved(str(error)) from error
        if not size:
            return Said(answer, record.write(doctor.facts(), _EMPTY) + data, 0)
        if self.script is not doctor.script and self.script != doctor.script:
            data = record.pack_script(doctor.script, number) + data
        try:
            if self.overhang:
                shelf.cut(self.file, size)
                self.overhang = False
            shelf.append(self.file, data, size)
        except UnknownPatient as error:
            shelf.log.error("%s; it is read anew", error)  # noqa: TRY400 - the cause is said
            self._changed_beneath(doctor, machine, shelf)
            raise NotSaved(str(error)) from error
        except OSError as error:
            self.undo(size, shelf)
            raise NotSaved(reason(error)) from error
        self.size += len(data)
        return Said(answer, data, size)

    def kept(self, doctor: Doctor, said: Said, shelf: PatientDirectory) -> None:
        """Take an exchange in that is in the log; OSError where a birth has no room for its file.

        A file is born after the log has it: what a power cut leaves of its head could not be told
        from a damaged file, but for the record in the log that makes it whole.
        """
        if not said.size:
            shelf.create(self.file, said.data)
            self.size = len(said.data)
            shelf.add(self.key, self.file)
        doctor.keep(said.answer)
        self.script = doctor.script
        self.dirty = True

    def _changed_beneath(
        self, doctor: Doctor, machine: AnyMachine, shelf: PatientDirectory
    ) -> None:
        """Go on with what is in the file now; without a file, from the beginning."""
        self.doctor = None
        shelf.drop(self.file)
        if paths.there(shelf.path(self.file)):
            self.load(shelf, machine)
        else:
            shelf.discard(self.key)
            self.begin(doctor.name, self.file, machine)

    def undo(self, size: int, shelf: PatientDirectory) -> None:
        """Cut the file back to `size`; where even that fails it is done before the next append."""
        self.size = size
        if not size:
            return
        try:
            shelf.cut(self.file, size)
        except OSError as error:
            self.overhang = True
            shelf.log.warning("%s: cannot be cut back now: %s", self.file, error)

    def protect(self, lock: bytes | None, shelf: PatientDirectory) -> None:
        """Write the file anew with this passphrase record, or none. OSError: the old one stands.

        The commit log must hold nothing of this patient: it could bring back what was before.
        """
        doctor = self.there()
        path = shelf.path(self.file)
        if not self.size and paths.there(path):
            raise FileExistsError(errno.EEXIST, "somebody put a file there")
        if self.size:
            contents = recovery.sound(path, shelf.log)
            shelf.drop(self.file)
            contents = recovery.rewrite(path, contents, lock=lock)
            self.stands(contents)
        else:
            doctor.lock = lock
            data = record.write(doctor.facts(), _EMPTY)
            disk.replace(path, data)
            self.size, self.script = len(data), doctor.script
            self.version += 1
            shelf.add(self.key, self.file)
        doctor.lock = lock
