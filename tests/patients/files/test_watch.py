"""The directory, the lock and the log are removed or replaced under a running store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import NotSaved, StoreLocked
from doctor.patients.files.lock import DirectoryLock
from doctor.patients.files.log_format import NAMES, read_log
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import said_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.patients.files.watch import PlaceWatcher
    from doctor.patients.store import PatientStore


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the directory of the store."""
    return tmp_path / "patients"


@pytest.fixture
def store(place: Path) -> Iterator[PatientStore]:
    """Open a store."""
    with open_store(place, FakeMachine()) as store:
        yield store


def watcher(store: PatientStore) -> PlaceWatcher:
    """Return what looks after the store's place."""
    found: PlaceWatcher = store.storage._watcher  # type: ignore[attr-defined]
    return found


def test_nothing_is_saved_while_the_directory_is_elsewhere(
    store: PatientStore, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Lines are refused until the directory is back; what was said before is there."""
    with store.open("Ada") as ada:
        ada.say("one")
        moved = place.rename(place.with_name("moved"))
        watcher(store).look()
        assert caplog.text.count("moved or replaced the directory") == 1
        watcher(store).look()
        assert caplog.text.count("moved or replaced the directory") == 1
        with pytest.raises(NotSaved, match="directory"):
            ada.say("two")
        with pytest.raises(NotSaved, match="directory"):
            ada.set_passphrase("secret")
        moved.rename(place)
        watcher(store).look()
        assert "in its place again" in caplog.text
        assert ada.say("three").number == 2
    assert said_lines(place / "Ada.dat") == ["one", "three"]


def test_a_directory_that_stays_elsewhere_keeps_its_log(tmp_path: Path, place: Path) -> None:
    """A store that closes meanwhile leaves the log beside its files; the next one uses both."""
    store = open_store(place, FakeMachine())
    store.open("Ada").say("one")
    moved = place.rename(tmp_path / "moved")
    place.mkdir()
    watcher(store).look()
    store.close()
    assert list(read_log(moved / NAMES[0]))
    assert not list(place.glob("*.dat"))
    with open_store(moved, FakeMachine()) as again, again.open("Ada") as ada:
        assert ada.last_number == 1


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_lock_that_is_gone_is_made_again(
    store: PatientStore, place: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The directory stays this store's; nobody else can lock it; the operator is told."""
    (place / ".lock").unlink()
    if how == "replaced":
        (place / ".lock").write_text("1\n")
    watcher(store).look()
    assert ".lock; it was made again" in caplog.text
    with pytest.raises(StoreLocked):
        DirectoryLock(place)
    with store.open("Ada") as ada:
        assert ada.say("one").number == 1
    caplog.clear()
    watcher(store).look()
    assert not caplog.records


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_log_that_is_gone_is_begun_anew(
    store: PatientStore, place: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is said afterwards is in a log that the next start finds; what was put there stays."""
    path = place / NAMES[0]
    with store.open("Ada") as ada:
        ada.say("one")
        path.unlink()
        if how == "replaced":
            path.write_bytes(b"somebody's")
        watcher(store).look()
        assert "a new log was begun" in caplog.text
        ada.say("two")
        assert [each.number for each in read_log(path)] == [2]
    replaced = place / f"{NAMES[0]}.replaced"
    assert replaced.exists() == (how == "replaced")
    assert said_lines(place / "Ada.dat") == ["one", "two"]
