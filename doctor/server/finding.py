"""Find a text in one patient's history: `HistoryFinder`, a part of the history at a time.

A command may cost a share of a processor only, so one call reads `MOST_READ` exchanges at most,
from the newest to older ones, and text of a cost of `MOST_COST` at most. It tells how far it came,
and the client goes on from there.

A text that is not ASCII is decomposed to be compared: up to a microsecond for a character, where
ASCII takes 3 nanoseconds. So cost is counted in characters, and those of ASCII texts for little.

Called in the handler's thread; other threads run between pages and every `STRETCH` of cost.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.text import holds
from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient

#: Exchanges that one call finds at most, and that it reads for that.
MOST_FOUND: Final = 50
MOST_READ: Final = 4_096
#: What is compared at most in one call, and between two moments at which other threads run.
MOST_COST: Final = 200_000
STRETCH: Final = 4_000
#: Exchanges that are read at once.
_PAGE: Final = 512


class SearchResult(NamedTuple):
    """What a search found."""

    exchanges: list[Exchange]  #: newest first
    searched: int  #: all from this number on were searched; 1 at the beginning of the history


class HistoryFinder:
    """Finds texts in the histories of one server; any thread may call `find`.

    One thread compares at a time, for a stretch: of a hundred that compare at once each patient's
    line would wait for its turn among them.
    """

    def __init__(self) -> None:
        self._comparing = threading.Lock()

    def find(self, patient: Patient, wanted: str, before: int | None = None) -> SearchResult:
        """Find `wanted`, which is folded, in what was said below number `before`, newest first."""
        search = _Search(wanted, before or patient.last_number + 1)
        for _ in range(0, MOST_READ, _PAGE):
            page = patient.history(_PAGE, search.lowest)
            rest = reversed(page)
            while not search.is_over:
                with self._comparing:
                    is_read = search.compare(rest)
                if is_read:
                    break
                let_others_run()
            if search.is_over:
                break
            if len(page) < _PAGE:
                return SearchResult(search.found, 1)
            let_others_run()
        return SearchResult(search.found, search.lowest)


class _Search:
    """One search under way."""

    def __init__(self, wanted: str, lowest: int) -> None:
        self._wanted, self.lowest = wanted, lowest
        self.found: list[Exchange] = []
        self._cost = 0

    @property
    def is_over(self) -> bool:
        """Whether enough was found or compared."""
        return len(self.found) >= MOST_FOUND or self._cost >= MOST_COST

    def compare(self, exchanges: Iterator[Exchange]) -> bool:
        """Compare exchanges for a stretch; return True where none is left."""
        until = self._cost + STRETCH
        for exchange in exchanges:
            self.lowest = exchange.number
            if holds(exchange.patient, self._wanted) or holds(exchange.doctor, self._wanted):
                self.found.append(exchange)
            self._cost += cost_of(exchange.patient) + cost_of(exchange.doctor)
            if self._cost >= until or self.is_over:
                return False
        return True


def cost_of(text: str) -> int:
    """Return about what it costs to compare a text."""
    return len(text) // 64 if text.isascii() else len(text)
