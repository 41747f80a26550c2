"""Measured tables find their place in docs/performance.md."""

from __future__ import annotations

import pytest

from bench import written


def test_only_the_part_of_the_name_is_replaced() -> None:
    """What people wrote around it stays; a page without the part is refused."""
    page = "before\n<!-- measured: a -->\n\nold\n\n<!-- end -->\nafter <!-- end -->\n"
    found = written.replace(page, "a", "new\n")
    assert found == "before\n<!-- measured: a -->\n\nnew\n\n<!-- end -->\nafter <!-- end -->\n"
    with pytest.raises(ValueError, match="no part"):
        written.replace(page, "b", "new")


@pytest.mark.parametrize("name", ["growth", "throughput"])
def test_the_page_has_a_place_for_each_program(name: str) -> None:
    """Every program that writes finds its part."""
    page = written.PAGE.read_text(encoding="utf-8")
    assert "x y z" in written.replace(page, name, "x y z")
