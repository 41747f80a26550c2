"""Append to, undo and rewrite the file of one patient: `PatientFile`.

A patient in memory has it as `stored`.

An exchange goes through three steps:

    append   it is added to NAME.dat; a first exchange becomes the bytes of a whole file instead
    keep     the commit log has it: a first exchange makes the file
    undo     the commit log has it not: the file is cut back

Everything here belongs to whoever holds the patient's turn.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.doctor import Doctor
from doctor.errors import NotSaved
from doctor.history import record
from doctor.history.snapshot import ScriptId
from doctor.history.transcript import HistoryCounts, Transcript, pack_exchange
from doctor.patients.files import disk, recovery

if TYPE_CHECKING:
    from doctor.doctor import Answer, AnyMachine
    from doctor.history.record import Contents
    from doctor.patients.files.directory import PatientDirectory

_EMPTY: Final = Transcript()


class PatientFile:
    """What is known of the file of a patient in memory."""

    __slots__ = ("dirty", "name", "overhang", "script", "size", "version")

    def __init__(self) -> None:
        self.name = ""
        self.size = 0  #: in bytes; 0 where there is no file
        self.script = ScriptId()  #: in force at the end of the file
        self.version = 0  #: rises with every change of the file
        self.dirty = False  #: the file has a tail
        self.overhang = False  #: something behind `size` could not be cut off

    def begin(self, name: str, patient: str, machine: AnyMachine) -> Doctor:
        """Begin a patient who has no file yet."""
        doctor = Doctor(patient, machine, HistoryCounts())
        self.name, self.size = name, 0
        self.script, self.dirty, self.overhang = doctor.script, False, False
        self.version += 1
        return doctor

    def adopt(self, contents: Contents) -> None:
        """Know that these contents were read from the file as it is now."""
        self.size, self.script = contents.size, contents.script
        self.dirty, self.overhang = bool(contents.tail), False
        self.version += 1

    def append(
        self, doctor: Doctor, answer: Answer, state: bytes, directory: PatientDirectory
    ) -> bytes:
        """Append an exchange to the file and return what the commit log has to hold.

        That is what was appended, or the bytes of a whole file for a patient who has none.

        NotSaved where it cannot be stored; UnknownPatient where another program changed the file;
        OSError: `undo` is to be called.
        """
        number, size = answer.exchange.number, self.size
        self.version += 1
        try:
            data = pack_exchange(answer.exchange, doctor.tag, state)
        except ValueError as error:
            raise NotSaved(str(error)) from error
        if not size:
            return record.write(doctor.header(), _EMPTY) + data
        if self.script is not doctor.script and self.script != doctor.script:
            data = record.pack_script(doctor.script, number) + data
        if self.overhang:
            directory.cut(self.name, size)
            self.overhang = False
        directory.append(self.name, data, size)
        self.size += len(data)
        return data

    def keep(self, data: bytes, size: int, doctor: Doctor, directory: PatientDirectory) -> None:
        """Go on from an exchange that is in the log; OSError if a new file cannot be made.

        `size` is that of the file before; 0: `data` are a whole file.

        A file is made after the log has its first exchange: what a power cut leaves of its head
        could not be told from a damaged file, but for the record in the log that makes it whole.
        """
        if not size:
            directory.create(self.name, data)
            self.size = len(data)
        self.script = doctor.script
        self.dirty = True

    def undo(self, size: int, directory: PatientDirectory) -> None:
        """Cut the file back to `size`; where even that fails it is done before the next append."""
        self.size = size
        if not size:
            return
        try:
            directory.cut(self.name, size)
        except OSError as error:
            self.overhang = True
            directory.log.warning("%s: cannot be cut back now: %s", self.name, error)

    def protect(self, doctor: Doctor, lock: bytes | None, directory: PatientDirectory) -> None:
        """Write the file anew with this passphrase record, or none.

        OSError: the old one is in force. The commit log must hold nothing of this patient: it could
        bring back what was before.
        """
        path = directory.path(self.name)
        if self.size:
            contents = recovery.read_sound(path, directory.log)
            directory.drop(self.name)
            self.adopt(recovery.rewrite(path, contents, lock=lock))
        else:
            if paths.exists(path):
                raise FileExistsError(errno.EEXIST, "somebody put a file there")
            doctor.lock = lock
            data = record.write(doctor.header(), _EMPTY)
            disk.replace(path, data)
            self.size, self.script = len(data), doctor.script
            self.version += 1
        doctor.lock = lock
