"""How a reply was made, as values: what `/why`, the window and `talk --trace` show.

A trace is rows of text fields; the first field of a row is its kind, and no field holds a tab or
a line end. A machine that is asked to explain itself is given `Notes` and tells them what it does
while it does it, so that an explanation cannot differ from the reply it explains.

    line TEXT                     the patient's line
    clause TEXT                   the clause that was kept, as the machine had it
    substituted FROM TO           a word that a rule replaced while the line was scanned
    stack KEYWORD RANK            the key stack, the top first
    keyword KEYWORD               the keyword whose rule was used
    decomposition PATTERN         the pattern that matched
    component N TEXT START END    what component N matched; where it stands in the patient's line,
                                  in characters from 0, or two empty fields when that is unknown
    reassembly RULE               the reassembly rule whose turn it was
    link KEYWORD                  the rule led on to this keyword
    newkey                        the rule gave this keyword up for the next one on the stack
    pre TEXT                      the rule rewrote the text to this
    memory-stored TEXT            laid down for later
    memory-recalled TEXT          taken from the memory
    fallback WHICH                no keyword answered: what did
    reflected FROM TO             words turned round
    rejected REPLY WHY            a reply that was not given
    note TEXT                     anything else worth knowing
    source WHERE                  where the rule stands in the script, or the page of the paper
    reply TEXT                    the reply
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Row: TypeAlias = tuple[str, ...]

#: How each kind of row reads; {0}, {1} ... are its fields after the kind.
_READABLE = {
    "line": "line: {0}",
    "clause": "clause kept: {0}",
    "substituted": "substituted: {0} -> {1}",
    "stack": "key stack: {0} (rank {1})",
    "keyword": "keyword: {0}",
    "decomposition": "decomposition: ({0})",
    "component": "  component {0}: {1}",
    "reassembly": "reassembly: {0}",
    "link": "link to: {0}",
    "newkey": "NEWKEY: on to the next keyword of the stack",
    "pre": "PRE: the text is now: {0}",
    "memory-stored": "laid down in memory: {0}",
    "memory-recalled": "recalled from memory: {0}",
    "fallback": "fallback: {0}",
    "reflected": "reflected: {0} -> {1}",
    "rejected": "rejected: {0} ({1})",
    "note": "note: {0}",
    "source": "source: {0}",
    "reply": "reply: {0}",
}


class Trace(NamedTuple):
    """How one reply was made. Immutable."""

    entries: tuple[Row, ...]

    def rows(self) -> list[Row]:
        """Return the rows; the first field of each is its kind."""
        return list(self.entries)

    def text(self) -> str:
        """Return the trace as lines to read, without a line end after the last."""
        return "\n".join(_READABLE[row[0]].format(*row[1:]) for row in self.entries)


class Notes:
    """What a machine tells about one reply while it makes it. Used by one thread, once.

    `offsets` says for each word of the line where it starts and ends there; while the words of the
    text are still those of the line (`intact`), components have places in it.
    """

    __slots__ = ("_first", "_rows", "intact", "offsets")

    def __init__(self, line: str, offsets: Sequence[tuple[int, int]]) -> None:
        self._rows: list[Row] = []
        self._first = 0
        self.offsets = offsets
        self.intact = True
        self.add("line", line)

    def add(self, kind: str, *fields: str) -> None:
        """Note one row."""
        self._rows.append((kind, *[_plain(field) for field in fields]))

    def clause_dropped(self) -> None:
        """Note that a clause without a keyword was dropped, with what was substituted in it."""
        self._rows = [row for row in self._rows if row[0] != "substituted"]

    def clause_kept(
        self, words: Sequence[str], first: int, stack: Sequence[tuple[str, int]]
    ) -> None:
        """Note the clause that was kept, and the key stack.

        The clause's first word is word `first` of the line; `stack` is keywords and ranks.
        """
        self._first = first
        self._rows.insert(1, ("clause", _plain(" ".join(words))))
        for keyword, rank in stack:
            self.add("stack", keyword, str(rank))

    def rewritten(self, words: Sequence[str]) -> None:
        """Note that PRE made these words the text; they are not those of the line any more."""
        self.intact = False
        self.add("pre", " ".join(words))

    def components(self, words: Sequence[str], bounds: Sequence[int]) -> None:
        """Note what the components of a match are and where they stand in the line."""
        for number in range(1, len(bounds)):
            start, end = bounds[number - 1], bounds[number]
            places = ("", "")
            if self.intact and start < end:
                first, last = self.offsets[self._first + start], self.offsets[self._first + end - 1]
                places = (str(first[0]), str(last[1]))
            self.add("component", str(number), " ".join(words[start:end]), *places)

    def trace(self) -> Trace:
        """Return what was noted."""
        return Trace(tuple(self._rows))


def _plain(field: str) -> str:
    return " ".join(field.split()) if any(mark in field for mark in "\t\n\r") else field
