"""Questions about a matter of the patient's own, and lines of several sentences."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest

from doctor.english.tokenizer import Tokenizer
from doctor.listener import Listener, load_helplines
from doctor.listener.letters import NOTHING, asks_nothing, weigh
from doctor.scripts import DEFAULT_SCRIPT, load, parse

NOON = 1_790_000_000.0


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _replies(line: str) -> list[str]:
    """Return what is said to a line at a dozen different moments."""
    machine = listener()
    return [
        machine.respond(machine.start()._replace(turns=number), line, NOON).reply
        for number in range(12)
    ]


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("How do I get over my fear of flying?", ["fear of flying"]),
        ("How can I stop arguing with my son?", ["arguing with your son"]),
        ("Should I move in with my boyfriend?", ["move in with your boyfriend"]),
        ("Is it normal to dream of an old teacher?", ["dream of an old teacher", "judge"]),
        ("Why do I always choose the wrong people?", ["always choose the wrong people"]),
        ("Why can't I finish anything?", ["can't finish anything"]),
        ("Am I too old to begin again?", ["too old to begin again"]),
        ("What should I do about the noise upstairs?", ["the noise upstairs"]),
        ("Will my marriage survive this?", ["your marriage", "That is more than a program"]),
    ],
)
def test_a_question_is_taken_up_and_not_handed_back(line: str, subject: list[str]) -> None:
    """Every answer names what the question is about, and none is the question itself."""
    for reply in _replies(line):
        assert any(words in reply for words in subject), reply
        assert line not in reply


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "I am 34 and I work in a bank. I feel so ashamed of my debts. It is a small town.",
            "ashamed",
        ),
        ("My cousin has a new car. She is always laughing. I can't stand being near her.", "stand"),
        (
            "We met at school and we have two sons. Last week he told me he wants a divorce.",
            "divorce",
        ),
        ("I love him, but he never talks to me about anything that matters.", "never talks"),
        ("We have a big garden and three cats. I can't get rid of this anxiety.", "anxiety"),
        ("I have been to see my doctor. I am 40% sure that I will get worse.", "40 percent sure"),
        ("I am scared of the dark even though I am in my thirties.", "scared of the dark"),
    ],
)
def test_the_sentence_that_tells_most_is_said_back(line: str, words: str) -> None:
    """What hurts is taken up, and not where somebody comes from."""
    for reply in _replies(line):
        assert words in reply, reply


def test_a_question_without_a_matter_leaves_the_answer_to_the_rest() -> None:
    """After "What should I do?" the sentence before is said back, and no decision is made."""
    for reply in _replies("My sister reads my letters. What should I do?"):
        assert "our sister reads your letters." in reply, reply


def test_no_question_of_a_long_line_is_without_a_word_of_it() -> None:
    """Whatever topics a long line has, what is asked fits any trouble."""
    line = "Because of the car and the house and the phone and the dog and the rain and the cat"
    whole = listener().compiled.also["WHOLE"].rules.every[0].choices
    said = {getattr(choice, "text", "") for choice in whole}
    assert said.intersection(_replies(line))


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("what should i do", True),
        ("how can i fix this?", True),
        ("is this normal?", True),
        ("any advice", True),
        ("i just don't know what to do", True),
        ("how can i fix my roof?", False),
        ("i don't know my neighbours", False),
        ("what a day", False),
    ],
)
def test_questions_without_a_matter_are_known(said: str, bare: bool) -> None:
    """A question is bare if every word of it could be in any other."""
    assert asks_nothing(Tokenizer({}).read(said).clauses[-1]) is bare


@pytest.mark.parametrize(
    "said",
    ["my aunt who sings", "the more i try", "i feel like even if i left", "you are a program",
     "in the rain", "what is it?"],
)  # fmt: skip
def test_parts_of_sentences_are_not_weighed(said: str) -> None:
    """What is not whole, or not said of the patient's own life, weighs nothing."""
    assert weigh(Tokenizer({}).read(said).clauses[0], last=True) == NOTHING


def test_a_script_without_these_rules_answers_as_before() -> None:
    """Without ALSO, a topic answers a long line, and a question is no case of its own."""
    script = "(Hi)\n(STYLE MODERN)\n(car 3 ((0 car 0) (What car?)))\n(NONE ((0) (Go on.)))\n"
    machine = Listener(parse(script), load_helplines())
    for line in ("I drove for a long time in the old car of my uncle", "Is that a car?"):
        assert machine.respond(machine.start(), line, NOON).reply == "What car?"
