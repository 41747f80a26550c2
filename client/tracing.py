"""The rows of a trace, as steps that a person can follow; no user interface.

A trace comes as rows whose first field is their kind (see `docs/protocol.md`). `steps` puts them in
the order in which they are understood, for the window and the console alike. A kind that is not
known here is shown as it came: a newer server may tell more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One component of a decomposition: its number, its text, and where it is in the line.

    `start` and `end` are offsets in the patient's line; both -1 where that is not known.
    """

    number: int
    text: str
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Attempt:
    """One decomposition that was used, with its pieces and what was done with them."""

    keyword: str = ""
    decomposition: str = ""
    pieces: list[Piece] = field(default_factory=list)
    reassembly: str = ""


@dataclass(slots=True)
class Steps:
    """A trace, sorted: what was heard, which keywords were found, what was tried, what came out."""

    line: str = ""
    clauses: list[str] = field(default_factory=list)
    substituted: list[tuple[str, str]] = field(default_factory=list)
    stack: list[tuple[str, str]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    reflected: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    source: str = ""
    reply: str = ""

    @property
    def used(self) -> Attempt:
        """The attempt that made the reply; an empty one where there was none."""
        return self.attempts[-1] if self.attempts else Attempt()


_REMARKS: Final = {
    "link": "This rule hands over to the keyword {1}.",
    "newkey": "This rule gives up: the next keyword on the stack is tried.",
    "pre": "The line was made anew first: {1}",
    "memory-stored": "Kept in memory for later: {1}",
    "memory-recalled": "Nothing in the line to hold on to, so something from memory: {1}",
    "fallback": "No keyword led to a reply; the fallback was used: {1}",
    "rejected": "Set aside: {1} ({2})",
    "note": "{1}",
}


def steps(rows: Iterable[Row]) -> Steps:
    """Sort the rows of a trace into steps; never raises, whatever the rows hold."""
    found = Steps()
    for row in rows:
        if row:
            _take(found, row[0], [*row[1:], "", "", "", ""], row)
    return found


def _take(found: Steps, kind: str, rest: list[str], row: Row) -> None:
    match kind:
        case "line":
            found.line = rest[0]
        case "reply":
            found.reply = rest[0]
        case "source":
            found.source = rest[0]
        case "clause":
            found.clauses.append(rest[0])
        case "substituted":
            found.substituted.append((rest[0], rest[1]))
        case "reflected":
            found.reflected.append((rest[0], rest[1]))
        case "stack":
            found.stack.append((rest[0], rest[1]))
        case "keyword":
            found.attempts.append(Attempt(keyword=rest[0]))
        case "decomposition" | "component" | "reassembly":
            _take_rule(found, kind, rest)
        case _:
            words = _REMARKS.get(kind)
            found.remarks.append(
                words.format(kind, *rest) if words else " ".join(filter(None, row))
            )


def _take_rule(found: Steps, kind: str, rest: list[str]) -> None:
    if not found.attempts:
        found.attempts.append(Attempt())
    attempt = found.attempts[-1]
    if kind == "decomposition":
        if attempt.decomposition:
            attempt = Attempt(keyword=attempt.keyword)
            found.attempts.append(attempt)
        attempt.decomposition = rest[0]
    elif kind == "reassembly":
        attempt.reassembly = rest[0]
    elif rest[0].isdecimal():
        known = rest[2].isdecimal() and rest[3].isdecimal()
        start, end = (int(rest[2]), int(rest[3])) if known else (-1, -1)
        attempt.pieces.append(Piece(int(rest[0]), rest[1], start, end))


def sentences(rows: Iterable[Row]) -> list[str]:
    """Return a trace as plain sentences, for a terminal or a screen reader."""
    found = steps(rows)
    told = [f"You said: {found.line}"] if found.line else []
    if found.clauses and found.clauses != [found.line]:
        told.append(f"What was listened to: {' / '.join(found.clauses)}")
    told += [f"{old} was read as {new}." for old, new in found.substituted]
    if found.stack:
        listed = ", ".join(f"{word} (rank {rank})" for word, rank in found.stack)
        told.append(f"Keywords found, the strongest first: {listed}")
    for attempt in found.attempts:
        if attempt.keyword:
            told.append(f"Keyword used: {attempt.keyword}")
        if attempt.decomposition:
            told.append(f"Taken apart by: {attempt.decomposition}")
        told += [f"  piece {piece.number}: {piece.text or '(nothing)'}" for piece in attempt.pieces]
        if attempt.reassembly:
            told.append(f"Put together by: {attempt.reassembly}")
    told += [f"{old} was turned round to {new}." for old, new in found.reflected]
    told += found.remarks
    if found.source:
        told.append(f"Where that is written: {found.source}")
    if found.reply:
        told.append(f"The reply: {found.reply}")
    return told
