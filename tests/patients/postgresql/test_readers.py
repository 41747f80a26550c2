"""People who read along at one server, and answer, what a patient says at another."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import NameTaken
from doctor.paths import runtime_directory
from doctor.patients.opening import open_archive
from doctor.patients.postgresql import listening, room_members
from doctor.protocol import codes, notices
from tests.control.operators import attend, watch
from tests.server.attending.test_attending import notice
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, port_of, program, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from server import DoctorServer
    from tests.control.operators import Operator
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
    """Yield two servers: people read at the first one, patients talk at the second one."""
    machine, url = FakeMachine(), database.url
    with live_server(url, machine=machine) as one, live_server(url, machine=machine) as two:
        yield one, two


def directory(server: DoctorServer) -> Path:
    """Return the control directory of a server."""
    return runtime_directory() / str(server.address[1])


def wait_for_readers(server: DoctorServer, count: int) -> None:
    """Wait until a server knows so many people who read at other ones."""
    until(lambda: len(server.context.attending._elsewhere.readers) == count)


def entries(database: Database, name: str = "Ada") -> list[tuple[str, str, str, str]]:
    """Return what is recorded: who spoke, the line, who answered, the event."""
    history = open_archive(database.url).read(name).transcript
    return [(one.speaker, one.patient, one.responder, one.event) for one in history]


def test_watching_a_patient_of_another_server(servers: Servers) -> None:
    """The patient is told at once; the watcher is shown every line; then the patient is told."""
    one, two = servers
    with Client(two) as ada:
        ada.enter("Ada")
        ada.ask("unread")
        with watch(directory(one), name="Ada", **{"as": "Maria"}) as maria:
            reading = notice(ada, notices.READING)
            assert (reading.name, reading.number, reading.text) == ("Maria", 0, "Maria reads along")
            assert maria.wait("opened")["here"] == 1
            for number in range(30):
                ada.ask(f"line {number}")
            for number in range(30):
                shown = maria.wait("exchange")
                assert (shown["name"], shown["number"]) == ("Ada", number + 2)
                assert (shown["patient"], shown["doctor"][-4:]) == (
                    f"line {number}",
                    f"line {number}"[-4:],
                )
            assert ada.ask("/quit").code == codes.GOODBYE
            assert maria.wait("closed")["here"] == 0
            with Client(two) as again:
                assert "Maria reads along" in str(again.enter("Ada"))
                assert maria.wait("opened")["name"] == "Ada"
                maria.leave()
                assert notice(again, notices.LEFT).name == "Maria"
                wait_for_readers(two, 0)
                until(lambda: not two.context.sessions.subscribers)


def test_watching_all_and_marked_lines(servers: Servers) -> None:
    """Who watches all sees every patient of every server; marked lines alone where these are."""
    one, two = servers
    with (
        Client(two) as ada,
        Client(one) as bob,
        watch(directory(one)) as everything,
        watch(directory(one), marked=True, **{"as": "Nora"}) as marked,
    ):
        wait_for_readers(two, 2)
        assert "Nora is shown what the doctor marks" in str(ada.enter("Ada"))
        bob.enter("Bob")
        ada.ask("hello")
        ada.ask("care")
        bob.ask("me too")
        assert everything.wait("exchange", name="Ada")["patient"] == "hello"
        assert everything.wait("exchange", name="Ada")["mark"] == "care"
        assert everything.wait("exchange", name="Bob")["patient"] == "me too"
        first = marked.wait("exchange")
        assert (first["name"], first["patient"]) == ("Ada", "care")


def test_nothing_is_done_while_nobody_reads_elsewhere(servers: Servers) -> None:
    """A server has no subscriber, and none for a reader of its own; it forwards to none."""
    one, two = servers
    with Client(two) as ada, watch(directory(two), name="Ada") as here:
        ada.enter("Ada")
        wait_for_readers(one, 1)
        sent: list[Any] = []
        shared = two.context.store.storage.readers
        assert shared is not None
        shared.forward = lambda *what: sent.append(what)  # type: ignore[method-assign]
        ada.ask("hello")
        here.wait("exchange", patient="hello")
        assert sent == []
        assert not any(each is not None for each in one.context.sessions.of_patient("Ada"))
    wait_for_readers(one, 0)


def test_an_evening_over_two_servers(servers: Servers, database: Database) -> None:
    """Reads, holds, says, gives back, leaves: told at once, recorded as the person's."""
    one, two = servers
    with Client(two) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(directory(one), "Ada") as maria:
            assert maria.begun["last"] == 1
            assert maria.wait("history")["exchanges"][0]["patient"] == "one"
            reading = notice(ada, notices.READING)
            assert (reading.name, reading.number) == ("Maria", 2)
            wait_for_readers(two, 1)
            assert ada.ask("two").text == "2: two"
            assert maria.wait("exchange", patient="two")["doctor"] == "2: two"
            assert maria.do("hold")["number"] == 4
            assert notice(ada, notices.TAKEN_OVER).name == "Maria"
            until(lambda: two.context.attending.holder_of("Ada") == "Maria")
            held = ada.ask("three")
            assert (held.code, held.field("number")) == (codes.SAID, "5")
            assert maria.wait("exchange", number=5)["responder"] == "Maria"
            assert maria.wait("waiting")["seconds"] == one.context.settings.hold_time
            assert ada.ask("care").code == codes.SAYS  # a marked line waits for nobody
            assert maria.do("say", text="I am here.")["number"] == 7
            said = notice(ada, notices.SAID)
            assert (said.name, said.number, said.text) == ("Maria", 7, "I am here.")
            assert maria.do("back")["number"] == 8
            assert notice(ada, notices.RETURNED).number == 8
            until(lambda: two.context.attending.holder_of("Ada") == "")
            assert ada.ask("four").code == codes.SAYS
        assert notice(ada, notices.LEFT).name == "Maria"
        wait_for_readers(two, 0)
        assert ada.ask("five").code == codes.SAYS
    assert entries(database) == [
        ("", "one", "", ""),
        ("Maria", "", "", "reading"),
        ("", "two", "", ""),
        ("Maria", "", "", "taken over"),
        ("", "three", "Maria", ""),
        ("", "care", "", ""),
        ("Maria", "I am here.", "", ""),
        ("Maria", "", "", "returned"),
        ("", "four", "", ""),
        ("Maria", "", "", "left"),
        ("", "five", "", ""),
    ]


def test_two_people_at_two_servers(servers: Servers) -> None:
    """Each sees what the other says; one of them holds; no two have one name."""
    one, two = servers
    with Client(two) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with attend(directory(one), "Ada") as maria, attend(directory(two), "ada", "Nora") as nora:
            wait_for_readers(one, 1)
            wait_for_readers(two, 1)
            assert nora.do("hold")["event"] == "done"
            refused = maria.do("hold")
            assert (refused["error"], refused["why"]) == (
                "NotAllowed",
                "Nora holds the doctor already",
            )
            found = maria.do("say", text="I am here too.")
            assert nora.wait("exchange", speaker="Maria")["number"] == found["number"]
            nora.do("say", text="Yes.")
            assert maria.wait("exchange", speaker="Nora", patient="Yes.")
            nora.do("back")
            assert maria.wait("readers", holder="")
            assert maria.do("hold")["event"] == "done"
            assert nora.wait("readers", holder="Maria")
            with pytest.raises(NameTaken):
                attend(directory(two), "Ada", "MARIA")
            assert two.context.attending.holder_of("Ada") == "Maria"


def test_a_patient_who_comes_back_while_held(servers: Servers) -> None:
    """The greeting says who answers at another server, and lines wait for that person."""
    one, two = servers
    with Client(two) as ada:
        ada.enter("Ada")
        ada.ask("one")
        ada.ask("/quit")
    with attend(directory(one), "Ada") as maria:
        maria.do("hold")
        wait_for_readers(two, 1)
        until(lambda: two.context.attending.holder_of("Ada") == "Maria")
        with Client(two) as ada:
            assert "Maria answers here now" in ada.enter("Ada").text
            assert ada.ask("are you there?").code == codes.SAID
            assert maria.wait("exchange", patient="are you there?")["responder"] == "Maria"
            maria.leave()
            told = [ada.reply().code]  # that she has taken over may come after the greeting
            while told[-1] != notices.LEFT:
                told.append(ada.reply().code)
            assert told[-2:] == [notices.RETURNED, notices.LEFT]
            wait_for_readers(two, 0)
            assert ada.ask("and now?").code == codes.SAYS


def test_a_server_that_is_killed_gives_back(database: Database) -> None:
    """Its people are gone after a moment: the patient is told, and the doctor answers again."""
    with live_server(database.url, machine=FakeMachine()) as two, Client(two) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with program(database.url) as process:
            maria = attend(runtime_directory() / str(port_of(process)), "Ada")
            maria.do("hold")
            assert [ada.reply().code for _ in range(2)] == [notices.READING, notices.TAKEN_OVER]
            until(lambda: two.context.attending.holder_of("Ada") == "Maria")
            assert ada.ask("hello?").code == codes.SAID
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            maria.leave()
            assert [ada.reply().code for _ in range(2)] == [notices.RETURNED, notices.LEFT]
            assert ada.ask("and now?").code == codes.SAYS
        assert database.rows("select count(*) from readers") == [(0,)]


def test_readers_are_written_again_after_a_takeover(servers: Servers, database: Database) -> None:
    """The table is empty after a crash; a server that connects again writes who reads there."""
    one, two = servers
    with Client(two) as ada, watch(directory(one), name="Ada", **{"as": "Maria"}) as maria:
        wait_for_readers(two, 1)
        ada.enter("Ada")
        database.rows("truncate readers")
        _cut_listeners(database)
        until(lambda: database.rows("select person from readers") == [("Maria",)])
        wait_for_readers(two, 1)
        ada.ask("still read?")
        _shown(maria, "still read?")


def test_notices_that_no_server_wrote(servers: Servers, database: Database) -> None:
    """Who may connect to the database can send anything; a server reads on, over one connection."""
    one, two = servers
    with Client(two) as ada, watch(directory(one), name="Ada", **{"as": "Maria"}) as maria:
        wait_for_readers(two, 1)
        ada.enter("Ada")
        listening = "select pid from pg_locks where locktype = 'advisory' and objsubid = 2"
        before = sorted(database.rows(listening))
        for text in (
            "reading", "reading {", "reading []", "reading 7", "reading " + "[" * 7000,
            'reading {"said": [["Ada", 1e400]]}', 'reading {"said": [["A\\u0000", 1]]}',
            'reading {"said": [["\\ud800", 1], [], 7, ["ada", 99999999999999999999]]}',
            'reading {"entry": ["nobody", 3, "x"]}', 'reading {"entry": [["ada"], 3, 4]}',
            'reading {"done": ["Ada"]}', 'reading {"done": [1, 2, 3, 4, 5]}',
            'reading {"event": {}}', 'reading {"event": {"what": "renamed"}}',
            'reading {"from": "nobody", "readers": null}', "room", "room 7", "forget x",
        ):  # fmt: skip
            database.rows("select pg_notify('doctor', %s)", text)
        ada.ask("still heard?")
        _shown(maria, "still heard?")
        assert sorted(database.rows(listening)) == before


def _cut_listeners(database: Database) -> None:
    """End the connections that listen, as a takeover does."""
    database.rows(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' "
        "and classid = 'room_members'::regclass::oid and objsubid = 2 and granted"
    )


def _shown(operator: Operator, line: str) -> None:
    assert operator.wait("exchange", patient=line)["name"] == "Ada"
