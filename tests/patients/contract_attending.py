"""What every storage promises of a patient whom a person attends, and whose doctor is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import NameTaken, UnknownPatient, WrongNumber, WrongPassphrase
from doctor.history.snapshot import ROOM
from doctor.patients.base import Repeated
from tests.patients.contract_entries import record, remark
from tests.support.helpers import until

if TYPE_CHECKING:
    from tests.patients.place import Place


class AttendingContract:
    """The tests; a subclass has a fixture `place`."""

    def test_lines_of_a_held_patient_wait_for_the_person(self, place: Place) -> None:
        """They are recorded without a reply, marked ones are answered, and the doctor hears all."""
        with place.open() as store, store.open("Ada") as patient, store.attend("ada") as maria:
            patient.say("one")
            patient.active.holder = "Maria"
            held = patient.say("two")
            assert (held.number, held.responder, held.doctor) == (2, "Maria", "")
            assert patient.say("care").doctor == "102: care"
            record(maria, remark)
            empty = patient.say("   ")
            assert (empty.number, empty.responder, empty.doctor) == (0, "Maria", "")
            again = patient.say("two", 2)
            assert (type(again), again.responder) == (Repeated, "Maria")
            with pytest.raises(WrongNumber):
                patient.say("Hello, Ada.", 4)  # it was the person's
            patient.active.holder = ""
            assert patient.say("five").doctor == "103: five"
        with place.open() as store, store.open("Ada") as patient:
            assert [one.responder for one in patient.history(5)] == ["", "Maria", "", "", ""]
            assert patient.say("six").doctor == "104: six"

    def test_attending_is_no_visit_and_needs_no_passphrase(self, place: Place) -> None:
        """Who attends begins no session, is not asked for a passphrase, and outlasts an erasure."""
        with place.open() as store:
            with store.open("Ada") as patient:
                patient.say("one")
                with store.attend("Ada") as maria:
                    assert store.counts.connections == 1
                    patient.set_passphrase("a secret")
                    record(maria, remark)
                    with store.open("Ada") as stranger, pytest.raises(WrongPassphrase):
                        stranger.say("Who is here?")
                    patient.forget()
                    assert maria.last_number == 0
                    assert record(maria, remark).number == 1
                    store.forget("Ada")
                    with pytest.raises(UnknownPatient):
                        patient.say("two")
            until(lambda: not store.actives(), "the end of what other servers are heard of for")

    def test_a_room_is_attended_by_nobody(self, place: Place) -> None:
        """A room is no patient."""
        with place.open() as store:
            with store.open("Garden", kind=ROOM) as room:
                record(room, remark)
            with pytest.raises(NameTaken):
                store.attend("Garden")
