"""What a conversation makes of the answers to its commands: found, taken back, helplines, care."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from client.model.exchange import CARE, TAKEN_BACK, HistoryEntry
from client.net import events
from client.net.pending import Request, SpokenLine, compare, search_request
from client.net.session import Session
from doctor.protocol import BANNER, Reply, codes, notices

_AT = "2026-11-01T09:00:00.000+00:00"


def _opened(exchanges: int = 0) -> Session:
    session = Session("Ada")
    _open_again(session, exchanges)
    return session


def _open_again(session: Session, exchanges: int) -> list[events.Event]:
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    assert session.next_line() == "Ada"
    return session.take(Reply(codes.WELCOME, "hello", (("exchanges", str(exchanges)),)))


def _rows(number: int, said: str) -> tuple[tuple[str, ...], ...]:
    head = (str(number), _AT, "1", "")
    return ((*head, "patient", said), (*head, "doctor", "why?"))


def _taken_back(number: int) -> tuple[tuple[str, ...], ...]:
    return ((str(number), _AT, "1", "taken-back", "event", "taken back"),)


def test_what_is_found_comes_newest_first() -> None:
    """An answer to a search has its exchanges, how far was searched, and what was looked for."""
    session = _opened(9)
    session.ask(search_request("my\tsister ", 0))
    assert session.next_line() == "/find my sister"
    rows = (*_rows(7, "my sister"), *_rows(3, "my sister again"), ("searched", "3"))
    (found,) = session.take(Reply(codes.FOUND, "", rows))
    assert isinstance(found, events.Found)
    assert [entry.number for entry in found.entries] == [7, 3]
    assert (found.searched, found.wanted) == (3, "my sister")
    session.ask(search_request("my sister", 3))
    assert session.next_line() == "/find-before 3 my sister"


def test_a_server_that_does_not_search() -> None:
    """It answers 502: nothing is found, and nothing more is to be asked."""
    session = _opened(9)
    session.ask(search_request("x", 0))
    session.next_line()
    assert session.take(Reply(codes.NO_COMMAND, "no")) == [events.Found((), 0, "x")]
    session.ask(Request("/helplines", "helplines"))
    session.next_line()
    assert session.take(Reply(codes.NO_COMMAND, "no")) == [events.HelplinesFound(())]


def test_a_typed_search_goes_on_until_something_is_found() -> None:
    """The console's user types `/find` once; the parts without a hit are not shown."""
    session = _opened(900)
    session.say(1, "/find my sister")
    assert session.next_line() == "/find my sister"
    assert session.take(Reply(codes.FOUND, "", (("searched", "500"),))) == []
    assert session.next_line() == "/find-before 500 my sister"
    assert session.take(Reply(codes.FOUND, "", (("searched", "100"),))) == []
    assert session.next_line() == "/find-before 100 my sister"
    rows = (*_rows(7, "my sister"), ("searched", "7"))
    (notice,) = session.take(Reply(codes.FOUND, "1 found", rows))
    assert isinstance(notice, events.Replied)
    assert [row[3] for row in notice.rows] == ["my sister", "why?"]


def test_a_careful_reply_is_told() -> None:
    """The mark of the wire is the mark of the exchange; without it there is none."""
    session = _opened()
    for rows, mark in (((codes.CARE_ROW,), CARE), ((), "")):
        session.say(1, "help")
        session.next_line()
        (answered,) = session.take(Reply(codes.SAYS, "call 112", rows))
        assert isinstance(answered, events.Answered)
        assert answered.entry.mark == mark


def test_taking_back_asks_for_the_number() -> None:
    """The question names the number; afterwards the lines of before are not looked for."""
    session = _opened()
    for line in ("one", "two"):
        session.say(1, line)
        session.next_line()
        session.take(Reply(codes.SAYS, "why?"))
    session.say(2, "/forget 2")
    assert session.next_line() == "/forget 2"
    row = ("number", "2")
    assert session.take(Reply(codes.CONFIRM, "sure?", (row,))) == [events.ConfirmWanted("sure?", 2)]
    session.answer("2")
    assert session.next_line() == "2"
    assert session.take(Reply(codes.TAKEN_BACK, "done", (row,))) == [events.TakenBack(2)]
    session.say(3, "three")
    session.next_line()
    session.disconnect()
    _open_again(session, 2)
    assert session.next_line() == "/as 3 three"


@pytest.mark.parametrize("gone", [(1,), (2,), (1, 2)])
def test_what_was_taken_back_elsewhere_is_no_different_history(gone: tuple[int, ...]) -> None:
    """Answered lines that another connection took back are missing, and the others are found."""
    session = _opened()
    for line in ("one", "two"):
        session.say(1, line)
        session.next_line()
        session.take(Reply(codes.SAYS, "why?"))
    session.say(7, "three")
    session.next_line()
    session.disconnect()
    _open_again(session, 3)
    session.next_line()
    rows = [_taken_back(n) if n in gone else _rows(n, text) for n, text in ((1, "one"), (2, "two"))]
    rows.append(_rows(3, "three"))
    found = session.take(Reply(codes.HISTORY, "", tuple(row for part in rows for row in part)))
    missed, answered = found
    assert isinstance(missed, events.Missed)
    assert [(entry.number, entry.mark) for entry in missed.entries] == [
        (number, TAKEN_BACK) for number in gone
    ]
    assert isinstance(answered, events.Answered)
    assert answered.line == 7


def test_a_line_that_is_missing_is_still_told() -> None:
    """What was answered and is neither there nor taken back makes it a different history."""
    at = datetime.now(UTC)
    entries = [
        HistoryEntry(1, at, 1, TAKEN_BACK, "", ""),
        HistoryEntry(2, at, 1, "", "other", "why?"),
    ]
    waiting = SpokenLine(1, "three", "three")
    assert compare(entries, ["one", "two"], waiting).incomplete
    assert not compare(entries, ["one"], waiting).incomplete


def test_an_erased_room_is_not_ones_own_history() -> None:
    """A room may be closed before the answer that it is erased; one's own lines count on."""
    session = _opened(3)
    session.say(1, "/join Garden")
    assert session.next_line() == "/join Garden"
    joined = (("room", "Garden"), ("exchanges", "0"), ("member", "Ada"))
    session.take(Reply(codes.JOINED, "you are in", joined))
    session.say(2, "/forget")
    assert session.next_line() == "/forget"
    session.take(Reply(codes.CONFIRM, "the name again"))
    session.answer("Garden")
    assert session.next_line() == "Garden"
    closed = ("Garden", "0", _AT, "event", "", "", "erased")
    events_of_closing = session.take(Reply(notices.CLOSED, "", (closed,)))
    assert any(isinstance(event, events.LeftRoom) for event in events_of_closing)
    (forgotten,) = session.take(Reply(codes.FORGOTTEN, "the room is erased"))
    assert isinstance(forgotten, events.Replied)
    assert forgotten.locked is None
    session.say(3, "hello")
    assert session.next_line() == "/as 4 hello"
