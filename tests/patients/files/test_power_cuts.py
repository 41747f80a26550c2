"""A power cut at any moment costs nothing that was answered."""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from doctor.patients.files import commit_log
from doctor.patients.files import disk as files
from doctor.patients.files.disk import entries
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.power_cut import Disk
from tests.support.said_lines import said_lines

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.patients.store import PatientStore


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no sync reach the real disk: where the power is cut on paper it costs time alone."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(files, "sync_data", lambda _descriptor: None)


class Told:
    """Who was answered what, and after how many calls to the disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.answers: list[tuple[int, str, str]] = []
        self.asked: set[str] = set()
        self._lock = threading.Lock()

    def say(self, patient: Any, line: str) -> None:
        """Say a line and note when it was answered."""
        with self._lock:
            self.asked.add(line)
        patient.say(line)
        with self._lock:
            self.answers.append((self.disk.now, patient.name, line))


def talk_of_one(told: Told, store: PatientStore) -> None:
    """Come and go, set a passphrase, let the log be emptied in between."""
    for visit in range(3):
        for name in ("Ada", "Bob"):
            with store.open(name) as patient:
                if patient.locked:
                    patient.unlock("secret")
                for number in range(3):
                    told.say(patient, f"{name} {visit} {number}")
                if name == "Bob" and visit == 1:
                    patient.set_passphrase("secret")
                told.say(patient, f"{name} {visit} last")


def talk_of_many(told: Told, store: PatientStore) -> None:
    """Six patients at once, who come and go."""

    def one(name: str) -> None:
        for visit in range(2):
            with store.open(name) as patient:
                for number in range(4):
                    told.say(patient, f"{name} {visit} {number}")

    threads = [threading.Thread(target=one, args=(name,)) for name in "ABCDEF"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check_after_power_cut(held: dict[str, bytes], answered: list[tuple[str, str]], told: Told,
                          directory: Path) -> None:  # fmt: skip
    """Put what a disk held into a directory, open it, and find all that was answered, once."""
    for name, data in held.items():
        (directory / name).write_bytes(data)
    with open_store(directory, FakeMachine()) as store:
        for name in {name for name, _line in answered}:
            with store.open(name) as patient:
                assert patient.last_number >= sum(who == name for who, _ in answered)
    for name in {name for name, _line in answered}:
        lines = said_lines(directory / f"{name}.dat")
        assert len(set(lines)) == len(lines)
        assert set(lines) <= told.asked
        wanted = [line for who, line in answered if who == name]
        assert [line for line in lines if line in wanted] == wanted


@pytest.mark.parametrize("talk", [talk_of_one, talk_of_many])
@pytest.mark.usefixtures("quick_disk")
def test_a_power_cut_costs_nothing_that_was_answered(
    talk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any call to the disk, all that is not synced is dropped: every answer is still there.

    And so it is when the disk wrote some of the rest of its own accord, torn or as zeros.
    """
    directory = tmp_path / "patients"
    directory.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(commit_log, "LIMIT", 1500)
        disk = Disk(directory, patch)
        told = Told(disk)
        with open_store(directory, FakeMachine()) as store:
            talk(told, store)
    total = disk.now
    assert len(told.answers) >= 24
    chance = random.Random(7)
    moments = {moment for moment, _name, _line in told.answers} | {total}
    moments |= set(chance.sample(range(total), 30))
    for moment in sorted(moments):
        answered = [(name, line) for when, name, line in told.answers if when <= moment]
        for luck in (None, chance):
            held = disk.after(moment, luck)
            after = tmp_path / f"{moment} {luck is None}"
            after.mkdir()
            check_after_power_cut(held, answered, told, after)


def put(held: dict[str, bytes], directory: Path) -> Path:
    """Make a directory that holds these files."""
    directory.mkdir(parents=True)
    for name, data in held.items():
        (directory / name).write_bytes(data)
    return directory


@pytest.mark.usefixtures("quick_disk")
def test_a_power_cut_while_the_last_one_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Putting files right after a power cut may be cut off too, anywhere, and loses nothing."""
    chance = random.Random(3)
    with monkeypatch.context() as patch:
        disk = Disk(put({}, tmp_path / "patients"), patch)
        told = Told(disk)
        with open_store(disk.directory, FakeMachine()) as store:
            talk_of_many(told, store)
    for cut in range(3):
        moment = chance.choice(told.answers[20:])[0]
        held = disk.after(moment, chance)
        with monkeypatch.context() as patch:
            again = Disk(put(held, tmp_path / f"again {cut}"), patch)
            open_store(again.directory, FakeMachine()).close()
        whole = {path.stem: said_lines(path) for path in entries(again.directory)}
        for when, name, line in told.answers:
            assert when > moment or line in whole[name]
        for second in chance.sample(range(again.now + 1), min(again.now, 25)):
            after = put(again.after(second, chance), tmp_path / f"after {cut} {second}")
            open_store(after, FakeMachine()).close()
            assert {path.stem: said_lines(path) for path in entries(after)} == whole


@pytest.mark.usefixtures("quick_disk")
def test_what_was_set_or_forgotten_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a passphrase that was set locks, and what was forgotten is gone."""
    chance = random.Random(4)
    with monkeypatch.context() as patch:
        disk = Disk(put({}, tmp_path / "patients"), patch)
        with open_store(disk.directory, FakeMachine()) as store:
            ada, bob, new = (store.open(name) for name in ("Ada", "Bob", "New"))
            ada.say("private")
            bob.say("private")
            ada.set_passphrase("secret")
            new.set_passphrase("secret")
            locked = disk.now
            ada.say("more")
            bob.forget()
            store.forget("New")
            forgotten = disk.now
            bob.say("afresh")
            later = disk.now
            for patient in (ada, bob, new):
                patient.close()
    for moment in range(locked, disk.now + 1):
        for luck in (None, chance):
            after = put(disk.after(moment, luck), tmp_path / f"{moment} {luck is None}")
            with open_store(after, FakeMachine()) as store:
                with store.open("Ada") as patient:
                    assert patient.locked
                if moment < forgotten:
                    continue
                assert "New" not in store.names()
                with store.open("Bob") as patient:
                    said = [each.patient for each in patient.history(9)]
                assert said in ([], ["afresh"])
                assert said or moment < later
            assert not any(b"private" in path.read_bytes() for path in after.glob("*B*"))


def test_the_model_of_the_disk_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not sync its log loses answers in this model: the test above can fail."""
    directory = tmp_path / "patients"
    directory.mkdir()
    with monkeypatch.context() as patch:
        disk = Disk(directory, patch)
        patch.setattr(files, "sync_data", lambda _descriptor: None)
        with open_store(directory, FakeMachine()) as store, store.open("Ada") as patient:
            patient.say("hello")
            moment = disk.now
    after = tmp_path / "after"
    after.mkdir()
    for name, data in disk.after(moment).items():
        (after / name).write_bytes(data)
    with open_store(after, FakeMachine()) as store, store.open("Ada") as patient:
        assert patient.last_number == 0
