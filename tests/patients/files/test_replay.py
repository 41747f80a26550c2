"""What a commit log left by a crash is put into, and what it is never put into."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from doctor.history.transcript import Exchange
from doctor.patients.files import disk
from doctor.patients.files.log_format import NAMES, Job, Logged, pack_batch
from doctor.patients.files.replay import place, replay, waiting
from doctor.patients.opening import load, open_store
from tests.support import format_1
from tests.support.fake_machine import FakeMachine
from tests.support.histories import run

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("doctor.patients")


def talk(directory: Path, name: str, *words: str) -> bytes:
    """Say lines in one visit that ends cleanly; return the file."""
    with open_store(directory, FakeMachine()) as store, store.open(name) as patient:
        patient.greeting()
        for word in words:
            patient.say(word)
    return (directory / f"{name}.dat").read_bytes()


def crash(directory: Path, name: str, *words: str) -> bytes:
    """Say lines, and leave the file and the log as a process that is killed then leaves them."""
    with open_store(directory, FakeMachine()) as store, store.open(name) as patient:
        patient.greeting()
        for word in words:
            patient.say(word)
        left = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    for file, data in left.items():
        (directory / file).write_bytes(data)
    return left[f"{name}.dat"]


def said(path: Path) -> list[str]:
    """Return the lines of a history that must be sound."""
    contents = disk.read(path)
    assert contents.damage == ()
    assert list(contents.history.breaks()) == []
    return [each.patient for each in contents.history]


def unplaced(directory: Path) -> bytes:
    """Return what was set aside because it does not belong to a file."""
    return b"".join(path.read_bytes() for path in directory.glob("*.unplaced-*"))


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """Return a directory in which a server died: Ada said one to three, then four and five."""
    talk(tmp_path, "Ada", "one", "two", "three")
    crash(tmp_path, "Ada", "four", "five")
    return tmp_path


def test_what_is_there_already_stays_as_it_is(started: Path) -> None:
    """A process that was killed left everything in the file: not a byte of it changes."""
    before = (started / "Ada.dat").read_bytes()
    replay(started, LOG)
    assert (started / "Ada.dat").read_bytes() == before
    assert not list(started.glob(".commits*"))


@pytest.mark.parametrize("lost", [1, 40, 120, 150])
def test_what_a_power_cut_took_comes_back(started: Path, lost: int) -> None:
    """However much the end of the file lacks, the log completes it."""
    before = (started / "Ada.dat").read_bytes()
    os.truncate(started / "Ada.dat", len(before) - lost)
    replay(started, LOG)
    assert said(started / "Ada.dat") == ["one", "two", "three", "four", "five"]
    assert unplaced(started) == b""


def test_what_a_power_cut_left_as_zeros_comes_back(started: Path) -> None:
    """An exchange that became zeros between others is put in its place."""
    path = started / "Ada.dat"
    data = bytearray(path.read_bytes())
    contents = disk.read(path)
    frame = contents.history.frame_of(4)
    assert frame is not None
    at = data.index(frame)
    data[at : at + len(frame)] = bytes(len(frame))
    path.write_bytes(data)
    replay(started, LOG)
    assert said(path) == ["one", "two", "three", "four", "five"]
    assert unplaced(started) == b""


def test_a_file_that_is_gone_is_made_again_from_a_whole_log(tmp_path: Path) -> None:
    """A log that holds the first exchange too makes the file again; another one does not."""
    crash(tmp_path, "Ada", "one", "two")
    (tmp_path / "Ada.dat").unlink()
    replay(tmp_path, LOG)
    assert said(tmp_path / "Ada.dat") == ["one", "two"]
    crash(tmp_path, "Ada", "three")
    (tmp_path / "Ada.dat").unlink()
    replay(tmp_path, LOG)
    assert not (tmp_path / "Ada.dat").exists()
    assert b"three" in unplaced(tmp_path)


@pytest.mark.parametrize("kind", ["another's", "older", "newer", "begun anew", "format 1"])
def test_a_log_is_not_played_onto_another_history(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was put in the file's place stays as it is; the log's records are set aside."""
    older = talk(tmp_path, "Ada", "one", "two")
    talk(tmp_path, "Ada", "three", "four")
    crash(tmp_path, "Ada", "five", "six")
    other = tmp_path / "other"
    talk(other, "Ada", "begun", "anew", "and", "longer")
    path = tmp_path / "Ada.dat"
    header = disk.read(path).header
    assert header is not None
    put = {
        "another's": talk(other, "Bob", *"12345678"),
        "older": older,
        "newer": talk(other, "Cyd", "x"),
        "begun anew": (other / "Ada.dat").read_bytes(),
        "format 1": format_1.write(
            header,
            [Exchange(number, 1e9 + number, 1, "old", f"{number}: old") for number in range(1, 5)],
        ),
    }[kind]
    path.write_bytes(put)
    with open_store(tmp_path, FakeMachine()) as store:
        assert path.read_bytes() == put
        with store.open("Ada") as ada:
            numbers = [each.number for each in ada.history(99)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert ada.say("on").number == len(numbers) + 1
    assert all(word in unplaced(tmp_path) for word in (b"five", b"six"))
    assert "Ada.dat: exchanges 5 to 6 in the commit log do not continue" in caplog.text
    assert {"five", "six"}.isdisjoint(said(path))


def test_a_log_of_format_1_is_taken_as_far_as_it_follows(tmp_path: Path) -> None:
    """Its records go behind a file of format 1 that has the numbers before, and nowhere else."""
    header = disk.read(_sample(tmp_path)).header
    assert header is not None
    was = [Exchange(number, 1e9 + number, 1, f"{number}", "r") for number in range(1, 9)]
    file = format_1.write(header, was[:3])

    def placed(numbers: list[int], rows: list[Exchange]) -> tuple[list[int], list[int]]:
        records = [
            Logged("Ada.dat", number, 0, False, format_1.exchange_frame(each))  # noqa: FBT003
            for number, each in zip(numbers, rows, strict=True)
        ]
        (tmp_path / "Old.dat").write_bytes(file)
        found = place(disk.read(tmp_path / "Old.dat"), records)
        assert found.contents is not None
        return (
            [each.number for each in found.contents.history],
            [each.number for each in found.unplaced],
        )

    assert placed([3, 4, 5], was[2:5]) == ([1, 2, 3, 4, 5], [])
    assert placed([5, 6], was[4:6]) == ([1, 2, 3], [5, 6])
    other = [each._replace(patient="another") for each in was]
    assert placed([2, 4, 5], [other[1], *was[3:5]]) == ([1, 2, 3], [2, 4, 5])


def _sample(directory: Path) -> Path:
    talk(directory, "Ada", "one")
    return directory / "Ada.dat"


def test_a_log_that_lies_does_no_harm(tmp_path: Path) -> None:
    """Records with right checksums and wrong contents are set aside; the start goes on."""
    birth = disk.read(_sample(tmp_path)).history.birth
    odd = [b"", b"not frames", b"\x80\x04x", bytes(100)]
    jobs = [
        Job(name, number, which, whole, data, lambda _error: None)
        for name in ("Ada.dat", "New.dat")
        for number in (0, 1, 2, 9)
        for which in (birth, 1)
        for whole in (True, False)
        for data in odd
    ]
    (tmp_path / NAMES[0]).write_bytes(pack_batch(jobs, 3))
    assert set(waiting(tmp_path)) == {"Ada.dat", "New.dat"}
    replay(tmp_path, LOG)
    assert said(tmp_path / "Ada.dat") == ["one"]
    assert not (tmp_path / "New.dat").exists()


def test_the_commands_read_what_waits(started: Path) -> None:
    """After a power cut `show` has what the log holds; nothing on the disk changes."""
    data = (started / "Ada.dat").read_bytes()
    os.truncate(started / "Ada.dat", len(data) - 100)
    before = {path.name: path.read_bytes() for path in started.iterdir() if path.is_file()}
    for words in (("show", "Ada"), ("export", "Ada"), ("search", "five")):
        ran = run(*words, "--patients", str(started))
        assert ran.status == 0
        assert "five" in ran.out
    for word in ("list", "verify"):
        ran = run(word, "--patients", str(started))
        assert ran.status == 0
        assert "a commit log waits" in ran.err
        assert "1 exchange of Ada" in ran.err
    assert {path.name: path.read_bytes() for path in started.iterdir() if path.is_file()} == before


def test_a_repair_takes_only_what_belongs_to_a_history(started: Path) -> None:
    """What was set aside of another history is not put into this one by a repair."""
    (started / "Ada.dat").write_bytes(talk(started / "other", "Bob", "b1", "b2", "b3"))
    with open_store(started, FakeMachine()) as store:
        store.repair("Ada")
    assert said(started / "Ada.dat") == ["b1", "b2", "b3"]
    assert [each.patient for each in load(started / "Ada.dat").history] == ["b1", "b2", "b3"]
