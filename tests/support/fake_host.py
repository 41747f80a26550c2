"""A host small enough to see through: it counts what is said in a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor.machine import Trace
from tests.support.fake_machine import FakeScript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.doctor import AnyMachine
    from doctor.history.transcript import Exchange
    from doctor.machine import ScriptIdentity


class FakeRoomState(NamedTuple):
    """How many entries there were, and when a line came that nobody has answered yet."""

    entries: int = 0
    open_since: float = 0.0


class FakeRoomResponse(NamedTuple):
    """What is said, and the state after it."""

    reply: str
    state: FakeRoomState
    keyword: str = ""
    mark: str = ""
    private: str = ""


class FakeHost:
    """Answers a line that begins with "Doctor", or that nobody answered; counts every entry."""

    def __init__(self, machine: AnyMachine | None = None, patience: float = 3600.0) -> None:
        self.script: ScriptIdentity = machine.script if machine else FakeScript()
        self.has_care = True
        self.names = ("doctor",)
        self.patience = patience

    def prepare(self) -> Iterator[None]:
        """Do nothing: all of it is ready."""
        return iter(())

    def start(self) -> FakeRoomState:
        """Nothing was said yet."""
        return FakeRoomState()

    def greet(self, state: FakeRoomState, _visit: object, _now: float) -> FakeRoomResponse:
        """Begin a session; nothing waits any more."""
        return FakeRoomResponse("", state._replace(open_since=0.0))

    def hear(self, state: FakeRoomState, speaker: str, line: str, now: float) -> FakeRoomResponse:
        """Answer who says "Doctor" first, and care."""
        count = state.entries + 1
        if "care" in line:
            text = f"{count}: {speaker}, we are here."
            return FakeRoomResponse(text, FakeRoomState(count), "CARE", "care", "Call 116 123.")
        if line.startswith("Doctor"):
            return FakeRoomResponse(f"{count}: {speaker}: {line}", FakeRoomState(count), "DOCTOR")
        return FakeRoomResponse("", FakeRoomState(count, now))

    def came(self, state: FakeRoomState, name: str, now: float) -> FakeRoomResponse:
        """Welcome everybody."""
        del now
        after = state._replace(entries=state.entries + 1)
        return FakeRoomResponse(f"Welcome, {name}.", after, "WELCOME")

    def left(self, state: FakeRoomState, name: str, now: float) -> FakeRoomResponse:
        """Count it."""
        del name, now
        return FakeRoomResponse("", state._replace(entries=state.entries + 1))

    def wants_answer_at(self, state: FakeRoomState) -> float | None:
        """Return when the line that waits is to be answered."""
        return state.open_since + self.patience if state.open_since else None

    def wait(self, state: FakeRoomState, now: float) -> FakeRoomResponse:
        """Answer the line that waits."""
        due = self.wants_answer_at(state)
        if due is None or now < due:
            return FakeRoomResponse("", state)
        return FakeRoomResponse("Nobody answers.", FakeRoomState(state.entries + 1), "WAITED")

    def replay(self, state: FakeRoomState, exchange: Exchange) -> FakeRoomState:
        """Count the entry; a line without an answer waits for one."""
        if exchange.keyword == "WELCOME":
            return state
        if exchange.event:
            return state._replace(entries=state.entries + 1)
        waits = bool(exchange.patient) and not exchange.doctor
        return FakeRoomState(state.entries + 1, exchange.at if waits else 0.0)

    def explain_exchange(self, state: FakeRoomState, exchange: Exchange) -> Trace:
        """Tell what it answered from."""
        return Trace((("note", f"{state.entries} before {exchange.number}"),))

    def pack(self, state: FakeRoomState) -> bytes:
        """Return the state as bytes."""
        return f"{state.entries} {state.open_since!r}".encode()

    def unpack(self, packed: bytes) -> FakeRoomState:
        """Return the state; ValueError where it is none."""
        entries, _, since = packed.partition(b" ")
        return FakeRoomState(int(entries), float(since))
