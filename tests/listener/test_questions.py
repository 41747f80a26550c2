"""Questions put to the doctor are answered plainly and truly, and never handed back."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING

import pytest

from doctor.listener import Listener, load_helplines
from doctor.protocol import commands
from doctor.scripts import DEFAULT_SCRIPT, load

if TYPE_CHECKING:
    from doctor.listener.state import State

NOON = 1_790_000_000.0
DAY = 86_400.0
#: Questions, and what one of these words is in each answer.
QUESTIONS = [
    (["Are you recording this?", "do you save what I write", "Who can read this?"],
     ["saved", "stored"]),
    (["Can I delete that?", "how do i delete this", "can i erase what i said",
      "how can I delete my history"], ["/forget"]),
    (["How do I set a passphrase?", "how can i set a password"], ["/passphrase"]),
    (["How do I search?", "how do I see old messages", "how can i find what i said before"],
     ["/history"]),
    (["What is my name?", "do you know my name"], ["name"]),
    (["What do you mean?", "what does that mean", "what is that supposed to mean"],
     ["badly", "fit", "meant", "unclear"]),
    (["what did you say", "can you repeat that"], ["above", "/history"]),
    (["What about you?", "how about you?"], ["program", "script"]),
    (["Can you see me?", "can you hear me"], ["words", "type", "No"]),
    (["What should I talk about?"], ["Whatever", "anywhere", "today", "no wrong"]),
    (["What is this?", "how does this work"], ["program"]),
    (["How do I leave?", "how do i quit"], ["/quit"]),
]  # fmt: skip


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _replies(line: str, state: State | None = None) -> list[str]:
    """Return what is said to a line at a dozen different moments."""
    machine = listener()
    start = machine.start() if state is None else state
    return [
        machine.respond(start._replace(turns=start.turns + number), line, NOON + DAY).reply
        for number in range(12)
    ]


@pytest.mark.parametrize(
    ("line", "expected"), [(line, words) for lines, words in QUESTIONS for line in lines]
)
def test_a_question_is_answered(line: str, expected: list[str]) -> None:
    """Each answer says what is true, and none quotes the question."""
    for reply in _replies(line):
        assert any(word in reply for word in expected), reply
        assert '"' not in reply


def test_commands_that_are_named_exist() -> None:
    """Every command that a reply names is one that the server knows."""
    named = {
        word.strip(".,:;?()")
        for line in DEFAULT_SCRIPT.read_text(encoding="utf-8").splitlines()
        if line.startswith("        (")
        for word in line.split()
        if word.startswith("/") and word.strip(".,:;?()").islower()
    }
    assert named
    assert named <= {command.name for command in commands.COMMANDS}


def test_what_was_told_is_remembered_when_it_is_asked_for() -> None:
    """Asked about a matter, the doctor says what it was told of it, with the date."""
    machine = listener()
    state = machine.start()
    for line in ("My sister is ill.", "My dog died.", "It rains."):
        state = machine.respond(state, line, NOON).state
    for reply in _replies("Do you remember what I told you about my sister?", state):
        assert "your sister is ill" in reply
        assert "yesterday" in reply
    for reply in _replies("What do you know about me?", state):
        assert "your dog died" in reply
    for reply in _replies("What do you know about my uncle?", state):
        assert "died" not in reply
        assert "sister" not in reply


def test_nothing_is_told_soon_after_care() -> None:
    """After a line met with care, the question what is remembered brings back no matter."""
    machine = listener()
    state = machine.respond(machine.start(), "My sister is ill.", NOON).state
    state = machine.respond(state, "I want to die", NOON).state
    state = machine.respond(state, "I am safe", NOON).state
    for reply in _replies("Do you remember me?", state):
        assert "sister" not in reply


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("What about you?", ["does me", "about me", "is me"]),
        ("I have far too much work to do", ["had far", "have far", "having far", "about far"]),
        ("Gambling has been nothing but trouble to me.", ["been nothing.", "been nothing,"]),
        ("She does nothing but cry.", ["does nothing.", "does nothing,"]),
        ("I kind of hate him", ["did him", "kind of to"]),
        ("I hate them", ["did them"]),
        ("I sort of miss her", ["what 5", "about sort", "the sort"]),
    ],
)
def test_english_is_not_cut_apart(line: str, wrong: list[str]) -> None:
    """Set phrases are not cut in the middle, and a pronoun has the form that its place asks for."""
    for reply in _replies(line):
        assert not any(piece in reply for piece in wrong), reply


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Hello! I hope you are well. I have been feeling very low.", "low"),
        ("Hi, thanks for having me. My father died on Tuesday.", "father died"),
        ("I like my job but my boss is cruel", "boss"),
        ("I was happy, actually I was terrified", "terrified"),
        ("My father died and I have a dog", "father"),
    ],
)
def test_what_weighs_more_is_answered(line: str, word: str) -> None:
    """Pleasantries are passed over; death, and what comes after "but", weigh more than the rest."""
    machine = listener()
    said_back = [
        response.reply
        for turns in range(16)
        for response in [machine.respond(machine.start()._replace(turns=turns), line, NOON)]
        if response.state.mirrored
    ]
    assert said_back
    assert all(word in reply for reply in said_back), said_back


@pytest.mark.parametrize(
    ("line", "keyword"),
    [
        ("we will make it work somehow", "work"),
        ("poor management ruined the project", "poor"),
        ("I went to a private school", "private"),
        ("I am a private person", "private"),
    ],
)
def test_a_word_in_another_sense_is_not_answered(line: str, keyword: str) -> None:
    """A keyword that is used in another sense leaves the line to others."""
    machine = listener()
    for turns in range(8):
        response = machine.respond(machine.start()._replace(turns=turns), line, NOON)
        assert response.keyword != keyword, response.reply


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("I have lost my mother", ["had lost?", "having lost", "have lost?"]),
        ("I think that he is lying to me", ["if that he"]),
        ("my self esteem is low", ["yself esteem"]),
        ("he told me to look after my self", ["my self", "your self"]),
    ],
)
def test_pieces_are_whole(line: str, wrong: list[str]) -> None:
    """What is taken from a line is no fragment of it."""
    for reply in _replies(line):
        assert not any(piece in reply for piece in wrong), reply


def test_what_somebody_was_told_to_do_is_met_with_care() -> None:
    """Somebody who is told to kill themselves is met with care, in whatever spelling."""
    machine = listener()
    for line in ("someone at school told me to kill your self", "they tell me to kill myself"):
        assert machine.respond(machine.start(), line, NOON).mark == "care", line
