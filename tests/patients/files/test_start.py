"""The start of a store on a disk that is full, odd, read-only or shared with other users."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import NotSaved, StoreError, StoreLocked
from doctor.patients.files import commit_log, disk
from doctor.patients.opening import open_store
from tests.support.failing_disk import Failing
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import damaged_store, said_lines

if TYPE_CHECKING:
    from pathlib import Path


def _fail_to_make(patch: pytest.MonkeyPatch, ends: str, code: int) -> dict[str, bool]:
    """Let no file whose name ends so be made while the result says `on`."""
    real, switch = os.open, {"on": True}

    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if switch["on"] and flags & os.O_CREAT and str(path).endswith(ends):
            raise OSError(code, os.strerror(code), str(path))
        return real(path, flags, *rest, **more)

    patch.setattr(os, "open", opened)
    return switch


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_without_space_for_the_lock_the_directory_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Where `.lock` cannot be made the store opens all the same, and still only once."""
    _fail_to_make(monkeypatch, ".lock", code)
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.say("on").number == 1
        monkeypatch.undo()
        with pytest.raises(StoreLocked, match="in use"):
            open_store(tmp_path, FakeMachine())
    with open_store(tmp_path, FakeMachine()):
        pass


def test_a_lock_of_an_older_version_counts(tmp_path: Path) -> None:
    """A server that locks nothing but the file `.lock`, as 1.0.0 does, keeps others out."""
    with (tmp_path / ".lock").open("w") as file:
        file.write("123\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreLocked, match="process 123"):
            open_store(tmp_path, FakeMachine())
        assert (tmp_path / ".lock").read_text() == "123\n"


@pytest.mark.parametrize("name", ["write", "ftruncate"])
def test_the_process_in_the_lock_is_for_people_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A lock file that cannot be written stops no start, and no later one."""
    (tmp_path / ".lock").write_text("4194303\n")
    failing = Failing(name, monkeypatch)
    failing.on = True
    for _ in range(2):
        with open_store(tmp_path, FakeMachine()):
            pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_no_locks_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Without any lock the store does not open, and names the reason, not another process."""
    (tmp_path / ".lock").write_text("4194303\n")

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match="no lock can be had here") as refused:
        open_store(tmp_path, FakeMachine())
    assert not isinstance(refused.value, StoreLocked)
    assert "4194303" not in str(refused.value)


def _left_by_a_power_cut(directory: Path) -> None:
    """Leave a history whose last two exchanges, and one whose first, are in the log alone."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from doctor.patients.opening import open_store\n"
        "from tests.support.fake_machine import FakeMachine\n"
        "store = open_store(sys.argv[1], FakeMachine())\n"
        "ada = store.open('Ada')\n"
        "size = (Path(sys.argv[1]) / 'Ada.dat').stat().st_size\n"
        "ada.say('line 7'); ada.say('line 8')\n"
        "store.open('Bob').say('line 1')\n"
        "os.truncate(Path(sys.argv[1]) / 'Ada.dat', size)\n"
        "os.unlink(Path(sys.argv[1]) / 'Bob.dat')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(directory)], check=True)


def test_a_log_that_waits_for_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that cannot be put into the files waits: reading goes on, saving goes on later."""
    damaged_store(tmp_path)
    _left_by_a_power_cut(tmp_path)
    monkeypatch.setattr(commit_log, "RETRY", 0.0)
    failing = Failing("write", monkeypatch)
    failing.on = True
    with open_store(tmp_path, FakeMachine()) as store:
        assert "nothing can be saved now" in caplog.text
        assert "the disk is full" in caplog.text
        with store.open("Ada") as ada:
            assert ada.last_number == 6
            for _ in range(3):
                with pytest.raises(NotSaved):
                    ada.say("refused")
            failing.on = False
            with pytest.raises(NotSaved):
                ada.say("the file is read anew, since the log was put into it")
            assert ada.say("line 9").number == 9
        with store.open("Bob") as bob:
            assert bob.say("line 2").number == 2
    assert said_lines(tmp_path / "Ada.dat") == [f"line {number}" for number in range(1, 10)]
    assert said_lines(tmp_path / "Bob.dat") == ["line 1", "line 2"]


def test_forgetting_makes_space_for_a_log_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`forget` works while a log waits, and the log does not bring back what was forgotten."""
    damaged_store(tmp_path)
    _left_by_a_power_cut(tmp_path)
    failing = Failing("write", monkeypatch)
    failing.on = True
    real = os.unlink

    def unlink(path: Any, **more: Any) -> None:
        real(path, **more)
        failing.on = failing.on and not str(path).endswith("Ada.dat")

    monkeypatch.setattr(os, "unlink", unlink)
    with open_store(tmp_path, FakeMachine()) as store:
        store.forget("Ada")
    assert not list(tmp_path.glob("Ada*"))
    assert said_lines(tmp_path / "Bob.dat") == ["line 1"]
    with open_store(tmp_path, FakeMachine()):
        assert not list(tmp_path.glob("Ada*"))


def test_a_damaged_file_that_cannot_be_written_anew_is_set_aside_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is opened without space, there is one copy, and nothing is said served."""
    data = damaged_store(tmp_path)
    at = data.index(b"line 5")
    (tmp_path / "Ada.dat").write_bytes(data[:at] + b"LINE" + data[at + 4 :])
    with open_store(tmp_path, FakeMachine()) as store:
        failing = Failing("write", monkeypatch)
        failing.on = True
        for _ in range(3):
            with pytest.raises(StoreError, match="No space left"):
                store.open("Ada")
        assert len(list(tmp_path.glob("*.damaged-*"))) == 1
        assert "served" not in caplog.text
        failing.on = False
        with store.open("Ada") as ada:
            assert ada.last_number == 6
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_used_directory_that_others_may_write_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    """A directory with histories that others may write stays as it is, and is warned of."""
    damaged_store(tmp_path)
    tmp_path.chmod(mode)
    with open_store(tmp_path, FakeMachine()):
        assert f"{tmp_path}: other users may write here" in caplog.text
    assert tmp_path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP, errno.EACCES, errno.EBADF])
def test_a_file_system_that_cannot_sync_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Where directories cannot be synced, histories are served and compacted all the same."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.say("line 1").number == 1
    assert said_lines(tmp_path / "Ada.dat") == ["line 1"]


def _say_beside(patients: Path) -> None:
    with open_store(patients, FakeMachine()) as store, store.open("Ada") as ada:
        ada.say("line 7")


@pytest.mark.parametrize("name", [".lock", ".exchanges.log"])
def test_a_link_to_somebody_else_s_file_stops_the_start(tmp_path: Path, name: str) -> None:
    """A link in the place of a file of the store is never written through."""
    patients, victim = tmp_path / "p", tmp_path / "victim"
    patients.mkdir()
    damaged_store(patients)
    victim.write_text("somebody else's")
    (patients / name).unlink(missing_ok=True)
    (patients / name).symlink_to(victim)
    with pytest.raises(OSError, match=name):
        _say_beside(patients)
    assert victim.read_text() == "somebody else's"


@pytest.mark.parametrize("hard", [False, True])
def test_a_draft_is_always_a_new_file(tmp_path: Path, hard: bool) -> None:
    """What has the name of a draft, a link to another file too, is removed and not written."""
    patients, victim = tmp_path / "p", tmp_path / "victim"
    patients.mkdir()
    damaged_store(patients)
    victim.write_text("somebody else's")
    draft = patients / "Ada.dat.new"
    draft.hardlink_to(victim) if hard else draft.symlink_to(victim)
    _say_beside(patients)
    assert victim.read_text() == "somebody else's"
    assert said_lines(patients / "Ada.dat")[-1] == "line 7"


def test_a_directory_that_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody begins a second history while the names are not known; they are read when needed."""
    damaged_store(tmp_path)
    failing = Failing("scandir", monkeypatch, errno.EIO)
    with open_store(tmp_path, FakeMachine()) as store:
        pass  # the directory is there, and looked into once
    real = disk.make_directory

    def make_directory(directory: Path) -> str:
        warning = real(directory)
        failing.on = True
        return warning

    monkeypatch.setattr(disk, "make_directory", make_directory)
    with open_store(tmp_path, FakeMachine()) as store:
        with pytest.raises(StoreError, match="cannot be listed"):
            store.open("ADA")
        with store.open("Ada") as ada:
            assert ada.last_number == 6
        assert "the disk reports a fault" in caplog.text
        failing.on = False
        with store.open("ADA") as ada:
            assert ada.last_number == 6
    assert len(list(tmp_path.glob("*.dat"))) == 1


def test_a_file_that_cannot_be_looked_at_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system cannot say whether there is a history nobody is greeted as new."""
    damaged_store(tmp_path)
    with open_store(tmp_path, FakeMachine()) as store:
        failing = Failing("lstat", monkeypatch, errno.EIO)
        failing.on = True
        with pytest.raises(StoreError, match="cannot be read"):
            store.open("Ada")
        failing.on = False
        with store.open("Ada") as ada:
            assert ada.last_number == 6
