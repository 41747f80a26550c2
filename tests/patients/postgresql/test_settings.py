"""What an operator may set about a database."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.patients.opening import DatabaseOptions, open_store
from doctor.patients.postgresql.connection import Database as Connections
from tests.patients.contract import at_once, say_all
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from tests.support.postgresql import Database


@pytest.mark.parametrize(
    "options",
    [
        DatabaseOptions(lanes=3),
        DatabaseOptions(readers=1),
        DatabaseOptions(pause=0.002),
        DatabaseOptions(pause=0.001, lanes=2, readers=2),
    ],
)
def test_every_setting_stores_everything(database: Database, options: DatabaseOptions) -> None:
    """However many connections there are, and with a pause, all is stored once and in order."""
    with open_store(database.url, FakeMachine(), database=options) as store:
        at_once(
            *(lambda n=n: say_all(store, f"P{n}", [str(each) for each in range(20)])
              for n in range(8))
        )  # fmt: skip
        assert store.counts.saved == 160
    assert database.rows("select count(*), sum(last), sum(exchanges) from patients") == [
        (8, 160, 160)
    ]


def test_a_pause_makes_larger_batches(database: Database) -> None:
    """Where several talk a commit waits for others; a lone patient's line waits for nobody."""
    pauses: list[float] = []
    never = threading.Event()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        never.wait(seconds)

    options = DatabaseOptions(pause=0.003)
    with (
        pytest.MonkeyPatch.context() as patch,
        open_store(database.url, FakeMachine(), database=options) as store,
    ):
        patch.setattr("doctor.patients.postgresql.committer.time.sleep", pause)
        say_all(store, "Ada", [str(each) for each in range(10)])
        assert pauses == []
        at_once(
            *(lambda n=n: say_all(store, f"P{n}", [str(each) for each in range(20)])
              for n in range(8))
        )  # fmt: skip
        assert set(pauses) == {0.003}
        assert store.counts.commits < store.counts.saved


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("postgresql://me@db1/doctor", ["db1"]),
        ("postgresql://me@db1,db2/doctor?sslmode=prefer", ["db1", "db2"]),
        ("postgresql://me@10.0.0.1/doctor?sslmode=allow", ["10.0.0.1"]),
        ("postgresql://me@db1/doctor?sslmode=require", []),
        ("postgresql://me@db1/doctor?sslmode=verify-full", []),
        ("postgresql://me@localhost/doctor", []),
        ("postgresql://me@127.0.0.1/doctor", []),
        ("postgresql:///doctor?host=/run/postgresql", []),
        ("postgresql:///doctor", []),
    ],
)
def test_what_may_travel_unencrypted_is_warned_of(
    url: str,
    warned: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A URL of another machine without TLS is a line in the log; one of this machine is none."""
    for name in ("PGSSLMODE", "PGHOST", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    with caplog.at_level(logging.WARNING):
        Connections(url).warn_of_plain_text(logging.getLogger("test"))
    hosts = [record.getMessage().partition(" to ")[2].split()[0] for record in caplog.records]
    assert hosts == warned
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    caplog.clear()
    if "sslmode" not in url:
        Connections(url).warn_of_plain_text(logging.getLogger("test"))
        assert caplog.records == []
