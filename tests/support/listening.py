"""A conversation under test, and everything that it reported, one event after the other."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, TypeVar

import pytest

from client.net import events
from client.net.address import ServerAddress
from client.net.conversation import Conversation

if TYPE_CHECKING:
    from client.net.events import Event

E = TypeVar("E")
PATIENCE = 20.0


class Listening:
    """A conversation and what it reported."""

    def __init__(self, port: int, name: str = "Ada", **options: object) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.conversation = Conversation(
            ServerAddress("127.0.0.1", port),
            name,
            self.events.put,
            **{"pauses": (0.01, 0.02), **options},  # type: ignore[arg-type] # checked where they are given
        )
        self.conversation.start()

    def until(self, kind: type[E]) -> E:
        """Return the next event of this kind; those before it are in `seen`."""
        while True:
            event = self.events.get(timeout=PATIENCE)
            self.seen.append(event)
            if isinstance(event, kind):
                return event
            if isinstance(event, events.Failed | events.Closed):
                pytest.fail(f"it ended: {event}")

    def end(self) -> list[Event]:
        """Close it and return every event that was not read before."""
        self.conversation.close(PATIENCE)
        left = []
        while not self.events.empty():
            left.append(self.events.get())
        return left
