"""A standby takes over from its primary while patients talk."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from doctor.errors import StoreError
from doctor.patients.postgresql.storage import PostgreSQLStorage
from doctor.patients.store import PatientStore
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE
from tests.support.postgresql import Cluster, Crowd, Database, skip_without_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """Yield a primary and its standby."""
    skip_without_postgresql()
    primary, standby = Cluster(), Cluster()
    try:
        primary.make()
        primary.start()
        standby.copy(primary)
        standby.start()
        yield primary, standby
    finally:
        standby.remove()
        primary.remove()


def _make_synchronous(primary: Cluster) -> None:
    """Let each commit wait for the standby, once that has connected."""
    database = Database(primary, "public")
    until = time.monotonic() + PATIENCE
    while not database.rows("select 1 from pg_stat_replication where state = 'streaming'"):
        assert time.monotonic() < until
        threading.Event().wait(0.02)
    database.rows("alter system set synchronous_standby_names = '*'")
    database.rows("select pg_reload_conf()")
    while not database.rows("select 1 from pg_stat_replication where sync_state = 'sync'"):
        assert time.monotonic() < until
        threading.Event().wait(0.02)


def _open(pair: tuple[Cluster, Cluster]) -> PostgreSQLStorage:
    """Make the tables of a synchronous pair and return a storage that knows both hosts."""
    primary, standby = pair
    database = Database(primary, "doctor")
    database.make()
    _make_synchronous(primary)
    url = database.url.replace(str(primary.place), f"{primary.place},{standby.place}")
    return PostgreSQLStorage(url, answer=1.0, away=PATIENCE)


@pytest.mark.slow
def test_a_standby_takes_over(pair: tuple[Cluster, Cluster]) -> None:
    """Nobody is cut off, nothing that was answered is lost; the old primary is not used again."""
    primary, standby = pair
    after = Database(standby, "doctor")
    storage = _open(pair)
    with PatientStore(storage, FakeMachine()) as store:
        with Crowd(store) as crowd:
            primary.kill()
            standby.run("pg_ctl", "promote", "-D", str(standby.data))
            crowd.wait_for(100)
        crowd.check(after)
        # The old primary starts again and says that it can be written to.
        primary.start()
        storage._pool.away = storage._committer._away = 0.5
        with store.open("P1") as patient:
            number = patient.last_number
            standby.stop()
            with pytest.raises(StoreError):
                patient.say("lost")
            with pytest.raises(StoreError, match="was the primary once"):
                store.open("P2")
            standby.start()
        with store.open("P1") as patient:
            assert patient.last_number == number


@pytest.mark.slow
def test_a_primary_that_was_frozen_goes_on(pair: tuple[Cluster, Cluster]) -> None:
    """Patients go on at the standby that was promoted meanwhile, and none is cut off."""
    primary, standby = pair
    after = Database(standby, "doctor")
    storage = _open(pair)
    with PatientStore(storage, FakeMachine()) as store:
        with Crowd(store) as crowd:
            primary.signal(signal.SIGSTOP)
            standby.run("pg_ctl", "promote", "-D", str(standby.data))
            primary.signal(signal.SIGCONT)  # before anybody has tried to connect again
            crowd.wait_for(100)
        crowd.check(after)
