"""Several processes read histories: what is printed is the same."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from doctor.cli import parallel
from doctor.patients.opening import open_archive
from tests.support.histories import MINUTE, TUESDAY, keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some patients, of whom one has a file that is no history; few are many here."""
    for number in range(7):
        lines = (said(f"line {n} of {number}", at=TUESDAY + n * MINUTE) for n in range(number + 1))
        keep(tmp_path, f"Patient {number}", *lines)
    (tmp_path / "Patient 2b.dat").write_bytes(b"nonsense")
    monkeypatch.setattr(parallel, "LEAST", 2)
    monkeypatch.setattr(parallel, "SHARE", 2)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["stats"],
        ["search", "LINE 3"],
        ["search", "--regex", "3 of [56]", "--context", "0"],
        ["search", "line 3", "--since", "2026-03-03 10:03", "--json"],
        ["search", "nobody says this"],
    ],
)
def test_several_processes_print_the_same(many: Path, words: list[str]) -> None:
    """Output, status and warnings are those of a single process."""
    alone = run(*words, "--patients", str(many), "--jobs", "1")
    assert "Patient 2b" in alone.err
    assert run(*words, "--patients", str(many), "--jobs", "3") == alone


def _pid_and_names(_args: Any, _archive: Any, names: Any) -> tuple[int, list[str]]:
    return os.getpid(), list(names)


def test_shares_come_in_order_from_other_processes(many: Path) -> None:
    """Each name is read once, in its place, and not by this process."""
    archive = open_archive(str(many))
    names = archive.patients()
    found = list(parallel.each_share(_pid_and_names, Namespace(jobs=2), archive, names))
    assert [name for _pid, share in found for name in share] == names
    assert os.getpid() not in {pid for pid, _share in found}


def test_what_belongs_to_one_process_is_read_by_it(many: Path) -> None:
    """An archive that has a connection is read where it is."""
    archive: Any = open_archive(str(many))
    archive.can_be_copied = False
    found = list(parallel.each_share(_pid_and_names, Namespace(jobs=2), archive, ["a", "b", "c"]))
    assert found == [(os.getpid(), ["a", "b"]), (os.getpid(), ["c"])]
