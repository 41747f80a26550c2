"""Rooms in the session: each line is said once, others are heard once, each in its room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.net import events
from client.net.lines import parse_history, readable_rows
from client.net.session import Session
from doctor.protocol import Reply, codes, notices
from tests.support.room_model import RoomServer

if TYPE_CHECKING:
    from client.model.transcript_line import TranscriptLine

_ROOMS = ("", "Garden", "Library")
_AT = "2026-11-21T10:00:00.000+00:00"


def run(session: Session, server: RoomServer) -> list[object]:
    """Let client and server talk until nothing is left to say; return the events."""
    seen: list[object] = []
    for _ in range(500):
        server.publish()
        while server.outbox:
            seen += session.take(server.outbox.pop(0))
        line = session.next_line()
        if line is None:
            return seen
        server.take(line)
    raise AssertionError("it does not come to an end")


def heard(seen: list[object], room: str) -> list[TranscriptLine]:
    """Return what was passed on of a room, in order, from when it was joined."""
    found: list[TranscriptLine] = []
    for event in seen:
        if isinstance(event, events.Joined | events.Heard) and event.room == room:
            found += event.lines
    return found


#: What becomes of a line that the session sends, and what others do before it.
_FATES = st.lists(
    st.tuples(
        st.sampled_from(["answered", "answered", "cut before", "cut after", "cut in the middle"]),
        st.lists(st.tuples(st.sampled_from(_ROOMS[1:]), st.booleans()), max_size=3),
    ),
    max_size=30,
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(["yes", "Doctor, are you there?", "why not"])),
        st.tuples(st.just("go"), st.sampled_from(_ROOMS)),
    ),
    max_size=10,
)


@settings(max_examples=200, deadline=None)
@given(
    steps=_STEPS,
    fates=_FATES,
    most=st.sampled_from([1, 2, 1000]),
    echoes=st.booleans(),
    early=st.booleans(),
)
def test_lines_are_said_once_and_heard_once(
    steps: list[tuple[str, str]],
    fates: list[tuple[str, list[tuple[str, bool]]]],
    most: int,
    *,
    echoes: bool,
    early: bool,
) -> None:
    """Wherever the connection is cut, each line is recorded once, in the room it was typed in.

    Everything that others say in a joined room is heard once, in the order of the numbers; and
    every own line is answered once, or given back after three connections that ended behind it.
    """
    server = RoomServer(most=most, echoes=echoes, early=early)
    for room in _ROOMS[1:]:
        server.add(room, "event", "Bob", "Bob comes in")
    session = Session("Ada")
    seen = server.greet(session)
    wanted = type_steps(session, steps)
    fate = iter(fates)
    others = 0
    for _ in range(2000):
        server.publish()
        end, said = next(fate, ("answered", []))
        for where, has_answer in said:
            others += 1
            server.add(where, "patient", "Bob", f"other {others}", "Go on." * has_answer)
        line = session.next_line()
        if line is None:
            break
        if end != "cut before":
            server.take(line)
        delivered = {"answered": len(server.outbox), "cut in the middle": 1}.get(end, 0)
        for _ in range(delivered):
            if server.outbox:
                seen += session.take(server.outbox.pop(0))
        if end != "answered":
            session.disconnect()
            seen += server.greet(session)
    seen += run(session, server)
    check_said(server, seen, wanted)
    check_place(session, server, seen)
    back = [event.line for event in seen if isinstance(event, events.NotRecorded)]
    for where in _ROOMS[1:]:
        check_heard(server, where, heard(seen, where), back)


def type_steps(session: Session, steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Type lines and commands; return the room and the text of each line, by its id."""
    wanted: list[tuple[str, str]] = []
    room = ""
    for what, text in steps:
        if what == "say":
            session.say(len(wanted), text)
            wanted.append((room, text))
        else:
            room = text
            session.say(-1, f"/join {room.lower()}" if room else "/private")
    return wanted


def check_said(server: RoomServer, seen: list[object], wanted: list[tuple[str, str]]) -> None:
    """Assert that each line is recorded once, where it was typed, and answered or given back."""
    back = [event.line for event in seen if isinstance(event, events.NotRecorded)]
    answered = [event for event in seen if isinstance(event, events.Answered)]
    settled = sorted([event.line for event in answered] + back)
    assert settled == list(range(len(wanted)))
    for where in _ROOMS:
        recorded = (
            [entry[2] for entry in server.rooms[where].entries if entry[1] == "Ada"]
            if where
            else [line for line, _ in server.own]
        )
        meant = [(ident, text) for ident, (place, text) in enumerate(wanted) if place == where]
        if not set(back) & {ident for ident, _ in meant}:
            assert recorded == [text for _, text in meant]
    for event in answered:
        where, text = wanted[event.line]
        assert event.room == where
        if where:
            assert server.rooms[where].entries[event.entry.number - 1][1:3] == ("Ada", text)


def check_place(session: Session, server: RoomServer, seen: list[object]) -> None:
    """Assert that the next line is said where the patient was told last."""
    told = [event.room for event in seen if isinstance(event, events.TalksIn)]
    session.say(1000, "the last one")
    (answered,) = [
        event
        for event in run(session, server)
        if isinstance(event, events.Answered) and event.line == 1000
    ]
    assert answered.room == ["", *told][-1]


def check_heard(
    server: RoomServer, room: str, found: list[TranscriptLine], given_back: list[int]
) -> None:
    """Assert that everything since the joining was heard once, but own lines."""
    keys = [(one.number, one.kind == "doctor") for one in found if one.name != "Ada"]
    assert keys == sorted(set(keys))
    if not keys:
        return
    entries = server.rooms[room].entries
    expected = []
    for number, (_, name, line, answer) in enumerate(entries, 1):
        if number >= keys[0][0]:
            expected += [(number, False)] if line and name != "Ada" else []
            expected += [(number, True)] if answer else []
    assert keys == [key for key in expected if key >= keys[0]]
    if not given_back:
        own = [one.number for one in found if one.name == "Ada"]
        assert len(own) == len(set(own))


def joined(room: str = "Garden", server: RoomServer | None = None) -> tuple[Session, RoomServer]:
    """Return a session that is in a room, and its server."""
    server = server or RoomServer()
    session = Session("Ada")
    server.greet(session)
    session.say(1, f"/join {room}")
    run(session, server)
    return session, server


def test_joining_shows_the_room() -> None:
    """Who is there, what was said last, and where one talks now, with the server's spelling."""
    server = RoomServer()
    server.add("Garden", "patient", "Bob", "Hello.", "Welcome.")
    session = Session("Ada")
    server.greet(session)
    session.say(1, "/join garden")
    session.say(2, "Hello, Bob.")
    seen = run(session, server)
    entered, talks, answered = seen
    assert isinstance(entered, events.Joined)
    assert (entered.room, entered.members, entered.again) == ("Garden", ("Ada",), False)
    assert [one.readable for one in entered.lines] == ["Bob: Hello.", "Doctor: Welcome."]
    assert isinstance(talks, events.TalksIn)
    assert talks.room == "Garden"
    assert isinstance(answered, events.Answered)
    assert (answered.line, answered.room, answered.entry.number) == (2, "Garden", 2)


def test_a_line_after_leave_never_reaches_the_room() -> None:
    """If the connection breaks between `/leave` and the next line, that is said to the doctor."""
    session, server = joined()
    session.say(2, "/leave")
    session.say(3, "Nobody else may hear this.")
    assert session.next_line() == "/leave"
    session.disconnect()
    seen = server.greet(session)
    seen += run(session, server)
    assert [line for line, _ in server.own] == ["Nobody else may hear this."]
    assert server.rooms["Garden"].entries == []
    assert server.members == set()
    assert [type(event) for event in seen if isinstance(event, events.LeftRoom)]


def test_a_join_that_was_lost_changes_nothing() -> None:
    """If the connection breaks before the answer to `/join`, lines go where they went before."""
    session, server = joined()
    session.say(2, "/join Library")
    assert session.next_line() == "/join Library"
    session.disconnect()
    server.greet(session)
    session.say(3, "in the garden")
    run(session, server)
    assert [entry[2] for entry in server.rooms["Garden"].entries] == ["in the garden"]
    assert "Library" not in server.rooms


def test_a_line_for_a_room_that_is_refused_is_given_back() -> None:
    """What was typed behind a `/join` that fails is said nowhere; the next line is for before."""
    session, server = Session("Ada"), RoomServer()
    server.greet(session)
    session.say(1, "/join Ada")
    session.say(2, "Hello, all.")
    assert session.next_line() == "/join Ada"
    refused, told = session.take(Reply(codes.BAD_NAME, "Ada is a patient's name"))
    assert isinstance(refused, events.NotRecorded)
    assert (refused.line, refused.text) == (2, "Hello, all.")
    assert isinstance(told, events.Replied)
    session.say(3, "To you alone.")
    run(session, server)
    assert [line for line, _ in server.own] == ["To you alone."]


def test_windows_say_lines_in_any_room() -> None:
    """A line for a named room is said there; what is typed without one goes where it went."""
    session, server = joined()
    session.say(2, "/join Library")
    session.say(3, "in the garden", "Garden")
    session.say(4, "alone", "")
    session.say(5, "in the library")
    run(session, server)
    assert [entry[2] for entry in server.rooms["Garden"].entries] == ["in the garden"]
    assert [entry[2] for entry in server.rooms["Library"].entries] == ["in the library"]
    assert server.own == [("alone", "Why?")]


def test_a_closed_room_is_left_and_its_lines_come_back() -> None:
    """After 156 the room is gone, what waits for it comes back, and lines go to the doctor."""
    session, server = joined()
    session.say(2, "waiting")
    row = ("Garden", "0", _AT, "event", "", "", "Garden was erased")
    seen = session.take(Reply(notices.CLOSED, "", (row,)))
    left, back, talks = seen
    assert isinstance(left, events.LeftRoom)
    assert (left.room, left.closed) == ("Garden", True)
    assert isinstance(back, events.NotRecorded)
    assert talks == events.TalksIn("", "")
    session.say(3, "hello")
    assert session.next_line() == "/private"  # what comes first after a closing is refused
    server.take("/private")
    assert session.take(server.outbox.pop()) == []
    run(session, server)
    assert server.own == [("hello", "Why?")]


def test_a_room_that_was_begun_anew_is_a_different_one() -> None:
    """If the room has fewer exchanges than were heard, a line under way is not sent again."""
    session, server = joined()
    for _ in range(3):
        server.add("Garden", "patient", "Bob", "Hello.")
    run(session, server)
    session.say(2, "under way")
    assert session.next_line() == "/as 4 under way"
    session.disconnect()
    server.rooms["Garden"].entries.clear()
    server.rooms["Garden"].told = 0
    server.greet(session)
    seen = run(session, server)
    (entered,) = [event for event in seen if isinstance(event, events.Joined)]
    assert (entered.again, entered.different) == (True, True)
    assert [event.line for event in seen if isinstance(event, events.NotRecorded)] == [2]
    assert server.rooms["Garden"].entries == []


def test_the_passphrase_of_a_room_is_told_from_the_own_one() -> None:
    """A question for a secret says which room it opens; the answer then enters it."""
    server = RoomServer()
    session = Session("Ada")
    server.greet(session)
    session.say(1, "/join Garden")
    assert session.next_line() == "/join Garden"
    (wanted,) = session.take(Reply(codes.PASSPHRASE, "this room has a passphrase"))
    assert wanted == events.SecretWanted(331, "this room has a passphrase", "Garden")
    session.answer("open")
    assert session.next_line() == "open"
    server.take("/join Garden")
    entered, talks = session.take(server.outbox.pop())
    assert isinstance(entered, events.Joined)
    assert isinstance(talks, events.TalksIn)


def test_persons_are_announced_and_counted() -> None:
    """Who reads is told, what a person says is heard once, and the next line has its number."""
    session, server = Session("Ada"), RoomServer()
    server.greet(session)

    def tell(code: int, number: int, kind: str, text: str) -> list[object]:
        row = ("", str(number), _AT, kind, "Maria", "", text)
        return list(session.take(Reply(code, "", (row,))))

    (reads,) = tell(notices.READING, 0, "event", "Maria reads along")
    assert isinstance(reads, events.Attended)
    assert (reads.what.name, reads.name, reads.line.text) == (
        "READING", "Maria", "Maria reads along",
    )  # fmt: skip
    (said,) = tell(notices.SAID, 1, "person", "Hello, Ada.")
    assert isinstance(said, events.Heard)
    assert [one.readable for one in said.lines] == ["Maria (a person): Hello, Ada."]
    session.say(1, "Who are you?")
    assert session.next_line() == "/as 2 Who are you?"
    (answered,) = session.take(Reply(codes.SAID, "Maria answers.", (("number", "2"),)))
    assert isinstance(answered, events.Answered)
    assert (answered.entry.number, answered.entry.doctor, answered.recorded) == (2, "", True)
    tell(notices.SAID, 3, "person", "I am Maria.")
    session.say(2, "I see.")
    assert session.next_line() == "/as 4 I see."


def test_a_persons_words_that_were_missed() -> None:
    """After a lost connection a person's words are among the missed ones, with the name."""
    session = Session("Ada")
    server = RoomServer(own=[("one", "Why?")])
    server.greet(session)
    session.disconnect()
    server.own.append(("", ""))
    server.greet(session)
    assert session.next_line() == "/history 1"
    rows = (("2", _AT, "1", "", "person", "Are you there?", "Maria"),)
    (missed,) = session.take(Reply(codes.HISTORY, "", rows))
    assert isinstance(missed, events.Missed)
    (entry,) = missed.entries
    assert (entry.number, entry.speaker, entry.patient) == (2, "Maria", "Are you there?")
    session.say(1, "Yes.")
    assert session.next_line() == "/as 3 Yes."


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([kind.code for kind in (*codes.REPLIES, *notices.NOTICES)]),
            st.lists(st.sampled_from(["", "1", "7", "Garden", "line", "room", "patient", _AT])),
        ),
        max_size=20,
    )
)
def test_any_replies_and_notices_are_survived(said: list[tuple[int, list[str]]]) -> None:
    """Replies and notices in any order, with any rows, never make the session raise."""
    session = Session("Ada")
    session.begin()
    session.say(1, "/join Garden")
    session.say(2, "hello")
    for code, row in said:
        rows = (tuple(row), ("room", "Garden"), ("number", "3")) if row else ()
        session.take(Reply(code, "doctor/1 text", rows))
        session.next_line()
    session.disconnect()


@pytest.mark.parametrize("word", ["/rooms", "/help"])
def test_what_is_about_no_room_goes_nowhere_first(word: str) -> None:
    """A command that is about no conversation is sent from wherever one is."""
    session, _ = joined()
    session.say(2, word, "")
    assert session.next_line() == word


def test_who_spoke_in_a_history() -> None:
    """Persons, members and events are told apart in exchanges and in rows that people read."""
    rows = (
        ("1", _AT, "1", "", "person", "May I?", "Maria"),
        ("2", _AT, "1", "", "patient", "Yes.", ""),
        ("2", _AT, "1", "", "person", "Good.", "Maria"),
        ("3", _AT, "1", "", "event", "Maria leaves", "Maria"),
        ("4", _AT, "1", "", "doctor", "Go on.", ""),
    )
    found = parse_history(rows)
    assert [(one.speaker, one.patient, one.responder, one.doctor) for one in found] == [
        ("Maria", "May I?", "", ""),
        ("", "Yes.", "Maria", "Good."),
        ("Maria", "", "", ""),
        ("", "", "", "Go on."),
    ]
    assert [row[2:] for row in readable_rows(found)] == [
        ("Maria (a person)", "May I?"),
        ("you", "Yes."),
        ("Maria (a person)", "Good."),
        ("Maria leaves",),
        ("doctor", "Go on."),
    ]
