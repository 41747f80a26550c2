"""Send exchanges to the database: one, a batch, or the first ones of new patients.

A `PendingExchange` has its values as the statements take them. Each function returns which of the
exchanges are stored; Refused or ConnectionLost where the statement failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.patients.base import KEPT, LOST
from doctor.patients.postgresql import arrays
from doctor.patients.postgresql.statements import BEGIN, SAY, SAY_ONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.doctor import Doctor
    from doctor.patients.base import Outcome
    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.postgresql.rows import Row


class PendingExchange:
    """One exchange on its way: its values as the statements take them."""

    __slots__ = (
        "at", "doctor", "number", "row", "script", "session", "state", "texts", "told", "unsure",
    )  # fmt: skip

    def __init__(
        self,
        row: Row,
        *,
        number: int,
        session: int,
        script: int,
        at: int,
        texts: tuple[bytes, ...],
        state: bytes | None,
        doctor: Doctor,
        told: Callable[[Outcome], None],
    ) -> None:
        self.row = row
        self.doctor = doctor
        self.number = number
        self.session = session
        self.script = script
        self.at = at  #: milliseconds since 1970
        self.texts = texts  #: line, reply, keyword, mark, speaker, responder, event
        self.state = state  #: None: that which is stored stays
        self.told = told
        self.unsure = False  #: it was sent, and the answer did not come

    def tell(self, outcome: Outcome) -> None:
        """Note what became of the exchange in the patient's row, and tell it."""
        row = self.row
        if outcome is KEPT:
            row.last, row.lost = self.number, 0
            if self.state is not None:
                self.doctor.note_saved(self.number)
        elif outcome is LOST:
            row.lost += 1
        self.told(outcome)


def send_one(
    connection: DatabaseConnection, job: PendingExchange, server: bytes, seconds: float
) -> bool:
    """Store the exchange of one patient; return whether it won."""
    row = job.row
    values = (
        arrays.int8(row.id),
        arrays.int8(row.version),
        arrays.int8(job.number),
        arrays.int8(job.session),
        arrays.int4(job.script),
        arrays.moment(job.at),
        *job.texts,
        job.state,
        server,
    )
    return connection.run(SAY_ONE, values, seconds).ntuples == 1


def send_batch(
    connection: DatabaseConnection, jobs: list[PendingExchange], server: bytes, seconds: float
) -> set[int]:
    """Store the exchanges of known patients; return the patients whose exchange is stored."""
    jobs.sort(key=by_patient)
    values = (
        arrays.int8s([job.row.id for job in jobs]),
        arrays.int8s([job.row.version for job in jobs]),
        *_columns(jobs),
        server,
    )
    result = connection.run(SAY, values, seconds)
    if result.ntuples == len(jobs):
        return {job.row.id for job in jobs}
    return {arrays.read_int8(result.get_value(at, 0) or b"") for at in range(result.ntuples)}


def send_first(
    connection: DatabaseConnection, jobs: list[PendingExchange], server: bytes, seconds: float
) -> set[bytes]:
    """Store first exchanges; return the keys of those that are stored."""
    names = [job.row.name.encode() for job in jobs]
    keys = [job.row.key_bytes for job in jobs]
    kinds = arrays.int4s([job.row.kind for job in jobs])
    births = arrays.int8s([job.row.birth for job in jobs])
    values = (arrays.texts(keys), arrays.texts(names), kinds, births, *_columns(jobs), server)
    result = connection.run(BEGIN, values, seconds)
    made = {}
    for at in range(result.ntuples):
        made[result.get_value(at, 1) or b""] = arrays.read_int8(result.get_value(at, 0) or b"")
    for job in jobs:
        job.row.id = made.get(job.row.key_bytes, 0)
    return set(made)


def by_patient(job: PendingExchange) -> int:
    """Return the order in which servers lock rows."""
    return job.row.id


def _columns(jobs: list[PendingExchange]) -> tuple[bytes, ...]:
    """Return what both statements take of exchanges, a column each."""
    return (
        arrays.int8s([job.number for job in jobs]),
        arrays.int8s([job.session for job in jobs]),
        arrays.int4s([job.script for job in jobs]),
        arrays.moments([job.at for job in jobs]),
        *map(arrays.texts, zip(*[job.texts for job in jobs], strict=True)),
        arrays.byteas([job.state for job in jobs]),
    )
