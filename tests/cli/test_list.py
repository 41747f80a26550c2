"""`list`: the patients, with what is known about their histories."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from doctor.patients.files import disk
from tests.support.histories import keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


def test_list_aligns_its_columns(patients: Path) -> None:
    """Each patient has a line with counts and times, aligned also where letters are wide."""
    ran = run("list", "--patients", str(patients))
    assert ran.status == 0
    heading, *lines, last = ran.out.splitlines()
    assert heading.split() == [
        "NAME", "SESSIONS", "EXCHANGES", "FIRST", "SEEN", "LAST", "SEEN", "MARKED"
    ]  # fmt: skip
    assert lines[0].split() == ["Ada", "2", "3", "2026-03-03", "10:12", "2026-03-04", "10:12", "1"]
    assert lines[2].endswith("passphrase")
    assert heading.index("FIRST") == lines[0].index("2026") == lines[2].index("2026") + 2
    assert last == "3 patients, 9 exchanges"


def test_list_as_json(patients: Path) -> None:
    """A program gets an object for each patient, times in ISO 8601 with their zone."""
    ada, *_ = json.loads(run("list", "--patients", str(patients), "--format", "json").out)
    assert ada == {
        "patient": "Ada",
        "sessions": 2,
        "exchanges": 3,
        "first_seen": "2026-03-03T10:12:00.000+00:00",
        "last_seen": "2026-03-04T10:12:00.000+00:00",
        "marked": 1,
        "last_marked": "2026-03-04T10:12:00.000+00:00",
        "locked": False,
        "damaged": False,
        "kind": "patient",
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["Ada", "Björn", "小明"]),
        (("--reverse",), ["小明", "Björn", "Ada"]),
        (("--sort", "exchanges"), ["小明", "Ada", "Björn"]),
        (("--sort", "sessions"), ["Ada", "Björn", "小明"]),
        (("--sort", "last-seen"), ["Björn", "Ada", "小明"]),
        (("--sort", "first-seen"), ["Björn", "Ada", "小明"]),
        (("--sort", "marked"), ["Ada", "Björn", "小明"]),
        (("--filter", "BJÖ"), ["Björn"]),
        (("--marked",), ["Ada"]),
        (("--since", "2026-03-04"), ["Ada", "Björn"]),
        (("--until", "2026-03-02"), ["小明"]),
        (("--since", "2026-03-03", "--until", "2026-03-04"), ["Ada"]),
    ],
)
def test_list_sorts_and_filters(patients: Path, options: tuple[str, ...], names: list[str]) -> None:
    """The list comes in the order and with the patients that were asked for."""
    ran = run("list", "--patients", str(patients), "--format", "json", *options)
    assert [row["patient"] for row in json.loads(ran.out)] == names


def test_list_goes_on_past_a_file_that_is_none(patients: Path) -> None:
    """A file that is not a history gets a warning and a mark; the others are listed."""
    (patients / "Eve.dat").write_bytes(b"cos\nsystem\n(S'touch /tmp/x'\ntR.")
    ran = run("list", "--patients", str(patients))
    assert ran.status == 0
    assert "Eve.dat" in ran.err
    assert re.search(r"^Eve .* damaged$", ran.out, re.MULTILINE)
    assert "4 patients" in ran.out


def test_list_reads_no_whole_file(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are as they should be are listed from their beginning."""

    def refuse(path: Path) -> None:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(disk, "read", refuse)
    assert run("list", "--patients", str(patients)).status == 0


def test_marked_patients_are_listed_with_kind_and_tier(tmp_path: Path) -> None:
    """With --marked the last mark of each patient is read; one of version 1.0.0 has its word."""
    old = said("help", "Are you safe?", mark="care")
    keep(tmp_path, "Ada", old, said("more", "Are you safe?", mark="care self plan"), said("well"))
    keep(tmp_path, "Old", old)
    _, ada, other, _ = run("list", "--patients", str(tmp_path), "--marked").out.splitlines()
    lines = sorted((ada, other))
    assert "self, plan: 2" in lines[0]
    assert lines[1].split()[-1] == "1"
    words = ("list", "--patients", str(tmp_path), "--marked", "--format", "json")
    found = {each["patient"]: each["last_mark"] for each in json.loads(run(*words).out)}
    assert found == {
        "Ada": {"word": "care", "kind": "self", "tier": "plan"},
        "Old": {"word": "care", "kind": "", "tier": ""},
    }


def test_list_of_nobody_and_of_nowhere(tmp_path: Path) -> None:
    """An empty directory has no patients; one that is not there is an error in a line."""
    assert run("list", "--patients", str(tmp_path)).out == "no patients\n"
    ran = run("list", "--patients", str(tmp_path / "none"))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
