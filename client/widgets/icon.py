"""The icon of every window, drawn: a sheet with a balloon. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tkinter as tk

_SIZE: Final = 64
_GROUND, _PAPER = "#1d5c66", "#fcfbf8"
#: Rectangles of paper: left, top, right, bottom. The last ones are the balloon's tail.
_SHAPE: Final = (
    (16, 20, 48, 40),
    *((20, 40 + row, 30 - row, 41 + row) for row in range(9)),
)


def set_icon(root: tk.Tk | tk.Toplevel) -> None:
    """Give a window and its dialogs the icon.

    The image is Tcl's alone: a `PhotoImage` calls Tk when it is deleted, maybe in another thread.
    """
    call = root.tk.call
    name = call("image", "create", "photo", "-width", _SIZE, "-height", _SIZE)
    call(name, "put", _GROUND, "-to", 0, 0, _SIZE, _SIZE)
    for shape in _SHAPE:
        call(name, "put", _PAPER, "-to", *shape)
    call("wm", "iconphoto", root, "-default", name)
