"""A few connections for everything that is no exchange: `Pool`.

What runs here can be run twice without harm. So where the connection ends in the middle it is run
once more on a new one; without that, newcomers would be refused after each failover.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg

from doctor.errors import StoreAway, StoreError
from doctor.patients.postgresql.connection import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.postgresql.connection import Database, DatabaseConnection

Result = TypeVar("Result")

#: Seconds between two attempts to connect.
RETRY: Final = 0.05
_READ_ONLY: Final = "25006"
#: A transaction that lost against another one; it can be run again.
_AGAIN: Final = frozenset({"40001", "40P01"})


class Pool:
    """Up to `size` connections to one database. Any thread may call."""

    def __init__(self, database: Database, size: int, away: float) -> None:
        """Connect nowhere yet; wait up to `away` seconds for a database that is away."""
        self.database = database
        self.away = away
        self._free = threading.Semaphore(size)
        self._idle: deque[DatabaseConnection] = deque()
        self._closing = threading.Event()
        self._deadline = math.inf

    def hasten(self, seconds: float) -> None:
        """Wait no longer than this from now on for a database that is away."""
        self._deadline = time.monotonic() + seconds

    def _limit(self, until: float) -> Callable[[], float]:
        return lambda: min(until, self._deadline)

    def take(self, until: float) -> DatabaseConnection:
        """Return a connection, to be given to `give` or `drop`; StoreAway after the deadline."""
        if not self._free.acquire(timeout=max(until - time.monotonic(), 0)):
            raise StoreAway("the database is busy")
        try:
            while True:
                try:
                    connection = self._idle.pop()
                except IndexError:
                    return connect_until(self.database, self._limit(until), self._closing)
                if connection.generation == self.database.generation and not connection.closed:
                    return connection
                connection.close()
        except BaseException:
            self._free.release()
            raise

    def give(self, connection: DatabaseConnection) -> None:
        """Give a sound connection back."""
        if self._closing.is_set():
            connection.close()
        else:
            self._idle.append(connection)
        self._free.release()
        if self._closing.is_set():
            self._close_idle()

    def drop(self, connection: DatabaseConnection) -> None:
        """Give a connection back that has failed; the idle ones are likely to have failed too."""
        connection.close()
        self.database.distrust(connection)
        self._free.release()

    def run(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        """Return what `work` returns, which may be run twice; StoreAway where it cannot be."""
        until = time.monotonic() + self.away
        attempts = 0
        while True:
            connection = self.take(until)
            attempts += 1
            try:
                result = work(connection)
            except (psycopg.Error, ConnectionLost) as error:
                code = getattr(error, "sqlstate", None)
                if connection.closed or connection.broken or code == _READ_ONLY:
                    self.drop(connection)
                    if attempts > 1 and time.monotonic() > until:
                        raise StoreAway(f"the database is away: {_line(error)}") from error
                    if attempts > 1:
                        self._closing.wait(RETRY)
                    continue
                self.give(connection)
                if code in _AGAIN and attempts < 5:
                    continue
                raise StoreError(f"the database refuses that: {_line(error)}") from error
            except BaseException:
                self.drop(connection) if connection.closed else self.give(connection)
                raise
            if connection.doubtful:  # a commit that its standby may lack: run it again elsewhere
                self.drop(connection)
                continue
            self.give(connection)
            return result

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closing.set()
        self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return


def connect_until(
    database: Database, until: Callable[[], float], closing: threading.Event
) -> DatabaseConnection:
    """Connect, and try again until a deadline or until `closing` is set; StoreAway."""
    while True:
        try:
            return database.connect()
        except StoreError as error:
            if time.monotonic() > until() or closing.is_set():
                raise StoreAway(str(error)) from error
        closing.wait(RETRY)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
