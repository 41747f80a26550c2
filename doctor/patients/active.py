"""A patient or a room in memory: the Doctor, the turn, and who is connected.

The turn is a lock that lets one exchange of a patient through at a time, however many connections
the patient has. `doctor`, `machine`, `closed` and `stored` belong to whoever holds it; `users`,
`releases`, `patients` and `readers` are guarded by the store's lock. Any thread may set `holder`,
which is read with the turn held.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from doctor.errors import NameTaken
from doctor.history.snapshot import PATIENT, ROOM

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.doctor import AnyMachine, Doctor


class PatientConnection(Protocol):
    """What is known here of a connection; it is a `doctor.patients.patient.Patient`."""

    gone: bool
    on_gone: Callable[[], None] | None


class ActivePatient:
    """A patient, or a room, in memory."""

    __slots__ = (
        *("closed", "doctor", "holder", "key", "kind", "life", "machine", "patients"),
        *("readers", "releases", "stored", "turn", "users"),
    )

    def __init__(self, key: str) -> None:
        self.key = key
        #: Whose history it is: PATIENT or ROOM. Changed with the turn held, before it is loaded.
        self.kind = PATIENT
        self.turn = threading.Lock()
        self.life = 0  #: how often the history was erased while it was in memory
        self.users = 0  #: connections, and whoever else needs it in memory
        self.releases = 0  #: how often the storage was asked to release it and has not done so yet
        self.patients: list[PatientConnection] = []
        self.readers: list[PatientConnection] = []  #: people who attend; they are no visits
        self.holder = ""  #: the person who answers in the doctor's place
        self.doctor: Doctor | None = None  #: None: to be loaded
        #: Who answers this patient instead of the store's machine: with a copy of its script that
        #: was changed in the session.
        self.machine: AnyMachine | None = None
        self.closed = False  #: the store is closed
        self.stored: Any = None  #: the storage's own


def require_kind(found: int, wanted: int, name: str) -> None:
    """Raise NameTaken where the history of this name is of another kind than is wanted."""
    if found != wanted:
        whose = "a room, which /join enters" if found == ROOM else "a patient"
        raise NameTaken(f"{name} is the name of {whose}")
