"""A host small enough to see through: it counts what is said in a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor.machine import Trace
from tests.support.fake_machine import FakeScript

if TYPE_CHECKING:
    from doctor.doctor import AnyMachine
    from doctor.history.transcript import Exchange
    from doctor.machine import ScriptIdentity


class FakeRoomState(NamedTuple):
    """How many entries there were, and when a line came that nobody has answered yet."""

    entries: int = 0
    open_since: float = 0.0


class FakeHost:
    """Answers a line that begins with "Doctor"; counts every entry."""

    def __init__(self, machine: AnyMachine | None = None) -> None:
        self.script: ScriptIdentity = machine.script if machine else FakeScript()

    def start(self) -> FakeRoomState:
        """Nothing was said yet."""
        return FakeRoomState()

    def replay(self, state: FakeRoomState, exchange: Exchange) -> FakeRoomState:
        """Count the entry; a line without an answer waits for one."""
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
