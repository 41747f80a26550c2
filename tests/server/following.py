"""A subscriber of `Sessions` that holds what it is told, for tests."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Self

from doctor.server.sessions import SavedExchange
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from doctor.server.sessions import Happening, SessionEvent, Sessions


class Following:
    """Follows the saved exchanges while it is entered; takes at most `most` of them."""

    def __init__(self, sessions: Sessions, most: int = 1_000_000) -> None:
        self._sessions, self._most = sessions, most
        self._queue: queue.SimpleQueue[SavedExchange] = queue.SimpleQueue()
        self.events: list[SessionEvent] = []
        self.ended = False
        self.dropped = False

    def offer(self, happened: Happening) -> bool:
        """Take in what happened, unless this is full."""
        if not isinstance(happened, SavedExchange):
            self.events.append(happened)
            return True
        self.dropped = self._queue.qsize() >= self._most
        if not self.dropped:
            self._queue.put(happened)
        return not self.dropped

    def end(self) -> None:
        """Note that the server stops."""
        self.ended = True

    def read(self) -> SavedExchange:
        """Wait for the next exchange."""
        return self._queue.get(timeout=PATIENCE)

    def drained(self) -> list[SavedExchange]:
        """Return the exchanges that are here now."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found

    @property
    def numbers(self) -> list[int]:
        """The numbers of the exchanges that are here now."""
        return [one.exchange.number for one in self.drained()]

    def __enter__(self) -> Self:
        self._sessions.subscribe(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._sessions.unsubscribe(self)
