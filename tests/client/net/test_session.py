"""The client's side of the protocol as a state machine: exactly once, whatever is cut."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.net import events
from client.net.lines import as_one_line, excess_bytes, parse_history
from client.net.pending import Request
from client.net.session import Phase, Session
from doctor.protocol import BANNER, CLIENT_LINE, Command, Reply, codes, parse


@dataclass
class Model:
    """A model of a server: the history of one patient, and its replies."""

    kept: list[tuple[str, str]] = field(default_factory=list)
    most: int = 1000
    begun: str = ""
    numbers: bool = True
    #: Lines that the network holds back until `deliver`.
    held: list[str] = field(default_factory=list)

    def welcome(self) -> Reply:
        """Return the greeting."""
        begun = (("begun", self.begun),) if self.begun else ()
        return Reply(codes.WELCOME, "hello", (("exchanges", str(len(self.kept))), *begun))

    def take(self, line: str) -> Reply:
        """Return the reply to a line, having recorded it."""
        numbered = re.match(r"/as (\d+) ", line)
        if numbered and not self.numbers:
            return Reply(codes.NO_COMMAND, "there is no such command")
        if numbered:
            line = line[numbered.end() :]
        said = line if numbered else parse(line)
        number = int(numbered[1]) if numbered else len(self.kept) + 1
        if number <= len(self.kept) and self.kept[number - 1][0] == said:
            return Reply(codes.SAYS, self.kept[number - 1][1])
        if number != len(self.kept) + 1:
            return Reply(codes.WRONG_NUMBER, "not the next", (("exchanges", str(len(self.kept))),))
        if isinstance(said, Command):
            return Reply(codes.HISTORY, "", self.rows(*said.numbers))
        if said.strip():
            self.kept.append((said, f"why {len(self.kept)}?"))
        return Reply(codes.SAYS, f"why {len(self.kept) - 1}?")

    def deliver(self) -> None:
        """Take the lines that the network held back; nobody hears the replies."""
        while self.held:
            self.take(self.held.pop(0))

    def rows(self, count: int = 20, before: int = 10**9) -> tuple[tuple[str, ...], ...]:
        """Return rows of the history."""
        numbered = list(enumerate(self.kept, 1))[: before - 1][-min(count, self.most) :]
        return tuple(
            (str(number), "2026-11-21T10:00:00.000+00:00", "1", "", who, text)
            for number, (said, reply) in numbered
            for who, text in (("patient", said), ("doctor", reply))
        )


def opened(session: Session, model: Model) -> list[events.Event]:
    """Bring a session to its greeting on a new connection."""
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    assert session.next_line() == "Ada"
    return session.take(model.welcome())


#: What happens to one line that the session sends: it is answered, cut before it was recorded,
#: cut after; and before that another connection of the patient may say something.
_FATES = st.sampled_from(["answered", "answered", "cut before", "cut after", "held back"])
_WORDS = st.sampled_from(["yes", "no", "yes", "why  not", "", "/ really"])


@settings(max_examples=100)
@given(
    lines=st.lists(_WORDS, max_size=8),
    fates=st.lists(st.tuples(_FATES, st.none() | st.just("elsewhere")), max_size=30),
    most=st.sampled_from([1, 2, 1000]),
    numbers=st.booleans(),
)
def test_every_line_is_recorded_exactly_once(
    lines: list[str], fates: list[tuple[str, str | None]], most: int, *, numbers: bool
) -> None:
    """Whatever is cut or held back, each line is recorded once, in order, and answered once.

    A line that is held back arrives after the greeting of the next connection, or later; without
    numbers it arrives before that. After three cuts behind it a line is given back.
    """
    model, session = Model(most=most, numbers=numbers), Session("Ada")
    for ident, line in enumerate(lines):
        session.say(ident, line.replace("/", "//", 1))
    seen = opened(session, model)
    fate = iter(fates)
    for _ in range(300):
        wire = session.next_line()
        if wire is None:
            break
        end, other = next(fate, ("answered", None))
        if other:
            model.kept.append((f"{other} {len(model.kept)}", "indeed"))
        if end == "held back":
            model.held.append(wire)
            if not numbers:
                model.deliver()
        elif end != "cut before":
            model.deliver()
        reply = None if end in {"cut before", "held back"} else model.take(wire)
        if end == "answered" and reply is not None:
            seen += session.take(reply)
        else:
            session.disconnect()
            seen += opened(session, model)
    model.deliver()
    mine = [said for said, _ in model.kept if not said.startswith("elsewhere")]
    back = [event.line for event in seen if isinstance(event, events.NotRecorded)]
    wanted = [line for ident, line in enumerate(lines) if line.strip() and ident not in back]
    answered = [event.line for event in seen if isinstance(event, events.Answered)]
    assert answered == [ident for ident in range(len(lines)) if ident not in back]
    assert session.next_line() is None
    if back:  # a copy of what was given back may arrive later still, but once
        assert all(mine.count(line) <= len(lines) for line in mine)
    else:
        assert mine == wanted


def test_what_is_typed_while_a_secret_is_asked_for_waits() -> None:
    """A line is never taken for the answer to a question of the server."""
    session = Session("Ada")
    session.say(1, "I trust you")
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    session.next_line()
    session.take(Reply(codes.PASSPHRASE, "what is it?"))
    assert session.next_line() is None
    session.answer("/engine")
    assert session.next_line() == "//engine"
    assert session.next_line() is None
    session.take(Model().welcome())
    assert session.next_line() == "/as 1 I trust you"


@pytest.mark.parametrize("before", [0, 1])
def test_a_different_history_is_told_and_gets_nothing_twice(before: int) -> None:
    """If the server has fewer exchanges, a waiting line is returned; unsent lines are sent."""
    model, session = Model(), Session("Ada")
    for _ in range(before):
        model.take("old")
    opened(session, model)
    for ident, line in enumerate(("answered", "under way", "not sent yet")):
        session.say(ident, line)
    assert session.next_line() == f"/as {before + 1} answered"
    session.take(model.take("answered"))
    assert session.next_line() == f"/as {before + 2} under way"
    session.disconnect()
    model.kept.clear()
    welcomed, given_back = opened(session, model)
    assert isinstance(welcomed, events.Welcomed)
    assert welcomed.different
    assert isinstance(given_back, events.NotRecorded)
    assert (given_back.line, given_back.text) == (1, "under way")
    assert session.next_line() == "/as 1 not sent yet"
    (answered,) = session.take(model.take("not sent yet"))
    assert isinstance(answered, events.Answered)
    assert answered.entry.number == 1


def test_a_history_that_began_at_another_time_is_a_different_one() -> None:
    """Another beginning of the history shows that it is different; a waiting line is returned."""
    model, session = Model(begun="2026-11-20T08:00:00.000+00:00"), Session("Ada")
    model.take("old")
    opened(session, model)
    session.say(1, "under way")
    assert session.next_line() == "/as 2 under way"
    session.disconnect()
    model.begun = "2026-11-20T09:00:00.000+00:00"
    model.take("somebody else's")
    welcomed, given_back = opened(session, model)
    assert isinstance(welcomed, events.Welcomed)
    assert welcomed.different
    assert isinstance(given_back, events.NotRecorded)
    session.disconnect()
    (welcomed,) = opened(session, model)
    assert isinstance(welcomed, events.Welcomed)
    assert not welcomed.different


def test_a_history_without_what_was_answered_is_a_different_one() -> None:
    """Without a known beginning, missing lines show a different history; no line is sent again."""
    model, session = Model(), Session("Ada")
    opened(session, model)
    for ident, line in enumerate(("answered", "under way")):
        session.say(ident, line)
    session.next_line()
    session.take(model.take("answered"))
    session.next_line()
    session.disconnect()
    model.kept = [("another's", "why?"), ("and more", "why?")]
    opened(session, model)
    assert session.next_line() == "/history 2"
    _, given_back = session.take(model.take("/history 2"))
    assert isinstance(given_back, events.NotRecorded)
    assert (given_back.line, given_back.text) == (1, "under way")
    assert session.next_line() is None


def test_a_passphrase_goes_out_as_it_was_typed() -> None:
    """Blanks around a passphrase are sent; those around a confirming name are not."""
    session = Session("Ada")
    session.begin()
    session.take(Reply(codes.READY, BANNER))
    session.next_line()
    for code, sent in ((codes.PASSPHRASE, "  two\u00a0"), (codes.CONFIRM, "two")):
        session.take(Reply(code, "say it"))
        session.answer("  two\u00a0")
        assert session.next_line() == sent


def test_the_same_history_is_not_a_different_one() -> None:
    """A history with as many exchanges as before, or more, is the same history."""
    model, session = Model(), Session("Ada")
    opened(session, model)
    for kept in (["one"], [], ["from elsewhere"]):
        for line in kept:
            model.take(line)
        session.disconnect()
        (welcomed,) = opened(session, model)
        assert isinstance(welcomed, events.Welcomed)
        assert not welcomed.different


def test_questions_are_not_asked_again_after_a_loss() -> None:
    """A command that was not answered is dropped with its connection."""
    model, session = Model(), Session("Ada")
    opened(session, model)
    session.ask(Request("/why", "why"))
    assert session.next_line() == "/why"
    session.disconnect()
    opened(session, model)
    assert session.next_line() is None
    assert session.phase is Phase.OPEN


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("one\ntwo", "one\u2029two"),
        ("\n one\n\ntwo\n", "one\u2029\u2029two"),
        ("  tabs\tkept apart ", "tabs kept apart"),
        ("a\x00b", "a�b"),
    ],
)
def test_what_is_typed_becomes_one_line(typed: str, sent: str) -> None:
    """Lines become paragraphs, tabs spaces; other control characters cannot be sent."""
    assert as_one_line(typed) == sent


def test_fits_counts_bytes_and_the_ending() -> None:
    """The limit is the protocol's, in bytes, with the ending and the escape."""
    most = CLIENT_LINE - 1
    assert excess_bytes("x" * most) == 0
    assert excess_bytes("x" * (most + 1)) == 1
    assert excess_bytes("é" * (most // 2 + 1)) == 1
    assert excess_bytes("//" + "x" * (most - 2)) == 0


@settings(max_examples=100)
@given(st.lists(st.lists(st.text("12patiendocrT:-Z ", max_size=8), max_size=7)))
def test_any_rows_of_a_history_are_survived(rows: list[list[str]]) -> None:
    """Invalid rows are left out and never raise."""
    parse_history(tuple(map(tuple, rows)))


@settings(max_examples=100)
@given(st.lists(st.sampled_from([kind.code for kind in codes.REPLIES]), max_size=12))
def test_any_replies_are_survived(codes: list[int]) -> None:
    """Replies in any order never make the session raise or loop."""
    session = Session("Ada", explain=True)
    session.begin()
    session.say(1, "hello")
    for code in codes:
        session.take(Reply(code, "doctor/1 text", (("exchanges", "3"), ("x",))))
        session.next_line()
    session.disconnect()
