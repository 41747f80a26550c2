"""Typed text as a line of the protocol, and rows of a history as exchanges; pure."""

from __future__ import annotations

import unicodedata
from datetime import MAXYEAR, MINYEAR, UTC, datetime

from client.model.exchange import HistoryEntry
from doctor.protocol import CLIENT_LINE, codes, escaped, flat


def as_one_line(text: str) -> str:
    """Return `text` as one line of the protocol: line ends become spaces."""
    return flat(" ".join(text.split("\n"))).strip()


def excess_bytes(text: str) -> int:
    """Return by how many bytes `text` exceeds one line of the protocol, 0 if it fits."""
    line = as_one_line(text)
    encoded = line if line.startswith("/") else escaped(line)
    return max(0, len(encoded.encode()) + 1 - CLIENT_LINE)


def normalized(text: str) -> str:
    """Return `text` in one spelling, so that equal lines compare equal."""
    return " ".join(unicodedata.normalize("NFC", flat(text)).split())


def whole_number(text: str) -> int | None:
    """Return a whole number that a server sent, or None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


def parse_history(rows: tuple[tuple[str, ...], ...]) -> tuple[HistoryEntry, ...]:
    """Return the exchanges in the rows of a 215 or 219, oldest first; skip invalid rows."""
    found: dict[int, HistoryEntry] = {}
    for row in rows:
        number = whole_number(row[0]) if len(row) >= 6 else None
        is_taken_back = row[3:5] == (codes.MARK_OF_TAKEN_BACK, "event")
        if number is None or not (is_taken_back or row[4] in {"patient", "doctor"}):
            continue
        try:
            at = datetime.fromisoformat(row[1]).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if at.year in {MINYEAR, MAXYEAR}:
            continue  # it may have no date in the local time zone
        session = whole_number(row[2]) or 0
        before = found.get(number)
        patient = row[5] if row[4] == "patient" else before.patient if before else ""
        doctor = row[5] if row[4] == "doctor" else before.doctor if before else ""
        found[number] = HistoryEntry(number, at, session, row[3], patient, doctor)
    return tuple(found[number] for number in sorted(found))


def parse_notices(rows: tuple[tuple[str, ...], ...], *, again: bool) -> tuple[str, tuple[str, ...]]:
    """Return the notice of a greeting, and its sentences about people who read along.

    After a connection was lost (`again`) these are only about who reads now.
    """
    notices = [(*row, "")[1:3] for row in rows if row[0] == "notice" and len(row) > 1]
    about = {"reading"} if again else {"watching", "reading"}
    watched = tuple(text for text, word in notices if word in about)
    return next((text for text, word in notices if not word), ""), watched


def readable_rows(found: tuple[HistoryEntry, ...]) -> tuple[tuple[str, ...], ...]:
    """Return two rows for each exchange, to be read: number, when, who, what."""
    rows: list[tuple[str, ...]] = []
    for entry in found:
        when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M")
        number = str(entry.number)
        if entry.mark == codes.MARK_OF_TAKEN_BACK:
            rows.append((number, when, "taken back"))
        else:
            rows += [(number, when, "you", entry.patient), ("", "", "doctor", entry.doctor)]
    return tuple(rows)
