"""Replies that ask nothing, and questions that fit what was said."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest

from doctor.english.clause_types import types_of
from doctor.listener import Listener, load_helplines
from doctor.listener.reassembly import Template
from doctor.scripts import DEFAULT_SCRIPT, load, parse
from tests.support.monologues import FILES

NOON = 1_790_000_000.0
PEOPLE = FILES.parent / "sets"


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _replies_to_people() -> list[tuple[str, str]]:
    """Return the lines of forty people that are not met with care, and their replies."""
    machine, found = listener(), []
    for name in ("people", "people-apart"):
        state = machine.start()
        for line in (PEOPLE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                state = machine.start()
            elif line and not line.startswith("#"):
                response = machine.respond(state, line, NOON)
                state = response.state
                if response.keyword != "CARE":
                    found.append((line, response.reply))
    return found


def test_a_third_of_the_replies_ask_nothing() -> None:
    """Between 30 and 40 in a hundred replies to forty people are statements."""
    replies = [reply for _, reply in _replies_to_people()]
    statements = sum("?" not in reply for reply in replies)
    assert 0.3 <= statements / len(replies) <= 0.4


def test_every_reply_begins_with_a_capital() -> None:
    """The first letter of a reply is a capital, also where it is the patient's word."""
    for line, reply in _replies_to_people():
        first = next(letter for letter in reply if letter.isalnum())
        assert not first.islower(), (line, reply)


#: Questions that fit one type only, and clauses of other types.
UNFIT = [
    ("And then?", ["I am tired", "people are cruel", "I always wait", "I will leave"]),
    ("What was that like?", ["I will leave", "people are cruel", "she drinks", "I am tired"]),
    ("Does it happen often?", ["my dog died", "I am tired", "I will leave", "we moved to Riga"]),
    ("How did that feel?", ["she drinks", "I will leave", "people are cruel", "I am tired"]),
    ("What led up to it?", ["I am tired", "I always wait", "I will leave", "people are cruel"]),
    ("When would that be?", ["my dog died", "I am tired", "people are cruel", "she drinks"]),
    ("What was the best of it?", ["my dog died", "I lost my keys", "I am tired"]),
    ("What would you have liked in its place?", ["she won the race", "I will leave", "she drinks"]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "line"), [(q, line) for q, lines in UNFIT for line in lines])
def test_a_question_is_not_asked_of_what_it_does_not_fit(question: str, line: str) -> None:
    """A question about an event does not follow a habit, and so for every other type."""
    machine = listener()
    for turns in range(40):
        reply = machine.respond(machine.start()._replace(turns=turns), line, NOON).reply
        assert not reply.endswith(question), reply


def test_every_follow_up_fits_a_type_and_every_type_has_some() -> None:
    """Each question of NONE says what it fits; a hundred clauses by all of them find three each."""
    machine = listener()
    questions = [
        choice
        for rule in machine.compiled.none.rules.every
        for choice in rule.choices
        if isinstance(choice, Template) and choice.only_after
    ]
    assert len(questions) >= 35
    assert all(question.fitting for question in questions)
    for line in ("my dog died", "I was alone", "I am tired", "she drinks", "I will leave",
                 "people are cruel", "she won", "he was kind", "she is ill"):  # fmt: skip
        clause = machine.compiled.tokenizer.read(line).clauses[0]
        types = types_of(clause)
        fitting = [question for question in questions if types in question.fitting]
        assert len(fitting) >= 3, line


def test_a_script_without_invitations_asks_as_before() -> None:
    """Without INVITE every reply of a rule of questions is a question."""
    script = (
        "(Hi)\n(STYLE MODERN)\n(MIRROR ((i (/VERB) 0) (You 2 3.)))\n"
        "(i ((0 i 0) (ASK What then?) (ASK Since when?)))\n(NONE ((0) (Go on.)))\n"
    )
    machine = Listener(parse(script), load_helplines())
    for line in ("I walk home", "I sing alone", "I wait here", "I like tea"):
        assert "?" in machine.respond(machine.start(), line, NOON).reply
    told = Listener(parse(script + "(INVITE (Go on.))"), load_helplines())
    replies = {
        told.respond(told.start()._replace(turns=turns), "I walk home", NOON).reply
        for turns in range(4)
    }
    assert replies >= {"You walk home.", "You walk home. Go on."}


def test_tag_questions_are_left_out() -> None:
    """What only asks for a yes is not said back."""
    machine = listener()
    for line in ("I would be the bad one again wouldn't I", "she hates me doesn't she"):
        for turns in range(8):
            reply = machine.respond(machine.start()._replace(turns=turns), line, NOON).reply
            assert "wouldn't" not in reply
            assert "doesn't" not in reply
