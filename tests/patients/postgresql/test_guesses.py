"""Wrong passphrases are counted over all servers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from doctor.errors import TooManyGuesses, WrongPassphrase
from doctor.patients import passphrase
from doctor.patients.opening import open_store
from doctor.patients.passphrase import Pauses
from doctor.patients.postgresql.storage import PostgreSQLStorage
from doctor.server.logins.login_throttle import LoginThrottle
from doctor.server.settings import Settings
from tests.patients.contract import at_once
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgresql import Database

PAUSES = Pauses(free=3, first=0.25, most=60.0, memory=3600.0, wait=30.0)


@pytest.fixture
def storages(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[PostgreSQLStorage]]:
    """Yield the storages of two servers."""
    monkeypatch.setattr(passphrase, "COST", 4)
    machine = FakeMachine()
    with open_store(database.url, machine) as a, open_store(database.url, machine) as b:
        found = [a.storage, b.storage]
        assert all(isinstance(each, PostgreSQLStorage) for each in found)
        yield found  # type: ignore[misc]


def test_tries_on_two_servers_wait_for_each_other(storages: list[PostgreSQLStorage]) -> None:
    """Each further try books a later moment, whichever server it is made on."""
    waits: list[float] = []
    # So long that it does not matter how busy the machine is while the tries are made.
    pauses = PAUSES._replace(first=100.0, most=1e6, wait=1e6)

    def guess(storage: PostgreSQLStorage) -> None:
        assert storage.guesses is not None
        for _ in range(4):
            found = storage.guesses.book("ada", pauses)
            assert found is not None
            waits.append(found)

    at_once(*(lambda each=each: guess(each) for each in storages))
    waits.sort()
    assert waits[:3] == pytest.approx([0.0] * 3, abs=40.0)
    longer = [each - wait for wait, each in pairwise(waits[2:])]
    assert longer == pytest.approx([100.0, 200.0, 400.0, 800.0, 1600.0], abs=40.0)


def test_who_would_wait_too_long_books_nothing(storages: list[PostgreSQLStorage]) -> None:
    """It is refused at once, and the moments that are booked move no further away."""
    guesses = storages[0].guesses
    assert guesses is not None
    pauses = PAUSES._replace(first=10.0, wait=5.0)
    found = [guesses.book("ada", pauses) for _ in range(9)]
    assert found[:3] == [0.0] * 3
    assert found[3] == pytest.approx(10.0, abs=1.0)
    assert found[4:] == [None] * 5


def test_a_right_passphrase_forgets_the_wrong_ones(
    storages: list[PostgreSQLStorage], database: Database
) -> None:
    """A try counts before its check, and no longer where it was right or was not made."""
    settings = Settings(passphrase_pause=0.01)
    one, two = (LoginThrottle(settings, {}, each.guesses) for each in storages)
    for throttle in (one, two, one):
        with pytest.raises(WrongPassphrase), throttle.turn("Ada", "192.0.2.1"):
            raise WrongPassphrase("no")
    assert database.rows("select key, wrong from guesses") == [("ada", 3)]
    with pytest.raises(ConnectionError), two.turn("Ada", "192.0.2.2"):
        raise ConnectionError
    assert database.rows("select wrong from guesses") == [(3,)]
    with two.turn("Ada", "192.0.2.3"):
        pass
    assert database.rows("select * from guesses") == []


def test_guesses_beyond_the_wait_are_refused(storages: list[PostgreSQLStorage]) -> None:
    """A server refuses a try for which other servers' tries leave no room."""
    settings = Settings(passphrase_pause=60.0, passphrase_wait=0.05)
    one, two = (LoginThrottle(settings, {}, each.guesses) for each in storages)
    guesses = storages[0].guesses
    assert guesses is not None
    while guesses.book("ada", PAUSES._replace(wait=0.05)) is not None:
        pass
    for throttle in (one, two):
        with pytest.raises(TooManyGuesses), throttle.turn("Ada", "192.0.2.1"):
            pass
