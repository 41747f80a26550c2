"""What every storage promises of entries that are no line of the patient's own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from doctor.errors import NotSaved, WrongNumber
from doctor.patients.base import Repeated
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from doctor.doctor import Answer, Doctor
    from doctor.history.transcript import Exchange
    from doctor.patients.answers import Make
    from doctor.patients.patient import Patient
    from tests.patients.place import Place


def record(patient: Patient, make: Make) -> Exchange:
    """Record an entry and wait until it is stored."""
    told: list[Exchange | Exception] = []
    done = threading.Event()

    def take(result: Exchange | Exception) -> None:
        told.append(result)
        done.set()

    patient.record_later(make, take)
    assert done.wait(PATIENCE)
    (result,) = told
    if isinstance(result, Exception):
        raise result
    return result


def remark(doctor: Doctor, now: float) -> Answer:
    """Make a person's remark."""
    return doctor.entry(now, doctor.state, "Hello, Ada.", speaker="Maria")


def held(doctor: Doctor, now: float) -> Answer:
    """Make a line of the patient that waits for a person."""
    line = "Are you there?"
    assert doctor.machine is not None
    state = doctor.machine.hear(doctor.state, "", line, now)
    return doctor.entry(now, state, line, responder="Maria")


def left(doctor: Doctor, now: float) -> Answer:
    """Make the entry that a person has left."""
    return doctor.entry(now, doctor.state, speaker="Maria", event="left")


class EntryContract:
    """The tests; a subclass has a fixture `place`."""

    def test_entries_of_others_are_stored(self, place: Place) -> None:
        """Each has its number, and who spoke, answered or left; the state after it counts."""
        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            before = patient.why()
            said = [record(patient, make) for make in (remark, held, left)]
            assert patient.why() == before
            assert patient.say("two").doctor == "102: two"
            assert [each.number for each in said] == [2, 3, 4]
            assert [each.speaker for each in said] == ["Maria", "", "Maria"]
            assert list(patient.history(4, before=5))[1:] == said
        with place.open() as store, store.open("Ada") as patient:
            assert list(patient.history(3, before=5)) == said
            assert patient.say("three").doctor == "103: three"

    def test_entries_of_others_after_a_crash(self, place: Place) -> None:
        """What was told as recorded is there once, with the state after it."""
        store = place.open()
        with store.open("Ada") as patient:
            patient.say("one")
            said = [record(patient, make) for make in (held, remark)]
            place.crash(store)
        with place.open() as store, store.open("Ada") as patient:
            assert list(patient.history(2)) == said
            assert patient.say("two").doctor == "102: two"

    def test_an_entry_that_cannot_be_stored_is_not_recorded(self, place: Place) -> None:
        """NotSaved leaves number, state and history as they were."""
        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            place.set_broken(broken=True)
            with pytest.raises(NotSaved):
                record(patient, held)
            place.set_broken(broken=False)
            assert patient.last_number == 1
            assert patient.say("two").doctor == "2: two"

    def test_an_entry_that_cannot_be_made(self, place: Place) -> None:
        """An error of the project is raised, a fault becomes NotSaved, and the turn is free."""

        def refuse(doctor: Doctor, now: float) -> Answer:
            raise WrongNumber(f"too late at {now}", doctor.transcript.last_number)

        def fail(doctor: Doctor, now: float) -> Answer:
            raise RuntimeError(f"a fault of {doctor.name} at {now}")

        with place.open() as store, store.open("Ada") as patient:
            patient.say("one")
            with pytest.raises(WrongNumber):
                record(patient, refuse)
            with pytest.raises(NotSaved, match="fault"):
                record(patient, fail)
            assert patient.say("two").number == 2

    def test_an_entry_that_is_there_already(self, place: Place) -> None:
        """An exchange that is returned instead of an entry is told, and nothing is recorded."""
        with place.open() as store, store.open("Ada") as patient:
            first = Repeated(*patient.say("one"))
            assert record(patient, lambda _doctor, _now: first) is first
            assert patient.last_number == 1
