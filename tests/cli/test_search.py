"""`search`: a text or an expression in all histories."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.histories import MINUTE, TUESDAY, keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


def _found(patients: Path, *words: str) -> list[tuple[str, int]]:
    ran = run("search", *words, "--format", "json", "--patients", str(patients))
    found = json.loads(ran.out)
    assert ran.status == (0 if found else 1)
    return [(each["name"], each["number"]) for each in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["HATES me"], [("Ada", 1), ("Björn", 1)]),
        (["HATES me", "--case"], []),
        (["hates", "--of", "björn"], [("Björn", 1)]),
        (["dream", "--in", "patient"], [("Ada", 2)]),
        (["family", "--in", "patient"], []),
        (["e."], [("Ada", 1), ("Björn", 1)]),
        (["--regex", r"\b(dog|dream)\b"], [("Ada", 2), ("Björn", 1)]),
        (["hates", "--since", "2026-03-05"], [("Björn", 1)]),
        (["hates", "--until", "2026-03-03"], [("Ada", 1)]),
    ],
)
def test_search_finds(patients: Path, words: list[str], found: list[tuple[str, int]]) -> None:
    """A text is found whatever its capitals, an expression by its rules, where it was asked for."""
    assert [each for each in _found(patients, *words) if each[0] != "小明"] == found


def test_search_finds_letters_however_composed(tmp_path: Path) -> None:
    """An accent typed apart from its letter is the same text."""
    keep(tmp_path, "Ada", said("caf\N{LATIN SMALL LETTER E WITH ACUTE}"))
    assert _found(tmp_path, "cafe\N{COMBINING ACUTE ACCENT}") == [("Ada", 1)]


def test_search_shows_what_stands_around(tmp_path: Path) -> None:
    """Finds come with their neighbours, each once, and a gap where some were left out."""
    keep(tmp_path, "Ada", *(said(f"line {n}", at=TUESDAY + n * MINUTE) for n in range(12)))
    ran = run("search", "--regex", "line (3|4|9)$", "--patients", str(tmp_path))
    shown = re.findall(r"line (\d+)|(\.\.\.)", ran.out)
    assert ["".join(pair) for pair in shown] == ["2", "3", "4", "5", "...", "8", "9", "10"]
    ran = run("search", "line 3", "--context", "0", "--patients", str(tmp_path))
    assert re.findall(r"line (\d+)", ran.out) == ["3"]
    assert ran.out.endswith("1 exchange of 1 patient\n")


def test_search_without_a_find(patients: Path) -> None:
    """Nothing found is status 1, as grep has it, and an empty list for a program."""
    assert run("search", "quux", "--patients", str(patients)).status == 1
    ran = run("search", "quux", "--format", "json", "--patients", str(patients))
    assert json.loads(ran.out) == []


@pytest.mark.parametrize("text", ["(", "", "a{99999999999}"])
def test_search_for_what_cannot_be(patients: Path, text: str) -> None:
    """An expression with a fault is an error in a line."""
    ran = run("search", "--regex", text, "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
