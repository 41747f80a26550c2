"""Several servers with the same patients: nothing twice, nothing lost, one order for all."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from doctor.errors import DoctorError, StoreError, UnknownPatient, WrongPassphrase
from doctor.patients import passphrase
from doctor.patients.opening import open_store
from tests.patients.contract import at_once, lines, say_all
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from doctor.history.transcript import Exchange
    from doctor.patients.store import PatientStore
    from server import DoctorServer
    from tests.support.postgresql import Database

Stores = tuple["PatientStore", "PatientStore"]


@pytest.fixture
def two(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Yield the stores of two servers on one database."""
    monkeypatch.setattr(passphrase, "COST", 4)
    machine = FakeMachine()
    with open_store(database.url, machine) as a, open_store(database.url, machine) as b:
        yield a, b


def test_eight_connections_on_two_servers(two: Stores, database: Database) -> None:
    """400 lines of one patient at once: 400 answers, one history, each answer as it is stored."""
    told: list[Exchange] = []

    def talk(store: PatientStore, name: str) -> None:
        told.extend(say_all(store, "Ada", [f"{name} {number}" for number in range(50)]))

    at_once(*(lambda n=n: talk(two[n % 2], str(n)) for n in range(8)))
    assert sorted(each.number for each in told) == list(range(1, 401))
    with two[0].open("Ada") as patient:
        history = list(patient.history(400))
        assert len(lines(patient)) == 400
        said = {each.number: each for each in told}
        for each in history:
            assert (each.patient, each.doctor) == (
                said[each.number].patient,
                said[each.number].doctor,
            )
    assert database.rows("select last, exchanges from patients") == [(400, 400)]


def test_eight_clients_at_two_servers(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same over the network: each of 400 lines is answered with the number that it has."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    machine, url = FakeMachine(), database.url
    told: list[tuple[str, str]] = []

    def talk(server: DoctorServer, name: str) -> None:
        with Client(server) as client:
            client.enter("Ada")
            for number in range(50):
                line = f"{name} {number}"
                told.append((line, client.ask(line).text))

    with live_server(url, machine=machine) as one, live_server(url, machine=machine) as two:
        at_once(*(lambda n=n: talk((one, two)[n % 2], str(n)) for n in range(8)))
    history = database.rows("select number, line, reply from exchanges order by number")
    assert [number for number, _, _ in history] == list(range(1, 401))
    assert sorted((line, reply) for _, line, reply in history) == sorted(told)
    assert all(reply == f"{number}: {line}" for number, line, reply in history)


def test_batches_of_many_patients_in_two_servers(two: Stores, database: Database) -> None:
    """Batches that meet in some patients neither wait for each other for ever nor lose anything."""
    names = [f"P{index}" for index in range(12)]

    def talk(store: PatientStore, seed: int) -> None:
        order = random.Random(seed)
        people = {name: store.open(name) for name in names}
        for number in range(20):
            people[order.choice(names)].say(f"{seed} {number}")
        for patient in people.values():
            patient.close()

    at_once(*(lambda n=n: talk(two[n % 2], n) for n in range(10)))
    assert database.rows("select sum(exchanges), sum(last) from patients") == [(200, 200)]
    assert database.rows("select count(*) from exchanges") == [(200,)]
    assert (
        database.rows("select * from exchanges e where patient not in (select id from patients)")
        == []
    )


def test_a_name_that_is_new_on_both(two: Stores) -> None:
    """Who says the first line on two servers at once has one history with both lines."""
    for round_ in range(10):
        name = f"P{round_}"
        at_once(*(lambda s=s, name=name: say_all(s, name, ["hello"]) for s in two))
        with two[0].open(name) as patient:
            assert lines(patient) == ["hello", "hello"]


def test_a_greeting_counts_what_was_said_elsewhere(two: Stores) -> None:
    """Each visit begins with what is stored, while the patient is in memory too."""
    with two[0].open("Ada") as here, two[1].open("Ada") as there:
        assert here.say("one").number == 1
        assert there.say("two").number == 2
        with two[0].open("Ada") as again:
            assert again.last_number == 2
        assert here.say("three").doctor == "3: three"


def test_a_passphrase_locks_on_every_server(two: Stores) -> None:
    """A connection on another server that has not given it is refused at its next line."""
    with two[0].open("Ada") as here, two[1].open("Ada") as there:
        here.say("one")
        there.say("two")
        here.set_passphrase("secret")
        with pytest.raises(WrongPassphrase):
            there.say("three")
        assert here.say("three").number == 3
        with two[1].open("Ada") as other:
            assert other.locked


def test_a_history_that_is_forgotten_elsewhere(two: Stores, database: Database) -> None:
    """The connections of other servers end; who comes in again begins at 1; nothing is left."""
    told = []
    with two[0].open("Ada") as here, two[1].open("Ada", lambda: told.append(1)) as there:
        here.say("private")
        there.say("private too")
        here.forget()
        with pytest.raises(UnknownPatient):
            there.say("still here")
        assert told == [1]
        with pytest.raises(UnknownPatient):
            there.say("still here")
        assert two[1].names() == []
        assert here.say("afresh").number == 1
        with two[1].open("Ada") as again:
            assert again.last_number == 1
    assert database.rows("select line from exchanges") == [("afresh",)]


def test_a_history_that_is_renamed_elsewhere(two: Stores) -> None:
    """The connections of other servers end; the history goes on under its new name."""
    with two[0].open("Ada") as here, two[1].open("Ada") as there:
        here.say("one")
        there.say("two")
        two[0].rename("Ada", "Lovelace")
        with pytest.raises(UnknownPatient):
            there.say("three")
        assert here.say("three").number == 3
        with two[1].open("lovelace") as again:
            assert lines(again) == ["one", "two", "three"]


def test_talking_while_it_is_forgotten(two: Stores, database: Database) -> None:
    """However lines and erasing meet, no exchange is left without its patient."""

    def talk(store: PatientStore) -> None:
        for number in range(30):
            try:
                with store.open("Ada") as patient:
                    for each in range(3):
                        patient.say(f"{number} {each}")
            except StoreError:
                continue

    def erase(store: PatientStore) -> None:
        for _ in range(20):
            try:
                store.forget("Ada")
            except DoctorError:
                continue

    at_once(*(lambda s=s, w=w: w(s) for s in two for w in (talk, talk, erase)))
    assert (
        database.rows("select * from exchanges where patient not in (select id from patients)")
        == []
    )
    with two[0].open("Ada") as patient:
        lines(patient)


def _wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        threading.Event().wait(0.01)


#: The connections that listen: each holds the lock of its server.
LISTENERS = (
    "from pg_locks where locktype = 'advisory' and granted and objsubid = 2 "
    "and classid = 'room_members'::regclass::oid"
)


def _listens(database: Database, number: int) -> bool:
    return bool(database.rows(f"select count(*) {LISTENERS}")[0][0] >= number)


def test_what_was_done_elsewhere_is_heard_of(two: Stores, database: Database) -> None:
    """An erased history ends connections on other servers, and a passphrase locks them, at once."""
    _wait_for(lambda: _listens(database, 2))
    gone = threading.Event()
    with two[0].open("Ada") as here, two[1].open("Ada", gone.set) as there:
        here.say("private")
        there.say("private too")
        here.set_passphrase("secret")
        _wait_for(lambda: there.locked)
        with pytest.raises(WrongPassphrase):
            there.history(3)
        assert here.say("more").number == 3
        here.forget()
        assert gone.wait(PATIENCE)
        with pytest.raises(UnknownPatient):
            there.history(3)


def test_what_was_done_while_a_server_heard_nothing(two: Stores, database: Database) -> None:
    """After its connection was made anew it compares everybody in memory with the rows."""
    _wait_for(lambda: _listens(database, 2))
    gone = threading.Event()
    with two[0].open("Ada") as here, two[1].open("Ada", gone.set) as there:
        here.say("private")
        there.say("private too")
        database.rows("delete from patients")  # without a notice
        database.rows("delete from exchanges")
        database.rows(f"select pg_terminate_backend(pid) {LISTENERS}")
        assert gone.wait(PATIENCE)


def test_nothing_stays_locked_after_lost_races(two: Stores, database: Database) -> None:
    """A visit that only looks locks no row, however many races were lost before."""
    with two[0].open("Ada") as here, two[1].open("Ada") as there:
        here.say("one")
        for number in range(2, 12, 2):
            there.active.stored.lost = 5
            assert there.say("again").number == number
            assert here.say("on").number == number + 1
            there.active.stored.lost = 5
            two[1].open("Ada").close()
        assert database.rows("select 1 from pg_stat_activity where state like 'idle in tr%%'") == []
