"""Histories in format 2: how they begin, what stays of format 1, damage that is found later."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doctor.errors import HistoryFull, NotSaved
from doctor.history import record
from doctor.history.chunks import CHUNK, Transcript
from doctor.history.contents import header_of
from doctor.history.frames import Frame, Kind, walk
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange, Summary
from doctor.patients import open_archive
from doctor.patients.files import disk, patient_file, storage
from doctor.patients.opening import open_store
from tests.support import format_1
from tests.support.fake_machine import FakeMachine
from tests.support.histories import run
from tests.support.said_lines import said_lines

if TYPE_CHECKING:
    from doctor.patients.store import PatientStore

HISTORIES = Path(__file__).resolve().parents[2] / "data/histories-1.0.0"
SCRIPT = ScriptId("fake", "ab" * 32)


def said(number: int) -> Exchange:
    """Return an exchange of the fake machine."""
    return Exchange(number, 1e9 + number, 1 + number // 50, f"l{number}", f"{number}: l{number}")


def old_file(count: int, tail: int) -> bytes:
    """Return a history in format 1."""
    header = Header("Ada", SCRIPT, count.to_bytes(4, "little"), None, Summary(), 0)
    data = format_1.write(header, [said(number) for number in range(1, count + 1)])
    for number in range(count + 1, count + tail + 1):
        data += format_1.exchange_frame(said(number), SCRIPT.tag, number.to_bytes(4, "little"))
    return data


def new_file(count: int) -> bytes:
    """Return a history in format 2."""
    history = Transcript(birth=9)
    for number in range(1, count + 1):
        history.append(said(number), SCRIPT.tag)
    state = count.to_bytes(4, "little")
    header = Header("Ada", SCRIPT, state, None, Summary(), 0, state_number=count)
    return record.write(header, history)


@pytest.mark.parametrize(("count", "tail"), [(0, 1), (3, 0), (3, 4), (CHUNK + 5, 3)])
def test_a_history_of_format_1_becomes_one_of_format_2(
    tmp_path: Path, count: int, tail: int
) -> None:
    """It is read as it is, and written in format 2 before the next line is appended; nothing else.

    The state goes on, and the same file always becomes the same one.
    """
    path = tmp_path / "Ada.dat"
    path.write_bytes(old_file(count, tail))
    before = path.read_bytes()
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert len(ada.history(999)) == count + tail
        ada.greeting()
        assert path.read_bytes() == before
        total = count + tail + 1
        assert ada.say("on").doctor == f"{total}: on"
        contents = disk.read(path)
        assert contents.version == 2
        assert contents.history.birth == 1_000_000_001_000
        kinds = [each.kind for each in walk(path.read_bytes()) if isinstance(each, Frame)]
        assert Kind.EXCHANGE not in kinds
        assert kinds[-2:] == [Kind.ENTRY, Kind.STATE]
    assert list(contents.history)[:-1] == [said(number) for number in range(1, total)]
    assert said_lines(path)[-1] == "on"
    once, again = (record.read(before) for _ in range(2))
    made = record.write(header_of(once), once.history)
    assert made == record.write(header_of(again), again.history)
    assert record.write(header_of(record.read(made)), record.read(made).history) == made


def test_a_visit_without_a_word_changes_no_file_of_format_1(tmp_path: Path) -> None:
    """Who only comes and looks leaves the file as it is, where it has no tail."""
    path = tmp_path / "Ada.dat"
    path.write_bytes(old_file(5, 0))
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.greeting()
        ada.history(3)
    assert path.read_bytes() == old_file(5, 0)


def test_a_conversion_that_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without space for the new file the line is refused, and later it is taken."""
    path = tmp_path / "Ada.dat"
    path.write_bytes(old_file(5, 2))
    real = os.replace
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        with monkeypatch.context() as patch:

            def failing(*_: object) -> None:
                raise OSError(28, "No space left on device")

            patch.setattr(os, "replace", failing)
            with pytest.raises(NotSaved, match="space"):
                ada.say("lost")
        assert path.read_bytes() == old_file(5, 2)
        assert os.replace is real
        assert ada.say("on").number == 8


def test_version_1_0_0_refuses_what_this_one_writes() -> None:
    """The version is first in the header, where every version looks."""
    frame = next(each for each in walk(new_file(3)) if isinstance(each, Frame))
    payload = new_file(3)[frame.payload : frame.payload + 2]
    assert (frame.kind, int.from_bytes(payload, "little")) == (1, 2)


def test_the_state_is_written_now_and_then(tmp_path: Path) -> None:
    """With the first exchange of a visit, and after sixteen: not with every one."""
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.greeting()
        for _ in range(40):
            ada.say("a")
        data = (tmp_path / "Ada.dat").read_bytes()
        numbers = [each.number for each in walk(data)
                   if isinstance(each, Frame) and each.kind == Kind.STATE]  # fmt: skip
        assert numbers == [1, 17, 33]
        ada.greeting()
        ada.say("a")
        assert disk.read(tmp_path / "Ada.dat").state_number == 41


def damaged_chunk(directory: Path) -> bytes:
    """Write a long history with a byte changed in its first chunk; return its bytes."""
    data = bytearray(new_file(1000))
    data[data.index(b"l100")] ^= 1
    (directory / "Ada.dat").write_bytes(data)
    return bytes(data)


def test_damage_that_is_found_when_somebody_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is sound is shown, the next line puts the file right, the original is set aside."""
    data = damaged_chunk(tmp_path)
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.greeting()
        assert [each.number for each in ada.history(20)] == list(range(981, 1001))
        assert not caplog.records
        assert [each.number for each in ada.history(3, before=103)] == [99, 101, 102]
        assert "not what was written" in caplog.text
        with pytest.raises(NotSaved, match="once more"):
            ada.say("on")
        assert ada.say("on").doctor == "1001: on"
        assert [each.number for each in ada.history(3, before=103)] == [99, 101, 102]
        assert store.counts.damaged == 1
    (aside,) = tmp_path.glob("Ada.dat.damaged-*")
    assert aside.read_bytes() == data
    assert disk.read(tmp_path / "Ada.dat").damage == ()
    assert open_archive(tmp_path).verify("Ada").gaps == ((100, 100),)


def test_damage_that_nobody_looked_at_stays_to_be_found(tmp_path: Path) -> None:
    """A visit elsewhere in the history copies a damaged chunk as it is: `verify` finds it."""
    damaged_chunk(tmp_path)
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.greeting()
        assert ada.say("on").number == 1001
    checked = open_archive(tmp_path).verify("Ada")
    assert not checked.sound
    assert checked.exchanges == 1000
    with open_store(tmp_path, FakeMachine()) as store:
        assert store.repair("Ada") == (1000, 1000)
    ran = run("verify", "--patients", str(tmp_path))
    assert ran.status == 0
    assert "exchange 100 is missing" in ran.out


def reads(store: PatientStore, directory: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many bytes are read to open a history of so many exchanges and to show 20."""
    (directory / "Ada.dat").write_bytes(new_file(count))
    total = 0
    real = os.read

    def counting(descriptor: int, length: int) -> bytes:
        nonlocal total
        data = real(descriptor, length)
        total += len(data)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", counting)
        with store.open("Ada") as ada:
            ada.greeting()
            assert len(ada.history(20)) == 20
    return total


def test_a_long_history_costs_no_more_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening and `/history 20` read the ends of the file, however long it is."""
    with open_store(tmp_path, FakeMachine()) as store:
        short = reads(store, tmp_path, CHUNK, monkeypatch)
        long = reads(store, tmp_path, 40 * CHUNK, monkeypatch)
    assert long < short + 4 * 2 * 40 * 28 + 1000  # the header has a row for each chunk, twice


def test_a_long_tail_is_compacted_while_the_patient_talks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tail never stays longer than the rest, and every line is there, once."""
    monkeypatch.setattr(patient_file, "LONG_TAIL", 5000)
    monkeypatch.setattr(storage, "LONG_TAIL", 5000)
    path = tmp_path / "Ada.dat"
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        for number in range(400):
            assert ada.say(f"line {number}").number == number + 1
        store.storage._compactor.close()  # type: ignore[attr-defined]
        assert store.counts.compacted >= 2
        contents = disk.read(path)
        assert contents.size - contents.head < contents.head
        store.storage._compactor = type(store.storage._compactor)(  # type: ignore[attr-defined]
            store.storage._directory  # type: ignore[attr-defined]
        )
    assert said_lines(path) == [f"line {number}" for number in range(400)]


def test_a_long_file_keeps_a_short_tail_at_a_clean_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a tail of 1/64 of it has a long file written anew; nothing is lost either way."""
    monkeypatch.setattr(patient_file, "SMALL_FILE", 20_000)
    path, said, kept, compacted = tmp_path / "Ada.dat", list[str](), 0, 0
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        said += [ada.say(f"line {number}").patient for number in range(400)]
    assert not disk.read(path).tail
    for visit in range(30):
        with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
            assert ada.last_number == len(said)
            said.append(ada.say(f"visit {visit}").patient)
        contents = disk.read(path)
        tail = contents.size - contents.head
        assert tail * patient_file.TAIL_PART < contents.size
        kept, compacted = kept + bool(tail), compacted + (not tail)
        assert said_lines(path) == said
    assert kept > compacted > 0


def test_a_full_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a file is longer than one may be its lines are refused; it opens, and is compacted."""
    monkeypatch.setattr(record, "MAX_FILE", 140_000)
    path = tmp_path / "Ada.dat"
    said_so_far = 0
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Ada") as ada:
            with contextlib.suppress(HistoryFull):
                for _ in range(1000):
                    said_so_far = ada.say("x" * 500).number
            with pytest.raises(HistoryFull, match="full"):
                ada.say("x" * 500)
        with store.open("Ada") as ada:
            assert ada.last_number == said_so_far > 20
    assert path.stat().st_size <= 140_000
    assert len(said_lines(path)) == said_so_far
