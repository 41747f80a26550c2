"""The archive of a directory: histories are read beside a store, and nothing is changed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from doctor.errors import ForbiddenContent, StoreError, UnknownPatient
from doctor.patients import open_archive
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.histories import keep, said
from tests.support.said_lines import damaged_store

if TYPE_CHECKING:
    from pathlib import Path


def test_patients_are_sorted_and_found_in_any_spelling(tmp_path: Path) -> None:
    """Names come as they were first given; capitals and accents do not matter to `find`."""
    for name in ("bob", "Ada", "Zoë", "con", "a%b"):
        keep(tmp_path, name, said())
    (tmp_path / "notes.txt").touch()
    archive = open_archive(tmp_path)
    assert archive.patients() == ["a%b", "Ada", "bob", "con", "Zoë"]
    for wanted, name in (("ADA", "Ada"), (" zoe\u0308 ", "Zoë"), ("Con", "con"), ("A%B", "a%b")):
        assert archive.find(wanted) == name
        assert archive.read(name).name == name
    assert archive.find("Eve") is None
    assert archive.find("x" * 300) is None
    assert archive.where == str(tmp_path)
    assert archive.place("con") == str(tmp_path / "%63on.dat")


def test_a_file_name_that_another_system_composed(tmp_path: Path) -> None:
    """A name whose accents are apart, as some systems write them, is read all the same."""
    path = keep(tmp_path, "Zoë", said())
    path.rename(tmp_path / unicodedata.normalize("NFD", path.name))
    archive = open_archive(tmp_path)
    assert archive.patients() == ["Zoë"]
    assert archive.peek("Zoë").summary.exchanges == 1
    assert archive.find("ZOË") == "Zoë"


def test_what_is_not_there(tmp_path: Path) -> None:
    """No directory, no patient, and what is no history are told apart."""
    with pytest.raises(StoreError, match="no directory"):
        open_archive(tmp_path / "nowhere").patients()
    (tmp_path / "Bad.dat").write_bytes(b"not a history")
    archive = open_archive(tmp_path)
    for use in (archive.read, archive.peek, archive.verify):
        with pytest.raises(UnknownPatient):
            use("Ada")
    with pytest.raises(ForbiddenContent, match=r"Bad\.dat: "):
        archive.read("Bad")
    assert not archive.verify("Bad").sound
    assert list(archive.follow("Ada", 0)) == []


def test_damage_is_told_and_the_rest_read(tmp_path: Path) -> None:
    """A damaged file is read as far as it is sound, and no byte of it changes."""
    data = damaged_store(tmp_path, "secret")
    at = data.index(b"line 5")
    broken = data[:at] + b"LINE" + data[at + 4 :]
    (tmp_path / "Ada.dat").write_bytes(broken)
    archive = open_archive(tmp_path)
    history = archive.read("Ada")
    assert [each.number for each in history.transcript] == [1, 2, 3, 4, 6]
    assert history.locked
    assert history.place == str(tmp_path / "Ada.dat")
    (damage,) = history.damage
    checked = archive.verify("Ada")
    assert not checked.sound
    assert (checked.exchanges, checked.faults[0].offset) == (5, damage.start)
    assert (tmp_path / "Ada.dat").read_bytes() == broken


def test_an_unfinished_write_is_no_fault(tmp_path: Path) -> None:
    """Bytes of a write that goes on, or was cut off, are counted and left out."""
    data = damaged_store(tmp_path)
    (tmp_path / "Ada.dat").write_bytes(data[:-3])
    checked = open_archive(tmp_path).verify("Ada")
    assert checked.sound
    assert checked.exchanges == 5
    assert checked.torn > 0


def test_copies_that_were_set_aside(tmp_path: Path) -> None:
    """Each is told with its patient; what belongs to nobody is not."""
    names = ("Ada.dat.damaged-20260101T000000", "Bob.dat.torn-20260101T000000-2", "Ada.dat.bak")
    for name in names:
        (tmp_path / name).touch()
    assert open_archive(tmp_path).set_aside() == [
        ("Ada", str(tmp_path / names[0])),
        ("Bob", str(tmp_path / names[1])),
    ]


def test_follow_yields_each_exchange_once(tmp_path: Path) -> None:
    """What is said while one looks comes once, through a clean end and a new beginning."""
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Ada") as patient:
            patient.say("one")
        steps = iter([["two", "three"], [], ["four"], None])

        def pause(_seconds: float) -> None:
            lines = next(steps)
            if lines is None:
                store.forget("Ada")
                return
            with store.open("Ada") as patient:
                for line in lines:
                    patient.say(line)

        followed = [each.patient for each in open_archive(tmp_path).follow("Ada", 0, pause)]
    assert followed == ["one", "two", "three", "four"]
