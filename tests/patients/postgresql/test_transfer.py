"""Histories between a directory and a database: the same bytes, whichever way."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from doctor.__main__ import main
from doctor.errors import NameTaken, StoreError
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange, Summary
from doctor.patients import load, open_archive
from doctor.patients.opening import open_store, open_writer
from tests.patients.contract import say_all
from tests.support.fake_machine import FakeMachine, FakeScript

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgresql import Database


def _talk(where: str | Path) -> None:
    """Make histories of every kind: long, locked, of several scripts, with a line taken back."""
    other = FakeMachine(FakeScript("other", "cd" * 32))
    with open_store(where, FakeMachine()) as store:
        say_all(store, "Zoë", [f"care {number} \N{TAB} 好" for number in range(600)])
        with store.open("Ada") as patient:
            patient.say("private")
            patient.set_passphrase("secret")
            with patient.active.turn:
                store.storage.take_back(patient.active, 1)
        with store.open("Locked") as patient:
            patient.set_passphrase("secret")
        store.change_machine(other)
        say_all(store, "Zoë", ["with another script"])


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.parametrize("first", ["rows", "files"])
def test_there_and_back(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str
) -> None:
    """Each file that goes into the database and comes out again is byte for byte the same."""
    one, two = tmp_path / "one", tmp_path / "two"
    if first == "rows":
        _talk(database.url)
        assert "3 histories copied" in _run(capsys, "copy", database.url, str(one))
        database.rows("truncate patients, exchanges, scripts")
    else:
        _talk(one)
    assert "3 histories copied" in _run(capsys, "copy", str(one), database.url)
    assert "0 histories copied, 3 were there" in _run(capsys, "copy", str(one), database.url)
    assert "3 histories copied" in _run(capsys, "copy", database.url, str(two))
    files = sorted(path.name for path in one.glob("*.dat"))
    assert files == ["Ada.dat", "Locked.dat", "Zoë.dat"]
    for name in files:
        assert (two / name).read_bytes() == (one / name).read_bytes()
    _run(capsys, "verify", "--patients", database.url)
    with open_store(database.url, FakeMachine(FakeScript("other", "cd" * 32))) as store:
        assert say_all(store, "Zoë", ["on"])[0].doctor == "2: on"
        with store.open("Ada") as patient:
            assert patient.locked


def test_another_history_of_the_name(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused and stays as it is, unless it may be replaced; the others are copied."""
    for where, line in ((database.url, "rows"), (tmp_path / "p", "files")):
        with open_store(where, FakeMachine()) as store:
            say_all(store, "Ada", [line])
    with open_store(tmp_path / "p", FakeMachine()) as store:
        say_all(store, "Bob", ["hello"])
    assert main(["copy", str(tmp_path / "p"), database.url]) == 1
    out, err = capsys.readouterr()
    assert "1 history copied, 1 were not copied" in out
    assert "not copied: Ada: there is another history of Ada" in err
    assert [each.patient for each in open_archive(database.url).read("Ada").transcript] == ["rows"]
    _run(capsys, "copy", str(tmp_path / "p"), database.url, "--replace", "--name", "ada")
    assert [each.patient for each in open_archive(database.url).read("Ada").transcript] == ["files"]
    assert database.rows("select count(*) from exchanges") == [(2,)]
    header = Header("ADA", ScriptId(), b"", None, Summary(), 0)
    writer = open_writer(tmp_path / "p")
    try:
        with pytest.raises(NameTaken):
            writer.put(record.write(header, Transcript(birth=7)), replace=False)
    finally:
        writer.close()


def test_every_value_of_format_2(database: Database) -> None:
    """Gaps of numbers, who spoke, events of later programs, times and the largest numbers."""
    history = Transcript(birth=(1 << 64) - 1)
    history.append(Exchange(3, 0.001, 1, "", "", event="taken back"), b"12345678")
    history.append(
        Exchange(9, 253_402_300_799.999, (1 << 32) - 1, "a", "b", "K", "care", "Eve", "Carl"),
        b"\xff" * 8,
    )
    history.append(Exchange((1 << 63) - 1, 5.5, 1, "é", "", event="event 200"))
    header = Header("Ada", ScriptId("s", "ab" * 32), b"x", b"lock", Summary(), 0, kind=1)
    data = record.write(header._replace(state_number=9), history)
    writer = open_writer(database.url)
    try:
        assert writer.put(data, replace=False)
        assert open_archive(database.url).pickled("Ada") == data
        bad = Transcript(birth=3)
        bad.append(Exchange(1, 1.0, 1, "a\0b", ""))
        with pytest.raises(StoreError, match=r"U\+0000"):
            writer.put(record.write(header._replace(name="Bob"), bad), replace=False)
    finally:
        writer.close()
    assert open_archive(database.url).patients() == ["Ada"]


def test_a_pickle_is_exported(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`export --format pickle` writes a patient's file, as a server with a directory keeps it."""
    _talk(database.url)
    file = tmp_path / "Zoë.dat"
    _run(capsys, "export", "zoë", "--patients", database.url, "--format", "pickle", "-o", str(file))
    assert len(load(file).history) == 601
    assert len(pickle.loads(file.read_bytes()).history) == 601
    assert main(["export", "--all", "--patients", database.url, "--format", "pickle"]) == 2
