"""Loads earlier sessions page by page, and inserts them above the others a few at a time.

The newest page is loaded on connecting; earlier pages when the reader scrolls to the top, or all of
them on request. Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.widgets.transcript_view import BATCH

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.model.exchange import HistoryEntry
    from client.net.conversation import Conversation
    from client.net.events import HistoryPage
    from client.widgets.transcript_view import TranscriptView

#: Exchanges requested at a time: on connecting, and when all of them are wanted.
PAGE: Final = 100
LARGE_PAGE: Final = 1000


class HistoryLoader:
    """Loads the history of one conversation into `view`."""

    def __init__(self, view: TranscriptView, conversation: Conversation, widget: tk.Misc) -> None:
        self._view, self._conversation, self._widget = view, conversation, widget
        self._lowest = 0
        self._asked = False
        self._waiting: list[HistoryEntry] = []
        self._then: list[Callable[[], object]] = []
        self._over = False

    def begin(self, exchanges: int) -> None:
        """Load the last page of a history of so many exchanges."""
        if exchanges:
            self._lowest = exchanges + 1
            self._asked = True
            self._conversation.ask_history(PAGE)

    @property
    def is_complete(self) -> bool:
        """Whether the whole history is shown."""
        return self._lowest <= 1 and not self._waiting

    @property
    def is_shown(self) -> bool:
        """Whether everything that was requested is shown."""
        return not self._asked and not self._waiting

    def load_more(self) -> None:
        """Load the page before what is shown, unless one is being loaded."""
        if not self._asked and not self._waiting and self._lowest > 1:
            self._asked = True
            size = LARGE_PAGE if self._then else PAGE
            self._conversation.ask_history(size, self._lowest)

    def load_all(self, then: Callable[[], object]) -> None:
        """Load the whole history, then call `then`."""
        if self.is_complete:
            then()
        else:
            self._then.append(then)
            self.load_more()

    def interrupt(self) -> None:
        """Forget a requested page: the connection was lost."""
        self._asked = False

    def resume(self) -> None:
        """Continue after a new connection, if the whole history is wanted."""
        if self._then:
            self.load_more()

    def take(self, page: HistoryPage) -> None:
        """Take a page that has arrived."""
        self._asked = False
        fresh = [entry for entry in page.entries if entry.number < self._lowest]
        self._lowest = fresh[0].number if fresh else 1
        self._waiting = fresh
        self._show()

    def stop(self) -> None:
        """Show no more pages."""
        self._over = True

    def _show(self) -> None:
        """Show some of the waiting exchanges, newest first, then return to the event loop."""
        if self._over:
            return
        self._waiting, part = self._waiting[:-BATCH], self._waiting[-BATCH:]
        self._view.prepend(part)
        if self._waiting:
            self._widget.after(1, self._show)
        elif self.is_complete:
            waiting, self._then = self._then, []
            for then in waiting:
                then()
        elif self._then:
            self.load_more()
