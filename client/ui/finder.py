"""Finds a text in the whole history: the server searches, the newest first.

It searches a part at a time. What is found so far is counted and shown while the rest is searched;
lines that the patient says meanwhile wait for one part at most. A server that cannot search leaves
what is loaded. Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.language import as_number, tr
from client.model.transcript import ItemKind
from client.ui.find_bar import FindBar
from doctor.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Found
    from client.ui.conversation_view import ConversationView
    from client.widgets.transcript_view import TranscriptView

#: Hits after which the search waits until the reader has come so far.
MOST: Final = 500


class Finder:
    """Finds texts for `view`; `ask(text, before)` asks the server if it can be asked.

    `show(number)` shows an exchange; `transcripts()` returns where hits are to be marked.
    """

    def __init__(
        self,
        view: ConversationView,
        ask: Callable[[str, int], bool],
        show: Callable[[int], object],
        transcripts: Callable[[], list[TranscriptView]],
        closed: Callable[[], object],
    ) -> None:
        self._view, self._ask, self._show = view, ask, show
        self._transcripts, self._closed = transcripts, closed
        self.bar = FindBar(view, self.search, self.step, self._end)
        self.wanted = ""  #: folded
        self.hits: list[int] = []  #: numbers, newest first
        self._at = -1
        self._text = ""
        self.searched = 0  #: all from here on were searched
        self._is_asked = False
        self._steps_on = False  # the next older hit is to be shown as soon as it is found

    def search(self, text: str) -> None:
        """Begin to find a text, unless that was found already."""
        wanted = fold(text)
        if wanted == self.wanted:
            return
        self.wanted, self._text, self.hits, self._at = wanted, text, [], -1
        self.searched, self._is_asked, self._steps_on = 0, False, False
        for transcript in self._transcripts():
            transcript.mark_hits(wanted)
        if wanted:
            self._search_on()
        self._count()

    def step(self, step: int) -> None:
        """Show the next older hit, or the next newer one."""
        at = self._at + step
        if 0 <= at < len(self.hits):
            self._at = at
            self._show(self.hits[at])
        elif step > 0 and self.searched > 1:
            self._steps_on = True
            self._search_on()
        elif self.hits and step > 0:
            self._at = 0  # round to the newest
            self._show(self.hits[0])
        self._count()

    def take(self, found: Found) -> None:
        """Take a part of what was found."""
        if fold(found.wanted) != self.wanted or not self._is_asked:
            return
        self._is_asked = False
        self.searched = found.searched
        numbers = [entry.number for entry in found.entries]
        if not found.searched:
            numbers = self._loaded_hits()
        self.hits += numbers
        for transcript in self._transcripts():
            for number in numbers:
                transcript.mark_hit(number)
        if self.hits and (self._at < 0 or self._steps_on):
            self._at = min(self._at + 1, len(self.hits) - 1)
            self._steps_on = self._steps_on and not numbers
            self._show(self.hits[self._at])
        if found.searched > 1 and (len(self.hits) < MOST or self._steps_on):
            self._search_on()
        self._count()

    def _search_on(self) -> None:
        if not self._is_asked:
            self._is_asked = self._ask(self._text, self.searched)
            if not self._is_asked:  # there is no server to ask now
                self.hits, self.searched = self._loaded_hits(), 0
                if self.hits:
                    self._at = 0
                    self._show(self.hits[0])

    def interrupt(self) -> None:
        """Forget what was asked: the connection was lost."""
        if self._is_asked:
            self._is_asked = False
            self.wanted = ""  # the same text is looked for anew
            self.bar.tell(tr("The connection was lost."))

    def _loaded_hits(self) -> list[int]:
        """Return the numbers of the hits in what is shown, newest first."""
        return [
            item.number
            for item in reversed(self._view.transcript.items)
            if item.kind is ItemKind.EXCHANGE
            and item.number
            and (self.wanted in fold(item.patient) or self.wanted in fold(item.doctor))
        ]

    def _count(self) -> None:
        more = "…" if self._is_asked or self.searched > 1 else ""
        if not self.wanted:
            text = ""
        elif self.hits:
            count = tr("{at} of {all}").format(
                at=as_number(self._at + 1), all=as_number(len(self.hits))
            )
            text = count + more
        else:
            text = tr("Searching…") if more else tr("Nothing found")
        self.bar.tell(text)

    def _end(self) -> None:
        for transcript in self._transcripts():
            transcript.mark_hits("")
        self.wanted = ""
        self._closed()
