"""Attending where something else goes wrong: crashes, full disks, lost replies, TLS, rooms."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from doctor.control import open_stream
from doctor.control.streams import TOO_SLOW
from doctor.errors import NotAllowed
from doctor.patients.opening import load
from doctor.protocol import codes
from tests.control.operators import Operator, attend, watch
from tests.server.network.test_tls import certificates
from tests.server.rooms.room_client import RoomClient
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, port_of, program, until

if TYPE_CHECKING:
    from pathlib import Path


def told(client: Client, count: int) -> list[int]:
    """Return the codes of the next replies."""
    return [client.reply().code for _ in range(count)]


def test_a_killed_server(tmp_path: Path) -> None:
    """What was said is there after SIGKILL, the stream ends, and the doctor answers."""
    with program(tmp_path) as process, Client(port_of(process)) as ada:
        ada.enter("Ada")
        ada.ask("My mother hates me.")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            ada.send(b"Hello?\n")
            assert told(ada, 3) == [153, 154, 251]
            maria.do("say", text="I am here.")
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            while maria.next() is not None:
                pass
    with program(tmp_path) as process, Client(port_of(process)) as ada:
        assert "answers here now" not in ada.enter("Ada").text
        assert ada.ask("Who is there?").code == codes.SAYS
        assert ada.ask("/quit").code == codes.GOODBYE
    history = [
        (one.speaker, one.patient, one.responder, one.event)
        for one in load(tmp_path / "Ada.dat").history
    ]
    assert history[1:5] == [
        ("Maria", "", "", "reading"),
        ("Maria", "", "", "taken over"),
        ("", "Hello?", "Maria", ""),
        ("Maria", "I am here.", "", ""),
    ]
    assert history[5][1] == "Who is there?"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be saved is not said, a hold is refused; giving back and leaving are told."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            assert told(ada, 1) == [153]
            with monkeypatch.context() as patch:
                patch.setattr("doctor.patients.files.disk.write_all", full)
                assert maria.do("say", text="lost")["error"] == "NotSaved"
                assert maria.do("hold")["error"] == "NotSaved"
                assert ada.ask("lost").code == codes.NOT_SAVED
            assert ada.ask("two").code == codes.SAYS
            assert maria.do("hold")["event"] == "done"
            assert told(ada, 1) == [154]
            with monkeypatch.context() as patch:
                patch.setattr("doctor.patients.files.disk.write_all", full)
                assert ada.ask("lost too").code == codes.NOT_SAVED
                assert maria.do("back") == {"event": "done", "do": "back", "number": 0}
                back = ada.reply()
                assert (back.code, back.rows[0][1]) == (155, "0")
        assert ada.ask("three").code in {codes.SAYS, 152}
    said = [one.patient for one in load(tmp_path / "Ada.dat").history if one.patient]
    assert said == ["one", "two", "three"]


def test_a_line_is_sent_again_while_held(tmp_path: Path) -> None:
    """A number that a person's entry has is refused; the line's own number gets its 251 again."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("/as 1 one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            maria.do("say", text="Yes?")
            assert told(ada, 3) == [153, 154, 150]
            refused = ada.ask("/as 2 two")
            assert (refused.code, refused.field("exchanges")) == (codes.WRONG_NUMBER, "4")
            assert ada.ask("/as 4 Yes?").code == codes.WRONG_NUMBER  # it was the person's
            first = ada.ask("/as 5 two")
            assert (first.code, first.field("number")) == (codes.SAID, "5")
            assert ada.ask("/as 5 two") == first
            maria.do("back")
            assert told(ada, 1) == [155]
            assert ada.ask("/as 5 two") == first
            assert ada.ask("/as 1 one").text == "1: one"


def test_a_patient_who_speaks_tls(tmp_path: Path) -> None:
    """Notices come while the patient's handler waits for a line, over TLS too."""
    path, trust = certificates(tmp_path)
    with (
        live_server(tmp_path / "patients", machine=FakeMachine(), tls_cert=path) as server,
        Client(server, tls=trust) as ada,
    ):
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path / "patients", "Ada") as maria:
            maria.do("hold")
            maria.do("say", text="I am here.")
            assert told(ada, 3) == [153, 154, 150]
            assert ada.ask("two").code == codes.SAID
        assert told(ada, 2) == [155, 152]


def test_rooms_are_not_read(tmp_path: Path) -> None:
    """A watcher of everybody sees no line of a room; that one was marked is told without text."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        Operator(tmp_path, do="live") as live,
        watch(tmp_path) as watcher,
        watch(tmp_path, name="Garden") as gardener,
    ):
        ada.join("Garden")
        ada.say("Nothing special")
        number = ada.say("care for me")
        marked = live.wait("exchange", mark="care")
        assert (marked["name"], marked["number"], "patient" in marked) == ("Garden", number, False)
        assert ada.ask("/private").code == codes.LEFT_ROOM
        assert ada.ask("mine").code == codes.SAYS
        seen = watcher.wait("exchange")
        assert (seen["name"], seen["patient"]) == ("Ada", "mine")
        with pytest.raises(NotAllowed, match="Garden is a room"):
            attend(tmp_path, "Garden")
        with pytest.raises(NotAllowed, match="garden is a room"):
            watch(tmp_path, name="garden")
        gardener.stream.send({"do": "say", "text": "x"})
        refused = gardener.next()
        assert refused is not None
        assert refused["event"] == "refused"  # and nothing before it


def test_an_exchange_that_is_taken_back(tmp_path: Path) -> None:
    """Readers are told which one; what is read afterwards has no text of it."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("a secret")
        with attend(tmp_path, "Ada") as maria:
            assert told(ada, 1) == [153]
            maria.do("hold")
            assert told(ada, 1) == [154]
            ada.ask("/forget 1")
            assert ada.ask("1").code == codes.TAKEN_BACK
            assert maria.wait("taken back")["number"] == 1
            assert ada.ask("two").code == codes.SAID  # it is held as before
            maria.do("history", n=20)
        while (event := maria.next()) is not None:
            assert "secret" not in str(event) or event["event"] == "exchange"


def test_a_patient_who_is_loaded_again(tmp_path: Path) -> None:
    """Where the Doctor in memory is given up, attending goes on with another, held as before."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(tmp_path, "Ada") as maria:
            maria.do("hold")
            assert told(ada, 2) == [153, 154]
            (active,) = server.context.store.actives()
            with active.turn:
                active.doctor = None
            assert maria.do("say", text="Still here.")["number"] == 4
            assert told(ada, 1) == [150]
            assert ada.ask("two").code == codes.SAID


def test_a_watcher_who_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is answered, the other watcher gets all, and the slow one is told at its end."""
    monkeypatch.setattr("doctor.control.streams.HELD", 30)
    line = "word " * 600
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        slow = open_stream(tmp_path, {"do": "watch", "name": "Ada", "as": "Slow"})
        with slow, watch(tmp_path, **{"as": "Quick"}) as quick:
            assert told(ada, 2) == [153, 153]
            numbers, leaving = [], []
            for _ in range(300):
                ada.send(line.encode() + b"\n")
                reply = ada.reply()
                if reply.code == 152:  # the slow one has left
                    leaving.append(reply.rows[0][4])
                    reply = ada.reply()
                assert reply.code == codes.SAYS
                numbers.append(quick.wait("exchange")["number"])
            assert numbers == list(range(1, 301))
            until(lambda: len(server.context.sessions.subscribers) == 1, "one who is dropped")
            got = []
            while (event := slow.read()) is not None:
                got.append(event)
            assert got[-1] == {"event": "end", "why": TOO_SLOW}
            seen = [event["number"] for event in got if event["event"] == "exchange"]
            assert seen == numbers[: len(seen)]
            if not leaving:
                leaving.append(ada.reply().rows[0][4])
            assert leaving == ["Slow"]
