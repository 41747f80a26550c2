"""What a listener makes of lines that a person answers, and of what that person says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.loading import load_machine
from tests.support.varied_lines import varied_lines

MACHINE = load_machine()
LINES = varied_lines()[::25]
NOW = 1e9


def test_a_held_line_is_remembered() -> None:
    """What a patient tells a person, the doctor takes up later as told."""
    state = MACHINE.hear(MACHINE.start(), "", "My sister moved to Riga.", NOW)
    assert [memory.text for memory in state.memories] == ["your sister moved to Riga"]
    assert state.topic == "your sister"


@pytest.mark.parametrize("line", ["My sister is ill.", "My dog died.", "I am afraid of my boss."])
def test_the_words_of_a_person_are_no_facts_about_the_patient(line: str) -> None:
    """What somebody else says of theirs is neither remembered nor the topic."""
    before = MACHINE.respond(MACHINE.start(), "My brother left.", NOW).state
    after = MACHINE.hear(before, "Maria", line, NOW)
    assert (after.memories, after.topic) == (before.memories, before.topic)


@pytest.mark.parametrize("speaker", ["", "Maria"])
def test_the_open_question_is_dropped(speaker: str) -> None:
    """A "no" after a person has spoken is no answer to whether the patient is safe."""
    asked = MACHINE.respond(MACHINE.start(), "I want to kill myself.", NOW)
    assert asked.mark == "care"
    assert MACHINE.respond(asked.state, "no", NOW).keyword == "CARE"
    heard = MACHINE.hear(asked.state, speaker, "It is late.", NOW)
    assert MACHINE.respond(heard, "no", NOW).keyword != "CARE"


def test_a_line_said_to_a_person_is_not_a_repeated_one() -> None:
    """After a person has spoken the same line again is taken as new."""
    line = "I have no idea what to do."
    state = MACHINE.respond(MACHINE.start(), line, NOW).state
    assert MACHINE.respond(state, line, NOW).keyword == "REPEATED"
    heard = MACHINE.hear(state, "Maria", "Tell the doctor, too.", NOW)
    assert MACHINE.respond(heard, line, NOW).keyword != "REPEATED"


def test_danger_is_found_and_not_remembered() -> None:
    """A held line about suicide is found, and nothing in it is taken up."""
    state = MACHINE.start()
    line = "My sister is ill and I want to kill myself."
    assert MACHINE.find_danger(state, line).kind == "SELF"
    assert MACHINE.find_danger(state, "My friend wants to kill himself.").kind == "OTHER"
    assert MACHINE.find_danger(state, "I am tired.").kind == ""
    heard = MACHINE.hear(state, "", line, NOW)
    assert heard.memories == ()
    assert heard.quiet > 0


@given(
    st.lists(st.sampled_from(LINES), max_size=4),
    st.sampled_from([*LINES, "I want to kill myself.", "My friend wants to kill himself."]),
)
def test_listening_is_finding_danger_and_hearing(before: list[str], line: str) -> None:
    """Both at once give what either gives, whatever was said before."""
    state = MACHINE.start()
    for each in before:
        state = MACHINE.respond(state, each, NOW).state
    apart = MACHINE.find_danger(state, line), MACHINE.hear(state, "", line, NOW)
    assert MACHINE.listen(state, line, NOW) == apart


@given(st.lists(st.tuples(st.sampled_from(["", "Maria"]), st.sampled_from(LINES)), max_size=12))
def test_hearing_is_deterministic_and_can_be_packed(said: list[tuple[str, str]]) -> None:
    """The state after any lines is the same again, also when it is packed in between."""
    state = packed = MACHINE.start()
    for speaker, line in said:
        state = MACHINE.hear(state, speaker, line, NOW)
        packed = MACHINE.hear(MACHINE.unpack(MACHINE.pack(packed)), speaker, line, NOW)
    assert packed == state
