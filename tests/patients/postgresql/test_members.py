"""Who is in a room, where its members are on several servers that share one database."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

from doctor.paths import runtime_directory
from doctor.patients.opening import open_database
from doctor.patients.postgresql import listening, room_members, schema
from doctor.protocol import codes, notices
from tests.control.operators import watch
from tests.server.rooms.room_client import RoomClient
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, live_server, port_of, program, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.server.rooms.room import Room
    from server import DoctorServer
    from tests.support.postgresql import Database

Servers = tuple["DoctorServer", "DoctorServer"]


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep control sockets in a directory of the test's own; look for dead servers often."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(listening, "LOOK", 0.1)
    monkeypatch.setattr(room_members, "GRACE", 0.3)


@pytest.fixture
def servers(database: Database) -> Iterator[Servers]:
    """Yield two servers."""
    machine, url = FakeMachine(), database.url
    with (
        live_server(url, machine=machine, host_patience=0.2) as one,
        live_server(url, machine=machine, host_patience=0.2) as two,
    ):
        yield one, two


def test_six_people_on_two_servers(servers: Servers) -> None:
    """One transcript; each is told each line of the others once, in order, and never an own one."""
    lines = 8
    faults: list[BaseException] = []

    def talk(client: RoomClient) -> None:
        try:
            for number in range(lines):
                client.say(f"{client.name} {number}")
        except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
            faults.append(fault)

    with ExitStack() as stack:
        clients = [stack.enter_context(RoomClient(servers[n % 2], f"Person{n}")) for n in range(6)]
        for each in clients:
            each.join("Garden")
        names = sorted(each.name for each in clients)
        assert [each.members() for each in clients] == [names] * 6
        threads = [threading.Thread(target=talk, args=(each,)) for each in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert faults == []
        said = {f"{name} {number}" for name in names for number in range(lines)}
        for each in clients:
            others = {line for line in said if not line.startswith(each.name)}
            for line in others:
                each.wait_for(line)
            told = [one for one in each.told if one.kind == notices.PATIENT]
            assert Counter(one.text for one in told) == Counter(others)
            assert [one.number for one in told] == sorted(one.number for one in told)
        transcript = clients[0].transcript()
        assert all(each.transcript() == transcript for each in clients)
        assert Counter(one.text for one in transcript if one.text in said) == Counter(said)
        assert len([one for one in transcript if "comes in" in one.text]) == 6


def test_rooms_are_listed_over_all_servers(servers: Servers) -> None:
    """`/rooms` and `/who` know who is at the other server, and who has left it."""
    one, two = servers
    with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
        ada.join("Garden")
        assert [row[:2] for row in bob.ask("/rooms").rows] == [("Garden", "1")]
        assert "with Ada" in bob.join("Garden").text
        bob.join("Library")
        assert [row[:2] for row in ada.ask("/rooms").rows] == [("Garden", "2"), ("Library", "1")]
        bob.join("Garden")
        assert ada.members() == bob.members() == ["Ada", "Bob"]
        with RoomClient(one, "Bob") as again:
            again.join("Garden")
            assert ada.members() == ["Ada", "Bob"]
            bob.ask("/leave")
            assert ada.members() == ["Ada", "Bob"]
        ada.wait_for_event("Bob leaves")
        assert ada.members() == ["Ada"]
        events = [each.text for each in ada.transcript() if each.kind == notices.EVENT]
        assert len([each for each in events if "Bob" in each]) == 2


def test_alone_is_alone_on_every_server(servers: Servers, database: Database) -> None:
    """While somebody is at another server a room is not erased, and gets no first passphrase."""
    one, two = servers
    with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
        ada.join("Garden")
        bob.join("Garden")
        assert ada.ask("/forget").code == codes.UNCHANGED
        assert ada.ask("/passphrase").code == codes.UNCHANGED
        bob.ask("/leave")
        assert ada.ask("/forget").code == codes.CONFIRM
        bob.join("Garden")
        assert ada.ask("Garden").code == codes.UNCHANGED
        bob.ask("/leave")
        assert ada.ask("/forget").code == codes.CONFIRM
        assert ada.ask("Garden").code == codes.FORGOTTEN
    assert database.rows("select * from room_members") == []


def test_another_passphrase_ends_the_stay_on_every_server(servers: Servers) -> None:
    """Who has not given the new one is told nothing more, at the other server too."""
    one, two = servers
    with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
        ada.join("Garden")
        for line in ("/passphrase", "first"):
            ada.ask(line)
        assert ada.ask("first").code == codes.PASSPHRASE_CHANGED
        assert bob.join("Garden", "first").code == codes.JOINED
        for line in ("/passphrase", "first", "second"):
            ada.ask(line)
        assert ada.ask("second").code == codes.PASSPHRASE_CHANGED
        assert bob.wait_for_event("passphrase").code == notices.CLOSED
        ada.say("for me alone")
        assert ada.members() == ["Ada"]
        assert all("alone" not in each.text for each in bob.told)


def _is_answered(client: RoomClient, number: int) -> bool:
    return any(each.kind == "doctor" and each.number > number for each in client.transcript())


def test_the_host_is_patient_once(servers: Servers) -> None:
    """A question that nobody answers is answered by the host once, whatever servers there are."""
    one, two = servers

    def rooms() -> list[Room]:
        return [room for server in servers for room in server.context.rooms.open_rooms()]

    for name in ("Garden", "Kitchen", "Attic"):
        with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
            ada.join(name)
            bob.join(name)
            asked = ada.say("I am so sad, what shall I do?")
            until(partial(_is_answered, ada, asked), "the host's answer")
            until(lambda: all(room.due is None for room in rooms()), "nothing waits any more")
            answers = [
                each for each in ada.transcript() if each.number > asked and each.kind == "doctor"
            ]
            assert len(answers) == 1


def test_a_server_that_is_killed(database: Database) -> None:
    """Its members leave in the transcript, and are listed no longer."""
    with (
        live_server(database.url) as one,
        program(database.url) as process,
        RoomClient(one, "Ada") as ada,
        ExitStack() as stack,
    ):
        ada.join("Garden")
        port = port_of(process)
        for name in ("Bob", "Eve"):
            stack.enter_context(RoomClient(port, name)).join("Garden")
        assert ada.members() == ["Ada", "Bob", "Eve"]
        process.kill()
        ada.wait_for_event("Bob leaves")
        ada.wait_for_event("Eve leaves")
        assert ada.members() == ["Ada"]
        assert [row[:2] for row in ada.ask("/rooms").rows] == [("Garden", "1")]
        assert ada.ask("/forget").code == codes.CONFIRM
        assert ada.ask("Garden").code == codes.FORGOTTEN


def test_a_listener_that_was_cut_off(servers: Servers, database: Database) -> None:
    """Members whose server connects again stay; what was said meanwhile is told."""
    one, two = servers
    with RoomClient(one, "Ada") as ada, RoomClient(two, "Bob") as bob:
        ada.join("Garden")
        bob.join("Garden")
        ada.wait_for_event("Bob comes in")
        database.rows("delete from room_members")  # as after a takeover by a standby
        database.rows(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' "
            "and classid = 'room_members'::regclass::oid and objsubid = 2"
        )
        bob.say("is anybody here?")
        ada.wait_for("is anybody here?")
        until(lambda: ada.members() == ["Ada", "Bob"], "the rows are there again")
        events = [each.text for each in bob.transcript() if each.kind == notices.EVENT]
        assert not [each for each in events if "leaves" in each]


@pytest.mark.parametrize("version", [1, 2])
def test_tables_of_a_version_before(database: Database, version: int) -> None:
    """They are upgraded while a server's role uses them, which may use the new tables at once."""
    missing = ("room_members", "readers")[version - 1 :]
    for table in missing:
        database.rows(f"drop table {table}")
    database.rows("delete from doctor_schema where version > %s", version)
    database.rows("create role some_server login")
    try:
        database.rows(f"grant usage on schema {database.schema} to some_server")
        for right in schema.SERVER_RIGHTS:
            old = right
            for table in missing:
                old = old.replace(f", {table}", "")
            database.rows(old.format("some_server"))
        assert open_database(database.url).upgrade() == (version, schema.VERSION)
        with (
            live_server(database.url_of("some_server"), machine=FakeMachine()) as server,
            RoomClient(server, "Ada") as ada,
        ):
            ada.join("Garden")
            assert ada.members() == ["Ada"]
            with watch(runtime_directory() / str(server.address[1]), name="Ada"):
                until(lambda: database.rows("select patient from readers") == [("ada",)])
    finally:
        database.rows("drop owned by some_server")
        database.rows("drop role some_server")
