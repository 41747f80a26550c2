"""Which lines are said to the doctor, and which only speak of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.host.addressing import find_address, part_for_host

NAMES = ("doctor", "doc")

#: Lines that are said to the doctor, and what is left of them.
SAID_TO = {
    "Doctor, what do you think?": "What do you think?",
    "doctor what do you think": "What do you think",
    "Doctor: are you there?": "Are you there?",
    "Doctor!": "",
    "DOCTOR, HELP US": "HELP US",
    "Doc, I am tired of all this.": "I am tired of all this.",
    "Hello doctor": "Hello",
    "Hi, doctor, it's me again.": "Hi, it's me again.",
    "Thank you, doctor.": "Thank you.",
    "thanks doctor": "thanks",
    "What do you think, Doctor?": "What do you think?",
    "what do you think doctor?": "what do you think?",
    "Are you listening, doc?": "Are you listening?",
    "Is that normal, doctor?": "Is that normal?",
    "Please, doctor, say something.": "Please, say something.",
    "I don't know, doctor, it is hard.": "I don't know, it is hard.",
    "I am tired. Doctor, what now?": "I am tired. what now?",
    "What do you say doctor? I am lost.": "What do you say? I am lost.",
    "Ok doctor, and now?": "Ok and now?",
    "@doctor what did Ada say?": "What did Ada say?",
    "Doctor please help us": "Please help us",
    "Doctor can you tell us who is here?": "Can you tell us who is here?",
    "Doctor, my doctor said I am fine.": "My doctor said I am fine.",
    "doctor I feel lost": "I feel lost",
    "So, doctor, who is right?": "So, who is right?",
    "Doctor... are you there?": "Are you there?",
    "Good morning, Doctor": "Good morning",
    "And you, doctor?": "And you?",
    "doctor is it normal to cry so much?": "Is it normal to cry so much?",
}
#: Lines that only speak of a doctor.
SPOKEN_OF = (
    "My doctor said that I should rest.",
    "The doctor is in.",
    "Dr. Smith told me that.",
    "Doctor Smith told me to rest.",
    "Doctor Who is on tonight.",
    "I went to the doctor.",
    "I need a doctor",
    "Is there a doctor?",
    "My brother is a doctor, and he says no.",
    "She wants to become a doctor.",
    "You should see a doctor.",
    "Have you told your doctor?",
    'He said "Doctor, help me" in the film.',
    "doctor said I am fine",
    "Doctors are expensive.",
    "Doctor's orders.",
    "I called the doctor, but nobody came.",
    "Did you ask your family doctor?",
    "He is a really good doctor.",
    "Ben, you sound like a doctor.",
    "the doctor told me, the nurse did not",
    "I doctor my own bike.",
    "What did the doctor say?",
    "Doctor told me to sleep more",
    "I hate going to the doctor.",
    "Which doctor?",
    "I am no doctor.",
    "Ha. No doctor needed for that one.",
    "Doctor visits make me nervous.",
    "My therapist, a doctor, said so.",
)


@pytest.mark.parametrize("line", SAID_TO)
def test_a_line_said_to_the_doctor(line: str) -> None:
    """The name counts at the head or the end of a sentence and between commas; it is taken out."""
    assert find_address(line, NAMES) == SAID_TO[line]


@pytest.mark.parametrize("line", SPOKEN_OF)
def test_a_line_that_speaks_of_a_doctor(line: str) -> None:
    """A doctor who is spoken of or quoted is not the one in the room."""
    assert find_address(line, NAMES) is None


def test_a_name_of_several_words() -> None:
    """Members are spoken to by their whole names, whatever the case."""
    assert find_address("anna maria, how are you?", ["Anna Maria"]) == "How are you?"
    assert find_address("Anna, how are you?", ["Anna Maria"]) is None
    assert find_address("How are you?", ["", "?!"]) is None


WORDS = st.sampled_from(["doctor", "doc", "the", "a", "my", ",", ".", "?", "said", "and", "is"])


@given(st.text(max_size=200) | st.lists(WORDS, max_size=20).map(" ".join))
def test_any_line_is_read(line: str) -> None:
    """Any line is said to the doctor or is not, and what is left is no longer than it."""
    left = find_address(f"Doctor, {line}", NAMES)
    assert left is None or len(left) <= len(line) + 8
    find_address(line, NAMES)


def test_a_long_line_takes_little_time() -> None:
    """A line of commas and names costs time in proportion to its length."""
    line = "a doctor, " * 400
    assert find_address(line, NAMES) is None
    assert find_address(line + "doctor?", NAMES) is not None


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("Doctor, you owe Lale an apology. Lale, you've been the most sensible person here.",
         "Doctor, you owe Lale an apology."),
        ("I carry it like a tray, Doctor. Lale, you didn't take it. You brought it with you.",
         "I carry it like a tray, Doctor."),
        ("Good night to you two, you made my week. Good night Doctor.", "Good night Doctor."),
        ("Lale, snap. We can lend your mum Rich. Doctor, can you help me?",
         "Doctor, can you help me?"),
        ("Doctor, I miss my mother. You know that.", "Doctor, I miss my mother. You know that."),
        ("I cooked for six. Tom, what do you eat?", "I cooked for six."),
        ("You are kind, Tom.", ""),
    ],
)  # fmt: skip
def test_the_part_that_is_for_the_host(line: str, meant: str) -> None:
    """What is said to another member of the room is not taken as said to the host."""
    assert part_for_host(line, ["Doctor"], ["Lale", "Tom"]) == meant


@given(st.text(alphabet="Doctr,Lale. you?!", max_size=80))
def test_the_part_for_the_host_is_of_the_line(line: str) -> None:
    """The part is made of signs of the line in their order."""
    rest = iter(line)
    assert all(sign in rest for sign in part_for_host(line, ["Doctor"], ["Lale"]))


@given(st.lists(st.sampled_from(("Doctor", "Lale", "Tom Fox", "Tom", "Ada")), min_size=2))
def test_one_line_is_read_for_any_names(asked: list[str]) -> None:
    """Who is spoken to in a line does not depend on whom it was read for before."""
    line = "Tom Fox, I saw it. Did you, Lale?"
    left = {"Tom Fox": "I saw it. Did you, Lale?", "Lale": "Tom Fox, I saw it. Did you?"}
    for name in asked:
        assert find_address(line, [name]) == left.get(name)
