"""The commit log: one sync for many, errors told to each, nothing left behind."""

from __future__ import annotations

import errno
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import NotSaved
from doctor.patients.files import commit_log, disk
from doctor.patients.files.commit_log import CommitLog
from doctor.patients.files.log_format import NAMES, Job, pack_batch, read_log

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

LOG = logging.getLogger("test")


class Sync:
    """Takes the place of the sync: counts, waits for a gate, fails where it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.failing = False
        patch.setattr(disk, "sync_data", self)

    def __call__(self, descriptor: int) -> None:
        """Sync, as it were."""
        del descriptor
        self.count += 1
        self.entered.set()
        assert self.gate.wait(10)
        if self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.fixture
def sync(monkeypatch: pytest.MonkeyPatch) -> Sync:
    """Sync under control."""
    return Sync(monkeypatch)


def settled(into: list[list[str]]) -> Callable[[Collection[str]], None]:
    """Return a `settle` that notes what it was asked for."""
    return lambda wanted: into.append(sorted(wanted))


def job(number: int, done: Callable[[Any], None], file: str = "Ada.dat") -> Job:
    """Return an exchange to be committed."""
    return Job(file, number, birth=7, whole=False, data=b"data %d" % number, done=done)


def test_a_lone_exchange_is_committed_on_the_spot(tmp_path: Path, sync: Sync) -> None:
    """Where nobody commits, the submitting thread does, and was told when `submit` returns."""
    log = CommitLog(tmp_path, settled([]), LOG)
    told: list[Any] = []
    before = sync.count
    log.submit(job(1, lambda error: told.append((error, threading.current_thread()))))
    assert told == [(None, threading.current_thread())]
    assert sync.count == before + 1
    log.close()


def test_many_exchanges_share_a_sync(tmp_path: Path, sync: Sync) -> None:
    """What is submitted while a sync runs is committed together by the next one, in order."""
    log = CommitLog(tmp_path, settled([]), LOG)
    told: list[int] = []
    sync.gate.clear()
    sync.entered.clear()
    first = threading.Thread(target=log.submit, args=(job(1, lambda _error: told.append(1)),))
    first.start()
    assert sync.entered.wait(10)
    before = sync.count
    everybody = threading.Event()

    def last(_error: object) -> None:
        told.append(50)
        everybody.set()

    for number in range(2, 50):
        log.submit(job(number, lambda _error, number=number: told.append(number)))  # type: ignore[misc]
    log.submit(job(50, last))
    assert told == []
    sync.gate.set()
    assert everybody.wait(10)
    first.join()
    assert told == list(range(1, 51))
    assert sync.count == before + 1
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == list(range(1, 51))
    log.close()


def test_a_commit_that_takes_long_is_known(tmp_path: Path, sync: Sync) -> None:
    """While a sync goes on one can ask for how long, and once all are told there is none."""
    log = CommitLog(tmp_path, settled([]), LOG)
    told = threading.Event()
    assert not log.under_way
    sync.gate.clear()
    sync.entered.clear()
    threading.Thread(target=log.submit, args=(job(1, lambda _error: told.set()),)).start()
    assert sync.entered.wait(10)
    assert log.under_way > 0
    sync.gate.set()
    assert told.wait(10)
    log.close()
    assert not log.under_way


def test_a_failed_sync_is_told_to_all_and_forgotten(tmp_path: Path, sync: Sync) -> None:
    """Every exchange of a commit that failed gets NotSaved; later ones go on in an emptied log."""
    settles: list[list[str]] = []
    log = CommitLog(tmp_path, settled(settles), LOG)
    told: list[Any] = []
    log.submit(job(1, told.append, "Ada.dat"))
    sync.failing = True
    log.submit(job(2, told.append, "Bob.dat"))
    sync.failing = False
    assert told[0] is None
    assert isinstance(told[1], NotSaved)
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == [1]
    log.submit(job(3, told.append, "Cyd.dat"))
    log.submit(job(4, told.append, "Cyd.dat"))
    assert told[2:] == [None, None]
    assert settles == [["Ada.dat"]]
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == [3, 4]
    log.close()
    assert settles == [["Ada.dat"], ["Cyd.dat"]]
    assert not (tmp_path / NAMES[0]).exists()


def test_a_done_that_fails_costs_the_others_nothing(
    tmp_path: Path, sync: Sync, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception of one `done` is logged, and the next one is called."""
    log = CommitLog(tmp_path, settled([]), LOG)
    told: list[Any] = []
    log.submit(job(1, lambda _error: told[1]))
    log.submit(job(2, told.append))
    assert told == [None]
    assert "IndexError" in caplog.text
    assert sync.count > 0
    log.close()


def test_the_log_is_bounded(tmp_path: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files take turns, each settled while the other is written; together they are bounded."""
    monkeypatch.setattr(commit_log, "LIMIT", 1000)
    settles: list[list[str]] = []
    log = CommitLog(tmp_path, settled(settles), LOG)
    for number in range(1, 301):
        told = threading.Event()
        log.submit(job(number, lambda _error, told=told: told.set()))  # type: ignore[misc]
        assert told.wait(10)
        assert log.size <= 2 * (commit_log.PATIENCE * 1000 + 100)  # each file by one record more
    rows = {row.number for name in NAMES for row in read_log(tmp_path / name)}
    assert max(rows) == 300
    log.close()
    assert len(settles) > 1
    assert sync.count >= 300
    assert not list(tmp_path.iterdir())


def test_commits_go_on_while_a_file_is_settled(
    tmp_path: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A settling that takes long keeps nobody waiting, and rows stay until it is done."""
    monkeypatch.setattr(commit_log, "LIMIT", 1000)
    gate, begun = threading.Event(), threading.Event()

    def settle(_wanted: object) -> None:
        begun.set()
        assert gate.wait(10)

    log = CommitLog(tmp_path, settle, LOG)
    for number in range(1, 61):
        told = threading.Event()
        log.submit(job(number, lambda _error, told=told: told.set()))  # type: ignore[misc]
        assert told.wait(10)
    assert begun.wait(10)
    assert {row.number for name in NAMES for row in read_log(tmp_path / name)} == set(range(1, 61))
    gate.set()
    log.close()
    assert sync.count >= 60


def test_a_checkpoint_leaves_no_byte(tmp_path: Path, sync: Sync) -> None:
    """After a checkpoint nothing that was in the log can be read from the disk's file."""
    log = CommitLog(tmp_path, settled([]), LOG)
    log.submit(job(1, lambda _error: None))
    assert b"data 1" in (tmp_path / NAMES[0]).read_bytes()
    log.checkpoint()
    assert (tmp_path / NAMES[0]).read_bytes() == b""
    log.submit(job(2, lambda _error: None))
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == [2]
    assert sync.count >= 2
    log.close()


def test_a_log_that_cannot_be_emptied_stays(
    tmp_path: Path, sync: Sync, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the files cannot be synced the log is kept for the next start."""

    def fail(_wanted: object) -> None:
        raise OSError(errno.EIO, "broken disk")

    log = CommitLog(tmp_path, fail, LOG)
    log.submit(job(1, lambda _error: None))
    with pytest.raises(OSError, match="broken"):
        log.checkpoint()
    log.close()
    assert "broken disk" in caplog.text
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == [1]
    assert sync.count > 0


def test_frames_of_an_earlier_use_do_not_count(tmp_path: Path, sync: Sync) -> None:
    """Behind the frames of this use of the file, older ones are left alone."""
    job_of = [job(number, lambda _error: None) for number in range(4)]
    data = b"".join(pack_batch([each], 7) for each in job_of[:2])
    (tmp_path / NAMES[0]).write_bytes(data + pack_batch(job_of[2:], 6) + bytes(50))
    assert [row.number for row in read_log(tmp_path / NAMES[0])] == [0, 1]
    (tmp_path / NAMES[0]).write_bytes(bytes(99))
    assert list(read_log(tmp_path / NAMES[0])) == []
    assert sync.count == 0


def test_a_fault_that_is_no_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails in a commit, everybody in it is told NotSaved, and the next one is made."""
    told: list[Any] = []
    log = CommitLog(tmp_path, settled([]), LOG)
    with monkeypatch.context() as patch:
        patch.setattr(commit_log, "pack_batch", lambda *_: 1 / 0)
        log.submit(job(1, told.append))
    log.submit(job(2, told.append))
    log.close()
    assert isinstance(told[0], NotSaved)
    assert told[1:] == [None]
    assert "ZeroDivisionError" in caplog.text
