"""`show`: one patient's history, and `--follow`."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from doctor.cli import histories
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.histories import TUESDAY, damage, keep, run, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_show_tells_a_history_session_by_session(patients: Path) -> None:
    """Sessions have headings with their day; lines have their local time and speaker."""
    ran = run("show", "ADA", "--patients", str(patients))
    assert ran.out == (
        "Ada\n"
        "2 sessions, Tuesday 3 March 2026 to Wednesday 4 March 2026, 3 exchanges, 1 marked line\n"
        "\n"
        "--- Session 1, Tuesday 3 March 2026 ---\n"
        "\n"
        "10:12  Ada     My mother hates me.\n"
        "       Doctor  Tell me more about your family.\n"
        "\n"
        "10:13  Ada     I had a dream.\n"
        "       Doctor  What did you dream?\n"
        "\n"
        "--- Session 2, Wednesday 4 March 2026 ---\n"
        "\n"
        "10:12  Ada     xyzzy [care]\n"
        "       Doctor  Please go on.\n"
    )


def test_show_tells_local_times(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times for people are the computer's own."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert "19:12  Ada" in run("show", "Ada", "--patients", str(patients)).out


def test_show_as_json(patients: Path) -> None:
    """A program gets the facts of the history and its exchanges."""
    made = json.loads(run("show", "Ada", "--patients", str(patients), "--format", "json").out)
    assert list(made) == ["patient", "first_seen", "last_seen", "sessions", "exchanges"]
    assert (made["patient"], made["sessions"]) == ("Ada", 2)
    assert [exchange["patient"] for exchange in made["exchanges"]] == [
        "My mother hates me.", "I had a dream.", "xyzzy"
    ]  # fmt: skip
    assert datetime.fromisoformat(made["exchanges"][0]["at"]).timestamp() == TUESDAY


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--last", "2"), [2, 3]),
        (("--last", "99"), [1, 2, 3]),
        (("--since", "2026-03-04"), [3]),
        (("--since", "2026-03-03T10:13"), [2, 3]),
        (("--since", "2026-03-03T11:13+01:00"), [2, 3]),
        (("--since", "2026-03-03", "--last", "1"), [3]),
        (("--since", "1h"), []),
        (("--until", "2026-03-03"), [1, 2]),
        (("--until", "2026-03-03T10:13"), [1]),
        (("--since", "2026-03-03T10:13", "--until", "2026-03-03"), [2]),
        (("--until", "2026-03-03", "--last", "1"), [2]),
        (("--until", "20260302"), []),
    ],
)
def test_show_a_part(patients: Path, options: tuple[str, ...], numbers: list[int]) -> None:
    """`--last` and `--since` leave the exchanges that they name; the facts stay of the whole."""
    ran = run("show", "Ada", "--patients", str(patients), "--format", "json", *options)
    made = json.loads(ran.out)
    assert [exchange["number"] for exchange in made["exchanges"]] == numbers
    assert made["sessions"] == 2


def test_a_damaged_history_is_shown_as_far_as_it_is_sound(patients: Path) -> None:
    """What can be read is shown, with one warning that names file and offset."""
    damage(patients / "Ada.dat")
    ran = run("show", "Ada", "--patients", str(patients))
    assert ran.status == 0
    assert "My mother hates me." in ran.out
    assert "xyzzy" not in ran.out
    assert re.fullmatch(r"warning: .*Ada\.dat: damaged at byte \d+: .* 2 exchanges .*\n", ran.err)


@pytest.mark.parametrize("name", ["Adda", "../../etc/passwd", "a\0b", "x" * 300, "", "ad"])
def test_a_patient_nobody_knows(patients: Path, name: str) -> None:
    """An unknown name, even a path, is an error of one line, which suggests similar names."""
    ran = run("show", name, "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert ("did you mean Ada?" in ran.err) == name.lower().startswith("ad")


@pytest.mark.parametrize("words", [["show"], ["stats"], ["verify"], ["export"]])
def test_a_name_that_looks_like_an_option(tmp_path: Path, words: list[str]) -> None:
    """After `--` a word is a name, whatever it begins with."""
    keep(tmp_path, "--last", said())
    assert run(*words, "--patients", str(tmp_path), "--", "--last").status == 0


def _meanwhile(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> None:
    """Do a step each time the follower waits; after the last one press Ctrl+C."""
    left = list(steps)

    def pause(_seconds: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr(histories, "pause", pause)


def test_follow_shows_each_exchange_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New exchanges are shown once each, across compactions and new sessions, until Ctrl+C."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("one")

        def talk_on() -> None:
            ada.say("two")
            ada.say("three")

        _meanwhile(monkeypatch, talk_on, lambda: None, ada.close)
        ran = run("show", "Ada", "--follow", "--format", "json", "--patients", str(tmp_path))
        monkeypatch.undo()
    lines = [json.loads(line)["patient"] for line in ran.out.splitlines()]
    assert lines == ["one", "two", "three"]
    assert ran.status == 0


def test_follow_begins_with_the_last_few(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--last` says how much of what was said before is shown first."""
    _meanwhile(monkeypatch)
    ran = run("show", "Ada", "--follow", "--last", "1", "--patients", str(patients))
    assert "xyzzy" in ran.out
    assert "mother" not in ran.out


def test_follow_goes_on_after_a_new_beginning(
    patients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history that was forgotten and begun again is followed from its new first exchange."""
    _meanwhile(monkeypatch, lambda: keep(patients, "Ada", said("hello again")))
    ran = run("show", "Ada", "--follow", "--patients", str(patients))
    assert ran.out.count("hello again") == 1


def test_follow_ends_with_the_history(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history that is erased ends the following, and that is said."""
    _meanwhile(monkeypatch, (patients / "Ada.dat").unlink)
    ran = run("show", "Ada", "--follow", "--patients", str(patients))
    assert ran.status == 1
    assert "is gone" in ran.err


def test_following_has_no_end(patients: Path) -> None:
    """`--follow` and `--until` exclude each other."""
    words = ("show", "Ada", "--patients", str(patients), "--follow", "--until", "today")
    ran = run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert "use one of them" in ran.err


def test_show_keeps_paragraphs(tmp_path: Path) -> None:
    """Each paragraph of a line begins a line of its own, below the words of the first."""
    keep(tmp_path, "Ada", said("one\u2029\u2029two"))
    shown = run("show", "Ada", "--patients", str(tmp_path)).out
    assert "10:12  Ada     one\n               \n               two\n" in shown
