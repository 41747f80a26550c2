"""People at the control socket, for tests: what their streams say, and what they do."""

from __future__ import annotations

import json
import queue
import threading
from typing import TYPE_CHECKING, Any, Self

from doctor.control import open_stream
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


class Operator:
    """A stream that is read all the time; every wait has a deadline."""

    def __init__(self, directory: Path, **asked: Any) -> None:
        self.stream = open_stream(directory, asked)
        self.begun = self.stream.begun
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while (event := self.stream.read()) is not None:
            self._events.put(event)
        self._events.put(None)

    def next(self) -> dict[str, Any] | None:
        """Wait for the next event; None at the end."""
        return self._events.get(timeout=PATIENCE)

    def wait(self, event: str, **fields: Any) -> dict[str, Any]:
        """Wait for an event of this name and with these fields; skip the others."""
        while (found := self.next()) is not None:
            if found.get("event") == event and fields.items() <= found.items():
                return found
        raise AssertionError(f"the stream ended without {event} {fields}")

    def do(self, do: str, **fields: Any) -> dict[str, Any]:
        """Give a command and wait for its answer."""
        self.stream.send({"do": do, **fields})
        while (found := self.next()) is not None:
            if found.get("event") in {"done", "refused"} and found["do"] == do:
                return found
        raise AssertionError(f"the stream ended at {do}")

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.stream._connection.sendall(data)

    def leave(self) -> None:
        """End the stream as a person does who closes the window, or is killed."""
        self.stream.end()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


def watch(directory: Path, **asked: Any) -> Operator:
    """Watch conversations."""
    return Operator(directory, do="watch", **asked)


def attend(directory: Path, name: str, person: str = "Maria") -> Operator:
    """Attend a patient as this person."""
    return Operator(directory, do="attend", name=name, **{"as": person})


def encode(event: dict[str, Any]) -> bytes:
    """Return a line of a stream."""
    return json.dumps(event).encode() + b"\n"
