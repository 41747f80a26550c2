"""Typed text as a line of the protocol, and rows of a history as exchanges; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from client.model.exchange import TAKEN_BACK, HistoryEntry
from client.model.language import as_person, mark, tr
from client.model.transcript_line import DOCTOR, EVENT, PATIENT, PERSON, TranscriptLine
from doctor.protocol import CLIENT_LINE, escaped, flat
from doctor.text import PARAGRAPH

if TYPE_CHECKING:
    from collections.abc import Iterable


def as_one_line(text: str) -> str:
    """Return `text` as one line of the protocol: each line of it becomes a paragraph."""
    return flat(text.replace("\n", PARAGRAPH)).strip()


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


def parse_time(text: str) -> datetime | None:
    """Return a time that a server sent, or None where it is none or has no local date."""
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if at.year in {MINYEAR, MAXYEAR} else at


def parse_lines(rows: Iterable[tuple[str, ...]]) -> list[TranscriptLine]:
    """Return what the rows of a 215 or 219 say, in their order; skip invalid rows."""
    found = []
    for row in rows:
        number = whole_number(row[0]) if len(row) >= 6 else None
        at = parse_time(row[1]) if number is not None else None
        if number is not None and at is not None and row[4] in _KINDS:
            name = row[6] if len(row) > 6 else ""
            found.append(TranscriptLine(number, at, row[4], name, row[3], row[5]))
    return found


_KINDS: Final = frozenset({PATIENT, DOCTOR, PERSON, EVENT})


def parse_history(rows: tuple[tuple[str, ...], ...]) -> tuple[HistoryEntry, ...]:
    """Return the exchanges in the rows of a 215 or 219, oldest first; skip invalid rows."""
    sessions = {row[0]: whole_number(row[2]) or 0 for row in rows if len(row) >= 6}
    found: dict[int, HistoryEntry] = {}
    for one in parse_lines(rows):
        entry = found.get(one.number) or HistoryEntry(
            one.number, one.at, sessions.get(str(one.number), 0), one.mark, "", ""
        )
        found[one.number] = _with(entry, one, is_first=one.number not in found)
    return tuple(found[number] for number in sorted(found))


#: What a row with the word `watching` means, by words that only it has.
_POLICIES: Final = {
    "without telling you": mark(
        "The operator, who is the person that started this server, may read along while you talk "
        "without telling you. You are told when somebody answers you."
    ),
    "you are told at once": mark(
        "The operator, who is the person that started this server, may read along while you talk, "
        "and answer you. You are told at once when somebody does."
    ),
}


class GreetingNotices(NamedTuple):
    """What a greeting tells besides: one notice, and sentences about people who read along.

    `watched` are those to be shown now, `reading` those about who reads or answers now.
    """

    notice: str
    watched: tuple[str, ...]
    reading: tuple[str, ...]


def parse_notices(rows: tuple[tuple[str, ...], ...], *, again: bool) -> GreetingNotices:
    """Return the notices of a greeting.

    After a connection was lost (`again`) it is not shown again what may be on this server.
    """
    notices = [(*row, "")[1:3] for row in rows if row[0] == "notice" and len(row) > 1]
    about = {"reading"} if again else {"watching", "reading"}
    watched = tuple(
        _policy(text) if word == "watching" else text for text, word in notices if word in about
    )
    reading = tuple(text for text, word in notices if word == "reading")
    return GreetingNotices(next((text for text, word in notices if not word), ""), watched, reading)


def _policy(text: str) -> str:
    """Return in the user's language what a server says of its operator in general."""
    for part, meaning in _POLICIES.items():
        if part in text:
            return tr(meaning)
    return text[:1].upper() + text[1:]


def _with(entry: HistoryEntry, one: TranscriptLine, *, is_first: bool) -> HistoryEntry:
    """Return an exchange with what one more of its rows says."""
    if one.kind == EVENT:
        event = "" if one.mark == TAKEN_BACK else one.text
        return replace(entry, event=event, speaker=one.name)
    if one.kind == DOCTOR:
        return replace(entry, doctor=one.text)
    if one.kind == PERSON and not is_first:
        return replace(entry, doctor=one.text, responder=one.name)
    return replace(entry, patient=one.text, speaker=one.name)


def readable_rows(
    found: tuple[HistoryEntry, ...], *, in_room: bool = False
) -> tuple[tuple[str, ...], ...]:
    """Return the rows of each exchange, to be read: number, when, who, what."""
    rows: list[tuple[str, ...]] = []
    for entry in found:
        heads = iter([(str(entry.number), entry.at.astimezone().strftime("%Y-%m-%d %H:%M"))])
        empty = ("", "")
        if entry.mark == TAKEN_BACK:
            rows.append((*next(heads, empty), tr("taken back")))
        if entry.event:
            rows.append((*next(heads, empty), entry.event))
        if entry.patient:
            who = entry.speaker if in_room else as_person(entry.speaker)
            who = who if entry.speaker else tr("you")
            rows.append((*next(heads, empty), who, entry.patient))
        if entry.doctor:
            who = as_person(entry.responder) if entry.responder else tr("doctor")
            rows.append((*next(heads, empty), who, entry.doctor))
    return tuple(rows)
