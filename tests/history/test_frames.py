"""Frames: found again after damage, torn where a write was cut off, searched for a bounded time."""

from __future__ import annotations

import pytest

from doctor.history.frames import Frame, Gap, Kind, pack, walk


def test_frames_are_found_again_after_damage() -> None:
    """Behind bytes that are no frame the next sound one is found, and the gap is told."""
    frames = [pack(Kind.EXCHANGE, number, b"x" * number) for number in (1, 2, 3)]
    data = frames[0] + b"\xffDr\xfegarbage" + frames[1][:-1] + b"?" + frames[2]
    first, gap, last = walk(data)
    assert isinstance(first, Frame)
    assert isinstance(gap, Gap)
    assert not gap.torn
    assert isinstance(last, Frame)
    assert (first.number, last.number) == (1, 3)
    assert (gap.start, gap.end) == (first.end, last.start)


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_frame_cut_off_is_torn(cut: int) -> None:
    """What is left of a frame that was cut off at the end counts as torn, and zeros do."""
    whole = pack(Kind.EXCHANGE, 1, b"payload..")
    found = list(walk(whole + whole[:cut]))
    assert [type(each) for each in found] == [Frame, Gap] if cut < len(whole) else [Frame, Frame]
    assert cut == len(whole) or found[-1][2]
    assert list(walk(whole + bytes(cut)))[-1] == Gap(len(whole), len(whole) + cut, torn=True)


def test_bytes_made_to_be_searched_for_ever_are_given_up() -> None:
    """A flood of frames that promise much and keep nothing ends as one gap."""
    header = pack(Kind.EXCHANGE, 1, b"")[:9] + (1 << 23).to_bytes(4, "little") + bytes(8)
    data = header * 20_000 + bytes(1 << 20)
    (gap,) = walk(data)
    assert isinstance(gap, Gap)
    assert (gap.start, gap.end) == (0, len(data))
