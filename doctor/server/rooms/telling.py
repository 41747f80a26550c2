"""The notices by which members are told what was recorded in their room; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor.history.events import describe_event
from doctor.history.marks import read_mark
from doctor.protocol import notices
from doctor.protocol.notices import Notice
from doctor.server.rows import format_time

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange

_EVENTS = {"came": notices.CAME, "left": notices.LEFT}


class EntryNotices(NamedTuple):
    """An entry as bytes for the members: what somebody said or did, and what the host says."""

    line: bytes
    reply: bytes


def encode_entry(room: str, entry: Exchange) -> EntryNotices:
    """Return the notices of an entry; either may be empty."""
    at, number, name = format_time(entry.at), entry.number, entry.speaker
    if entry.event:
        code, text = _EVENTS.get(entry.event), describe_event(entry.event, name)
        if code is None:  # taken back
            return EntryNotices(b"", b"")
        return EntryNotices(
            Notice(code, room, number, at, notices.EVENT, name, "", text).encode(), b""
        )
    line = reply = b""
    if entry.patient:
        # What the host did not say to all is shown to nobody: its mark is for the record.
        kind, mark = notices.PATIENT, read_mark(entry.mark).word if entry.doctor else ""
        line = Notice(notices.SAID, room, number, at, kind, name, mark, entry.patient).encode()
    if entry.doctor:
        kind, mark = notices.DOCTOR, read_mark(entry.mark).word
        reply = Notice(notices.SAID, room, number, at, kind, "", mark, entry.doctor).encode()
    return EntryNotices(line, reply)


def encode_private(room: str, text: str, at: float) -> bytes:
    """Return what the host says to one member alone; it is in no transcript."""
    time = format_time(at)
    return Notice(notices.SAID, room, 0, time, notices.DOCTOR, "", "care", text).encode()


def encode_closed(room: str, text: str, at: float) -> bytes:
    """Return that a room is closed for a connection, and why."""
    return Notice(notices.CLOSED, room, 0, format_time(at), notices.EVENT, "", "", text).encode()
