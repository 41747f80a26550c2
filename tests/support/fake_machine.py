"""A machine small enough to see through: it echoes, counts, and can be told to fail."""

from __future__ import annotations

from typing import Any, NamedTuple


class FakeScript(NamedTuple):
    """A script by name alone."""

    name: str = "fake"
    fingerprint: str = "ab" * 32


class FakeResponse(NamedTuple):
    """What a machine answers."""

    reply: str
    state: Any
    keyword: str = ""
    mark: str = ""


class FakeMachine:
    """Answers each line with its count; the state is that count."""

    def __init__(self, script: FakeScript | None = None) -> None:
        self.script = script or FakeScript()

    def start(self) -> int:
        """Nothing was said yet."""
        return 0

    def respond(self, state: int, line: str, now: float) -> FakeResponse:
        """Say what was said and how often something was."""
        del now
        mark = "care" if "care" in line else ""
        keyword = line.partition(" ")[0].upper()
        return FakeResponse(f"{state + 1}: {line}", state + 1, keyword, mark)

    def greet(self, state: int, visit: Any, now: float) -> FakeResponse:
        """Greet by name, and tell the number of sessions."""
        del now
        return FakeResponse(f"Hello {visit.name}, visit {visit.sessions + 1}.", state)

    def explain(self, state: int, line: str, now: float) -> tuple[int, str, float]:
        """Tell what it would answer from."""
        return state, line, now

    def pack(self, state: int) -> bytes:
        """Return the count as bytes."""
        return state.to_bytes(4, "little")

    def unpack(self, data: bytes) -> int:
        """Return the count; ValueError where it is none."""
        if len(data) != 4:
            raise ValueError("not a count")
        return int.from_bytes(data, "little")
