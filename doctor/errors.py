"""Every error of the project, in one tree; this module imports nothing.

    DoctorError
    +-- BadSetting                     a setting has a value that it cannot have
    +-- NoServer                       no server runs on this patients directory
    +-- ScriptError(faults)            a script cannot be used; each fault has line, column, remedy
    +-- ProtocolError                  a line on the wire is not what it should be
    |   +-- LineTooLong
    |   +-- NotText
    |   +-- UnknownCommand
    |   +-- BadArgument
    |   +-- NotAReply                  the other end is not a doctor server
    +-- PatientError                   a patient cannot be let in
    |   +-- BadName
    |   +-- WrongPassphrase
    |   +-- TooManyGuesses             a passphrase is not even looked at
    |   +-- LockUnreadable             the state of a passphrase cannot be read with certainty
    +-- StoreError                     a history cannot be read or kept
        +-- NotSaved
        +-- DamagedRecord(offset)
        +-- ForbiddenContent           a file holds what no doctor wrote
        +-- NewerFormat
        +-- UnknownPatient
        +-- NameTaken
        +-- StoreLocked(owner)         another process owns the patients directory
        +-- UnknownStorage             --patients names a storage that this version does not have

The core raises them and knows nothing of the wire; one table in `doctor.server.handler` turns them
into reply codes. Each message says what is wrong and, where there is one, what to do.
"""

from __future__ import annotations


class DoctorError(Exception):
    """Anything that this project raises on purpose."""


class BadSetting(DoctorError):
    """A setting has a value that it cannot have; the message names it and says what it may be."""


class NoServer(DoctorError):
    """No server runs on this patients directory."""


class ScriptError(DoctorError):
    """A script cannot be used; `line` and `column` (from 1) point at the first fault."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class ProtocolError(DoctorError):
    """A line on the wire is not what the protocol allows."""


class LineTooLong(ProtocolError):
    """A line is longer than the limit; it was dropped."""


class NotText(ProtocolError):
    """A line is not UTF-8; it was dropped."""


class UnknownCommand(ProtocolError):
    """A line starts with `/` and no command has that name."""


class BadArgument(ProtocolError):
    """A command was given an argument that it cannot use."""


class NotAReply(ProtocolError):
    """What a server sent is not a reply of this protocol."""


class PatientError(DoctorError):
    """A patient cannot be let in."""


class BadName(PatientError):
    """A name cannot be used; the message says why."""


class WrongPassphrase(PatientError):
    """The passphrase is not this patient's."""


class TooManyGuesses(PatientError):
    """A passphrase is not looked at: too many were wrong, or too many wait to be looked at."""


class LockUnreadable(PatientError):
    """Whether and how a history is locked cannot be read with certainty; it opens for nobody."""


class StoreError(DoctorError):
    """A history cannot be read or kept."""


class NotSaved(StoreError):
    """An exchange could not be saved and was not recorded."""


class DamagedRecord(StoreError):
    """Bytes of a patient's file are not what was written; `offset` is where that begins."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


class ForbiddenContent(StoreError):
    """A patient's file holds something that no doctor wrote; nothing of it was run."""


class NewerFormat(StoreError):
    """A patient's file was written by a newer version of this program."""


class UnknownPatient(StoreError):
    """No history has this name."""


class NameTaken(StoreError):
    """A history with this name exists already."""


class StoreLocked(StoreError):
    """Another process owns the patients directory; `owner` is its process id, 0 if not known."""

    def __init__(self, message: str, owner: int = 0) -> None:
        super().__init__(message)
        self.owner = owner


class UnknownStorage(StoreError):
    """What `--patients` names is no storage of this version; the message says which it has."""
