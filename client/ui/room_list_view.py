"""The list of conversations beside the transcript: the doctor alone, and each room.

What is unread is counted in words beside the name, not by colour. Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model import bidi
from client.model.language import tr
from client.widgets import dialogs

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.model.rooms import RoomList
    from client.ui.conversation_view import ConversationView

#: The width of the list, in sixteenths of a letter's height.
_WIDTH: Final = 130
#: Lines of text in the height of the list, below which it is low.
_LOW: Final = 8


class RoomListView:
    """A list in `view`; `show` gets the name of the conversation that is chosen.

    `join` is called by the button below it.
    """

    def __init__(
        self,
        view: ConversationView,
        show: Callable[[str], object],
        join: Callable[[], object],
    ) -> None:
        self._view, self._show = view, show
        self._names: list[str] = []
        painter, fonts = view.painter, view.fonts
        self.frame = frame = tk.Frame(view.layout.split)
        painter.paint(frame, "page")
        title = tk.Label(frame, text=tr("Conversations"), font=fonts.small, anchor="w")
        painter.paint(title, "page note")
        title.pack(side="top", fill="x", padx=fonts.space(8), pady=fonts.space(6))
        self.button = dialogs.button(frame, tr("Join…"), join, painter, fonts)
        self.button.pack(side="bottom", fill="x", padx=fonts.space(8), pady=fonts.space(8))
        self.list = tk.Listbox(
            frame,
            font=fonts.body,
            exportselection=False,  # else it loses its selection to what is selected elsewhere
            activestyle="none",
            borderwidth=0,
            highlightthickness=max(1, fonts.space(1)),
            width=1,
            takefocus=True,
        )
        painter.paint(self.list, "list")
        self.list.pack(side="top", fill="both", expand=True, padx=fonts.space(4))
        self._title = title
        frame.bind("<Configure>", lambda _event: self._fit(), add=True)
        self.list.bind("<<ListboxSelect>>", self._chosen)
        self.list.bind("<Return>", lambda _event: view.layout.input.focus_set())

    def _fit(self) -> None:
        """Leave a low list its rows: without title and button, which the menu has, and smaller."""
        space, lines = self._view.fonts.space, self.frame.winfo_height()
        is_low = lines < _LOW * self._view.fonts.body.metrics("linespace")
        fonts = self._view.fonts
        self.list.configure(font=fonts.small if is_low else fonts.body)
        if is_low:
            self._title.pack_forget()
            self.button.pack_forget()
        elif not self._title.winfo_manager():
            self._title.pack(side="top", fill="x", padx=space(8), pady=space(6), before=self.list)
            self.button.pack(
                side="bottom", fill="x", padx=space(8), pady=space(8), before=self.list
            )

    def update(self, rooms: RoomList) -> None:
        """Show the conversations; the list is there as long as there is a room."""
        self._names = [entry.name for entry in rooms.entries]
        self.list.delete(0, tk.END)
        self.list.insert(0, *[bidi.as_drawn(entry.label) for entry in rooms.entries])
        at = self._names.index(rooms.shown) if rooms.shown in self._names else 0
        self.list.selection_set(at)
        self.list.activate(at)
        self._place(shown=len(self._names) > 1)

    def _place(self, *, shown: bool) -> None:
        split, layout = self._view.layout.split, self._view.layout
        panes = list(map(str, split.tk.splitlist(split.tk.call(str(split), "panes"))))
        if shown and str(self.frame) not in panes:
            width = min(self._view.fonts.space(_WIDTH), layout.split.winfo_width() // 3)
            split.add(self.frame, before=layout.left, stretch="never", width=width)
        elif not shown and str(self.frame) in panes:
            split.forget(self.frame)

    def _chosen(self, _event: object) -> None:
        chosen = self.list.curselection()  # type: ignore[no-untyped-call] # typeshed has no types
        if chosen and chosen[0] < len(self._names):
            self._show(self._names[chosen[0]])
