"""Nothing that was answered is lost: power cuts, SIGKILL, full disks, broken bytes."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import LockUnreadable, NameTaken, NotSaved, StoreLocked
from doctor.patients.files import commit_log
from doctor.patients.files import disk as files
from doctor.patients.files.disk import entries
from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine
from tests.support.power_cut import Disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.patients.store import PatientStore


ROOT = Path(__file__).resolve().parents[3]


def lines_of(path: Path) -> list[str]:
    """Return what a patient said, checked: numbers without a hole, each reply to its line."""
    history = list(load(path).history)
    assert [each.number for each in history] == list(range(1, len(history) + 1))
    assert all(each.doctor.endswith(f": {each.patient}") for each in history)
    return [each.patient for each in history]


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no sync reach the real disk: where the power is cut on paper it costs time alone."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(files, "sync_data", lambda _descriptor: None)


# --- power cuts --------------------------------------------------------------------------------


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
        lines = lines_of(directory / f"{name}.dat")
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
        whole = {path.stem: lines_of(path) for path in entries(again.directory)}
        for when, name, line in told.answers:
            assert when > moment or line in whole[name]
        for second in chance.sample(range(again.now + 1), min(again.now, 25)):
            after = put(again.after(second, chance), tmp_path / f"after {cut} {second}")
            open_store(after, FakeMachine()).close()
            assert {path.stem: lines_of(path) for path in entries(after)} == whole


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


# --- SIGKILL -----------------------------------------------------------------------------------

TALKERS = """
import os, sys, threading
from pathlib import Path
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine

store = open_store(Path(sys.argv[1]), FakeMachine())

def talk(name):
    while True:
        with store.open(name) as patient:
            for _ in range(25):
                number = patient.last_number + 1
                patient.say(f"{name} {number}")
                os.write(1, f"{name} {number}\\n".encode())

for index in range(20):
    threading.Thread(target=talk, args=(f"P{index}",)).start()
"""


@pytest.mark.slow
def test_sigkill_at_any_moment(tmp_path: Path) -> None:
    """Twenty patients talk, the process is killed, ten times: each answered line is there once."""
    chance = random.Random(11)
    answered: set[str] = set()
    for _round in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", TALKERS, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        for _ in range(chance.randint(1, 1500)):
            answered.add(process.stdout.readline().decode().strip())
        process.send_signal(signal.SIGKILL)
        answered.update(line.decode().strip() for line in process.stdout if line.endswith(b"\n"))
        process.stdout.close()
        process.wait()
        for path in entries(tmp_path):  # readers need no recovery
            lines_of(path)
    with open_store(tmp_path, FakeMachine()) as store:
        assert len(store.names()) == 20
    found = [line for path in entries(tmp_path) for line in lines_of(path)]
    assert len(found) == len(set(found))
    assert answered <= set(found)
    assert not list(tmp_path.glob("*.damaged-*"))


def test_the_lock_of_a_dead_process_is_no_obstacle(tmp_path: Path) -> None:
    """A second process is refused and told whose the directory is; after SIGKILL it gets in."""
    program = TALKERS.partition("def talk")[0] + "print(os.getpid(), flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline()
        with pytest.raises(StoreLocked, match=str(process.pid)) as refused:
            open_store(tmp_path, FakeMachine())
        assert refused.value.owner == process.pid
        process.kill()
    with open_store(tmp_path, FakeMachine()):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


# --- full disks --------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 256 KiB; skip with the reason where this user may not."""
    where = tmp_path / "small"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(where)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.decode().strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)


def fill(filler: Path) -> None:
    """Write until there is no room at all."""
    with filler.open("ab", buffering=0) as file:
        for size in (1024, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break


def test_a_full_disk_and_room_again(small_disk: Path) -> None:
    """Where there is no room the line was not said; all before stays; with room it goes on."""
    directory = small_disk / "patients"
    filler = small_disk / "filler"
    said = []
    with open_store(directory, FakeMachine()) as store, store.open("Ada") as ada:
        said.append(ada.say("first").patient)
        fill(filler)
        refused = 0
        for number in range(200):
            line = f"{number} " + "x" * 200
            try:
                said.append(ada.say(line).patient)
            except NotSaved:
                refused += 1
            assert lines_of(directory / "Ada.dat") == said
        assert refused > 100
        with store.open("Bob") as bob, pytest.raises(NotSaved):
            bob.say("hello")
        filler.unlink()
        said.append(ada.say("room again").patient)
        assert ada.last_number == len(said)
        with store.open("Bob") as bob:
            assert bob.say("hello").number == 1
    assert lines_of(directory / "Ada.dat") == said
    assert load(directory / "Ada.dat").summary.exchanges == len(said)


class Failing:
    """Fails a call of `os` from some moment on, as a full or broken disk does."""

    def __init__(self, name: str, patch: pytest.MonkeyPatch, code: int = errno.ENOSPC) -> None:
        self.on = False
        self.half = False
        self._code = code
        self._real = getattr(os, name)
        patch.setattr(os, name, self)
        if name == "fdatasync":
            patch.setattr(files, "sync_data", self)

    def __call__(self, descriptor: Any, *given: Any, **more: Any) -> Any:
        """Do it, or fail; a `half` failing write writes half first."""
        if not self.on:
            return self._real(descriptor, *given, **more)
        if self.half and isinstance(given[0], memoryview) and len(given[0]) > 1:
            return self._real(descriptor, bytes(given[0])[: len(given[0]) // 2])
        raise OSError(self._code, os.strerror(self._code))


@pytest.mark.parametrize(
    ("call", "half"),
    [
        ("write", False),
        ("write", True),
        ("fdatasync", False),
        ("ftruncate", False),
        ("open", False),
    ],
)
def test_each_call_that_can_fail(
    call: str, half: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call fails, the line was not said, what was there stays, and later it goes on."""
    failing = Failing(call, monkeypatch)
    writing = Failing("write", monkeypatch) if call == "ftruncate" else failing
    failing.half = writing.half = half or call == "ftruncate"
    with open_store(tmp_path, FakeMachine(), open_files=1) as store, store.open("Ada") as ada:
        said = [ada.say("first").patient]
        with store.open("Zoe") as zoe:
            zoe.say("takes the one open file")
        failing.on = writing.on = True
        for _ in range(3):
            with pytest.raises(NotSaved, match="disk"):
                ada.say("lost")
            with store.open("New") as new, pytest.raises(NotSaved, match="disk"):
                new.say("lost")
        assert store.counts.not_saved == 6
        failing.on = writing.on = False
        said.append(ada.say("second").patient)
        assert ada.last_number == 2
        with store.open("New") as new:
            assert new.say("now").number == 1
    assert lines_of(tmp_path / "Ada.dat") == said
    assert lines_of(tmp_path / "New.dat") == ["now"]
    assert not list(tmp_path.glob("*.damaged-*"))
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 2


def test_a_compaction_that_fails_leaves_the_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a compaction cannot be written the file stays complete, and is compacted later."""
    failing = Failing("replace", monkeypatch)
    failing.on = True
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.say("hello")
        with pytest.raises(NotSaved):
            ada.set_passphrase("secret")
        assert not ada.protected
    assert store.counts.compacted == 0
    assert lines_of(tmp_path / "Ada.dat") == ["hello"]
    failing.on = False
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 1
    assert store.counts.compacted == 1
    assert files.read(tmp_path / "Ada.dat").tail == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "Ada.dat"]


# --- broken bytes ------------------------------------------------------------------------------


def damaged_store(directory: Path, lock: str = "", each: int = 3) -> bytes:
    """Make a patient with a compacted history and a tail as long; returns the file's bytes."""
    with open_store(directory, FakeMachine()) as store, store.open("Ada") as ada:
        for number in range(1, each + 1):
            ada.say(f"line {number}")
        if lock:
            ada.set_passphrase(lock)
    with open_store(directory, FakeMachine()) as store, store.open("Ada") as ada:
        if lock:
            ada.unlock(lock)
        for number in range(each + 1, 2 * each + 1):
            ada.say(f"line {number}")
        return (directory / "Ada.dat").read_bytes()


def test_a_damaged_file_is_set_aside_and_served(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is sound is served, the original kept aside, the operator told, the patient talks on."""
    data = damaged_store(tmp_path)
    at = data.index(b"line 5")
    broken = data[:at] + b"LINE" + data[at + 4 :]
    (tmp_path / "Ada.dat").write_bytes(broken)
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Ada") as ada:
            assert [each.number for each in ada.history(10)] == [1, 2, 3, 4, 6]
            assert ada.say("on").number == 7
        assert store.counts.damaged == 1
        (aside,) = tmp_path.glob("Ada.dat.damaged-*")
        assert aside.read_bytes() == broken
        assert aside.stat().st_mode & 0o777 == 0o600
        assert "Ada.dat: bytes" in caplog.text
        assert aside.name in caplog.text
        assert "line 4" not in caplog.text
        assert str(store.repair("Ada")) == "6 exchanges are sound"


def test_repair_brings_back_what_was_set_aside(tmp_path: Path) -> None:
    """Exchanges that a copy set aside holds and the file lacks come back by `repair`."""
    data = damaged_store(tmp_path)
    (tmp_path / "Ada.dat.damaged-20260101T000000").write_bytes(data)
    at = data.index(b"line 5")
    (tmp_path / "Ada.dat").write_bytes(data[:at] + b"LINE" + data[at + 4 :])
    with open_store(tmp_path, FakeMachine()) as store:
        assert str(store.repair("Ada")) == "6 exchanges are sound, 1 of them found again"
    assert lines_of(tmp_path / "Ada.dat") == [f"line {number}" for number in range(1, 7)]


def test_a_torn_tail_is_kept_aside_and_cut_off(tmp_path: Path) -> None:
    """An unfinished write is kept under a name of its own, and what is appended stays readable."""
    data = damaged_store(tmp_path)
    (tmp_path / "Ada.dat").write_bytes(data[:-5])
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 5
        ada.say("six again")
        assert lines_of(tmp_path / "Ada.dat")[-1] == "six again"
    (aside,) = tmp_path.glob("Ada.dat.torn-*")
    assert data[:-5].endswith(aside.read_bytes())
    assert not list(tmp_path.glob("*.damaged-*"))


def test_no_changed_byte_opens_a_protected_file(tmp_path: Path) -> None:
    """Every byte of a protected file is changed: it never opens without the passphrase."""
    data = damaged_store(tmp_path, "secret", each=1)
    path = tmp_path / "Ada.dat"
    with open_store(tmp_path, FakeMachine()) as store:
        for at in range(len(data)):
            broken = bytearray(data)
            broken[at] ^= 0xFF
            path.write_bytes(broken)
            try:
                with store.open("Ada") as ada:
                    assert ada.locked
            except LockUnreadable:
                continue
        for copy in tmp_path.glob("Ada.dat.damaged-*"):
            assert files.peek(copy)[2], "a copy that is set aside is locked like the original"


def test_an_unreadable_lock_opens_for_nobody_until_it_is_reset(tmp_path: Path) -> None:
    """With both copies of the header broken the name is closed; the operator's reset opens it."""
    data = damaged_store(tmp_path, "secret").replace(b"Adafake", b"Bdafake")
    (tmp_path / "Ada.dat").write_bytes(data)
    with open_store(tmp_path, FakeMachine()) as store:
        for _ in range(2):
            with pytest.raises(LockUnreadable, match="--reset"):
                store.open("ada")
        assert (tmp_path / "Ada.dat").read_bytes() == data
        store.reset_passphrase("Ada")
        with store.open("Ada") as ada:
            assert not ada.locked
            assert [each.number for each in ada.history(10)] == [1, 2, 3, 4, 5, 6]
    (aside,) = tmp_path.glob("Ada.dat.damaged-*")
    assert aside.read_bytes() == data


def test_cut_at_every_length_and_talked_on(tmp_path: Path) -> None:
    """Whatever is left of a file, the store opens it or keeps it closed, and never fails."""
    data = damaged_store(tmp_path)
    path = tmp_path / "Ada.dat"
    with open_store(tmp_path, FakeMachine()) as store:
        for length in range(0, len(data), 5):
            path.write_bytes(data[:length])
            try:
                with store.open("Ada") as ada:
                    before = ada.last_number
                    assert ada.say("on").number == before + 1
                    assert [each.number for each in ada.history(9)] == list(range(1, before + 2))
            except LockUnreadable:
                assert length < 400
                assert path.read_bytes() == data[:length]
            compacted = store.storage._compactor  # type: ignore[attr-defined]
            compacted.close()
            store.storage._compactor = type(compacted)(compacted._directory)  # type: ignore[attr-defined]


# --- files that somebody else changes ----------------------------------------------------------


def test_a_file_put_back_beneath_a_new_patient_is_kept(tmp_path: Path) -> None:
    """What somebody puts where a new patient's file will be is never removed or written over."""
    backup = damaged_store(tmp_path)
    path = tmp_path / "Ada.dat"
    path.unlink()
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Bob") as bob:
            bob.say("hello")
        with store.open("Ada") as ada:
            path.write_bytes(backup)
            with pytest.raises(NotSaved):
                ada.say("lost")
            with pytest.raises(NotSaved):
                ada.set_passphrase("secret")
            assert path.read_bytes() == backup
        path.rename(tmp_path / "Eve.dat")
        with pytest.raises(NameTaken):
            store.rename("Bob", "Eve")
        with store.open("Eve") as eve:
            assert eve.say("found").number == len(lines_of(tmp_path / "Eve.dat"))


@pytest.mark.parametrize("how", ["removed", "replaced", "shortened", "lengthened"])
def test_no_line_is_answered_into_a_file_that_is_gone(tmp_path: Path, how: str) -> None:
    """Where a file changes beneath a conversation the next line is refused, those after it kept."""
    path = tmp_path / "Ada.dat"
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.say("one")
        before = path.read_bytes()
        ada.say("two")
        if how == "removed":
            path.unlink()
        elif how == "replaced":
            (tmp_path / "other").write_bytes(before)
            (tmp_path / "other").rename(path)
        else:
            path.write_bytes(before if how == "shortened" else path.read_bytes() + b"scribble")
        with pytest.raises(NotSaved):
            ada.say("three")
        answered = ada.say("four")
    kept = {"removed": [], "lengthened": ["one", "two"]}.get(how, ["one"])
    assert lines_of(path) == [*kept, "four"]
    assert answered.number == len(kept) + 1
