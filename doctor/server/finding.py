"""Find a text in one patient's history: `find`, a part of the history at a time.

A command may cost a share of a processor only, so one call reads `MOST_READ` exchanges at most,
from the newest to older ones, and text of a cost of `MOST_COST` at most. It tells how far it came,
and the client goes on from there.

A text that is not ASCII is decomposed to be compared: up to 2 microseconds for a character, where
ASCII takes 3 nanoseconds. So cost is counted in characters, and those of ASCII texts for little.

Called in the handler's thread; other threads run between pages and every `STRETCH` of cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.text import holds
from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient

#: Exchanges that one call finds at most, and that it reads for that.
MOST_FOUND: Final = 50
MOST_READ: Final = 4_096
#: What is compared at most in one call, and between two moments at which other threads run.
MOST_COST: Final = 500_000
STRETCH: Final = 4_000
#: Exchanges that are read at once.
_PAGE: Final = 512


class SearchResult(NamedTuple):
    """What a search found."""

    exchanges: list[Exchange]  #: newest first
    searched: int  #: all from this number on were searched; 1 at the beginning of the history


def find(patient: Patient, wanted: str, before: int | None = None) -> SearchResult:
    """Find `wanted`, which is folded, in what was said below number `before`, newest first."""
    found: list[Exchange] = []
    lowest = before or patient.last_number + 1
    cost = rested = 0
    for _ in range(0, MOST_READ, _PAGE):
        page = patient.history(_PAGE, lowest)
        for exchange in reversed(page):
            lowest = exchange.number
            if holds(exchange.patient, wanted) or holds(exchange.doctor, wanted):
                found.append(exchange)
                if len(found) == MOST_FOUND:
                    return SearchResult(found, lowest)
            cost += cost_of(exchange.patient) + cost_of(exchange.doctor)
            if cost >= MOST_COST:
                return SearchResult(found, lowest)
            if cost - rested >= STRETCH:
                rested = cost
                let_others_run()
        if len(page) < _PAGE:
            return SearchResult(found, 1)
        let_others_run()
    return SearchResult(found, lowest)


def cost_of(text: str) -> int:
    """Return about what it costs to compare a text."""
    return len(text) // 64 if text.isascii() else len(text)
