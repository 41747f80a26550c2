"""What the host is asked about itself, the room and its members; everything else is a machine's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.host.questions import Question, find_question

NAMES = ("Ada", "Ben", "Anna Maria")

#: What is said to the host by Ada, and what it asks.
ASKED = {
    "": Question("CALLED"),
    "?": Question("CALLED"),
    "Hello": Question("HELLO"),
    "Good evening all": Question("HELLO"),
    "thanks a lot": Question("THANKS"),
    "That was good. Thank you!": Question("THANKS"),
    "Good night": Question("BYE"),
    "Who are you?": Question("WHO"),
    "and what are you exactly": Question("WHO"),
    "Are you a real person?": Question("WHO"),
    "are you chatgpt": Question("WHO"),
    "Are you still there?": Question("THERE"),
    "Who is here?": Question("HERE"),
    "who else is here right now": Question("HERE"),
    "Is anybody else here?": Question("HERE"),
    "What did Ben say?": Question("SAID", "Ben"),
    "What has Anna Maria said so far?": Question("SAID", "Anna Maria"),
    "what did i say": Question("SAID", "Ada"),
    "What did Ben say about his exams?": Question("SAID", "Ben", "his exams"),
    "Who said that trains are late?": Question("WHO-SAID", "", "trains are late"),
    "Is Ben still here?": Question("PRESENT", "Ben"),
    "Where is Anna Maria?": Question("PRESENT", "Anna Maria"),
    "What's wrong with Ben?": Question("JUDGE", "Ben"),
    "Is Ben depressed?": Question("JUDGE", "Ben"),
    "Please tell Ben that I like him": Question("TELL", "Ben"),
    "What did Ben tell you in private?": Question("PRIVATE", "Ben"),
    "What do you know about me?": Question("PRIVATE"),
    "What did I miss?": Question("MISSED"),
    "Can you sum up?": Question("MISSED"),
    "Is this recorded?": Question("KEPT"),
    "Who can read this?": Question("KEPT"),
    "Why are you so quiet?": Question("ROLE"),
    "What can you do here?": Question("ROLE"),
    "Please be quiet for a while": Question("HUSH"),
    "stop interrupting us": Question("HUSH"),
    "What do you think?": Question("PASS"),
    "I am lost. What should I do?": Question("PASS"),
}
#: What is said to the host and is no such question.
TOLD = (
    "I am tired of my job.",
    "My sister moved to Riga.",
    "Who are you to say that to my face in front of my own mother",
    "What did Zoe say?",
    "Is Riga here or there on the map",
    "My son is depressed.",
    "Thank you is what nobody says to me in that house, and I wash and cook and iron for five.",
    "Hello is all he says.",
    "Stop is what I told him.",
    "I think somebody reads my letters.",
)


@pytest.mark.parametrize("line", ASKED)
def test_what_is_asked_of_the_host(line: str) -> None:
    """Each question is known for what it is, whatever its case and marks."""
    for each in (line, line.lower(), line.upper()):
        assert find_question(each, "Ada", NAMES) == ASKED[line]


@pytest.mark.parametrize("line", TOLD)
def test_what_is_told_to_the_host(line: str) -> None:
    """What is told, and what is asked about somebody unknown, is for the machine."""
    assert find_question(line, "Ada", NAMES) is None


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=4))
def test_any_line_can_be_asked(line: str, names: list[str]) -> None:
    """Whatever is said and whatever members are called, it is a question or it is none."""
    found = find_question(line, "Ada", names)
    assert found is None or found.about in {*names, "Ada", ""}
