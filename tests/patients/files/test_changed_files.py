"""Files that somebody else changes while a store has them open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import NameTaken, NotSaved
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import damaged_store, said_lines

if TYPE_CHECKING:
    from pathlib import Path


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
            assert eve.say("found").number == len(said_lines(tmp_path / "Eve.dat"))


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
    assert said_lines(path) == [*kept, "four"]
    assert answered.number == len(kept) + 1
