"""Histories in memory: long ones, read anywhere, and what they count."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import DamagedRecord
from doctor.history.chunks import CHUNK, Transcript
from doctor.history.frames import checksum_of, frame_at, walk
from doctor.history.transcript import (
    EVENTS,
    MAX_STATE,
    MAX_TEXT,
    Exchange,
    HistoryCounts,
    Moment,
    Summary,
    pack_entry,
    pack_state,
    previous_of,
    tag_in,
    unpack_entry,
    unpack_exchange,
    unpack_state,
)
from tests.support import format_1

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
    speaker=TEXT,
    responder=TEXT,
    event=st.sampled_from([*EVENTS, "event 7", "event 255"]),
)
TAG = b"tagofabc"


def exchange(number: int, mark: str = "") -> Exchange:
    """Return an exchange that its number tells from every other."""
    return Exchange(number, 1e9 + number, 1 + number // 10, f"p{number}", f"d{number}", "K", mark)


def filled(count: int) -> Transcript:
    """Return a history of so many exchanges."""
    history = Transcript()
    for number in range(1, count + 1):
        history.append(exchange(number, "care" if number % 100 == 0 else ""))
    return history


@given(EXCHANGES, st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_an_exchange_comes_back_from_its_frame(given_one: Exchange, previous: int) -> None:
    """Packed and unpacked, an exchange, its script and what it continues are what they were."""
    data = pack_entry(given_one, TAG, previous)
    frame = frame_at(data, 0, len(data))
    assert frame is not None
    assert unpack_entry(data, frame) == given_one
    assert (previous_of(data, frame), tag_in(data, frame)) == (previous, TAG)


@given(EXCHANGES, st.binary(max_size=50))
@settings(max_examples=50, deadline=None)
def test_an_exchange_of_format_1_is_read(given_one: Exchange, state: bytes) -> None:
    """What version 1.0.0 packed is unpacked, the state too."""
    old = given_one._replace(speaker="", responder="", event="")
    data = format_1.exchange_frame(old, TAG, state)
    frame = frame_at(data, 0, len(data))
    assert frame is not None
    assert unpack_exchange(data, frame) == (old, Moment(TAG, state))
    assert tag_in(data, frame) == TAG


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_a_state_comes_back_from_its_frame(state: bytes) -> None:
    """Packed and unpacked, a state and its script are what they were."""
    data = pack_state(5, TAG, state)
    frame = frame_at(data, 0, len(data))
    assert frame is not None
    assert (frame.number, unpack_state(data, frame)) == (5, (TAG, state))


LONG = st.sampled_from(["x", "é", "日", "\U0001d518", "a\u0301"]).flatmap(
    lambda letter: st.integers(0, 300).map(lambda times: letter * times)
)


@given(EXCHANGES, LONG, LONG, LONG)
@settings(max_examples=150, deadline=None)
def test_words_are_cut_between_characters(
    given_one: Exchange, keyword: str, speaker: str, mark: str
) -> None:
    """A keyword, mark or name of any length comes back, cut where it is longer than its field."""
    wanted = given_one._replace(keyword=keyword, speaker=speaker, mark=mark)
    data = pack_entry(wanted, TAG, 0)
    frame = frame_at(data, 0, len(data))
    assert frame is not None
    found = unpack_entry(data, frame)
    for name in ("keyword", "speaker", "mark"):
        was, came = getattr(wanted, name), getattr(found, name)
        assert was.startswith(came)
        assert came == was or 255 - 4 < len(came.encode()) <= 255
    assert found._replace(keyword=keyword, speaker=speaker, mark=mark) == wanted


def test_each_exchange_holds_the_checksum_of_the_one_before() -> None:
    """A history is a chain from its birth on; one that lacks a piece is none."""
    history = Transcript(birth=5)
    for number in (1, 2, 3):
        history.append(exchange(number))
    assert list(history.breaks()) == []
    other = Transcript(birth=6)
    for data, frame in history.frames():
        other.append_frame(data, frame, exchange(frame.number))
    assert [number for number, _at in other.breaks()] == [1]
    assert history.link == checksum_of(history.frame_of(3) or b"")
    again = history.rechained({2: exchange(2).taken_back()})
    assert list(again.breaks()) == []
    assert [each.patient for each in again] == ["p1", "", "p3"]
    assert again.frame_of(1) == history.frame_of(1)
    assert again.frame_of(3) != history.frame_of(3)


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
    assert [len(list(walk(again.data(chunk)))) for chunk in again.chunks()[:-1]] == [
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
        pack_entry(Exchange(1, 0, 1, "x" * (MAX_TEXT + 1), ""), TAG, 0)
    with pytest.raises(ValueError, match="longer"):
        pack_state(1, TAG, bytes(MAX_STATE + 1))
    with pytest.raises(ValueError, match="no event"):
        pack_entry(Exchange(1, 0, 1, "", "", event="danced"), TAG, 0)


@pytest.mark.parametrize(("number", "session"), [(1 << 64, 1), (1 << 63, 1), (0, 1), (1, 1 << 32)])
def test_too_high_for_a_record(number: int, session: int) -> None:
    """A number that no record can hold is refused the same way."""
    with pytest.raises(ValueError, match="no numbers left"):
        pack_entry(Exchange(number, 0, session, "", ""), TAG, 0)


def test_reading_steps_over_what_is_not_sound() -> None:
    """A chunk with a broken record yields the others."""
    history = filled(10)
    (chunk,) = history.chunks()
    data = bytearray(history.data(chunk))
    data[len(data) // 2] ^= 1
    broken = Transcript((chunk._replace(data=bytes(data)),), HistoryCounts(history.summary, 10))
    assert len(list(broken)) == 9
