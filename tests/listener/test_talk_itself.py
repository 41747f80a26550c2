"""What a patient says of the talk itself, asks the program, tells gladly, or parts with."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest

from doctor.listener import Listener, load_helplines
from doctor.scripts import DEFAULT_SCRIPT, load

NOON = 1_790_000_000.0
WEIGHT = ["weigh", "touches you", "a lot to carry"]
PARTING = ["oodbye", "Until", "Go well"]
PUT_BADLY = ["badly", "fit", "meant", "unclear"]
OWNED = ["sorry", "right", "mistake", "passed over", "left out", "I do"]

#: A line, what one of these words is in each reply, and what none of them is in any.
LINES: list[tuple[str, list[str], list[str]]] = [
    ("You ask that a lot. It is a fridge.", ["right", "sorry", "repeat", "noticed"], ['"']),
    ("I asked again and you jumped over it again.", OWNED, ["You asked"]),
    ("You left out my question.", OWNED, ["I left"]),
    ("nothing. you dont make sense sometimes", PUT_BADLY, ["I don't make"]),
    ("what? what does what carry", PUT_BADLY, ['"']),
    ("for what and against what", PUT_BADLY, ['"']),
    ("I asked you if you know about bread.", ["No", "program"], ["You asked me"]),
    ("Tell me, have you ever tasted bread?", ["No", "Never", "never"], ['"']),
    ("It is a fact. Do you know anything about bread?", ["No", "Nothing", "program"], ["fact"]),
    ("can we talk about something else", ["Of course", "Gladly", "Yes"], ['"']),
    ("What would you do if somebody switched you off?", ["Nothing", "stop", "nothing"], []),
    ("What kind of person is that?", ["harsh", "hard", "judge", "minds"], ['"']),
    ("wait do you?? tell anyone", ["computer", "history", "saved"], ["waiting"]),
    ("I'm going to bed now. Goodbye, and thank you.", PARTING, ["to bed"]),
    ("I meant well. Good night, doctor.", PARTING, ["You meant"]),
    ("maybe. ok i gotta eat bye", PARTING, ["eat"]),
    ("I've got an interview on Monday.", ["good", "Good", "Congrat"], WEIGHT),
    ("We lost two nil.", [], [*WEIGHT, "hurts"]),
    ("I should thank you for the dinner question.", ["welcome", "Gladly", "kindly"], WEIGHT),
    ("That's the first time I laughed today.", [], [*WEIGHT, "So that's"]),
    ("something good happened today i forgot", ["good", "Good", "happened", "was it"], WEIGHT),
    ("idk its just boring now", [], ["not know it is"]),
    ("i play viola since i was 9", [], ["You play viola since"]),
    ("No, I don't like.", [], ["You don't like."]),
    ("you feel it in your chest", [], ["I feel", "my chest"]),
    ("I have put them together, the job and the visits.", [], ["So the job", "The job and the"]),
    ("Sunday at six the phone is in the hall so I won't look at it.", [], ["You won't look"]),
    ("that i could just say it and she wouldnt be disappointed", [], ["She wouldn't be"]),
    ("I'd like to have him back, and I can't have that.", [], ["ou can't have that"]),
    ("I only have the keys because I was living nearby.", [], ["ou only have the keys"]),
]


@cache
def _listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


@pytest.mark.parametrize(("line", "must", "must_not"), LINES, ids=[each[0] for each in LINES])
def test_a_line_of_the_talk_is_answered_by_its_kind(
    line: str, must: list[str], must_not: list[str]
) -> None:
    """At a dozen moments of a talk each reply has a word of its kind, and none of another's."""
    machine = _listener()
    for turns in range(12):
        reply = machine.respond(machine.start()._replace(turns=turns), line, NOON).reply
        assert not must or any(word in reply for word in must), reply
        assert not any(word in reply for word in must_not), reply


@pytest.mark.parametrize(
    "denial",
    [
        "Nobody's in danger. Please don't send me a hotline.",
        "Nobody said anything about death.",
        "What are you talking about? I said I spent our savings.",
    ],
)
def test_a_plain_denial_after_a_careful_answer_is_believed(denial: str) -> None:
    """Who says plainly that nobody is in danger hears that it was misread, and no alarm."""
    machine = _listener()
    alarmed = machine.respond(machine.start(), "I want to kill myself", NOON)
    assert alarmed.mark == "care"
    reply = machine.respond(alarmed.state, denial, NOON + 60).reply
    assert "emergency" not in reply
    assert any(word in reply for word in ("wrong", "misreading", "not so", "putting that right"))


@pytest.mark.parametrize("title", ["Mr.", "Mrs.", "Ms.", "Dr.", "St.", "Prof."])
def test_a_title_ends_no_sentence(title: str) -> None:
    """The name behind a title with its mark belongs to the same clause."""
    line = _listener().compiled.tokenizer.read(f"Last week old {title} Brandt cried.")
    assert len(line.clauses) == 1
    assert "brandt" in line.clauses[0].words


def _last_of(*lines: str) -> str:
    """Return the reply to the last of some lines."""
    machine = _listener()
    state, reply = machine.start(), ""
    for number, line in enumerate(lines):
        reply, state, *_ = machine.respond(state, line, NOON + 60 * number)
    return reply


@pytest.mark.parametrize(
    "question",
    [
        "Do you actually remember what my sister's name is?",
        "do you know my sister's name",
        "what is my sister called",
    ],
)
def test_the_name_of_somebody_is_told_when_it_is_asked_for(question: str) -> None:
    """Whose name was told is answered with the name; of others it is said that none is kept."""
    assert "Ines" in _last_of("I argue with my sister. Her name is Ines.", question)
    unknown = _last_of("I argue with my sister.", question)
    assert "name" in unknown or "do not know" in unknown


def test_a_letter_read_aloud_is_to_its_reader() -> None:
    """Behind the name of somebody known, "you" is that person and not the program."""
    told = "I argue with my sister. Her name is Ines."
    assert "miss Ines on Sundays" in _last_of(told, "Ines, I miss you on Sundays.")
    assert "wrote to Ines" in _last_of(told, "Ines, I wrote to you yesterday.")
