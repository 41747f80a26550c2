"""A full or failing disk: a line that is not stored was not said, and all before it is safe."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from doctor.errors import NotSaved
from doctor.patients.files import disk
from doctor.patients.opening import load, open_store
from tests.support.failing_disk import Failing
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import said_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
            assert said_lines(directory / "Ada.dat") == said
        assert refused > 100
        with store.open("Bob") as bob, pytest.raises(NotSaved):
            bob.say("hello")
        filler.unlink()
        said.append(ada.say("room again").patient)
        assert ada.last_number == len(said)
        with store.open("Bob") as bob:
            assert bob.say("hello").number == 1
    assert said_lines(directory / "Ada.dat") == said
    assert load(directory / "Ada.dat").summary.exchanges == len(said)


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
    assert said_lines(tmp_path / "Ada.dat") == said
    assert said_lines(tmp_path / "New.dat") == ["now"]
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
    assert said_lines(tmp_path / "Ada.dat") == ["hello"]
    failing.on = False
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 1
    assert store.counts.compacted == 1
    assert disk.read(tmp_path / "Ada.dat").tail == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "Ada.dat"]
