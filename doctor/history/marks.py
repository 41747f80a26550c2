"""What the mark of an exchange says: that danger was met, of which kind, and how grave.

    care             version 1.0.0, a room, or a script whose answers name no kind
    care self plan   the word, the kind, the tier (`doctor.scripts.model.TIERS`)

The word alone goes over the wire and into the column `mark` of exports, as it always did: a reader
that asks whether a mark is "care" goes on working. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from doctor.history.chunks import Transcript

#: Exchanges that are looked at at once for a mark.
_SOME: Final = 256


class Mark(NamedTuple):
    """The parts of a mark; those that a record does not have are empty."""

    word: str = ""
    kind: str = ""
    tier: str = ""

    def __str__(self) -> str:
        details = ", ".join(each for each in (self.kind, self.tier) if each)
        return f"{self.word}: {details}" if details else self.word


def read_mark(mark: str) -> Mark:
    """Return the parts of a mark."""
    return Mark(*mark.split(" ")[:3]) if mark else Mark()


def last_mark(history: Transcript) -> Mark:
    """Return the mark of the last marked exchange of a history; an empty one where none is."""
    before = history.last_number + 1
    while found := history.before(before, _SOME):
        for exchange in reversed(found):
            if exchange.mark:
                return read_mark(exchange.mark)
        before = found[0].number
    return Mark()
