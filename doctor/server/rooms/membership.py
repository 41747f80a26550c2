"""The rooms that one connection is in, and in which of them it talks: `Memberships`.

    /join ROOM   231: in it, and what is said is said there     /leave     out of it
    /private     234: in it, and what is said is said to the doctor alone

A line to the room is answered by 251 once it is on disk; what others say comes as notices. Where a
room is closed for a member (erased, another passphrase), the next line that was meant for it is
refused, and not said to the doctor alone.

Everything belongs to the handler's thread, except what `Room.say_later` calls in the thread that
commits, and `notify` of the client, which any thread may call.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from doctor.errors import (
    BadArgument,
    BadName,
    NotAllowed,
    NotSaved,
    RoomClosed,
    UnknownCommand,
    UnknownPatient,
    WrongPassphrase,
)
from doctor.history.snapshot import ROOM
from doctor.patients.base import Repeated
from doctor.patients.names import clean_name, key
from doctor.protocol import Reply, codes
from doctor.server import commands, logs
from doctor.server.rooms import showing
from doctor.server.rooms.member import MemberConnection, RoomMember
from doctor.text import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient
    from doctor.protocol import Command
    from doctor.server.context import ServerContext
    from doctor.server.network.connection import Connection
    from doctor.server.outcomes import LineOutcomes
    from doctor.server.rooms.room import Room

#: Rooms that one connection may be in.
MOST_ROOMS: Final = 16
#: How often a room is opened that is erased or protected just when somebody enters.
_TRIES: Final = 3
#: Commands that mean the same in a room.
_EVERYWHERE: Final = frozenset({"/help", "/helplines", "/quit"})
#: What ends a member's stay in a room: it was erased, or its passphrase was set or changed.
_CLOSES: Final = (UnknownPatient, WrongPassphrase)
_CLOSED: Final = (
    "you are not in {} any more: nothing was said there; what you say now is said to the doctor "
    "alone"
)
_ALONE: Final = "You talk with the doctor alone again."


class RoomClient(MemberConnection, Protocol):
    """What is needed here of the handler of the connection."""

    host: str
    address: str

    def admit(self, patient: Patient) -> int:
        """Ask for the passphrase of a history, if there is one."""

    def change_passphrase(
        self, patient: Patient, require: Callable[[], None] | None = None
    ) -> bool:
        """Ask for a new passphrase of a history; True where it was changed."""


class _Place(NamedTuple):
    member: RoomMember
    room: Room


class Memberships:
    """The rooms of one connection."""

    __slots__ = (
        "_client",
        "_connection",
        "_context",
        "_outcomes",
        "_places",
        "_refused",
        "talks_in",
    )

    def __init__(
        self,
        client: RoomClient,
        connection: Connection,
        context: ServerContext,
        outcomes: LineOutcomes,
    ) -> None:
        self._client, self._connection, self._context = client, connection, context
        self._outcomes = outcomes
        self._places: dict[str, _Place] = {}
        #: Where what is said is said; None: to the doctor alone.
        self.talks_in: _Place | None = None
        #: A room for which a line of this connection was refused, because it is closed.
        self._refused: _Place | None = None

    def answer(self, command: Command) -> bool:
        """Answer a command about rooms, or about the one in which this connection talks.

        False where it is neither. RoomClosed where that room is closed for it.
        """
        name = command.kind.name
        about_rooms = _COMMANDS.get(name)
        if about_rooms is not None:
            if self._context.store.host is None:
                raise UnknownCommand("there are no rooms on this server")
            about_rooms(self, command.text)
        elif self.talks_in is None or name in _EVERYWHERE:
            return False
        else:
            place = self._require()
            try:
                self._answer_in(place, command)
            except _CLOSES:
                raise self._closed(place) from None
        return True

    def _answer_in(self, place: _Place, command: Command) -> None:
        """Answer a command about the room."""
        name = command.kind.name
        if name == "/forget" and not command.numbers:
            self._forget(place)
        elif name == "/passphrase":
            self._change_passphrase(place)
        else:
            asked = commands.CommandRequest(
                command, self._connection, self._context, place.member.history, place.member.name
            )
            commands.answer(asked)

    def _require(self) -> _Place:
        """Return where this connection talks; RoomClosed where that is closed for it."""
        place = self.talks_in
        assert place is not None  # noqa: S101 - the caller has looked
        if place.member.is_open and place is not self._refused:
            return place
        self._drop(place)
        raise RoomClosed(_CLOSED.format(place.room.name))

    # -- coming and going --------------------------------------------------------------------------

    def join(self, name: str) -> None:
        """Enter a room and talk in it, or only talk in it where this connection is in it."""
        clean = clean_name(name)
        self._places = {k: place for k, place in self._places.items() if place.member.is_open}
        place = self._places.get(key(clean))
        if place is not None and self._show_again(place):
            self.talks_in = place
        else:
            if len(self._places) >= MOST_ROOMS:
                raise BadArgument(f"you are in {MOST_ROOMS} rooms already; /leave one of them")
            self.talks_in = place = self._enter(clean)
            logs.info(
                "joined",
                patient=self._client.patient_name,
                room=place.room.name,
                address=self._client.address,
            )

    def _show_again(self, place: _Place) -> bool:
        """Show a room that this connection is in; False where it was closed just now."""
        try:
            shown = self._show(place.room, place.member)
        except _CLOSES:
            self._context.rooms.close_lost(place.member)
            return False
        self._connection.send(shown.encode())
        return True

    def _enter(self, clean: str) -> _Place:
        """Enter a room and show it; what is said there meanwhile is told after that.

        BadName for who is called like its host: others would take one for the other.
        """
        name = self._client.patient_name or ""
        hosts = self._context.store.host.names if self._context.store.host else ()
        if key(name).removeprefix("the ") in {"doctor", *hosts}:
            raise BadName(f"nobody in a room is called {name} but the doctor; come by another name")
        for _ in range(_TRIES):
            member = RoomMember(self._client)
            erased = functools.partial(self._context.rooms.close_erased, member)
            member.history = self._context.store.open(clean, erased, ROOM)
            try:
                self._client.admit(member.history)
                if not (member.history.last_number or member.history.protected):
                    self._context.write_limits.begin_history(self._client.host)
                return self._come_in(member)
            except _CLOSES:  # just now: erased, or protected by somebody
                member.history.close()
            except BaseException:
                member.history.close()
                raise
        raise NotSaved("this room changes just now; try again")

    def _come_in(self, member: RoomMember) -> _Place:
        """Take a member into the room and send what 231 shows."""
        connection = self._connection
        connection.hand_over()  # notices wait until the room was shown
        reply = b""
        try:
            place = _Place(member, self._context.rooms.enter(member))
            reply = self._show(place.room, member).encode()
            self._places[place.room.key] = place
        except BaseException:
            self._context.rooms.leave(member)
            raise
        finally:
            connection.release(reply)
        return place

    def _show(self, room: Room, member: RoomMember) -> Reply:
        names = [name for name, _since in self._context.rooms.names(room)]
        return showing.show_room(room, member, names)

    def leave(self, _: str) -> None:
        """Leave the room in which this connection talks."""
        place = self.talks_in
        if place is None:
            raise BadArgument("you are in no room, or talk with the doctor alone; /join names one")
        self.talks_in = None
        self._places.pop(place.room.key, None)
        self._context.rooms.leave(place.member)
        self._connection.tell(codes.LEFT_ROOM, f"You have left {place.room.name}. {_ALONE}")

    def talk_in_private(self, _: str) -> None:
        """Let what is said be said to the doctor alone; the rooms go on."""
        self.talks_in = None
        names = [place.room.name for place in self._places.values() if place.member.is_open]
        more = f" You are still in {listed(names)}." if names else ""
        self._connection.tell(codes.LEFT_ROOM, f"{_ALONE}{more}")

    def close(self) -> None:
        """Leave all rooms: the connection has ended."""
        places, self._places, self.talks_in = self._places, {}, None
        for place in places.values():
            try:
                self._context.rooms.leave(place.member)
            except Exception:  # noqa: BLE001 - the connection is closed all the same
                logs.LOG.exception("fault in leaving a room")

    # -- talking -----------------------------------------------------------------------------------

    def say(self, line: str, number: int) -> bool:
        """Say a line in the room; 251 is sent once it is on disk.

        False where the room is closed for this connection, which was told so: then the line is for
        the doctor alone.
        """
        place, connection = self.talks_in, self._connection
        if place is None or place is self._refused:
            self._drop(place)
            return False
        self._require()
        if not line.strip():
            connection.tell(codes.SAID, "An empty line is not said in a room.", ("number", "0"))
            return True
        connection.hand_over()
        try:
            done = functools.partial(self._send_reply, place)
            place.room.say_later(place.member, line, number, done)
        except BaseException as error:
            connection.take_back()
            if isinstance(error, _CLOSES):
                raise self._closed(place) from None
            raise
        return True

    def _closed(self, place: _Place) -> RoomClosed:
        """Return what is told where a room is closed for this connection, which is out of it."""
        self._context.rooms.close_lost(place.member)
        self._drop(place)
        return RoomClosed(_CLOSED.format(place.room.name))

    def _drop(self, place: _Place | None) -> None:
        """Know that this connection is not in a room any more."""
        if place is not None:
            self._places.pop(place.room.key, None)
        if self.talks_in is place:
            self.talks_in = None

    def _send_reply(self, place: _Place, outcome: Exchange | Exception) -> None:
        """Send the reply to a line; called once, by the thread that commits."""
        if isinstance(outcome, _CLOSES):
            self._refused = place
            outcome = RoomClosed(_CLOSED.format(place.room.name))
        try:
            reply = self._encode(outcome)
        except Exception as fault:  # noqa: BLE001 - it ends this conversation and no other one
            reply = self._outcomes.encode_failure(fault)
        self._connection.release(reply)

    def _encode(self, outcome: Exchange | Exception) -> bytes:
        if isinstance(outcome, Exception):
            return self._outcomes.encode_failure(outcome)
        if type(outcome) is not Repeated:
            self._outcomes.count(outcome)
        row = ("number", str(outcome.number))
        return Reply(codes.SAID, "Said.", (row,)).encode()

    # -- looking -----------------------------------------------------------------------------------

    def show_rooms(self, _: str) -> None:
        """Send the rooms in which somebody is."""
        reply = showing.show_rooms(self._context.rooms.describe())
        self._connection.send(reply.encode())

    def show_members(self, _: str) -> None:
        """Send who is in the room; in one's own conversation, who reads along."""
        if self.talks_in is None:
            readers = self._context.attending.readers_of(self._client.patient_name or "")
            reply = showing.show_readers(readers)
        else:
            reply = showing.show_members(self._context.rooms.names(self._require().room))
        self._connection.send(reply.encode())

    # -- the room's passphrase and end -------------------------------------------------------------

    def _change_passphrase(self, place: _Place) -> None:
        """Ask for a new passphrase; the others, who have not given it, are out of the room then.

        The first one is set by who is alone, so that nobody is locked out of their own words; it is
        asked for once more when it is set, since others may have come in meanwhile.
        """
        history = place.member.history

        def require() -> None:
            if not (history.protected or self._is_alone(place)):
                raise NotAllowed(
                    "Only who is alone in a room sets its first passphrase; nothing is changed."
                )

        try:
            require()
        except NotAllowed as error:
            self._connection.tell(codes.UNCHANGED, str(error))
            return
        if self._client.change_passphrase(history, require) and history.protected:
            self._context.rooms.close_protected(place.room, place.member)

    def _forget(self, place: _Place) -> None:
        """Ask for the room's name, and erase the room; this connection leaves it by that."""
        connection, name = self._connection, place.room.name
        if self._is_alone(place):
            connection.tell(
                codes.CONFIRM,
                f"This erases the room and all {place.member.history.last_number} entries for "
                f'good. Say its name, "{name}", to confirm; any other line erases nothing.',
            )
            if not commands.confirms(connection.read_line(), name):
                connection.tell(codes.UNCHANGED, "Nothing is erased.")
                return
        if not self._is_alone(place):
            text = "Others are in this room; who is alone in it may erase it. Nothing is erased."
            connection.tell(codes.UNCHANGED, text)
            return
        place.member.history.forget()
        self.talks_in = None
        self._places.pop(place.room.key, None)
        self._context.rooms.close_erased(place.member)
        self._context.sessions.tell("erased", name)
        logs.info("room erased", room=name, patient=place.member.name, address=self._client.address)
        connection.tell(codes.FORGOTTEN, f"The room {name} is erased. {_ALONE}")

    def _is_alone(self, place: _Place) -> bool:
        return self._context.rooms.is_alone(place.member, place.room)


#: What answers the commands about rooms, with what follows the command.
_COMMANDS: Final[dict[str, Callable[[Memberships, str], None]]] = {
    "/join": Memberships.join,
    "/leave": Memberships.leave,
    "/private": Memberships.talk_in_private,
    "/rooms": Memberships.show_rooms,
    "/who": Memberships.show_members,
}
