"""Reading in one's history: find a text, go to a date, show what is far above.

Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model.language import tr
from client.model.transcript import day
from client.net import events
from client.ui.finder import Finder
from client.ui.go_to_date import DateSearch, ask_day
from client.widgets.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from client.net.conversation import Conversation
    from client.net.events import Event
    from client.ui.presenter import Presenter
    from client.widgets.transcript_view import TranscriptView

#: What pages of a history are requested for, other than to load it.
_PASSAGE, _DATE = "passage", "date"


class Reading:
    """What a reader can do in the window of `presenter`.

    `prepare` gets each further transcript that is made.
    """

    def __init__(self, presenter: Presenter, prepare: Callable[[TranscriptView], object]) -> None:
        self._presenter, self._view = presenter, presenter.view
        self._prepare_other = prepare
        self.passage = Passage(
            self._view.transcript,
            self._view.painter,
            self._request_passage,
            self._prepare,
            type_key=self._view.input.type,
            back=self._view.layout.input.focus_set,
        )
        self._view.passage = self.passage
        self.dates = DateSearch(self._request_date, self._show_date)
        self._finder: Finder | None = None
        self._is_away = False  # the transcript shows a day that was asked for

    @property
    def finder(self) -> Finder:
        """Finds texts; its bar is made when it is wanted first."""
        if self._finder is None:
            self._finder = Finder(
                self._view, self._ask_find, self.show, self._transcripts, self._to_input
            )
        return self._finder

    # What the reader wants.

    def find(self) -> None:
        """Let a text be typed that is to be found."""
        self.finder.bar.open()

    def step(self, step: int) -> None:
        """Show the next older hit (1) or the next newer one (-1)."""
        bar = self.finder.bar
        if not bar.is_open or not bar.text:
            bar.open()
            return
        self.finder.search(bar.text)
        self.finder.step(step)

    def show(self, number: int) -> None:
        """Show an exchange, wherever in the history it is."""
        transcript = self._view.transcript
        if transcript.show_number(number):
            self.passage.close()
        elif self._conversation is not None:
            self.passage.show(number)

    def go_to_date(self) -> None:
        """Ask for a day, and show its first exchange."""
        items = self._view.transcript.items
        if not items or self._conversation is None:
            self._view.show_status(tr("This is possible only while a conversation is open."))
            return
        view = self._view
        view.open_dialog(
            ask_day(view.frame, view.painter, view.fonts, day(items[0].at), self.show_day)
        )

    def show_day(self, wanted: date) -> None:
        """Show the first exchange of a day."""
        last = max((item.number for item in self._view.transcript.items), default=0)
        self.dates.begin(wanted, last)

    def close(self) -> bool:
        """Close the passage and go back from a date, or else close the bar; return whether done."""
        was_away, self._is_away = self._is_away, False
        if was_away:
            self._view.transcript.text_view.scroll_to_end()
        if self.passage.close() or was_away:
            return True
        if self._finder is not None and self._finder.bar.is_open:
            self._finder.bar.close()
            return True
        return False

    def show_newest(self) -> str:
        """Show the newest entry instead of a passage, with the cursor at the end."""
        self.close()
        area = self._view.transcript.area
        area.mark_set("insert", "end - 1 chars")
        self._view.transcript.text_view.scroll_to_end()
        area.focus_set()
        return "break"

    def forget(self) -> None:
        """Keep nothing of the history that was read."""
        self.interrupt()
        self._is_away = False
        self.passage.forget()
        if self._finder is not None:
            self._finder.bar.close()

    def lay_out(self) -> None:
        """Set distances for the current fonts."""
        self.passage.lay_out()
        if self._finder is not None:
            self._finder.bar.lay_out()

    # What the server answers.

    def take(self, event: Event) -> None:
        """Take an event that is for a reader."""
        match event:
            case events.Found():
                self.finder.take(event)
            case events.HistoryPage(purpose="passage"):
                self.passage.take(event.entries)
            case events.HistoryPage(purpose="date"):
                self.dates.take(event)
            case _:
                pass

    def interrupt(self) -> None:
        """Forget what was asked: the connection was lost, or ended."""
        self.dates.stop()
        self.passage.interrupt()
        if self._finder is not None:
            self._finder.interrupt()

    @property
    def _conversation(self) -> Conversation | None:
        is_open = self._presenter.state in {"open", "thinking"}
        return self._presenter.conversation if is_open else None

    def _ask_find(self, text: str, before: int) -> bool:
        if self._conversation is not None:
            self._conversation.ask_find(text, before)
        return self._conversation is not None

    def _request_passage(self, count: int, before: int) -> None:
        if self._conversation is not None:
            self._conversation.ask_history(count, before, _PASSAGE)

    def _request_date(self, before: int) -> None:
        if self._conversation is not None:
            self._conversation.ask_history(1, before, _DATE)

    def _prepare(self, transcript: TranscriptView) -> None:
        self._prepare_other(transcript)
        transcript.area.bind("<Control-End>", lambda _event: self.show_newest())
        if self._finder is not None:
            transcript.mark_hits(self._finder.wanted)

    def _show_date(self, number: int, sentence: str) -> None:
        if number:
            self.show(number)
            self._is_away = True
            if sentence:
                self._view.show_status(sentence)
        else:
            self._view.show_status(tr("Nothing was said on that day or later."))

    def _transcripts(self) -> list[TranscriptView]:
        other = self.passage.transcript
        return [self._view.transcript, *([other] if other is not None else [])]

    def _to_input(self) -> None:
        self.passage.close()
        self._view.layout.input.focus_set()
