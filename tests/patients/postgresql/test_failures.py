"""A database that fails: what was answered is stored once, and `NotSaved` means not stored.

Each test breaks a real PostgreSQL server of its own while patients talk.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import NotSaved, OutcomeUnknown, StoreAway, StoreError
from doctor.patients.postgresql.storage import PostgreSQLStorage
from doctor.patients.store import PatientStore
from doctor.protocol import codes
from doctor.server.error_codes import code_of
from tests.patients.contract import lines, say_all
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, until
from tests.support.postgresql import (
    ANSWER,
    AWAY,
    Cluster,
    Crowd,
    Database,
    open_here,
    running_cluster,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.history.transcript import Exchange


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """Make a server for the tests of this module to break."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def broken(own: Cluster, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Return tables on that server, which runs again afterwards with its usual settings."""
    database = Database(own, f"broken_{abs(hash(request.node.name))}")
    database.make()
    yield database
    own.signal(signal.SIGCONT)
    if not own.runs:
        own.start()
    database.rows("alter system reset all")
    database.rows("select pg_reload_conf()")
    database.drop()


def test_the_server_is_killed(broken: Database) -> None:
    """All of its processes at once, three times: everybody waits and goes on."""
    with open_here(broken) as store, Crowd(store) as crowd:
        for _ in range(3):
            broken.cluster.kill()
            broken.cluster.start()
            crowd.wait_for(60)
    crowd.check(broken)


def test_the_server_is_stopped(broken: Database) -> None:
    """A stop by its operator, and a start: everybody waits and goes on."""
    with open_here(broken) as store, Crowd(store) as crowd:
        broken.cluster.stop()
        broken.cluster.start()
        crowd.wait_for(60)
    crowd.check(broken)


def test_connections_are_ended(broken: Database) -> None:
    """Each connection of this server's, ten times while it commits: everybody goes on."""
    with open_here(broken) as store, Crowd(store) as crowd:
        for _ in range(10):
            broken.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'doctor'"
            )
            crowd.wait_for(30)
        assert store.open("New").last_number == 0  # a reader tries once more
    crowd.check(broken)


def test_the_server_freezes(broken: Database) -> None:
    """Longer than an answer may take: connections are made anew, everybody goes on."""
    with open_here(broken) as store, Crowd(store) as crowd:
        broken.cluster.signal(signal.SIGSTOP)
        threading.Event().wait(3 * ANSWER)
        broken.cluster.signal(signal.SIGCONT)
        crowd.wait_for(60)
    crowd.check(broken)
    log = (broken.cluster.place / "log").read_text()
    assert "canceling statement" not in log  # a commit is never cancelled


def test_the_server_is_read_only(broken: Database) -> None:
    """As a primary that was demoted: everybody waits until it can be written to."""
    with open_here(broken) as store, Crowd(store) as crowd:
        broken.rows("alter system set default_transaction_read_only = on")
        broken.rows("select pg_reload_conf()")
        threading.Event().wait(2 * ANSWER)
        with broken.connect() as connection:
            connection.execute("set default_transaction_read_only = off")
            connection.execute("alter system reset default_transaction_read_only")
            connection.execute("select pg_reload_conf()")
        crowd.wait_for(60)
    crowd.check(broken)


def test_no_connection_is_left(broken: Database) -> None:
    """Too many connections for a while: everybody waits."""
    role = f"few_{broken.schema}"
    broken.rows(f"create role {role} login")
    broken.rows(f"grant all on all tables in schema {broken.schema} to {role}")
    broken.rows(f"grant usage on schema {broken.schema} to {role}")
    storage = PostgreSQLStorage(broken.url_of(role), answer=ANSWER, away=AWAY)
    with PatientStore(storage, FakeMachine()) as store, Crowd(store) as crowd:
        broken.rows(f"alter role {role} connection limit 0")
        broken.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", role
        )
        threading.Event().wait(ANSWER)
        broken.rows(f"alter role {role} connection limit -1")
        crowd.wait_for(60)
    crowd.check(broken)


def test_batches_that_lose_against_others(broken: Database) -> None:
    """A serialization failure or a deadlock is no refusal: the batch is sent again."""
    broken.rows("create sequence tries")
    broken.rows(
        "create function fail_twice() returns trigger language plpgsql as $$ begin "
        "if nextval('tries') <= 2 then raise exception 'again' using errcode = '40P01'; end if; "
        "return new; end $$"
    )
    broken.rows(
        "create trigger fail before insert on exchanges for each row execute function fail_twice()"
    )
    with open_here(broken) as store:
        assert say_all(store, "Ada", ["one", "two"])[-1].number == 2


def test_a_value_that_is_refused(broken: Database) -> None:
    """It costs that exchange, and none of the others in its batch."""
    broken.rows("alter table exchanges add check (line <> 'bad')")
    told: dict[str, Exchange | Exception] = {}
    done = threading.Semaphore(0)
    with open_here(broken) as store:
        people = {name: store.open(name) for name in "ABCDE"}
        for patient in people.values():
            patient.say("hello")
        storage = store.storage
        assert isinstance(storage, PostgreSQLStorage)

        def note(name: str) -> Callable[[Exchange | Exception], None]:
            def tell(result: Exchange | Exception) -> None:
                told[name] = result
                done.release()

            return tell

        with storage._committer._committing:
            for name, patient in people.items():
                patient.say_later("bad" if name == "C" else "good", note(name))
        storage._committer._work.release()
        for _ in people:
            assert done.acquire(timeout=PATIENCE)
        assert isinstance(told.pop("C"), NotSaved)
        assert not [each for each in told.values() if isinstance(each, Exception)]
        assert people["C"].say("better").number == 2
        for patient in people.values():
            patient.close()


def test_a_database_that_stays_away(broken: Database) -> None:
    """Lines and newcomers are told so, with 421 and never 553; nothing is recorded."""
    with open_here(broken, away=0.3) as store, store.open("Ada") as patient:
        patient.say("one")
        broken.cluster.stop()
        with pytest.raises((StoreAway, OutcomeUnknown)) as told:
            patient.say("two")
        assert code_of(told.value) == codes.CLOSING
        with pytest.raises(StoreAway) as refused:
            store.open("Eve")
        assert code_of(refused.value) == codes.CLOSING
        broken.cluster.start()
        with store.open("Ada") as again:
            assert again.last_number == 1
            assert again.say("two").number == 2


def test_a_store_is_closed_while_its_database_is_away(broken: Database) -> None:
    """The end does not wait for the database; who waits is told."""
    told: list[Any] = []
    store = open_here(broken, away=60)
    patient = store.open("Ada")
    patient.say("one")
    broken.cluster.stop()
    thread = threading.Thread(target=lambda: _note_error(lambda: patient.say("two"), told))
    thread.start()
    while not store.late:
        threading.Event().wait(0.01)
    store.close(0.2)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert isinstance(told[0], StoreError)


def _note_error(work: Callable[[], object], told: list[Any]) -> None:
    try:
        told.append(work())
    except StoreError as error:
        told.append(error)


# --- a commit that waits for its standby ----------------------------------------------------------


def _wait_for_standby(database: Database, *, whether: bool) -> None:
    """Let each commit wait for a standby that is not there, or no longer."""
    with database.connect() as connection:
        connection.execute("set synchronous_commit = local")
        do = (
            "set synchronous_standby_names = 'nobody'"
            if whether
            else ("reset synchronous_standby_names")
        )
        connection.execute(f"alter system {do}".encode())
        connection.execute("select pg_reload_conf()")


def _is_waiting(database: Database) -> bool:
    return bool(database.rows("select 1 from pg_stat_activity where wait_event = 'SyncRep'"))


@pytest.mark.parametrize("newcomers", [False, True])
@pytest.mark.parametrize("cancel", [False, True])
def test_a_standby_that_comes_back(broken: Database, *, cancel: bool, newcomers: bool) -> None:
    """Nothing is answered before a standby has it, though a cancelled commit is a success.

    PostgreSQL ends a commit that is cancelled while it waits as a success, with a warning. A first
    exchange is looked for in another way than a later one.
    """
    with open_here(broken) as store, contextlib.ExitStack() as stack:
        say_all(store, "Ben", ["one"])  # the script's row is made: a commit that waits is Ada's
        patients = [stack.enter_context(store.open("Ada 0"))]
        told: list[Exchange] = []
        enough = threading.Event()

        def talk() -> None:
            while not enough.is_set():
                told.append(patients[-1].say("hello"))
                if newcomers and not enough.is_set():
                    patients.append(stack.enter_context(store.open(f"Ada {len(patients)}")))

        thread = threading.Thread(target=talk)
        _wait_for_standby(broken, whether=True)
        thread.start()
        while not _is_waiting(broken):
            threading.Event().wait(0.01)
        enough.set()
        answered = len(told)
        until = time.monotonic() + 2 * ANSWER
        while time.monotonic() < until:
            if cancel:  # what looks whether it is stored waits for the standby too
                broken.rows(
                    "select pg_cancel_backend(pid) from pg_stat_activity "
                    "where wait_event = 'SyncRep'"
                )
            threading.Event().wait(0.05)
            assert len(told) == answered
        _wait_for_standby(broken, whether=False)
        thread.join(PATIENCE)
        numbers = [1] * (answered + 1) if newcomers else list(range(1, answered + 2))
        assert [each.number for each in told] == numbers
        assert sum(len(lines(each)) for each in patients) == answered + 1


def test_an_outcome_that_stays_unknown(broken: Database) -> None:
    """It is told as unknown with 421, never as `NotSaved`; the next visit's numbers tell."""
    with open_here(broken, away=1.0) as store:
        say_all(store, "Ada", ["one"])
        patient = store.open("Ada")
        _wait_for_standby(broken, whether=True)
        said = ["one"]

        def talk() -> None:
            while True:  # until the server has seen the setting
                patient.say("more")
                said.append("more")

        with pytest.raises(OutcomeUnknown) as unknown:
            talk()
        assert code_of(unknown.value) == codes.CLOSING
        patient.close()
        _wait_for_standby(broken, whether=False)
        with store.open("Ada") as again:
            said = [*said, "more"][: again.last_number]
            assert lines(again) == said
            again.say("three")
            assert lines(again) == [*said, "three"]


def test_a_database_that_is_away_is_seen_without_a_line(broken: Database) -> None:
    """The time of an absence counts though nobody speaks, and ends with it: for balancers."""
    with open_here(broken) as store:
        until(lambda: store.storage.stalled == 0, "the first connection")
        broken.cluster.kill()
        until(lambda: store.storage.stalled > 0, "the loss")
        assert store.storage.under_way == 0
        broken.cluster.start()
        until(lambda: store.storage.stalled == 0, "the return")
