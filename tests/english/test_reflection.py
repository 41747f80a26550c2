"""Turning words round: the set the rules were built with, the one reported, and any text at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.english.lexicon import KINDS
from doctor.english.reflection import reflect

SETS = Path(__file__).resolve().parents[1] / "data" / "sets"


def read_set(name: str) -> list[tuple[str, str, str]]:
    """Return (group, patient's words, words turned round) for each row of a set."""
    rows = []
    group = ""
    for line in (SETS / f"reflection-{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            said, turned = line.split(" => ")
            rows.append((group, said, turned))
    return rows


@pytest.mark.parametrize(("group", "said", "turned"), read_set("build"))
def test_build_set(group: str, said: str, turned: str) -> None:
    """Each sentence the rules were built with turns round exactly."""
    assert reflect(said) == turned, group


def test_report_set() -> None:
    """At least 95 % of the set kept apart are right, and 85 % of each of its groups."""
    rows = read_set("report")
    assert len(rows) == 200
    of_group = Counter(group for group, _, _ in rows)
    right = Counter(group for group, said, turned in rows if reflect(said) == turned)
    assert len(of_group) == 14
    assert sum(right.values()) >= 0.95 * len(rows)
    for group, count in of_group.items():
        assert right[group] >= 0.85 * count, group


def test_set_of_a_second_author() -> None:
    """Another person's sentences are right, but for the two that the set names."""
    rows = read_set("second")
    wrong = [said for group, said, turned in rows if reflect(said) != turned]
    assert len(rows) == 101
    assert wrong == [said for group, said, _ in rows if group == "missed"]
    assert len(wrong) == 2


def test_sets_are_apart() -> None:
    """No sentence stands in both sets."""
    build = {said.casefold() for _, said, _ in read_set("build")}
    report = {said.casefold() for _, said, _ in read_set("report")}
    assert not build & report


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?!",
        "The sun is out.",
        "naïve café",
        "\U0001f600",
        "http://example.org/me/my",
        "write to me@you.org",
        "know-it-all and me-time",
        "мама мыла раму",
    ],
)
def test_nothing_to_turn(text: str) -> None:
    """A text that points at neither speaker comes back as it was."""
    assert reflect(text) == text


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Any text is taken, and what is between its words stays as it was."""
    turned = reflect(text)
    assert [c for c in turned if c.isdigit()] == [c for c in text if c.isdigit()]
    assert turned.count(" ") >= text.count(" ")


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=25))
def test_never_disagrees(some: list[str]) -> None:
    """Whatever words come together, "I are" made from "you are" never comes out."""
    turned = f" {reflect(' '.join(['you', 'are', *some]))} "
    assert " I are " not in turned[:8]


def test_long_text_is_quick_enough_to_finish() -> None:
    """A line of the greatest length, made of the words that need most looking around, ends."""
    assert reflect("you really " * 360).count("I really") + reflect("you " * 1000).count("I") > 0
    assert reflect(" 'a" * 1300) == " 'a" * 1300
