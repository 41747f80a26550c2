"""Rooms whose members are on several servers: `SharedRooms`, and its `RoomWatcher`.

    SharedRooms    who is in which room over all servers; a storage has it where servers share rooms
    RoomWatcher    the rooms of this server, which hears what happens in them elsewhere

A room and a member are named by `doctor.patients.names.key` of their names.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class RemoteMember(NamedTuple):
    """A patient who is in a room on another server."""

    key: str
    name: str
    since: float


class RemoteRoom(NamedTuple):
    """A room in which somebody is on another server."""

    key: str
    name: str
    members: frozenset[str]
    protected: bool


class RoomWatcher(Protocol):
    """Who is told of other servers; called in the thread that listens to them."""

    def members_here(self) -> list[tuple[str, str, str]]:
        """Return who is in which room on this server: keys of room and member, and the name."""

    def hear(self, room: str) -> None:
        """Another server has changed this room or recorded something in it."""

    def hear_all(self) -> None:
        """Anything may have happened: what others told was not heard for some time."""

    def member_lost(self, room: str, name: str) -> None:
        """A member is gone whose server has died."""


class SharedRooms(Protocol):
    """Who is in which room over all servers. Any thread may call; all but `announce` may wait.

    What waits raises StoreAway, StoreError.
    """

    def watch(self, watcher: RoomWatcher) -> None:
        """Tell `watcher` from now on of other servers; called once."""

    def enter(self, room: str, member: str, name: str) -> list[RemoteMember]:
        """Note that a patient is in a room on this server; return who was there on others.

        Where two servers' first members enter at once, exactly one is told of nobody.
        """

    def leave(self, room: str, member: str) -> list[RemoteMember]:
        """Note that a patient is in a room no longer on this server; return who is on others.

        Where it raises, it is done as soon as it can be.
        """

    def correct(self) -> None:
        """Have what is noted of this server compared with who is here; never waits."""

    def members(self, room: str) -> list[RemoteMember]:
        """Return who is in a room on other servers."""

    def open_rooms(self) -> list[RemoteRoom]:
        """Return the rooms in which somebody is on other servers."""

    def announce(self, room: str) -> None:
        """Tell the other servers that something was recorded in a room; never waits."""
