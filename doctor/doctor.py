"""One patient's doctor, or a room's: the machine's state and the history. This is pickled.

A Doctor answers in two steps, so that nothing changes before it is saved:

    answer = doctor.reply(line, now)      pure: the doctor is as it was
    ...save answer.exchange...            if that fails, nothing has to be undone
    doctor.keep(answer)                   now the answer counts

It reads no clock and no file; times are arguments, in seconds since the epoch. A Doctor belongs to
whoever holds its patient's turn: one thread at a time.

`pickle.dump` of a Doctor and a patient's file begin alike; see `doctor.history.snapshot` for what
the pickled state is. A Doctor that comes out of a pickle has its history and no machine;
`attach(machine)` gives it one, and its state goes on if the script is still the same.

A state is saved now and then (`state_is_due`). `attach` starts from the last one that was saved and
has the machine answer the lines since then once more: a reply is a function of the state, the line
and the time to the millisecond, so that this gives the state of now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from doctor.history import snapshot
from doctor.history.chunks import Transcript
from doctor.history.snapshot import PATIENT, ROOM, Header, ScriptId
from doctor.history.transcript import (
    MAX_SESSION,
    TAG,
    Exchange,
    HistoryCounts,
    Summary,
    milliseconds,
)
from doctor.machine import LIMIT, Machine, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from doctor.hosting import AnyRoomMachine
    from doctor.machine import Trace

#: A machine together with states that it made. What they are, only the machine knows: a Doctor
#: that comes out of a pickle takes whichever machine plays its script.
AnyMachine: TypeAlias = Machine[Any]

#: Characters of a reply; a longer one is cut and ends in an ellipsis.
MAX_REPLY: Final = 8_000
#: The state is saved again after so many exchanges at the latest.
STATE_EVERY: Final = 16
#: So many exchanges are replayed at most; where there are more the saved state is taken as it is.
MAX_REPLAY: Final = 64


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

    def pack_state(self) -> bytes:
        """Return the machine's state after the reply as bytes. ValueError as the machine's."""
        return self.machine.pack(self.state)


class Doctor:
    """One patient's doctor."""

    __slots__ = (
        "_due",
        "_last",
        "_saved",
        "kind",
        "lock",
        "machine",
        "name",
        "packed",
        "script",
        "session",
        "state",
        "tag",
        "transcript",
        "unreplayed",
    )

    def __init__(
        self,
        name: str,
        machine: AnyMachine | None = None,
        transcript: Transcript | HistoryCounts | None = None,
        lock: bytes | None = None,
        kind: int = PATIENT,
    ) -> None:
        self.name = name
        self.kind = kind  #: whose history it is: PATIENT or ROOM
        self.lock = lock
        self.transcript: Transcript | HistoryCounts = (
            Transcript() if transcript is None else transcript
        )
        self.session = next_session(self.transcript.summary)
        self.machine: AnyMachine | None = None
        self.state: Any = None
        self.script = ScriptId()
        #: What is saved with each state that this script makes.
        self.tag = bytes(TAG)
        #: The packed state while there is no machine that could unpack it.
        self.packed: bytes | None = None
        #: The exchanges since the packed state was saved, where the history is on disk.
        self.unreplayed: Sequence[Exchange] | None = None
        self._saved = 0  # the exchange after which the state was saved last
        self._due = True  # the state of now does not follow from that one
        self._last: tuple[AnyMachine, Any, Exchange] | None = None
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
        self._due = self.machine is not None or not packed
        script = ScriptId(machine.script.name, machine.script.fingerprint)
        state: Any = None
        if packed and script.fingerprint == self.script.fingerprint:
            state = self._restore(machine, packed)
        if state is None:
            state, self._due = machine.start(), True
        self.state = state
        self.machine, self.script, self.packed, self.unreplayed = machine, script, None, None
        self.tag = script.tag

    def _restore(self, machine: AnyMachine, packed: bytes) -> Any:
        """Return the state of now; None where the machine cannot take the packed one up."""
        try:
            state = machine.unpack(packed)
        except ValueError:
            return None
        if self.machine is not None:
            return state  # it was packed just now
        since = self.unreplayed
        if since is None and isinstance(self.transcript, Transcript):
            since = self.transcript.first_since(self._saved, MAX_REPLAY + 1)
        since = since or ()
        if len(since) > MAX_REPLAY:
            self._due = True
            return state
        try:
            return self._replay(machine, state, since)
        except Exception:  # noqa: BLE001 - whatever it is, the saved state is as good as can be
            self._due = True
            return state

    def _replay(self, machine: AnyMachine, state: Any, exchanges: Iterable[Exchange]) -> Any:
        """Return the state after these exchanges; what happened besides leaves it as it is."""
        if self.kind == ROOM:
            for exchange in exchanges:
                state = cast("AnyRoomMachine", machine).replay(state, exchange)
            return state
        for exchange in exchanges:
            if exchange.event:
                continue
            if exchange.speaker or exchange.responder:
                state = machine.hear(state, exchange.speaker, exchange.patient, exchange.at)
            else:
                state = machine.respond(state, exchange.patient, exchange.at).state
        return state

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
        self.session = next_session(summary)
        self._due = True
        visit = Visit(self.name, summary.sessions, summary.last_seen, summary.exchanges)
        response = self._require_machine().greet(self.state, visit, now)
        self.state = response.state
        return _cut(response.reply)

    def reply(self, line: str, now: float) -> Answer:
        """Return the answer to a line; nothing changes until `keep` is called with it."""
        machine = self.machine or self._require_machine()
        now = milliseconds(now) / 1000  # what is saved of it: a replay has no more
        response = machine.respond(self.state, line, now)
        text = response.reply
        if len(text) > MAX_REPLY:
            text = _cut(text)
        exchange = Exchange(
            self.transcript.last_number + 1,
            now,
            self.session,
            line,
            text,
            response.keyword,
            f"{response.mark} {response.detail}" if response.detail else response.mark,
        )
        return Answer(text, exchange, machine, response.state, line, now)

    def hear(self, line: str, now: float, speaker: str = "") -> Any:
        """Return the state after a line that a person said, or answers; nothing changes."""
        now = milliseconds(now) / 1000
        return self._require_machine().hear(self.state, speaker, line, now)

    def entry(self, now: float, state: Any, line: str = "", **fields: str) -> Answer:
        """Return an entry that is not the machine's reply to the patient, with the state after it.

        `fields` are those of `Exchange`: who spoke or answered, or what happened. Nothing changes
        until `keep` is called with it.
        """
        now = milliseconds(now) / 1000
        number = self.transcript.last_number + 1
        reply = _cut(fields.pop("doctor", ""))
        exchange = Exchange(number, now, self.session, _as_unicode(line), reply, **fields)
        return Answer(exchange.doctor, exchange, self._require_machine(), state, line, now)

    def move_on(self, state: Any) -> None:
        """Let the machine be in another state, though nothing was recorded; the turn is held."""
        self.state, self._due = state, True

    def keep(self, answer: Answer) -> Exchange:
        """Add an answer to the history; it must follow the one that was kept last."""
        exchange = answer.exchange
        self.transcript.append(exchange)
        if exchange.doctor:
            self._last = (answer.machine, self.state, exchange)
        self.state = answer.state
        return exchange

    def state_is_due(self, exchange: Exchange) -> bool:
        """Return whether the state after this exchange is to be saved with it."""
        return (
            self._due
            or exchange.number - self._saved >= STATE_EVERY
            or exchange.keyword == LIMIT  # another run may stop elsewhere, or not
        )

    def note_saved(self, number: int) -> None:
        """Know that the state after the exchange of this number is saved."""
        self._saved, self._due = number, False

    def take_up(self, script: ScriptId, packed: bytes | None, number: int) -> None:
        """Take up a state that was saved after the exchange of this number; before `attach`."""
        self.script, self.packed, self._saved = script, packed, number

    def state_from(self, exchanges: Iterable[Exchange]) -> bytes:
        """Return the packed state of a patient who has said only this."""
        machine = self._require_machine()
        state = machine.start()
        try:
            state = self._replay(machine, state, exchanges)
        except Exception:  # noqa: BLE001 - whatever it is, a new state can go on
            state = machine.start()
        return machine.pack(state)

    def why(self) -> Trace | None:
        """Return the Trace of the reply that was kept last in this process, None before one."""
        if self._last is None:
            return None
        machine, state, exchange = self._last
        if self.kind == ROOM:
            return cast("AnyRoomMachine", machine).explain_exchange(state, exchange)
        return machine.explain(state, exchange.patient, exchange.at)

    def header(self) -> Header:
        """Return what the beginning of a file says about this patient."""
        return Header(
            self.name,
            self.script,
            self.pack_state(),
            self.lock,
            self.summary,
            self.transcript.last_number,
            kind=self.kind,
            state_number=self.transcript.last_number if self.machine else self._saved,
        )

    def __getstate__(self) -> tuple[bytes, ...]:
        return snapshot.parts_of(self.header(), self.history)

    def __setstate__(self, parts: Sequence[bytes]) -> None:
        header, history = snapshot.from_parts(parts)
        self.__init__(header.name, None, history, header.lock, header.kind)  # type: ignore[misc]
        self.take_up(header.script, header.state or None, header.state_number)


def next_session(summary: Summary) -> int:
    """Return the number of the session after these; the highest one is given again and again."""
    return min(summary.sessions + 1, MAX_SESSION)


def _as_unicode(text: str) -> str:
    """Return a text in which half a surrogate pair has become a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _cut(text: str) -> str:
    return text if len(text) <= MAX_REPLY else text[: MAX_REPLY - 1] + "…"
