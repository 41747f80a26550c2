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
import os
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor import paths
from doctor.doctor import Doctor
from doctor.errors import HistoryFull, NotSaved
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.contents import pack_script
from doctor.history.frames import checksum_of
from doctor.history.snapshot import ScriptId
from doctor.history.transcript import HistoryCounts, first_link, pack_entry, pack_state
from doctor.patients.files import draft, recovery

if TYPE_CHECKING:
    from doctor.doctor import Answer, AnyMachine
    from doctor.history.contents import Contents
    from doctor.patients.files.directory import PatientDirectory

FULL: Final = (
    "this history is full and takes no more lines; after the operator has given it another name "
    "you can begin a new one"
)


#: Below so many bytes a file is certainly not full.
_LONG: Final = 64 << 10
#: A tail of so many bytes is compacted while its session lasts, once it is longer than the rest.
LONG_TAIL: Final = 64 << 10
#: So is one of so many, if it is at least the part `LONGEST_PART` of the rest.
LONGEST_TAIL: Final = 8 << 20
LONGEST_PART: Final = 8
#: A file of at most so many bytes is compacted whenever its last connection closes: some 20,000
#: exchanges, written in a few hundredths of a second.
SMALL_FILE: Final = 4 << 20
#: A longer one only when its tail is this part of it. An exchange then costs 65 times its bytes at
#: most, however long the history is; a visit that begins reads half of that tail on average, which
#: is as dear: with a greater part beginning a visit would cost more, with a smaller one its end.
TAIL_PART: Final = 64
#: Seconds between two compactions for the second reason, and after one that failed.
PAUSE: Final = 60.0


#: Exchanges from which the state is made again after one was taken back.
REMAKE: Final = 1024


class Record(NamedTuple):
    """An exchange that is to be made durable."""

    data: bytes  #: what was appended; for a patient who has no file, the bytes of a whole one
    link: int  #: the checksum of its ENTRY
    with_state: bool  #: the machine's state is in it


class PatientFile:
    """What is known of the file of a patient in memory."""

    __slots__ = (
        "_compact_from",
        "birth",
        "dirty",
        "head",
        "identity",
        "is_old",
        "link",
        "name",
        "overhang",
        "script",
        "size",
        "suspect",
        "version",
        "was_mended",
    )

    def __init__(self) -> None:
        self.name = ""
        self.size = 0  #: in bytes; 0 where there is no file
        self.head = 0  #: bytes of them before the tail
        self.identity = (0, 0)  #: device and number of the file
        self.birth = 0  #: of the history
        self.link = 0  #: the checksum that the next ENTRY has to hold
        self.script = ScriptId()  #: in force at the end of the file
        self.version = 0  #: rises with every change of the file
        self.dirty = False  #: the file has a tail
        self.overhang = False  #: something behind `size` could not be cut off
        self.is_old = False  #: in format 1: to be written anew before anything is appended
        self.suspect = False  #: a chunk was found damaged when it was read
        self.was_mended = False  #: the file was damaged when it was loaded
        self._compact_from = 0.0  # when another compaction may begin while the patient talks

    def begin(self, name: str, patient: str, machine: AnyMachine, kind: int) -> Doctor:
        """Begin a patient, or a room, without a file yet."""
        doctor = Doctor(patient, machine, HistoryCounts(), kind=kind)
        self.name, self.size, self.head = name, 0, 0
        self.birth = int.from_bytes(os.urandom(8), "little") | 1
        self.link = first_link(self.birth)
        self.script, self.dirty, self.overhang = doctor.script, False, False
        self.is_old = self.suspect = False
        self.version += 1
        return doctor

    def adopt(self, contents: Contents) -> None:
        """Know that these contents were read from the file as it is now."""
        self.size, self.head, self.script = contents.size, contents.head, contents.script
        self.identity = contents.identity or (0, 0)
        self.dirty, self.overhang, self.suspect = bool(contents.tail), False, False
        self.is_old = contents.version == 1
        if not self.is_old:
            self.birth, self.link = contents.history.birth, contents.history.link
        self.version += 1

    def append(self, doctor: Doctor, answer: Answer, directory: PatientDirectory) -> Record:
        """Append an exchange to the file and return what the commit log has to hold.

        NotSaved where it cannot be stored; UnknownPatient where another program changed the file;
        OSError: `undo` is to be called.
        """
        exchange = answer.exchange
        self.version += 1
        with_state = doctor.state_is_due(exchange)
        try:
            entry = data = pack_entry(exchange, doctor.tag, self.link)
            if with_state:
                data += pack_state(exchange.number, doctor.tag, answer.pack_state())
        except ValueError as error:
            raise NotSaved(str(error)) from error
        link = checksum_of(entry)
        size = self.size
        if not size:
            head = record.write(doctor.header(), Transcript(birth=self.birth))
            return Record(head + data, link, with_state)
        if self.script is not doctor.script and self.script != doctor.script:
            data = pack_script(doctor.script, exchange.number) + data
        if size > _LONG and size + len(data) > record.full_size():
            raise HistoryFull(FULL)
        if self.overhang:
            directory.cut(self.name, size, self.identity)
            self.overhang = False
        directory.append(self.name, data, size, self.identity)
        self.size += len(data)
        return Record(data, link, with_state)

    def keep(self, kept: Record, size: int, doctor: Doctor, directory: PatientDirectory) -> None:
        """Go on from an exchange that is in the log; OSError if a new file cannot be made.

        `size` is that of the file before; 0: what is kept is a whole file.

        A file is made after the log has its first exchange: what a power cut leaves of its head
        could not be told from a damaged file, but for the record in the log that makes it whole.
        """
        if not size:
            self.identity = directory.create(self.name, kept.data)
            self.size = len(kept.data)
        self.link = kept.link
        self.script = doctor.script
        self.dirty = True

    def wants_compaction(self) -> bool:
        """Return whether the tail is so long that it is compacted while the session lasts."""
        tail = self.size - self.head
        if tail <= LONG_TAIL or (
            tail <= self.head and tail <= max(LONGEST_TAIL, self.head // LONGEST_PART)
        ):
            return False
        return time.monotonic() >= self._compact_from

    def ends_with_compaction(self) -> bool:
        """Return whether the file is compacted when nobody uses it any more."""
        if not self.dirty:
            return False
        is_worth_it = self.size <= SMALL_FILE or (self.size - self.head) * TAIL_PART >= self.size
        return is_worth_it or self.is_old or self.suspect

    def put_off(self) -> None:
        """Begin no other compaction for a while, unless this one succeeds and the file is short."""
        self._compact_from = time.monotonic() + PAUSE

    def note_compacted(self, size: int) -> None:
        """Know that the file has an empty tail and this size."""
        self.size = self.head = size
        self.dirty = self.is_old = False
        self.version += 1
        if size < LONGEST_TAIL:
            self._compact_from = 0.0

    def undo(self, size: int, directory: PatientDirectory) -> None:
        """Cut the file back to `size`; where even that fails it is done before the next append."""
        self.size = size
        if not size:
            return
        try:
            directory.cut(self.name, size, self.identity)
        except OSError as error:
            self.overhang = True
            directory.log.warning("%s: cannot be cut back now: %s", self.name, error)

    def take_back(self, doctor: Doctor, number: int, directory: PatientDirectory) -> bool:
        """Write the file anew without what an exchange said; False where there is none. OSError."""
        path = directory.path(self.name)
        contents = recovery.read_sound(path, directory.log)
        if contents.left_aside:
            directory.note_aside()
        found = contents.history.before(number + 1, 1)
        if not found or found[0].number != number:
            return False
        history = contents.history.rechained({number: found[0].taken_back()})
        contents.history = history
        contents.script = doctor.script
        contents.state = doctor.state_from(history.last(REMAKE))
        contents.state_number = history.last_number
        directory.drop(self.name)
        self.adopt(recovery.rewrite(path, contents))
        return True

    def renew(self, directory: PatientDirectory, **changes: Any) -> Contents:
        """Write the file anew in the newest format; return what it holds then. OSError."""
        path = directory.path(self.name)
        contents = recovery.read_sound(path, directory.log)
        if contents.left_aside:
            directory.note_aside()
        if contents.size > record.full_size():
            raise HistoryFull(FULL)
        directory.drop(self.name)
        contents = recovery.rewrite(path, contents, **changes)
        self.adopt(contents)
        return contents

    def protect(self, doctor: Doctor, lock: bytes | None, directory: PatientDirectory) -> None:
        """Write the file anew with this passphrase record, or none.

        OSError: the old one is in force. The commit log must hold nothing of this patient: it could
        bring back what was before.
        """
        path = directory.path(self.name)
        if self.size:
            self.renew(directory, lock=lock)
        else:
            if paths.exists(path):
                raise FileExistsError(errno.EEXIST, "somebody put a file there")
            header = doctor.header()._replace(lock=lock)
            data = record.write(header, Transcript(birth=self.birth))
            self.identity = draft.replace(path, data)
            self.size = self.head = len(data)
            self.script = doctor.script
            self.version += 1
        doctor.lock = lock
