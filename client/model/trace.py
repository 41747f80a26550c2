"""The rows of a trace as steps that a person can follow; no user interface.

A trace arrives as rows whose first field is their kind (see `docs/protocol.md`). `steps` sorts them
into an order that is easy to understand, for the window and the console; the functions after it
find the same pieces in the patient's line, in the pattern and in the reply. A row of an unknown
kind is shown unchanged: a newer server may send more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[str, ...]

#: Longer rules and replies are not searched for pieces: it would take long and help nobody.
_SEARCHED: Final = 600
_MOST_SLOTS: Final = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """One component of a decomposition: its number, its text, and its position in the line.

    `start` and `end` are offsets in the patient's line; both are -1 if that is unknown.
    """

    number: int
    text: str
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Attempt:
    """One rule that was used: what it matched, what it made, and where the script has it."""

    keyword: str = ""
    decomposition: str = ""
    pieces: list[Piece] = field(default_factory=list)
    reassembly: str = ""
    source: str = ""


@dataclass(slots=True)
class Steps:
    """A sorted trace: the line, the keywords found, the rules tried, the reply."""

    line: str = ""
    clauses: list[str] = field(default_factory=list)
    substituted: list[tuple[str, str]] = field(default_factory=list)
    stack: list[tuple[str, str]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    reflected: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    reply: str = ""

    @property
    def used(self) -> Attempt:
        """The attempt that made the reply; an empty one if there was none."""
        return self.attempts[-1] if self.attempts else Attempt()


_REMARKS: Final = {
    "link": mark("A rule passed the line on to the keyword {1}."),
    "newkey": mark("A rule gave up: the next keyword was tried."),
    "pre": mark("The line was rewritten first: {1}"),
    "memory-stored": mark("Stored in memory for later: {1}"),
    "memory-recalled": mark("No keyword was found, so this came from memory: {1}"),
    "fallback": mark("No keyword led to a reply, so the fallback was used: {1}"),
    "rejected": mark("Rejected: {1} ({2})"),
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
        case "decomposition" | "component" | "reassembly" | "source":
            _take_rule(found, kind, rest)
        case _:
            words = _REMARKS.get(kind)
            found.remarks.append(
                tr(words).format(kind, *rest) if words else " ".join(filter(None, row))
            )


def _take_rule(found: Steps, kind: str, rest: list[str]) -> None:
    if not found.attempts:
        found.attempts.append(Attempt())
    attempt = found.attempts[-1]
    if getattr(attempt, kind, "") and kind != "source":
        # A second pattern or rule under the same keyword: another attempt.
        attempt = Attempt(keyword=attempt.keyword)
        found.attempts.append(attempt)
    if kind == "component":
        if rest[0].isdecimal():
            known = rest[2].isdecimal() and rest[3].isdecimal()
            start, end = (int(rest[2]), int(rest[3])) if known else (-1, -1)
            attempt.pieces.append(Piece(int(rest[0]), rest[1], start, end))
    else:
        setattr(attempt, kind, rest[0])


def locate(line: str, pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces that have words, with their positions in `line`, in order.

    Positions that the trace does not give are searched. A piece that is not found is left out, so
    that no piece is shown in a wrong position.
    """
    found: list[Piece] = []
    at = 0
    for piece in pieces:
        start, end = piece.start, piece.end
        if start < 0 and piece.text:
            words = r"\W+".join(map(re.escape, re.findall(r"[^\W_](?:[^\s]*[^\W_])?", piece.text)))
            hit = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE).search(line, at)
            start, end = hit.span() if hit and words else (-1, -1)
        if at <= start < end <= len(line):
            found.append(replace(piece, start=start, end=end))
            at = end
    return found


def pattern_parts(pattern: str) -> list[str]:
    """Return the parts of a decomposition pattern: one for each component."""
    whole = pattern.startswith("(") and pattern.endswith(")")
    if whole and _matching(pattern) == len(pattern) - 1:
        pattern = pattern[1:-1]
    parts: list[str] = []
    while pattern := pattern.strip():
        end = _matching(pattern) + 1 if pattern[0] == "(" else len(pattern.split(None, 1)[0])
        parts.append(pattern[:end])
        pattern = pattern[end:]
    return parts


def _matching(text: str) -> int:
    """Return the index of the parenthesis that closes the first one of `text`, or of the end."""
    depth = 0
    for index, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return index
    return len(text) - 1


def rule_parts(rule: str, numbers: Iterable[int]) -> list[tuple[str, int]]:
    """Return a reassembly rule cut at its slots: texts with 0, and slots with their numbers."""
    known = set(numbers)
    parts: list[tuple[str, int]] = []
    for part in re.split(r"(\b\d+\b)", rule):
        if part:
            number = int(part) if part.isdecimal() and len(part) < 4 else 0
            parts.append((part, number if number in known else 0))
    return parts


def reply_parts(reply: str, rule: str, pieces: list[Piece]) -> list[tuple[str, int]]:
    """Return a reply cut into texts with 0, and texts of the rule's slots with their numbers.

    If the reply does not fit the rule, return it whole: pieces are never guessed.
    """
    filled = [piece.number for piece in pieces if piece.text]
    rule = rule.strip().removeprefix("(").removesuffix(")").removeprefix("ASK ").strip()
    parts = rule_parts(rule, [piece.number for piece in pieces])
    slots = [number for _, number in parts if number in filled]
    if not 0 < len(slots) <= _MOST_SLOTS or len(reply) > _SEARCHED or len(rule) > _SEARCHED:
        return [(reply, 0)]
    counted = {piece.number: len(piece.text.split()) for piece in pieces}
    # Reflection mostly keeps the number of words; otherwise the shortest match is used.
    exact = {number: rf"\S+(?:\s+\S+){{{count - 1}}}" for number, count in counted.items() if count}
    hit = _fitted(reply, parts, exact) or _fitted(reply, parts, dict.fromkeys(filled, r"\S.*?"))
    if hit is None:
        return [(reply, 0)]
    made: list[tuple[str, int]] = []
    at = 0
    for group, number in enumerate(slots, 1):
        made += [(reply[at : hit.start(group)], 0), (hit[group], number)]
        at = hit.end(group)
    made.append((reply[at:], 0))
    return [part for part in made if part[0]]


def _fitted(
    reply: str, parts: list[tuple[str, int]], slots: dict[int, str]
) -> re.Match[str] | None:
    """Match the end of a reply with a rule; `slots` has a pattern for each slot."""
    pattern = ""
    for text, number in parts:
        if number in slots:
            pattern += rf"\s*(?<!\w)({slots[number]})(?!\w)"
        elif not number:
            pattern += "".join(rf"\s*{re.escape(word)}" for word in text.split())
    return re.compile(pattern + r"\s*$", re.IGNORECASE).search(reply)


_SENTENCES: Final = {
    "line": mark("You said: {1}"),
    "substituted": mark("{1} was read as {2}."),
    "keyword": mark("Keyword used: {1}"),
    "decomposition": mark("Matched by the pattern: {1}"),
    "source": mark("The rule is in: {1}"),
    "reflected": mark("{1} was changed to {2}."),
    "reply": mark("The reply: {1}"),
    **_REMARKS,
}


def sentences(rows: Iterable[Row]) -> list[str]:
    """Return a trace as plain sentences, in its order, for a terminal or a screen reader.

    Never raises, whatever the rows hold.
    """
    known = [row for row in rows if row]
    found = steps(known)
    stack = ", ".join(
        tr("{word} (rank {rank})").format(word=word, rank=rank) for word, rank in found.stack
    )
    # Rows of these kinds become one sentence, in the position of the first of them.
    together = {
        "stack": tr("Keywords found, the strongest first: {stack}").format(stack=stack),
        "clause": tr("Clauses used: {clauses}").format(clauses=" / ".join(found.clauses)),
    }
    if found.clauses == [found.line]:
        del together["clause"]
    made: list[str] = []
    ruled = False  # whether a keyword or a pattern was named
    for row in known:
        kind, rest = row[0], [*row[1:], "", "", "", ""]
        ruled = ruled or kind in {"keyword", "decomposition"}
        if kind in {"stack", "clause"}:
            made += filter(None, [together.pop(kind, "")])
        elif kind == "reassembly":
            made.append(f"{rule_heading(rest[0], alone=not ruled)}: {rest[0]}")
        elif kind == "component":
            made += (
                [
                    tr("  piece {number}: {text}").format(
                        number=rest[0], text=rest[1] or tr("(nothing)")
                    )
                ]
                if rest[0].isdecimal()
                else []
            )
        elif kind not in _SENTENCES:
            made.append(" ".join(filter(None, row)))  # from a newer server
        elif kind == "newkey" or rest[0]:
            made.append(tr(_SENTENCES[kind]).format(kind, *rest))
    return made


def rule_heading(rule: str, *, alone: bool) -> str:
    """Return a heading for a reassembly rule: the modern scripts may say something, then ask.

    `alone`: the rule belongs to no keyword and no pattern.
    """
    if rule.startswith("ASK "):
        return tr("Then it asks, by the rule")
    return tr("First it repeats, by the rule") if alone else tr("Made by the rule")
