"""The menu of the right mouse button, the Menu key and Shift+F10. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.model.links import find_links
from client.model.transcript import ItemKind
from client.widgets import transcript_cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.model.transcript import Item
    from client.ui.conversation_view import ConversationView
    from client.widgets.transcript_view import TranscriptView

_KEYS: Final = ("<Menu>", "<Shift-F10>")


class ContextMenu:
    """A menu for the texts of `view`.

    `explain` gets the item whose reply is to be explained, `open_page` an address to open,
    `take_back` the item of the exchange to take back.
    """

    def __init__(
        self,
        view: ConversationView,
        explain: Callable[[Item], object],
        open_page: Callable[[str], object],
        take_back: Callable[[Item], object],
    ) -> None:
        self._view, self._explain = view, explain
        self._open_page, self._take_back = open_page, take_back
        self.menu = tk.Menu(view.frame, tearoff=False, borderwidth=1, font=view.fonts.body)
        self.menu.configure(activeborderwidth=0, relief="solid")
        view.painter.paint(self.menu, "popup")
        layout = view.layout
        self.menu.bind("<Unmap>", lambda _event: self._unmark())
        self._transcripts = {str(layout.transcript): view.transcript}
        for widget in (layout.transcript, layout.trace, layout.input, layout.name):
            self._bind(widget)

    def add_transcript(self, transcript: TranscriptView) -> None:
        """Let a further transcript have the menu too."""
        self._transcripts[str(transcript.area)] = transcript
        self._bind(transcript.area)

    def _bind(self, widget: tk.Misc) -> None:
        widget.bind("<Button-3>", self._open_at_pointer)
        for key in _KEYS:
            widget.bind(key, self._open_by_key)

    def _open_at_pointer(self, event: tk.Event[tk.Misc]) -> str:
        event.widget.focus_set()
        self._open(event.widget, f"@{event.x},{event.y}", event.x_root, event.y_root)
        return "break"

    def _open_by_key(self, event: tk.Event[tk.Misc]) -> str:
        widget = event.widget
        if isinstance(widget, tk.Text):
            x, y = transcript_cursor.place_of_cursor(widget)
        else:
            x, y = widget.winfo_rootx() + 20, widget.winfo_rooty() + 20
        self._open(widget, "", x, y)
        return "break"

    def _open(self, widget: tk.Misc, position: str, x: int, y: int) -> None:
        self.menu.delete(0, tk.END)
        transcript = self._transcripts.get(str(widget))
        if transcript is not None:
            item = (
                transcript.item_at(position)
                if position
                else transcript_cursor.item_at_cursor(transcript)
            )
            self._unmark()
            if item is not None and item.kind is ItemKind.EXCHANGE:
                transcript_cursor.mark_meant(transcript, item)
                self._add_reply(item)
        if widget is self._view.layout.input:
            self._add_suggestions(position or tk.INSERT)
        self._add_event(widget, tr("Copy"), "<<Copy>>")
        if widget in (self._view.layout.input, self._view.layout.name):
            self._add_event(widget, tr("Paste"), "<<Paste>>")
        self._add_event(widget, tr("Select all"), "<<SelectAll>>")
        self.menu.tk_popup(x, y)

    def _unmark(self) -> None:
        for transcript in self._transcripts.values():
            transcript_cursor.unmark_meant(transcript)

    def _add_reply(self, item: Item) -> None:
        """Add what can be done with a reply: a careful one may name addresses and numbers."""
        add = self.menu.add_command
        if item.line or not item.session:
            add(label=tr("Why did you say that?"), command=lambda: self._explain(item))
        add(label=tr("Copy this reply"), command=lambda: self._copy(item.doctor))
        for link in dict.fromkeys(find_links(item.doctor)):
            if link.url:
                label = tr("Open {text}").format(text=link.text)
                add(label=label, command=lambda url=link.url: self._open_page(url))  # type: ignore[misc] # bound early
            else:
                label = tr("Copy {text}").format(text=link.text)
                add(label=label, command=lambda text=link.text: self._copy(text))  # type: ignore[misc] # bound early
        if item.number:
            add(label=tr("Take this back…"), command=lambda: self._take_back(item))
        self.menu.add_separator()

    def _add_suggestions(self, position: str) -> None:
        """Add what may have been meant by a misspelt word."""
        marks = self._view.spelling
        found = marks.word_at(self._view.layout.input.index(position))
        if found is not None:
            first, last, words = found
            for word in words:
                self.menu.add_command(
                    label=word,
                    command=lambda word=word: marks.replace(first, last, word),  # type: ignore[misc] # bound early
                )
            if words:
                self.menu.add_separator()

    def _copy(self, text: str) -> None:
        self.menu.clipboard_clear()
        self.menu.clipboard_append(text)

    def _add_event(self, widget: tk.Misc, label: str, event: str) -> None:
        self.menu.add_command(label=label, command=lambda: widget.event_generate(event))
