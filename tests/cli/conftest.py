"""Fixtures of the tests of the command line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.histories import DAY, MINUTE, TUESDAY, keep, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Three patients: Ada with two sessions and a mark, Björn, and one in another script."""
    keep(
        tmp_path,
        "Ada",
        said(),
        said("I had a dream.", "What did you dream?", at=TUESDAY + MINUTE, keyword="DREAM"),
        said("xyzzy", "Please go on.", at=TUESDAY + DAY, session=2, keyword="NONE", mark="care"),
    )
    keep(tmp_path, "Björn", said("My dog hates me.", at=TUESDAY + 2 * DAY))
    keep(tmp_path, "小明", *(said(f"line {n}", at=TUESDAY - DAY) for n in range(5)), lock=b"x")
    return tmp_path
