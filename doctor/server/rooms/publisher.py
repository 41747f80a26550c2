"""Tell the members of rooms what was recorded: `Publisher`, one thread.

Who commits for others only says which room has something new; this thread gives the notices to the
connections, so that neither a member's reply nor a commit waits until two hundred others were told.
A connection takes a notice without waiting (`Connection.push`).
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Final, Protocol

from doctor.errors import DoctorError
from doctor.server import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Seconds without an entry after which is looked for those of other servers that were not heard of.
_LOOK: Final = 5.0


class PublishedRoom(Protocol):
    """What is known here of a room; it is a `doctor.server.rooms.room.Room`."""

    name: str

    def publish(self) -> None:
        """Tell the members what is new."""

    def look(self) -> None:
        """Take in what another server has recorded, and tell the members."""


class Publisher:
    """Publishes the entries of all rooms. Any thread may call `put`, once `start` was called.

    It looks for entries that another server has recorded where that is told, and, with
    `open_rooms`, which returns the rooms in which somebody is, now and then: a notice may be lost,
    and a server of an earlier version sends none.
    """

    def __init__(self, open_rooms: Callable[[], Iterable[PublishedRoom]] | None = None) -> None:
        self._open_rooms = open_rooms
        self._rooms: queue.SimpleQueue[tuple[PublishedRoom, bool] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def put(self, room: PublishedRoom) -> None:
        """Have the new entries of a room told soon; never waits."""
        self._rooms.put((room, False))

    def look(self, room: PublishedRoom) -> None:
        """Have the entries of a room told soon that another server has recorded; never waits."""
        self._rooms.put((room, True))

    def start(self) -> None:
        """Start the thread where it does not run. RuntimeError where the system has none left."""
        with self._lock:
            if self._thread is None and not self._is_closed:
                thread = threading.Thread(target=self._run, name="room notices", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                asked = self._rooms.get(timeout=_LOOK if self._open_rooms else None)
            except queue.Empty:
                self._look(self._open_rooms() if self._open_rooms else ())
                continue
            if asked is None:
                return
            room, is_elsewhere = asked
            try:
                if is_elsewhere:
                    self._look((room,))
                else:
                    room.publish()
            except Exception:  # noqa: BLE001 - the other rooms go on, and so does this one
                logs.LOG.exception("fault in telling the members of a room")

    def _look(self, rooms: Iterable[PublishedRoom]) -> None:
        for room in rooms:
            try:
                room.look()
            except DoctorError as error:  # the database is away
                logs.warn("entries cannot be told", room=room.name, why=str(error))
                return

    def close(self) -> None:
        """Tell what is left and end the thread; may be called twice."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None:
            self._rooms.put(None)
            thread.join()
