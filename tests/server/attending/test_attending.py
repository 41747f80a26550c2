"""Attending a patient: what the patient is told, what is recorded, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor import control
from doctor.errors import BadName, NameTaken, NotAllowed, UnknownPatient
from doctor.patients.opening import load
from doctor.protocol import codes, notices
from doctor.protocol.notices import Notice
from tests.control.operators import Operator, attend, watch
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.history.transcript import Exchange


def notice(client: Client, code: int) -> Notice:
    """Read the next reply, which is to be this notice."""
    reply = client.reply()
    assert reply.code == code, reply
    found = Notice.read(reply)
    assert found is not None
    return found


def entries(directory: Path, name: str = "Ada") -> list[tuple[str, str, str, str, str]]:
    """Return what is recorded: who spoke, the line, who answered, the reply, the event."""

    def row(one: Exchange) -> tuple[str, str, str, str, str]:
        return one.speaker, one.patient, one.responder, one.doctor, one.event

    return [row(one) for one in load(directory / f"{name}.dat").history]


def test_an_evening(tmp_path: Path) -> None:
    """Reads, holds, says, gives back, leaves: told at once, recorded as the person's."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            assert maria.begun["here"] == 1
            assert maria.begun["last"] == 1
            assert maria.wait("history")["exchanges"][0]["patient"] == "one"
            reading = notice(ada, notices.READING)
            assert reading[1:] == ("", 2, reading.time, "event", "Maria", "", "Maria reads along")
            assert ada.ask("two").text == "2: two"
            assert maria.wait("exchange", patient="two")["doctor"] == "2: two"
            assert maria.do("hold")["number"] == 4
            assert notice(ada, notices.TAKEN_OVER).name == "Maria"
            held = ada.ask("three")
            assert (held.code, held.field("number")) == (codes.SAID, "5")
            assert maria.wait("exchange", number=5)["responder"] == "Maria"
            assert maria.do("say", text="I am\there.")["number"] == 6
            said = notice(ada, notices.SAID)
            assert said[1:] == ("", 6, said.time, "person", "Maria", "", "I am here.")
            assert maria.do("back")["number"] == 7
            assert notice(ada, notices.RETURNED).number == 7
            assert ada.ask("four").text == "103: four"  # the doctor has heard the third line
        left = notice(ada, notices.LEFT)
        assert (left.conversation, left.name) == ("", "Maria")
        assert ada.ask("five").code == codes.SAYS
    assert entries(tmp_path) == [
        ("", "one", "", "1: one", ""),
        ("Maria", "", "", "", "reading"),
        ("", "two", "", "2: two", ""),
        ("Maria", "", "", "", "taken over"),
        ("", "three", "Maria", "", ""),
        ("Maria", "I am here.", "", "", ""),
        ("Maria", "", "", "", "returned"),
        ("", "four", "", "103: four", ""),
        ("Maria", "", "", "", "left"),
        ("", "five", "", "104: five", ""),
    ]


def test_a_marked_line_is_answered_while_held(tmp_path: Path) -> None:
    """The doctor gives the careful answer at once, the hold goes on, and readers see the mark."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            notice(ada, notices.READING)
            maria.do("hold")
            notice(ada, notices.TAKEN_OVER)
            answer = ada.ask("care")
            assert (answer.code, answer.text) == (codes.SAYS, "2: care")
            assert maria.wait("exchange", mark="care")["doctor"] == "2: care"
            assert ada.ask("three").code == codes.SAID


def test_two_people_at_one_patient(tmp_path: Path) -> None:
    """Both may speak, one holds, the other is told by whom; each sees what the other does."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria, attend(tmp_path, "ada", "Nora") as nora:
            assert maria.do("hold")["event"] == "done"
            refused = nora.do("hold")
            assert (refused["error"], refused["why"]) == (
                "NotAllowed",
                "Maria holds the doctor already",
            )
            assert maria.do("hold")["why"] == "you hold the doctor already"
            assert nora.do("back")["error"] == "NotAllowed"
            nora.do("say", text="I am here too.")
            assert maria.wait("exchange", speaker="Nora")["patient"] == "I am here too."
            found = maria.do("say", text="Yes.")
            assert nora.wait("exchange", number=found["number"])["speaker"] == "Maria"
            maria.do("back")
            assert nora.do("hold")["event"] == "done"
            assert maria.wait("readers", holder="Nora")
            with pytest.raises(NameTaken):
                attend(tmp_path, "Ada", "NORA")
        told = [ada.reply().code for _ in range(10)]
        assert told[:7] == [153, 153, 154, 150, 150, 155, 154]
        assert sorted(told[7:]) == [152, 152, 155]  # both leave at once


@pytest.mark.parametrize("how", ["leave", "garbage"])
def test_a_holder_who_is_gone_gives_back(tmp_path: Path, how: str) -> None:
    """The end of the connection, or nonsense on it, gives the patient back to the doctor."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            assert [ada.reply().code for _ in range(2)] == [153, 154]
            if how == "garbage":
                maria.send_bytes(b"x" * 70_000)
                assert maria.wait("end")["why"] == "a command is too long"
        assert [ada.reply().code for _ in range(2)] == [155, 152]
        assert ada.ask("two").code == codes.SAYS


def test_an_unanswered_line_brings_the_doctor_back(tmp_path: Path) -> None:
    """A holder who does not answer in time has given back, and both are told."""
    with (
        live_server(tmp_path, hold_time=0.05, machine=FakeMachine()) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            assert [ada.reply().code for _ in range(2)] == [153, 154]
            assert ada.ask("two").code == codes.SAID
            assert maria.wait("waiting")["seconds"] == 0.05
            back = notice(ada, notices.RETURNED)
            assert "has not answered" in back.text
            assert maria.wait("readers", holder="")
            assert ada.ask("three").code == codes.SAYS
            assert maria.do("back")["error"] == "NotAllowed"


def test_a_patient_who_comes_again_while_held(tmp_path: Path) -> None:
    """The hold outlasts the connection; the greeting says that a person answers now."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            ada.ask("one")
            maria = attend(tmp_path, "Ada")
            maria.do("hold")
        with maria:
            maria.wait("closed", here=0)
            maria.do("say", text="I wait for you.")
            with Client(server) as again:
                greeting = again.enter("Ada")
                assert greeting.text.startswith("Maria answers here now")
                text = "Maria answers now in the doctor's place"
                assert ("notice", text, "reading") in greeting.rows
                assert maria.wait("opened")["here"] == 1
                assert again.ask("two").code == codes.SAID
                texts = [row[5] for row in again.ask("/history").rows]
                assert "I wait for you." in texts


def test_a_history_that_has_not_begun(tmp_path: Path) -> None:
    """Nothing is recorded before the first line, and the notices have the number 0."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with attend(tmp_path, "Ada") as maria:
            assert notice(ada, notices.READING).number == 0
            assert maria.do("hold")["number"] == 0
            assert notice(ada, notices.TAKEN_OVER).number == 0
            held = ada.ask("one")
            assert (held.code, held.field("number")) == (codes.SAID, "1")
            assert ada.ask("   ").code == codes.SAID
        assert [notice(ada, code).number for code in (155, 152)] == [2, 3]


def test_erased_and_renamed_and_protected(tmp_path: Path) -> None:
    """Who attends goes on after each of them, and is told."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            assert [ada.reply().code for _ in range(2)] == [153, 154]
            ada.ask("/passphrase")
            ada.ask("a long secret")
            assert ada.ask("a long secret").code == codes.PASSPHRASE_CHANGED
            assert maria.do("say", text="Protected.")["event"] == "done"
            assert notice(ada, notices.SAID).text == "Protected."
            control.request(tmp_path, {"do": "rename", "name": "Ada", "new": "Grace"})
            assert maria.wait("renamed")["new"] == "Grace"
            assert ada.ask("two").code == codes.SAID
            assert maria.wait("exchange", patient="two")["name"] == "Grace"
            ada.ask("/forget")
            assert ada.ask("Grace").code == codes.FORGOTTEN
            assert maria.wait("erased")["name"] == "Grace"
            assert ada.ask("again").field("number") == "1"
            control.request(tmp_path, {"do": "forget", "name": "Grace"})
            maria.wait("erased")
            assert ada.reply().code == codes.CLOSING
            assert maria.do("say", text="Gone?")["event"] == "done"


def test_who_may_not(tmp_path: Path) -> None:
    """Nobody attends a patient who is not there, under the patient's or the doctor's name."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        for name, person, error in (
            ("Nobody", "Maria", UnknownPatient),
            ("Ada", "ADA", NameTaken),
            ("Ada", "Doctor", BadName),
            ("Ada", "", BadName),
            ("Ada", "\x1b[31m", BadName),
            ("", "Maria", BadName),
        ):
            with Client(server) as ada:
                ada.enter("Ada")
                with pytest.raises(error):
                    attend(tmp_path, name, person)
        assert not server.context.attending._readers


def test_off_means_nobody(tmp_path: Path) -> None:
    """With --watching off nobody reads, nothing is said about it, and the list is still there."""
    with (
        live_server(tmp_path, watching="off", machine=FakeMachine()) as server,
        Client(server) as ada,
    ):
        assert not any("operator" in row[1] for row in ada.enter("Ada").rows if row[0] == "notice")
        for do in ("watch", "attend"):
            with pytest.raises(NotAllowed, match="--watching off"):
                Operator(tmp_path, do=do, name="Ada", **{"as": "Maria"})
        with Operator(tmp_path, do="live") as live:
            assert live.wait("conversations")["conversations"][0]["name"] == "Ada"


def test_unannounced_means_until_somebody_speaks(tmp_path: Path) -> None:
    """The greeting says so; a reader is told of when it speaks, a watcher never is."""
    with (
        live_server(tmp_path, watching="unannounced", machine=FakeMachine()) as server,
        Client(server) as ada,
    ):
        assert any("without telling you" in row[1] for row in ada.enter("Ada").rows)
        ada.ask("one")
        with watch(tmp_path, name="Ada") as watcher, attend(tmp_path, "Ada") as maria:
            assert ada.ask("two").text == "2: two"
            watcher.wait("exchange", patient="two")
            maria.wait("exchange", patient="two")
            with Client(server) as second:
                assert not any("Maria" in row[1] for row in second.enter("Ada").rows)
            maria.do("say", text="Hello.")
            assert [ada.reply().code for _ in range(2)] == [153, 150]
        assert ada.reply().code == 152
        assert ada.ask("three").code == codes.SAYS
    assert [row[4] for row in entries(tmp_path)] == ["", "", "reading", "", "left", ""]


def test_a_stop_gives_back(tmp_path: Path) -> None:
    """A graceful stop ends the streams; the history ends with the doctor back."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            server.stop()
            assert maria.wait("end")["why"] == "the server is stopping"
        assert [ada.reply().code for _ in range(5)] == [153, 154, 155, 152, 421]
    assert [row[4] for row in entries(tmp_path)][1:] == [
        "reading",
        "taken over",
        "returned",
        "left",
    ]


def test_what_an_attender_cannot_say(tmp_path: Path) -> None:
    """Nothing, too much, and unknown commands are refused, and the stream goes on."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            for text in ("", "  ", None, 7, "x" * 4001):
                assert maria.do("say", text=text)["event"] == "refused"
            for n in (0, 201, "x", -1, None, 1.5):
                assert maria.do("history", n=n)["event"] == "refused"
            assert maria.do("dance")["error"] == "BadArgument"
            maria.send_bytes(b"[1]\n\xff\n")
            for _ in range(2):
                assert maria.wait("refused", do="")["why"] == "the command is not a JSON object"
            assert maria.do("history", n=1, before=2)["event"] == "done"
        with watch(tmp_path) as watcher:
            assert watcher.do("say", text="Hello.")["error"] == "NotAllowed"
    until(lambda: not server.context.attending._readers)
