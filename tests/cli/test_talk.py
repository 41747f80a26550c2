"""What `talk` can do besides answering: name, steps, dialogues, and the CHANGE mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.cli.dialogue import read_dialogue
from doctor.errors import ScriptError
from doctor.scripts import load
from tests.support.histories import run
from tests.support.machine_data import DATA

if TYPE_CHECKING:
    from pathlib import Path

PAPER = str(DATA / "conversation-1966.txt")
TRIAL = str(DATA / "trial.script")


def test_a_name_is_greeted() -> None:
    """With --name the greeting of the doctor that ships has the name in it."""
    assert "Ada" in run("talk", "--name", "Ada", stdin="").out


def test_steps_are_one_line_for_each_keyword() -> None:
    """With --trace=steps a script that computes shows its text and its state at each step."""
    ran = run("talk", "--script", TRIAL, "--trace=steps", stdin="reverse a b\n")
    assert [line.split() for line in ran.out.splitlines()[1:]] == [
        ["1", "REVERSE", "REVERSE", "A", "B"],
        ["2", "MOVE", "*", "A", "B"],
        ["3", "MOVE", "A", "*", "B"],
        ["4", "MOVE", "B", "A", "*"],
        ["BACKWARDS", "B", "A"],
    ]


def test_the_step_limit_is_told() -> None:
    """A reply that is a remark because the script did not end is followed by a line on stderr."""
    ran = run("talk", "--script", TRIAL, "--steps", "2", stdin="reverse a b c\nhello\n")
    assert ran.err == "(the script took more than 2 links for this reply; --steps N allows more)\n"


# --- dialogues -----------------------------------------------------------------------------------


def test_a_dialogue_that_is_answered_as_it_was() -> None:
    """The paper's conversation replayed with its script differs nowhere: status 0."""
    ran = run("talk", "--script", "1966", "--replay", PAPER)
    assert (ran.status, ran.err) == (0, "0 of 15 answers differ\n")
    assert ran.out.splitlines()[1:3] == ["> Men are all alike.", "IN WHAT WAY"]


def test_differences_of_a_dialogue_are_marked() -> None:
    """What another script answers is marked +, what the dialogue has -, and the status is 1."""
    ran = run("talk", "--script", "1965", "--replay", PAPER)
    assert ran.status == 1
    assert ran.out.splitlines()[1:6] == [
        "> Men are all alike.",
        "+ DID YOU THINK THEY MIGHT NOT BE ALL ALIKE",
        "- IN WHAT WAY",
        "> They're always bugging us about something or other.",
        "CAN YOU THINK OF A SPECIFIC EXAMPLE",
    ]
    assert ran.err == "11 of 15 answers differ; + is this script's, - the dialogue's\n"


def test_a_dialogue_with_changes_of_the_script(tmp_path: Path) -> None:
    """Lines for the CHANGE mode are replayed as well; an answer may have several lines."""
    path = tmp_path / "dialogue.txt"
    path.write_text(
        "; with the CHANGE mode\n"
        "HOW DO YOU DO.  I AM THE DOCTOR.  PLEASE SIT DOWN AT THE TYPEWRITER\n"
        "AND TELL ME YOUR PROBLEM.\n"
        "> +\nPLEASE INSTRUCT ME\n"
        "> TYPE HOW\nHOW\n\n= WHAT\nPLEASE INSTRUCT ME\n"
        "> RANK HOW 7\n"
        "> START\n"
        "> how\nWHY DO YOU ASK\n",
        encoding="utf-8",
    )
    ran = run("talk", "--script", "1965", "--replay", str(path))
    assert (ran.status, ran.err) == (0, "0 of 4 answers differ\n")


@pytest.mark.parametrize("data", [b"", b"no line of a patient\n", b"> \xff\n"])
def test_what_is_no_dialogue(tmp_path: Path, data: bytes) -> None:
    """A file without a patient's line, and one that is no text, are one line and status 2."""
    path = tmp_path / "dialogue.txt"
    path.write_bytes(data)
    with pytest.raises(ScriptError):
        read_dialogue(path)
    ran = run("talk", "--replay", str(path))
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert run("talk", "--replay", str(tmp_path / "nowhere")).status == 2


# --- the CHANGE mode -----------------------------------------------------------------------------


def test_a_script_is_changed_in_the_conversation_and_saved(tmp_path: Path) -> None:
    """`+` takes instructions until START; SAVE writes the script to a new file, never over one."""
    path = tmp_path / "mine.script"
    orders = f"+\nSUBST ALWAYS (WHEN) (AT WHAT TIME)\nSAVE {path}\nsave {path}\nSTART\n"
    ran = run("talk", "--script", "1965", "--trace", stdin=f"always\n{orders}always\n")
    assert ran.status == 0
    assert f"WRITTEN TO {path}\n" in ran.out
    assert f"{path} EXISTS; CHOOSE ANOTHER NAME\n" in ran.out
    assert ran.out.count("PLEASE INSTRUCT ME\n") == 4
    assert ran.out.splitlines()[-1] == "AT WHAT TIME"
    assert "AT WHAT TIME" in load(path).to_text()


def test_a_script_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """SAVE to a directory that is not there says so, and the conversation goes on."""
    ran = run("talk", "--script", "1965", stdin=f"+\nSAVE {tmp_path}/no/x\nSTART\nalways\n")
    assert "IS NOT WRITTEN: No such file or directory" in ran.out
    assert ran.out.splitlines()[-1] == "CAN YOU THINK OF A SPECIFIC EXAMPLE"


def test_a_star_adds_a_rule() -> None:
    """`* (RULE)` adds the rule of a new keyword and has no answer; another * is answered."""
    lines = "* (COFFEE 3 ((0) (HOW MUCH)))\ncoffee\n* sighs *\n"
    ran = run("talk", "--script", "1965", stdin=lines)
    assert ran.out.splitlines()[1:] == ["HOW MUCH", "I AM NOT SURE I UNDERSTAND YOU FULLY"]


def test_a_modern_script_has_no_change_mode() -> None:
    """With a modern script a line of one + is answered like any other."""
    assert "INSTRUCT" not in run("talk", stdin="+\n").out


# --- a room --------------------------------------------------------------------------------------


def test_a_room_is_played() -> None:
    """With --room lines of several people are a room; who speaks first comes in before."""
    lines = (
        "; two people",
        "Ada: Hello.",
        "Ben: I want to kill myself.",
        "...",
        "Ben leaves.",
        "Ada: Doctor, who is here?",
        "?",
        "what is this",
    )
    ran = run("talk", "--room", stdin="\n".join(lines) + "\n")
    out = ran.out.splitlines()
    assert ran.status == 0
    assert out[0] == "(Ada comes in)"
    assert out[1].startswith("Doctor: ")
    assert "Ada" in out[1]
    assert out[2] == "Ada: Hello."
    assert out[3] == "(Ben comes in)"
    assert any(line.startswith("  (Doctor to Ben alone: ") for line in out)
    assert "(Ben leaves)" in out
    assert "Ben" not in out[out.index("Ada: Doctor, who is here?") + 1]
    assert "    note: the line is said to the host: HERE" in out
    assert out[-1].startswith("(write Name: text")


@pytest.mark.parametrize("options", [("--trace",), ("--replay", PAPER), ("--name", "Ada")])
def test_a_room_has_no_single_patient(options: tuple[str, ...]) -> None:
    """Options for one patient are refused with --room, by name."""
    ran = run("talk", "--room", *options, stdin="")
    assert ran.status == 2
    assert options[0] in ran.err
