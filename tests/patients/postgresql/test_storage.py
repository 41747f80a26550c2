"""The storage in PostgreSQL keeps the promises of every storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.patients.opening import open_store
from tests.patients.contract import StorageContract
from tests.support.fake_host import FakeHost
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from doctor.patients.store import PatientStore
    from tests.support.postgresql import Database


class _Tables:
    """Tables in a database: they outlive a server, and their disk can be full."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, machine: FakeMachine | None = None) -> PatientStore:
        """Open the database."""
        return open_store(self._database.url, machine or FakeMachine(), make_host=FakeHost)

    def crash(self, store: PatientStore) -> None:
        """Go on with what the database has now."""
        store.close(-1)

    def set_broken(self, *, broken: bool) -> None:
        """Let every write fail, as on a full disk."""
        self._database.set_full(full=broken)


class TestPostgreSQLStorage(StorageContract):
    """The contract, with rows."""

    @pytest.fixture
    def place(self, database: Database) -> _Tables:
        """Return tables that can crash and fail."""
        return _Tables(database)
