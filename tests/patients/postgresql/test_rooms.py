"""Rooms whose histories are in a database, on two servers at once."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.__main__ import main
from doctor.protocol import codes, notices
from tests.server.rooms.room_client import RoomClient
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgresql import Database


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep control sockets in a directory of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_members_on_two_servers(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is told what is said at the other server, and all transcripts are the same."""
    machine, url = FakeMachine(), database.url
    with live_server(url, machine=machine) as one, live_server(url, machine=machine) as two:
        with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
            ada.join("Garden")
            bob.join("Garden")
            ada.wait_for_event("Bob comes in")
            for number in range(5):
                ada.say(f"Ada {number}")
                bob.say(f"Bob {number}")
            ada.wait_for("Bob 4")
            bob.wait_for("Ada 4")
            assert ada.transcript() == bob.transcript()
            assert ada.entries == set(ada.transcript()) == bob.entries | ada.entries
            with Client(one) as garden:
                assert garden.enter("Garden").code == codes.BAD_NAME
        assert main(["list", "--patients", url, "--format", "json"]) == 0
        listed = json.loads(capsys.readouterr().out)
        assert [(each["patient"], each["kind"]) for each in listed] == [("Garden", "room")]


def test_many_speak_on_two_servers(database: Database) -> None:
    """However they race, each line is there once, and everybody is told each."""
    machine, url, lines = FakeMachine(), database.url, 6
    faults: list[BaseException] = []
    with live_server(url, machine=machine) as one, live_server(url, machine=machine) as two:

        def talk(client: RoomClient) -> None:
            try:
                for number in range(lines):
                    client.say(f"{client.name} {number}")
            except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
                faults.append(fault)

        clients = [RoomClient((one, two)[n % 2], f"P{n}").__enter__() for n in range(4)]
        for each in clients:
            each.join("Garden")
        threads = [threading.Thread(target=talk, args=(each,)) for each in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert faults == []
        transcript = clients[0].transcript()
        said = [each.text for each in transcript if each.kind == "patient"]
        assert sorted(said) == sorted(f"P{n} {m}" for n in range(4) for m in range(lines))
        for each in clients:
            for line in said:
                if not line.startswith(each.name):
                    each.wait_for(line)
            assert each.transcript() == transcript
        for each in clients:
            each.__exit__()


def test_a_room_that_is_erased_at_another_server(database: Database) -> None:
    """Who is in it here is told, or hears it at the next line, and can begin it anew."""
    machine, url = FakeMachine(), database.url
    with (
        live_server(url, machine=machine) as one,
        live_server(url, machine=machine) as two,
        RoomClient(one, "Ada") as ada,
        RoomClient(two, "Bob") as bob,
    ):
        ada.join("Garden")
        ada.say("hello")
        bob.join("Garden")
        two.context.store.forget("Garden")
        assert ada.ask("lost?").code == codes.NOT_NOW
        assert ada.wait_for_event("erased").code == notices.CLOSED
        assert bob.wait_for_event("erased").code == notices.CLOSED
        assert ada.join("Garden").field("exchanges") == "2"
        ada.say("we begin again")
