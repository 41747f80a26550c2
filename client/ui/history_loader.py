"""Earlier sessions, fetched page by page and put above the others a few at a time.

The newest page comes first, on connecting; the ones before it when the reader comes to the top, or
all of them when they are asked for. Tk's thread alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.widgets.transcript_view import BATCH

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.net.conversation import Conversation
    from client.net.events import HistoryEntry, HistoryPage
    from client.widgets.transcript_view import TranscriptView

#: Exchanges asked for at a time: on connecting, and when all of them are wanted.
PAGE: Final = 100
LARGE_PAGE: Final = 1000


class HistoryLoader:
    """Fetches the history of one conversation into `view`."""

    def __init__(self, view: TranscriptView, talk: Conversation, widget: tk.Misc) -> None:
        self._view, self._talk, self._widget = view, talk, widget
        self._lowest = 0
        self._asked = False
        self._waiting: list[HistoryEntry] = []
        self._then: list[Callable[[], object]] = []
        self._over = False

    def begin(self, exchanges: int) -> None:
        """Fetch the last of that many exchanges."""
        if exchanges:
            self._lowest = exchanges + 1
            self._asked = True
            self._talk.ask_history(PAGE)

    @property
    def is_complete(self) -> bool:
        """Whether everything is shown."""
        return self._lowest <= 1 and not self._waiting

    @property
    def is_shown(self) -> bool:
        """Whether everything that was asked for is shown."""
        return not self._asked and not self._waiting

    def more(self) -> None:
        """Fetch the page before what is shown, unless one is on its way."""
        if not self._asked and not self._waiting and self._lowest > 1:
            self._asked = True
            size = LARGE_PAGE if self._then else PAGE
            self._talk.ask_history(size, self._lowest)

    def everything(self, then: Callable[[], object]) -> None:
        """Fetch all there is, then call `then`."""
        if self.is_complete:
            then()
        else:
            self._then.append(then)
            self.more()

    def interrupted(self) -> None:
        """A page that was on its way will not come: the connection was lost."""
        self._asked = False

    def resumed(self) -> None:
        """The connection is back: go on where all of it is wanted."""
        if self._then:
            self.more()

    def take(self, page: HistoryPage) -> None:
        """Take a page that came."""
        self._asked = False
        fresh = [entry for entry in page.entries if entry.number < self._lowest]
        self._lowest = fresh[0].number if fresh else 1
        self._waiting = fresh
        self._show()

    def stop(self) -> None:
        """Show nothing more."""
        self._over = True

    def _show(self) -> None:
        """Show some of what waits, the newest first, and let the window have its turn."""
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
            self.more()
