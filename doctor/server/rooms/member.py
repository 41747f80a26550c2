"""One connection that is in a room: `RoomMember`.

A patient with two connections in a room is two members of one name; the others see one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from doctor.patients.names import key

if TYPE_CHECKING:
    from doctor.patients.store import Patient


class MemberConnection(Protocol):
    """What a room needs of a connection; it is a `doctor.server.handler.DoctorClientHandler`."""

    patient_name: str | None

    def notify(self, data: bytes) -> bool:
        """Send a notice between replies; never waits. False where it cannot arrive."""


class RoomMember:
    """One connection that is in a room, or asks to come in.

    `announced` is guarded by the lock of the `RoomRegistry`. `closing` is held by whoever takes it
    out because the room is closed for it: after that the connection has been told, and is told
    nothing more of this room.
    """

    __slots__ = ("_history", "announced", "closing", "connection", "is_open", "since")

    def __init__(self, connection: MemberConnection) -> None:
        self.connection = connection
        self.since = time.time()
        self._history: Patient | None = None
        self.closing = threading.Lock()
        self.is_open = False  #: it is in the room
        self.announced = False  #: the others were told that it came

    @property
    def name(self) -> str:
        """The patient's name; the operator may have changed it meanwhile."""
        return self.connection.patient_name or ""

    @property
    def key(self) -> str:
        """What tells this patient from every other one."""
        return key(self.name)

    @property
    def history(self) -> Patient:
        """The connection's own hold on the room's history."""
        assert self._history is not None  # noqa: S101 - set before anybody else knows this member
        return self._history

    @history.setter
    def history(self, held: Patient) -> None:
        self._history = held
