"""What an operator may set about a database."""

from __future__ import annotations

import contextlib
import logging
import queue
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from doctor.history.transcript import Exchange
from doctor.patients.opening import DatabaseOptions, open_store
from doctor.patients.postgresql.connection import Database as Connections
from tests.patients.contract import at_once, say_all
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from doctor.patients.postgresql.storage import PostgreSQLStorage
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


def test_a_commit_waits_while_more_lines_come_in(database: Database) -> None:
    """After a batch of several a commit waits as long as others come; few patients never wait."""
    done: queue.SimpleQueue[Exchange | Exception] = queue.SimpleQueue()
    waits: list[int] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        open_store(database.url, FakeMachine(), database=DatabaseOptions(pause=PATIENCE)) as store,
        contextlib.ExitStack() as stack,
    ):
        patients = [stack.enter_context(store.open(f"P{n}")) for n in range(5)]
        for patient in patients:
            patient.say("first")
        comings = [patients[1:3], patients[3:5], []]

        def sleep(_seconds: float) -> None:
            waits.append(len(comings))
            for each in comings.pop(0):
                each.say_later("meanwhile", done.put)

        clock = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
        patch.setattr("doctor.patients.postgresql.committer.time", clock)
        patients[0].say("nobody else talks")
        assert waits == []
        committer = cast("PostgreSQLStorage", store.storage)._committer
        committer._last_size = 4
        before = store.counts.commits
        patients[0].say("others come in")
        assert all(isinstance(done.get(timeout=PATIENCE), Exchange) for _ in range(4))
        assert (waits, store.counts.commits - before) == ([3, 2, 1], 1)


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
