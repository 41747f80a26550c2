"""Where a storage of the tests keeps what lasts; the tests open stores on it, in turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from doctor.patients.store import PatientStore
    from tests.support.fake_machine import FakeMachine


class Place(Protocol):
    """Where a storage keeps what lasts."""

    def open(self, machine: FakeMachine | None = None) -> PatientStore:
        """Open a store on what is there."""

    def crash(self, store: PatientStore) -> None:
        """End a store as if its process were killed now; what it was asked for later is lost."""

    def set_broken(self, *, broken: bool) -> None:
        """Let nothing be stored any more, or everything again."""
