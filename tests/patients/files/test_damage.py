"""Damaged, torn and unreadable files: what is sound is served, the rest is kept aside."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from doctor.errors import LockUnreadable
from doctor.patients.files import disk
from doctor.patients.files.storage import FileStorage
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import damaged_store, said_lines

if TYPE_CHECKING:
    from pathlib import Path


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
    assert said_lines(tmp_path / "Ada.dat") == [f"line {number}" for number in range(1, 7)]


def test_a_torn_tail_is_kept_aside_and_cut_off(tmp_path: Path) -> None:
    """An unfinished write is kept under a name of its own, and what is appended stays readable."""
    data = damaged_store(tmp_path)
    (tmp_path / "Ada.dat").write_bytes(data[:-5])
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 5
        ada.say("six again")
        assert said_lines(tmp_path / "Ada.dat")[-1] == "six again"
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
            assert disk.peek(copy)[2], "a copy that is set aside is locked like the original"


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


def test_taking_back_reaches_what_was_set_aside(tmp_path: Path) -> None:
    """No copy holds the exchange any more, and what was sound in the copies is in the file."""
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as patient:
        for word in ("one", "my secret", "three"):
            patient.say(word)
    (path,) = tmp_path.glob("Ada.dat")
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as patient:
        assert list(tmp_path.glob("Ada.dat.*"))
        assert patient.take_back(2)
        assert not patient.take_back(77)
        assert patient.say("four").doctor == "3: four"
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"secret" not in file.read_bytes(), file


def test_forgetting_lists_nothing_and_erases_what_was_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there at the start and what is set aside later go; the directory is listed once."""
    (tmp_path / "Ada.dat.torn-20260101T000000").write_bytes(b"x")
    (tmp_path / "Bob.dat.torn-20260101T000000").write_bytes(b"x")
    with open_store(tmp_path, FakeMachine()) as store:
        assert isinstance(store.storage, FileStorage)
        store.storage._directory.wait_for_list()
        with store.open("Ada") as ada, monkeypatch.context() as patch:
            ada.say("hello")
            patch.setattr(os, "scandir", None)
            ada.forget()
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith("Ada")] == []
        with store.open("Ada") as ada:
            for _ in range(3):
                ada.say("hello")
        store.storage._compactor.close()
        data = bytearray((tmp_path / "Ada.dat").read_bytes())
        data[len(data) // 2] ^= 1
        (tmp_path / "Ada.dat").write_bytes(data)
        with store.open("Ada") as ada:
            assert len(list(tmp_path.glob("Ada.dat.damaged-*"))) == 1
            ada.forget()
        left = sorted(path.name for path in tmp_path.iterdir() if ".dat" in path.name)
        assert left == ["Bob.dat.torn-20260101T000000"]
