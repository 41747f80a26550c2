"""A model of a server with rooms, for the client's session: no sockets, one client.

What it sends is not delivered by itself: `outbox` holds replies and notices in the order in which a
server could send them. Notices go to the room's members in the order of their numbers, and may come
before or after the reply to the line that they tell of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doctor.protocol import BANNER, Notice, Reply, ReplyReader, codes, notices

if TYPE_CHECKING:
    from client.net.session import Session

_AT = "2026-11-21T10:00:00.000+00:00"
_SEARCHED = 1000


@dataclass
class Room:
    """A room: its entries (kind, name, line, the host's answer), numbered from 1."""

    entries: list[tuple[str, str, str, str]] = field(default_factory=list)
    told: int = 0  # notices are sent up to this number

    def rows(self, count: int, before: int) -> list[tuple[str, ...]]:
        """Return rows as in 215."""
        numbered = list(enumerate(self.entries, 1))[: before - 1][-count:]
        found: list[tuple[str, ...]] = []
        for number, (kind, name, line, answer) in numbered:
            if line:
                found.append((str(number), _AT, "1", "", kind, line, name))
            if answer:
                found.append((str(number), _AT, "1", "", "doctor", answer, ""))
        return found


@dataclass
class RoomServer:
    """A server whose only client is Ada; others speak by `add`."""

    most: int = 1000
    echoes: bool = True  #: whether Ada hears of her own lines by notices
    early: bool = False  #: whether notices come before the reply to the line
    rooms: dict[str, Room] = field(default_factory=dict)
    own: list[tuple[str, str]] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    at: str = ""
    outbox: list[Reply] = field(default_factory=list)

    def connect(self) -> None:
        """Begin a connection."""
        self.members.clear()
        self.outbox.clear()
        self.at = ""

    def add(self, room: str, kind: str, name: str, line: str, answer: str = "") -> int:
        """Record an entry; return its number."""
        entries = self.rooms.setdefault(room, Room()).entries
        entries.append((kind, name, line, answer))
        return len(entries)

    def publish(self) -> None:
        """Send the notices that are due."""
        for name, room in self.rooms.items():
            while room.told < len(room.entries):
                room.told += 1
                if name in self.members:
                    kind, who, line, answer = room.entries[room.told - 1]
                    if line and (who != "Ada" or self.echoes):
                        code = notices.SAID if kind == "patient" else notices.CAME
                        self._tell(Notice(code, name, room.told, _AT, kind, who, "", line))
                    if answer:
                        number = room.told
                        self._tell(
                            Notice(notices.SAID, name, number, _AT, "doctor", "", "", answer)
                        )

    def _tell(self, notice: Notice) -> None:
        self.outbox += ReplyReader().feed(notice.encode())

    def take(self, line: str) -> None:
        """Take a line of the client's; the reply goes to the outbox."""
        reply = self._reply(line)
        if self.early:
            self.publish()
        self.outbox.append(reply)
        if not self.early:
            self.publish()

    def _reply(self, line: str) -> Reply:
        word, _, rest = line.partition(" ")
        if word == "/join":
            return self._join(rest)
        if word in {"/leave", "/private"}:
            if word == "/leave":
                self.members.discard(self.at)
            self.at = ""
            return Reply(codes.LEFT_ROOM, "You talk with the doctor alone.")
        if word == "/history":
            return self._history(*map(int, rest.split()))
        numbered = re.match(r"/as (\d+) (.*)", line)
        assert numbered, line
        number, said = int(numbered[1]), numbered[2]
        return self._say_in_room(number, said) if self.at else self._say_alone(number, said)

    def _join(self, name: str) -> Reply:
        name = next((each for each in self.rooms if each.lower() == name.lower()), name)
        room = self.rooms.setdefault(name, Room())
        self.members.add(name)
        self.at = name
        rows = [("room", name), ("exchanges", str(len(room.entries)))]
        rows += [("begun", _AT)] if room.entries else []
        lines = [("line", *row) for row in room.rows(20, 10**9)]
        return Reply(codes.JOINED, "You are in.", (*rows, ("member", "Ada"), *lines))

    def _history(self, count: int, before: int = 10**9) -> Reply:
        count = min(count, self.most)
        if self.at:
            return Reply(codes.HISTORY, "", tuple(self.rooms[self.at].rows(count, before)))
        numbered = list(enumerate(self.own, 1))[: before - 1][-count:]
        rows = [
            (str(number), _AT, "1", "", who, text, "")
            for number, (said, reply) in numbered
            for who, text in (("patient", said), ("doctor", reply))
        ]
        return Reply(codes.HISTORY, "", tuple(rows))

    def _say_in_room(self, number: int, said: str) -> Reply:
        entries = self.rooms[self.at].entries
        last = len(entries)
        if number > last + 1 or last - number >= _SEARCHED:
            return Reply(codes.WRONG_NUMBER, "", (("exchanges", str(last)),))
        for at in range(number, last + 1):
            if entries[at - 1][:3] == ("patient", "Ada", said):
                return Reply(codes.SAID, "", (("number", str(at)),))
        answer = "I hear you." if said.startswith("Doctor") else ""
        at = self.add(self.at, "patient", "Ada", said, answer)
        return Reply(codes.SAID, "", (("number", str(at)),))

    def _say_alone(self, number: int, said: str) -> Reply:
        if number <= len(self.own) and self.own[number - 1][0] == said:
            return Reply(codes.SAYS, self.own[number - 1][1])
        if number != len(self.own) + 1:
            return Reply(codes.WRONG_NUMBER, "", (("exchanges", str(len(self.own))),))
        self.own.append((said, "Why?"))
        return Reply(codes.SAYS, "Why?")

    def greet(self, session: Session) -> list[object]:
        """Bring a session to its greeting on a new connection; return its events."""
        self.connect()
        session.begin()
        session.take(Reply(codes.READY, BANNER))
        assert session.next_line() == "Ada"
        begun = (("begun", _AT),) if self.own else ()
        rows = (("exchanges", str(len(self.own))), *begun)
        return list(session.take(Reply(codes.WELCOME, "Hello.", rows)))
