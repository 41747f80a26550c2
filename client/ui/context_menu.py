"""The menu of the right mouse button, the Menu key and Shift+F10. Tk's thread only."""

from __future__ import annotations

import re
import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.transcript import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.model.transcript import Item
    from client.ui.conversation_view import ConversationView

_KEYS: Final = ("<Menu>", "<Shift-F10>")
#: An address of the web, and a telephone number: three digits or more, maybe in groups.
_ADDRESS: Final = re.compile(r"\b(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/[\w./-]*\w)?")
_NUMBER: Final = re.compile(r"(?<![\w.])\+?\d[\d -]*\d\d(?!\w)")


class ContextMenu:
    """A menu for the texts of `view`.

    `explain` gets the item whose reply is to be explained, `open_page` an address to open.
    """

    def __init__(
        self,
        view: ConversationView,
        explain: Callable[[Item], object],
        open_page: Callable[[str], object],
    ) -> None:
        self._view, self._explain, self._open_page = view, explain, open_page
        self.menu = tk.Menu(view.frame, tearoff=False, borderwidth=1, font=view.fonts.body)
        self.menu.configure(activeborderwidth=0, relief="solid")
        view.painter.paint(self.menu, "menu")
        layout = view.layout
        for widget in (layout.transcript, layout.trace, layout.input, layout.name):
            widget.bind("<Button-3>", self._open_at_pointer)
            for key in _KEYS:
                widget.bind(key, self._open_by_key)

    def _open_at_pointer(self, event: tk.Event[tk.Misc]) -> str:
        event.widget.focus_set()
        self._open(event.widget, f"@{event.x},{event.y}", event.x_root, event.y_root)
        return "break"

    def _open_by_key(self, event: tk.Event[tk.Misc]) -> str:
        widget = event.widget
        x, y = widget.winfo_rootx() + 20, widget.winfo_rooty() + 20
        self._open(widget, "", x, y)
        return "break"

    def _open(self, widget: tk.Misc, position: str, x: int, y: int) -> None:
        self.menu.delete(0, tk.END)
        transcript = self._view.transcript
        if widget is self._view.layout.transcript:
            item = transcript.item_at(position) if position else transcript.last_reply()
            if item is not None and item.kind is ItemKind.EXCHANGE:
                self._add_reply(item)
        self._add_event(widget, "Copy", "<<Copy>>")
        if widget in (self._view.layout.input, self._view.layout.name):
            self._add_event(widget, "Paste", "<<Paste>>")
        self._add_event(widget, "Select all", "<<SelectAll>>")
        self.menu.tk_popup(x, y)

    def _add_reply(self, item: Item) -> None:
        """Add what can be done with a reply: a careful one may name addresses and numbers."""
        add = self.menu.add_command
        add(label="Why did you say that?", command=lambda: self._explain(item))
        add(label="Copy this reply", command=lambda: self._copy(item.doctor))
        for address in dict.fromkeys(_ADDRESS.findall(item.doctor)):
            url = address if "://" in address else f"https://{address}"
            add(label=f"Open {address}", command=lambda url=url: self._open_page(url))  # type: ignore[misc] # bound early
        for number in dict.fromkeys(_NUMBER.findall(item.doctor)):
            add(label=f"Copy {number}", command=lambda number=number: self._copy(number))  # type: ignore[misc] # bound early
        self.menu.add_separator()

    def _copy(self, text: str) -> None:
        self.menu.clipboard_clear()
        self.menu.clipboard_append(text)

    def _add_event(self, widget: tk.Misc, label: str, event: str) -> None:
        self.menu.add_command(label=label, command=lambda: widget.event_generate(event))
