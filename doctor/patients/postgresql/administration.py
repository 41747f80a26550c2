"""Make and upgrade the tables, give rights to roles, tell how a database is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

import doctor
from doctor.errors import StoreError
from doctor.patients.base import DatabaseStatus
from doctor.patients.postgresql import schema
from doctor.patients.postgresql.connection import Database
from doctor.patients.postgresql.maintenance import version_of
from doctor.patients.postgresql.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from doctor.patients.postgresql.connection import DatabaseConnection

    Result = TypeVar("Result")

#: Seconds that a step may take: it may rewrite a large table.
STEP_SECONDS = 24 * 3600.0
_PARTITIONS = "select count(*) from pg_partition_tree('exchanges') where isleaf"


class PostgreSQLAdministration:
    """One database; see `doctor.patients.base.DatabaseAdministration`."""

    def __init__(self, url: str) -> None:
        """Connect nowhere yet. UnknownStorage where the URL is wrong."""
        self._database = Database(url, patience=STEP_SECONDS)

    def _run(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        pool = Pool(self._database, 1, 0.0)
        try:
            return pool.run(work)
        finally:
            pool.close()

    def create(self, server: str | None, reader: str | None, partitions: int = 0) -> int:
        """Make the tables, or upgrade them; give two roles their rights."""

        def work(connection: DatabaseConnection) -> int:
            _apply_steps(connection, partitions)
            if partitions and _value(connection, _PARTITIONS) != partitions:
                raise StoreError("the tables are there; partitions are chosen when they are made")
            for role, rights in ((server, schema.SERVER_RIGHTS), (reader, schema.READER_RIGHTS)):
                for right in rights if role else ():
                    connection.execute(sql.SQL(right).format(sql.Identifier(role)))  # type: ignore[arg-type]
            return schema.VERSION

        return self._run(work)

    def upgrade(self) -> tuple[int, int]:
        """Upgrade the tables; return their version before and after."""

        def work(connection: DatabaseConnection) -> tuple[int, int]:
            before = version_of(connection)
            if not before:
                raise StoreError(
                    "there are no tables of the doctor's: `database create` makes them"
                )
            _apply_steps(connection)
            return before, version_of(connection)

        return self._run(work)

    def status(self) -> DatabaseStatus:
        """Return what is known of the database."""
        return self._run(_status)


def _apply_steps(connection: DatabaseConnection, partitions: int = 0) -> None:
    """Apply the steps that are missing, each in a transaction of its own."""
    while True:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", [schema.ADVISORY_LOCK])
            version = version_of(connection)
            if version >= schema.VERSION:
                return
            connection.execute(schema.step(version + 1, partitions).encode())
            connection.execute(
                "insert into doctor_schema (version, program) values (%s, %s)",
                [version + 1, doctor.__version__],
            )


def _status(connection: DatabaseConnection) -> DatabaseStatus:
    server = str(_value(connection, "show server_version"))
    version = version_of(connection)
    standbys = _value(connection, "select count(*) from pg_stat_replication")
    waited = _value(
        connection,
        "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')",
    )
    counted, said, size = (0, 0, 0)
    if version:
        counted = _value(connection, "select count(*) from patients")
        said = _value(connection, "select coalesce(sum(exchanges), 0)::bigint from patients")
        size = _value(
            connection,
            "select pg_total_relation_size('patients') + pg_total_relation_size('exchanges') + "
            "coalesce((select sum(pg_total_relation_size(relid)) "
            "from pg_partition_tree('exchanges') where isleaf), 0)::bigint",
        )
    return DatabaseStatus(
        server, version, schema.VERSION, counted, said, size / 1e6, standbys, waited
    )


def _value(connection: DatabaseConnection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    value: int = row[0] if row else 0
    return value
