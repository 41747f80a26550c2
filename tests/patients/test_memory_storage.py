"""The storage in memory keeps the promises too, and shows what only shared storages do."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from doctor.errors import StoreError, UnknownPatient, WrongNumber, WrongPassphrase
from doctor.patients.store import PatientStore
from tests.patients.contract import StorageContract, at_once, lines, say_all
from tests.patients.contract_entries import held, record
from tests.support.fake_host import FakeHost
from tests.support.fake_machine import FakeMachine
from tests.support.memory_storage import Memory, MemoryStorage

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Place:
    """A memory, and after a crash a copy of it as it was then."""

    def __init__(self) -> None:
        self.memory = Memory()

    def open(self, machine: FakeMachine | None = None) -> PatientStore:
        """Open a store on the memory."""
        storage = MemoryStorage(self.memory)
        return PatientStore(storage, machine or FakeMachine(), make_host=FakeHost)

    def crash(self, store: PatientStore) -> None:
        """Go on with a copy."""
        after = Memory()
        after.patients = copy.deepcopy(self.memory.patients)
        store.close()
        self.memory = after

    def set_broken(self, *, broken: bool) -> None:
        """Let nothing be stored, or everything again."""
        self.memory.broken = broken


class TestMemoryStorage(StorageContract):
    """The contract, in memory."""

    @pytest.fixture
    def place(self) -> _Place:
        """Return a memory that can crash and fail."""
        return _Place()


@pytest.fixture
def place() -> _Place:
    """Return a memory for several stores."""
    return _Place()


@pytest.fixture
def both(place: _Place) -> Iterator[tuple[PatientStore, PatientStore]]:
    """Open two stores on one memory, as two servers would."""
    with place.open() as one, place.open() as other:
        yield one, other


def test_a_lost_race_is_answered_anew(both: tuple[PatientStore, PatientStore]) -> None:
    """Where another server spoke first the patient is loaded, and the line answered after that."""
    one, other = both
    with one.open("Ada") as here, other.open("Ada") as there:
        assert here.say("one").doctor == "1: one"
        assert there.say("two").doctor == "2: two"
        assert here.say("three").doctor == "3: three"
        assert lines(here) == ["one", "two", "three"]
        assert lines(there)[-1] == "three"


def test_an_entry_that_lost_a_race_is_made_anew(both: tuple[PatientStore, PatientStore]) -> None:
    """Where another server spoke first the entry is made again, with the doctor as it is then."""
    one, other = both
    with one.open("Ada") as here, other.open("Ada") as there:
        assert here.say("one").doctor == "1: one"
        assert record(there, held).number == 2
        assert record(here, held).number == 3
        assert there.say("two").doctor == "202: two"
        assert [each.responder for each in here.history(4)] == ["", "Maria", "Maria", ""]


def test_two_servers_with_the_same_patient(both: tuple[PatientStore, PatientStore]) -> None:
    """However they race, every answered line is stored once, and each number is given once."""
    numbers: list[int] = []

    def talk(store: PatientStore) -> None:
        numbers.extend(each.number for each in say_all(store, "Ada", ["hello"] * 25))

    at_once(*(lambda store=store: talk(store) for store in both * 2))
    assert sorted(numbers) == list(range(1, 101))
    with both[0].open("Ada") as ada:
        assert len(lines(ada)) == 100


def test_a_numbered_line_that_another_server_recorded(
    both: tuple[PatientStore, PatientStore],
) -> None:
    """A line sent again over another server is recorded once, whichever was quicker."""
    one, other = both
    with one.open("Ada") as here, other.open("Ada") as there:
        first = here.say("one", 1)
        assert there.say("one", 1) == first
        second = there.say("two", 2)
        assert here.say("two", 2) == second
        with pytest.raises(WrongNumber) as refused:
            here.say("another", 2)
        assert refused.value.last == 2
        assert there.say("three", 3).number == 3
        with pytest.raises(WrongNumber) as refused:
            here.say("another", 3)
        assert refused.value.last == 3
        assert lines(here) == ["one", "two", "three"]
        numbers: list[int] = []
        at_once(*(lambda at=at: numbers.append(at.say("four", 4).number) for at in (here, there)))
        assert numbers == [4, 4]
        assert lines(there)[3:] == ["four"]


def test_a_lock_that_another_server_set_holds(both: tuple[PatientStore, PatientStore]) -> None:
    """The line that lost the race is refused where the patient is locked by now."""
    one, other = both
    with one.open("Ada") as here, other.open("Ada") as there:
        here.say("one")
        there.say("two")
        there.set_passphrase("secret")
        with pytest.raises(WrongPassphrase):
            here.say("three")
        with pytest.raises(WrongPassphrase):
            here.say("four")


def test_an_unknown_outcome_ends_the_visits_of_one_patient(place: _Place) -> None:
    """The caller gets the error, the patient has to come in again, and the numbers tell."""
    with place.open() as store, store.open("Bob") as bob:
        with store.open("Ada") as ada:
            ada.say("one")
            place.memory.unsure = True
            with pytest.raises(StoreError, match="not known"):
                ada.say("two")
            place.memory.unsure = False
            with pytest.raises(UnknownPatient, match="come in again"):
                ada.say("three")
            assert bob.say("hello").number == 1
        with store.open("Ada") as ada:
            assert lines(ada) == ["one", "two"]
            assert ada.say("three").number == 3
