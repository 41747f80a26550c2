"""Lines with numbers, lines at which a server fails, and what a hostile server sends."""

from __future__ import annotations

import random
import threading

import pytest

from client.net import events
from client.net.events import Lost
from client.net.pending import MOST_ENDS
from client.net.session import Session
from doctor.errors import NotAReply
from doctor.protocol import BANNER, Reply, ReplyReader, codes
from tests.support.fake_server import Behaviour, FakeServer
from tests.support.listening import PATIENCE, Listening


def opened(session: Session, last: int = 0) -> list[events.Event]:
    """Bring a session to the greeting of a history with `last` exchanges."""
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    assert session.next_line() == "Ada"
    return session.take(Reply(codes.WELCOME, "hello", (("exchanges", str(last)),)))


def rows(number: int, patient: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of one exchange."""
    head = (str(number), "2026-01-01T00:00:00+00:00", "1", "")
    return ((*head, "patient", patient), (*head, "doctor", "Why?"))


def test_each_line_is_sent_with_its_number() -> None:
    """A line carries the number after the last one; a slash at its start is not doubled."""
    session = Session("Ada")
    opened(session, 16)
    session.say(1, "My mother hates me.")
    session.say(2, "//help is a word")
    session.say(3, "   ")
    session.say(4, "x" * 4090)
    sent = []
    for _ in range(4):
        sent.append(session.next_line())
        session.take(Reply(codes.SAYS, "Why?"))
    assert sent[:2] == ["/as 17 My mother hates me.", "/as 18 /help is a word"]
    # A blank line has no number, and a long one would be too long with it.
    assert sent[2:] == ["", "x" * 4090]


def test_a_taken_number_is_followed_by_what_was_missed() -> None:
    """A line whose number another connection took is sent again with the next, and told apart."""
    session = Session("Ada")
    opened(session)
    session.say(1, "from here")
    assert session.next_line() == "/as 1 from here"
    assert not session.take(Reply(codes.WRONG_NUMBER, "no", (("exchanges", "1"),)))
    assert session.next_line() == "/history 1"
    (missed,) = session.take(Reply(codes.HISTORY, "", rows(1, "from elsewhere")))
    assert isinstance(missed, events.Missed)
    assert [entry.patient for entry in missed.entries] == ["from elsewhere"]
    assert session.next_line() == "/as 2 from here"
    (answered,) = session.take(Reply(codes.SAYS, "Why?"))
    assert isinstance(answered, events.Answered)
    assert answered.entry.number == 2


@pytest.mark.parametrize("last", ["0", "nonsense", "7"])
def test_a_server_that_refuses_every_number_gets_a_line_no_more(last: str) -> None:
    """A line that is refused under every number is given back, and the next one goes on."""
    session = Session("Ada")
    opened(session)
    session.say(1, "refused")
    session.say(2, "after")
    number, seen = 0, list[events.Event]()
    for _ in range(20):
        line = session.next_line() or ""
        if "after" in line:
            break
        if line.startswith("/history"):
            seen += session.take(Reply(codes.HISTORY, "", rows(number, "another")))
            continue
        number += 1
        told = str(number) if last == "7" else last
        seen += session.take(Reply(codes.WRONG_NUMBER, "no", (("exchanges", told),)))
    assert "after" in line
    (back,) = [event for event in seen if isinstance(event, events.NotRecorded)]
    assert (back.line, back.text) == (1, "refused")


def test_a_server_without_numbers_gets_none() -> None:
    """A server that does not know `/as` is asked once a connection, and records each line once."""
    with FakeServer(Behaviour(numbers=False)) as server:
        here = Listening(server.port)
        for line in ("one", "two"):
            here.conversation.say(line)
            here.until(events.Answered)
        here.end()
        assert server.sent == ["Ada", "/as 1 one", "one", "two", "/quit"]
        assert [said for said, _, _ in server.histories["Ada"]] == ["one", "two"]


def test_what_another_connection_said_is_told_at_once() -> None:
    """Lines of another connection of the patient appear before the next reply."""
    with FakeServer() as server:
        here, phone = Listening(server.port), Listening(server.port)
        here.until(events.Welcomed)
        phone.conversation.say("on the phone")
        phone.until(events.Answered)
        ident = here.conversation.say("here")
        assert [e.patient for e in here.until(events.Missed).entries] == ["on the phone"]
        answered = here.until(events.Answered)
        assert (answered.line, answered.entry.number) == (ident, 2)
        here.end()
        phone.end()


def test_pauses_grow_until_a_line_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that end without an answer get ever longer pauses between them."""
    monkeypatch.setattr(random, "uniform", lambda *_: 1.0)
    pauses: list[float] = []
    with FakeServer() as server:
        here = Listening(server.port, pauses=(0.01, 0.02, 0.03))
        here.until(events.Welcomed)
        for _ in range(3):
            server.close()
            server.open()
            pauses.append(here.until(Lost).pause)
            here.until(events.Welcomed)
        here.conversation.say("answered")
        here.until(events.Answered)
        server.close()
        server.open()
        pauses.append(here.until(Lost).pause)
        here.end()
    assert pauses[0] < pauses[1] <= 0.03
    assert pauses[2] == 0.03
    assert pauses[3] == 0.01


def test_a_line_behind_which_connections_end_is_given_back() -> None:
    """After three connections that ended behind a line it comes back, and the next is answered."""
    with FakeServer() as server:
        here = Listening(server.port)
        here.until(events.Welcomed)
        poison, after = here.conversation.say("poison"), here.conversation.say("after")
        for _ in range(MOST_ENDS):
            server.behaviour.cut_before_recording = 0
            here.until(Lost)
        back = here.until(events.NotRecorded)
        assert (back.line, back.text) == (poison, "poison")
        assert "three times" in back.why
        assert here.until(events.Answered).line == after
        here.end()
        assert server.received.count("poison") == MOST_ENDS


def test_a_line_that_was_recorded_at_last_is_answered_and_not_given_back() -> None:
    """If the third connection ended after the line was recorded, its reply is shown."""
    session = Session("Ada")
    opened(session)
    session.say(1, "late")
    for last in (0, 0, 1):
        assert session.next_line() == "/as 1 late"
        session.disconnect()
        opened(session, last)
    assert session.next_line() == "/history 1"
    (answered,) = session.take(Reply(codes.HISTORY, "", rows(1, "late")))
    assert isinstance(answered, events.Answered)


def test_a_history_that_cannot_be_fetched_holds_up_no_line() -> None:
    """If each request for what was missed ends the connection, the lines that wait go on."""
    session = Session("Ada")
    opened(session)
    session.say(1, "sent")
    session.say(2, "not sent yet")
    session.next_line()
    session.disconnect()
    for _ in range(MOST_ENDS):
        opened(session, 5)
        assert session.next_line() == "/history 5"
        session.disconnect()
    _, back = opened(session, 5)
    assert isinstance(back, events.NotRecorded)
    assert back.text == "sent"
    assert session.next_line() == "/as 6 not sent yet"


def test_lines_typed_just_before_closing_are_recorded() -> None:
    """Closing waits a moment for the lines that were typed last, then says goodbye."""
    with FakeServer() as server:
        here = Listening(server.port)
        here.until(events.Welcomed)
        for line in ("one", "two", "three"):
            here.conversation.say(line)
        assert isinstance(here.end()[-1], events.Closed)
        assert [said for said, _, _ in server.histories["Ada"]] == ["one", "two", "three"]
        assert server.received[-1] == "/quit"


def test_replies_that_nobody_asked_for_are_ignored() -> None:
    """A reply without a line before it is no answer to the next line."""
    with FakeServer() as server:
        here = Listening(server.port)
        here.until(events.Welcomed)
        server.behaviour.replies += [Reply(codes.SAYS, "mine"), Reply(codes.SAYS, "mine too")]
        with server.behind(Reply(codes.SAYS, "nobody asked")):
            here.conversation.say("one")
            assert here.until(events.Answered).entry.doctor == "mine"
        here.conversation.say("two")
        assert here.until(events.Answered).entry.doctor == "mine too"
        assert not [event for event in here.seen if isinstance(event, events.Replied)]
        here.end()


def test_a_flood_of_replies_ends_the_connection() -> None:
    """A server that goes on sending replies that nobody asked for is left."""
    with FakeServer() as server:
        here = Listening(server.port)
        here.until(events.Welcomed)
        flood = threading.Thread(target=server.flood, args=(Reply(codes.SAYS, "x"), 5000))
        flood.start()
        assert "nobody asked for" in here.until(Lost).why
        here.end()
        flood.join(PATIENCE)


@pytest.mark.parametrize("line", [b"250-" + b"\t" * 16_000, b"250-a\tb", b"250-" + b"x" * 9_000])
def test_a_reply_is_bounded_in_memory(line: bytes) -> None:
    """Fields, lines and text of a reply count with the memory that they take."""
    reader = ReplyReader()
    block = (line + b"\n") * 200

    def feed() -> None:
        for _ in range(10_000):
            reader.feed(block)

    with pytest.raises(NotAReply, match="without end"):
        feed()
    assert sum(map(len, reader._bodies)) < 64 << 20


def test_a_row_of_many_lines_is_read_in_linear_time() -> None:
    """A row that goes on over a thousand lines is put together once."""
    piece = b"250-\t" + b"x" * 16_000 + b"\n"
    (reply,) = ReplyReader().feed(b"250-a\tb\n" + piece * 1000 + b"250 end\n")
    assert len(reply.rows[0][1]) == 16_000_001
