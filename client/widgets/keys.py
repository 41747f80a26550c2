"""Bindings of keys that all windows share. Tk's thread only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tkinter as tk
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
