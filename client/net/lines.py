"""What a patient types as a line of the wire, and rows of a history as exchanges; pure."""

from __future__ import annotations

import unicodedata
from datetime import MAXYEAR, MINYEAR, UTC, datetime

from client.net.events import HistoryEntry
from doctor.protocol import CLIENT_LINE, escaped, flat


def one_line(text: str) -> str:
    """Return `text` as the one line that goes over the wire: line ends become spaces."""
    return flat(" ".join(text.split("\n"))).strip()


def fits(text: str) -> int:
    """Return how many bytes too long `text` is for one line of the protocol, 0 if it fits."""
    line = one_line(text)
    wire = line if line.startswith("/") else escaped(line)
    return max(0, len(wire.encode()) + 1 - CLIENT_LINE)


def plain(text: str) -> str:
    """Return what two spellings of the same line have in common."""
    return " ".join(unicodedata.normalize("NFC", flat(text)).split())


def whole_number(text: str) -> int | None:
    """Return a whole number that a server sent; None for anything else, however long it is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


def entries(rows: tuple[tuple[str, ...], ...]) -> tuple[HistoryEntry, ...]:
    """Return the exchanges in the rows of a 215, oldest first; rows that are none are left out."""
    found: dict[int, HistoryEntry] = {}
    for row in rows:
        number = whole_number(row[0]) if len(row) >= 6 else None
        if number is None or row[4] not in {"patient", "doctor"}:
            continue
        try:
            at = datetime.fromisoformat(row[1]).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if at.year in {MINYEAR, MAXYEAR}:
            continue  # it may have no date in the zone where it is shown
        session = whole_number(row[2]) or 0
        before = found.get(number)
        patient = row[5] if row[4] == "patient" else before.patient if before else ""
        doctor = row[5] if row[4] == "doctor" else before.doctor if before else ""
        found[number] = HistoryEntry(number, at, session, row[3], patient, doctor)
    return tuple(found[number] for number in sorted(found))


def as_rows(found: tuple[HistoryEntry, ...]) -> tuple[tuple[str, ...], ...]:
    """Return exchanges as rows to read: when, who, what; two for each."""
    rows: list[tuple[str, ...]] = []
    for entry in found:
        when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M")
        rows += [(when, "you", entry.patient), ("", "doctor", entry.doctor)]
    return tuple(rows)
