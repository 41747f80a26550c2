"""One patient's doctor, without a disk."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doctor.doctor import MAX_REPLAY, MAX_REPLY, STATE_EVERY, Doctor
from doctor.eliza import Eliza
from doctor.errors import DamagedRecord
from doctor.history.transcript import Exchange, HistoryCounts
from doctor.loading import load_machine
from doctor.machine import Response
from doctor.scripts import DEFAULT_SCRIPT, load
from tests.support.fake_machine import FakeMachine, FakeScript
from tests.support.varied_lines import varied_lines

ROOT = Path(__file__).resolve().parents[1]
SCRIPT_1966 = ROOT / "tests/data/doctor-1966.txt"


def test_a_reply_changes_nothing_until_it_is_kept() -> None:
    """The same line gets the same answer until one is kept; then the next."""
    doctor = Doctor("Ada", FakeMachine())
    first, again = doctor.reply("hello", 10.0), doctor.reply("hello", 10.0)
    assert first == again
    assert str(first) == "1: hello"
    assert doctor.summary.exchanges == 0
    assert doctor.why() is None
    exchange = doctor.keep(first)
    assert (exchange.number, exchange.at, exchange.keyword) == (1, 10.0, "HELLO")
    assert str(doctor.reply("hello", 11.0)) == "2: hello"
    with pytest.raises(DamagedRecord):
        doctor.keep(again)


def test_why_explains_the_last_kept_reply() -> None:
    """`why` asks the machine about the state before, the line and the time."""
    doctor = Doctor("Ada", FakeMachine())
    doctor.keep(doctor.reply("one", 1.0))
    doctor.keep(doctor.reply("two", 2.0))
    explained = doctor.why()
    assert explained is not None
    assert explained.rows() == [("note", "1 at 2.0"), ("line", "two")]


def test_sessions_are_counted_by_exchanges() -> None:
    """A visit without a word is no session."""
    doctor = Doctor("Ada", FakeMachine())
    assert doctor.greeting(1.0) == "Hello Ada, visit 1."
    assert doctor.greeting(2.0) == "Hello Ada, visit 1."
    doctor.keep(doctor.reply("one", 3.0))
    assert doctor.greeting(4.0) == "Hello Ada, visit 2."
    assert doctor.keep(doctor.reply("two", 5.0)).session == 2
    assert doctor.summary.sessions == 2


def test_a_long_reply_is_cut() -> None:
    """No reply is longer than its limit; what was cut ends in an ellipsis."""

    class Talker(FakeMachine):
        def respond(self, state: int, line: str, now: float) -> Response[int]:
            del line, now
            return Response("x" * (MAX_REPLY + state), state + 1, "")

    doctor = Doctor("Ada", Talker())
    assert doctor.reply("a", 0).text == "x" * MAX_REPLY
    doctor.keep(doctor.reply("a", 0))
    assert doctor.reply("a", 0).text == "x" * (MAX_REPLY - 1) + "…"


def test_a_pickled_doctor_goes_on() -> None:
    """After pickling and loading the history is there, and the same lines get the same replies."""
    machine = Eliza(load(DEFAULT_SCRIPT))
    doctor = Doctor("Zoë", machine)
    for number in range(300):
        doctor.keep(doctor.reply(f"My mother hates me {number}.", 1e9 + number))
    other = pickle.loads(pickle.dumps(doctor))
    assert (other.name, other.script_name) == ("Zoë", machine.script.name)
    assert list(other.history) == list(doctor.history)
    assert other.summary == doctor.summary
    with pytest.raises(TypeError, match="attach"):
        other.reply("hello", 0)
    other.attach(machine)
    assert doctor.greeting(2e9) == other.greeting(2e9)
    for line in ("Perhaps I am sad.", "You are a computer.", "xyzzy"):
        answers = [each.keep(each.reply(line, 2e9)) for each in (doctor, other)]
        assert answers[0] == answers[1]
    assert pickle.dumps(doctor) == pickle.dumps(other)


@pytest.mark.parametrize("script", [DEFAULT_SCRIPT, SCRIPT_1966], ids=["shipped", "1966"])
def test_a_saved_state_and_what_was_said_since_give_the_state(script: Path) -> None:
    """Whenever a conversation is cut off, the state saved last is replayed to that of the end."""
    machine = load_machine(script)
    doctor = Doctor("Ada", machine)
    doctor.greeting(1e9)
    saved, number, since = b"", 0, list[Exchange]()
    for count, line in enumerate(varied_lines()[::8], 1):
        if count % 37 == 0:
            doctor.greeting(1e9 + count)
        answer = doctor.reply(line, 1e9 + count * 3.14159265)
        exchange = doctor.keep(answer)
        if doctor.state_is_due(exchange):
            saved, number, since = answer.pack_state(), exchange.number, []
            doctor.note_saved(number)
        else:
            since.append(exchange)
        assert len(since) < STATE_EVERY
        again = Doctor("Ada", None, HistoryCounts())
        again.take_up(doctor.script, saved, number)
        again.unreplayed = since
        again.attach(machine)
        assert again.pack_state() == doctor.pack_state()


def test_a_replay_that_cannot_be_leaves_the_saved_state() -> None:
    """A machine that fails at a line, or too many lines, cost what was said since, and no more."""

    class Failing(FakeMachine):
        def respond(self, state: int, line: str, now: float) -> Response[int]:
            if line == "break":
                raise RuntimeError("broken")
            return super().respond(state, line, now)

    said = [Exchange(number, 1.0, 1, "line", "reply") for number in range(1, 100)]
    several = [
        (said[:3], 8),
        ([said[0], said[1]._replace(patient="break")], 5),
        (said[: MAX_REPLAY + 1], 5),
        ([said[0], said[1]._replace(responder="Eve"), said[2]._replace(event="came")], 106),
        ([said[0], said[1]._replace(speaker="Eve"), said[2]._replace(event="taken back")], 6),
    ]
    for since, wanted in several:
        doctor = Doctor("Ada", None, HistoryCounts())
        doctor.take_up(Doctor("Ada", FakeMachine()).script, FakeMachine().pack(5), 0)
        doctor.unreplayed = since
        doctor.attach(Failing())
        assert doctor.state == wanted


def test_what_a_person_answered_is_replayed() -> None:
    """The state after held lines, remarks and events is that of the live conversation."""
    machine = load_machine(DEFAULT_SCRIPT)
    doctor, state = Doctor("Ada", machine), machine.start()
    said = list[Exchange]()
    for number, line in enumerate(varied_lines()[::40], 1):
        at = 1e9 + number / 4
        exchange = Exchange(number, at, 1, line, "")
        if number % 4 == 0:
            state = machine.respond(state, line, at).state
        elif number % 4 == 1:
            exchange = exchange._replace(responder="Maria")
            state = machine.hear(state, "", line, at)
        elif number % 4 == 2:
            exchange = exchange._replace(speaker="Maria")
            state = machine.hear(state, "Maria", line, at)
        else:
            exchange = exchange._replace(patient="", speaker="Maria", event="returned")
        said.append(exchange)
        assert doctor.state_from(said) == machine.pack(state)
    doctor.note_saved(len(said))
    assert not doctor.state_is_due(said[0]._replace(number=len(said) + 1))


def test_another_script_begins_afresh() -> None:
    """With another script's machine the history stays and the state is a new patient's."""
    doctor = Doctor("Ada", FakeMachine())
    doctor.keep(doctor.reply("one", 1.0))
    other = pickle.loads(pickle.dumps(doctor))
    other.attach(FakeMachine(FakeScript("other", "cd" * 32)))
    assert str(other.reply("two", 2.0)) == "1: two"
    assert len(other.history) == 1
    doctor.attach(FakeMachine())
    assert str(doctor.reply("two", 2.0)) == "2: two"


def test_a_state_that_no_machine_knows_begins_afresh() -> None:
    """Packed bytes that the machine refuses are no obstacle."""
    doctor = Doctor("Ada")
    doctor.take_up(Doctor("Ada", FakeMachine()).script, b"strange bytes", 0)
    doctor.attach(FakeMachine())
    assert str(doctor.reply("one", 1.0)) == "1: one"


def test_a_counting_doctor_has_no_history() -> None:
    """A Doctor that only counts says so when its history is asked for, or its pickle."""
    doctor = Doctor("Ada", FakeMachine(), HistoryCounts())
    doctor.keep(doctor.reply("one", 1.0))
    assert doctor.summary.exchanges == 1
    uses: list[Any] = [lambda: doctor.history, lambda: pickle.dumps(doctor)]
    for use in uses:
        with pytest.raises(TypeError, match="on disk"):
            use()


def test_unpickling_loads_no_machine() -> None:
    """`pickle.load` of a Doctor in a new process imports neither machine."""
    doctor = Doctor("Ada", FakeMachine())
    doctor.keep(doctor.reply("one", 1.0))
    program = (
        "import pickle, sys\n"
        "doctor = pickle.load(sys.stdin.buffer)\n"
        "assert [each.patient for each in doctor.history] == ['one']\n"
        "print([name for name in sys.modules if name.startswith('doctor.')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        input=pickle.dumps(doctor),
        capture_output=True,
        check=True,
    )
    assert b"'doctor.doctor'" in done.stdout
    assert b"doctor.eliza" not in done.stdout
    assert b"doctor.listener" not in done.stdout
