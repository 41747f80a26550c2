"""The interfaces between patients and what stores them, and the values that cross them.

An `Archive` reads histories and changes nothing: the command line and the records window use it,
beside a running server too. A patient is known by the name that `Archive.patients` yields.

A backend is a package beside `files` with an `archive` module; `doctor.patients.opening` chooses
one. Nothing else imports a backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.history.record import Damage
    from doctor.history.transcript import Exchange, Summary, Transcript

# --- reading --------------------------------------------------------------------------------------


class Overview(NamedTuple):
    """What a list of patients shows of one."""

    name: str
    summary: Summary
    locked: bool  #: protected by a passphrase, or it cannot be told whether


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """A history as it was read; what is not sound of it is left out."""

    name: str  #: as the patient first wrote it
    place: str  #: where it is stored, for messages
    transcript: Transcript
    locked: bool
    damage: tuple[Damage, ...] = ()

    @property
    def summary(self) -> Summary:
        """The counts and times of the history."""
        return self.transcript.summary


class Fault(NamedTuple):
    """Something that is wrong with a stored history."""

    offset: int  #: where it begins, in bytes of the place where it is stored
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What checking every byte of a stored history found."""

    name: str
    place: str
    exchanges: int  #: that can be read
    faults: tuple[Fault, ...] = ()
    torn: int = 0  #: bytes of an unfinished write at the end, which are no fault

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Archive(Protocol):
    """Reads the histories of all patients; takes no lock and changes nothing.

    Any thread may call it. A method that takes a name raises UnknownPatient where no history has
    it any more, ForbiddenContent or NewerFormat where what is stored cannot be read, and OSError.
    """

    @property
    def where(self) -> str:
        """The directory or the URL, for messages."""

    def patients(self) -> list[str]:
        """Return the names of all patients, sorted by `names.key`; StoreError where it cannot."""

    def find(self, name: str) -> str | None:
        """Return the name of the patient who is meant, whatever capitals and accents were used."""

    def place(self, name: str) -> str:
        """Return where a patient's history is stored, for messages."""

    def read(self, name: str) -> StoredHistory:
        """Read a whole history and check it."""

    def peek(self, name: str) -> Overview:
        """Return what a list shows of a patient; reads as little as it can."""

    def follow(
        self, name: str, number: int, pause: Callable[[float], object] = ...
    ) -> Iterator[Exchange]:
        """Yield the exchanges above `number` as they come, until the history is gone.

        `pause(seconds)` is called between two looks.
        """

    def verify(self, name: str) -> Verified:
        """Check every byte of a history; what cannot be read at all is a fault too."""

    def set_aside(self) -> list[tuple[str, str]]:
        """Return patient and place of every damaged or torn piece that was set aside, sorted."""
