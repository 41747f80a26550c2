"""Bindings of keys that all windows share. Tk's thread only."""

from __future__ import annotations

import contextlib
import re
import tkinter as tk
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Shift+Tab has two names under X11.
_FORWARDS: Final = ("<Tab>",)
_BACKWARDS: Final = ("<Shift-Tab>", "<<PrevWindow>>")
_LETTER: Final = re.compile(r"<Control-([a-z])>")


def leave_by_tab(area: tk.Text) -> None:
    """Let Tab and Shift+Tab move the focus out of a text, which would insert a tab otherwise."""
    for event in _FORWARDS:
        area.bind(event, lambda _event: _move(area.tk_focusNext()))
    for event in _BACKWARDS:
        area.bind(event, lambda _event: _move(area.tk_focusPrev()))


def bind_key(widget: tk.Misc, event: str, handler: Callable[[object], object]) -> None:
    """Bind a key; one of Ctrl and a letter works with Caps Lock, too."""
    widget.bind(event, handler)
    letter = _LETTER.fullmatch(event)
    if letter:
        widget.bind(f"<Control-{letter[1].upper()}>", handler)


def return_focus(owner: tk.Misc) -> None:
    """Give the focus back to the widget of a window that had it last."""
    top = owner.winfo_toplevel()
    last = top.focus_lastfor()
    if last is None or last in (top, owner):
        last = owner.tk_focusNext()
    if last is not None:
        last.focus_set()


def _move(other: tk.Misc | None) -> str:
    if other is not None:
        other.focus_set()
    return "break"


def adapt_system_dialogs(root: tk.Misc) -> None:
    """Let Ctrl+A select all in every field, and Tk's file dialogs hide hidden files.

    On X11 Tk moves to the begin of the line for it, also in its dialog for the name of a file.
    """
    for name in ("TEntry", "Entry"):
        for key in ("<Control-a>", "<Control-A>"):
            root.tk.call("bind", name, key, "%W selection range 0 end; %W icursor end; break")
    with contextlib.suppress(tk.TclError):  # Windows and macOS have dialogs of their own
        # Its variables exist once the file that defines the dialog was read: this reads it.
        with contextlib.suppress(tk.TclError):
            root.tk.call("tk_getOpenFile", "-foobarbaz")
        root.tk.call("set", "::tk::dialog::file::showHiddenBtn", "1")
        root.tk.call("set", "::tk::dialog::file::showHiddenVar", "0")
