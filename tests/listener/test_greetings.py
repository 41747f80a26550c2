"""Coming back: a patient who was here before is greeted as one, however often that happens."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.doctor import Doctor
from doctor.listener import Listener, load_helplines
from doctor.listener.answering import REST
from doctor.machine import Visit
from doctor.scripts import DEFAULT_SCRIPT, load, parse

NOON = 1_790_000_000.0
DAY = 86_400.0
LINES = ["It rained all day.", "My mother hates me.", "I am sad.", "I had a dream.", "Yes.", "",
         "Why do you ask?", "I want to die.", "My sister is ill.", "Nobody calls me."]  # fmt: skip
SMALL = """(HELLO, I AM NEW TO YOU) START (STYLE MODERN)
(GREETING (Hello, NAME. I am a program.))
(RETURNING {})
(ODD EMPTY ((0) (Take your time.)))
(NONE ((0) (Go on.) (Tell me more.)))
(MEMORY MY (0 = A) (0 = B) (0 = C) (0 = D)) (MY ((0) (YOURS)))
"""


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _greetings(machine: Listener, visits: list[list[str]], name: str = "Ada") -> list[str]:
    """Return what a patient hears at the beginning of visits in which these lines are said."""
    doctor = Doctor(name, machine)
    heard = []
    for number, lines in enumerate(visits):
        now = NOON + number * DAY
        heard.append(doctor.greeting(now))
        for line in lines:
            doctor.keep(doctor.reply(line, now))
    return heard


def _newcomers(machine: Listener, name: str = "Ada") -> set[str]:
    """Return every greeting of somebody who was never here."""
    return {template.text.replace("NAME", name) for template in machine.compiled.greeting}


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=4), min_size=40, max_size=40))
@settings(max_examples=25, deadline=None)
def test_forty_visits_of_every_length(visits: list[list[str]]) -> None:
    """Whatever was said in forty visits, who has said something is greeted as one who returns."""
    heard = _greetings(listener(), visits)
    newcomers = _newcomers(listener())
    first = next((number for number, lines in enumerate(visits) if lines), 40)
    assert set(heard[: first + 1]) <= newcomers
    assert newcomers.isdisjoint(heard[first + 1 :])


@pytest.mark.parametrize("length", [1, 2, 3, 7])
@pytest.mark.parametrize("line", LINES)
def test_forty_visits_of_one_line(line: str, length: int) -> None:
    """Forty visits of one line are greeted as returns, no two in a row in the same words."""
    heard = _greetings(listener(), [[line] * length] * 40)
    assert _newcomers(listener()).isdisjoint(heard[1:])
    assert all(one != two for one, two in pairwise(heard))


def test_the_greeting_given_longest_ago_comes_again() -> None:
    """When every greeting was given lately they come again in the same order."""
    machine = Listener(parse(SMALL.format("(Back, NAME?) (You again.) (Hello again.)")),
                       load_helplines(), zone=UTC)  # fmt: skip
    heard = _greetings(machine, [["hm"]] * 12)
    assert heard[0] == "Hello, Ada. I am a program."
    assert set(heard[1:4]) == {"Back, Ada?", "You again.", "Hello again."}
    assert heard[4:7] == heard[7:10] == heard[1:4]


def test_a_single_greeting_is_given_every_time() -> None:
    """A script with one greeting for those who return gives it at each visit."""
    machine = Listener(parse(SMALL.format("(Back, NAME?)")), load_helplines(), zone=UTC)
    assert _greetings(machine, [["hm"]] * 9)[1:] == ["Back, Ada?"] * 8
    assert _greetings(machine, [["hm"]] * 9, "Visitor 7")[1:] == ["Back?"] * 8


def test_a_memory_is_not_left_out_for_a_greeting_given_lately() -> None:
    """A remembered matter that is due is taken up, though a plain greeting were newer."""
    machine = listener()
    state = machine.start()
    for number in range(12):
        state = machine.greet(state, Visit("Ada", number + 1, NOON, 3), NOON).state
    state = machine.respond(state, "My sister is ill.", NOON).state
    back = machine.greet(state, Visit("Ada", 13, NOON, 4), NOON + DAY)
    assert "your sister is ill" in back.reply


@pytest.mark.parametrize("line", ["", "???", "12 13", "asdfghjkl qwerty", "ich bin sehr traurig"])
def test_lines_without_words_are_answered_by_their_own_kind(line: str) -> None:
    """Eighty such lines in a row get answers that fit no words, none twice in thirty."""
    machine = listener()
    state = machine.start()
    heard: list[str] = []
    for _ in range(80):
        response = machine.respond(state, line, NOON)
        assert not any(word in response.reply for word in ("asdf", "traurig", "12"))
        assert response.reply not in heard[-REST:]
        heard.append(response.reply)
        state = response.state
    kinds = [reply for reply in heard if heard.count(reply) > 1]
    assert kinds, "those of its own kind come again"
