"""The letters of a window: named fonts shared by all its widgets, so that zooming is one call.

Distances are given in sixteenths of a letter's height and grow with it, and so with the resolution
of the screen. Tk's thread alone.
"""

from __future__ import annotations

from tkinter import font as tkfont
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tkinter as tk

_SANS: Final = (
    "Inter",
    "Segoe UI",
    "SF Pro Text",
    "Helvetica Neue",
    "Cantarell",
    "Ubuntu",
    "Noto Sans",
    "Liberation Sans",
    "DejaVu Sans",
)
_SERIF: Final = (
    "Charter",
    "Source Serif 4",
    "Georgia",
    "Noto Serif",
    "C059",
    "Liberation Serif",
    "DejaVu Serif",
)
_MONO: Final = ("JetBrains Mono", "Cascadia Mono", "Menlo", "Noto Sans Mono", "DejaVu Sans Mono")


class Fonts:
    """The named fonts of one window; `zoom` changes them all. Tk's thread alone.

    `body` is what is said, `voice` the doctor's words, `small` labels, `title` headings, `code`
    patterns; `bold` and `italic` are kinds of the first.
    """

    def __init__(self, root: tk.Misc, size: int) -> None:
        known = set(tkfont.families(root))
        sans, serif, mono = (_first(names, known) for names in (_SANS, _SERIF, _MONO))

        def made(family: str, **options: str) -> tkfont.Font:
            return tkfont.Font(root, family=family, size=size, **options)  # type: ignore[arg-type]

        self.body = made(sans)
        self.bold = made(sans, weight="bold")
        self.italic = made(sans, slant="italic")
        self.voice = made(serif)
        self.small = made(sans)
        self.title = made(serif)
        self.code = made(mono)
        self.size = size
        self.zoom(size)

    def zoom(self, size: int) -> None:
        """Set the size of everything, in points."""
        self.size = size
        for letters in (self.body, self.bold, self.italic):
            letters.configure(size=size)
        self.voice.configure(size=size + 1)
        self.small.configure(size=max(7, round(size * 0.82)))
        self.title.configure(size=round(size * 1.7))
        self.code.configure(size=max(7, round(size * 0.9)))

    def let_go(self) -> None:
        """Leave the fonts to a window that closes; else any thread might give them back to Tk."""
        for letters in vars(self).values():
            if isinstance(letters, tkfont.Font):
                letters.delete_font = False

    def space(self, sixteenths: float) -> int:
        """Return a distance in pixels: sixteenths of the height of a letter of the body."""
        return round(sixteenths * self.body.metrics("ascent") / 12)


def _first(names: tuple[str, ...], known: set[str]) -> str:
    return next((name for name in names if name in known), names[-1])
