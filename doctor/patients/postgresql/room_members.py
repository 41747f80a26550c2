"""Know who is in which room over all servers: `RoomMembers`, the table `room_members`.

    enter, leave       a row is written or deleted, by the thread of the member
    announce           the listener's thread notifies the others: `room SERVER KEY`; after the
                       commit, many entries of one room by one notice, never in a commit
    attach, work,      in the listener's thread, over its connection
    look_for_dead

A server that lives holds an advisory lock, whose number is that of its row in `servers`, as long as
its listener is connected. Rows of a server without the lock are deleted once it was without for
`GRACE` seconds, in which a listener that was cut off connects again; whoever deletes a row records
that its member has left. The table is not logged: after a takeover by a standby it is empty, and
each server writes its own rows again.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from doctor.errors import StoreError
from doctor.patients.postgresql.maintenance import CHANNEL
from doctor.patients.postgresql.rows import to_milliseconds
from doctor.patients.shared_rooms import RemoteMember, RemoteRoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.postgresql.pool import Pool
    from doctor.patients.shared_rooms import RoomWatcher

#: How a notice about a room begins.
NOTICE: Final = "room"
#: Seconds for which a server may be without its lock before it is taken for dead.
GRACE: Final = 4.0

_HOLD: Final = "select pg_advisory_lock('room_members'::regclass::oid::int4, %s)"
#: One member at a time enters a room, so that exactly one is the first.
_ENTERING: Final = (
    "select pg_advisory_xact_lock(hashtextextended(%s, 'room_members'::regclass::oid::int8))"
)
_OTHERS: Final = (
    "select member, name, since from room_members where room = %s and server <> %s "
    "order by since, member"
)
_ENTER: Final = (
    "insert into room_members (room, member, server, name) values (%s, %s, %s, %s) "
    "on conflict (room, member, server) do update set name = excluded.name"
)
_LEAVE: Final = "delete from room_members where room = %s and member = %s and server = %s"
_ROOMS: Final = """
    select m.room, coalesce(p.name, m.room), array_agg(distinct m.member),
           coalesce(p.locked, false)
    from room_members m left join patients p on p.key = m.room
    where m.server <> %s group by m.room, p.name, p.locked
"""
_DELETE_OTHERS: Final = """
    delete from room_members m where server = %s and not exists (
        select 1 from unnest(%s::text[], %s::text[]) as here (room, member)
        where here.room = m.room and here.member = m.member)
"""
_ADD_MISSING: Final = """
    insert into room_members (room, member, server, name)
    select room, member, %s, name
    from unnest(%s::text[], %s::text[], %s::text[]) as here (room, member, name)
    on conflict do nothing
"""
#: Servers that have rows and do not hold their lock.
_SILENT: Final = """
    select distinct server
    from (select server from room_members union select server from readers) m
    where server <> %s and not exists (
        select 1 from pg_locks l
        where l.locktype = 'advisory' and l.granted and l.objsubid = 2
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid = 'room_members'::regclass::oid and l.objid = m.server::oid)
"""
#: Rows of dead servers, in rooms in which this server can record that somebody left, or nobody can.
_BURY: Final = """
    with gone as (
        delete from room_members m
        where server = any(%(dead)s) and (room = any(%(here)s) or not exists (
            select 1 from room_members o where o.room = m.room and o.server <> all(%(dead)s)))
        returning room, member, name)
    select distinct room, name from gone
    where not exists (
        select 1 from room_members o
        where o.room = gone.room and o.member = gone.member and o.server <> all(%(dead)s))
"""
# A notice must survive no crash: without this its commit would wait for the disk.
_NOTIFY: Final = (
    "select set_config('synchronous_commit', 'off', true), pg_notify(%s, payload) "
    "from unnest(%s::text[]) as payload"
)


class RoomMembers:
    """See `doctor.patients.shared_rooms.SharedRooms`."""

    def __init__(self, pool: Pool, server: int) -> None:
        """Take the number of this server's row in `servers`."""
        self._pool = pool
        self._server = server
        self._lock = threading.Lock()
        self._announced: dict[str, None] = {}
        self._is_wrong = False  # what is noted of this server may be wrong
        self._silent: dict[int, float] = {}  # servers without their lock, and since when
        self._watcher: RoomWatcher | None = None
        #: Has the listener's thread call `work`; set by the storage.
        self.wake: Callable[[], None] = lambda: None

    # --- any thread ---

    def watch(self, watcher: RoomWatcher) -> None:
        """Tell `watcher` from now on of other servers."""
        self._watcher = watcher

    def enter(self, room: str, member: str, name: str) -> list[RemoteMember]:
        """Note that a patient is in a room on this server; return who was there on others."""

        def work(connection: DatabaseConnection) -> list[RemoteMember]:
            with connection.transaction():
                connection.execute(_ENTERING, [room])
                others = self._others(connection, room)
                connection.execute(_ENTER, [room, member, self._server, name])
            return others

        return self._pool.run(work)

    def leave(self, room: str, member: str) -> list[RemoteMember]:
        """Note that a patient is in a room no longer on this server; return who is on others."""

        def work(connection: DatabaseConnection) -> list[RemoteMember]:
            connection.execute(_LEAVE, [room, member, self._server])
            return self._others(connection, room)

        try:
            return self._pool.run(work)
        except StoreError:
            self.correct()
            raise

    def members(self, room: str) -> list[RemoteMember]:
        """Return who is in a room on other servers."""
        return self._pool.run(lambda connection: self._others(connection, room))

    def _others(self, connection: DatabaseConnection, room: str) -> list[RemoteMember]:
        found = connection.execute(_OTHERS, [room, self._server]).fetchall()
        return [
            RemoteMember(key, name, to_milliseconds(since) / 1000) for key, name, since in found
        ]

    def open_rooms(self) -> list[RemoteRoom]:
        """Return the rooms in which somebody is on other servers."""
        found = self._pool.run(lambda c: c.execute(_ROOMS, [self._server]).fetchall())
        return [RemoteRoom(key, name, frozenset(who), locked) for key, name, who, locked in found]

    def correct(self) -> None:
        """Have what is noted of this server compared with who is here."""
        self._is_wrong = True
        self.wake()

    def announce(self, room: str) -> None:
        """Tell the other servers that something was recorded in a room."""
        with self._lock:
            self._announced[room] = None
        self.wake()

    # --- the listener's thread ---

    def attach(self, connection: DatabaseConnection) -> None:
        """Begin with a new connection: hold the lock, write this server's rows."""
        connection.execute(_HOLD, [self._server])
        self._is_wrong = True
        self.work(connection)
        if self._watcher is not None:
            self._watcher.hear_all()

    def work(self, connection: DatabaseConnection) -> None:
        """Do what other threads have asked for."""
        while self._is_wrong and self._watcher is not None:
            self._is_wrong = False
            try:
                self._correct(connection, self._watcher)
            except BaseException:
                self._is_wrong = True
                raise
        with self._lock:
            rooms, self._announced = self._announced, {}
        if rooms:
            notices = [f"{NOTICE} {self._server} {room}" for room in rooms]
            connection.execute(_NOTIFY, [CHANNEL, notices])

    def _correct(self, connection: DatabaseConnection, watcher: RoomWatcher) -> None:
        here = watcher.members_here()
        rooms, members, names = ([row[at] for row in here] for at in range(3))
        connection.execute(_DELETE_OTHERS, [self._server, rooms, members])
        connection.execute(_ADD_MISSING, [self._server, rooms, members, names])
        if watcher.members_here() != here:
            self._is_wrong = True

    def hear(self, text: str) -> None:
        """Take a notice about a room; ignore one that no server wrote."""
        _, _, about = text.partition(" ")
        server, _, room = about.partition(" ")
        if room and server != str(self._server):
            self.changed(room)

    def changed(self, room: str) -> None:
        """Have a room looked at that was changed elsewhere."""
        if self._watcher is not None:
            self._watcher.hear(room)

    def look_for_dead(self, connection: DatabaseConnection) -> list[int]:
        """Delete the rows of servers that have died, and have it recorded who left by that.

        Return these servers; those of whom nothing is left are in it no more.
        """
        now = time.monotonic()
        silent = [server for (server,) in connection.execute(_SILENT, [self._server])]
        self._silent = {server: self._silent.get(server, now) for server in silent}
        dead = [server for server, since in self._silent.items() if now - since >= GRACE]
        if not dead or self._watcher is None:
            return dead
        here = list({room for room, _member, _name in self._watcher.members_here()})
        for room, name in connection.execute(_BURY, {"dead": dead, "here": here}).fetchall():
            self._watcher.member_lost(room, name)
        return dead
