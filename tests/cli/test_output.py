"""How commands show things to people: align, wrap, coloured, with progress."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from doctor.cli.output import Paint, align, format_duration, progress, wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_by_what_a_terminal_shows() -> None:
    """Wide letters take two columns, accents none; numbers are right-aligned."""
    rows = [("name", "1"), ("小明", "100"), ("e\N{COMBINING ACUTE ACCENT}a", "20")]
    assert align(rows, right=(1,)) == [
        "name    1",
        "小明  100",
        "e\N{COMBINING ACUTE ACCENT}a     20",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (29, "29 s"), (60, "1 min"), (3540, "59 min"), (3600, "1 h 00 min"),
     (90_000, "25 h 00 min")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    """A duration has two units at most."""
    assert format_duration(seconds) == said


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, NO_COLOR and a terminal without colours get none."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(_Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(_Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(_Terminal())


def test_paint_that_is_off_changes_nothing() -> None:
    """Without colour every text is as it was; with it an empty one still is."""
    assert Paint(on=False).alarm("x") == "x"
    assert Paint(on=True).found("") == ""
    assert Paint(on=True).found("x") == "\x1b[1;33mx\x1b[0m"


def _slow() -> Iterator[int]:
    yield from range(3)


@pytest.mark.parametrize("installed", [True, False])
def test_progress_takes_nothing_away(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    """On a terminal, with the library and without it, everything is gone through once."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    if not installed:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress(_slow(), 3, "counting")) == [0, 1, 2]


def test_a_pipe_sees_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is no terminal the items are handed through as they are."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    items = [1, 2, 3]
    assert progress(items, 3, "counting") is items
