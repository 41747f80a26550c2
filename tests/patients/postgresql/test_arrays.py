"""Arrays made by hand are what PostgreSQL reads, to the last value."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import pq

from doctor.patients.postgresql import arrays
from doctor.patients.postgresql.rows import moment, to_milliseconds

if TYPE_CHECKING:
    from tests.support.postgresql import Database


def _read(data: bytes, *, may_be_null: bool = False) -> list[bytes | None]:
    """Return the elements of an array, read by the description of the format."""
    dimensions, nulls, _kind, count, first = struct.unpack_from(">iiIii", data)
    assert (dimensions, nulls, first) == (1, may_be_null, 1)
    found: list[bytes | None] = []
    at = 20
    for _ in range(count):
        (length,) = struct.unpack_from(">i", data, at)
        found.append(None if length < 0 else data[at + 4 : at + 4 + length])
        at += 4 + max(length, 0)
    assert at == len(data)
    return found


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.binary(max_size=40)),
    st.lists(st.none() | st.binary(max_size=40)),
)
def test_arrays_are_read_back(
    numbers: list[int], texts: list[bytes], states: list[bytes | None]
) -> None:
    """Numbers and bytes come back, each with its own length, and what is not there."""
    assert [arrays.read_int8(each or b"") for each in _read(arrays.int8s(numbers))] == numbers
    assert _read(arrays.byteas(states), may_be_null=True) == states
    assert _read(arrays.texts(texts)) == texts


def test_a_number_too_high_is_an_error() -> None:
    """Nothing is cut."""
    with pytest.raises(struct.error):
        arrays.int4s([2**31])


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_exact_to_the_millisecond(at: int) -> None:
    """A time goes to the database and back without being rounded."""
    assert to_milliseconds(moment(at)) == at


def test_postgresql_reads_them(database: Database) -> None:
    """The server sees the same values as text."""
    values = [arrays.texts(["ä".encode(), b""]), arrays.moments([0, 951_782_400_001])]
    values += [arrays.int4s([-1, 7]), arrays.byteas([b"\0\xff", None, b""])]
    with database.connect() as connection:
        result = connection.pgconn.exec_params(
            b"select $1::text, $2::text, $3::text, $4::text",
            values,
            [arrays.TEXTS, arrays.MOMENTS, arrays.INT4S, arrays.BYTEAS],
            [pq.Format.BINARY] * 4,
        )
    found = [(result.get_value(0, column) or b"").decode() for column in range(4)]
    assert found[0] == '{ä,""}'
    assert found[2:] == ["{-1,7}", '{"\\\\x00ff",NULL,"\\\\x"}']
    assert "1970-01-01 00:00:00" in found[1]
    assert "2000-02-29 00:00:00.001" in found[1]
