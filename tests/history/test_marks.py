"""What the mark of an exchange says."""

from __future__ import annotations

import pytest

from doctor.history.chunks import CHUNK, Transcript
from doctor.history.marks import Mark, last_mark, read_mark
from doctor.history.transcript import Exchange


@pytest.mark.parametrize(
    ("mark", "parts", "shown"),
    [
        ("", ("", "", ""), ""),
        ("care", ("care", "", ""), "care"),
        ("care self plan", ("care", "self", "plan"), "care: self, plan"),
        ("care self", ("care", "self", ""), "care: self"),
        ("care self plan and more", ("care", "self", "plan"), "care: self, plan"),
        ("  ", ("", "", ""), ""),
    ],
)
def test_a_mark_of_any_version_is_read(mark: str, parts: tuple[str, ...], shown: str) -> None:
    """Old marks have their word alone; what a later version adds is passed over."""
    assert read_mark(mark) == parts
    assert str(read_mark(mark)) == shown


@pytest.mark.parametrize("at", [1, 2, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_last_mark_is_found_wherever_it_is(at: int) -> None:
    """However long ago it was, the last marked exchange is found; without one there is none."""
    history = Transcript(birth=1)
    for number in range(1, 3 * CHUNK + 2):
        mark = "care eating danger" if number == at else "care" if number < at else ""
        history.append(Exchange(number, float(number), 1, "a", "b", "K", mark))
    assert last_mark(history) == Mark("care", "eating", "danger")
    assert last_mark(Transcript(birth=1)) == Mark()
