"""Whole sessions of several people with the host, on different subjects."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.host.playing import Room, Session
from tests.support.machine_data import DATA

ROOMS: Final = DATA / "rooms"
SESSIONS: Final = {path.stem: Session(path) for path in sorted(ROOMS.glob("*.txt"))}
#: Host lines among which no sentence is said again.
NEAR: Final = 10
_QUOTED: Final = re.compile("\u2018.*?\u2019(?!\\w)")


def frames(session: Session, said: str) -> list[str]:
    """Return the sentences of what a host said, without names and quotations."""
    plain = _QUOTED.sub(" Q ", said)
    for member in session.room.state.members:
        plain = re.sub(rf"\b{member.name}\b", "N", plain)
    plain = re.sub(r"\bN(?:, N)*(?: and N)?", "N", plain)
    every = (" ".join(each.split()) for each in re.findall(r"[^.?!]+[.?!]?", plain))
    return [each for each in every if len(each.split()) > 2]


@pytest.mark.parametrize("name", SESSIONS)
def test_no_sentence_is_said_twice_within_ten_host_lines(name: str) -> None:
    """Who reads what the host says does not read the same frame over and over."""
    session = SESSIONS[name]
    told = [frames(session, each) for each in session.told]
    for at, every in enumerate(told):
        before = [each for line in told[max(at - NEAR, 0) : at] for each in line]
        assert not set(every) & set(before)


@pytest.mark.parametrize("name", SESSIONS)
def test_the_host_leaves_room(name: str) -> None:
    """It seldom speaks without being called, and seldom asks anybody anything."""
    session = SESSIONS[name]
    assert 0 < session.unasked <= session.lines / 7
    asking = [each for each in session.told if _QUOTED.sub("", each).rstrip().endswith("?")]
    assert len(asking) <= len(session.told) / 3


#: A line of a session, and what the host says to it: words that are in it, and that are not.
ANSWERS: Final = {
    # about itself
    ("choir", "Doctor, do you even understand what a choir is?"): ("Ulf", "Petra"),
    ("choir", "Doctor, you are a funny machine. Do you ever sing?"): ("program", "?"),
    ("choir", "doctor are you recording this?"): ("transcript", "?"),
    ("teens", "Doctor, are you a father?"): ("program", "Gert"),
    ("operation", "doctor do you have hands lol"): ("program", "\u2018"),
    ("night", "doctor are you on a night shift too"): ("program", "?"),
    # two questions
    ("choir", "doctor who can read what we write here, and can i delete it?"): (
        "operator of this server",
        "?",
    ),
    ("operation", "Doctor, are you a real doctor? And can you tell me if I will wake up again?"): (
        "no doctor",
        "?",
    ),
    ("night", "doctor, did Kim say anything? is she still here?"): ("Kim", "Bea"),
    # from the record
    ("choir", "doctor, is Margot coming tonight?"): ("Margot is not here now", "?"),
    ("choir", "On the piano. Yes. Doctor, what did Ulf say about the key?"): ("Thursdays", "?"),
    ("teens", "Doctor, who wrote the note?"): ("Mona", "Keep that note"),
    ("night", "I mean it. Doctor, what did Ivo say about his father?"): ("my dad", "lilies"),
    ("night", "doctor, what else did bea say about her husband"): ("kind man", "each other notes"),
    # what it is told to do
    ("choir", "Doctor, how do I stand in front of them without crying?"): ("Petra", "Ulf?"),
    ("night", "doctor ask me something"): ("how the night is", "Bea"),
    ("operation", "Doctor, just listen for a while please."): ("until", "?"),
    # something kind
    ("choir", "Doctor, say something nice to Ina, would you?"): ("Ina", "\u2018"),
    # goodbye
    (
        "choir",
        (
            "I go too. Doctor, thanks. You got the key right and the rest half wrong, but thanks. "
            "Good night."
        ),
    ): ("sorry", "?"),
}


@pytest.mark.parametrize(("name", "line"), ANSWERS)
def test_what_is_said_to_a_line(name: str, line: str) -> None:
    """What is asked is answered, by whom it was asked of."""
    has, lacks = ANSWERS[name, line]
    said = SESSIONS[name].answers[line]
    assert has in said
    assert lacks not in said


def test_nobody_who_is_silent_is_called_on() -> None:
    """Who has never written is asked nothing, and who wrote long ago once in a long while."""
    room = Room("Ada", "Ben", "Cleo")
    room.say("Ben", "I drive a bus at night.")
    named = []
    for number in range(12):
        said = room.say("Ada", f"Doctor, how do I find a flat with {number} rooms?", 60)
        named += [name for name in ("Ben", "Cleo") if name in said]
    assert named in (["Ben"], ["Ben", "Ben"])


def test_who_wants_to_be_left_alone_is() -> None:
    """Nobody sends a question to who asked not to be asked, in the whole session."""
    room = Room("Ada", "Ben", "Cleo")
    for name in ("Cleo", "Ben"):
        room.say(name, "I drive a bus at night.")
    assert room.say("Ben", "Doctor, please don't ask me anything tonight.")
    for number in range(12):
        room.say("Cleo", "I count the keys at four.")
        assert "Ben" not in room.say("Ada", f"Doctor, how do I find a flat with {number} rooms?")


def test_one_person_alone_is_listened_to() -> None:
    """Where all others are silent the host turns a line round or asks to go on."""
    room = Room("Ada", "Ben")
    room.now += 300
    told = []
    for line in (
        "I count the steps to his gate.",
        "I still have his key.",
        "I water the plants on his stairs every Sunday.",
        "My sister says that I should stop.",
    ):
        room.say("Ada", line, 30)
        told.append(room.wait(30))
    assert told[0] == "You count the steps to his gate."
    assert any(told[1:])
    assert not any("Ben" in each for each in told)
