"""A client of rooms for tests: it keeps replies and notices apart, and a transcript by number.

with RoomClient(server, "Ada") as ada:
    ada.join("Garden")
    ada.say("Hello, all")
    ada.wait_for("Hello, Ada")
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from doctor.protocol import codes, notices
from doctor.protocol.notices import Notice
from tests.support.helpers import PATIENCE, Client, live_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.protocol import Reply
    from server import DoctorServer

#: Kinds of those who say something.
_SPEAKING = (notices.PATIENT, notices.DOCTOR, notices.PERSON)


class Entry(NamedTuple):
    """A row of a transcript: who, and what; of an event what happened."""

    number: int
    kind: str
    name: str
    text: str


class RoomClient(Client):
    """A connection whose session is open; `told` are the notices that it got, in order."""

    def __init__(
        self, server: DoctorServer | int, name: str, *secrets: str, receive: int = 0
    ) -> None:
        super().__init__(server, receive=receive)
        self.name, self._secrets = name, secrets
        self.told: list[Notice] = []
        #: What this client knows of the room in which it talks.
        self.entries: set[Entry] = set()
        self.room = ""
        self._answers: deque[Reply] = deque()

    def __enter__(self) -> Self:
        super().__enter__()
        assert self.enter(self.name, *self._secrets).code == codes.WELCOME
        return self

    def reply(self) -> Reply:
        """Wait for the next reply; notices before it are taken in."""
        while not self._answers:
            self._take()
        return self._answers.popleft()

    def _take(self) -> None:
        """Wait for one reply or notice."""
        found = super().reply()
        if not notices.answers_nothing(found.code):
            self._answers.append(found)
            return
        notice = Notice.read(found)
        assert notice is not None, found
        self.told.append(notice)
        if notice.number and notice.conversation == self.room:
            self.entries.add(Entry(notice.number, notice.kind, notice.name, notice.text))

    def join(self, room: str, *secrets: str) -> Reply:
        """Enter a room and take in what it shows; notices before that are of an earlier stay."""
        before = set(self.entries)
        joined = self.ask(f"/join {room}")
        for secret in secrets:
            joined = self.ask(secret)
        if joined.code == codes.JOINED:
            self.room = joined.field("room") or ""
            self.entries &= before
            self.entries.update(_entry(row[1:]) for row in joined.rows if row[0] == "line")
        return joined

    def say(self, line: str, number: int = 0) -> int:
        """Say a line in the room; return its number."""
        said = self.ask(f"/as {number} {line}" if number else line)
        assert said.code == codes.SAID, said
        found = int(said.field("number") or 0)
        if found:
            self.entries.add(Entry(found, notices.PATIENT, self.name, line))
        return found

    def wait_for(self, text: str, kinds: tuple[str, ...] = _SPEAKING) -> Notice:
        """Wait until a notice has this text; what is said meanwhile is taken in."""
        until = time.monotonic() + PATIENCE
        seen = 0
        while time.monotonic() < until:
            for notice in self.told[seen:]:
                seen += 1
                if text in notice.text and notice.kind in kinds:
                    return notice
            self._take()
        raise AssertionError(f"nobody said {text!r}")

    def wait_for_event(self, text: str) -> Notice:
        """Wait until somebody came, left, or a room was closed."""
        return self.wait_for(text, (notices.EVENT,))

    def transcript(self) -> list[Entry]:
        """Ask for all of the room's transcript."""
        shown = self.ask("/history 1000")
        assert shown.code == codes.HISTORY, shown
        return [_entry(row) for row in shown.rows]

    def members(self) -> list[str]:
        """Ask who is in the room."""
        return sorted(row[0] for row in self.ask("/who").rows)


def _entry(row: tuple[str, ...]) -> Entry:
    number, _time, _session, _mark, kind, text, name = row
    return Entry(int(number), kind, name, text)


@contextlib.contextmanager
def two_in_a_garden(
    patients: Path, **settings: Any
) -> Iterator[tuple[DoctorServer, RoomClient, RoomClient]]:
    """Run a server with Ada and Bob in the room Garden."""
    with (
        live_server(patients, **settings) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.join("Garden")
        bob.join("Garden")
        yield server, ada, bob
