"""A machine small enough to see through: it echoes, counts, and can be told to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor.machine import Danger, Response, Trace, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator


class FakeScript(NamedTuple):
    """A script by name alone."""

    name: str = "fake"
    fingerprint: str = "ab" * 32


class FakeMachine:
    """Answers each line with its count; the state is that count."""

    def __init__(self, script: FakeScript | None = None) -> None:
        self.script = script or FakeScript()
        self.has_care = True

    def prepare(self) -> Iterator[None]:
        """Do nothing: it needs nothing."""
        return iter(())

    def start(self) -> int:
        """Nothing was said yet."""
        return 0

    def respond(self, state: int, line: str, now: float) -> Response[int]:
        """Say what was said and how often something was."""
        del now
        mark = "care" if "care" in line else ""
        keyword = line.partition(" ")[0].upper()
        return Response(f"{state + 1}: {line}", state + 1, keyword, mark)

    def greet(self, state: int, visit: Visit, now: float) -> Response[int]:
        """Greet by name, and tell the number of sessions."""
        del now
        return Response(f"Hello {visit.name}, visit {visit.sessions + 1}.", state, "")

    def explain(self, state: int, line: str, now: float) -> Trace:
        """Tell what it would answer from."""
        return Trace((("note", f"{state} at {now}"), ("line", line)))

    def hear(self, state: int, speaker: str, line: str, now: float) -> int:
        """Count a line of the patient's as a hundred, and nothing that another says."""
        del line, now
        return state if speaker else state + 100

    def listen(self, state: int, line: str, now: float) -> tuple[Danger, int]:
        """Find danger and count the line."""
        return self.find_danger(state, line), self.hear(state, "", line, now)

    def find_danger(self, state: int, line: str) -> Danger:
        """Find danger where the word care is."""
        del state
        return Danger("SELF", "wish", is_certain=True) if "care" in line else Danger()

    def pack(self, state: int) -> bytes:
        """Return the count as bytes."""
        return state.to_bytes(4, "little")

    def unpack(self, packed: bytes) -> int:
        """Return the count; ValueError where it is none."""
        if len(packed) != 4:
            raise ValueError("not a count")
        return int.from_bytes(packed, "little")
