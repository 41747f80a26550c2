"""What the host of a room says to talk of danger, and what it never says again."""

from __future__ import annotations

import pytest

from tests.host.playing import DANGER, HOSTS, Room


def test_danger_is_answered_at_once_and_privately() -> None:
    """The helplines go to the one alone, and the room hears no word of what was said."""
    room = Room("Ada", "Ben")
    said = room.say("Ben", DANGER)
    assert room.last is not None
    assert "Ben" in said
    assert "kill" not in said
    assert "findahelpline" not in said
    assert "findahelpline" in room.last.private
    assert (room.last.mark, room.last.keyword) == ("care", "CARE")


def test_what_follows_danger_is_met_with_care() -> None:
    """A "no" after the private question is answered privately, and not by a keyword's rule."""
    room = Room("Ada", "Ben")
    room.say("Ben", DANGER)
    room.say("Ada", "Are you safe?")
    said = room.say("Ben", "no")
    assert room.last is not None
    assert said
    assert "findahelpline" in room.last.private
    assert room.last.mark == "care"


def test_a_joke_is_taken_back_privately() -> None:
    """Who says that it was a joke hears so alone."""
    room = Room("Ada", "Ben")
    room.say("Ben", DANGER)
    room.say("Ben", "I was only joking")
    assert room.last is not None
    assert room.last.private


def test_what_was_said_in_danger_is_never_told_again() -> None:
    """Nothing of it is quoted, not even when somebody asks for it."""
    room = Room("Ada", "Ben", "Cleo")
    room.say("Ben", "I eat lunch alone every day since I moved.")
    room.say("Ben", DANGER)
    assert "kill" not in room.say("Cleo", "Doctor, what did Ben say?")
    assert "kill" not in room.say("Cleo", "Doctor, what did I miss?")
    for number in range(20):
        room.say("Cleo", f"I had lunch alone in car number {number}.")
        assert "every day" not in room.wait()


def test_several_in_danger_are_each_answered() -> None:
    """Two people in danger have an answer each, and two different sentences are said."""
    room = Room("Ada", "Ben")
    first = room.say("Ada", DANGER)
    second = room.say("Ben", "I want to die.")
    assert room.last is not None
    assert room.last.private
    assert "Ada" in first
    assert "Ben" in second
    assert first.replace("Ada", "") != second.replace("Ben", "")


def test_danger_to_another_member() -> None:
    """Who is spoken about is named kindly, and asked to explain nothing."""
    room = Room("Ada", "Ben")
    said = room.say("Ada", "I am afraid that Ben will hurt himself.")
    assert room.last is not None
    assert "Ben" in said
    assert "Ada" in said
    assert "findahelpline" in room.last.private


@pytest.mark.parametrize(
    "line",
    [
        "Ada, we are here for you.",
        "Please don't do that, Ada.",
        "oh no",
        "Please don't kill yourself, Ada.",
        "I'm so sorry that you want to die.",
        "Do you really want to die?",
    ],
)
def test_the_others_may_comfort_undisturbed(line: str) -> None:
    """After danger the host leaves what the others say to them."""
    room = Room("Ada", "Ben")
    room.say("Ada", DANGER)
    assert room.say("Ben", line) == ""
    assert room.host.wants_answer_at(room.state) is None


@pytest.mark.parametrize("line", ["I want to die too.", "You make me want to die.", DANGER])
def test_another_in_danger_right_after_is_answered(line: str) -> None:
    """What somebody says of themselves after another's danger is met with care as well."""
    room = Room("Ada", "Ben")
    room.say("Ada", DANGER)
    assert "Ben" in room.say("Ben", line)
    assert room.last is not None
    assert room.last.mark == "care"


@pytest.mark.parametrize("line", ["kys", "Go die, Ada.", "just kill yourself", "I hope you die"])
def test_who_tells_others_to_die_is_stopped(line: str) -> None:
    """It is answered at once and marked, and never told again."""
    room = Room("Ada", "Ben")
    assert "Ben" in room.say("Ben", line)
    assert room.last is not None
    assert room.last.mark == "care"
    assert line not in room.say("Ada", "Doctor, what did Ben say?")


@pytest.mark.parametrize(
    "line",
    [
        "please don't kill yourself",
        "Do not hurt yourself.",
        "do you want to kill yourself?",
        "He said kill yourself and everybody laughed.",
        "they told me to go die at school",
        "The voices say kill yourself.",
    ],
)
def test_who_asks_others_not_to_die_is_left_alone(line: str) -> None:
    """A line that holds somebody back, or tells what others said, is no cruelty."""
    room = Room("Ada", "Ben")
    said = room.say("Ben", line)
    assert room.last is not None
    assert (said == "") is (room.last.private == "")


def test_what_others_told_of_a_death_counts() -> None:
    """A line that is terrible only where somebody died is met with care where somebody did."""
    line = "Sometimes I just want to be with him."
    room = Room("Ada", "Ben")
    assert room.say("Ben", line) == ""
    room.say("Ada", "My brother died last summer.")
    assert "Ben" in room.say("Ben", line)
    assert room.last is not None
    assert room.last.mark == "care"
    assert "findahelpline" in room.last.private
    assert "brother" not in room.last.private


def test_a_script_of_1966_has_no_care() -> None:
    """Care belongs to the script: a host over the machine of 1966 marks nothing."""
    room = Room("Ada", "Ben", host=HOSTS["1966"])
    assert room.say("Ben", DANGER) == ""
    assert room.wait()
    assert room.last is not None
    assert (room.last.mark, room.last.private) == ("", "")
