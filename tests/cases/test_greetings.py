"""Coming back: whoever was here before is greeted as that, visit after visit."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.programs import Peer, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = ["It rained all day.", "My mother hates me.", "I am sad.", "I had a dream.", "Yes.",
         "Why do you ask?", "I want to sleep.", "Nobody calls me any more."]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server."""
    with Server(tmp_path_factory.mktemp("greetings") / "p") as running:
        yield running


@pytest.fixture(scope="module")
def newcomers(server: Server) -> set[str]:
    """Return what newcomers are told, with * for the name."""
    found = set()
    for number in range(60):
        name = f"Newcomer{number}"
        with Peer(server.port) as peer:
            found.add(peer.enter(name).text.replace(name, "*"))
    return found


def _greeting(server: Server, name: str, lines: list[str]) -> str:
    """Come, say the lines, leave; return the greeting with * for the name."""
    with Peer(server.port) as peer:
        reply = peer.enter(name)
        assert reply.code == 230
        for line in lines:
            assert peer.ask(line).code == 250
        peer.leave()
    return reply.text.replace(name, "*")


def test_nine_visits_of_one_line(server: Server, newcomers: set[str]) -> None:
    """After nine visits of the same line a patient is still greeted as one who returns."""
    greetings = [_greeting(server, "Rain", ["It rained all day."]) for _ in range(20)]
    assert greetings[0] in newcomers
    assert [number for number, text in enumerate(greetings[1:], 2) if text in newcomers] == []


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_forty_visits_of_one_length(server: Server, newcomers: set[str], length: int) -> None:
    """Forty visits of one length: every greeting but the first is a returning patient's."""
    chance = random.Random(length)
    greetings = [
        _greeting(server, f"Length{length}", chance.choices(LINES, k=length)) for _ in range(40)
    ]
    assert [number for number, text in enumerate(greetings[1:], 2) if text in newcomers] == []
    together = list(itertools.pairwise(greetings[1:]))
    assert not [number for number, (one, two) in enumerate(together, 2) if one == two]


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(lengths=st.lists(st.integers(0, 4), min_size=40, max_size=40), seed=st.integers(0, 999))
def test_forty_visits_of_every_length(
    server: Server, newcomers: set[str], lengths: list[int], seed: int
) -> None:
    """Whatever the lengths of forty visits, who has said something is greeted as returning."""
    chance = random.Random(seed)
    name = f"Any{abs(hash((tuple(lengths), seed)))}"
    spoken = 0
    for visit, length in enumerate(lengths, 1):
        greeting = _greeting(server, name, chance.choices(LINES, k=length))
        assert not spoken or greeting not in newcomers, visit
        spoken += length
