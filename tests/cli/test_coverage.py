"""Questions about one script: `check --coverage`, `--patients`, `--keys` and `--rule`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.cli.coverage import Coverage, answers_of, patterns_of, read_lines
from doctor.listener.answering import SAID_BACK
from doctor.loading import load_machine
from doctor.scripts import DEFAULT_SCRIPT, load
from tests.support.histories import keep, run, said
from tests.support.machine_data import DATA, conversation

if TYPE_CHECKING:
    from pathlib import Path

DOCTOR = DATA / "doctor-1966.txt"
PAPER = DATA / "conversation-1966.txt"
SMALL = """\
(HELLO)
(MY ((0 MY DOG 0) (YOUR DOG) (YOUR 3)) ((0 MY 0) (YOUR 3)))
(CAT (=MY))
(MEMORY MY (0 = A 1) (0 = B 1) (0 = C 1) (0 = D 1))
(NONE ((0) (GO ON)))
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return the path of a small script."""
    path = tmp_path / "small.script"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_coverage_of_a_file_of_lines(small: Path, tmp_path: Path) -> None:
    """Keywords, patterns and answers used are counted; an empty line begins a new conversation."""
    path = tmp_path / "lines.txt"
    path.write_text("my dog\nmy dog\n\n\nhm\nhm\nmy dog\n", encoding="utf-8")
    ran = run("check", str(small), "--coverage", str(path))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "small.script: 5 lines of 2 conversations",
        "  keywords used:  2 of 2 (100 %)",
        "  patterns used:  2 of 3 (67 %)",
        "  answers used:   3 of 4 (75 %)",
        "  replies that quote the patient:       1 of 5 (20 %)",
        "  replies given before to this patient: 2 of 5 (40 %)",
        "  no keyword answered, but NONE: 2 of 5 (40 %)",
        "most often:",
        "       2  line 2: (YOUR DOG)",
        "       2  line 5: (GO ON)",
        "       1  line 2: (YOUR 3)",
        "patterns never used:",
        "  line 2: MY (0 MY 0)",
    ]


def test_coverage_of_the_papers_conversation() -> None:
    """Of a dialogue the patient's lines are said, and the traces name the rules of each reply."""
    ran = run("check", str(DOCTOR), "--coverage", str(PAPER))
    assert ran.out.startswith("doctor-1966.txt: 15 lines of 1 conversation\n")
    assert "line 229: (I AM SORRY TO HEAR YOU ARE 5)" in ran.out
    assert "  no keyword answered, but memory: 1 of 15 (7 %)" in ran.out


def test_coverage_of_saved_histories(small: Path, tmp_path: Path) -> None:
    """With --patients every saved history is a conversation."""
    patients = tmp_path / "patients"
    patients.mkdir()
    keep(patients, "Ada", said("My dog."), said("My dog.", session=2))
    keep(patients, "Bo", said("My cat."))
    ran = run("check", str(small), "--patients", str(patients))
    assert ran.status == 0
    assert ran.out.startswith("small.script: 3 lines of 2 conversations\n")
    assert "patterns never used:\n  line 5: NONE (0)\n" in ran.out


def test_every_reply_of_the_doctor_that_ships_is_counted() -> None:
    """Each line counts one pattern, and one answer of its rule unless it is only said back."""
    script = load(DEFAULT_SCRIPT)
    machine = load_machine()
    coverage = Coverage(machine)
    lines = [line for line, _ in conversation("conversation-1966.txt")]
    coverage.count_lines(lines)
    patterns, answers = patterns_of(script, coverage), answers_of(script, coverage)
    assert coverage.lines == 15
    state, said_back = machine.start(), 0
    for number, line in enumerate(lines):
        said_back += ("note", SAID_BACK) in machine.explain(state, line, float(number)).rows()
        state = machine.respond(state, line, float(number)).state
    assert 0 < said_back < 8
    assert sum(use.used for use in patterns) == 15
    assert sum(use.used for use in answers) == 15 - said_back


def test_a_script_that_does_not_end_is_counted(small: Path, tmp_path: Path) -> None:
    """Replies at which the script was stopped are told."""
    small.write_text(SMALL.replace("(CAT (=MY))", "(CAT (=CAT))"), encoding="utf-8")
    path = tmp_path / "lines.txt"
    path.write_text("cat\n", encoding="utf-8")
    ran = run("check", str(small), "--coverage", str(path))
    assert "  scripts stopped at a limit: 1 of 1 (100 %)" in ran.out


def test_a_file_of_nothing(small: Path, tmp_path: Path) -> None:
    """Without a line nothing is used; without a file the status is 2."""
    path = tmp_path / "lines.txt"
    path.write_text("\n\n", encoding="utf-8")
    assert read_lines(path) == []
    ran = run("check", str(small), "--coverage", str(path))
    assert (ran.status, "0 lines of 0 conversations" in ran.out) == (0, True)
    assert run("check", str(small), "--coverage", str(tmp_path / "no")).status == 2


# --- keys and rules ------------------------------------------------------------------------------


def test_keywords_by_rank() -> None:
    """With --keys each keyword is a row, the highest rank first."""
    ran = run("check", "1966", "--keys")
    assert ran.out.splitlines()[:3] == [
        "keyword    rank  patterns  answers  line",
        "COMPUTER     50         1        6   128",
        "COMPUTERS    50         0        0   141  (=COMPUTER)",
    ]


def test_a_rule_is_shown_with_what_links_to_it(small: Path) -> None:
    """With --rule a word's rule is printed, and where it is linked from."""
    ran = run("check", str(small), "--rule", "my")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "line 2:",
        "(MY",
        "    ((0 MY DOG 0)",
        "        (YOUR DOG)",
        "        (YOUR 3))",
        "    ((0 MY 0)",
        "        (YOUR 3)))",
        "linked from CAT, line 3",
    ]


def test_a_rule_of_a_tag_and_a_replaced_word() -> None:
    """In a modern script the rules of a word's tags are shown, and what replaces a spelling."""
    ran = run("check", "doctor", "--rule", "mother")
    assert "mother has the tags PARENT, FAMILY" in ran.out
    assert "\n(/parent " in ran.out
    assert "gonna is replaced by going to" in run("check", "doctor", "--rule", "gonna").out


def test_a_word_without_a_rule(small: Path) -> None:
    """A word that the script says nothing about is status 1, and the nearest keyword is named."""
    ran = run("check", str(small), "--rule", "catt")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "small.script says nothing about catt; did you mean CAT?\n"
    assert run("check", str(small), "--rule", "zebra").err.endswith("about zebra\n")


def test_questions_are_about_one_script(small: Path) -> None:
    """Two scripts with a question are status 2 and one line."""
    ran = run("check", str(small), str(small), "--keys")
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
