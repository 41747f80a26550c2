"""Change one patient's rows otherwise than by storing exchanges; check the tables' version.

Each function runs on one connection and may be run again after that connection failed: the second
time finds done what the first one did.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import psycopg

from doctor.errors import NewerFormat, StoreError
from doctor.history.snapshot import ScriptId
from doctor.history.transcript import MAX_NUMBER, TAKEN_BACK
from doctor.patients.postgresql import rows
from doctor.patients.postgresql.schema import VERSION
from doctor.patients.postgresql.statements import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doctor.doctor import AnyMachine
    from doctor.history.transcript import Exchange
    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.postgresql.rows import Row

#: The channel on which servers hear of changes that other servers made.
CHANNEL: Final = "doctor"


def check_version(connection: DatabaseConnection) -> None:
    """StoreError where the tables are missing or too old, NewerFormat where they are too new.

    Tables that are one version newer can be used: so servers are changed one by one.
    """
    found = version_of(connection)
    if found < VERSION:
        do = "upgrade" if found else "create"
        what = f"are of version {found}" if found else "are not there"
        raise StoreError(
            f"the doctor's tables {what} in this database: "
            f"run `python -m doctor database {do} URL` once"
        )
    if found > VERSION + 1:
        raise NewerFormat(
            f"the tables of this database are of version {found}, and this program knows up to "
            f"{VERSION}: use a newer version of it"
        )


def version_of(connection: DatabaseConnection) -> int:
    """Return the version of the tables; 0 where there are none."""
    row = connection.execute("select to_regclass('doctor_schema') is not null").fetchone()
    if row is None or not row[0]:
        return 0
    row = connection.execute("select coalesce(max(version), 0) from doctor_schema").fetchone()
    version: int = row[0] if row else 0
    return version


def sign_in(connection: DatabaseConnection) -> int:
    """Note that a server started here; return the number by which it knows its exchanges."""
    asked = [socket.gethostname(), os.getpid()]
    row = connection.execute(
        "insert into servers (host, pid) values (%s, %s) returning id", asked
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    number: int = row[0]
    return number


def script_id(machine: AnyMachine) -> ScriptId:
    """Return which script a machine plays."""
    return ScriptId(machine.script.name, machine.script.fingerprint)


def script_row(connection: DatabaseConnection, script: ScriptId) -> int:
    """Return the number of a script, which is written down where it is new."""
    asked = [script.name, script.fingerprint]
    while True:
        row = connection.execute(
            "select id from scripts where name = %s and fingerprint = %s", asked
        ).fetchone()
        if row is not None:
            number: int = row[0]
            return number
        connection.execute(
            "insert into scripts (name, fingerprint) values (%s, %s) on conflict do nothing", asked
        )


def script_of(connection: DatabaseConnection, number: int) -> ScriptId:
    """Return the script of this number; one without a name where there is none."""
    found = connection.execute("select name, fingerprint from scripts where id = %s", [number])
    row = found.fetchone()
    return ScriptId(*row) if row is not None else ScriptId()


def protect(connection: DatabaseConnection, row: Row, lock: bytes | None) -> tuple[int, int] | None:
    """Store a passphrase record; return the row's number and version.

    None where another server has changed the row.
    """
    with connection.transaction():
        if not row.id:
            found = connection.execute(
                "insert into patients (key, name, kind, birth, lock) values (%s, %s, %s, %s, %s) "
                "on conflict (key) do nothing returning id, version",
                [row.key, row.name, row.kind, row.birth, lock],
            ).fetchone()
        else:
            found = connection.execute(
                "update patients set lock = %s, version = version + 1 "
                "where id = %s and version = %s returning id, version",
                [lock, row.id, row.version],
            ).fetchone()
        if found is not None:
            _announce(connection, "lock", found[0])
    if found is None:  # changed meanwhile, or this is run for the second time
        found = connection.execute(
            "select id, version from patients where key = %s and lock is not distinct from %s",
            [row.key, lock],
        ).fetchone()
    return None if found is None else (found[0], found[1])


#: Exchanges from which the state is made again after one was taken back.
REMAKE: Final = 1024


def take_back(
    connection: DatabaseConnection,
    patient: int,
    number: int,
    state_from: Callable[[Iterable[Exchange]], bytes],
) -> bool:
    """Remove the texts of an exchange, and make the state anew; False where there is none."""
    with connection.transaction():
        connection.execute("select 1 from patients where id = %s for update", [patient])
        found = connection.execute(
            "update exchanges set line = '', reply = '', keyword = '', mark = '', speaker = '', "
            "responder = '', event = %s where patient = %s and number = %s returning 1",
            [TAKEN_BACK, patient, number],
        ).fetchone()
        if found is None:
            return False
        page = connection.execute(PAGE, [patient, MAX_NUMBER, REMAKE]).fetchall()
        state = state_from(rows.exchanges(reversed(page)))
        connection.execute(
            "update patients set state = %s, state_number = last where id = %s", [state, patient]
        )
        _sum(connection, patient)
        _announce(connection, "lock", patient)
    return True


def forget(connection: DatabaseConnection, key: str) -> bool:
    """Delete a patient and then the exchanges; return whether there was one.

    Two statements: as one it would miss an exchange whose commit it waited for.
    """
    with connection.transaction():
        row = connection.execute(
            "delete from patients where key = %s returning id", [key]
        ).fetchone()
        if row is not None:
            connection.execute("delete from exchanges where patient = %s", [row[0]])
            connection.execute("delete from guesses where key = %s", [key])
            _announce(connection, "forget", row[0])
    return row is not None


def rename(connection: DatabaseConnection, patient: int, key: str, name: str) -> bool:
    """Give a history another name; return False where another history has it."""
    try:
        with connection.transaction():
            connection.execute(
                "update patients set key = %s, name = %s, version = version + 1 where id = %s",
                [key, name, patient],
            )
            _announce(connection, "rename", patient)
    except psycopg.errors.UniqueViolation:
        return False
    return True


def _announce(connection: DatabaseConnection, what: str, patient: int) -> None:
    """Tell the other servers when this is committed; a hint that may be lost."""
    connection.execute("select pg_notify(%s, %s)", [CHANNEL, f"{what} {patient}"])


#: What a patient's row says of the exchanges, from the exchanges themselves.
SUMMED: Final = """
    select count(*), coalesce(max(number), 0), coalesce(max(session), 0),
           (array_agg(at order by number))[1], (array_agg(at order by number desc))[1],
           count(*) filter (where mark <> ''),
           (array_agg(at order by number desc) filter (where mark <> ''))[1]
    from exchanges where patient = %s
"""


def repair(connection: DatabaseConnection, patient: int) -> tuple[int, int]:
    """Make a patient's row fit the exchanges; return their number before and after."""
    with connection.transaction():
        row = connection.execute(
            "select exchanges from patients where id = %s for update", [patient]
        ).fetchone()
        return (row[0], _sum(connection, patient)) if row is not None else (0, 0)


def _sum(connection: DatabaseConnection, patient: int) -> int:
    """Make a patient's counts fit the exchanges; return their number."""
    summed = connection.execute(SUMMED, [patient]).fetchone()
    assert summed is not None  # noqa: S101 - sums are always one row
    connection.execute(
        "update patients set exchanges = %s, last = %s, sessions = %s, first_at = %s, "
        "last_at = %s, marked = %s, last_marked = %s, version = version + 1 where id = %s",
        [*summed, patient],
    )
    number: int = summed[0]
    return number
