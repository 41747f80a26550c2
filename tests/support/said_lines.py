"""What a patient of the fake machine said, read from the file and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from pathlib import Path


def said_lines(path: Path) -> list[str]:
    """Return what a patient said, checked: numbers without a hole, each reply to its line."""
    history = list(load(path).history)
    assert [each.number for each in history] == list(range(1, len(history) + 1))
    assert all(each.doctor.endswith(f": {each.patient}") for each in history)
    return [each.patient for each in history]


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
