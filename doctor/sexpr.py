"""The outer shape of a script: parentheses, words, numbers and comments, each with its place.

    text     : { list | atom }
    list     : '(' { list | atom } ')'
    atom     : '=' | digits | word        a word runs to white space, '(', ')', ';' or '='
    comment  : ';' to the end of its line

So `(=WHAT)` is a list of two atoms, `4'S` is a number and a word, and `DLIST(/FAMILY)` is a word
and a list, as the reader of 1966 had them. Two atoms that touch are marked, so that a reader who
wants `116-123` as one word can have it.

Every fault is found in one pass and has line, column and remedy. Reading uses no recursion, so a
text nested a million deep is as harmless as any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A script larger than this, in bytes of UTF-8, is refused; the shared DOCTOR of 1966 has 15,000.
MAX_BYTES = 1 << 20
#: Lists nested deeper than this are refused; the deepest of 1966 (PRE) are nested four deep.
MAX_DEPTH = 100

#: A script with so many faults is no script; reading stops there.
MAX_FAULTS = 500

ERROR, WARNING = "error", "warning"

# All but white space, in one line of a text; a comment is found as well, and is no node. Splitting
# by it leaves white space at even places and tokens at odd ones.
_TOKEN = re.compile(r"([()=]|[0-9]+|[^\s\x00-\x20\x7f();=]+|;.*)")
# The kind of an atom by its first character; all else is a word.
_KIND_BY_FIRST = {"=": "=", **dict.fromkeys("0123456789", "number")}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a script, where it is (from 1), and what to do about it."""

    line: int
    column: int
    severity: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity}: {self.message} ({self.remedy})"


class Faults(list[Fault]):
    """The faults found so far; the one over `MAX_FAULTS` ends the reading with `TooManyFaults`."""

    def add(self, fault: Fault) -> None:
        """Take one fault more."""
        self.append(fault)
        if len(self) >= MAX_FAULTS:
            remedy = "correct these first; is this a script?"
            self.append(Fault(fault.line, fault.column, ERROR, "too many faults to go on", remedy))
            raise TooManyFaults


class TooManyFaults(Exception):
    """A text has so many faults that reading on tells nothing; `doctor.script` catches it."""


@dataclass(slots=True)
class Node:
    """A list or an atom of the text; `kind` is "list", "word", "number" or "="."""

    kind: str
    text: str
    line: int
    column: int
    glued: bool = False
    items: Sequence[Node] = ()

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return self.kind == "list"

    def shown(self) -> str:
        """Return this node as a short piece of script, for a message."""
        if not self.is_list:
            return self.text
        inside = " ".join(item.text if not item.is_list else "(...)" for item in self.items[:4])
        return f"({inside}{' ...' if len(self.items) > 4 else ''})"


def too_large(size: int) -> Fault:
    """Return the fault of a script of `size` bytes that is over the limit."""
    return Fault(
        1,
        1,
        ERROR,
        f"the script has {size:,} bytes, more than {MAX_BYTES:,}",
        "a script is a text for people; split it or remove what is not script",
    )


def read(text: str, faults: Faults) -> list[Node]:
    """Return the lists and atoms of `text`; every fault of its outer shape is added to `faults`."""
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        faults.add(too_large(size))
        return []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    before = len(faults)
    nodes, closed = _nest(text, faults, by_margin=False)
    if not closed:
        # Somewhere a parenthesis is missing. Rules usually begin at the margin, so reading again
        # with every '(' in the first column as a new beginning finds which one is not closed.
        del faults[before:]
        nodes, _ = _nest(text, faults, by_margin=True)
    return nodes


def _nest(text: str, faults: Faults, *, by_margin: bool) -> tuple[list[Node], bool]:
    """Return the lists of `text`, and whether the last of them was closed."""
    top: list[Node] = []
    inside = top  # where the next node goes
    open_lists: list[Node] = []
    outside: list[list[Node]] = []  # for each open list, where nodes go when it is closed
    for line, row in enumerate(text.split("\n"), 1):
        end = 0
        pieces = _TOKEN.split(row)
        for space, piece in zip(pieces[::2], pieces[1::2], strict=False):
            begin = end + len(space)
            end = begin + len(piece)
            glued = not space and begin > 0
            if piece == ")":
                if open_lists:
                    open_lists.pop()
                    inside = outside.pop()
                else:
                    faults.add(_unopened(line, begin + 1))
            elif piece == "(":
                if by_margin and begin == 0 and open_lists:
                    faults.add(_unclosed(open_lists, line))
                    open_lists, outside, inside = [], [], top
                items: list[Node] = []
                node = Node("list", "(", line, begin + 1, glued, items)
                inside.append(node)
                open_lists.append(node)
                outside.append(inside)
                inside = items
                if len(open_lists) > MAX_DEPTH:
                    faults.add(_deep(line, begin + 1))
                    return [], True
            elif piece[0] != ";":
                kind = _KIND_BY_FIRST.get(piece[0], "word")
                inside.append(Node(kind, piece, line, begin + 1, glued))
    if open_lists and by_margin:
        faults.add(_unclosed(open_lists, 0))
    return top, not open_lists


def _unopened(line: int, column: int) -> Fault:
    return Fault(
        line,
        column,
        ERROR,
        "this ')' closes nothing",
        "remove it, or look for a ')' too many just before it",
    )


def _unclosed(open_lists: list[Node], before: int) -> Fault:
    outer = open_lists[0]
    missing = len(open_lists)
    where = f"before line {before}" if before else "before the end of the script"
    return Fault(
        outer.line,
        outer.column,
        ERROR,
        f"{outer.shown()} is not closed: {missing} ')' missing",
        f"add {')' * min(missing, MAX_DEPTH)} {where}",
    )


def _deep(line: int, column: int) -> Fault:
    return Fault(
        line,
        column,
        ERROR,
        f"lists are nested more than {MAX_DEPTH} deep",
        "a rule needs four levels; close the lists before this one",
    )
