"""Rooms over real connections: who is in them, what is said, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.history.snapshot import ROOM
from doctor.patients import load
from doctor.protocol import codes, notices
from tests.server.rooms.room_client import Entry, RoomClient, two_in_a_garden
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server

if TYPE_CHECKING:
    from pathlib import Path


def test_two_patients_talk_in_a_room(tmp_path: Path) -> None:
    """Each is told what the other says, with name, number and time; the speaker gets 251."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        joined = ada.join("Garden")
        assert (joined.code, joined.field("room"), joined.field("member")) == (231, "Garden", "Ada")
        joined = bob.join("garden")
        assert [row[1] for row in joined.rows if row[0] == "member"] == ["Ada", "Bob"]
        came = ada.wait_for_event("Bob comes in")
        assert (came.code, came.conversation, came.name) == (notices.CAME, "Garden", "Bob")
        number = ada.say("Hello, Bob")
        told = bob.wait_for("Hello, Bob")
        assert (told.number, told.kind, told.name) == (number, notices.PATIENT, "Ada")
        assert bob.say("Hello, Ada") == number + 1
        ada.wait_for("Hello, Ada")
        assert ada.transcript() == bob.transcript()
        assert bob.ask("/leave").code == codes.LEFT_ROOM
        assert ada.wait_for_event("Bob leaves").code == notices.LEFT
        assert ada.members() == ["Ada"]
        assert set(ada.transcript()) == ada.entries
    doctor = load(tmp_path / "Garden.dat")
    assert (doctor.kind, doctor.name) == (ROOM, "Garden")
    assert [each.event for each in doctor.history if each.event] == ["came", "came", "left", "left"]
    assert not (tmp_path / "Ada.dat").exists()


def test_the_host_answers_who_calls_it(tmp_path: Path) -> None:
    """Its answer is in the same entry as the line, and everybody gets it as the doctor's."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (_, ada, bob):
        number = ada.say("Doctor, who is here?")
        for each in (ada, bob):
            told = each.wait_for("Here with you, Ada: Bob.", (notices.DOCTOR,))
            assert (told.number, told.name) == (number, "")
        why = ada.ask("/why")
        assert why.code == codes.WHY
        assert "Doctor, who is here?" in why.rows[0][1]
        assert set(ada.transcript()) == ada.entries


def test_the_host_answers_what_nobody_answered(tmp_path: Path) -> None:
    """After its patience it says something to a line that was left alone."""
    with two_in_a_garden(tmp_path, host_patience=0.2) as (_, ada, bob):
        number = ada.say("I have not slept well for weeks because of my exams.")
        while not (said := ada.wait_for("", (notices.DOCTOR,))).number > number:
            ada.told.remove(said)
        assert bob.wait_for(said.text).number == said.number
        assert Entry(said.number, notices.DOCTOR, "", said.text) in ada.transcript()


def test_helplines_are_for_the_speaker_alone(tmp_path: Path) -> None:
    """The room gets a sentence; what the doctor says to somebody in danger is in no transcript."""
    with two_in_a_garden(tmp_path) as (_, ada, bob):
        number = ada.say("I want to kill myself.")
        while (private := ada.wait_for("", (notices.DOCTOR,))).number:
            ada.told.remove(private)
        assert (private.conversation, private.mark) == ("Garden", "care")
        said = bob.wait_for("kill myself")
        assert (said.number, said.mark) == (number, "care")
        bob.say("We are with you, Ada")
        assert all(private.text != each.text for each in bob.told)
        assert all(private.text != each.text for each in bob.transcript())


def test_private_and_back(tmp_path: Path) -> None:
    """In private the doctor alone hears; the room's notices go on; /join talks in it again."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (_, ada, bob):
        assert "still in Garden" in ada.ask("/private").text
        assert ada.ask("a secret").text == "1: a secret"
        assert [row[5] for row in ada.ask("/history").rows] == ["a secret", "1: a secret"]
        bob.say("Are you there?")
        ada.wait_for("Are you there?")
        assert ada.join("Garden").code == codes.JOINED
        ada.say("yes")
        bob.wait_for("yes")
        assert all("secret" not in each.text for each in bob.told)
        assert ada.ask("/leave").code == codes.LEFT_ROOM
        assert ada.ask("more").text == "2: more"
        assert ada.ask("/leave").code == codes.BAD_ARGUMENT


def test_rooms_and_who(tmp_path: Path) -> None:
    """/rooms shows where somebody is and whether there is a passphrase; /who, since when."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
        RoomClient(server, "Bob") as again,
    ):
        assert ada.ask("/rooms").rows == ()
        assert ada.ask("/who").code == codes.WHO
        ada.join("Kitchen")
        assert ada.ask("/passphrase").code == codes.NEW_PASSPHRASE
        ada.ask("secret")
        assert ada.ask("secret").code == codes.PASSPHRASE_CHANGED
        bob.join("Garden")
        again.join("Garden")
        assert bob.ask("/rooms").rows == (("Garden", "1", ""), ("Kitchen", "1", "passphrase"))
        assert [(row[0], row[2]) for row in again.ask("/who").rows] == [("Bob", "member")]
        assert again.ask("/leave").code == codes.LEFT_ROOM
        assert bob.members() == ["Bob"]
        assert [each.text for each in bob.transcript() if each.kind == "event"] == ["Bob comes in"]


def test_names_of_rooms_and_patients(tmp_path: Path) -> None:
    """A patient's name is no room, and a room's name cannot be logged in to: 553."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
        Client(server) as garden,
    ):
        bob.join("Garden")
        for name in ("Ada", "Bob", "bob"):
            refused = ada.ask(f"/join {name}")
            assert (refused.code, "a patient" in refused.text) == (codes.BAD_NAME, True)
        assert ada.ask(f"/join {'x' * 65}").code == codes.BAD_NAME
        assert ada.ask("/join").code == codes.BAD_ARGUMENT
        assert garden.enter("Garden").code == codes.BAD_NAME
        assert ada.ask("hello").text == "1: hello"


@pytest.mark.parametrize("name", ["Doctor", "DOCTOR", "the doctor", "The\u2003Doctor\u200b"])
def test_nobody_in_a_room_is_called_like_its_host(tmp_path: Path, name: str) -> None:
    """What a member says is never taken for what the doctor says."""
    with live_server(tmp_path, machine=FakeMachine()) as server, RoomClient(server, name) as one:
        refused = one.ask("/join Garden")
        assert (refused.code, "called" in refused.text) == (codes.BAD_NAME, True)
        assert not one.ask("/rooms").rows
        assert one.ask("hello").code == codes.SAYS


def test_there_are_no_rooms_where_they_are_off(tmp_path: Path) -> None:
    """With --rooms off the commands are not there, and everything else is as ever."""
    with (
        live_server(tmp_path, machine=FakeMachine(), rooms="off") as server,
        RoomClient(server, "Ada") as ada,
    ):
        for line in ("/join Garden", "/rooms", "/who", "/leave", "/private"):
            assert ada.ask(line).code == codes.NO_COMMAND
        assert ada.ask("hello").text == "1: hello"


def test_limits_of_rooms(tmp_path: Path) -> None:
    """A full room, and a seventeenth one, are refused; what was said goes on."""
    with (
        live_server(tmp_path, machine=FakeMachine(), room_members=2) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
        RoomClient(server, "Cleo") as cleo,
    ):
        ada.join("Garden")
        bob.join("Garden")
        assert cleo.ask("/join Garden").code == codes.BAD_ARGUMENT
        assert cleo.ask("hello").text == "1: hello"
        for number in range(15):
            assert ada.join(f"Room {number}").code == codes.JOINED
        assert ada.ask("/join One more").code == codes.BAD_ARGUMENT
        ada.ask("/leave")
        assert ada.join("One more").code == codes.JOINED


def test_limits_of_new_rooms(tmp_path: Path) -> None:
    """A new room counts as a new history of its address; one that is there does not."""
    with (
        live_server(tmp_path, machine=FakeMachine(), address_histories=1) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        assert ada.join("Garden").code == codes.JOINED
        assert ada.ask("/join Kitchen").code == codes.NOT_SAVED
        assert bob.join("Garden").code == codes.JOINED
    assert not (tmp_path / "Kitchen.dat").exists()


def test_an_empty_line_is_not_said(tmp_path: Path) -> None:
    """It is answered, and nobody is told."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
    ):
        ada.join("Garden")
        before = ada.transcript()
        assert ada.say("") == 0
        assert ada.transcript() == before
