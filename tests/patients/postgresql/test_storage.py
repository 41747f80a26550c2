"""The storage in PostgreSQL keeps the promises of every storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.doctor import STATE_EVERY
from doctor.patients.opening import open_store
from tests.patients.contract import StorageContract
from tests.support.fake_host import FakeHost
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from doctor.patients.store import PatientStore
    from tests.support.postgresql import Database


class _Tables:
    """Tables in a database: they outlive a server, and their disk can be full."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, machine: FakeMachine | None = None) -> PatientStore:
        """Open the database."""
        return open_store(self._database.url, machine or FakeMachine(), make_host=FakeHost)

    def crash(self, store: PatientStore) -> None:
        """Go on with what the database has now."""
        store.close(-1)

    def set_broken(self, *, broken: bool) -> None:
        """Let every write fail, as on a full disk."""
        self._database.set_full(full=broken)


class TestPostgreSQLStorage(StorageContract):
    """The contract, with rows."""

    @pytest.fixture
    def place(self, database: Database) -> _Tables:
        """Return tables that can crash and fail."""
        return _Tables(database)


def test_a_state_is_stored_now_and_then(database: Database) -> None:
    """Another server has the lines since then answered once more; the patient notices nothing."""
    machine = FakeMachine()
    with open_store(database.url, machine) as one, open_store(database.url, machine) as two:
        stored = []
        for number in range(1, 40):
            store = (one, two)[number // 10 % 2]
            with store.open("Ada") as patient:
                assert patient.say("hello").doctor == f"{number}: hello"
            stored += database.rows("select last, state_number from patients")
    assert [last for last, _ in stored] == list(range(1, 40))
    assert max(last - state for last, state in stored) == STATE_EVERY - 1
    assert len({state for _, state in stored}) < 10


def test_two_servers_take_turns_with_every_line(database: Database) -> None:
    """Each line is answered from the state after the line that the other server answered."""
    machine = FakeMachine()
    with (
        open_store(database.url, machine) as one,
        open_store(database.url, machine) as two,
        one.open("Ada") as here,
        two.open("Ada") as there,
    ):
        for number in range(1, 41):
            said = (here, there)[number % 2].say("hello")
            assert (said.number, said.doctor) == (number, f"{number}: hello")
