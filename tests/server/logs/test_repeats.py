"""Events of one address that come again and again are counted after the first few."""

from __future__ import annotations

from doctor.server.logs import repeats
from doctor.server.logs.repeats import FREE, MOST, OTHERS, WINDOW, Repeats


def test_the_first_few_are_free_and_the_others_counted() -> None:
    """In a window the first events of a kind are logged; at its end the others are told once."""
    now = [0.0]
    counted = Repeats(lambda: now[0])
    assert [counted.is_free("refused", "a") for _ in range(FREE + 3)] == [True] * FREE + [False] * 3
    assert counted.is_free("refused", "b")
    assert counted.is_free("closed", "a")
    assert counted.take_ended() == []
    now[0] = WINDOW
    assert counted.take_ended() == [("refused", "a", 3)]
    assert counted.take_ended(all_of_them=True) == []
    assert counted.is_free("refused", "a")


def test_many_addresses_take_bounded_space() -> None:
    """Beyond so many addresses the others share one count."""
    counted = Repeats(lambda: 0.0)
    for number in range(MOST + 50):
        counted.is_free("refused", str(number))
    assert counted.take_ended(all_of_them=True) == [("refused", OTHERS, 50 - FREE)]
    assert repeats.MOST < 10_000
