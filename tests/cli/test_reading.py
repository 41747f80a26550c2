"""What all reading commands share: options, no lock, no change, no command to a terminal."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from doctor.cli import reading
from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE
from tests.support.histories import DAY, ESCAPE, MINUTE, TUESDAY, damage, keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "\u0663"])
def test_a_number_that_is_none_is_refused(patients: Path, number: str) -> None:
    """`--last` takes whole numbers from 1 up."""
    assert run("show", "Ada", "--patients", str(patients), f"--last={number}").status == 2


@pytest.mark.parametrize("when", ["soon", "2026-13-01", "7", "", "9999999d7"])
def test_a_time_that_is_none_is_refused(patients: Path, when: str) -> None:
    """What is no time ends with status 2 and says what is one."""
    ran = run("show", "Ada", "--patients", str(patients), "--since", when)
    assert ran.status == 2
    assert "2026-03-03" in ran.err


def test_how_long_ago_and_days_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """`12h`, `7d`, `2w` count back from now; `today` and `yesterday` begin at midnight."""
    monkeypatch.setattr(time, "time", lambda: TUESDAY)
    assert reading.moment_since("12h") == TUESDAY - 12 * 60 * MINUTE
    assert reading.moment_since("2w") == TUESDAY - 14 * DAY
    today = reading.moment_since("today")
    assert datetime.fromtimestamp(today, UTC).hour == 0
    assert reading.moment_since("yesterday") == today - DAY


def test_what_was_said_steers_no_terminal(tmp_path: Path) -> None:
    """Controls and characters that turn the direction of writing come out as escapes."""
    evil = f"{ESCAPE}]0;owned\x07 \u202eback\u2066 \x9b31m"
    keep(tmp_path, "Ada", said(evil, evil, keyword=evil))
    for words in (
        ["show", "Ada"],
        ["search", "back"],
        ["stats"],
        ["show", "Ada", "--format", "json"],
    ):
        ran = run(*words, "--patients", str(tmp_path))
        assert not set(ran.out + ran.err) & set("\x1b\x07\x9b\u202e\u2066"), words
        assert "u202e" in ran.out or words == ["stats"]


READING = (
    ["list"], ["show", "Ada"], ["search", "hates"], ["stats"], ["verify"],
    ["export", "--all", "--format", "csv"],
)  # fmt: skip


def _state(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in directory.iterdir()}


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_changes_nothing(patients: Path, words: list[str]) -> None:
    """Damaged files, torn tails and leftovers stay as they are, byte by byte; nothing is added."""
    damage(patients / "Ada.dat")
    (patients / "Eve.dat").write_bytes(b"nonsense")
    before = _state(patients)
    run(*words, "--patients", str(patients))
    assert _state(patients) == before


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_needs_no_lock(tmp_path: Path, words: list[str]) -> None:
    """Beside a store that owns the directory every reading command sees what was answered."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("she hates spiders")
        ran = run(*words, "--patients", str(tmp_path))
        assert ran.status == 0
        assert not ran.err
        assert "spiders" in ran.out or words[0] in {"list", "verify"}


def test_reading_beside_a_busy_store(tmp_path: Path) -> None:
    """While patients talk, come and go, every look sees a whole history, longer each time."""
    answered, done = threading.Event(), threading.Event()

    def talk() -> None:
        try:
            for _ in range(8):
                with store.open("Ada") as ada:
                    for number in range(25):
                        ada.say(f"line {number}")
                        answered.set()
        finally:
            done.set()

    with open_store(tmp_path, FakeMachine()) as store:
        talker = threading.Thread(target=talk)
        talker.start()
        assert answered.wait(PATIENCE)  # what was not answered yet need not be whole
        seen = looks = 0
        while not done.is_set() or not looks:
            made = json.loads(
                run("show", "Ada", "--patients", str(tmp_path), "--format", "json").out
            )
            numbers = [exchange["number"] for exchange in made["exchanges"]]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) >= seen
            assert run("verify", "--patients", str(tmp_path)).status == 0
            seen, looks = len(numbers), looks + 1
        talker.join()
    assert len(load(tmp_path / "Ada.dat").history) == 200


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_nothing_for_terminals_goes_into_a_pipe(patients: Path, words: list[str]) -> None:
    """Where no terminal reads there is no colour, no pager and no progress."""
    ran = run(*words, "--patients", str(patients))
    assert ESCAPE not in ran.out
    assert not ran.err


@pytest.mark.parametrize("command", ["list", "show", "search", "export"])
def test_a_period_that_ends_before_it_begins_is_refused(patients: Path, command: str) -> None:
    """Where `--until` is not after `--since`, one sentence says so, and nothing is written."""
    words = {"list": [], "show": ["Ada"], "search": ["a"], "export": ["Ada"]}[command]
    period = ("--since", "2026-03-05", "--until", "2026-03-04")
    ran = run(command, *words, "--patients", str(patients), *period)
    assert (ran.status, ran.out) == (2, "")
    assert "--until names a time that is not after that of --since" in ran.err


def test_a_day_ends_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--until` with a day takes all of it, with a time the part before it."""
    monkeypatch.setattr(time, "time", lambda: TUESDAY)
    day = reading.moment_since("2026-03-03")
    for text in ("2026-03-03", "20260303", "2026-W10-2"):
        assert reading.moment_until(text) == day + DAY
    assert reading.moment_until("2026-03-03T10:00") == day + 10 * 60 * MINUTE
    assert reading.moment_until("today") == reading.moment_since("today") + DAY
    assert reading.moment_until("yesterday") == reading.moment_since("today")
    assert reading.moment_until("12h") == reading.moment_since("12h")
