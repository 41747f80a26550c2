"""Find a text in one patient's history: `HistoryFinder`, a part of the history at a time.

One call searches from the newest exchange to older ones until it found `MOST_FOUND` or came to a
cost of `MOST_COST`. It tells how far it came, and the client goes on from there. Texts are searched
as they are stored (`doctor.history.searching`), so 100,000 exchanges take about a tenth of a
second.

Called in the handler's thread. Other threads run after each slice of a few milliseconds at most,
mostly of a tenth of one. A search that nobody else waits for costs its client little
(`doctor.server.network.throttle`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from doctor.history.searching import SearchedText
    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient

#: Exchanges that one call finds at most.
MOST_FOUND: Final = 50
#: What one call compares at most, in the unit of `TextBlock.cost_of`: 64 MB of English, 4 MB of a
#: text whose letters are not ASCII. Either takes a tenth of a second.
MOST_COST: Final = 1 << 22


class SearchResult(NamedTuple):
    """What a search found."""

    exchanges: list[Exchange]  #: newest first
    searched: int  #: all from this number on were searched; 1 at the beginning of the history


class HistoryFinder:
    """Finds texts in the histories of one server; any thread may call `find`.

    One thread compares at a time, for a slice: of a hundred that compare at once each patient's
    line would wait for its turn among them.
    """

    def __init__(self) -> None:
        self._comparing = threading.Lock()

    def find(self, patient: Patient, text: SearchedText, before: int | None = None) -> SearchResult:
        """Find a text in what was said below number `before`, newest first."""
        lowest = before or patient.last_number + 1
        found: list[Exchange] = []
        cost = 0
        for block in patient.texts(lowest):
            end = len(block.texts)
            while end:
                begin = block.slice_before(end)
                with self._comparing:
                    places = block.places(text, begin, end)
                found += block.hits(text, places)  # a database may be slow
                cost += block.cost_of(begin, end)
                lowest, end = block.numbers[begin], begin
                if len(found) >= MOST_FOUND:
                    return _first_of(found, lowest)
                if cost >= MOST_COST:
                    return SearchResult(found, lowest)
                let_others_run()
        return SearchResult(found, 1)


def _first_of(found: list[Exchange], lowest: int) -> SearchResult:
    """Return the newest of what was found; the next call goes on below the oldest of them."""
    if len(found) > MOST_FOUND:
        found = found[:MOST_FOUND]
        lowest = found[-1].number
    return SearchResult(found, lowest)
