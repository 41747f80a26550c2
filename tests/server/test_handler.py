"""One conversation, joined in memory: the reply to each line, and what is saved."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from doctor import errors
from doctor.patients.files.patient_file import PatientFile
from doctor.patients.opening import open_store
from doctor.protocol import COMMANDS, Reply, codes
from doctor.server import commands
from doctor.server.context import ServerContext
from doctor.server.error_codes import code_of
from doctor.server.handler import DoctorClientHandler
from doctor.server.metrics import Metrics
from doctor.server.network.throttle import Throttle
from doctor.server.network.transport import SlowClient
from doctor.server.settings import Settings
from doctor.server.startup import load_machine
from tests.server.following import Following
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


class Talk:
    """A handler, its store and the client's end."""

    def __init__(self, directory: Path, transport: MemoryTransport, wanted: dict[str, Any]) -> None:
        self.transport = transport
        machine = wanted.pop("machine", None) or FakeMachine()
        self.store = open_store(directory, machine)
        settings = Settings(**wanted)
        self.context = ServerContext(settings, self.store, Metrics())
        self.ended = threading.Event()
        self.handler = DoctorClientHandler(
            transport, "127.0.0.1", 1966, self.context, lambda _: self.ended.set()
        )

    def enter(self, name: str = "Ada") -> Reply:
        """Say a name and return what comes after the 220."""
        assert self.transport.reply().code == codes.READY
        self.transport.say(name)
        return self.transport.reply()

    def ask(self, line: str) -> Reply:
        """Say a line and wait for the reply."""
        self.transport.say(line)
        return self.transport.reply()


@contextmanager
def talk(directory: Path, **wanted: Any) -> Iterator[Talk]:
    """Run a handler in its thread and end it."""
    one = Talk(directory, MemoryTransport(), wanted)
    one.handler.start()
    try:
        yield one
    finally:
        one.transport.hang_up()
        one.handler.join(PATIENCE)
        one.context.slow_clients.close()
        one.store.close()
    assert one.ended.is_set()
    assert one.transport.finished


def _leaves(kind: type[errors.DoctorError]) -> list[type[errors.DoctorError]]:
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in _leaves(each)] if below else [kind]


@pytest.mark.parametrize("kind", _leaves(errors.DoctorError))
def test_every_error_has_a_reply_code(kind: type[errors.DoctorError]) -> None:
    """Every error of the project has a code of the reply table."""
    assert code_of(kind("why")) in {reply.code for reply in codes.REPLIES}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/help", codes.HELP),
        ("/history", codes.HISTORY),
        ("/history 3 9", codes.HISTORY),
        ("/history three", codes.BAD_ARGUMENT),
        ("/why", codes.WHY),
        ("/bogus", codes.NO_COMMAND),
        ("hello", codes.SAYS),
        ("//quit", codes.SAYS),
        ("", codes.SAYS),
        ("100 % sure", codes.SAYS),
        ("/quit", codes.GOODBYE),
    ],
)
def test_what_a_line_is_answered_with(tmp_path: Path, line: str, code: int) -> None:
    """Each kind of line gets its code."""
    with talk(tmp_path) as ada:
        assert ada.enter().code == codes.WELCOME
        assert ada.ask(line).code == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/history", codes.NOT_NOW),
        ("/forget", codes.NOT_NOW),
        ("/help", codes.HELP),
        ("/bogus", codes.NO_COMMAND),
        ("", codes.BAD_NAME),
        ("a" * 65, codes.BAD_NAME),
        ("/quit", codes.GOODBYE),
    ],
)
def test_before_a_name(tmp_path: Path, line: str, code: int) -> None:
    """Before the session commands that need one are not now, and bad names say so."""
    with talk(tmp_path) as ada:
        assert ada.enter(line).code == code


def test_commands_cost_no_try(tmp_path: Path) -> None:
    """A name may still be given after any number of commands."""
    with talk(tmp_path) as ada:
        assert ada.enter("/help").code == codes.HELP
        assert [ada.ask("/bogus").code for _ in range(5)] == [codes.NO_COMMAND] * 5
        assert ada.ask("Ada").code == codes.WELCOME


def test_help_names_every_command(tmp_path: Path) -> None:
    """`/help` has a row for each command of the table."""
    with talk(tmp_path) as ada:
        ada.enter()
        rows = ada.ask("/help").rows
    assert [row[0] for row in rows] == [kind.usage for kind in COMMANDS if kind.name != "/change"]


def test_an_empty_line_is_answered_and_not_recorded(tmp_path: Path) -> None:
    """A blank line gets a reply and leaves no exchange."""
    with talk(tmp_path) as ada:
        ada.enter()
        assert ada.ask("   ").code == codes.SAYS
        assert ada.ask("/history").rows == ()


def test_history_pages_backwards(tmp_path: Path) -> None:
    """`/history N BEFORE` gives the N exchanges below that number, in order."""
    with talk(tmp_path) as ada:
        ada.enter()
        for number in range(1, 8):
            ada.ask(f"line {number}")
        rows = ada.ask("/history 2 6").rows
    assert [(row[0], row[5]) for row in rows if row[4] == "patient"] == [
        ("4", "line 4"),
        ("5", "line 5"),
    ]


def test_a_long_history_goes_out_in_pieces_that_make_one_reply(tmp_path: Path) -> None:
    """A history of more rows than are sent at once reads as one reply, none missing."""
    with talk(tmp_path) as ada:
        ada.enter()
        for number in range(150):
            ada.ask(f"line {number}")
        reply = ada.ask("/history 150")
    assert len(reply.rows) == 300
    assert reply.text.startswith("150 of 150")


def test_forget_asks_once_more(tmp_path: Path) -> None:
    """Any other line than the name keeps the history; the name erases it."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("remember this")
        assert ada.ask("/forget").code == codes.CONFIRM
        assert ada.ask("no").code == codes.UNCHANGED
        assert len(ada.ask("/history").rows) == 2
        assert ada.ask("/forget").code == codes.CONFIRM
        assert ada.ask("ada").code == codes.FORGOTTEN
        assert ada.ask("/history").rows == ()
        assert ada.ask("a new line").code == codes.SAYS


def test_an_exchange_that_cannot_be_saved_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk takes nothing the patient hears 452, and later the session goes on."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("kept")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("doctor.patients.files.disk.write_all", full)
            assert ada.ask("lost").code == codes.NOT_SAVED
        assert ada.ask("kept too").code == codes.SAYS
        lines = [row[5] for row in ada.ask("/history").rows if row[4] == "patient"]
    assert lines == ["kept", "kept too"]


def test_a_line_that_is_sent_again_with_its_number(tmp_path: Path) -> None:
    """It gets the reply that was given; it is neither recorded, counted nor published again."""
    with talk(tmp_path) as ada, Following(ada.context.sessions) as followed:
        ada.enter()
        said = ada.ask("/as 1 one")
        assert said == (codes.SAYS, "1: one", ())
        assert ada.ask("/as 1 one") == said
        refused = ada.ask("/as 1 another")
        assert (refused.code, refused.rows) == (codes.WRONG_NUMBER, (("exchanges", "1"),))
        refused = ada.ask("/as 3 too far")
        assert (refused.code, refused.field("exchanges")) == (codes.WRONG_NUMBER, "1")
        assert ada.ask("/as 2 /two").text == "2: /two"
        assert ada.handler.exchanges == 2
        assert ada.context.metrics.refusals[codes.WRONG_NUMBER] == 2
        assert [followed.read().exchange.number for _ in range(2)] == [1, 2]
        assert followed.numbers == []


def test_what_of_numbered_lines_is_costly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line under the next number is as cheap as without it; what waits for no disk is charged."""
    charged = 0
    charge = Throttle.charge

    def count(throttle: Throttle, *most: float) -> AbstractContextManager[None]:
        nonlocal charged
        charged += 1
        return charge(throttle, *most)

    monkeypatch.setattr(Throttle, "charge", count)
    with talk(tmp_path) as ada:
        ada.enter()
        for number in range(1, 10):
            assert ada.ask(f"/as {number} go on").code == codes.SAYS
        assert charged == 0
        assert ada.ask("/as 9 go on").code == codes.SAYS
        assert charged == 1
        assert ada.ask("/as 10 " + "long " * 100).code == codes.SAYS
        assert charged == 2


def test_a_fault_ends_one_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is logged and told as 421, and the thread ends cleanly."""

    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    with talk(tmp_path) as ada:
        ada.enter()
        monkeypatch.setitem(commands.ANSWERS, "/why", broken)
        assert ada.ask("/why").code == codes.CLOSING


def test_a_line_that_ends_too_late(tmp_path: Path) -> None:
    """A client that says nothing for too long hears 421."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.transport.fail(TimeoutError("nothing came for too long"))
        assert ada.transport.reply().code == codes.CLOSING


def test_a_slow_reader_is_told_nothing_more(tmp_path: Path) -> None:
    """A client that does not take its reply is not sent a 421 that it would not take either."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.transport.fail(SlowClient("too slow"))
        assert ada.ended.wait(PATIENCE)
        assert ada.transport._outgoing.empty()


def test_an_unfinished_line_has_less_time_with_every_byte(tmp_path: Path) -> None:
    """A client that sends a byte now and then waits for the end of its line, not of each byte."""
    with talk(tmp_path, idle_time=50.0) as ada:
        ada.enter()
        for byte in b"slow":
            ada.transport.say_bytes(bytes([byte]))
        ada.transport.say_bytes(b"\n")
        assert ada.transport.reply().code == codes.SAYS
        assert ada.ask("quick").code == codes.SAYS
    after = ada.transport.timeouts[ada.transport.timeouts.index(50.0) + 1 :]
    assert after[:3] == sorted(after[:3], reverse=True)
    assert after[-1] == 50.0, "a finished line gives the next one its whole time"


def test_why_explains_the_last_reply(tmp_path: Path) -> None:
    """`/why` gives the rows of the trace, and says so where there is nothing to explain."""
    with talk(tmp_path, machine=load_machine(Settings())) as ada:
        ada.enter()
        assert ada.ask("/why").rows == ()
        said = ada.ask("hello")
        assert ("reply", said.text) in ada.ask("/why").rows


def test_other_connections_of_a_forgotten_history_hear_421(tmp_path: Path) -> None:
    """A history that is erased from elsewhere ends the conversation at once."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("hello")
        ada.store.forget("Ada")
        assert ada.transport.reply().code == codes.CLOSING


def test_a_connection_without_the_new_passphrase_ends(tmp_path: Path) -> None:
    """Where another connection locks the history this one hears 421 and keeps nothing back."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("hello")
        with ada.store.open("Ada") as other:
            other.set_passphrase("open sesame")
        assert ada.ask("my secret").code == codes.CLOSING
        assert ada.store.open("Ada").last_number == 1


def test_a_locked_history_is_not_counted_to_others(tmp_path: Path) -> None:
    """A connection that has not given the passphrase cannot even begin to erase."""
    with talk(tmp_path) as ada:
        ada.enter()
        with ada.store.open("Ada") as other:
            other.set_passphrase("open sesame")
        assert ada.ask("/forget").code == codes.CLOSING


def test_a_history_erased_before_the_greeting_ends_the_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a history is erased between name and greeting its patient hears 421 and no fault."""

    def erased(*_: object) -> str:
        raise errors.UnknownPatient("this history was erased from elsewhere")

    monkeypatch.setattr("doctor.patients.patient.Patient.greeting", erased)
    with talk(tmp_path) as ada:
        reply = ada.enter()
    assert reply.code == codes.CLOSING
    assert "erased" in reply.text


def test_where_passphrases_are_required_a_new_history_needs_a_new_one(tmp_path: Path) -> None:
    """After /forget nobody goes on without a passphrase where one is required."""
    with talk(tmp_path, passphrases="required") as ada:
        assert ada.enter().code == codes.NEW_PASSPHRASE
        ada.ask("open sesame")
        assert ada.ask("open sesame").code == codes.WELCOME
        ada.ask("hello")
        ada.ask("/forget")
        assert ada.ask("Ada").code == codes.FORGOTTEN
        assert ada.transport.reply().code == codes.CLOSING


def test_a_fault_in_keeping_an_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no disk but a program fails, the conversation ends with 421 and the fault is logged."""
    with talk(tmp_path) as one:
        one.enter()
        assert one.ask("one").code == codes.SAYS
        with monkeypatch.context() as patch:
            patch.setattr(PatientFile, "keep", _fails)
            assert one.ask("two").code == codes.CLOSING
            assert one.ended.wait(PATIENCE)
        assert "a fault for the test" in caplog.text
        with one.store.open("Ada") as again:
            assert again.say("three").number == again.last_number == 3
            assert [each.patient for each in again.history(9)] == ["one", "two", "three"]


def test_others_of_a_patient_whose_exchange_met_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another connection of the same patient is told to come in again; other patients go on."""
    with talk(tmp_path) as one, one.store.open("Bob") as bob:
        one.enter()
        with one.store.open("Ada") as other:
            monkeypatch.setattr(PatientFile, "keep", _fails)
            assert one.ask("two").code == codes.CLOSING
            monkeypatch.undo()
            with pytest.raises(errors.UnknownPatient):
                other.say("still here")
        assert bob.say("hello").number == 1


def test_names_are_taken_as_they_print(tmp_path: Path) -> None:
    """A name that shows nothing gets 553; one that shows what another does is that patient's."""
    with talk(tmp_path) as one:
        assert one.enter("\N{HANGUL FILLER}").code == codes.BAD_NAME
        assert one.ask("A\N{ZERO WIDTH JOINER}da\N{NO-BREAK SPACE}").code == codes.WELCOME
        assert one.handler.patient_name == "Ada"


def test_a_fault_in_telling_of_an_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault on a reply's way out ends that conversation with 421; nothing waits for the reply."""
    with talk(tmp_path) as one:
        one.enter()
        monkeypatch.setattr(Metrics, "count_exchange", _fails)
        assert one.ask("one").code == codes.CLOSING
        assert one.ended.wait(PATIENCE)
    assert "a fault for the test" in caplog.text
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.last_number == 1


def _fails(*_: object) -> None:
    raise RuntimeError("a fault for the test")
