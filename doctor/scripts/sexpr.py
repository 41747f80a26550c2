"""Read the outer shape of a script: parentheses, words, numbers and comments.

    text     : { list | atom }
    list     : '(' { list | atom } ')'
    atom     : '=' | digits | word        a word runs to white space, '(', ')', ';' or '='
    comment  : ';' to the end of its line

So `(=WHAT)` is a list of two atoms, `4'S` is a number and a word, and `DLIST(/FAMILY)` is a word
and a list, as the reader of 1966 had them. Who wants `116-123` as one word asks for the `words` of
a list, which are what is between white space.

Reading finds the lists and leaves the text between them as it is, because most of a script is
text. Every fault is found in one pass and has line, column and remedy; the position of each atom
is noted only where `positions` are wanted, as a sound script needs none of them. Reading uses no
recursion, so a text nested a million deep is as harmless as any other.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias, TypeGuard

#: A script larger than this, in bytes of UTF-8, is refused; the shared DOCTOR of 1966 has 15,000.
MAX_BYTES = 1 << 20
#: Lists nested deeper than this are refused; the deepest of 1966 (PRE) are nested four deep.
MAX_DEPTH = 100

#: A script with so many faults is no script; reading stops there.
MAX_FAULTS = 500

ERROR, WARNING = "error", "warning"

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")  # white space: they say nothing
_ATOM = re.compile(r"[^\s=0-9][^\s=]*|[0-9]+|=")
_WORD = re.compile(r"\S+")
# A text without any of these is cut at white space alone, which is quicker.
_CUTS = re.compile("[=0-9]")
#: What a number begins with, and nothing else.
DIGITS = frozenset("0123456789")


class ScriptFault(NamedTuple):
    """One thing wrong with a script, where it is (from 1), and what to do about it."""

    line: int
    column: int
    severity: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity}: {self.message} ({self.remedy})"


class Faults(list[ScriptFault]):
    """The faults found so far; more than `MAX_FAULTS` raise `TooManyFaults`."""

    def add(self, fault: ScriptFault) -> None:
        """Add a fault."""
        self.append(fault)
        if len(self) >= MAX_FAULTS:
            remedy = "correct these first; is this a script?"
            self.append(
                ScriptFault(fault.line, fault.column, ERROR, "too many faults to go on", remedy)
            )
            raise TooManyFaults


class TooManyFaults(Exception):
    """A text has too many faults to read on; `doctor.scripts.loader` catches it."""


class Placed(str):
    """A text that knows its position."""

    __slots__ = ("column", "line")

    line: int
    column: int


class List:
    """A list, the position of its parenthesis, and its parts: lists, and the text between them."""

    __slots__ = ("column", "line", "parts")

    def __init__(self, line: int, column: int, parts: list[Node]) -> None:
        self.line = line
        self.column = column
        self.parts = parts

    @property
    def head(self) -> str:
        """The first word of this list; empty where it begins with a list, or is empty."""
        first = self.parts[0] if self.parts else ""
        return first.split(None, 1)[0] if isinstance(first, str) and first else ""

    def atoms(self) -> list[Node]:
        """Return what is in this list: lists and atoms, the latter `Placed` if the parts are."""
        found: list[Node] = []
        for part in self.parts:
            if isinstance(part, List):
                found.append(part)
            elif isinstance(part, Placed):
                line, column = part.line, part.column
                found += [_placed(a[0], line, column + a.start()) for a in _ATOM.finditer(part)]
            elif _CUTS.search(part):
                found += _ATOM.findall(part)
            else:
                found += part.split()
        return found

    def words(self) -> list[Node]:
        """Return what is in this list: lists, and what is between white space, `Placed` or not."""
        found: list[Node] = []
        for part in self.parts:
            if isinstance(part, List):
                found.append(part)
            elif isinstance(part, Placed):
                line, column = part.line, part.column
                found += [_placed(w[0], line, column + w.start()) for w in _WORD.finditer(part)]
            else:
                found += part.split()
        return found

    def __str__(self) -> str:
        """Return a short piece of script, for a message."""
        words = ["(...)" if isinstance(word, List) else word for word in self.words()]
        return f"({' '.join(words[:4])}{' ...' if len(words) > 4 else ''})"


#: What a list contains.
Node: TypeAlias = "List | str"


def _placed(text: str, line: int, column: int) -> Placed:
    found = Placed(text)
    found.line, found.column = line, column
    return found


def is_number(atom: Node) -> TypeGuard[str]:
    """Return True for an atom of digits."""
    return isinstance(atom, str) and atom[0] in DIGITS


def is_word(atom: Node) -> TypeGuard[str]:
    """Return True for an atom that is neither a number nor `=`."""
    return isinstance(atom, str) and atom[0] not in DIGITS and atom != "="


def too_large(size: int) -> ScriptFault:
    """Return the fault of a script of `size` bytes that is over the limit."""
    return ScriptFault(
        1,
        1,
        ERROR,
        f"the script has {size:,} bytes, more than {MAX_BYTES:,}",
        "a script is a text for people; remove what does not belong to it",
    )


def read(text: str, faults: Faults, *, positions: bool) -> List:
    """Return `text` as the parts of one list; every fault of its shape is added to `faults`.

    With `positions` all text in it is `Placed`.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        faults.add(too_large(size))
        return List(1, 1, [])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub(" ", text)
    before = len(faults)
    whole, closed = _nest(text, faults, positions=positions, by_margin=False)
    if not closed:
        # Somewhere a parenthesis is missing. Rules usually begin at the margin, so reading again
        # with every '(' in the first column as a new beginning finds which one is not closed.
        del faults[before:]
        whole, _ = _nest(text, faults, positions=positions, by_margin=True)
    return whole


def _nest(text: str, faults: Faults, *, positions: bool, by_margin: bool) -> tuple[List, bool]:
    """Return the lists of `text` in one, and whether the last of them was closed.

    A row is cut at '(', and the text between two of them at ')'.
    """
    whole = List(1, 1, [])
    open_lists = [whole]  # the innermost last
    for line, row in enumerate(text.split("\n"), 1):
        column = 1
        for piece in row.partition(";")[0].split("("):
            if column > 1:
                if by_margin and column == 2 and len(open_lists) > 1:
                    faults.add(_unclosed(open_lists, line))
                    open_lists = [whole]
                node = List(line, column - 1, [])
                open_lists[-1].parts.append(node)
                open_lists.append(node)
                if len(open_lists) > MAX_DEPTH + 1:
                    faults.add(_deep(line, column - 1))
                    return List(1, 1, []), True
            closes = False
            for part in piece.split(")"):
                if closes and len(open_lists) > 1:
                    open_lists.pop()
                elif closes:
                    faults.add(_unopened(line, column - 1))
                if part and not part.isspace():
                    found = _placed(part, line, column) if positions else part
                    open_lists[-1].parts.append(found)
                column += len(part) + 1
                closes = True
    if len(open_lists) > 1 and by_margin:
        faults.add(_unclosed(open_lists, 0))
    return whole, len(open_lists) == 1


def _unopened(line: int, column: int) -> ScriptFault:
    return ScriptFault(
        line,
        column,
        ERROR,
        "this ')' has no '(' before it",
        "remove it, or look for an extra ')' just before it",
    )


def _unclosed(open_lists: list[List], before: int) -> ScriptFault:
    _whole, outer, *inner = open_lists
    missing = 1 + len(inner)
    where = f"before line {before}" if before else "before the end of the script"
    return ScriptFault(
        outer.line,
        outer.column,
        ERROR,
        f"{outer} is not closed: {missing} ')' missing",
        f"add {')' * min(missing, MAX_DEPTH)} {where}",
    )


def _deep(line: int, column: int) -> ScriptFault:
    return ScriptFault(
        line,
        column,
        ERROR,
        f"lists are nested more than {MAX_DEPTH} deep",
        "a rule needs four levels; close the lists before this one",
    )
