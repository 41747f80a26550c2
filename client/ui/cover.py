"""The quick cover: a neutral page in front of the conversation, which one key puts there.

Where the history has a passphrase, the page is taken away only after the server was asked whether
what is typed is that passphrase: the window does not keep it. Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.conversation_view import ConversationView

#: What the window is called meanwhile.
_TITLE: Final = mark("Notes")
#: The keys that take the page away.
KEYS: Final = ("<Escape>", "<F9>")


class Cover:
    """A page over everything in `view`; `leave` is called when its key is pressed."""

    def __init__(self, view: ConversationView, leave: Callable[[], object]) -> None:
        self._view, self._leave = view, leave
        self._frame, self._painter, self._fonts = view.frame, view.painter, view.fonts
        self._page: tk.Frame | None = None
        self._menu = ""

    @property
    def is_shown(self) -> bool:
        """Whether the page is shown."""
        return self._page is not None

    def show(self) -> None:
        """Show the page, with the keyboard in it; what is typed there is thrown away."""
        if self._page is not None:
            return
        root = self._frame.winfo_toplevel()
        self._menu = str(root.cget("menu"))
        self._view.cover_title(tr(_TITLE))
        root.tk.call(root, "configure", "-menu", "")
        fonts, space = self._fonts, self._fonts.space
        self._page = page = tk.Frame(self._frame)
        self._painter.paint(page, "page")
        title = tk.Label(page, text=tr(_TITLE), font=fonts.title, anchor="w")
        self._painter.paint(title, "page label")
        title.pack(fill="x", padx=space(24), pady=(space(24), space(8)))
        area = tk.Text(page, font=fonts.body, relief="flat", borderwidth=0, highlightthickness=0)
        self._painter.paint(area, "reading")
        area.pack(fill="both", expand=True, padx=space(24), pady=(0, space(24)))
        # The keys of the window do nothing here, and Tab leads to nothing that is hidden.
        area.bindtags((str(area), "Text"))
        for key in KEYS:
            area.bind(key, self._pressed)
        for key in ("<Tab>", "<Shift-Tab>", "<<PrevWindow>>"):
            area.bind(key, lambda _event: "break")
        page.place(relx=0, rely=0, relwidth=1, relheight=1)
        page.tkraise()
        area.focus_set()
        page.update_idletasks()

    def hide(self) -> None:
        """Take the page away."""
        if self._page is not None:
            root = self._frame.winfo_toplevel()
            self._view.cover_title("")
            root.tk.call(root, "configure", "-menu", self._menu)
            self._page.destroy()
            self._page = None

    def _pressed(self, _event: object) -> str:
        self._leave()
        return "break"
