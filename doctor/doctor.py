"""One patient's doctor: the machine's state and the history. This is what is pickled.

A Doctor answers in two steps, so that nothing changes before it is saved:

    answer = doctor.reply(line, now)      pure: the doctor is as it was
    ...save answer.exchange...            if that fails, nothing has to be undone
    doctor.keep(answer)                   now the answer counts

It reads no clock and no file; times are arguments, in seconds since the epoch. A Doctor belongs to
whoever holds its patient's turn: one thread at a time.

`pickle.dump` of a Doctor and a patient's file begin alike; see `doctor.history.snapshot` for what
the pickled state is. A Doctor that comes out of a pickle has its history and no machine;
`attach(machine)` gives it one, and its state goes on if the script is still the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from doctor.history import snapshot
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import (
    TAG,
    Exchange,
    HistoryCounts,
    Summary,
    Transcript,
    milliseconds,
)
from doctor.machine import Machine, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.machine import Trace

#: A machine together with states that it made. What they are, only the machine knows: a Doctor
#: that comes out of a pickle takes whichever machine plays its script.
AnyMachine: TypeAlias = Machine[Any]

#: Characters of a reply; a longer one is cut and ends in an ellipsis.
MAX_REPLY: Final = 8_000


class Answer(NamedTuple):
    """A reply that was not sent yet, and everything that changes when it is."""

    text: str
    exchange: Exchange
    machine: AnyMachine
    state: Any  #: the machine's, after the reply
    line: str
    now: float

    def __str__(self) -> str:
        return self.text


class Doctor:
    """One patient's doctor."""

    __slots__ = (
        "_last",
        "lock",
        "machine",
        "name",
        "packed",
        "script",
        "session",
        "state",
        "tag",
        "transcript",
    )

    def __init__(
        self,
        name: str,
        machine: AnyMachine | None = None,
        transcript: Transcript | HistoryCounts | None = None,
        lock: bytes | None = None,
    ) -> None:
        self.name = name
        self.lock = lock
        self.transcript: Transcript | HistoryCounts = (
            Transcript() if transcript is None else transcript
        )
        self.session = self.transcript.summary.sessions + 1
        self.machine: AnyMachine | None = None
        self.state: Any = None
        self.script = ScriptId()
        #: What is saved with each state that this script makes.
        self.tag = bytes(TAG)
        #: The packed state while there is no machine that could unpack it.
        self.packed: bytes | None = None
        self._last: tuple[AnyMachine, Any, str, float] | None = None
        if machine is not None:
            self.attach(machine)

    @property
    def script_name(self) -> str:
        """The name of the script that made the state."""
        return self.script.name

    @property
    def fingerprint(self) -> str:
        """The fingerprint of that script."""
        return self.script.fingerprint

    @property
    def history(self) -> Transcript:
        """The exchanges; TypeError where this doctor only counts them and a file holds them."""
        if not isinstance(self.transcript, Transcript):
            raise TypeError("the history of this doctor is on disk; doctor.patients.load reads it")
        return self.transcript

    @property
    def summary(self) -> Summary:
        """The counts and times of the history."""
        return self.transcript.summary

    def attach(self, machine: AnyMachine) -> None:
        """Let this machine answer from now on.

        The state goes on if the same script made it; otherwise it begins anew. The history is
        not changed.
        """
        packed = self.machine.pack(self.state) if self.machine else self.packed
        script = ScriptId(machine.script.name, machine.script.fingerprint)
        state: Any = None
        if packed and script.fingerprint == self.script.fingerprint:
            try:
                state = machine.unpack(packed)
            except ValueError:
                packed = None
        self.state = machine.start() if state is None else state
        self.machine, self.script, self.packed = machine, script, None
        self.tag = script.tag

    def _require_machine(self) -> AnyMachine:
        if self.machine is None:
            raise TypeError("a doctor that comes from a file needs attach(machine) before it talks")
        return self.machine

    def pack_state(self) -> bytes:
        """Return the machine's state as bytes."""
        return self.machine.pack(self.state) if self.machine else self.packed or b""

    def greeting(self, now: float) -> str:
        """Begin a visit and return what the doctor says first. Nothing of it is saved."""
        summary = self.transcript.summary
        self.session = summary.sessions + 1
        visit = Visit(self.name, summary.sessions, summary.last_seen, summary.exchanges)
        response = self._require_machine().greet(self.state, visit, now)
        self.state = response.state
        return _cut(response.reply)

    def reply(self, line: str, now: float) -> Answer:
        """Return the answer to a line; nothing changes until `keep` is called with it."""
        machine = self.machine or self._require_machine()
        response = machine.respond(self.state, line, now)
        text = response.reply
        if len(text) > MAX_REPLY:
            text = _cut(text)
        exchange = Exchange(
            self.transcript.last_number + 1,
            milliseconds(now) / 1000,
            self.session,
            line,
            text,
            response.keyword,
            response.mark,
        )
        return Answer(text, exchange, machine, response.state, line, now)

    def keep(self, answer: Answer) -> Exchange:
        """Add an answer to the history; it must follow the one that was kept last."""
        self.transcript.append(answer.exchange)
        self._last = (answer.machine, self.state, answer.line, answer.now)
        self.state = answer.state
        return answer.exchange

    def why(self) -> Trace | None:
        """Return the Trace of the reply that was kept last in this process, None before one."""
        if self._last is None:
            return None
        machine, state, line, now = self._last
        return machine.explain(state, line, now)

    def header(self) -> Header:
        """Return what the beginning of a file says about this patient."""
        return Header(
            self.name,
            self.script,
            self.pack_state(),
            self.lock,
            self.summary,
            self.transcript.last_number,
        )

    def __getstate__(self) -> tuple[bytes, ...]:
        return snapshot.parts_of(self.header(), self.history)

    def __setstate__(self, parts: Sequence[bytes]) -> None:
        header, history = snapshot.from_parts(parts)
        self.__init__(header.name, None, history, header.lock)  # type: ignore[misc]
        self.script, self.packed = header.script, header.state or None


def _cut(text: str) -> str:
    return text if len(text) <= MAX_REPLY else text[: MAX_REPLY - 1] + "…"
