"""Interfaces between patients and what stores them: `Storage`, `Archive` and their values.

A `Storage` keeps what patients say and brings it back; a `PatientStore` owns one and holds the
patients in memory (`ActivePatient`). An `Archive` reads histories and changes nothing: the command
line and the records window use it, beside a running server too.

An exchange on its way:

    Patient           takes the turn; the Doctor answers, and stays as it is
    Storage.submit    makes the exchange durable, many patients' at a time
    told(outcome)     once, from the thread that committed: the Doctor takes the answer in, the turn
                      is given back, the caller is told

    outcome     what it means                              what the patient's connection does
    KEPT        the exchange is stored                     answers
    NotKept     certainly nothing was stored               says so; the line can be said again
    LOST        another server spoke for this patient      loads the patient, answers anew, submits
    Unknown     it cannot be told                          ends; the next visit's numbers tell

A backend is a package beside `files` with the modules `storage` and `archive`;
`doctor.patients.opening` chooses one. Nothing else imports a backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from doctor.history.snapshot import PATIENT
from doctor.history.transcript import Exchange
from doctor.text import plural, quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doctor.doctor import Answer, AnyMachine
    from doctor.history.chunks import Transcript
    from doctor.history.contents import Damage
    from doctor.history.searching import TextBlock
    from doctor.history.transcript import Summary
    from doctor.patients.active import ActivePatient
    from doctor.patients.passphrase import SharedGuesses
    from doctor.patients.shared_readers import SharedReaders
    from doctor.patients.shared_rooms import SharedRooms

# --- storing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """The exchange is stored and survives a crash."""


@dataclass(frozen=True, slots=True)
class NotKept:
    """Certainly nothing was stored."""

    why: Exception  #: NotSaved, or what else the caller is told


@dataclass(frozen=True, slots=True)
class LostRace:
    """Another server stored an exchange of this number first; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the exchange is stored cannot be told; the patient has to be loaded again."""

    why: Exception


Outcome: TypeAlias = Kept | NotKept | LostRace | Unknown
KEPT: Final = Kept()
LOST: Final = LostRace()


class Repeated(Exchange):
    """An exchange that was stored before, and was asked for again by its number."""

    __slots__ = ()


class StorageCounts(NamedTuple):
    """What a storage has done since it was opened, and holds now."""

    saved: int  #: exchanges
    commits: int
    compacted: int  #: histories that were written anew after a visit
    damaged: int  #: histories found damaged
    log_bytes: int  #: committed, and not yet in the places where they will be looked for


class Repaired(NamedTuple):
    """What a repair did: sound exchanges before and after."""

    before: int
    after: int

    def __str__(self) -> str:
        found = self.after - self.before
        sound = f"{quantity(self.after, 'exchange')} {plural(self.after, 'is', 'are')} sound"
        return sound + (f", {found} of them found again" * (found > 0))


class Watcher(Protocol):
    """Who is told of patients whom another server has changed: the store."""

    def actives(self) -> list[ActivePatient]:
        """Return the patients in memory."""

    def look_again(self, active: ActivePatient) -> None:
        """Load a patient again whom another server may have changed; takes the turn."""


class Storage(Protocol):
    """Stores the histories of all patients.

    Methods that take an `ActivePatient` are called with that patient's turn held, but for
    `history`, `texts` and `release`; any thread may call. `active.stored` belongs to the storage.
    A storage never takes a turn while it holds a lock that `submit` needs.
    """

    #: What counts passphrases over all servers; None where there is one server.
    guesses: SharedGuesses | None
    #: Who is in which room over all servers; None where there is one server.
    rooms: SharedRooms | None
    #: Who reads along over all servers; None where there is one server.
    readers: SharedReaders | None
    #: Whether other servers may change what is stored: then each visit begins with `load`.
    shared: bool
    #: Seconds after which a commit is late.
    late_after: float

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` from now on of patients whom other servers change; called once."""

    def load(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Set `active.doctor` from what is stored, or to a new patient of this name.

        LockUnreadable, NewerFormat; StoreError where it cannot be read or put right; NameTaken
        where what is stored is of another kind than `active.kind`. UnknownPatient where another
        server has erased or renamed the history that is in memory: the next call begins a new one.
        """

    def load_again(self, active: ActivePatient, name: str, machine: AnyMachine) -> None:
        """Do what `load` does, for a patient who lost a race and whose line is answered anew.

        What it may hold until then is given back by `submit`, or by `unlock`.
        """

    def unlock(self, active: ActivePatient) -> None:
        """Give back what `load_again` holds of a patient, where no `submit` follows."""

    def submit(
        self, active: ActivePatient, answer: Answer, told: Callable[[Outcome], None]
    ) -> None:
        """Make an exchange durable, then call `told`, once.

        The machine's state after it is to be had again too: it is stored (`Answer.pack_state`)
        where `active.doctor.state_is_due`, and otherwise follows from the one stored before.
        `told` is called in this thread, maybe before this returns, or in the one that commits.
        The turn is held until then. Where this raises instead, NotSaved mostly, nothing was stored
        and `told` is not called.
        """

    def history(self, active: ActivePatient, n: int, before: int | None) -> Sequence[Exchange]:
        """Return the last `n` exchanges, those below number `before` where it is given."""

    def texts(self, active: ActivePatient, before: int) -> Iterator[TextBlock]:
        """Yield the texts of the exchanges below number `before`, newest first, to be searched."""

    def protect(self, active: ActivePatient, lock: bytes | None) -> None:
        """Store this passphrase record, or none, and set `active.doctor.lock`.

        NotSaved where it cannot: then the old one is in force.
        """

    def take_back(self, active: ActivePatient, number: int) -> bool:
        """Remove what an exchange said; its number stays. False where there is no such exchange.

        `active.doctor` is another one then, which remembers nothing of it. NotSaved where that
        cannot be stored: then everything is as it was.
        """

    def require(self, active: ActivePatient, name: str) -> None:
        """Prepare a change from outside; UnknownPatient where nothing of this patient is stored."""

    def forget(self, active: ActivePatient, name: str, machine: AnyMachine, *, must: bool) -> None:
        """Remove every trace of a patient and begin a new one.

        UnknownPatient where there is no trace and one `must` be. OSError where a trace stays.
        """

    def rename(self, active: ActivePatient, old: str, new: str) -> None:
        """Give a history another name; NameTaken. `require` was called, `load` follows."""

    def repair(self, active: ActivePatient) -> Repaired:
        """Write a history anew from all that is sound; between `require` and `load` too."""

    def reset_passphrase(self, active: ActivePatient) -> None:
        """Take a passphrase off, one that cannot be read too; between `require` and `load` too."""

    def names(self) -> list[str]:
        """Return the names of all patients, sorted."""

    @property
    def counts(self) -> StorageCounts:
        """The figures of now."""

    @property
    def under_way(self) -> float:
        """Seconds for which a commit has been under way; 0 for none."""

    @property
    def stalled(self) -> float:
        """Seconds for which nothing could be stored: a commit hangs, or the database is away."""

    def release(self, active: ActivePatient, done: Callable[[ActivePatient], None]) -> None:
        """Finish what is left to do for a patient whom nobody uses, then call `done(active)`.

        Given up where the patient is used again meanwhile.
        """

    def hasten(self, seconds: float) -> None:
        """Let no exchange wait longer than this from now on: the store is being closed."""

    def close(self, seconds: float, left: Sequence[ActivePatient]) -> None:
        """Commit what was submitted, finish what can be in these seconds, give everything back.

        `left` are patients who were in use until now.
        """


# --- reading --------------------------------------------------------------------------------------


class Overview(NamedTuple):
    """What a list of patients shows of one."""

    name: str
    summary: Summary
    locked: bool  #: protected by a passphrase, or it cannot be told whether
    kind: int = PATIENT  #: or ROOM


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """A history as it was read; what is not sound of it is left out."""

    name: str  #: as the patient first wrote it
    place: str  #: where it is stored, for messages
    transcript: Transcript
    locked: bool
    damage: tuple[Damage, ...] = ()
    kind: int = PATIENT  #: or ROOM

    @property
    def summary(self) -> Summary:
        """The counts and times of the history."""
        return self.transcript.summary


class HistoryFault(NamedTuple):
    """Something that is wrong with a stored history."""

    offset: int | None  #: where it begins, in bytes of the place where it is stored, if it has any
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What checking every byte of a stored history found."""

    name: str
    place: str
    exchanges: int  #: that can be read
    faults: tuple[HistoryFault, ...] = ()
    torn: int = 0  #: bytes of an unfinished write at the end, which are no fault
    #: First and last of each row of numbers that are missing, lost to a damage that was put right.
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Waiting(NamedTuple):
    """What a server that died left in a log, and no server has put into a history since."""

    name: str
    exchanges: int  #: that the history lacks; it is read as if it had them
    unplaced: int  #: that do not continue the history that is stored now


class Archive(Protocol):
    """Reads the histories of all patients; takes no lock and changes nothing.

    Any thread may call it. A method that takes a name raises UnknownPatient where no history has
    it any more, ForbiddenContent or NewerFormat where what is stored cannot be read, and OSError.
    """

    @property
    def where(self) -> str:
        """The directory or the URL, for messages."""

    @property
    def can_be_copied(self) -> bool:
        """Whether a copy of it in another process may be read at the same time."""

    def patients(self) -> list[str]:
        """Return the names of all patients, sorted by `names.key`; StoreError where it cannot."""

    def find(self, name: str) -> str | None:
        """Return the name of the patient who is meant, whatever capitals and accents were used."""

    def place(self, name: str) -> str:
        """Return where a patient's history is stored, for messages."""

    def read(self, name: str) -> StoredHistory:
        """Read a whole history and check it."""

    def pickled(self, name: str) -> bytes:
        """Return a history as the bytes of a patient's file; StoreError where it is damaged."""

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

    def waiting(self) -> list[Waiting]:
        """Return whose exchanges wait in a log, sorted by name."""

    def faults(self) -> list[str]:
        """Return what is wrong with the storage as a whole, a sentence each."""

    def set_aside(self) -> list[tuple[str, str]]:
        """Return patient and place of every damaged or torn piece that was set aside, sorted."""


class HistoryWriter(Protocol):
    """Takes whole histories, as the bytes of patients' files."""

    def put(self, data: bytes, *, replace: bool) -> bool:
        """Store a history; return False where exactly this one is there already.

        NameTaken where another one has the name, unless `replace`; StoreError, OSError: nothing is
        changed.
        """

    def close(self) -> None:
        """Give everything back."""


# --- databases ------------------------------------------------------------------------------------


class DatabaseStatus(NamedTuple):
    """What is known of a database and its tables."""

    server: str  #: its version
    tables: int  #: version of the doctor's tables, 0 where there are none
    wanted: int  #: the version that this program makes
    patients: int
    exchanges: int
    megabytes: float
    standbys: int  #: that are connected
    synchronous: int  #: of them, those that a commit waits for


class DatabaseAdministration(Protocol):
    """Makes and upgrades the tables of a database that several servers use."""

    def create(self, server: str | None, reader: str | None, partitions: int = 0) -> int:
        """Make the tables, or upgrade them; give two roles their rights.

        With `partitions` that of exchanges, by far the largest one, is made of so many.
        Returns the version of the tables. StoreAway, StoreError.
        """

    def upgrade(self) -> tuple[int, int]:
        """Upgrade the tables; return their version before and after. StoreAway, StoreError."""

    def status(self) -> DatabaseStatus:
        """Return what is known of the database. StoreAway, StoreError."""
