"""What every storage promises of rooms: a room's history stays one, whatever is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import NameTaken, StoreError, UnknownPatient, WrongPassphrase
from doctor.history.snapshot import PATIENT, ROOM
from tests.patients.contract_entries import record

if TYPE_CHECKING:
    from doctor.doctor import Answer, Doctor
    from doctor.history.transcript import Exchange
    from doctor.patients.patient import Patient
    from doctor.patients.store import PatientStore
    from tests.patients.place import Place


def say(room: Patient, who: str, line: str, reply: str = "") -> Exchange:
    """Say a line in a room."""

    def make(doctor: Doctor, now: float) -> Answer:
        answer = doctor.entry(now, None, line, speaker=who, doctor=reply)
        assert doctor.machine is not None
        state = doctor.machine.replay(doctor.state, answer.exchange)  # type: ignore[attr-defined]
        return answer._replace(state=state)

    return record(room, make)


def entries(room: Patient) -> int:
    """Return how many entries the host has counted."""
    doctor = room.check()
    count: int = doctor.state.entries
    return count


def open_room(store: PatientStore, name: str = "Garden") -> Patient:
    """Go into a room."""
    return store.open(name, kind=ROOM)


class RoomContract:
    """The tests; a subclass has a fixture `place`."""

    def test_a_room_goes_on_after_a_clean_end(self, place: Place) -> None:
        """Lines with their speakers and the host's state are there again, however many."""
        with place.open() as store, open_room(store) as room:
            said = [say(room, "Ada", f"line {number}", "I see.") for number in range(20)]
        with place.open() as store, open_room(store, "GARDEN") as room:
            assert room.name == "Garden"
            assert list(room.history(30)) == said
            assert entries(room) == 20
            assert say(room, "Bob", "hello").number == 21

    def test_a_room_goes_on_after_a_crash(self, place: Place) -> None:
        """Its first entry and all later ones are there once, and it is still a room."""
        store = place.open()
        for number in range(1, 4):
            with open_room(store) as room:
                assert say(room, "Ada", "hello").number == number
                place.crash(store)
            store = place.open()
        with open_room(store) as room:
            assert entries(room) == 3
            assert [each.speaker for each in room.history(9)] == ["Ada"] * 3
        store.close()

    def test_one_name_is_a_patient_or_a_room(self, place: Place) -> None:
        """Whoever asks for the other kind is refused, from the first connection on."""
        with place.open() as store:
            with store.open("Ada"), pytest.raises(NameTaken, match="a patient"):
                open_room(store, "ADA")
            with open_room(store), pytest.raises(NameTaken, match="a room"):
                store.open("garden")
            with store.open("garden") as patient:  # neither has said anything
                patient.say("hello")
            with open_room(store, "Ada") as room:
                say(room, "Bob", "hello")
            for name, kind in [("Ada", PATIENT), ("Garden", ROOM)] * 2:
                with pytest.raises(NameTaken):
                    store.open(name, kind=kind)
        with place.open() as store:
            for name, kind in [("Ada", PATIENT), ("Garden", ROOM)] * 2:
                with pytest.raises(NameTaken):
                    store.open(name, kind=kind)
            with store.open("Garden") as patient, open_room(store, "Ada") as room:
                assert (patient.last_number, room.last_number) == (1, 1)

    def test_a_room_has_a_passphrase(self, place: Place) -> None:
        """One that is set before the first entry makes a room too; who has not given it is out."""
        with place.open() as store, open_room(store) as room, open_room(store) as other:
            room.set_passphrase("secret")
            with pytest.raises(WrongPassphrase):
                say(other, "Bob", "hello")
            assert say(room, "Ada", "hello").number == 1
        with place.open() as store:
            with pytest.raises(NameTaken):
                store.open("Garden")
            with open_room(store) as room:
                assert room.locked
                room.unlock("secret")
                assert say(room, "Ada", "on").number == 2
            store.reset_passphrase("Garden")
        with place.open() as store, open_room(store) as room:
            assert not room.locked
            assert entries(room) == 2

    def test_a_room_is_renamed_and_repaired(self, place: Place) -> None:
        """It stays a room, with somebody in it or without."""
        with place.open() as store:
            with open_room(store) as room:
                say(room, "Ada", "one")
                store.rename("Garden", "Park")
                assert store.repair("Park") == (1, 1)
                assert say(room, "Ada", "two").number == 2
                assert entries(room) == 2
            store.rename("Park", "Lawn")
            assert store.repair("Lawn") == (2, 2)
        with place.open() as store:
            with pytest.raises(NameTaken):
                store.open("Lawn")
            with open_room(store, "Lawn") as room:
                assert say(room, "Ada", "three").number == 3

    def test_a_room_is_forgotten(self, place: Place) -> None:
        """By who is in it or by the operator; its name is free for a patient afterwards."""
        with place.open() as store:
            told: list[str] = []
            with store.open("Garden", lambda: told.append("gone"), ROOM) as other:
                with open_room(store) as room:
                    say(room, "Ada", "one")
                    room.forget()
                    assert told == ["gone"]
                    assert say(room, "Ada", "again").number == 1
                with pytest.raises(UnknownPatient):
                    say(other, "Bob", "hello")
            store.forget("Garden")
            with store.open("Garden") as patient:
                assert patient.say("hello").number == 1
        with place.open() as store, pytest.raises(NameTaken):
            open_room(store)

    def test_where_there_is_no_host_there_are_no_rooms(self, place: Place) -> None:
        """A store that was opened without one refuses them and keeps those that are there."""
        with place.open() as store, open_room(store) as room:
            say(room, "Ada", "one")
        with place.open() as store:
            store.host = None
            with pytest.raises(StoreError, match="no rooms"):
                open_room(store)
            with pytest.raises(NameTaken):
                store.open("Garden")
