"""The store: many patients, many connections, one directory."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import (
    BadName,
    NameTaken,
    StoreLocked,
    UnknownPatient,
    WrongPassphrase,
)
from doctor.patients import PatientStore, entries, load, peek
from tests.fake_machine import FakeMachine, FakeScript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PatientStore]:
    """Open a store with the fake machine."""
    with PatientStore(tmp_path / "patients", FakeMachine()) as store:
        yield store


def test_first_visit(store: PatientStore) -> None:
    """A new patient is greeted and answered, and has a file from the first exchange on."""
    patient = store.open("Ada")
    assert patient.greeting() == "Hello Ada, visit 1."
    assert not list(entries(store.directory))
    exchange = patient.say("I am sad.")
    assert (exchange.number, exchange.session, exchange.doctor) == (1, 1, "1: I am sad.")
    assert [path.name for path in entries(store.directory)] == ["Ada.dat"]
    patient.close()


def test_what_was_said_is_there_for_readers_at_once(store: PatientStore) -> None:
    """After each exchange `load` and `peek` see it, while the session goes on."""
    patient = store.open("Ada")
    for number in range(1, 4):
        patient.say("care" if number == 2 else "hello")
        path = store.directory / "Ada.dat"
        assert [each.number for each in load(path).history] == list(range(1, number + 1))
        assert peek(path)[1] == load(path).summary
    assert peek(path)[1].marked == 1
    patient.close()


def test_file_is_a_pickled_doctor_after_a_clean_end(store: PatientStore) -> None:
    """Plain `pickle.load` gives the Doctor with its whole history."""
    with store.open("Ada") as patient:
        for _ in range(300):
            patient.say("hello")
    store.close()
    with (store.directory / "Ada.dat").open("rb") as file:
        doctor = pickle.load(file)
        assert file.read() == b""
    assert type(doctor).__module__ == "doctor.doctor"
    assert [each.number for each in doctor.history] == list(range(1, 301))


def test_second_visit_goes_on(store: PatientStore) -> None:
    """The machine's state and the history go on where they were."""
    with store.open("Ada") as patient:
        patient.greeting()
        patient.say("one")
    with store.open("ADA") as patient:
        assert patient.name == "Ada"
        assert patient.greeting() == "Hello Ada, visit 2."
        exchange = patient.say("two")
        assert (exchange.number, exchange.session, exchange.doctor) == (2, 2, "2: two")


def test_eight_connections_share_one_doctor(store: PatientStore) -> None:
    """Eight threads on one patient lose nothing, double nothing and see one order."""
    said: list[int] = []

    def talk(name: str) -> None:
        with store.open(name) as patient:
            said.extend([patient.say(name).number for _ in range(50)])

    threads = [threading.Thread(target=talk, args=(name,)) for name in ["ada", "ADA"] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert sorted(said) == list(range(1, 401))
    (path,) = entries(store.directory)
    history = list(load(path).history)
    assert [each.number for each in history] == list(range(1, 401))
    assert [each.doctor for each in history] == [f"{e.number}: {e.patient}" for e in history]


def test_a_fold_never_writes_over_what_is_said_meanwhile(
    store: PatientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patient who leaves and comes back while the last fold ends keeps every line."""
    folder: Any = store._folder
    folded, go, syncing, sync = (threading.Event() for _ in range(4))
    done, settle = folder._done, folder._shelf.sync

    def slowly_done(entry: Any) -> None:
        folded.set()
        go.wait(10)
        done(entry)

    def slowly_sync(wanted: Any) -> None:
        if go.is_set():
            syncing.set()
            sync.wait(10)
        settle(wanted)

    monkeypatch.setattr(folder, "_done", slowly_done)
    monkeypatch.setattr(folder._shelf, "sync", slowly_sync)
    with store.open("Ada") as ada:
        ada.say("one")
    assert folded.wait(10)  # the first fold is made, and Ada still in memory
    with store.open("Ada") as ada:
        ada.say("two")
    go.set()
    assert syncing.wait(10)  # the second one is written
    with store.open("Ada") as ada:
        ada.say("three")
        sync.set()
    store.close()
    (path,) = entries(store.directory)
    assert [each.patient for each in load(path).history] == ["one", "two", "three"]


def test_second_store_is_refused(store: PatientStore) -> None:
    """Another store on the directory is told whose it is."""
    with pytest.raises(StoreLocked, match="in use") as refused:
        PatientStore(store.directory, FakeMachine())
    assert refused.value.owner > 0


def test_passphrase(store: PatientStore) -> None:
    """Once set, nothing is read or said before it is given."""
    with store.open("Ada") as patient:
        patient.say("secret")
        patient.set_passphrase("open sesame")
        patient.say("more")
    with store.open("Ada") as patient:
        assert patient.locked
        for use in (patient.greeting, patient.why, lambda: patient.say("x"), patient.forget):
            with pytest.raises(WrongPassphrase):
                use()
        with pytest.raises(WrongPassphrase):
            patient.unlock("open")
        patient.unlock("open sesame")
        assert [each.patient for each in patient.history(5)] == ["secret", "more"]
        patient.set_passphrase("")
    with store.open("Ada") as patient:
        assert not patient.locked


def test_forget_removes_every_trace(store: PatientStore) -> None:
    """Nothing of the patient stays, others of like names do, and other connections are told."""
    for name in ("Ada", "Ada.dat", "Ad"):
        with store.open(name) as patient:
            patient.say("hello")
    for aside in ("Ada.dat.damaged-20260101T000000", "Ada.dat.torn-20260101T000000-2"):
        (store.directory / aside).write_bytes(b"x")
    told = threading.Event()
    ghost = store.open("ada")
    ghost.on_gone = told.set
    with store.open("Ada") as patient:
        patient.forget()
        assert told.is_set()
        assert patient.last_number == 0
        with pytest.raises(UnknownPatient):
            ghost.say("boo")
        assert store.names() == ["Ad", "Ada.dat"]
        assert patient.say("again").number == 1
    ghost.close()
    store.forget("ADA")
    assert store.names() == ["Ad", "Ada.dat"]
    with pytest.raises(UnknownPatient):
        store.forget("Ada")


def test_rename(store: PatientStore) -> None:
    """A renamed history goes on under its new name; a name that is taken is refused."""
    for name in ("Ada", "Bob"):
        with store.open(name) as patient:
            patient.say("hello")
    with store.open("Ada") as patient:
        with pytest.raises(NameTaken):
            store.rename("Ada", "BOB")
        store.rename("Ada", "Lovelace")
        assert patient.name == "Lovelace"
        assert patient.say("x").number == 2
    assert store.names() == ["Bob", "Lovelace"]
    with store.open("Ada") as patient:
        assert patient.last_number == 0


def test_changed_script_keeps_the_history(store: PatientStore) -> None:
    """After `change_machine` the state begins afresh, the numbers and the history go on."""
    with store.open("Ada") as patient:
        patient.say("one")
        store.change_machine(FakeMachine(FakeScript("other", "cd" * 32)))
        assert patient.say("two").doctor == "1: two"
        assert patient.say("three").doctor == "2: three"
    with store.open("Ada") as patient:
        assert patient.say("four").doctor == "3: four"
        assert patient.last_number == 4


def test_bad_name(store: PatientStore) -> None:
    """A name that cannot be one is refused."""
    with pytest.raises(BadName):
        store.open("\u202e")
