"""A line in a room that is sent again is recorded once, whoever speaks meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.protocol import codes
from doctor.server.rooms import entries
from tests.server.rooms.room_client import RoomClient, two_in_a_garden
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import live_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_line_that_is_sent_again(tmp_path: Path) -> None:
    """It has the number that it got, on another connection too, and others are told once."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, ada, bob):
        wanted = len(bob.transcript()) + 1
        bob.say("I was quicker")
        number = ada.say("hello", wanted)
        assert number == wanted + 1
        bob.say("hello")  # the same words by somebody else are another line
        with RoomClient(server, "ada") as again:
            again.join("Garden")
            assert again.say("hello", wanted) == number
            assert again.say("hello", number) == number
            assert again.say("hello", number + 1) > number + 1
        bob.say("end")
        ada.wait_for("end")
        said = [each for each in bob.transcript() if each.text == "hello"]
        assert [each.name for each in said] == ["Ada", "Bob", "Ada"]
        assert [each.number for each in bob.told if each.text == "hello"] == [
            number,
            said[2].number,
        ]


def test_a_number_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """455 with the last number, and nothing is said: above the next, or too far below."""
    monkeypatch.setattr(entries, "SEARCHED", 5)
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
    ):
        ada.join("Garden")
        for number in range(10):
            last = ada.say(f"line {number}")
        for number in (last + 2, last - 5, 1, 10**18):
            refused = ada.ask(f"/as {number} never")
            assert (refused.code, refused.field("exchanges")) == (codes.WRONG_NUMBER, str(last))
        assert ada.say("line 9", last - 4) == last
        assert ada.say("on", last - 4) == last + 1
        assert [each.text for each in ada.transcript()].count("line 9") == 1
