"""The rooms of a server in which somebody is: `RoomRegistry`.

A room begins with its first member and ends with its last; its history stays. Who is where is
guarded by one lock, which is held for a few operations on small values and never while anything
waits. Any thread may call everything here.

Where several servers share the rooms, `doctor.patients.shared_rooms` knows who is elsewhere. A
patient with a connection on each of two servers comes once and leaves once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from doctor.errors import BadArgument, NotSaved, StoreError
from doctor.patients.names import clean_name, key
from doctor.server import logs
from doctor.server.rooms.patience import PatienceTimer
from doctor.server.rooms.publisher import Publisher
from doctor.server.rooms.room import Room, RoomServices
from doctor.server.rooms.telling import encode_closed

if TYPE_CHECKING:
    from doctor.patients.shared_rooms import RemoteMember, SharedRooms
    from doctor.patients.store import PatientStore
    from doctor.server.metrics import Metrics
    from doctor.server.rooms.member import RoomMember
    from doctor.server.sessions import Sessions

_ERASED = "this room was erased by another connection or by the operator"
_LOST = "this room is closed for you now; /join enters it again"
_LOCKED = "this room has another passphrase now; /join asks for it"


class OpenRoom(NamedTuple):
    """A room in which somebody is, as `/rooms` shows it."""

    name: str
    members: int
    protected: bool


class RoomRegistry:
    """The rooms of one server."""

    def __init__(
        self, store: PatientStore, sessions: Sessions, metrics: Metrics, most: int
    ) -> None:
        """Begin without a room; each has at most `most` members."""
        self._store, self._most = store, most
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}
        self._places: dict[RoomMember, Room] = {}
        self._publisher = Publisher(self.open_rooms if store.storage.shared else None)
        self._timer = PatienceTimer(store.clock)
        shared = self._shared = store.storage.rooms
        self._services = RoomServices(
            store, sessions, metrics, self._publisher, self._timer, shared
        )
        if shared is not None:
            shared.watch(self)

    # -- coming and going --------------------------------------------------------------------------

    def enter(self, member: RoomMember) -> Room:
        """Let a member in whose `history` is open and unlocked; the others are told.

        BadArgument where the room is full, NotSaved where the system has no thread left.
        UnknownPatient or WrongPassphrase where the room was
        erased or protected meanwhile: then the member is not in it.
        """
        try:
            self._publisher.start()
            self._timer.start()
        except (RuntimeError, MemoryError):
            raise NotSaved("this server is out of threads; try again later") from None
        history = member.history
        wanted = key(history.name)
        with self._lock:
            room = self._rooms.get(wanted)
            is_first = room is None or room.life != history.life
            before = history.last_number
            if room is None or is_first:
                room = self._rooms[wanted] = Room(wanted, history, self._services)
            if len(room.members) >= self._most:
                raise BadArgument(f"{self._most} are in this room already; nobody else can enter")
            is_again = any(other.key == member.key for other in room.members)
            room.members = (*room.members, member)
            self._places[member] = room
            member.is_open, member.announced = True, not is_again
        try:
            if not is_again:
                others = self._enter_shared(member, room)
                is_first = is_first and not others
                if all(other.key != member.key for other in others):
                    # Nobody else was there, and nobody came who was recorded before.
                    room.let_in(
                        member,
                        lambda: (
                            is_first
                            and (history.last_number == before or self.is_alone(member, room))
                        ),
                    )
            history.check()
        except BaseException:
            self._take_out(member)
            member.is_open = False
            raise
        return room

    def leave(self, member: RoomMember) -> None:
        """Take a member out and close its hold on the history; may be called twice."""
        room = self._take_out(member)
        if room is not None:
            if member.announced:
                room.let_out(member.name, member.history)
            room.wait_until_told()
        member.is_open = False
        member.history.close()

    def _take_out(self, member: RoomMember) -> Room | None:
        """Take a member out and return the room; None where it was in none.

        `announced` stays only where the others are to be told: no other connection of it stays.
        """
        with self._lock:
            room = self._places.pop(member, None)
            if room is None:
                return None
            room.members = tuple(each for each in room.members if each is not member)
            member.announced = all(other.key != member.key for other in room.members)
            if not room.members and self._rooms.get(room.key) is room:
                del self._rooms[room.key]
        if member.announced and self._shared is not None:
            member.announced = self._leave_shared(member, room, self._shared)
        return room

    # -- over several servers ----------------------------------------------------------------------

    def _enter_shared(self, member: RoomMember, room: Room) -> list[RemoteMember]:
        """Note for other servers that a member is here; return who was there on those."""
        shared = self._shared
        if shared is None:
            return []
        others = shared.enter(room.key, member.key, member.name)
        if member not in room.members:  # taken out meanwhile
            shared.correct()
        return others

    def _leave_shared(self, member: RoomMember, room: Room, shared: SharedRooms) -> bool:
        """Note for other servers that a member left; False where the patient is there on one."""
        try:
            others = shared.leave(room.key, member.key)
        except StoreError:  # the database is away; it is noted later
            return True
        if any(other.key == member.key for other in room.members):  # came again meanwhile
            shared.correct()
        return all(other.key != member.key for other in others)

    def members_here(self) -> list[tuple[str, str, str]]:
        """See `doctor.patients.shared_rooms.RoomWatcher`."""
        found = {
            (room.key, member.key): member.name
            for room in self.open_rooms()
            for member in room.members
        }
        return [(*place, name) for place, name in found.items()]

    def hear(self, room: str) -> None:
        """See `doctor.patients.shared_rooms.RoomWatcher`."""
        with self._lock:
            found = self._rooms.get(room)
        if found is None:
            return
        for member in found.members:
            if member.history.locked:
                self._close_for(member, _LOCKED)
        self._publisher.look(found)

    def hear_all(self) -> None:
        """See `doctor.patients.shared_rooms.RoomWatcher`."""
        for room in self.open_rooms():
            self.hear(room.key)

    def member_lost(self, room: str, name: str) -> None:
        """See `doctor.patients.shared_rooms.RoomWatcher`."""
        with self._lock:
            found = self._rooms.get(room)
        if found is not None and all(each.key != key(name) for each in found.members):
            found.let_out(name)

    # -- closing a room for members ----------------------------------------------------------------

    def close_erased(self, member: RoomMember) -> None:
        """Take a member out whose room was erased; the member's connection is told."""
        self._close_for(member, _ERASED, is_erased=True)

    def close_lost(self, member: RoomMember) -> None:
        """Take a member out who finds that the room is closed; the member's connection is told."""
        self._close_for(member, _LOST)

    def close_protected(self, room: Room, but: RoomMember) -> None:
        """Take everybody out but the one who has set a passphrase."""
        for member in room.members:
            if member is not but:
                self._close_for(member, _LOCKED)

    def rename(self, old: str, new: str) -> None:
        """Take everybody out of a room that has another name now.

        In the rooms of a patient who has, the old name leaves and the new one comes.
        """
        fresh = key(clean_name(new))
        with self._lock:
            room = self._rooms.get(key(clean_name(old)))
            renamed = {place: one for one, place in self._places.items() if one.key == fresh}
        for place, member in renamed.items():
            place.rename_member(old, member)
        if renamed and self._shared is not None:
            self._shared.correct()
        if room is not None:
            clean = clean_name(new)
            for member in room.members:
                self._close_for(member, f"this room is called {clean} now: /join {clean}")

    def _close_for(self, member: RoomMember, why: str, *, is_erased: bool = False) -> None:
        with member.closing:
            room = self._take_out(member)
            if room is None:
                return
            if member.announced and not is_erased:
                room.let_out(member.name, member.history)
            room.wait_until_told()
            notice = encode_closed(room.name, why, self._store.clock())
            member.connection.notify(notice)
            member.is_open = False
            member.history.close()
        logs.info("room closed for a member", room=room.name, patient=member.name, why=why)

    # -- looking -----------------------------------------------------------------------------------

    def open_rooms(self) -> list[Room]:
        """Return the rooms in which somebody is."""
        with self._lock:
            return list(self._rooms.values())

    def describe(self) -> list[OpenRoom]:
        """Return the rooms in which somebody is, on any server, by name."""
        others = {room.key: room for room in self._shared.open_rooms()} if self._shared else {}
        found = []
        for room in self.open_rooms():
            members = room.members
            if members:
                here = {member.key for member in members}
                other = others.pop(room.key, None)
                number = len(here | other.members if other else here)
                found.append(OpenRoom(room.name, number, members[0].history.protected))
        found += [
            OpenRoom(each.name, len(each.members), each.protected) for each in others.values()
        ]
        return sorted(found, key=lambda each: key(each.name))

    def names(self, room: Room) -> list[tuple[str, float]]:
        """Return who is in a room, on any server, and since when; each patient once."""
        found = {member.key: (member.name, member.since) for member in reversed(room.members)}
        for other in self._shared.members(room.key) if self._shared else ():
            found.setdefault(other.key, (other.name, other.since))
        return sorted(found.values(), key=lambda each: each[1])

    def is_alone(self, member: RoomMember, room: Room) -> bool:
        """Return True if nobody else than this patient is in the room, on any server."""
        return all(other.key == member.key for other in room.members) and (
            self._shared is None
            or all(other.key == member.key for other in self._shared.members(room.key))
        )

    @property
    def gauges(self) -> dict[str, float]:
        """The figures of now."""
        rooms = self.open_rooms()
        return {"rooms": len(rooms), "room_members": sum(len(room.members) for room in rooms)}

    def close(self) -> None:
        """Tell what is left and end the threads; may be called twice."""
        self._timer.close()
        self._publisher.close()
