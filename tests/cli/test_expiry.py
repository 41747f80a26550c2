"""`expire`: histories of patients who have not been here for a while."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from doctor.cli import expiry, maintenance
from doctor.errors import NotSaved
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import live_server
from tests.support.histories import DAY, keep, run, said

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = time.time() - 10 * DAY, time.time() - DAY


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Return a directory with two visitors, one of them of yesterday, and two others."""
    keep(tmp_path, "Visitor Old", said("one", at=OLD), said("two", at=OLD))
    keep(tmp_path, "Visitor Marked", said("three", at=OLD, mark="SELF"))
    keep(tmp_path, "Visitor New", said("four", at=OLD), said("five", at=NEW, session=2))
    keep(tmp_path, "Ada", said("six", at=OLD))
    return tmp_path


def _left(patients: Path) -> set[str]:
    return {path.stem for path in patients.glob("*.dat")}


def test_a_dry_run_shows_and_changes_nothing(patients: Path) -> None:
    """Without --yes whoever would be erased is listed, with marked lines."""
    ran = run("expire", "--before", "7d", "--begins", "visitor ", "--patients", str(patients))
    assert ran.status == 0
    rows = ran.out.splitlines()
    assert [row.split("  ")[0] for row in rows[:-1]] == ["Visitor Marked", "Visitor Old"]
    assert rows[0].endswith("1 marked line")
    assert rows[-1] == "2 histories would be erased; --yes erases them"
    assert len(_left(patients)) == 4


@pytest.mark.parametrize("running", [False, True])
def test_whoever_was_last_here_before_is_erased(patients: Path, *, running: bool) -> None:
    """With --yes they are erased, through a running server too; all others stay."""
    with live_server(patients, machine=FakeMachine()) if running else nullcontext():
        ran = run(
            "expire", "--before", "7d", "--begins", "Visitor ", "--yes", "--patients", str(patients)
        )
    assert (ran.status, ran.out) == (0, "2 histories erased\n")
    assert _left(patients) == {"Visitor New", "Ada"}


def test_marked_histories_can_be_kept(patients: Path) -> None:
    """With --keep-marked a history with a marked line stays."""
    run("expire", "--before", "7d", "--keep-marked", "--yes", "--patients", str(patients))
    assert _left(patients) == {"Visitor New", "Visitor Marked"}


def test_nobody_to_erase(patients: Path) -> None:
    """Where nobody is old enough, that is said."""
    ran = run("expire", "--before", "30d", "--patients", str(patients))
    assert (ran.status, ran.out) == (0, "0 histories would be erased\n")


def test_a_time_is_needed(patients: Path) -> None:
    """Without --before, and with what is no time, nothing happens: status 2."""
    assert run("expire", "--yes", "--patients", str(patients)).status == 2
    assert run("expire", "--before", "soon", "--yes", "--patients", str(patients)).status == 2
    assert len(_left(patients)) == 4


def test_a_history_that_cannot_be_erased(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be erased is a warning and status 1; the others are erased."""
    erase = maintenance.request_change

    def request(where: str, asked: dict[str, str]) -> dict[str, object]:
        if asked["name"] == "Ada":
            raise NotSaved("the disk is full")
        return erase(where, asked)

    monkeypatch.setattr(expiry, "request_change", request)
    ran = run("expire", "--before", "7d", "--yes", "--patients", str(patients))
    assert (ran.status, ran.out) == (1, "2 histories erased\n")
    assert ran.err == "warning: Ada is not erased: the disk is full\n"


def test_a_damaged_history_is_left_as_it_is(patients: Path) -> None:
    """A file that cannot be read is left, with a warning."""
    (patients / "Broken.dat").write_bytes(b"no history")
    ran = run("expire", "--before", "7d", "--yes", "--patients", str(patients))
    assert "left as it is" in ran.err
    assert "Broken" in _left(patients)
