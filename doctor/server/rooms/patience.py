"""Call the host where a line in a room stays without an answer: `PatienceTimer`.

One thread sleeps until the first room is due. A room is in the heap once, and once more for each
time that was set to an earlier one; where its time has become a later one, it is put back.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import TYPE_CHECKING, Final, Protocol

from doctor.server import logs

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds until a room is looked at again that was looked at too early.
_AGAIN: Final = 0.05
#: Seconds that are slept at most: the clock may be set.
_LONGEST: Final = 5.0


class TimedRoom(Protocol):
    """What is known here of a room; it is a `doctor.server.rooms.room.Room`."""

    due: float | None
    timed_at: float | None

    def end_patience(self) -> None:
        """Let the host say something where nobody has answered."""


class PatienceTimer:
    """Calls `Room.end_patience` in time. Any thread may call `set`; once `start` was called."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._count = itertools.count()
        self._heap: list[tuple[float, int, TimedRoom]] = []
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def set(self, room: TimedRoom, due: float | None) -> None:
        """Call the room's host at this time instead of any other, or not at all."""
        with self._changed:
            room.due = due
            if due is None or self._is_closed:
                return
            if room.timed_at is not None and room.timed_at <= due:
                return
            self._push(room, due)
            if self._heap[0][2] is room:  # otherwise the thread wakes up before that anyway
                self._changed.notify()

    def start(self) -> None:
        """Start the thread where it does not run. RuntimeError where the system has none left."""
        with self._changed:
            if self._thread is None and not self._is_closed:
                thread = threading.Thread(target=self._run, name="room patience", daemon=True)
                thread.start()
                self._thread = thread

    def _push(self, room: TimedRoom, due: float) -> None:
        room.timed_at = due
        heapq.heappush(self._heap, (due, next(self._count), room))

    def _run(self) -> None:
        while True:
            with self._changed:
                room = self._next()
            if room is None:
                return
            try:
                room.end_patience()
            except Exception:  # noqa: BLE001 - the other rooms go on
                logs.LOG.exception("fault in the host of a room")

    def _next(self) -> TimedRoom | None:
        """Wait for the next room that is due; None at the end."""
        while not self._is_closed:
            now = self._clock()
            if not self._heap:
                self._changed.wait()
                continue
            due, _, room = self._heap[0]
            if due > now:
                self._changed.wait(min(due - now, _LONGEST))
                continue
            heapq.heappop(self._heap)
            if room.timed_at == due:
                room.timed_at = None
            if room.due is None or room.timed_at is not None:
                continue
            if room.due > now:
                self._push(room, room.due)
                continue
            # Called again soon, unless that changes the room's time.
            room.due = now + _AGAIN
            return room
        return None

    def close(self) -> None:
        """End the thread; may be called twice."""
        with self._changed:
            self._is_closed = True
            self._heap.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
