"""How the processor time of costly lines is counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from doctor.server.network.throttle import Throttle
from doctor.server.settings import Settings
from doctor.server.write_limits import WriteLimits

if TYPE_CHECKING:
    import threading


class Clocks:
    """Times that a test sets; who waits lets the time pass."""

    def __init__(self) -> None:
        self.now = self.own = self.everybody = 100.0
        self.waited = 0.0

    def work(self, own: float, others: float = 0.0) -> None:
        """Let this thread and others use a processor."""
        self.own += own
        self.everybody += own + others
        self.now += own

    def wait(self, seconds: float) -> bool:
        """Stand for the event that ends all waiting."""
        self.waited += seconds
        self.now += seconds
        return False

    def throttle(self) -> Throttle:
        """Return the throttle of another connection, which may use 5 % of a processor."""
        return Throttle(Settings(costly_share=5), cast("threading.Event", self))


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Clocks that stand until something works or waits."""
    made = Clocks()
    monkeypatch.setattr(
        "doctor.server.network.throttle.time",
        SimpleNamespace(
            monotonic=lambda: made.now,
            thread_time=lambda: made.own,
            process_time=lambda: made.everybody,
        ),
    )
    return made


@pytest.mark.parametrize(
    ("gives_way", "others", "least", "most"),
    [
        (False, 0.0, 17, 20),
        (True, 1.0, 17, 20),
        (True, 0.0, 0, 0),
        (True, 0.25, 3, 6),
    ],
    ids=[
        "what gives no way",
        "others work as much",
        "nobody else works",
        "others work a quarter",
    ],
)
def test_a_search_waits_for_others_alone(
    clocks: Clocks, others: float, least: float, most: float, *, gives_way: bool
) -> None:
    """At 5 % of a processor 1 s of work takes 20 s, unless it gave way and nobody wanted it."""
    throttle = clocks.throttle()
    for _ in range(100):
        with throttle.charge(gives_way=gives_way):
            clocks.work(0.01, others * 0.01)
        throttle.wait()
    assert least <= clocks.waited <= most


def test_the_connections_of_a_patient_share_what_they_use(clocks: Clocks) -> None:
    """Two connections of one patient may use no more than one; another patient's has its own."""
    limits = WriteLimits(Settings())
    waited: list[float] = []
    for names in (["Ada"], ["Ada", "ADA"], ["Ada", "Bob"]):
        clocks.now += 1e6
        throttles = [clocks.throttle() for _ in names]
        for throttle, name in zip(throttles, names, strict=True):
            throttle.budget = limits.budget(name)
        clocks.waited = 0.0
        for turn in range(100):
            throttle = throttles[turn % len(throttles)]
            with throttle.charge():
                clocks.work(0.01)
            throttle.wait()
        waited.append(clocks.waited)
    alone, shared, apart = waited
    assert alone * 0.9 < shared
    assert apart < alone * 0.6
