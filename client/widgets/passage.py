"""A part of the history that is far above what is loaded, shown over the transcript.

It begins around one exchange, and grows when the reader scrolls to its top or to its end. What is
said meanwhile is in the transcript behind it. Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model import dates
from client.model.language import tr
from client.widgets.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client.model.exchange import HistoryEntry
    from client.widgets.palette import Painter
    from client.widgets.transcript_view import TranscriptView

#: Exchanges that are requested at a time, and how many of them come after the one to show.
_PAGE: Final = 60
_AFTER: Final = 20


class Passage:
    """Shows a part of the history over `now`, the transcript of what is said now.

    `request(count, before)` requests exchanges; `prepare` gets the transcript once it is there.
    `type_key` gets a letter that is typed here, `back` is called when the reader goes back to now.
    """

    def __init__(
        self,
        now: TranscriptView,
        painter: Painter,
        request: Callable[[int, int], object],
        prepare: Callable[[TranscriptView], object],
        *,
        type_key: Callable[[str], object],
        back: Callable[[], object],
    ) -> None:
        self._now, self._painter = now, painter
        self._request, self._prepare = request, prepare
        self._type_key, self._back_to_now = type_key, back
        self._overlay: Overlay | None = None
        self._number = 0
        self._lowest = self._highest = 0
        self._is_asked = False

    @property
    def transcript(self) -> TranscriptView | None:
        """The transcript of the passage, once one was shown."""
        return self._overlay.transcript if self._overlay is not None else None

    @property
    def is_shown(self) -> bool:
        """Whether a passage is shown."""
        return self._overlay is not None and self._overlay.is_shown

    def show(self, number: int) -> None:
        """Show the exchange with this number and those around it."""
        if self.is_shown and self.transcript is not None and self.transcript.show_number(number):
            return
        if self._overlay is None:
            self._overlay = Overlay(
                self._now,
                self._painter,
                tr("Back to now"),
                self._back,
                on_top=self._grow_up,
                on_bottom=self._grow_down,
                on_typing=self._type_key,
            )
            self._prepare(self._overlay.transcript)
        self._number = number
        self._lowest = self._highest = 0
        self._is_asked = True
        self._request(_PAGE, number + _AFTER + 1)

    def take(self, entries: Sequence[HistoryEntry]) -> None:
        """Take the exchanges that were requested."""
        transcript = self.transcript
        if transcript is None or not self._is_asked or not entries:
            self._is_asked = False
            return
        self._is_asked = False
        first, last = entries[0].number, entries[-1].number
        if not self._lowest:
            self._open(entries)
        elif first < self._lowest:
            transcript.prepend([entry for entry in entries if entry.number < self._lowest])
            self._lowest = first
        else:
            for entry in entries:
                if entry.number > self._highest:
                    transcript.add(entry)
            if last <= self._highest:  # the end of the history
                self._highest += _PAGE
                return
            self._highest = last

    def _open(self, entries: Sequence[HistoryEntry]) -> None:
        """Show the first exchanges that came."""
        overlay = self._overlay
        assert overlay is not None  # noqa: S101 - `show` has made it
        transcript = overlay.transcript
        transcript.clear()
        transcript.patient = self._now.patient
        transcript.text_view.follows = False
        overlay.show()
        transcript.prepend(entries)
        self._lowest, self._highest = entries[0].number, entries[-1].number
        nearest = min(entries, key=lambda entry: abs(entry.number - self._number))
        overlay.title.configure(text=dates.in_words(nearest.at))
        overlay.frame.update_idletasks()
        transcript.show_number(nearest.number)

    def close(self) -> bool:
        """Show the transcript again; return whether a passage was shown."""
        was_shown = self.is_shown
        if self._overlay is not None and was_shown:
            self._overlay.hide()
        return was_shown

    def forget(self) -> None:
        """Close the passage, and keep nothing of it."""
        self.close()
        self.interrupt()
        if self.transcript is not None:
            self.transcript.clear()

    def interrupt(self) -> None:
        """Forget what was requested: the connection was lost."""
        self._is_asked = False

    def colour(self) -> None:
        """Show everything in the palette of the window."""
        if self.transcript is not None:
            self.transcript.colour(self._painter.palette)

    def lay_out(self) -> None:
        """Set distances for the current fonts."""
        if self.transcript is not None:
            self.transcript.lay_out()

    def _back(self) -> None:
        self.close()
        self._back_to_now()

    def _grow_up(self) -> None:
        if not self._is_asked and self._lowest > 1:
            self._is_asked = True
            self._request(_PAGE, self._lowest)

    def _grow_down(self) -> None:
        last = max((item.number for item in self._now.items), default=0)
        if not self._is_asked and self._highest < last:
            self._is_asked = True
            self._request(_PAGE, min(self._highest + _PAGE, last) + 1)
