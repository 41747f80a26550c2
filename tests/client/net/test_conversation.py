"""The conversation: what it reports, and that every line is recorded exactly once."""

from __future__ import annotations

import queue
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from client.net import conversation, events
from client.net.address import ServerAddress
from client.net.conversation import Conversation
from client.net.lines import parse_history
from client.net.session import Session
from doctor.protocol import BANNER, Reply, closing, codes
from tests.support.fake_server import Behaviour, FakeServer
from tests.support.listening import PATIENCE, Listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from client.net.events import Event


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a port of its own."""
    with FakeServer() as fake:
        yield fake


def test_first_visit_is_greeted_answered_and_closed(server: FakeServer) -> None:
    """A first visit: the greeting, a reply to a line, and `/quit` at the end."""
    here = Listening(server.port)
    welcome = here.until(events.Welcomed)
    assert (welcome.exchanges, welcome.reconnected) == (0, False)
    assert "Anyone" in welcome.notice
    ident = here.conversation.say("I am sad.")
    answered = here.until(events.Answered)
    assert (answered.line, answered.entry.number) == (ident, 1)
    assert answered.entry.doctor == "Why do you say: I am sad.?"
    assert isinstance(here.end()[-1], events.Closed)
    assert server.received == ["Ada", "I am sad.", "/quit"]


def test_lines_said_before_the_greeting_wait_for_it(server: FakeServer) -> None:
    """Lines typed while the connection is made are sent after the greeting, in order."""
    here = Listening(server.port)
    wanted = [here.conversation.say(text) for text in ("one", "two", "three")]
    assert [here.until(events.Answered).line for _ in wanted] == wanted
    here.end()
    assert server.received[1:4] == ["one", "two", "three"]


def test_who_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts the connection and sends nothing is explained."""
    monkeypatch.setattr(conversation, "BANNER_LIMIT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        here = Listening(silent.getsockname()[1])
        assert "sends nothing; is it a doctor?" in here.until(events.Failed).why
        here.end()


def test_several_lines_go_as_one(server: FakeServer) -> None:
    """Line ends typed by the patient begin paragraphs, so that one text is one exchange."""
    here = Listening(server.port)
    here.conversation.say("my mother\nhates me\n")
    assert here.until(events.Answered).entry.patient == "my mother\u2029hates me"
    here.end()


def test_refused_connection_is_explained() -> None:
    """If nothing listens, the conversation ends with a helpful question."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    here = Listening(port)
    failed = here.until(events.Failed)
    assert failed.refused
    assert "Is the server running?" in failed.why
    here.end()


@pytest.mark.parametrize("banner", ["SSH-2.0-OpenSSH", "ready when you are"])
def test_other_servers_are_recognised(server: FakeServer, banner: str) -> None:
    """A 220 that does not name this protocol is not a doctor."""
    server.behaviour.banner = banner
    here = Listening(server.port)
    assert "not a doctor" in here.until(events.Failed).why
    here.end()


def test_what_is_no_reply_is_recognised() -> None:
    """A server that sends anything but replies is not taken for a doctor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = Listening(listener.getsockname()[1])
        link, _ = listener.accept()
        with link:
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            assert "not a doctor" in here.until(events.Failed).why
    here.end()


@pytest.mark.parametrize("code", [codes.BAD_NAME, codes.LOCK_UNREADABLE, codes.BAD_LINE])
def test_refused_name_ends_it_with_the_reason(server: FakeServer, code: int) -> None:
    """A name that cannot be used ends the conversation with the server's reason."""
    server.behaviour.refuse_names["Ada"] = code
    here = Listening(server.port)
    failed = here.until(events.Failed)
    assert failed.code == code
    assert "Ada cannot be used here" in failed.why
    here.end()


def test_full_server_is_explained(server: FakeServer) -> None:
    """A 421 before the greeting ends the conversation with the server's reason."""
    server.behaviour.refuse_names["Ada"] = codes.CLOSING
    here = Listening(server.port)
    assert here.until(events.Failed).code == codes.CLOSING
    here.end()


def test_passphrase_is_asked_for_until_it_is_right(server: FakeServer) -> None:
    """331 and 530 ask for the passphrase; the right one opens the session."""
    server.behaviour.passphrases["Ada"] = "difference engine"
    here = Listening(server.port)
    assert here.until(events.SecretWanted).code == codes.PASSPHRASE
    here.conversation.say("this is no passphrase")
    here.conversation.answer("wrong")
    assert here.until(events.SecretWanted).code == codes.WRONG_PASSPHRASE
    here.conversation.answer("difference engine")
    here.until(events.Welcomed)
    assert here.until(events.Answered).entry.patient == "this is no passphrase"
    here.end()


def test_three_wrong_passphrases_end_it(server: FakeServer) -> None:
    """After the third wrong passphrase the conversation ends, with the reason."""
    server.behaviour.passphrases["Ada"] = "difference engine"
    here = Listening(server.port)
    for _ in range(3):
        here.until(events.SecretWanted)
        here.conversation.answer("wrong")
    assert here.until(events.Failed).code == codes.CLOSING
    here.end()


@pytest.mark.parametrize("recorded", [True, False])
def test_a_cut_line_is_recorded_once(server: FakeServer, *, recorded: bool) -> None:
    """A line whose connection is cut is found in the history or sent again, never both."""
    here = Listening(server.port)
    here.conversation.say("first")
    here.until(events.Answered)
    if recorded:
        server.behaviour.cut_after_recording = 0
    else:
        server.behaviour.cut_before_recording = 0
    ident = here.conversation.say("second")
    here.until(events.Lost)
    assert here.until(events.Welcomed).reconnected
    answered = here.until(events.Answered)
    assert (answered.line, answered.entry.number) == (ident, 2)
    here.conversation.say("third")
    assert here.until(events.Answered).entry.number == 3
    here.end()
    said = [said for said, _, _ in server.histories["Ada"]]
    assert said == ["first", "second", "third"]


def test_the_same_words_twice_are_two_lines(server: FakeServer) -> None:
    """After a reconnection, a line equal to an answered one is not mistaken for it."""
    here = Listening(server.port)
    here.conversation.say("yes")
    here.until(events.Answered)
    server.behaviour.cut_before_recording = 0
    here.conversation.say("yes")
    here.until(events.Lost)
    here.until(events.Answered)
    here.end()
    assert [said for said, _, _ in server.histories["Ada"]] == ["yes", "yes"]


def test_lines_of_another_connection_are_told_apart(server: FakeServer) -> None:
    """After a reconnection, lines from another connection are shown; a waiting line is sent.

    The server is one of version 1.0.0, which does not know numbers.
    """
    server.behaviour.numbers = False
    here, phone = Listening(server.port), Listening(server.port)
    here.conversation.say("at the desk")
    here.until(events.Answered)
    phone.conversation.say("on the phone")
    phone.until(events.Answered)
    here.conversation.say("at the desk again")
    here.until(events.Answered)
    server.behaviour.cut_after_recording = 0
    ident = here.conversation.say("cut off")
    missed = here.until(events.Missed)
    assert [entry.patient for entry in missed.entries] == ["on the phone"]
    assert here.until(events.Answered).line == ident
    here.end()
    phone.end()
    assert len(server.histories["Ada"]) == 4


def test_long_absence_is_caught_up_in_pages(server: FakeServer) -> None:
    """If the server sends the history in parts, the client requests all of them."""
    server.behaviour.most_history = 7
    here = Listening(server.port)
    here.until(events.Welcomed)
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(40)]
    server.close()
    server.open()
    assert len(here.until(events.Missed).entries) == 40
    here.end()


def test_stopped_and_started_server_goes_on(server: FakeServer) -> None:
    """Lines typed while the server is away are sent when it is back, once and in order."""
    here = Listening(server.port)
    here.conversation.say("before")
    here.until(events.Answered)
    server.close(closing(codes.Reason.STOPPING, "the server stops"))
    here.until(events.Lost)
    idents = [here.conversation.say("during"), here.conversation.say("still during")]
    server.open()
    assert [here.until(events.Answered).line for _ in idents] == idents
    here.end()
    assert [s for s, _, _ in server.histories["Ada"]] == ["before", "during", "still during"]


def test_tries_are_bounded_where_asked_for(server: FakeServer) -> None:
    """A conversation with two attempts gives up after the second failure."""
    here = Listening(server.port, tries=2)
    here.until(events.Welcomed)
    server.close()
    assert here.until(events.Failed).refused
    here.end()


def test_an_idle_conversation_rests(server: FakeServer) -> None:
    """After the server closed an idle connection, the client waits for the next line."""
    here = Listening(server.port)
    here.until(events.Welcomed)
    server.close(closing(codes.Reason.IDLE, "goodbye"))
    server.open()
    here.until(events.Suspended)
    connections = server.received.count("Ada")
    ident = here.conversation.say("I am back")
    assert here.until(events.Answered).line == ident
    assert server.received.count("Ada") == connections + 1
    here.end()


@pytest.mark.parametrize("text", ["the line took too long", "this history was erased"])
def test_the_text_of_a_closed_connection_is_for_people(server: FakeServer, text: str) -> None:
    """A 421 without a reason is a lost connection, whatever its text says."""
    here = Listening(server.port)
    here.until(events.Welcomed)
    server.close(Reply(codes.CLOSING, text))
    server.open()
    assert text in here.until(events.Lost).why
    assert here.until(events.Welcomed).reconnected
    here.end()


def test_an_erased_history_ends_it(server: FakeServer) -> None:
    """A 421 with the reason `erased` ends the conversation."""
    here = Listening(server.port)
    here.until(events.Welcomed)
    server.close(closing(codes.Reason.ERASED, "goodbye"))
    assert here.until(events.Failed).code == codes.CLOSING
    here.end()


@pytest.mark.parametrize("code", [codes.NOT_SAVED, codes.BAD_LINE])
def test_a_refused_line_comes_back(server: FakeServer, code: int) -> None:
    """A line that was not recorded is returned with its text and is not sent again."""
    server.behaviour.replies.append(Reply(code, "no room"))
    here = Listening(server.port)
    ident = here.conversation.say("keep this")
    refused = here.until(events.NotRecorded)
    assert (refused.line, refused.code, refused.text) == (ident, code, "keep this")
    assert "not recorded" in refused.why
    here.end()
    assert server.received.count("keep this") == 1


def test_history_comes_in_pages(server: FakeServer) -> None:
    """The history is requested from its end, and further back by number."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 31)]
    here = Listening(server.port)
    here.conversation.ask_history(10)
    assert [entry.number for entry in here.until(events.HistoryPage).entries] == list(range(21, 31))
    here.conversation.ask_history(5, before=21)
    page = here.until(events.HistoryPage)
    assert ([entry.number for entry in page.entries], page.before) == (list(range(16, 21)), 21)
    here.end()


def test_replies_are_explained_where_asked_for(server: FakeServer) -> None:
    """With `explain` the trace of each reply follows it, with the id of its line."""
    here = Listening(server.port, explain=True)
    ident = here.conversation.say("my mother")
    here.until(events.Answered)
    trace = here.until(events.TraceFound)
    assert trace.line == ident
    assert ("keyword", "MY") in trace.rows
    here.end()


def test_commands_are_passed_on(server: FakeServer) -> None:
    """A line that starts with one slash is a command, with two a line."""
    here = Listening(server.port)
    here.conversation.say("/help")
    assert here.until(events.Replied).rows[0][0] == "/help"
    here.conversation.say("/frobnicate")
    assert here.until(events.Replied).code == codes.NO_COMMAND
    here.conversation.say("//help")
    assert here.until(events.Answered).entry.patient == "/help"
    here.conversation.say("/quit")
    assert here.until(events.Replied).code == codes.GOODBYE
    assert isinstance(here.events.get(timeout=PATIENCE), events.Closed)
    here.end()


def test_a_history_is_erased_only_with_the_name(server: FakeServer) -> None:
    """`/forget` asks; a line typed meanwhile waits and is not taken for the answer."""
    here = Listening(server.port)
    here.conversation.say("secret")
    here.until(events.Answered)
    here.conversation.say("/forget")
    here.until(events.ConfirmWanted)
    here.conversation.say("typed ahead")
    here.conversation.answer("Ada")
    assert here.until(events.Replied).code == codes.FORGOTTEN
    assert here.until(events.Answered).entry.number == 1
    here.end()


def test_a_passphrase_is_set_by_three_answers(server: FakeServer) -> None:
    """`/passphrase` asks for the new passphrase twice."""
    here = Listening(server.port)
    here.conversation.say("/passphrase")
    for code in (codes.NEW_PASSPHRASE, codes.REPEAT_PASSPHRASE):
        assert here.until(events.SecretWanted).code == code
        here.conversation.answer("engine")
    assert here.until(events.Replied).code == codes.PASSPHRASE_CHANGED
    here.end()
    assert server.behaviour.passphrases == {"Ada": "engine"}


def test_closing_while_a_reply_is_owed(server: FakeServer) -> None:
    """A conversation that waits for a slow reply closes at once."""
    server.behaviour.may_reply.clear()
    here = Listening(server.port)
    here.conversation.say("think about it")
    here.until(events.Welcomed)
    server.arrived.wait(PATIENCE)
    assert isinstance(here.end()[-1], events.Closed)
    assert here.conversation.is_over


def test_closing_while_it_waits_to_try_again() -> None:
    """A conversation in a long pause closes at once."""
    with FakeServer(Behaviour()) as server:
        found: queue.SimpleQueue[Event] = queue.SimpleQueue()
        lost = threading.Event()

        def report(event: Event) -> None:
            found.put(event)
            if isinstance(event, events.Welcomed):
                threading.Thread(target=server.close).start()
            if isinstance(event, events.Lost):
                lost.set()

        conversation = Conversation(
            ServerAddress("127.0.0.1", server.port), "Ada", report, pauses=(3600,)
        )
        conversation.start()
        assert lost.wait(PATIENCE)
        conversation.close(PATIENCE)
        assert conversation.is_over


def test_closing_while_nobody_answers() -> None:
    """A conversation closes at once while it waits for a TLS handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = ServerAddress("127.0.0.1", listener.getsockname()[1], tls=True)
        found: queue.SimpleQueue[Event] = queue.SimpleQueue()
        conversation = Conversation(address, "Ada", found.put)
        conversation.start()
        link, _ = listener.accept()
        with link:
            conversation.close(PATIENCE)
        assert conversation.is_over
    assert isinstance(found.get(), events.Connecting)
    assert isinstance(found.get(), events.Closed)


@pytest.mark.parametrize(
    "row",
    [
        ("9" * 5000, "2026-01-01T00:00:00+00:00", "1", "", "patient", "x"),
        ("1", "0001-01-01T00:00:00+23:00", "1", "", "patient", "x"),
        ("1", "9999-12-31T23:59:59+00:00", "1", "", "patient", "x"),
        ("\u0661", "2026-01-01T00:00:00+00:00", "1", "", "patient", "x"),
        ("1", "yesterday", "1", "", "patient", "x"),
        ("1",),
    ],
)
def test_rows_that_are_no_exchange_are_left_out(row: tuple[str, ...]) -> None:
    """Invalid rows of a history are dropped."""
    assert parse_history((row,)) == ()


def test_a_number_without_end_is_none() -> None:
    """A greeting with an unreadable number counts as that of an empty history."""
    session = Session("Ada")
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    (welcomed,) = session.take(Reply(codes.WELCOME, "hello", (("exchanges", "9" * 5000),)))
    assert isinstance(welcomed, events.Welcomed)
    assert welcomed.exchanges == 0


def test_a_history_that_never_gets_further_is_given_up() -> None:
    """A server that sends the same page again and again is asked for the rest once."""
    session = Session("Ada")
    for exchanges in (0, 1000):
        session.begin()
        session.take(Reply(codes.READY, BANNER))
        assert session.next_line() == "Ada"
        session.take(Reply(codes.WELCOME, "hello", (("exchanges", str(exchanges)),)))
        if not exchanges:
            session.say(1, "hi")
            assert session.next_line() == "/as 1 hi"
            session.disconnect()
    page = (("900", "2026-01-01T00:00:00+00:00", "1", "", "patient", "x"),)
    asked = [session.next_line()]
    for _ in range(2):
        session.take(Reply(codes.HISTORY, "", page))
        asked.append(session.next_line())
    assert asked == ["/history 1000", "/history 899 900", "/as 901 hi"]
