"""Every error of the project, as one tree. This module imports nothing of the project.

    DoctorError
    +-- BadSetting                     a setting has a value that is not allowed
    +-- NoServer                       no server uses this patients directory
    +-- NotAllowed                     somebody may not do this now
    +-- RoomClosed                     a room in which somebody talked is closed for them
    +-- ScriptError(line, column)      a script cannot be used
    +-- ProtocolError                  a line on the wire breaks the protocol
    |   +-- LineTooLong
    |   +-- NotText                    a line is not UTF-8
    |   +-- UnknownCommand
    |   +-- BadArgument                a command cannot use its argument
    |   +-- NotAReply                  the other end is not a doctor server
    |   +-- BadProxyHeader             a trusted balancer says whose connection it is, wrongly
    +-- PatientError                   a patient cannot open a session
    |   +-- BadName
    |   +-- WrongPassphrase
    |   +-- TooManyGuesses             a passphrase is not checked: too many were wrong
    |   +-- LockUnreadable             whether a passphrase protects a history cannot be read
    +-- StoreError                     a history cannot be read or saved
        +-- NotSaved                   an exchange could not be saved
        |   +-- HistoryFull            its file is as long as one may be
        +-- WrongNumber(last)          a line was to have a number that is not the next one
        +-- StoreAway                  the database cannot be reached now
        +-- OutcomeUnknown             whether an exchange was saved cannot be told
        +-- DamagedRecord(offset)      stored bytes are not those that were written
        +-- ForbiddenContent           a file holds what this program never writes
        +-- NewerFormat                a newer version of this program wrote a file
        +-- UnknownPatient
        +-- NameTaken
        +-- StoreLocked(owner)         another process owns the patients directory
        +-- UnknownStorage             --patients names a storage that this version does not have

The code that raises an error knows nothing about reply codes: `doctor.server.error_codes` maps
errors to them. Each message says what is wrong and, if possible, what to do. An OSError of the
system says neither; `describe` and `naming` add that.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class DoctorError(Exception):
    """The base of every error that this project raises on purpose."""


class BadSetting(DoctorError):
    """A setting has a value that is not allowed; the message says which values are."""


class NoServer(DoctorError):
    """No server uses this patients directory."""


class NotAllowed(DoctorError):
    """Somebody, mostly an operator, may not do this now; the message says why."""


class RoomClosed(DoctorError):
    """A room is closed for who talked in it: it was erased, or has another passphrase."""


class ScriptError(DoctorError):
    """A script cannot be used; `line` and `column` (from 1) are those of the first fault."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class ProtocolError(DoctorError):
    """A line on the wire breaks the protocol."""


class LineTooLong(ProtocolError):
    """A line is longer than the limit and was dropped."""


class NotText(ProtocolError):
    """A line is not UTF-8 and was dropped."""


class UnknownCommand(ProtocolError):
    """A line starts with `/`, but no command has that name."""


class BadArgument(ProtocolError):
    """A command was given an argument that it cannot use."""


class NotAReply(ProtocolError):
    """A server sent something that is not a reply of this protocol."""


class BadProxyHeader(ProtocolError):
    """A connection from a trusted balancer does not begin with a PROXY header."""


class PatientError(DoctorError):
    """A patient cannot open a session."""


class BadName(PatientError):
    """A name cannot be used; the message says why."""


class WrongPassphrase(PatientError):
    """The passphrase is not this patient's."""


class TooManyGuesses(PatientError):
    """A passphrase is not checked: too many were wrong, or too many wait to be checked."""


class LockUnreadable(PatientError):
    """Whether a passphrase protects a history cannot be read for certain; nobody can open it."""


class StoreError(DoctorError):
    """A history cannot be read or saved."""


class NotSaved(StoreError):
    """An exchange could not be saved and was not recorded."""


class HistoryFull(NotSaved):
    """A history takes no more exchanges: its file is as long as one may be."""


class WrongNumber(StoreError):
    """A line was to have a number that is not the next; `last` is the last that there is."""

    def __init__(self, message: str, last: int = 0) -> None:
        super().__init__(message)
        self.last = last


class StoreAway(StoreError):
    """The database that has the histories cannot be reached now; nothing was recorded."""


class OutcomeUnknown(StoreError):
    """Whether an exchange was saved cannot be told; the next visit's numbers tell."""


class DamagedRecord(StoreError):
    """Stored bytes are not those that were written; `offset` is where the damage begins."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


class ForbiddenContent(StoreError):
    """A patient's file holds something that this program never writes; none of it was run."""


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
    """`--patients` names a kind of storage that this version does not have."""


# --- what the system says -------------------------------------------------------------------------

#: What an error number of the system means for the person at the keyboard, and what to do.
_ADVICE: Final = {
    errno.ENOSPC: "the disk is full; make room on it",
    errno.EROFS: "the disk is read-only; make it writable or name a place on another disk",
    errno.EACCES: "permission denied; use the account that owns it, or have its mode changed",
    errno.EPERM: "the system does not permit this; use the account that owns it",
    errno.EIO: "the disk reports a fault (input/output error); check the disk",
    errno.ENOENT: "there is no such file or directory; check how the path is spelled",
    errno.ENOTDIR: "a part of this path is not a directory; check how it is spelled",
    errno.EISDIR: "this is a directory; name a file",
    errno.ELOOP: "this is a link; name the file itself",
    errno.ENAMETOOLONG: "this path is too long; name a shorter one",
    errno.EMFILE: "this program has too many files open; raise the limit with ulimit -n",
    errno.ENFILE: "the system has too many files open; end other programs",
    errno.EFBIG: "the file would be larger than allowed; see ulimit -f",
}
#: Not on every system.
if hasattr(errno, "EDQUOT"):
    _ADVICE[errno.EDQUOT] = "the quota for this disk is used up; make room or have it raised"
#: A disk without space, or one that cannot be written now: what fails so may succeed later.
NO_SPACE: Final = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EIO") if hasattr(errno, name)
)


def describe(error: BaseException, where: str | os.PathLike[str] = "") -> str:
    """Return in one line what went wrong, with the path and what to do.

    `where` is the path to name if the error names none.
    """
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    path = error.filename if isinstance(error.filename, (str, bytes)) else os.fspath(where)
    said = error.strerror or os.strerror(error.errno)
    known = _ADVICE.get(error.errno) if said == os.strerror(error.errno) else None
    known = known or said
    return f"{os.fsdecode(path)}: {known}" if path else known


@contextlib.contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name `path` in an OSError that names no path: one of a descriptor."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = os.fspath(path)
        raise
