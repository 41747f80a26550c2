"""The machine of 1966: what it answers, and what it keeps between lines."""

from __future__ import annotations

from pathlib import Path

from doctor.eliza import Eliza
from doctor.script import DEFAULT_SCRIPT, load

DATA = Path(__file__).with_name("data")


def test_a_reply_leaves_the_state_it_was_made_from() -> None:
    """The same line in the same state gives the same reply, and the state is not changed."""
    machine = Eliza(load(DATA / "doctor-1966.txt"))
    state = machine.start()
    first = machine.respond(state, "My mother hates me.")
    assert machine.respond(state, "My mother hates me.") == first
    assert first.reply == "TELL ME MORE ABOUT YOUR FAMILY"
    assert first.keyword == "MY"
    assert first.state != state == machine.start()


def test_the_script_that_ships_can_be_played() -> None:
    """The shipped script loads and answers any line."""
    machine = Eliza(load(DEFAULT_SCRIPT))
    state = machine.start()
    for line in ("Hello.", "", "My sister is ill.", "You are not helping.", "!!!", "why"):
        response = machine.respond(state, line)
        assert response.reply
        state = machine.unpack(machine.pack(response.state))
        assert state == response.state
