"""A real PostgreSQL for tests: started once, as a user without rights, in a temporary directory.

    def test_something(database: Database) -> None:        # a schema of its own, see `conftest`
        store = open_store(database.url, machine)

PostgreSQL refuses to run as root, so root starts it as `postgres` or `nobody`. It is reached by a
socket in its own directory only. `fsync` is on: what a test kills must come back.

`POSTGRESQL_BIN=DIRECTORY` chooses the programs of another version.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

import psycopg
import pytest

from doctor.patients.opening import open_database
from doctor.patients.postgresql.storage import PostgreSQLStorage
from doctor.patients.store import PatientStore
from tests.patients.contract import lines
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Seconds until a server must have started or stopped.
PATIENCE: Final = 60.0
#: Seconds until a statement must be answered, and for which lines wait, where a test breaks things.
ANSWER, AWAY = 0.5, 60.0


def programs() -> Path | None:
    """Return the directory of PostgreSQL's programs: `POSTGRESQL_BIN`, or the newest there is."""
    if chosen := os.environ.get("POSTGRESQL_BIN"):
        return Path(chosen)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _version(program: Path) -> int:
    name = program.parent.parent.name
    return int(name) if name.isdecimal() else 0


def user_without_rights() -> dict[str, Any]:
    """Return what `Popen` needs to start a program as a user without rights."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("root finds no user to run PostgreSQL as")


class Cluster:
    """One PostgreSQL server and its data; started, stopped and killed as a test wants."""

    def __init__(self, settings: Sequence[str] = ()) -> None:
        """Make an empty directory; `make` or a backup fills it."""
        bin_directory = programs()
        assert bin_directory is not None
        self.bin = bin_directory
        self._settings = settings
        self.place = Path(tempfile.mkdtemp(prefix="doctor-pg-", dir="/tmp"))
        self._as = user_without_rights()
        if self._as:
            os.chown(self.place, self._as["user"], self._as["group"])
        self.data = self.place / "data"
        self._process: subprocess.Popen[Any] | None = None

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs as the user that owns the data."""
        subprocess.run(
            [self.bin / program, *words],
            check=True, cwd=self.place, stdin=subprocess.DEVNULL, capture_output=True, **self._as,
        )  # fmt: skip

    def make(self) -> None:
        """Make a new cluster."""
        self.run(
            "initdb", "--no-sync", "-A", "trust", "-U", "owner", "--locale=C", "-E", "UTF8",
            "-D", str(self.data),
        )  # fmt: skip

    def copy(self, primary: Cluster) -> None:
        """Make a standby of a server that runs."""
        self.run(
            "pg_basebackup", "--no-sync", "-c", "fast", "-R", "-U", "owner",
            "-h", str(primary.place), "-D", str(self.data),
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [str(self.bin / "postgres"), "-D", str(self.data), "-k", str(self.place), "-h", ""]
        words += self._flags()
        if shutil.which("setpriv"):  # a test run that is killed leaves no server behind
            words = ["setpriv", "--pdeathsig", "INT", "--", *words]
        with (self.place / "log").open("ab") as log:
            process = self._process = subprocess.Popen(
                words, cwd=self.place, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self._as,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.conninfo).close()
            except psycopg.OperationalError:
                assert process.poll() is None, (self.place / "log").read_text()
                assert time.monotonic() < until, (self.place / "log").read_text()
                time.sleep(0.01)
            else:
                return

    def _flags(self) -> list[str]:
        settings = ("shared_buffers=16MB", "max_connections=60", *self._settings)
        return [word for each in settings for word in ("-c", each)]

    @property
    def conninfo(self) -> str:
        """What connects to it as its owner."""
        return f"host={self.place} user=owner dbname=postgres"

    def url(self, user: str = "owner", **more: str) -> str:
        """Return a URL for the doctor, with more parameters."""
        parts = {"host": str(self.place), **more}
        query = "&".join(f"{name}={quote(value)}" for name, value in parts.items())
        return f"postgresql://{user}@/postgres?{query}"

    @property
    def runs(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill every process of the server at once, as a power cut does."""
        assert self._process is not None
        self.signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._process = None

    def processes(self) -> list[int]:
        """Return the processes of the server."""
        return [] if self._process is None else [self._process.pid, *_children(self._process.pid)]

    def signal(self, number: int) -> None:
        """Send a signal to every process of the server."""
        for each in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, number)

    def stop(self) -> None:
        """Stop the server, whatever is connected."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)

    def remove(self) -> None:
        """Stop the server and remove its directory."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)


def _children(parent: int) -> list[int]:
    """Return the processes that a process started; backends have groups of their own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
    return found


class Database:
    """A schema of a cluster, with the doctor's tables or without; dropped after the test."""

    def __init__(self, cluster: Cluster, schema: str) -> None:
        self.cluster = cluster
        self.schema = schema
        self.url = self.url_of("owner")

    def url_of(self, user: str) -> str:
        """Return the URL by which a user reaches this schema."""
        return self.cluster.url(user, options=f"-csearch_path={self.schema}")

    @contextlib.contextmanager
    def connect(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Yield a connection of the owner's, to look and to break things."""
        with psycopg.connect(
            self.cluster.conninfo, autocommit=True, options=f"-csearch_path={self.schema}"
        ) as connection:
            yield connection

    def make(self, partitions: int = 0) -> None:
        """Make the schema and the doctor's tables."""
        with self.connect() as connection:
            connection.execute(f"create schema {self.schema}".encode())
            connection.execute(FULL_DISK)
        open_database(self.url).create(None, None, partitions)

    def drop(self) -> None:
        """Drop the schema with all that is in it."""
        with self.connect() as connection:
            connection.execute(f"drop schema {self.schema} cascade".encode())

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        with self.connect() as connection:
            cursor = connection.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []

    def error(self, user: str, sql: str) -> str:
        """Return the error that a statement of a user's gets."""
        connection = psycopg.connect(
            host=str(self.cluster.place), user=user, dbname="postgres", autocommit=True,
            options=f"-csearch_path={self.schema}",
        )  # fmt: skip
        with connection:
            try:
                connection.execute(sql.encode())
            except psycopg.Error as error:
                return str(error)
        return ""

    def set_full(self, *, full: bool) -> None:
        """Let every statement that stores something fail as on a full disk."""
        for table in ("patients", "exchanges"):
            if full:
                self.rows(
                    f"create trigger full_disk before insert or update on {table} "
                    f"for each statement execute function full_disk()"
                )
            else:
                self.rows(f"drop trigger if exists full_disk on {table}")


FULL_DISK: Final = """
    create or replace function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'no space left' using errcode = '53100'; end $$
"""


def skip_without_postgresql() -> None:
    """Skip a test where PostgreSQL is not installed, and say how to install it."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: `make test` installs it, or apt-get install it")


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a server of its own and remove it afterwards; skip where PostgreSQL is missing."""
    skip_without_postgresql()
    cluster = Cluster()
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def open_here(database: Database, *, answer: float = ANSWER, away: float = AWAY) -> PatientStore:
    """Open a store that loses its patience soon."""
    return PatientStore(PostgreSQLStorage(database.url, answer=answer, away=away), FakeMachine())


class Crowd:
    """Patients who talk, each in a thread, until they are told to end."""

    def __init__(self, store: PatientStore, number: int = 12) -> None:
        self._store = store
        self._ending = threading.Event()
        self._said = threading.Semaphore(0)
        self.answered: dict[str, list[str]] = {f"P{index}": [] for index in range(number)}
        self.errors: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._talk, args=(name,)) for name in self.answered
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.wait_for(40)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def wait_for(self, number: int) -> None:
        """Wait until so many more lines were answered."""
        for _ in range(number):
            assert self._said.acquire(timeout=PATIENCE)

    def _talk(self, name: str) -> None:
        number = 0
        with self._store.open(name) as patient:
            while not self._ending.is_set():
                number += 1
                try:
                    patient.say(f"{name} {number}")
                except Exception as error:  # noqa: BLE001 - the test looks at it
                    self.errors.append(error)
                    return
                self.answered[name].append(f"{name} {number}")
                self._said.release()

    def check(self, database: Database) -> None:
        """Find everything that was answered, in order and once, and nothing else."""
        assert self.errors == []
        with open_here(database) as store:
            for name, said in self.answered.items():
                with store.open(name) as patient:
                    assert lines(patient) == said
        assert (
            database.rows(
                "select key from patients p where exchanges <> "
                "(select count(*) from exchanges e where e.patient = p.id)"
            )
            == []
        )
