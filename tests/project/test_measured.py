"""Measured tables find their place in docs/performance.md."""

from __future__ import annotations

import pytest

from tools import measured


def test_only_the_part_of_the_name_is_replaced() -> None:
    """What people wrote around it stays; a page without the part is refused."""
    page = "before\n<!-- measured: a -->\n\nold\n\n<!-- end -->\nafter <!-- end -->\n"
    found = measured.replace(page, "a", "new\n")
    assert found == "before\n<!-- measured: a -->\n\nnew\n\n<!-- end -->\nafter <!-- end -->\n"
    with pytest.raises(ValueError, match="no part"):
        measured.replace(page, "b", "new")


@pytest.mark.parametrize("name", ["growth", "throughput"])
def test_the_page_has_a_place_for_each_program(name: str) -> None:
    """Every program that writes finds its part."""
    page = measured.PAGE.read_text(encoding="utf-8")
    assert "x y z" in measured.replace(page, name, "x y z")
