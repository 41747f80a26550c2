"""Shows a saved history a page at a time: from its end, or around an exchange.

Tk's thread only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from client.model.exchange import TAKEN_BACK, HistoryEntry
from doctor.report.formats import remark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.widgets.transcript_view import TranscriptView
    from doctor.patients.base import StoredHistory

#: Exchanges inserted into the transcript at a time.
_PAGE: Final = 100


class HistoryPages:
    """Shows the pages of one history in `view`."""

    def __init__(self, view: TranscriptView) -> None:
        self._view = view
        self.history: StoredHistory | None = None
        self._lowest = self._highest = 0

    def open(self, history: StoredHistory | None) -> None:
        """Show the end of a history, or nothing."""
        self._view.clear()
        self.history = history
        if history is not None:
            last = history.transcript.last_number
            self._lowest, self._highest = last + 1, last
            self.show_earlier()
            self._view.text_view.scroll_to_end()

    def show_earlier(self) -> None:
        """Show the exchanges before those that are shown."""
        if self.history is not None and self._lowest > 1:
            entries = to_entries(self.history.transcript.before(self._lowest, _PAGE))
            self._lowest = entries[0].number if entries else 1
            self._view.prepend(entries)

    def show_later(self) -> None:
        """Show the exchanges after those that are shown."""
        if self.history is not None and self._highest < self.history.transcript.last_number:
            entries = to_entries(self.history.transcript.first_since(self._highest, _PAGE))
            self._highest = entries[-1].number if entries else self.history.transcript.last_number
            for entry in entries:
                self._view.add(entry)

    def show_number(self, number: int) -> None:
        """Show an exchange and those around it."""
        if self.history is None or self._view.show_number(number):
            return
        entries = to_entries(self.history.transcript.before(number + _PAGE // 2, _PAGE))
        if entries:
            self._view.clear()
            self._view.text_view.follows = False
            self._lowest, self._highest = entries[0].number, entries[-1].number
            self._view.prepend(entries)
            self._view.show_number(number)


def to_entries(exchanges: Iterable[Any]) -> list[HistoryEntry]:
    """Return saved exchanges as the client has them."""
    return [_to_entry(one) for one in exchanges]


def _to_entry(one: Any) -> HistoryEntry:
    at = datetime.fromtimestamp(one.at, UTC)
    mark = TAKEN_BACK if one.event == "taken back" else one.mark.partition(" ")[0]
    event = "" if mark == TAKEN_BACK else remark(one, one.speaker)
    people = (one.speaker, one.responder)
    return HistoryEntry(one.number, at, 0, mark, one.patient, one.doctor, *people, event)
