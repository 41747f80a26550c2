"""Hear of what other servers changed: `ChangeListener`.

A server that erases, renames or locks a history notifies the others (`maintenance._announce`). That
is a hint, so that a patient need not say a line to learn it, and so that what a passphrase protects
is not read over a connection that was open before. It may be lost while the database is away; so
after each connecting everybody in memory is compared with the rows. What is true is the version of
a patient's row, which each exchange is stored with. Exchanges notify nobody: a NOTIFY in a commit
takes one lock for the whole database server. What is recorded in rooms is told afterwards, by this
thread too (`room_members`), and so is what people who read along elsewhere are to see (`readers`).
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import psycopg

from doctor.errors import StoreError
from doctor.history.snapshot import ROOM
from doctor.patients.postgresql import readers, room_members
from doctor.patients.postgresql.maintenance import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

    from doctor.patients.base import Watcher
    from doctor.patients.postgresql.connection import Database, DatabaseConnection
    from doctor.patients.postgresql.readers import Readers
    from doctor.patients.postgresql.room_members import RoomMembers
    from doctor.patients.postgresql.rows import Row

#: Seconds between two attempts to connect.
RETRY: Final = 1.0
#: Seconds between two looks for servers that have died.
LOOK: Final = 2.0
_VERSIONS: Final = "select id, version from patients where id = any(%s)"


class ChangeListener:
    """A thread with a connection of its own. `close` is for the thread that closes the store."""

    def __init__(
        self,
        database: Database,
        watcher: Watcher,
        rooms: RoomMembers,
        reading: Readers,
        log: Logger,
    ) -> None:
        self._database = database
        self._watcher = watcher
        self._rooms = rooms
        self._reading = reading
        self._heard: deque[str] = deque()
        self._log = log
        self._waker, self._wake = socket.socketpair()
        self._waker.settimeout(0)
        self._closing = threading.Event()
        self._lost = time.monotonic()  # when the connection was lost; 0 while there is one
        self._thread = threading.Thread(target=self._run, name="database changes", daemon=True)
        self._thread.start()

    @property
    def away(self) -> float:
        """Seconds since the connection was lost and not made again; 0 while there is one."""
        lost = self._lost
        return time.monotonic() - lost if lost else 0.0

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                connection = self._database.connect()
            except StoreError:
                self._closing.wait(RETRY)
                continue
            try:
                self._listen(connection)
            except (psycopg.Error, OSError) as error:
                self._log.info("listening to the database: %s", " ".join(str(error).split()))
            except Exception:  # noqa: BLE001 - it goes on with the next connection
                self._log.exception("a fault in following what other servers changed")
            finally:
                self._lost = time.monotonic()
                connection.close()
            self._closing.wait(0 if self._closing.is_set() else RETRY)

    def _listen(self, connection: DatabaseConnection) -> None:
        # A notice may come with the answer to any statement.
        connection.add_notify_handler(lambda notice: self._heard.append(notice.payload))
        connection.execute(f"listen {CHANNEL}".encode())
        self._lost = 0.0
        self._compare(connection)
        self._rooms.attach(connection)
        self._reading.attach(connection)
        looked = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(connection.pgconn.socket, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._closing.is_set():
                for key, _events in selector.select(0 if self._heard else LOOK):
                    if key.fileobj is self._wake:
                        self._wake.recv(4096)
                self._rooms.work(connection)
                self._reading.work(connection)
                if time.monotonic() - looked >= LOOK:
                    self._reading.bury(connection, self._rooms.look_for_dead(connection))
                    looked = time.monotonic()
                connection.pgconn.consume_input()
                while (notice := connection.pgconn.notifies()) is not None:
                    self._heard.append(notice.extra.decode())
                while self._heard:
                    self._hear(self._heard.popleft(), connection)

    def wake(self) -> None:
        """Have the thread do what rooms and readers want done; never waits."""
        with contextlib.suppress(OSError):  # full: it is awake; or closed
            self._waker.send(b".")

    def _hear(self, text: str, connection: DatabaseConnection) -> None:
        """Have a room or a patient looked at that a notice is about; ignore unknown notices."""
        if text.startswith(f"{room_members.NOTICE} "):
            self._rooms.hear(text)
            return
        if text.startswith(f"{readers.NOTICE} "):
            self._reading.hear(text, connection)
            return
        number = text.rpartition(" ")[2]
        if number.isdecimal():
            self._look(lambda row: row.id == int(number))

    def _compare(self, connection: DatabaseConnection) -> None:
        """Have everybody in memory looked at whose row has changed or is gone."""
        ids = [active.stored.id for active in self._watcher.actives() if active.stored]
        versions = dict(connection.execute(_VERSIONS, [ids]).fetchall()) if ids else {}
        self._look(lambda row: row.id in ids and versions.get(row.id) != row.version)

    def _look(self, is_meant: Callable[[Row], bool]) -> None:
        found = [
            active
            for active in self._watcher.actives()
            if active.stored is not None and active.stored.id and is_meant(active.stored)
        ]
        for active in found:
            self._watcher.look_again(active)
            if active.kind == ROOM:
                self._rooms.changed(active.key)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self.wake()
        self._thread.join()
        self._waker.close()
        self._wake.close()
