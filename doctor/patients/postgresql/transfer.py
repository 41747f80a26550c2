"""Turn a patient's rows into the bytes of a file and back, and lose nothing.

A file is a pure function of what the rows hold: the checksums that chain its exchanges follow from
its birth and its contents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doctor.errors import NameTaken, StoreError, UnknownPatient
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.snapshot import Header, ScriptId, tag_of
from doctor.history.transcript import milliseconds, tag_in, unpack_either
from doctor.patients.names import key
from doctor.patients.postgresql import maintenance, rows
from doctor.patients.postgresql.connection import Database
from doctor.patients.postgresql.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.contents import Contents
    from doctor.patients.postgresql.connection import DatabaseConnection

#: Seconds until a statement must be answered: a history of a million exchanges is one.
ANSWER_SECONDS: Final = 600.0
#: What makes a signed number of 64 bits unsigned.
_MASK: Final = (1 << 64) - 1

_HEAD: Final = """
    select p.id, p.name, p.lock, s.name, s.fingerprint, p.state, p.state_number, p.kind, p.birth
    from patients p left join scripts s on s.id = p.script
    where p.key = %s
"""
_EXCHANGES: Final = """
    select number, at, session, line, reply, keyword, mark, speaker, responder, event, script
    from exchanges where patient = %s order by number
"""
_INSERT: Final = """
    insert into patients
        (key, name, kind, birth, lock, last, exchanges, sessions, first_at, last_at, marked,
         last_marked, script, state, state_number)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (key) do nothing
    returning id
"""
_COPY: Final = """
    copy exchanges (patient, number, session, script, server, at, line, reply, keyword, mark,
                    speaker, responder, event) from stdin
"""


def file_bytes(connection: DatabaseConnection, name: str) -> bytes:
    """Return a history as a file; UnknownPatient. All of it is of one moment."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        head = connection.execute(_HEAD, [key(name)]).fetchone()
        if head is None:
            raise UnknownPatient(f"there is no history of {name}")
        tags = {
            number: tag_of(fingerprint)
            for number, fingerprint in connection.execute("select id, fingerprint from scripts")
        }
        patient, stored, lock, script, fingerprint, state, state_number, kind, birth = head
        transcript = Transcript(birth=birth & _MASK)
        for *row, script_id in connection.execute(_EXCHANGES, [patient]):
            transcript.append(rows.exchange(row), tags[script_id])
    header = Header(
        stored,
        ScriptId(script or "", fingerprint or ""),
        state,
        lock,
        transcript.summary,
        transcript.last_number,
        kind=kind,
        state_number=state_number,
    )
    return record.write(header, transcript)


class RowWriter:
    """A database to put histories into; see `doctor.patients.base.HistoryWriter`."""

    def __init__(self, url: str) -> None:
        """Connect, and check the tables. StoreAway, StoreError."""
        self._pool = Pool(Database(url, patience=ANSWER_SECONDS), 1, 0.0)
        self._pool.run(maintenance.check_version)

    def put(self, data: bytes, *, replace: bool) -> bool:
        """Store a file as rows; False where they are there already."""
        contents = record.read(data)
        if contents.header is None:
            raise StoreError("these bytes are no history")
        header = contents.header

        def work(connection: DatabaseConnection) -> bool:
            try:
                there = file_bytes(connection, header.name)
            except UnknownPatient:
                there = b""
            if there == data:
                return False
            if there and not replace:
                raise NameTaken(f"there is another history of {header.name} already")
            with connection.transaction():
                if there:
                    maintenance.forget(connection, key(header.name))
                _insert(connection, header, contents)
            return True

        return self._pool.run(work)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


def _insert(connection: DatabaseConnection, header: Header, contents: Contents) -> None:
    """Insert a patient's row and the exchanges."""
    history = contents.history
    script = maintenance.script_row(connection, header.script)
    numbers = {header.script.tag: script}
    summary = history.summary
    row = connection.execute(
        _INSERT,
        [
            key(header.name),
            header.name,
            header.kind,
            _signed(history.birth),
            header.lock,
            history.last_number,
            summary.exchanges,
            summary.sessions,
            _moment(summary.first_seen),
            _moment(summary.last_seen),
            summary.marked,
            _moment(summary.last_marked),
            script,
            header.state,
            header.state_number,
        ],
    ).fetchone()
    if row is None:
        raise NameTaken(f"there is a history of {header.name} already")
    frames = list(history.frames())
    for tag in {tag_in(data, frame) for data, frame in frames} - numbers.keys():
        numbers[tag] = maintenance.script_row(connection, ScriptId("", tag.hex()))
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for values in _rows(row[0], history, numbers):
            copy.write_row(values)


def _rows(patient: int, history: Transcript, scripts: dict[bytes, int]) -> Iterator[list[Any]]:
    """Yield what the exchanges' rows hold; StoreError where a database cannot store one."""
    for data, frame in history.frames():
        exchange = unpack_either(data, frame)
        if any("\0" in text for text in exchange if isinstance(text, str)):
            raise StoreError(
                f"exchange {exchange.number} holds the character U+0000, which PostgreSQL "
                "cannot store"
            )
        number, at, session, *texts = exchange
        when = rows.moment(milliseconds(at))
        yield [patient, number, session, scripts[tag_in(data, frame)], 0, when, *texts]


def _signed(birth: int) -> int:
    return birth - (1 << 64) if birth >> 63 else birth


def _moment(at: float | None) -> Any:
    return None if at is None else rows.moment(milliseconds(at))
