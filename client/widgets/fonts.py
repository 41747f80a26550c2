"""The named fonts of a window, shared by all its widgets: zooming is one call.

Distances are given in sixteenths of a letter's height, so they grow with the font and with the
resolution of the screen. Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from tkinter import font as tkfont
from typing import Final

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


#: The value of `Xft.dpi`, "" for none, and the program that read it.
_resolutions: Final[list[object]] = []


class Fonts:
    """The named fonts of one window; `zoom` changes all of them. Tk's thread only.

    `body` is for general text, `voice` for the doctor's words, `small` for labels, `title` for
    headings, `code` for patterns; `bold` and `italic` are variants of `body`.
    """

    def __init__(self, root: tk.Misc, size: int) -> None:
        known = set(tkfont.families(root))
        sans, serif, mono = (_first(names, known) for names in (_SANS, _SERIF, _MONO))
        self._families = {"sans": sans, "serif": serif, "mono": mono}

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

    def choose(self, typeface: str) -> None:
        """Use one of the settings' typefaces; "" gives the doctor's words one of their own."""
        plain = self._families.get(typeface, self._families["sans"])
        for font in (self.body, self.bold, self.italic, self.small):
            font.configure(family=plain)
        voice = self._families.get(typeface, self._families["serif"])
        for font in (self.voice, self.title):
            font.configure(family=voice)

    def zoom(self, size: int) -> None:
        """Set the size of everything, in points."""
        self.size = size
        for font in (self.body, self.bold, self.italic):
            font.configure(size=size)
        self.voice.configure(size=size + 1)
        self.small.configure(size=max(7, round(size * 0.82)))
        self.title.configure(size=round(size * 1.7))
        self.code.configure(size=max(7, round(size * 0.9)))

    def release(self) -> None:
        """Let the closing window delete the fonts; else any thread might, which Tk forbids."""
        for font in vars(self).values():
            if isinstance(font, tkfont.Font):
                font.delete_font = False

    def space(self, sixteenths: float) -> int:
        """Return a distance in pixels, given in sixteenths of the height of a body letter."""
        return round(sixteenths * self.body.metrics("ascent") / 12)


def use_resolution(root: tk.Tk) -> None:
    """Use the resolution that is set for the X server, if any: its resource `Xft.dpi`."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return
    if not _resolutions:
        # Tk tells a program only the resources of its own name.
        probe = tk.Tk(baseName="Xft", className="Xft")
        probe.withdraw()
        _resolutions.append(probe.tk.call("option", "get", ".", "dpi", "Dpi"))
        probe.update_idletasks()  # Tk's idle tasks would find no window any more
        probe.destroy()
        _resolutions.append(probe)  # only this thread may delete it: keep it
    dpi = str(_resolutions[0])
    if dpi.isascii() and dpi.isdecimal() and 48 <= int(dpi) <= 960:
        root.tk.call("tk", "scaling", int(dpi) / 72)


def _first(names: tuple[str, ...], known: set[str]) -> str:
    return next((name for name in names if name in known), names[-1])
