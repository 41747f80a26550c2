"""Answer a patient while the row is locked, after races were lost: `LockedRows`.

Optimism alone starves: with eight connections of one patient on two servers a line could lose five
races in a row. So from the second lost race on a transaction locks the patient's row, the line is
answered, and the exchange is stored in that transaction.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

from doctor.errors import StoreAway
from doctor.patients.base import KEPT, LOST
from doctor.patients.postgresql.batches import PendingExchange, send_one
from doctor.patients.postgresql.connection import ConnectionLost, Refused
from doctor.patients.postgresql.rows import Head, Row
from doctor.patients.postgresql.statements import HEAD

if TYPE_CHECKING:
    from doctor.patients.postgresql.committer import Committer
    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.postgresql.pool import Pool


class LockedRows:
    """The transactions that hold patients' rows; each belongs to whoever holds the turn."""

    def __init__(self, pool: Pool, committer: Committer) -> None:
        self._pool = pool
        self._committer = committer

    def read(self, row: Row) -> Head | None:
        """Begin a transaction that holds a patient's row, and return the row."""
        until = time.monotonic() + self._pool.away
        for _ in range(2):
            connection = self._pool.take(until)
            try:
                connection.execute("begin")
                head = read_head(connection, row.key)
            except psycopg.Error:
                self._pool.drop(connection)
                continue
            except BaseException:
                self._pool.drop(connection)
                raise
            row.locked = connection
            return head
        raise StoreAway("the database is away")

    def submit(self, row: Row, job: PendingExchange) -> None:
        """Store an exchange in the transaction that holds the patient's row, and tell."""
        connection, row.locked = row.locked, None
        assert connection is not None  # noqa: S101 - the caller has looked
        try:
            won = not row.id or send_one(
                connection, job, self._committer.server, self._pool.database.patience
            )
            connection.execute("commit" if row.id else "rollback")
        except (ConnectionLost, psycopg.Error):
            job.unsure = True
        except Refused:
            self._roll_back(connection)
            self._committer.submit(job)
            return
        if job.unsure or connection.doubtful:
            self._pool.drop(connection)
            job.unsure = True
        else:
            self._pool.give(connection)
        if job.unsure or not row.id:
            self._committer.submit(job)
        else:
            self._committer.committed += won
            job.tell(KEPT if won else LOST)

    def release(self, row: Row) -> None:
        """Give a patient's row back without storing anything."""
        connection, row.locked = row.locked, None
        if connection is not None:
            self._roll_back(connection)

    def _roll_back(self, connection: DatabaseConnection) -> None:
        try:
            connection.execute("rollback")
        except psycopg.Error:
            self._pool.drop(connection)
        else:
            self._pool.give(connection)


def read_head(connection: DatabaseConnection, wanted: str) -> Head | None:
    """Read the row of the patient of this key; None where there is none."""
    found: tuple[Any, ...] | None = connection.execute(HEAD, [wanted]).fetchone()
    return None if found is None else Head(found)
