"""Between rows and the values of the program: `Row`, heads, exchanges, times."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from doctor.history.snapshot import PATIENT
from doctor.history.transcript import (
    MAX_STATE,
    MAX_TEXT,
    MAX_WORD,
    Exchange,
    HistoryCounts,
    Summary,
    cut,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from doctor.doctor import AnyMachine, Doctor
    from doctor.patients.postgresql.connection import DatabaseConnection


class Row:
    """What is known of the row of a patient in memory. Belongs to whoever holds the turn."""

    __slots__ = (
        "birth", "id", "key", "key_bytes", "kind", "last", "locked", "lost", "name", "version",
    )  # fmt: skip

    def __init__(self, key: str, name: str, kind: int = PATIENT) -> None:
        self.key = key
        self.kind = kind  #: of a new history: PATIENT or ROOM
        self.key_bytes = key.encode()
        self.name = name
        self.id = 0  #: 0: there is no row
        self.birth = int.from_bytes(os.urandom(8), "little", signed=True) | 1  #: of a new history
        self.version = 0
        self.last = 0  #: number of the last exchange
        self.lost = 0  #: races lost in a row
        self.locked: DatabaseConnection | None = None  #: a transaction that holds the row

    def is_same(self, head: Head | None, doctor: Doctor, machine: AnyMachine) -> bool:
        """Return True if what is in memory is what is stored; the state may be ahead by a greeting.

        `head` is the row as it was just read.
        """
        stored = (0, 0, 0) if head is None else (head.id, head.version, head.transcript.last_number)
        known = (self.id, self.version, doctor.transcript.last_number)
        return stored == known and doctor.machine is machine


class Head:
    """A patient's row as it was read by the statement `HEAD`."""

    __slots__ = (
        "birth", "id", "kind", "lock", "name", "script", "state", "state_number", "transcript",
        "version",
    )  # fmt: skip

    def __init__(self, row: tuple[Any, ...]) -> None:
        (
            self.id, self.name, lock, self.version, last, exchanges, sessions, first, latest,
            marked, last_marked, script, self.state, self.state_number, self.birth,
            self.kind,
        ) = row  # fmt: skip
        self.lock: bytes | None = lock
        self.script: int | None = script  #: its number in `scripts`
        summary = Summary(
            exchanges, sessions, seconds(first), seconds(latest), marked, seconds(last_marked)
        )
        self.transcript = HistoryCounts(summary, last)


def to_milliseconds(at: datetime) -> int:
    """Return a time in milliseconds since 1970, exactly."""
    return round(at.timestamp() * 1000)


def seconds(at: datetime | None) -> float | None:
    """Return a time as the program has it."""
    return None if at is None else to_milliseconds(at) / 1000


def moment(milliseconds: int) -> datetime:
    """Return milliseconds since 1970 as psycopg takes a time, exactly."""
    whole, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest * 1000)


def exchange(row: Sequence[Any]) -> Exchange:
    """Return an exchange from a row, whose columns are those of the statement `PAGE`."""
    number, at, *rest = row
    return Exchange(number, to_milliseconds(at) / 1000, *rest)


def exchanges(found: Iterable[Sequence[Any]]) -> list[Exchange]:
    """Return exchanges from such rows."""
    return [exchange(row) for row in found]


def texts_of(exchange: Exchange) -> tuple[bytes, ...]:
    """Return line, reply, keyword, mark, speaker, responder and event in UTF-8.

    ValueError where one cannot be stored.
    """
    _number, _at, _session, line, reply, *words = exchange
    texts = (line.encode(), reply.encode(), *[cut(word, MAX_WORD) for word in words])
    if len(texts[0]) > MAX_TEXT or len(texts[1]) > MAX_TEXT:
        raise ValueError("a line or a reply is longer than a record can be")
    if b"\0" in b"".join(texts):
        raise ValueError("a text with the character U+0000 cannot be stored")
    return texts


def checked_state(state: bytes) -> bytes:
    """Return a packed state; ValueError where it is too long."""
    if len(state) > MAX_STATE:
        raise ValueError("a state is longer than a record can be")
    return state
