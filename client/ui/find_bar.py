"""The bar above the transcript in which a text to find is typed. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.widgets import dialogs, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.conversation_view import ConversationView

#: Milliseconds after the last letter until what was typed is looked for.
_PAUSE: Final = 350
#: In a narrow bar these stand for Older, Newer and Close.
_SIGNS: Final = ("\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}", "\N{MULTIPLICATION SIGN}")
#: Letters for which the field has room at least.
_LEAST: Final = 14


class FindBar:
    """A field, a count and buttons in `view.layout.find_row`; hidden until `open`.

    `search` gets what is typed, `step` 1 for an older hit and -1 for a newer one; `closed` is
    called when the bar is closed.
    """

    def __init__(
        self,
        view: ConversationView,
        search: Callable[[str], object],
        step: Callable[[int], object],
        closed: Callable[[], object],
    ) -> None:
        self._view, self._search, self._step, self._closed = view, search, step, closed
        self._timer = ""
        self.frame = frame = tk.Frame(view.frame)
        painter, fonts = view.painter, view.fonts
        painter.paint(frame, "bar")
        self.label = label = tk.Label(frame, text=tr("Find"), font=fonts.small)
        painter.paint(label, "label")
        self.entry = tk.Entry(frame, font=fonts.body, relief="flat", width=24)
        painter.paint(self.entry, "entry")
        self.count = tk.Label(frame, text="", font=fonts.small, anchor="w")
        painter.paint(self.count, "label")
        self.buttons = [
            dialogs.button(frame, text, call, painter, fonts)
            for text, call in (
                (tr("Older"), lambda: self._go(1)),
                (tr("Newer"), lambda: self._go(-1)),
                (tr("Close"), self.close),
            )
        ]
        for column, widget in enumerate((label, self.entry, self.count, *self.buttons)):
            widget.grid(row=0, column=column, sticky="ew")
        frame.columnconfigure(1, weight=1)  # in a narrow window the field alone is shorter
        self.lay_out()
        frame.bind("<Configure>", lambda _event: self._fit(), add=True)
        self.entry.bind("<KeyRelease>", self._typed)
        self.entry.bind("<Return>", lambda _event: self._go(1))
        self.entry.bind("<KP_Enter>", lambda _event: self._go(1))
        self.entry.bind("<Shift-Return>", lambda _event: self._go(-1))
        keys.bind_key(self.entry, "<Control-a>", self._select_all)
        for widget in (self.entry, *self.buttons):
            widget.bind("<Escape>", lambda _event: self.close())

    def lay_out(self) -> None:
        """Set distances for the current fonts."""
        space = self._view.fonts.space
        self.frame.configure(padx=space(14), pady=space(5))
        self.entry.configure(borderwidth=space(3), highlightthickness=max(1, space(1)))
        for widget in (self.entry, self.count, *self.buttons):
            widget.grid(padx=(space(8), 0))
        for button in self.buttons:
            button.configure(padx=space(8), pady=space(2))

    def _fit(self) -> None:
        """Leave room for what is typed: in a narrow bar the buttons have signs."""
        fonts, width = self._view.fonts, self.frame.winfo_width()
        room = width - self.label.winfo_reqwidth() - self.count.winfo_reqwidth() - fonts.space(170)
        room -= fonts.body.measure("n" * _LEAST)
        words = [tr("Older"), tr("Newer"), tr("Close")]
        for at in (2, 1, 0):
            if fonts.body.measure("".join(words)) > room:
                words[at] = _SIGNS[at]
        for button, text in zip(self.buttons, words, strict=True):
            button.configure(text=text)

    @property
    def is_open(self) -> bool:
        """Whether the bar is shown."""
        return bool(self.frame.winfo_manager())

    @property
    def text(self) -> str:
        """What is typed."""
        return self.entry.get()

    def open(self) -> None:
        """Show the bar, with the keyboard in its field."""
        self._view.layout.show_find(self.frame)
        self.entry.focus_set()
        self.entry.select_range(0, tk.END)

    def close(self) -> str:
        """Hide the bar."""
        if self.is_open:
            self._cancel()
            self.frame.grid_remove()
            self._closed()
        return "break"

    def tell(self, text: str) -> None:
        """Show how much was found."""
        self.count.configure(text=text)

    def _go(self, step: int) -> str:
        self._cancel()
        self._search(self.text)
        self._step(step)
        return "break"

    def _typed(self, event: tk.Event[tk.Misc]) -> None:
        if event.keysym not in {"Return", "KP_Enter", "Escape", "F3"}:
            self._cancel()
            self._timer = self.frame.after(_PAUSE, lambda: self._search(self.text))

    def _cancel(self) -> None:
        if self._timer:
            self.frame.after_cancel(self._timer)
            self._timer = ""

    def _select_all(self, _event: object) -> str:
        self.entry.select_range(0, tk.END)
        return "break"
