"""The interface of who answers in a room; `doctor.host.Host` is one.

A room's Doctor has one in the place of a machine: it answers several people, by other methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from doctor.machine import StateT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.transcript import Exchange
    from doctor.machine import ScriptIdentity, Trace

#: The state of a room, as one kind of host has it.
RoomStateT_co = TypeVar("RoomStateT_co", covariant=True)


class RoomResponse(Protocol[RoomStateT_co]):
    """What is said in a room, which is mostly nothing, and the state after it."""

    @property
    def reply(self) -> str:
        """What is said to everybody; empty: nothing."""

    @property
    def state(self) -> RoomStateT_co:
        """The state after it."""

    @property
    def keyword(self) -> str:
        """Which keyword, or which rule of a room, answered."""

    @property
    def mark(self) -> str:
        """The mark of the line."""

    @property
    def private(self) -> str:
        """What is said to the speaker alone, and not recorded."""


class RoomMachine(Protocol[StateT]):
    """Who answers in a room, as `doctor.host.Host` does. Any thread may call any method."""

    @property
    def script(self) -> ScriptIdentity:
        """The script."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called in a room, in small letters."""

    def prepare(self) -> Iterator[None]:
        """Make ready what the first lines would wait for, a little before each `yield`."""

    def start(self) -> StateT:
        """Return the state of a room in which nobody has said anything."""

    def hear(self, state: StateT, speaker: str, line: str, now: float) -> RoomResponse[StateT]:
        """Return what is said at once to a member's line."""

    def came(self, state: StateT, name: str, now: float) -> RoomResponse[StateT]:
        """Return what is said to somebody who comes; replayed, the state is that of the event."""

    def left(self, state: StateT, name: str, now: float) -> RoomResponse[StateT]:
        """Return the state after somebody has left."""

    def wants_answer_at(self, state: StateT) -> float | None:
        """Return when `wait` is to be called, None where nothing waits for an answer."""

    def wait(self, state: StateT, now: float) -> RoomResponse[StateT]:
        """Return what is said to a line that nobody has answered."""

    def replay(self, state: StateT, exchange: Exchange) -> StateT:
        """Return the state after an entry, as it was when that was recorded."""

    def explain_exchange(self, state: StateT, exchange: Exchange) -> Trace:
        """Return how an answer that was recorded was made, from the state before it."""

    def pack(self, state: StateT) -> bytes:
        """Return a state as bytes, the same for equal states."""

    def unpack(self, packed: bytes) -> StateT:
        """Return the state that was packed; raise `ValueError` for any other bytes."""


#: Who answers in a room, together with states that it made.
AnyRoomMachine: TypeAlias = RoomMachine[Any]
