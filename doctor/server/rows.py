"""The rows in which exchanges are shown, by `/history` and by what a room shows; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from doctor.history.events import describe_event
from doctor.history.marks import read_mark
from doctor.history.transcript import TAKEN_BACK
from doctor.protocol import codes, notices

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange


def format_time(at: float) -> str:
    """Return a time as rows show it: ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def exchange_rows(exchange: Exchange, *, in_room: bool = False) -> list[tuple[str, ...]]:
    """Return a row for the line, one for the reply, or one for the event of an exchange.

    A named speaker is a member in a room, and elsewhere a person who sees to the patient.
    """
    mark = exchange.mark and read_mark(exchange.mark).word
    if in_room and not exchange.doctor:
        mark = ""  # what the host did not say to all is shown to nobody
    head = (str(exchange.number), format_time(exchange.at), str(exchange.session), mark)
    name = exchange.speaker
    if exchange.event:
        if exchange.event == TAKEN_BACK:
            head = (*head[:3], codes.MARK_OF_TAKEN_BACK)
        return [(*head, notices.EVENT, describe_event(exchange.event, name), name)]
    rows: list[tuple[str, ...]] = []
    if exchange.patient:
        speaker = notices.PERSON if name and not in_room else notices.PATIENT
        rows.append((*head, speaker, exchange.patient, name))
    if exchange.doctor:
        responder = notices.PERSON if exchange.responder else notices.DOCTOR
        rows.append((*head, responder, exchange.doctor, exchange.responder))
    return rows
