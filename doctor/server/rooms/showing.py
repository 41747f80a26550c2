"""The replies that show rooms: what 231, 217 and 218 say to a program and to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.patients.names import key
from doctor.protocol import Reply, codes
from doctor.server.rows import exchange_rows, format_time
from doctor.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.server.rooms.member import RoomMember
    from doctor.server.rooms.registry import OpenRoom
    from doctor.server.rooms.room import Room

#: Entries of a room that are shown to who joins.
SHOWN: Final = 20


def show_room(room: Room, member: RoomMember, names: Sequence[str]) -> Reply:
    """Return who is in a room, these, and what was said last.

    UnknownPatient or WrongPassphrase where it is closed for this member.
    """
    history = member.history
    shown = history.history(SHOWN)
    last, begun = history.last_number, history.begun
    rows: list[tuple[str, ...]] = [("room", room.name), ("exchanges", str(last))]
    if begun is not None:
        rows.append(("begun", format_time(begun)))
    rows += [("member", name) for name in names]
    rows += [("line", *row) for one in shown for row in exchange_rows(one, in_room=True)]
    others = [name for name in names if key(name) != member.key]
    among = f"with {listed(others)}" if others else "and nobody else is there yet"
    text = (
        f"You are in {room.name}, {among}. Everybody here reads what you say; begin with "
        '"Doctor" to ask the doctor. /private: talk with the doctor alone; /leave: leave.'
    )
    return Reply(codes.JOINED, text, tuple(rows))


def show_rooms(found: Sequence[OpenRoom]) -> Reply:
    """Return the rooms in which somebody is."""
    rows = [(each.name, str(each.members), "passphrase" * each.protected) for each in found]
    text = "Rooms with people in them; /join enters one, or begins a new one."
    return Reply(codes.ROOMS, text if rows else "Nobody is in a room now.", tuple(rows))


def show_members(who: Sequence[tuple[str, float]]) -> Reply:
    """Return who is in a room, and since when."""
    verb = "is" if len(who) == 1 else "are"
    return _show_people(who, "member", f"{_names(who)} {verb} here.")


def show_readers(who: Sequence[tuple[str, float]]) -> Reply:
    """Return who reads a patient's own conversation, and since when."""
    verb = "reads" if len(who) == 1 else "read"
    text = f"{_names(who)} {verb} along." if who else "Nobody reads along."
    return _show_people(who, "person", text)


def _names(who: Sequence[tuple[str, float]]) -> str:
    return listed([name for name, _since in who])


def _show_people(who: Sequence[tuple[str, float]], kind: str, text: str) -> Reply:
    rows = tuple((name, format_time(since), kind) for name, since in who)
    return Reply(codes.WHO, text, rows)
