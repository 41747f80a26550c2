"""The colours of the window: a table of palettes, a table of roles, and the `Painter`.

A palette names colours by their use. A role says which colour each option of a widget has. A widget
gets a role once, and changing the palette paints all widgets again. The contrast of text to its
background is at least 4.5 to 1 in every palette (WCAG 2.2, 1.4.3), and 7 to 1 in the high-contrast
palette; a test computes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tkinter as tk
from dataclasses import dataclass
from tkinter import ttk
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Palette:
    """One set of colours, each named by its use.

    `edge` is the edge of what can have the focus, which `rule`, a line between things, cannot.
    `pieces` are backgrounds for the numbered pieces of a line; `piece_ink` is the text on them.
    """

    name: str
    page: str
    ink: str
    muted: str
    band: str
    chosen: str
    bar: str
    rule: str
    edge: str
    field: str
    accent: str
    on_accent: str
    accent_hover: str
    button: str
    button_hover: str
    selected: str
    on_selected: str
    warning: str
    good: str
    piece_ink: str
    pieces: tuple[str, ...]


LIGHT: Final = Palette(
    name="light",
    page="#fcfbf8",
    ink="#22262a",
    muted="#666b70",
    band="#eff3f2",
    chosen="#f7ecd4",
    bar="#f4f1ea",
    rule="#d9d5cb",
    edge="#8d887c",
    field="#ffffff",
    accent="#1d5c66",
    on_accent="#ffffff",
    accent_hover="#164850",
    button="#e9e5dc",
    button_hover="#dedacf",
    selected="#c9e0e4",
    on_selected="#14181b",
    warning="#96351a",
    good="#2a6e43",
    piece_ink="#1c1f22",
    pieces=("#f6d9a8", "#bfe0cf", "#cbd6f3", "#f3cbd0", "#ddd0ee", "#d5e3a9", "#c4e3ee", "#eed3bd"),
)
DARK: Final = Palette(
    name="dark",
    page="#1b1e21",
    ink="#e6e3dc",
    muted="#9ba1a6",
    band="#242a2d",
    chosen="#3a3322",
    bar="#222629",
    rule="#3a4046",
    edge="#757d85",
    field="#131618",
    accent="#7cc3cd",
    on_accent="#10181a",
    accent_hover="#9ad6de",
    button="#32383d",
    button_hover="#3e454b",
    selected="#33545c",
    on_selected="#f4f2ec",
    warning="#f2a68a",
    good="#8acb9f",
    piece_ink="#f2efe8",
    pieces=("#6b4f1d", "#245843", "#36477f", "#753540", "#553f7a", "#4c5a1c", "#23586b", "#6e4729"),
)
CONTRAST: Final = Palette(
    name="contrast",
    page="#000000",
    ink="#ffffff",
    muted="#e8e8e8",
    band="#00183a",
    chosen="#3d3300",
    bar="#000000",
    rule="#ffffff",
    edge="#767676",
    field="#000000",
    accent="#ffe14d",
    on_accent="#000000",
    accent_hover="#ffffff",
    button="#000000",
    button_hover="#333333",
    selected="#ffe14d",
    on_selected="#000000",
    warning="#ffb38a",
    good="#7dff9c",
    piece_ink="#000000",
    pieces=("#ffd24d", "#7dffb0", "#9fc5ff", "#ffa8b5", "#d9b3ff", "#d8ff66", "#80eaff", "#ffc08a"),
)
PALETTES: Final = {palette.name: palette for palette in (LIGHT, DARK, CONTRAST)}

_FLAT: Final = {"borderwidth": "0", "relief": "flat", "highlightthickness": "0"}
_FOCUS: Final = {"highlightbackground": "edge", "highlightcolor": "accent"}
#: Role -> option -> field of the palette.
ROLES: Final[dict[str, dict[str, str]]] = {
    "page": {"background": "page"},
    "dialog": {"background": "page", "highlightbackground": "muted", "highlightcolor": "muted"},
    "bar": {"background": "bar"},
    "rule": {"background": "rule"},
    "text": {"background": "page", "foreground": "ink"},
    "label": {"background": "bar", "foreground": "muted"},
    "strong label": {"background": "bar", "foreground": "ink"},
    "warning label": {"background": "bar", "foreground": "warning"},
    "good label": {"background": "bar", "foreground": "good"},
    "page label": {"background": "page", "foreground": "ink"},
    "page note": {"background": "page", "foreground": "muted"},
    "page warning": {"background": "page", "foreground": "warning"},
    "reading": {
        "background": "page",
        "foreground": "ink",
        "selectbackground": "selected",
        "selectforeground": "on_selected",
        "inactiveselectbackground": "selected",
        "insertbackground": "muted",
        "highlightbackground": "page",
        "highlightcolor": "accent",
    },
    "field": {
        "background": "field",
        "foreground": "ink",
        "insertbackground": "ink",
        "selectbackground": "selected",
        "selectforeground": "on_selected",
        **_FOCUS,
    },
    "entry": {
        "background": "field",
        "foreground": "ink",
        "insertbackground": "ink",
        "selectbackground": "selected",
        "selectforeground": "on_selected",
        "disabledbackground": "bar",
        "disabledforeground": "ink",
        "readonlybackground": "bar",
        **_FOCUS,
    },
    "primary": {
        "background": "accent",
        "foreground": "on_accent",
        "activebackground": "accent_hover",
        "activeforeground": "on_accent",
        "disabledforeground": "muted",
        "highlightbackground": "bar",
        "highlightcolor": "ink",
    },
    "danger": {
        "background": "warning",
        "foreground": "on_accent",
        "activebackground": "ink",
        "activeforeground": "page",
        "highlightbackground": "bar",
        "highlightcolor": "ink",
    },
    "button": {
        "background": "button",
        "foreground": "ink",
        "activebackground": "button_hover",
        "activeforeground": "ink",
        "disabledforeground": "muted",
        **_FOCUS,
    },
    "check": {
        "background": "page",
        "foreground": "ink",
        "activebackground": "page",
        "activeforeground": "ink",
        "selectcolor": "page",
        "highlightbackground": "page",
        "highlightcolor": "accent",
    },
    "popup": {
        "background": "band",
        "foreground": "ink",
        "activebackground": "accent",
        "activeforeground": "on_accent",
        "disabledforeground": "muted",
        "selectcolor": "ink",
    },
    "menu": {
        "background": "bar",
        "foreground": "ink",
        "activebackground": "accent",
        "activeforeground": "on_accent",
        "disabledforeground": "muted",
        "selectcolor": "ink",
    },
    "list": {
        "background": "page",
        "foreground": "ink",
        "selectbackground": "accent",
        "selectforeground": "on_accent",
        **_FOCUS,
    },
}


#: The style of every scrollbar.
BAR: Final = "Quiet.Vertical.TScrollbar"


class Painter:
    """Gives widgets their colours, now and whenever the palette changes. Tk's thread only."""

    def __init__(self, palette: Palette = LIGHT) -> None:
        self.palette = palette
        self._painted: dict[str, tuple[tk.Misc, str]] = {}

    def paint(self, widget: tk.Misc, role: str) -> None:
        """Give a widget a role, or change its role."""
        self._painted[str(widget)] = (widget, role)
        self._apply(widget, role)

    def change(self, palette: Palette) -> None:
        """Paint everything in another palette; forget widgets that are destroyed."""
        self.palette = palette
        for path, (widget, role) in list(self._painted.items()):
            if widget.winfo_exists():
                self._apply(widget, role)
            else:
                del self._painted[path]
        self._paint_bars()

    def _paint_bars(self) -> None:
        """Colour the scrollbars; only a ttk style can make them flat and without arrows."""
        style, palette = ttk.Style(), self.palette
        thumb: Any = ("Vertical.Scrollbar.thumb", {"expand": "1", "sticky": "ns"})
        style.layout(BAR, [("Vertical.Scrollbar.trough", {"sticky": "ns", "children": [thumb]})])
        style.configure(
            BAR,
            background=palette.edge,
            troughcolor=palette.page,
            bordercolor=palette.page,
            borderwidth=0,
            relief="flat",
            gripcount=0,
        )
        style.map(BAR, background=[("disabled", palette.page), ("active", palette.muted)])

    def _apply(self, widget: tk.Misc, role: str) -> None:
        colours = {option: getattr(self.palette, name) for option, name in ROLES[role].items()}
        widget.configure(**colours)


def system_palette() -> str:
    """Return the palette that the system prefers, or "light" if that is unknown.

    This may take a moment: never call it in Tk's thread.
    """
    if "dark" in os.environ.get("GTK_THEME", "").lower():
        return "dark"
    if sys.platform == "darwin":
        return (
            "dark"
            if "Dark" in _output_of("defaults", "read", "-g", "AppleInterfaceStyle")
            else "light"
        )
    if sys.platform == "win32":
        key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        return (
            "dark"
            if "0x0" in _output_of("reg", "query", key, "/v", "AppsUseLightTheme")
            else "light"
        )
    interface = "org.gnome.desktop.a11y.interface"
    if "true" in _output_of("gsettings", "get", interface, "high-contrast"):
        return "contrast"
    scheme = _output_of("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")
    return "dark" if "dark" in scheme else "light"


def _output_of(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            command, capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
