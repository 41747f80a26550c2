"""`stats`: statistics of histories."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.histories import keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


def test_stats_as_json(patients: Path) -> None:
    """A script's author gets counts, times, subjects, keywords and the share of fallbacks."""
    made = json.loads(run("stats", "Ada", "--patients", str(patients), "--format", "json").out)
    assert (made["patients"], made["sessions"], made["exchanges"], made["marked"]) == (1, 2, 3, 1)
    assert made["days"] == {"2026-03-03": 2, "2026-03-04": 1}
    assert made["hours"][10] == 3
    assert made["session_exchanges"] == {"median": 1.5, "longest": 2}
    assert made["session_seconds"] == {"median": 30.0, "longest": 60}
    assert made["keywords"] == {"DREAM": 1, "MY": 1}
    assert made["answered"] == {"keyword": 2, "fallback": 1}
    assert made["fallback_share"] == pytest.approx(1 / 3, abs=1e-4)
    assert made["fallback_words"] == {"xyzzy": 1}
    assert "mother" in made["subjects"]


def test_stats_for_people(patients: Path) -> None:
    """People read the same in sentences and bars."""
    out = run("stats", "--patients", str(patients), "--top", "2").out
    assert out.startswith("3 patients, 4 sessions, 9 exchanges\n")
    assert re.search(r"^  10 +9  █+$", out, re.MULTILINE)
    assert "by a fallback" in out


def test_stats_of_nothing(tmp_path: Path) -> None:
    """No history adds up to nothing, in words and for a program."""
    assert run("stats", "--patients", str(tmp_path)).out == "nothing was said\n"
    made = json.loads(run("stats", "--patients", str(tmp_path), "--format", "json").out)
    assert made["exchanges"] == 0


def test_a_file_that_is_none_is_left_out(patients: Path) -> None:
    """A file that is not a history gets a warning of one line and is not counted."""
    (patients / "Eve.dat").write_bytes(b"nonsense")
    ran = run("stats", "--patients", str(patients))
    assert ran.out.startswith("3 patients")
    assert re.fullmatch(r"warning: left out: .*Eve\.dat: .*\n", ran.err)
    ran = run("show", "Eve", "--patients", str(patients))
    assert ran.status == 2
    assert "Eve.dat" in ran.err


def test_one_is_not_many(tmp_path: Path) -> None:
    """A single day is called a day."""
    keep(tmp_path, "Ada", said())
    out = run("stats", "--patients", str(tmp_path)).out
    assert "The last day with a conversation" in out
