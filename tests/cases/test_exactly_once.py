"""Exactly once, to the letter: a line carries the number that it is to have."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.programs import Peer, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Refuses a line whose number is not the next; a row `exchanges` has the last number.
NOT_THE_NEXT = 455
SAYS = 250


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server."""
    with Server(tmp_path_factory.mktemp("once") / "p") as running:
        yield running


def test_a_line_with_the_next_number(server: Server) -> None:
    """A line that is said as the next number is answered and recorded under it."""
    with Peer(server.port) as ada:
        assert ada.enter("Next").row("exchanges") == "0"
        assert ada.ask("/as 1 My mother hates me.").code == SAYS
        assert ada.ask("And my father too.").code == SAYS
        assert ada.ask("/as 3 But I do not mind.").code == SAYS
    assert server.lines("Next") == [
        "My mother hates me.", "And my father too.", "But I do not mind.",
    ]  # fmt: skip


def test_a_line_said_twice_with_its_number(server: Server) -> None:
    """A line whose exchange is there gets the reply that was given, on any connection."""
    with Peer(server.port) as ada:
        ada.enter("Twice")
        first = ada.ask("/as 1 My mother hates me.")
        second = ada.ask("/as 2 She never calls.")
        assert ada.ask("/as 2 She never calls.") == second
        assert ada.ask("/as 1 My mother hates me.") == first
    with Peer(server.port) as ada:
        assert ada.enter("Twice").row("exchanges") == "2"
        assert ada.ask("/as 1 My mother hates me.").text == first.text
        assert ada.ask("/as 3 I go on.").code == SAYS
    assert server.lines("Twice") == ["My mother hates me.", "She never calls.", "I go on."]


@pytest.mark.parametrize("number", [3, 4, 100, 2**31, 2**63, 2**64, 10**30])
def test_a_line_whose_number_is_not_the_next(server: Server, number: int) -> None:
    """A number with a gap before it is refused with its own code and the last number."""
    name = f"Gap {number}"
    with Peer(server.port) as ada:
        ada.enter(name)
        assert ada.ask("/as 1 One line.").code == SAYS
        reply = ada.ask(f"/as {number} A line too far.")
        if number < 2**64:
            assert reply.code == NOT_THE_NEXT
            assert reply.row("exchanges") == "1"
        assert reply.code in {NOT_THE_NEXT, 501}  # a number that no history can have
        assert ada.ask("/as 2 The next one.").code == SAYS
    assert server.lines(name) == ["One line.", "The next one."]


@pytest.mark.parametrize("words", ["0 text", "-1 text", "x text", "1", "", "1.5 text",
                                   "\u0661 text",
                                   "01x text"])  # fmt: skip
def test_a_number_that_is_none(server: Server, words: str) -> None:
    """What is no number, or has no text, is refused and records nothing."""
    with Peer(server.port) as ada:
        ada.enter("Nothing")
        assert ada.ask(f"/as {words}").code in {501, NOT_THE_NEXT}
    assert server.lines("Nothing") == []


def test_a_number_taken_by_another_line(server: Server) -> None:
    """Of two connections that say different lines as one number, one alone is recorded under it."""
    for turn in range(10):
        name = f"Race {turn}"
        with Peer(server.port) as one, Peer(server.port) as two:
            one.enter(name)
            two.enter(name)
            one.send(b"/as 1 Said by one.\n")
            two.send(b"/as 1 Said by two.\n")
            codes = sorted((one.reply().code, two.reply().code))
        assert codes in ([SAYS, SAYS], [SAYS, NOT_THE_NEXT])
        assert len(server.lines(name)) == 1


def test_a_line_sent_again_over_a_new_connection_at_once(server: Server) -> None:
    """A line sent, cut off and sent again over a new connection at once is recorded once."""
    for number in range(1, 41):
        line = f"/as {number} Line number {number}.\n".encode()
        with Peer(server.port) as peer:
            peer.enter("Cut")
            peer.send(line)
            if number % 2:
                linger = struct.pack("ii", 1, 0)
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with Peer(server.port) as peer:
            peer.enter("Cut")
            peer.send(line)
            assert peer.reply().code == SAYS
    assert server.lines("Cut") == [f"Line number {number}." for number in range(1, 41)]


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.sampled_from(["say", "repeat", "cut", "cut before the answer", "far", "plain"]),
        max_size=14,
    )
)
def test_any_sequence_of_losses(server: Server, steps: list[str]) -> None:
    """Whatever is lost and repeated, each line stands once, in its order."""
    name = f"Any {abs(hash(tuple(steps))) % 10**9} {len(steps)}"
    expected: list[str] = []
    peer = Peer(server.port)
    try:
        known = int(peer.enter(name).row("exchanges") or 0)
        expected = server.lines(name) if known else []
        for step in steps:
            last = len(expected)
            line = f"Line {last + 1}."
            if step == "say":
                assert peer.ask(f"/as {last + 1} {line}").code == SAYS
                expected.append(line)
            elif step == "plain":
                assert peer.ask(line).code == SAYS
                expected.append(line)
            elif step == "repeat" and last:
                assert peer.ask(f"/as {last} {expected[-1]}").code == SAYS
            elif step == "far":
                assert peer.ask(f"/as {last + 2} no").row("exchanges") == str(last)
            elif step.startswith("cut"):
                if step != "cut":
                    peer.send(f"/as {last + 1} {line}\n".encode())
                peer.socket.close()
                peer = Peer(server.port)
                peer.enter(name)
                if step != "cut":
                    assert peer.ask(f"/as {last + 1} {line}").code == SAYS
                    expected.append(line)
    finally:
        peer.socket.close()
    assert server.lines(name) == expected
