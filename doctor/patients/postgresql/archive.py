"""Read the histories in a database, beside running servers: `PostgreSQLArchive`.

Nothing is locked, and no snapshot is held for long: a long one would keep every dead version of
busy rows. So a history is read in pages, each a statement of its own. It needs no more rights than
`schema.READER_RIGHTS`, except to `verify`, which also looks at passphrase records and states where
it may.
"""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any, Final

import psycopg

from doctor.errors import StoreError, UnknownPatient
from doctor.history.chunks import Transcript
from doctor.history.transcript import MAX_STATE, HistoryCounts, Summary
from doctor.patients import passphrase
from doctor.patients.base import HistoryFault, Overview, StoredHistory, Verified, Waiting
from doctor.patients.names import key
from doctor.patients.postgresql import rows
from doctor.patients.postgresql.connection import Database
from doctor.patients.postgresql.maintenance import SUMMED, check_version
from doctor.patients.postgresql.pool import Pool
from doctor.patients.postgresql.statements import SINCE
from doctor.patients.postgresql.transfer import file_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.history.transcript import Exchange
    from doctor.patients.postgresql.connection import DatabaseConnection

#: Seconds between two looks at a history that is followed.
POLL: Final = 0.5
#: Seconds until a page must have been read.
ANSWER_SECONDS: Final = 60.0
#: Rows in a page: of exchanges, and of patients.
PAGE: Final = 2_000

_OVERVIEW: Final = """
    select key, name, locked, id, last, exchanges, sessions, first_at, last_at, marked, last_marked,
           kind
    from patients
"""
_GAPS: Final = """
    select number - gap + 1, number - 1 from (
        select number, number - coalesce(lag(number) over (order by number), 0) as gap
        from exchanges where patient = %s
    ) as found where gap > 1 order by 1
"""
_ORPHANS: Final = """
    select count(*), count(distinct patient) from exchanges e
    where not exists (select from patients p where p.id = e.patient)
"""


class PostgreSQLArchive:
    """The histories of one database; see `doctor.patients.base.Archive`."""

    can_be_copied = False  # its connections belong to this process

    def __init__(self, url: str) -> None:
        """Connect nowhere yet. UnknownStorage where the URL is wrong."""
        self._database = Database(url, writes=False, patience=ANSWER_SECONDS)
        self._pool = Pool(self._database, 2, 0.0)
        weakref.finalize(self, self._pool.close)  # an archive is never closed
        self._checked = False
        #: What `peek` read ahead, and how many rows it reads at once.
        self._ahead: dict[str, Overview] = {}
        self._page = 1

    @property
    def where(self) -> str:
        """The URL, for messages."""
        return self._database.url

    def _run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; the tables are checked before the first one."""

        def work(connection: DatabaseConnection) -> list[tuple[Any, ...]]:
            if not self._checked:
                check_version(connection)
                self._checked = True
            return connection.execute(sql.encode(), values).fetchall()

        return self._pool.run(work)

    def _find(self, name: str) -> tuple[Any, ...]:
        """Return a patient's row; UnknownPatient."""
        found = self._run(_OVERVIEW + "where key = %s", key(name))
        if not found:
            raise UnknownPatient(f"there is no history of {name}")
        return found[0]

    def patients(self) -> list[str]:
        """Return the names of all patients, sorted; StoreError where the database cannot."""
        names: list[str] = []
        last = ""
        while True:
            found = self._run(
                "select key, name from patients where key > %s order by key limit %s", last, PAGE
            )
            names += [name for _key, name in found]
            if len(found) < PAGE:
                return names
            last = found[-1][0]

    def find(self, name: str) -> str | None:
        """Return the name of the patient who is meant, None where there is none."""
        try:
            found: str = self._find(name.strip())[1]
        except UnknownPatient:
            return None
        return found

    def place(self, name: str) -> str:
        """Return which rows these are, for messages."""
        return f"the rows of {name}"

    def read(self, name: str) -> StoredHistory:
        """Read a whole history."""
        row = self._find(name)
        transcript = Transcript()
        for exchange in self._since(row[3], 0):
            transcript.append(exchange)
        return StoredHistory(row[1], self.place(row[1]), transcript, row[2], kind=row[-1])

    def _since(self, patient: int, number: int) -> Iterator[Exchange]:
        """Yield the exchanges above a number, page after page."""
        while True:
            page = rows.exchanges(self._run(SINCE, patient, number, PAGE))
            yield from page
            if len(page) < PAGE:
                return
            number = page[-1].number

    def pickled(self, name: str) -> bytes:
        """Return a history as the bytes of a patient's file."""
        return self._pool.run(lambda connection: file_bytes(connection, name))

    def peek(self, name: str) -> Overview:
        """Return what a list shows of a patient.

        Whoever asks for one patient after another gets them from ever larger pages.
        """
        wanted = key(name)
        found = self._ahead.pop(wanted, None)
        if found is not None:
            return found
        page = self._run(_OVERVIEW + "where key >= %s order by key limit %s", wanted, self._page)
        self._page = min(self._page * 4, PAGE)
        self._ahead = {each: _overview(rest) for each, *rest in page}
        found = self._ahead.pop(wanted, None)
        if found is None:
            raise UnknownPatient(f"there is no history of {name}")
        return found

    def follow(
        self, name: str, number: int, pause: Callable[[float], object] = time.sleep
    ) -> Iterator[Exchange]:
        """Yield the exchanges above `number` as they come, until the history is gone."""
        patient = 0
        while True:
            try:
                row = self._find(name)
            except UnknownPatient:
                return
            if patient not in {0, row[3]} or row[4] < number:
                number = 0  # forgotten and begun again
            patient = row[3]
            for exchange in self._since(patient, number):
                number = exchange.number
                yield exchange
            pause(POLL)

    def verify(self, name: str) -> Verified:
        """Check a patient's row against the exchanges, and look for gaps."""
        row = self._find(name)
        summed = self._run(SUMMED, row[3])[0]
        faults = []
        if tuple(row[4:-1]) != (summed[1], summed[0], *summed[2:]):
            again = self._find(name)  # somebody may have talked between the two statements
            if again == row:
                faults.append("the patient's row does not fit the exchanges: `repair` mends it")
        faults += self._private_faults(row[3])
        return Verified(
            row[1],
            self.place(row[1]),
            summed[0],
            tuple(HistoryFault(None, each) for each in faults),
            gaps=tuple((first, last) for first, last in self._run(_GAPS, row[3])),
        )

    def _private_faults(self, patient: int) -> list[str]:
        """Return what is wrong with passphrase and state, where this user may see them."""
        try:
            found = self._run("select lock, length(state) from patients where id = %s", patient)
        except StoreError as error:
            if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
                return []
            raise
        faults = []
        for lock, length in found:
            if lock is not None and not passphrase.readable(lock):
                faults.append("whether a passphrase locks it cannot be told")
            if length > MAX_STATE:
                faults.append("the state is longer than a state can be")
        return faults

    def set_aside(self) -> list[tuple[str, str]]:
        """Return nothing: a database sets nothing aside."""
        return []

    def waiting(self) -> list[Waiting]:
        """Return nothing: a database has no log of ours."""
        return []

    def faults(self) -> list[str]:
        """Return what is wrong with the tables as a whole: exchanges of no patient."""
        exchanges, patients = self._run(_ORPHANS)[0]
        if not exchanges:
            return []
        return [f"{exchanges} exchanges belong to {patients} patients who are not there"]


def _overview(row: list[Any]) -> Overview:
    name, locked, _id, last, exchanges, sessions, first, latest, marked, last_marked, kind = row
    summary = Summary(
        exchanges,
        sessions,
        rows.seconds(first),
        rows.seconds(latest),
        marked,
        rows.seconds(last_marked),
    )
    return Overview(name, HistoryCounts(summary, last).summary, locked, kind)
