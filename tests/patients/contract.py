"""What every storage promises: a class of tests that each storage's test module inherits.

    class TestFileStorage(StorageContract):
        @pytest.fixture
        def place(self, tmp_path: Path) -> Place: ...

A `Place` is where a storage keeps what lasts; the tests open stores on it, one after another.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from doctor.errors import (
    NameTaken,
    NotSaved,
    StoreError,
    UnknownPatient,
    WrongNumber,
    WrongPassphrase,
)
from doctor.history.searching import SearchedText
from doctor.history.transcript import Exchange
from doctor.patients.base import Repeated
from doctor.patients.patient import PLAIN_GREETING
from tests.patients.contract_attending import AttendingContract
from tests.patients.contract_entries import EntryContract
from tests.patients.contract_rooms import RoomContract
from tests.support.fake_machine import FakeMachine, FakeScript
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doctor.machine import Response, Visit
    from doctor.patients.store import Patient, PatientStore
    from tests.patients.place import Place


def lines(patient: Patient) -> list[str]:
    """Return what a patient said, checked: numbers without a gap, each reply to its line."""
    history = list(patient.history(10_000))
    assert [each.number for each in history] == list(range(1, len(history) + 1))
    assert all(each.doctor.endswith(f": {each.patient}") for each in history)
    return [each.patient for each in history]


def at_once(*work: Callable[[], object]) -> None:
    """Do all of it in threads of their own and wait for them; an error of one is raised."""
    faults: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as fault:  # noqa: BLE001 - raised again by the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    if faults:
        raise faults[0]


def say_all(store: PatientStore, name: str, words: Iterable[str]) -> list[Exchange]:
    """Say lines in one visit."""
    with store.open(name) as patient:
        return [patient.say(word) for word in words]


class FailingMachine(FakeMachine):
    """A machine that fails at some lines and cannot greet."""

    def respond(self, state: int, line: str, now: float) -> Response[int]:
        """Fail at poison."""
        if line == "poison":
            raise RuntimeError("a fault of this machine")
        return super().respond(state, line, now)

    def greet(self, state: int, visit: Visit, now: float) -> Response[int]:
        """Fail."""
        raise RuntimeError(f"no greeting for {visit.name} at {now}, who is at {state}")


class StorageContract(EntryContract, RoomContract, AttendingContract):
    """The tests; a subclass has a fixture `place`."""

    def test_a_patient_is_stored_from_the_first_exchange_on(self, place: Place) -> None:
        """A name alone leaves nothing; the first exchange makes the patient known."""
        with place.open() as store:
            with store.open("Ada") as patient:
                assert patient.greeting() == "Hello Ada, visit 1."
                assert store.names() == []
                assert patient.history(5) == []
                assert patient.say("one").number == 1
                assert store.names() == ["Ada"]
            say_all(store, "Zoë", ["hello"])
            assert store.names() == ["Ada", "Zoë"]

    def test_a_history_goes_on_after_a_clean_end(self, place: Place) -> None:
        """Exchanges, the machine's state, sessions and the name's spelling are there again."""
        with place.open() as store:
            say_all(store, "Ada", [f"line {number}" for number in range(300)])
        with place.open() as store, store.open("ADA") as patient:
            assert patient.name == "Ada"
            assert patient.last_number == 300
            assert patient.greeting() == "Hello Ada, visit 2."
            exchange = patient.say("on")
            assert (exchange.number, exchange.session, exchange.doctor) == (301, 2, "301: on")
            assert lines(patient) == [*(f"line {number}" for number in range(300)), "on"]

    def test_history_is_read_in_pages(self, place: Place) -> None:
        """The last lines, and those before a number, in their order."""
        with place.open() as store, store.open("Ada") as patient:
            for number in range(1, 8):
                patient.say(f"line {number}")
            assert [each.number for each in patient.history(3)] == [5, 6, 7]
            assert [each.number for each in patient.history(3, before=5)] == [2, 3, 4]
            assert [each.number for each in patient.history(9, before=2)] == [1]
            assert patient.history(9, before=1) == []

    def test_what_was_said_is_found(self, place: Place) -> None:
        """Texts are searched as they are stored, the newest first, and decoded where they fit."""
        with place.open() as store, store.open("Ada") as patient:
            assert list(patient.texts(1)) == []
            said = [patient.say("a Dréam" if at % 40 == 7 else f"day {at}") for at in range(300)]
            wanted = [one for one in said if one.patient == "a Dréam"]
            for before, expected in ((301, wanted), (said[47].number, wanted[:1])):
                numbers, found = list[int](), list[Exchange]()
                for block in patient.texts(before):
                    numbers += reversed(block.numbers)
                    found += block.search(SearchedText("dream"), 0, len(block.texts))
                assert numbers == list(range(before - 1, 0, -1))
                assert found == expected[::-1]
            patient.take_back(wanted[0].number)
            taken = [block.search(SearchedText("dream"), 0, 40) for block in patient.texts(41)]
            assert not any(taken)

    def test_every_value_of_an_exchange_comes_back(self, place: Place) -> None:
        """Time, session, keyword, mark and every character are as they were said."""
        with place.open() as store:
            said = say_all(store, "Ada", ["care \N{TAB} Ça va? 好 \U0001f642", "long " + "x" * 99])
        with place.open() as store, store.open("Ada") as patient:
            assert list(patient.history(2)) == said

    def test_an_outcome_is_told_once(self, place: Place) -> None:
        """Each exchange is told exactly once, in the order in which they were said."""
        told: list[Exchange | Exception] = []
        with place.open() as store, store.open("Ada") as patient:
            for number in range(20):
                patient.say_later(f"line {number}", told.append)
            assert patient.say("last").number == 21
            assert [each.number for each in told if isinstance(each, Exchange)] == [*range(1, 21)]
        assert len(told) == 20

    def test_numbers_tell_what_was_saved(self, place: Place) -> None:
        """Who was cut off before the reply says a line again where its number is not there: once.

        That is how a line is recorded exactly once over lost connections and crashes.
        """
        store = place.open()
        wanted = [f"line {number}" for number in range(12)]
        for index, line in enumerate(wanted):
            with store.open("Ada") as patient:
                if patient.last_number == index:  # not there: it is said (again)
                    patient.say(line)
            if index % 3 == 0:
                place.crash(store)
                store = place.open()
                with store.open("Ada") as patient:
                    assert patient.last_number == index + 1
        with store.open("Ada") as patient:
            assert lines(patient) == wanted
        store.close()

    def test_a_line_with_its_number_is_recorded_once(self, place: Place) -> None:
        """A line said again with its number, after a loss or a crash too, gets the same reply."""
        store = place.open()
        wanted = [f"line {number}" for number in range(1, 10)]
        for number, line in enumerate(wanted, 1):
            with store.open("Ada") as patient:
                said = patient.say(line, number)
                assert said.number == number
                assert patient.say(line, number) == said
            if number % 3 == 0:
                place.crash(store)
                store = place.open()
            with store.open("Ada") as patient:
                again = patient.say(line, number)
                assert isinstance(again, Repeated)
                assert again == said
                assert patient.say(wanted[0], 1).doctor == "1: line 1"
        with store.open("Ada") as patient:
            assert lines(patient) == wanted
        store.close()

    def test_a_number_that_is_not_the_next_records_nothing(self, place: Place) -> None:
        """A number of another line, or one too high, is refused with the last number."""
        with place.open() as store, store.open("Ada") as patient:
            for number, last in [(2, 0), (3, 0), (10**18, 0)]:
                with pytest.raises(WrongNumber) as refused:
                    patient.say("too far", number)
                assert refused.value.last == last
            patient.say("one")
            patient.say("two", 2)
            for number in (1, 2, 4):
                with pytest.raises(WrongNumber) as refused:
                    patient.say("another", number)
                assert refused.value.last == 2
            assert lines(patient) == ["one", "two"]

    def test_connections_that_say_the_same_line_with_its_number(self, place: Place) -> None:
        """However many connections send a numbered line at once, it is recorded once."""
        with place.open() as store:
            for number in range(1, 21):
                told: list[Exchange] = []

                def say(number: int = number, told: list[Exchange] = told) -> None:
                    with store.open("Ada") as patient:
                        told.append(patient.say(f"line {number}", number))

                at_once(*[say] * 4)
                assert set(told) == {told[0]}
                assert sum(isinstance(each, Repeated) for each in told) == 3
            with store.open("Ada") as patient:
                assert lines(patient) == [f"line {number}" for number in range(1, 21)]

    def test_a_refused_exchange_leaves_no_trace(self, place: Place) -> None:
        """NotSaved means not said: number, state and history are as before, and it goes on."""
        with place.open() as store, store.open("Ada") as patient:
            with pytest.raises(NotSaved):
                patient.say("x" * 100_000)
            assert patient.last_number == 0
            assert patient.say("one").doctor == "1: one"
            place.set_broken(broken=True)
            for _ in range(3):
                with pytest.raises(NotSaved):
                    patient.say("lost")
            with store.open("New") as new, pytest.raises(NotSaved):
                new.say("lost")
            place.set_broken(broken=False)
            assert store.counts.not_saved == 5
            assert patient.last_number == 1
            assert patient.say("two").doctor == "2: two"
            assert lines(patient) == ["one", "two"]
        with place.open() as store:
            assert store.names() == ["Ada"]
            with store.open("Ada") as patient:
                assert lines(patient) == ["one", "two"]

    def test_the_state_is_there_after_a_crash(self, place: Place) -> None:
        """However many exchanges ago it was stored, the machine goes on where it was."""
        store = place.open()
        said = 0
        for more in (1, 2, 15, 16, 17, 40):
            with store.open("Ada") as patient:
                patient.greeting()
                for _ in range(more):
                    said += 1
                    assert patient.say("hello").doctor == f"{said}: hello"
                place.crash(store)
            store = place.open()
        with store.open("Ada") as patient:
            assert patient.say("hello").doctor == f"{said + 1}: hello"
        store.close()

    def test_an_exchange_that_is_taken_back(self, place: Place) -> None:
        """Its number stays and nothing else; the machine forgets it, now and after a restart."""
        store = place.open()
        with store.open("Ada") as patient:
            for word in ("one", "care two", "three"):
                patient.say(word)
            with patient.active.turn:
                assert not store.storage.take_back(patient.active, 4)
                assert store.storage.take_back(patient.active, 2)
                assert store.storage.take_back(patient.active, 2)
            assert patient.say("four").doctor == "3: four"
            assert patient.why() is not None
        place.crash(store)
        with place.open() as store, store.open("Ada") as patient:
            assert patient.say("five").doctor == "4: five"
            history = patient.history(9)
            assert [each.number for each in history] == [1, 2, 3, 4, 5]
            assert [each.patient for each in history] == ["one", "", "three", "four", "five"]
            assert (history[1].doctor, history[1].keyword, history[1].mark) == ("", "", "")
            assert history[1].event == "taken back"

    def test_taking_back_that_cannot_be_stored(self, place: Place) -> None:
        """NotSaved leaves everything as it was."""
        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            place.set_broken(broken=True)
            with patient.active.turn, pytest.raises(NotSaved):
                store.storage.take_back(patient.active, 1)
            place.set_broken(broken=False)
            assert patient.say("two").doctor == "2: two"
            assert lines(patient) == ["one", "two"]

    def test_a_machine_that_fails_at_a_line(self, place: Place) -> None:
        """That line is not said, and is told as NotSaved; what comes before and after it is."""
        with place.open(FailingMachine()) as store, store.open("Ada") as patient:
            assert patient.greeting() == PLAIN_GREETING
            patient.say("one")
            for _ in range(2):
                with pytest.raises(NotSaved, match="fault"):
                    patient.say("poison")
            assert patient.say("two").doctor == "2: two"
            assert lines(patient) == ["one", "two"]

    def test_a_passphrase_lasts(self, place: Place) -> None:
        """It locks after a clean end and after a crash, until it is taken off."""
        with place.open() as store:
            with store.open("Ada") as patient:
                patient.say("private")
                patient.set_passphrase("secret")
                patient.say("more")
            with store.open("New") as patient:
                patient.set_passphrase("secret")  # before the first exchange
        store = place.open()
        for name in ("Ada", "New"):
            with store.open(name) as patient:
                assert patient.locked
                for use in (patient.greeting, lambda: patient.history(3)):
                    with pytest.raises(WrongPassphrase):
                        use()
                patient.unlock("secret")
                patient.say("after")
        place.crash(store)
        with place.open() as store:
            with store.open("Ada") as patient:
                assert patient.locked
                patient.unlock("secret")
                assert lines(patient) == ["private", "more", "after"]
                patient.set_passphrase("")
            store.reset_passphrase("New")
        with place.open() as store:
            for name in ("Ada", "New"):
                with store.open(name) as patient:
                    assert not patient.locked

    def test_a_passphrase_that_cannot_be_stored_does_not_lock(self, place: Place) -> None:
        """NotSaved leaves the old state in force, now and after a restart."""
        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            place.set_broken(broken=True)
            with pytest.raises(NotSaved):
                patient.set_passphrase("secret")
            place.set_broken(broken=False)
            assert not patient.protected
            assert patient.say("two").number == 2
        with place.open() as store, store.open("Ada") as patient:
            assert not patient.locked

    def test_rename(self, place: Place) -> None:
        """The whole history has the new name, its connections go on; a taken name is refused."""
        with place.open() as store:
            say_all(store, "Bob", ["hello"])
            with store.open("Ada") as patient, store.open("Eve"):
                patient.say("one")
                for taken in ("BOB", "Eve"):
                    with pytest.raises(NameTaken):
                        store.rename("Ada", taken)
                store.rename("Ada", "Lovelace")
                assert patient.name == "Lovelace"
                assert patient.say("two").number == 2
                store.rename("Lovelace", "LOVELACE")
                assert patient.name == "LOVELACE"
            with pytest.raises(UnknownPatient):
                store.rename("Ada", "Somebody")
            assert store.names() == ["Bob", "LOVELACE"]
        with place.open() as store:
            with store.open("lovelace") as patient:
                assert lines(patient) == ["one", "two"]
            with store.open("Ada") as patient:
                assert patient.last_number == 0

    def test_forget(self, place: Place) -> None:
        """Nothing is left, other connections are told, the next one begins at 1; others stay."""
        with place.open() as store:
            for name in ("Ada", "Adam", "Ad"):
                say_all(store, name, ["hello"])
            told = threading.Event()
            other = store.open("ada", told.set)
            with store.open("Ada") as patient:
                patient.forget()
                assert told.is_set()
                assert patient.last_number == 0
                with pytest.raises(UnknownPatient):
                    other.say("still here")
                assert store.names() == ["Ad", "Adam"]
                assert patient.say("again").number == 1
            other.close()
            store.forget("ADA")
            with pytest.raises(UnknownPatient):
                store.forget("Ada")
            assert store.names() == ["Ad", "Adam"]
        with place.open() as store, store.open("Ada") as patient:
            assert patient.last_number == 0

    def test_what_is_forgotten_does_not_come_back(self, place: Place) -> None:
        """A crash right after it brings nothing back, of a passphrase neither."""
        store = place.open()
        with store.open("Ada") as patient:
            patient.say("private")
            patient.set_passphrase("secret")
            patient.say("private")
            patient.forget()
            assert not patient.protected
        place.crash(store)
        with place.open() as store:
            assert store.names() == []
            with store.open("Ada") as patient:
                assert not patient.locked
                assert patient.say("afresh").number == 1

    def test_a_sound_history_is_repaired_to_itself(self, place: Place) -> None:
        """A repair of what is sound changes nothing; an unknown patient is told."""
        with place.open() as store:
            with store.open("Ada") as patient:
                patient.say("one")
                assert store.repair("Ada") == (1, 1)
                assert patient.say("two").number == 2
                assert lines(patient) == ["one", "two"]
            with pytest.raises(UnknownPatient):
                store.repair("Bob")

    def test_speakers_of_one_patient(self, place: Place) -> None:
        """Eight connections of one patient: no number twice, none left out, one order for all."""
        with place.open() as store:
            said: list[int] = []

            def talk(name: str) -> None:
                said.extend(each.number for each in say_all(store, name, [name] * 25))

            at_once(*(lambda name=name: talk(name) for name in ["ada", "ADA"] * 4))
            assert sorted(said) == list(range(1, 201))
            with store.open("Ada") as patient:
                assert len(lines(patient)) == 200

    def test_speakers_of_many_patients(self, place: Place) -> None:
        """Twenty patients talk, leave and come back at once: each has the own lines alone."""
        with place.open() as store:

            def talk(name: str) -> None:
                for visit in range(4):
                    say_all(store, name, [f"{name} {visit} {number}" for number in range(5)])

            names = [f"P{index}" for index in range(20)]
            at_once(*(lambda name=name: talk(name) for name in names))
            assert store.counts.saved == 400
            assert store.counts.connections == 0
        with place.open() as store:
            for name in names:
                with store.open(name) as patient:
                    assert lines(patient) == [f"{name} {v} {n}" for v in range(4) for n in range(5)]

    def test_a_crash_costs_nothing_that_was_answered(self, place: Place) -> None:
        """Whenever a process is killed, all that was answered is there, in order and once."""
        answered: dict[str, list[str]] = {name: [] for name in "ABC"}
        for round_ in range(4):
            store = place.open()
            people = {name: store.open(name) for name in answered}
            for number in range(6):
                for name, patient in people.items():
                    answered[name].append(patient.say(f"{name} {round_} {number}").patient)
            place.crash(store)
        with place.open() as store:
            for name, said in answered.items():
                with store.open(name) as patient:
                    assert lines(patient) == said
                    assert patient.greeting() == f"Hello {name}, visit 5."

    def test_a_disk_that_goes_bad_and_comes_back(self, place: Place) -> None:
        """Speakers meanwhile are answered or refused; what was answered is there, no more."""
        answered: dict[str, list[str]] = {f"P{index}": [] for index in range(6)}
        some, broken, back = threading.Barrier(7), threading.Barrier(7), threading.Barrier(7)
        refused = threading.Semaphore(0)

        def talk(name: str) -> None:
            with store.open(name) as patient:
                for gate in (some, broken, back):
                    for number in range(5):
                        line = f"{id(gate)} {number}"
                        try:
                            answered[name].append(patient.say(line).patient)
                        except NotSaved:
                            refused.release()
                    gate.wait(PATIENCE)
                    gate.wait(PATIENCE)

        def turn() -> None:
            some.wait(PATIENCE)
            place.set_broken(broken=True)
            some.wait(PATIENCE)
            broken.wait(PATIENCE)
            place.set_broken(broken=False)
            broken.wait(PATIENCE)
            back.wait(PATIENCE)
            back.wait(PATIENCE)

        with place.open() as store:
            at_once(turn, *(lambda name=name: talk(name) for name in answered))
            assert store.counts.not_saved == 30
        with place.open() as store:
            for name, said in answered.items():
                assert len(said) == 10
                with store.open(name) as patient:
                    assert lines(patient) == said

    def test_another_script_begins_afresh(self, place: Place) -> None:
        """The state is the script's own, now and after a restart; numbers and history go on."""
        other = FakeMachine(FakeScript("other", "cd" * 32))
        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            store.change_machine(other)
            assert patient.say("two").doctor == "1: two"
        with place.open(other) as store, store.open("Ada") as patient:
            assert patient.say("three").doctor == "2: three"
        with place.open() as store, store.open("Ada") as patient:
            assert patient.say("four").doctor == "1: four"
            assert patient.last_number == 4

    def test_closing(self, place: Place) -> None:
        """Who still talks is told; what was answered is there; closing twice is allowed."""
        store = place.open()
        patient = store.open("Ada")
        patient.say("one")
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: patient.say("x"), patient.greeting, lambda: store.open("Bob"),
            lambda: store.forget("Ada"), lambda: store.rename("Ada", "Bob"),
        ]  # fmt: skip
        for use in uses:
            with pytest.raises(StoreError, match="closed"):
                use()
        patient.close()
        with place.open() as store, store.open("Ada") as patient:
            assert lines(patient) == ["one"]
