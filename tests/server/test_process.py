"""What the server sets up for its process."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from doctor.server import process

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

#: Objects that may be visited while everybody waits.
MOST = 20_000


def collected() -> Iterator[int]:
    """Yield how many new objects each collection visits at most, the rare one of all left out."""
    young, middle, _ = gc.get_threshold()
    yield young
    yield young * (middle + 1)


def test_collections_visit_few_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """No collection but the rare one of everything visits more than 20,000 objects."""
    before = gc.get_threshold()
    monkeypatch.setattr(gc, "freeze", lambda: None)
    try:
        process.settle()
        assert gc.isenabled()
        assert all(0 < visited <= MOST for visited in collected())
    finally:
        gc.set_threshold(*before)


def test_everything_is_collected_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of everything comes after tens of millions of new objects."""
    before = gc.get_threshold()
    monkeypatch.setattr(gc, "freeze", lambda: None)
    try:
        process.settle()
        young, middle, old = gc.get_threshold()
        assert young * middle * old >= 40_000_000
    finally:
        gc.set_threshold(*before)
