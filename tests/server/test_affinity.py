"""On which processor a server runs, and that it shares it with no other one."""

from __future__ import annotations

import os
import sys

import pytest

from doctor.server import affinity
from doctor.server.affinity import Pinning, claim

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or sys.platform != "linux",
    reason="no processors to choose here",
)


@pytest.fixture
def two_free(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Let there be two processors that nobody claims; return where this process was moved."""
    moved: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {9001, 9002})
    monkeypatch.setattr(Pinning, "_move", lambda _, where: moved.append(set(where)))
    return moved


def test_two_servers_never_share_a_processor(two_free: list[set[int]]) -> None:
    """Each takes one that no other has, a third server none, and what is given back is taken."""
    first, second, third = (Pinning("auto") for _ in range(3))
    try:
        for each in (first, second, third):
            each.adjust(20)
        assert sorted(map(sorted, two_free)) == [[9001], [9002]]
        assert (first.pinned, second.pinned, third.pinned) == (True, True, False)
        third.adjust(20)
        assert not third.pinned
        freed = two_free[0]
        first.adjust(1)
        assert two_free[-1] == {9001, 9002}
        third._not_before = 0.0
        third.adjust(20)
        assert third.pinned
        assert two_free[-1] == freed
    finally:
        for each in (first, second, third):
            each.close()


def test_a_processor_that_an_operator_chose_is_not_taken(two_free: list[set[int]]) -> None:
    """`--cpu N` claims it, if it is free, and is obeyed in any case."""
    pinned = [Pinning("9001"), Pinning("9001"), Pinning("auto")]
    try:
        pinned[2].adjust(20)
        assert two_free == [{9001}, {9001}, {9002}]
    finally:
        for each in pinned:
            each.close()


def test_a_claim_ends_with_its_owner() -> None:
    """A claim that was given back, or whose process ended, can be made again."""
    held = claim(9003)
    assert held is not None
    assert claim(9003) is None
    held.close()
    again = claim(9003)
    assert again is not None
    again.close()
    assert affinity.Pinning("none").pinned is False
