"""Connections to the database: how they are made, and how a statement runs with a deadline.

    Database              one database, on one or several hosts; knows the newest primary
    DatabaseConnection    psycopg's, with a deadline on everything; `run` is quick, for commits

A connection is never asked to cancel a statement: PostgreSQL answers a commit that is cancelled
while it waits for its standby as a success. Where an answer does not come the socket is closed.

What a failure proves:

    ERROR from the server          nothing of that statement is stored
    anything else (end of file,    nothing is known: `ConnectionLost`
    FATAL, PANIC, no answer, a
    warning about the standby)

A primary that was frozen while its standby took over says for a while that it is the primary. It
acknowledges no commit, but it reads. So the timeline, which rises with each takeover, is asked for
on connecting, and a server whose timeline is lower than the highest seen is passed over.

A `Database` may be used from any thread, a `DatabaseConnection` by one at a time.
"""

from __future__ import annotations

import os
import selectors
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import conninfo, pq, waiting

from doctor.errors import StoreAway, StoreError, UnknownStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from logging import Logger

    from psycopg.abc import PQGen

    from doctor.patients.postgresql.statements import Statement

#: Seconds until a statement must be answered.
ANSWER_SECONDS: Final = 5.0
#: Seconds for one attempt to connect to one host.
CONNECT_SECONDS: Final = 2

#: What makes a host that is gone be noticed while nothing is sent.
_DEFAULTS: Final = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "connect_timeout": str(CONNECT_SECONDS),
    "application_name": "doctor",
}
#: A database may have other defaults. A setting that a server does not know is left out. By the
#: keepalives the database notices that the machine of a doctor server is gone, and ends its locks.
_SETTINGS: Final = {
    "default_transaction_isolation": "read committed",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
    "client_connection_check_interval": "2s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "5s",
    "synchronous_commit": "on",
}
#: Rows are locked in the order in which a statement has them: sorted by patient. Another plan would
#: lock them in the order of the table, and two servers would wait for each other.
_ORDERED: Final = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}
_PREPARE: Final = """
    select set_config(s.name, v.value, false)
    from unnest(%s::text[], %s::text[]) as v(name, value)
    join pg_settings s on lower(s.name) = lower(v.name)
    where s.context = 'user' and v.name <> 'synchronous_commit'
       or v.name = 'synchronous_commit' and s.setting = 'off'
"""
_ROLE: Final = """
    select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean,
           case when not pg_is_in_recovery()
                then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end
"""

_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)

#: What a server says when connecting can never work: rights, passwords, names that are unknown.
_HOPELESS: Final = ("28", "3D", "42")


#: Values of `sslmode` with which nothing travels unencrypted.
_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})


class ConnectionLost(Exception):
    """The connection ended before the answer: what was asked may be done or not."""


class Refused(Exception):
    """The server answered with an error; nothing of the statement is stored."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  #: SQLSTATE


class DatabaseConnection(psycopg.Connection[tuple[Any, ...]]):
    """One connection; every wait on it has a deadline."""

    patience = ANSWER_SECONDS
    generation = 0
    host: dict[str, Any] | None = None  #: what it was connected with
    #: A commit was acknowledged that the standby may not have.
    doubtful = False

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for psycopg's own work, and never longer than `patience`."""
        try:
            return waiting.wait(
                gen, self.pgconn.socket, interval=interval, timeout=timeout or self.patience
            )
        except BaseException as error:
            if getattr(error, "sqlstate", None) is None:
                self.pgconn.finish()  # no answer came; nothing is cancelled, see above
            raise

    def get_ready(self) -> None:
        """Prepare for `run`."""
        self._known: set[bytes] = set()
        self._poller = _Selector()
        self._poller.register(self.pgconn.socket, selectors.EVENT_READ)
        self.pgconn.nonblocking = 1
        self.add_notice_handler(self._note)

    def _note(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate == "01000" and notice.severity_nonlocalized == "WARNING":
            self.doubtful = True

    def close(self) -> None:
        """Close the connection without a word to the server."""
        if not self.closed:
            self._poller.close()
        super().close()

    def run(
        self, statement: Statement, values: Sequence[bytes | None], seconds: float
    ) -> pq.abc.PGresult:
        """Run a statement that takes and gives binary values; prepare it where that is not done.

        Refused: certainly nothing was stored. ConnectionLost: that is not known.
        """
        until = time.monotonic() + seconds
        connection = self.pgconn
        try:
            if statement.name not in self._known:
                connection.send_prepare(statement.name, statement.sql, statement.kinds)
                self._answer(until)
                self._known.add(statement.name)
            connection.send_query_prepared(
                statement.name, values, _BINARY[: len(values)], pq.Format.BINARY
            )
            return self._answer(until)
        except (psycopg.Error, OSError) as error:
            raise ConnectionLost(str(error).strip()) from error

    def _answer(self, until: float) -> pq.abc.PGresult:
        connection = self.pgconn
        while connection.flush():  # larger than the socket's buffer: both directions, or neither
            if self._ready(until, selectors.EVENT_READ | selectors.EVENT_WRITE) & 1:
                connection.consume_input()
        first: pq.abc.PGresult | None = None
        while True:
            while connection.is_busy():
                self._ready(until, selectors.EVENT_READ)
                connection.consume_input()
            result = connection.get_result()
            if result is None:
                break
            first = first or result
        if first is None:
            raise ConnectionLost("the server closed the connection")
        if first.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
            if self.doubtful:
                raise ConnectionLost("a commit was acknowledged before its standby had it")
            return first
        code, severity = (
            (first.error_field(field) or b"").decode()
            for field in (pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.SEVERITY_NONLOCALIZED)
        )
        message = first.get_error_message()
        if severity != "ERROR" or code[:2] in {"08", "57"}:
            raise ConnectionLost(message)
        raise Refused(code, message)

    def _ready(self, until: float, events: int) -> int:
        """Wait until the socket is ready; ConnectionLost at the deadline."""
        if events != selectors.EVENT_READ:
            self._poller.modify(self.pgconn.socket, events)
        try:
            found = self._poller.select(max(until - time.monotonic(), 0))
        finally:
            if events != selectors.EVENT_READ:
                self._poller.modify(self.pgconn.socket, selectors.EVENT_READ)
        if not found:
            raise ConnectionLost("the database did not answer in time")
        ready: int = found[0][1]
        return ready


_BINARY: Final = (pq.Format.BINARY,) * 17


def readable_url(url: str) -> str:
    """Return a URL as it may be shown. UnknownStorage where it is wrong or holds a password."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        raise UnknownStorage("this URL of a database cannot be read") from None
    if parts.get("password") or parts.get("sslpassword"):
        raise UnknownStorage(
            "a URL must hold no password, since every user of this machine can read a command "
            "line; write it to a file and name that by PGPASSFILE, or to ~/.pgpass"
        )
    return url


class Database:
    """One database on one or several hosts."""

    def __init__(self, url: str, *, writes: bool = True, patience: float = ANSWER_SECONDS) -> None:
        """Remember the URL; nothing is connected yet. UnknownStorage where the URL is wrong."""
        self.url = readable_url(url)
        self.patience = patience
        self._writes = writes
        self._hosts = _hosts(url)
        self._lock = threading.Lock()
        self._timeline = ""
        #: Rises when every connection must be made anew.
        self.generation = 0

    def warn_of_plain_text(self, log: Logger) -> None:
        """Log a warning where the URL lets what is said travel unencrypted to another machine."""
        for host in self._hosts:
            where = host.get("host") or host.get("hostaddr") or os.environ.get("PGHOST", "")
            mode = host.get("sslmode") or os.environ.get("PGSSLMODE", "prefer")
            if "service" in host or mode in _ENCRYPTED or _is_here(where):
                continue
            log.warning(
                "with sslmode=%s what is said may travel to %s unencrypted: "
                "add sslmode=verify-full to the URL", mode, where,
            )  # fmt: skip

    def distrust(self, connection: DatabaseConnection) -> None:
        """Have every connection of this one's generation made anew: its server is no primary now.

        Its host is tried last from now on. A primary that was frozen while its standby was promoted
        takes connections when it goes on, and does not know yet that it is none.
        """
        with self._lock:
            if connection.generation < self.generation:
                return
            self.generation = connection.generation + 1
            self._hosts.sort(key=lambda host: host is connection.host)

    def connect(self) -> DatabaseConnection:
        """Connect to the first host that can be used now.

        StoreAway where none can; StoreError where none ever will, by what the server says.
        """
        why: list[str] = []
        hopeless = bool(self._hosts)
        for host in tuple(self._hosts):
            try:
                return self._connect(host)
            except StoreAway as error:
                why.append(str(error))
                hopeless = False
            except psycopg.Error as error:
                why.append(" ".join(str(error).split()))
                hopeless = hopeless and _is_hopeless(error)
        text = "; ".join(dict.fromkeys(why))
        if hopeless:
            raise StoreError(f"the database refuses this server: {text}")
        raise StoreAway(f"the database is away: {text}")

    def _connect(self, host: dict[str, Any]) -> DatabaseConnection:
        generation = self.generation
        connection = DatabaseConnection.connect(autocommit=True, **host)
        connection.generation, connection.host = generation, host
        try:
            connection.patience = self.patience
            connection.get_ready()
            wanted = _SETTINGS | (_ORDERED if self._writes else {})
            connection.execute(_PREPARE, [list(wanted), list(wanted.values())])
            self._check_role(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_role(self, connection: DatabaseConnection) -> None:
        """StoreAway where a server is not the primary that it must be."""
        read_only, timeline = connection.execute(_ROLE).fetchone() or (True, None)
        if self._writes and read_only:
            raise StoreAway("the server is read-only")
        with self._lock:
            if timeline is not None and timeline < self._timeline:
                raise StoreAway("the server was the primary once, and is not now")
            self._timeline = timeline or self._timeline


def _hosts(url: str) -> list[dict[str, Any]]:
    """Return what each host of a URL is connected with."""
    parts = _DEFAULTS | {k: v for k, v in conninfo.conninfo_to_dict(url).items() if v is not None}
    parts.pop("target_session_attrs", None)  # `Database` asks itself
    hosts = str(parts.pop("host", "")).split(",")
    ports = str(parts.pop("port", "")).split(",")
    addresses = str(parts.pop("hostaddr", "")).split(",")
    count = max(len(hosts), len(addresses))
    found = []
    for index in range(count):
        one = dict(parts)
        for name, values in (("host", hosts), ("port", ports), ("hostaddr", addresses)):
            value = values[index] if index < len(values) else values[0] if len(values) == 1 else ""
            if value:
                one[name] = value
        found.append(one)
    return found


def _is_here(host: str) -> bool:
    """Return True if a host is this machine, or a socket in a directory of it."""
    return host in {"", "localhost", "::1"} or host.startswith(("/", "@", "127."))


def _is_hopeless(error: psycopg.Error) -> bool:
    """Return True if the server will refuse every attempt like this one."""
    text = str(error)
    return bool(error.sqlstate and error.sqlstate[:2] in _HOPELESS) or any(
        sign in text
        for sign in ("authentication failed", "no password supplied", "does not exist", "pg_hba")
    )
