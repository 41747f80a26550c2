"""Replay a published dialogue while nobody is at an exhibit.

Nothing is connected meanwhile. Tk's thread only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.dialogue import DIALOGUE
from client.model.exchange import HistoryEntry
from client.model.language import mark, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.conversation_view import ConversationView
    from client.ui.museum.teletype import TeletypeLook

#: Milliseconds between two exchanges, and before the dialogue begins again.
PAUSE: Final = 3_500
END: Final = 15_000
TITLE: Final = mark("This conversation was printed in January 1966")
SOURCE: Final = mark("Joseph Weizenbaum, MIT: a young woman talks, the program ELIZA answers")
INVITATION: Final = mark("Press any key to talk with the doctor yourself.")


def label() -> str:
    """Return what is read above the dialogue all the time."""
    return "\n".join(map(tr, (TITLE, SOURCE, INVITATION)))


class AttractPage:
    """Replays the dialogue in a window's transcript from `start` to `stop`."""

    def __init__(self, view: ConversationView, teletype: TeletypeLook) -> None:
        self._view, self._teletype = view, teletype
        self._timer = ""
        self._at = 0
        self.is_on = False

    def start(self) -> None:
        """Clear the transcript and begin."""
        self.is_on = True
        self._begin()

    def stop(self) -> None:
        """Stop and clear the transcript."""
        self.is_on = False
        self._teletype.stop()
        if self._timer:
            self._view.frame.after_cancel(self._timer)
            self._timer = ""
        self._view.transcript.clear()

    def _begin(self) -> None:
        self._at = 0
        self._teletype.stop()
        transcript = self._view.transcript
        self._view.placeholder.dismiss()
        transcript.clear()
        self._wait(PAUSE, self._say)

    def _say(self) -> None:
        patient, doctor = DIALOGUE[self._at]
        self._at += 1
        now = datetime.now(UTC)
        self._view.transcript.add(HistoryEntry(0, now, 0, "", patient, doctor))
        self._teletype.print_last(self._go_on)

    def _go_on(self) -> None:
        if not self.is_on:
            return
        if self._at < len(DIALOGUE):
            self._wait(PAUSE, self._say)
        else:
            self._wait(END, self._begin)

    def _wait(self, milliseconds: int, then: Callable[[], None]) -> None:
        self._timer = self._view.frame.after(milliseconds, then)
