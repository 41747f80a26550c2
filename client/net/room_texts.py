"""Sentences about rooms and persons for people, from the events of a conversation; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model.rooms import same_name
from doctor.text import listed

if TYPE_CHECKING:
    from client.model.exchange import HistoryEntry
    from client.net.events import Joined, LeftRoom


def describe_joined(event: Joined, name: str) -> str:
    """Return who is in a room that patient `name` has entered."""
    if event.different:
        return f"The room {event.room} was erased and begun anew; what was said before is gone."
    others = [member for member in event.members if not same_name(member, name)]
    there = f"with {listed(others)}" if others else "and nobody else is there now"
    return f"You are in {event.room}{' again' * event.again}, {there}."


def describe_left(event: LeftRoom) -> str:
    """Return that a room is left, or closed."""
    if event.closed:
        return f"The room {event.room} is closed for you: {event.text}"
    return event.text or f"You have left {event.room}."


def describe_place(room: str) -> str:
    """Return where what is typed is said."""
    return f"You talk in {room} now." if room else "You talk with the doctor alone now."


def missed_lines(entry: HistoryEntry) -> list[tuple[str, str]]:
    """Return who said what in an exchange that was missed; an event has no speaker."""
    if entry.event:
        return [("", entry.event)]
    speaker = f"{entry.speaker} (a person)" if entry.speaker else "You, on another connection"
    responder = f"{entry.responder} (a person)" if entry.responder else "Doctor"
    lines = [(speaker, entry.patient), (responder, entry.doctor)]
    return [(who, text) for who, text in lines if text]
