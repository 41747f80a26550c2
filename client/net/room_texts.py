"""Sentences about rooms and persons for people, from the events of a conversation; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model.language import as_list, as_person, tr
from client.model.rooms import same_name

if TYPE_CHECKING:
    from client.model.exchange import HistoryEntry
    from client.net.events import Joined, LeftRoom


def describe_joined(event: Joined, name: str) -> str:
    """Return who is in a room that patient `name` has entered."""
    if event.different:
        return tr(
            "The room {room} was erased and begun anew; what was said before is gone."
        ).format(room=event.room)
    others = [member for member in event.members if not same_name(member, name)]
    if others:
        again, first = (
            tr("You are in {room} again, with {names}."),
            tr("You are in {room}, with {names}."),
        )
    else:
        again = tr("You are in {room} again, and nobody else is there now.")
        first = tr("You are in {room}, and nobody else is there now.")
    return (again if event.again else first).format(room=event.room, names=as_list(others))


def describe_left(event: LeftRoom) -> str:
    """Return that a room is left, or closed."""
    if event.closed:
        return tr("The room {room} is closed for you: {why}").format(
            room=event.room, why=event.text
        )
    return event.text or tr("You have left {room}.").format(room=event.room)


def describe_place(room: str) -> str:
    """Return where what is typed is said."""
    here = tr("You talk in {room} now.").format(room=room)
    return here if room else tr("You talk with the doctor alone now.")


def missed_lines(entry: HistoryEntry) -> list[tuple[str, str]]:
    """Return who said what in an exchange that was missed; an event has no speaker."""
    if entry.event:
        return [("", entry.event)]
    speaker = as_person(entry.speaker) if entry.speaker else tr("You, on another connection")
    responder = as_person(entry.responder) if entry.responder else tr("Doctor")
    lines = [(speaker, entry.patient), (responder, entry.doctor)]
    return [(who, text) for who, text in lines if text]
