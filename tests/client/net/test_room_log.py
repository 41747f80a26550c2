"""What a client has of a room: each part is passed on once, and gaps are bounded."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from client.model.transcript_line import TranscriptLine
from client.net import room_log
from client.net.room_log import RoomLog

_AT = datetime(2026, 11, 30, tzinfo=UTC)


def line(number: int, kind: str = "patient") -> TranscriptLine:
    """Return a line of a room."""
    return TranscriptLine(number, _AT, kind, "Bob", "", f"{kind} {number}")


def test_what_comes_after_a_gap_waits_for_it() -> None:
    """A gap is named once; when it is filled, all is passed on in order."""
    log = RoomLog(3, "")
    assert log.add(line(4)) == [line(4)]
    assert log.add(line(7)) == []
    assert log.gap == 6
    log.is_filling = True
    assert log.gap is None
    assert log.collect([line(5), line(6), line(6, "doctor")]) == 5
    assert log.fill(6) == [line(5), line(6), line(6, "doctor"), line(7)]
    assert log.add(line(7, "doctor")) == [line(7, "doctor")]
    assert log.add(line(7, "doctor")) == log.add(line(4)) == []


def test_a_gap_that_is_never_filled_holds_no_more_than_a_bound() -> None:
    """A server that leaves a gap and tells on and on gets its lines passed on after all."""
    log = RoomLog(0, "")
    log.is_filling = True
    for number in range(2, room_log._MOST_HELD + 2):
        assert log.add(line(number)) == []
    assert len(log.add(line(room_log._MOST_HELD + 2))) == room_log._MOST_HELD + 1
    assert not log._held


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 30), st.sampled_from(["patient", "doctor"])),
            st.tuples(st.just("own"), st.integers(1, 30), st.none()),
            st.tuples(st.just("fill"), st.integers(1, 30), st.none()),
            st.tuples(st.just("disconnect"), st.none(), st.none()),
        ),
        max_size=60,
    )
)
def test_nothing_is_passed_on_twice(steps: list[tuple[str, int | None, str | None]]) -> None:
    """Whatever comes, and in whatever order, a part is passed on at most once."""
    log, passed = RoomLog(2, ""), list[TranscriptLine]()
    for what, number, kind in steps:
        if what == "add":
            passed += log.add(line(number or 0, kind or ""))
        elif what == "own":
            log.note_own(number or 0)
        elif what == "fill":
            log.collect([line(each) for each in range(log.last + 1, (number or 0) + 1)])
            passed += log.fill(number or 0)
        else:
            log.disconnect()
    numbered = [one for one in passed if one.number]
    assert len(numbered) == len(set(numbered))
    assert all(one.number > 2 for one in numbered)
