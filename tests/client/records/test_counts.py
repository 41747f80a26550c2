"""The sentences of the status line."""

from __future__ import annotations

import pytest

from client.records import counts


@pytest.mark.parametrize("length", [1, 39, 40, 41, 4000])
def test_a_long_place_is_shown_from_its_end(length: int) -> None:
    """A place of any length takes at most forty letters, and its last folder is among them."""
    place = ("/folder" * length)[-length:]
    told = counts.of_directory(2, 0, 0, place).removeprefix("2 patients in ")
    assert len(told) <= 40
    assert place.endswith(told.removeprefix("\N{HORIZONTAL ELLIPSIS}"))
    assert (told == place) == (length <= 40)
