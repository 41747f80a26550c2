"""Rooms and what is unread in them, who is there, and how speakers are named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.model.presence import PersonActivity, Presence
from client.model.rooms import RoomList, same_name
from client.model.transcript_line import DOCTOR, EVENT, PATIENT, PERSON, TranscriptLine

_AT = datetime(2026, 11, 30, tzinfo=UTC)


def said(name: str = "Bob", kind: str = PATIENT, number: int = 1) -> TranscriptLine:
    """Return something that was said."""
    return TranscriptLine(number, _AT, kind, name, "", "hello")


def test_what_is_not_shown_is_unread() -> None:
    """Lines of others in a room that is not shown count until it is; other things do not."""
    rooms = RoomList("Ada")
    rooms.join("Garden")
    rooms.join("Garden")
    assert [entry.label for entry in rooms.entries] == ["The doctor", "Garden"]
    assert rooms.hear("Garden", [said(), said("ADA"), said(kind=EVENT), said("", DOCTOR)]) == 2
    assert rooms.hear("", [said("Maria", PERSON)]) == 0
    assert (rooms.unread, rooms.entries[1].label) == (2, "Garden (2 new)")
    rooms.show("Garden")
    assert rooms.unread == 0
    assert rooms.hear("", [said("Maria", PERSON)]) == 1
    assert rooms.entries[0].label == "The doctor (1 new)"


def test_a_room_that_is_left_is_shown_no_longer() -> None:
    """After leaving, the conversation with the doctor is shown, which itself cannot be left."""
    rooms = RoomList("Ada")
    rooms.join("Garden")
    rooms.show("Garden")
    rooms.show("Nowhere")
    assert rooms.shown == "Garden"
    rooms.leave("Garden")
    rooms.leave("")
    assert (rooms.shown, [entry.name for entry in rooms.entries]) == ("", [""])
    assert rooms.hear("Garden", [said()]) == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["join", "leave", "show", "hear"]), st.sampled_from(["", "A", "B"])
        )
    )
)
def test_what_is_shown_is_there_and_read(steps: list[tuple[str, str]]) -> None:
    """Whatever happens, the shown conversation is in the list and has nothing unread."""
    rooms = RoomList("Ada")
    for what, room in steps:
        if what == "hear":
            rooms.hear(room, [said()])
        else:
            getattr(rooms, what)(room)
        (shown,) = [entry for entry in rooms.entries if entry.name == rooms.shown]
        assert shown.unread == 0
        assert len({entry.name for entry in rooms.entries}) == len(rooms.entries)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], ""),
        ([(PersonActivity.READING, "Maria")], "Maria (a person) reads along"),
        (
            [(PersonActivity.READING, "Maria"), (PersonActivity.READING, "Tom")],
            "Maria (a person) and Tom (a person) read along",
        ),
        (
            [(PersonActivity.READING, "Tom"), (PersonActivity.TAKEN_OVER, "Maria")],
            "Maria (a person) answers in the doctor's place; Tom (a person) reads along",
        ),
        (
            [(PersonActivity.TAKEN_OVER, "Maria"), (PersonActivity.RETURNED, "Maria")],
            "Maria (a person) reads along",
        ),
        ([(PersonActivity.TAKEN_OVER, "Maria"), (PersonActivity.LEFT, "Maria")], ""),
    ],
)
def test_who_is_there(steps: list[tuple[PersonActivity, str]], sentence: str) -> None:
    """The sentence names who reads and who answers now."""
    presence = Presence()
    for what, name in steps:
        presence.change(what, name)
    assert presence.sentence == sentence
    presence.greet(["Maria reads along", "Tom reads along"])
    presence.change(PersonActivity.LEFT, "Maria")
    assert presence.sentence == "Tom reads along"


def test_how_speakers_are_named() -> None:
    """A person is told from a patient, the doctor has no name, an event is a sentence."""
    assert said().readable == "Bob: hello"
    assert said("", DOCTOR).readable == "Doctor: hello"
    assert said("", DOCTOR, 0).readable == "Doctor, to you alone: hello"
    assert said("", PATIENT).readable == "You: hello"
    assert said("Maria", PERSON).readable == "Maria (a person): hello"
    assert said(kind=EVENT).readable == "hello"


def test_names_that_differ_in_capitals_are_the_same() -> None:
    """Capitals and the spelling of accents make no difference."""
    assert same_name("Zoe\u0301", "ZO\u00c9")
    assert not same_name("Ada", "Adam")
