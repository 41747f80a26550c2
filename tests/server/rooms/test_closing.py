"""A room's passphrase, its end, another name, and a server that stops."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from doctor import control
from doctor.errors import UnknownPatient
from doctor.patients import load
from doctor.protocol import codes, notices
from tests.server.rooms.room_client import RoomClient, two_in_a_garden
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server

if TYPE_CHECKING:
    from pathlib import Path


def set_passphrase(client: RoomClient, new: str, old: str = "") -> int:
    """Set a room's passphrase; return the last code."""
    reply = client.ask("/passphrase")
    for line in (*([old] if old else []), new, new):
        if reply.code in {codes.UNCHANGED, codes.PASSPHRASE_CHANGED}:
            break
        reply = client.ask(line)
    return reply.code


def rename(patients: Path, old: str, new: str) -> None:
    """Give a history another name, as an operator."""
    control.request(patients, {"do": "rename", "name": old, "new": new}, seconds=PATIENCE)


def test_a_room_with_a_passphrase(tmp_path: Path) -> None:
    """It is asked for at /join; a wrong one is refused, and tried again."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.join("Garden")
        assert set_passphrase(ada, "secret") == codes.PASSPHRASE_CHANGED
        ada.say("hello")
        assert bob.ask("/join Garden").code == codes.PASSPHRASE
        assert bob.ask("wrong").code == codes.WRONG_PASSPHRASE
        assert bob.ask("/history").code == codes.NOT_NOW
        joined = bob.ask("secret")
        assert (joined.code, joined.rows[-1][6]) == (codes.JOINED, "Welcome, Bob. Ada is here.")
        assert bob.ask("/passphrase").code == codes.PASSPHRASE
        assert bob.ask("").code == codes.UNCHANGED
        bob.say("hello, Ada")
        assert ada.wait_for("hello, Ada").name == "Bob"


def test_the_first_passphrase_is_set_by_who_is_alone(tmp_path: Path) -> None:
    """Nobody locks others out of what they said; a change closes the room for the others."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (_, ada, bob):
        assert set_passphrase(ada, "secret") == codes.UNCHANGED
        bob.ask("/leave")
        for come_in in (0, 1, 2):  # somebody comes before one of the answers
            assert ada.ask("/passphrase").code == codes.NEW_PASSPHRASE
            for nth in (1, 2):
                if nth == come_in:
                    assert bob.join("Garden").code == codes.JOINED
                last = ada.ask("secret" if come_in else "")
            assert last.code == (codes.UNCHANGED if come_in else codes.PASSPHRASE_CHANGED)
            if come_in:
                assert bob.say("nobody locks me out")
                bob.ask("/leave")
        assert set_passphrase(ada, "secret") == codes.PASSPHRASE_CHANGED
        assert bob.join("Garden", "secret").code == codes.JOINED
        assert set_passphrase(bob, "another", old="secret") == codes.PASSPHRASE_CHANGED
        closed = ada.wait_for_event("another passphrase")
        assert (closed.code, closed.conversation) == (notices.CLOSED, "Garden")
        refused = ada.ask("a line meant for the room")
        assert (refused.code, "Garden" in refused.text) == (codes.NOT_NOW, True)
        assert bob.members() == ["Bob"]
        assert all("meant for the room" not in each.text for each in bob.transcript())
        assert ada.ask("now in private").text == "1: now in private"
        assert ada.join("Garden", "another").code == codes.JOINED
        assert [each.text for each in ada.transcript() if each.kind == notices.EVENT][-2:] == [
            "Ada leaves",
            "Ada comes in",
        ]


def test_who_is_alone_erases_a_room(tmp_path: Path) -> None:
    """After the room's name, and nobody else may; nothing of it stays, and its name is free."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, ada, bob):
        assert ada.ask("/forget").code == codes.UNCHANGED
        bob.ask("/leave")
        for answer, code in (("no", codes.UNCHANGED), ("garden", codes.FORGOTTEN)):
            assert ada.ask("/forget").code == codes.CONFIRM
            assert ada.ask(answer).code == code
        assert ada.wait_for_event("erased").code == notices.CLOSED
        assert not list(tmp_path.glob("Garden*"))
        assert ada.ask("hello").text == "1: hello"
        with Client(server) as garden:
            assert garden.enter("Garden").code == codes.WELCOME
            assert garden.ask("I am a patient").code == codes.SAYS


def test_ones_own_line_is_taken_back(tmp_path: Path) -> None:
    """In a room nobody takes back what another one said."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (_, ada, bob):
        number = ada.say("a secret")
        assert bob.ask(f"/forget {number}").code == codes.BAD_ARGUMENT
        assert ada.ask(f"/forget {number}").code == codes.CONFIRM
        assert ada.ask(str(number)).code == codes.TAKEN_BACK
        assert all("secret" not in each.text for each in bob.transcript())
        assert bob.say("go on") == number + 1


@pytest.mark.parametrize("new", ["Zoe", "ADA"])
def test_a_member_who_is_renamed(tmp_path: Path, new: str) -> None:
    """The old name leaves and the new one comes, for the members, the history and the doctor."""
    with (
        live_server(tmp_path) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.ask("I am sad")  # a history that can be renamed
        for room in ("Kitchen", "Garden"):
            ada.join(room)
            bob.join(room)
        rename(tmp_path, "Ada", new)
        bob.wait_for_event(f"{new} comes in")
        last = [(one.text, one.name) for one in bob.transcript()][-2:]
        assert last == [("Ada leaves", "Ada"), (f"{new} comes in", new)]
        assert bob.members() == sorted(["Bob", new])
        bob.say("Doctor, who is here?")
        names = bob.wait_for("ere with", (notices.DOCTOR,)).text
        assert (new in names, "Ada" in names) == (True, False)
        ada.ask("/leave")
        bob.wait_for_event(f"{new} leaves")
        ada.ask("/join Kitchen")
        assert ada.members() == sorted(["Bob", new])


def test_join_and_forget_at_once(tmp_path: Path) -> None:
    """Whoever comes while a room is erased is in the old one, which closes, or in the new one."""
    rounds = 15
    with live_server(tmp_path, machine=FakeMachine()) as server:
        for turn in range(rounds):
            with RoomClient(server, "Ada") as ada, RoomClient(server, "Bob") as bob:
                ada.join("Garden")
                ada.say(f"secret {turn}")
                assert ada.ask("/forget").code == codes.CONFIRM
                both = threading.Barrier(2)
                answers: list[int] = []

                def erase(ada: RoomClient = ada, both: threading.Barrier = both) -> None:
                    both.wait(PATIENCE)
                    answers.append(ada.ask("Garden").code)  # noqa: B023 - joined below

                thread = threading.Thread(target=erase)
                thread.start()
                both.wait(PATIENCE)
                joined = bob.join("Garden")
                thread.join(PATIENCE)
                assert answers in ([codes.FORGOTTEN], [codes.UNCHANGED])
                assert joined.code == codes.JOINED
                if answers == [codes.FORGOTTEN] and "secret" in str(joined.rows):
                    bob.wait_for_event("erased")
                    assert bob.ask("hello").code == codes.NOT_NOW
                else:
                    bob.say("hello")
                ada.ask("/quit")
                bob.ask("/private")
                if bob.join("Garden").code == codes.JOINED and bob.members() == ["Bob"]:
                    bob.ask("/forget")
                    assert bob.ask("Garden").code == codes.FORGOTTEN
        assert server.admin.gauges()["room_members"] == 0
    assert not list(tmp_path.glob("Garden*"))


def test_the_operator_erases_and_renames_a_room(tmp_path: Path) -> None:
    """Its members are told and out of it; under the new name they find all that was said."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        for each in (ada, bob):
            each.join("Garden")
        number = ada.say("hello")
        control.request(
            tmp_path, {"do": "rename", "name": "Garden", "new": "Park"}, seconds=PATIENCE
        )
        for each in (ada, bob):
            assert each.wait_for_event("Park").conversation == "Garden"
        assert ada.join("Park").code == codes.JOINED
        assert ada.transcript()[number - 1].text == "hello"
        bob.join("Park")
        control.request(tmp_path, {"do": "forget", "name": "Park"}, seconds=PATIENCE)
        for each in (ada, bob):
            assert each.wait_for_event("erased").conversation == "Park"
            assert each.ask("lost?").code == codes.NOT_NOW
        with pytest.raises(UnknownPatient):
            load(tmp_path / "Park.dat")
        assert bob.join("Park").field("begun") is not None
        assert [each.text for each in bob.transcript()] == [
            "Bob comes in",
            bob.transcript()[1].text,
        ]


def test_the_operator_renames_a_member(tmp_path: Path) -> None:
    """Who has another name speaks and leaves under it."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.ask("hello")
        ada.join("Garden")
        bob.join("Garden")
        control.request(
            tmp_path, {"do": "rename", "name": "Ada", "new": "Lovelace"}, seconds=PATIENCE
        )
        ada.name = "Lovelace"
        ada.say("it is me")
        assert bob.wait_for("it is me").name == "Lovelace"
        ada.ask("/leave")
        bob.wait_for_event("Lovelace leaves")


def test_a_server_that_stops(tmp_path: Path) -> None:
    """Everybody hears why; the transcript says that they left, and what was said is there."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        clients = [RoomClient(server, f"P{number}").__enter__() for number in range(8)]
        for number, each in enumerate(clients):
            each.join("Garden")
            each.say(f"line {number}")
        server.stop()
        for each in clients:
            while each.reply().code != codes.CLOSING:
                pass
            assert each.closed()
            each.__exit__()
    history = list(load(tmp_path / "Garden.dat").history)
    assert [each.patient for each in history if each.patient] == [f"line {n}" for n in range(8)]
    assert sorted(each.speaker for each in history if each.event == "left") == [
        f"P{number}" for number in range(8)
    ]
