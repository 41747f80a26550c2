"""The store: many patients, many connections, one directory."""

from __future__ import annotations

import contextlib
import pickle
import random
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import (
    BadName,
    NameTaken,
    NotSaved,
    StoreError,
    StoreLocked,
    UnknownPatient,
    WrongPassphrase,
)
from doctor.history.transcript import Exchange
from doctor.patients.files import commit_log, directory, disk
from doctor.patients.files.disk import entries, peek
from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine, FakeScript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.machine import Response
    from doctor.patients.store import PatientStore


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Return the directory of the store."""
    return tmp_path / "patients"


@pytest.fixture
def store(patients: Path) -> Iterator[PatientStore]:
    """Open a store with the fake machine."""
    with open_store(patients, FakeMachine()) as store:
        yield store


def test_first_visit(store: PatientStore, patients: Path) -> None:
    """A new patient is greeted and answered, and has a file from the first exchange on."""
    patient = store.open("Ada")
    assert patient.greeting() == "Hello Ada, visit 1."
    assert not list(entries(patients))
    exchange = patient.say("I am sad.")
    assert (exchange.number, exchange.session, exchange.doctor) == (1, 1, "1: I am sad.")
    assert [path.name for path in entries(patients)] == ["Ada.dat"]
    patient.close()


def test_what_was_said_is_there_for_readers_at_once(store: PatientStore, patients: Path) -> None:
    """After each exchange `load` and `peek` see it, while the session goes on."""
    patient = store.open("Ada")
    for number in range(1, 4):
        patient.say("care" if number == 2 else "hello")
        path = patients / "Ada.dat"
        assert [each.number for each in load(path).history] == list(range(1, number + 1))
        assert peek(path)[1] == load(path).summary
    assert peek(path)[1].marked == 1
    patient.close()


def test_file_is_a_pickled_doctor_after_a_clean_end(store: PatientStore, patients: Path) -> None:
    """Plain `pickle.load` gives the Doctor with its whole history."""
    with store.open("Ada") as patient:
        for _ in range(300):
            patient.say("hello")
    store.close()
    with (patients / "Ada.dat").open("rb") as file:
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


def test_eight_connections_share_one_doctor(store: PatientStore, patients: Path) -> None:
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
    (path,) = entries(patients)
    history = list(load(path).history)
    assert [each.number for each in history] == list(range(1, 401))
    assert [each.doctor for each in history] == [f"{e.number}: {e.patient}" for e in history]


def test_a_compaction_never_writes_over_what_is_said_meanwhile(
    store: PatientStore, patients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patient who leaves and comes back while the last compaction ends keeps every line."""
    compactor: Any = store.storage._compactor  # type: ignore[attr-defined]
    compacted, go, syncing, sync = (threading.Event() for _ in range(4))
    put, settle = compactor.put, compactor._directory.sync

    def put_slowly(active: Any, done: Callable[[Any], None]) -> None:
        def slowly_done(each: Any) -> None:
            compacted.set()
            go.wait(10)
            done(each)

        put(active, slowly_done)

    def slowly_sync(wanted: Any) -> None:
        if go.is_set():
            syncing.set()
            sync.wait(10)
        settle(wanted)

    monkeypatch.setattr(compactor, "put", put_slowly)
    monkeypatch.setattr(compactor._directory, "sync", slowly_sync)
    with store.open("Ada") as ada:
        ada.say("one")
    assert compacted.wait(10)  # the first compaction is made, and Ada still in memory
    with store.open("Ada") as ada:
        ada.say("two")
    go.set()
    assert syncing.wait(10)  # the second one is written
    with store.open("Ada") as ada:
        ada.say("three")
        sync.set()
    store.close()
    (path,) = entries(patients)
    assert [each.patient for each in load(path).history] == ["one", "two", "three"]


@pytest.mark.usefixtures("store")
def test_second_store_is_refused(patients: Path) -> None:
    """Another store on the directory is told whose it is."""
    with pytest.raises(StoreLocked, match="in use") as refused:
        open_store(patients, FakeMachine())
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


def test_what_was_unlocked_is_one_passphrase(store: PatientStore) -> None:
    """Who came in past one passphrase, or none, is out once there is another."""
    owner, other = store.open("Ada"), store.open("Ada")
    owner.set_passphrase("one")
    assert other.locked
    owner.set_passphrase("")
    other.unlock("whatever")
    owner.set_passphrase("two")
    assert other.locked
    with pytest.raises(WrongPassphrase):
        other.say("boo")
    other.unlock("two")
    assert other.say("hello").number == 1
    owner.close()
    other.close()


def test_forget_removes_every_trace(store: PatientStore, patients: Path) -> None:
    """Nothing of the patient stays, others of like names do, and other connections are told."""
    for name in ("Ada", "Ada.dat", "Ad"):
        with store.open(name) as patient:
            patient.say("hello")
    for aside in ("Ada.dat.damaged-20260101T000000", "Ada.dat.torn-20260101T000000-2"):
        (patients / aside).write_bytes(b"x")
    told = threading.Event()
    ghost = store.open("ada", told.set)
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


def test_an_empty_line_is_answered_and_not_recorded(store: PatientStore) -> None:
    """Its exchange has the number 0, and nothing changes."""
    with store.open("Ada") as patient:
        assert patient.say("  ").number == 0
        assert patient.last_number == 0
        assert patient.say("hello").doctor == "1: hello"


def test_half_a_character_is_kept_as_a_question_mark(store: PatientStore) -> None:
    """What is no Unicode text can be said by a caller, and is kept as what it became."""
    with store.open("Ada") as patient:
        assert patient.say("a\ud800b").patient == "a?b"
        assert patient.history(1)[0].patient == "a?b"


def test_a_line_too_long_for_a_record(store: PatientStore) -> None:
    """It is not said, and the next one is."""
    with store.open("Ada") as patient:
        with pytest.raises(NotSaved, match="longer"):
            patient.say("x" * 100_000)
        assert patient.say("hello").number == 1


def test_history_is_read_from_the_file(store: PatientStore) -> None:
    """The last lines, and those before a number, across compactions and sessions."""
    with store.open("Ada") as patient:
        assert patient.history(3) == []
        for _ in range(5):
            patient.say("hello")
    with store.open("Ada") as patient:
        patient.say("hello")
        assert [each.number for each in patient.history(3)] == [4, 5, 6]
        assert [each.number for each in patient.history(2, before=4)] == [2, 3]


def test_a_ghost_shares_the_visit(store: PatientStore) -> None:
    """Who comes a second time while here already goes on in the same session."""
    with store.open("Ada") as one:
        one.greeting()
        one.say("first")
        with store.open("Ada") as other:
            assert other.greeting() == "Hello Ada, visit 2."
            assert other.say("second").session == 1
        assert one.say("third").session == 1
    with store.open("Ada") as again:
        again.greeting()
        assert again.say("fourth").session == 2


def test_names_meet_in_one_file_after_a_restart(tmp_path: Path) -> None:
    """Any spelling finds the file of the first one, also before the directory is listed."""
    with open_store(tmp_path, FakeMachine()) as store:
        for name in ("Ada", "Zoë"):
            with store.open(name) as patient:
                patient.say("hello")
    with open_store(tmp_path, FakeMachine()) as store:
        for name in ("ADA", "aDa", "zoe\u0308"):
            with store.open(name) as patient:
                patient.say("hello")
        assert store.names() == ["Ada", "Zoë"]


def test_a_name_waits_for_the_list_only_where_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the directory is listed an exact name opens; another one waits for the list."""
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as patient:
        patient.say("hello")
    gate = threading.Event()
    real = directory.PatientDirectory._list

    def slow(self: directory.PatientDirectory) -> None:
        assert gate.wait(10)
        real(self)

    monkeypatch.setattr(directory.PatientDirectory, "_list", slow)
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Ada") as patient:
            assert patient.last_number == 1
        found: list[int] = []

        def other_spelling() -> None:
            with store.open("ADA") as patient:
                found.append(patient.last_number)

        waiting = threading.Thread(target=other_spelling)
        waiting.start()
        gate.set()
        waiting.join(10)
        assert found == [1]


def test_files_are_their_owners_alone(store: PatientStore, patients: Path) -> None:
    """The directory has mode 0700, every file in it 0600."""
    with store.open("Ada") as patient:
        patient.say("hello")
        modes = {path.name: path.stat().st_mode & 0o777 for path in patients.iterdir()}
    assert modes == {".commits.1.log": 0o600, ".lock": 0o600, "Ada.dat": 0o600}
    store.close()
    assert (patients / "Ada.dat").stat().st_mode & 0o777 == 0o600
    assert patients.stat().st_mode & 0o777 == 0o700


def test_a_fresh_directory_is_closed_to_others_and_a_used_one_left(tmp_path: Path) -> None:
    """A directory with nothing but dot files in it becomes 0700; one in use is not changed."""
    for name, mode in ((".gitignore", 0o700), ("something", 0o755)):
        place = tmp_path / name.strip(".")
        place.mkdir(mode=0o755)
        (place / name).touch()
        open_store(place, FakeMachine()).close()
        assert place.stat().st_mode & 0o777 == mode


def test_closed_in_the_middle(store: PatientStore, patients: Path) -> None:
    """Who still talks when the store closes is told; every answer is in the file, compacted."""
    patient = store.open("Ada")
    patient.say("hello")
    store.close()
    store.close()
    uses: list[Callable[[], object]] = [
        lambda: patient.say("x"), patient.greeting, lambda: store.open("Bob"),
        lambda: store.forget("Ada"),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(StoreError, match="closed"):
            use()
    patient.close()
    assert disk.read(patients / "Ada.dat").tail == 0


def test_what_misses_the_deadline_is_compacted_another_day(tmp_path: Path) -> None:
    """A close without time leaves tails, complete; the next visit compacts them."""
    store = open_store(tmp_path, FakeMachine())
    for name in ("Ada", "Bob"):
        store.open(name).say("hello")
    store.close(-1)
    assert [disk.read(path).tail for path in entries(tmp_path)] == [1, 1]
    assert not (tmp_path / ".commits.1.log").exists()
    with open_store(tmp_path, FakeMachine()) as store:
        store.open("Ada").close()
    assert disk.read(tmp_path / "Ada.dat").tail == 0
    assert [each.patient for each in load(tmp_path / "Ada.dat").history] == ["hello"]


def test_a_bounded_number_of_files_is_open(tmp_path: Path) -> None:
    """However many patients talk, no more files are held open than allowed."""
    with open_store(tmp_path, FakeMachine(), open_files=3) as store:
        patients = [store.open(f"P{number}") for number in range(20)]
        for _ in range(2):
            for patient in patients:
                patient.say("hello")
        opened = [link for link in Path("/proc/self/fd").iterdir()
                  if link.is_symlink() and str(link.readlink()).endswith(".dat")]  # fmt: skip
        assert len(opened) <= 3
        for patient in patients:
            patient.close()
    assert {load(path).summary.exchanges for path in entries(tmp_path)} == {2}


def test_say_later_tells_once_and_in_order(store: PatientStore) -> None:
    """`done` gets the exchange when it is on disk; a refusal is raised instead."""
    told: list[object] = []
    with store.open("Ada") as patient:
        for number in range(5):
            patient.say_later(f"line {number}", told.append)
        assert patient.say("last").number == 6
        assert [each.number for each in told if isinstance(each, Exchange)] == [1, 2, 3, 4, 5]
    with pytest.raises(UnknownPatient):
        patient.say_later("too late", told.append)
    assert len(told) == 5


def test_a_machine_that_fails_costs_nothing(tmp_path: Path) -> None:
    """Where the machine fails the line was not said, which is told, and the patient can go on."""

    class Broken(FakeMachine):
        def respond(self, state: int, line: str, now: float) -> Response[int]:
            if line == "break":
                raise RuntimeError("broken")
            return super().respond(state, line, now)

    with open_store(tmp_path, Broken()) as store, store.open("Ada") as patient:
        with pytest.raises(NotSaved, match="fault"):
            patient.say("break")
        assert patient.say("hello").number == 1


def churn(store: PatientStore, seed: int, faults: list[BaseException]) -> None:
    """Come, talk, leave, forget, rename and repair, as chance has it."""
    chance = random.Random(seed)
    names = ["ada", "ADA", "Bob", "Cyd", "Dee", "Eve"]
    try:
        for _ in range(60):
            name = chance.choice(names)
            with contextlib.suppress(UnknownPatient, NameTaken):
                with store.open(name) as patient:
                    patient.greeting()
                    for _ in range(chance.randrange(4)):
                        patient.say(name)
                    numbers = [each.number for each in patient.history(5)]
                    assert numbers == list(range(max(numbers, default=0) - len(numbers) + 1,
                                                 max(numbers, default=0) + 1))  # fmt: skip
                    if chance.random() < 0.04:
                        patient.forget()
                        patient.say("again")
                change = chance.random()
                if change < 0.05:
                    store.forget(name)
                elif change < 0.1:
                    store.rename(name, chance.choice(names))
                elif change < 0.15:
                    store.repair(name)
                elif change < 0.2:
                    store.reset_passphrase(name)
    except BaseException as fault:  # noqa: BLE001 - told to the test's own thread
        faults.append(fault)


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    """Eight threads come, go, forget, rename and repair the same patients: no hole, no doubling."""
    monkeypatch.setattr(commit_log, "LIMIT", 20_000)
    faults: list[BaseException] = []
    with open_store(tmp_path, FakeMachine(), open_files=3) as store:
        threads = [
            threading.Thread(target=churn, args=(store, 100 * seed + number, faults))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.counts.connections == 0
    assert not faults
    assert not caplog.records
    for path in entries(tmp_path):
        contents = disk.read(path)
        assert (contents.damage, contents.torn, contents.tail) == ((), 0, 0)
        numbers = [each.number for each in contents.history]
        assert numbers == list(range(1, len(numbers) + 1))
    assert not [path for path in tmp_path.iterdir() if path.suffix not in {".dat", ""}]
