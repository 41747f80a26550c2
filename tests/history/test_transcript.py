"""Histories in memory: long ones, read anywhere, and what they count."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import DamagedRecord
from doctor.history.frames import frame_at, walk
from doctor.history.transcript import (
    CHUNK,
    MAX_TEXT,
    Exchange,
    HistoryCounts,
    Moment,
    Summary,
    Transcript,
    pack_exchange,
    unpack_exchange,
    without_state,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
EXCHANGES = st.builds(
    Exchange,
    number=st.integers(1, 2**60),
    at=st.integers(0, 10**13).map(lambda ms: ms / 1000),
    session=st.integers(1, 2**31),
    patient=TEXT,
    doctor=TEXT,
    keyword=TEXT,
    mark=st.sampled_from(["", "care"]),
)


def exchange(number: int, mark: str = "") -> Exchange:
    """Return an exchange that its number tells from every other."""
    return Exchange(number, 1e9 + number, 1 + number // 10, f"p{number}", f"d{number}", "K", mark)


def filled(count: int) -> Transcript:
    """Return a history of so many exchanges."""
    history = Transcript()
    for number in range(1, count + 1):
        history.append(exchange(number, "care" if number % 100 == 0 else ""))
    return history


@given(EXCHANGES, st.binary(max_size=50))
@settings(max_examples=150, deadline=None)
def test_an_exchange_comes_back_from_its_frame(given_one: Exchange, state: bytes) -> None:
    """Packed and unpacked, an exchange and its state are what they were."""
    data = pack_exchange(given_one, b"tagofabc", state)
    frame = frame_at(data, 0, len(data))
    assert frame is not None
    assert unpack_exchange(data, frame) == (given_one, Moment(b"tagofabc", state))
    bare = without_state(data, frame)
    frame = frame_at(bare, 0, len(bare))
    assert frame is not None
    assert unpack_exchange(bare, frame) == (given_one, Moment(b"tagofabc", b""))


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_history_is_read_anywhere(count: int) -> None:
    """Iteration, last, since and before agree, wherever the chunks end."""
    history = filled(count)
    numbers = list(range(1, count + 1))
    assert len(history) == history.last_number == count
    assert [each.number for each in history] == numbers
    assert [each.number for each in history.last(5)] == numbers[-5:]
    assert [each.number for each in history.since(count - 3)] == [
        n for n in numbers if n > count - 3
    ]
    assert [each.number for each in history.before(CHUNK + 1, 2)] == [
        n for n in numbers if n < CHUNK + 1
    ][-2:]
    assert history.last(0) == []
    again = Transcript(history.chunks(), HistoryCounts(history.summary, history.last_number))
    again.append(exchange(count + 1))
    assert [each.number for each in again] == [*numbers, count + 1]
    assert [len(list(walk(chunk.data))) for chunk in again.chunks()[:-1]] == [
        CHUNK for _ in again.chunks()[:-1]
    ]


def test_summary_counts() -> None:
    """The summary tells sessions, times and marks of all that was appended."""
    assert filled(0).summary == Summary()
    assert filled(250).summary == Summary(250, 26, 1e9 + 1, 1e9 + 250, 2, 1e9 + 200)


def test_numbers_only_rise() -> None:
    """An exchange whose number is not above the last is refused and changes nothing."""
    history = filled(3)
    with pytest.raises(DamagedRecord):
        history.append(exchange(3))
    assert [each.number for each in history] == [1, 2, 3]


def test_too_long_for_a_record() -> None:
    """A line that no record can hold is refused before anything is written."""
    with pytest.raises(ValueError, match="longer"):
        pack_exchange(Exchange(1, 0, 1, "x" * (MAX_TEXT + 1), ""))


@pytest.mark.parametrize(("number", "session"), [(1 << 64, 1), (1, 1 << 32)])
def test_too_high_for_a_record(number: int, session: int) -> None:
    """A number that no record can hold is refused the same way."""
    with pytest.raises(ValueError, match="no numbers left"):
        pack_exchange(Exchange(number, 0, session, "", ""))


def test_reading_steps_over_what_is_not_sound() -> None:
    """A chunk with a broken record yields the others."""
    history = filled(10)
    (chunk,) = history.chunks()
    data = bytearray(chunk.data)
    data[len(data) // 2] ^= 1
    broken = Transcript((chunk._replace(data=bytes(data)),), HistoryCounts(history.summary, 10))
    assert len(list(broken)) == 9
