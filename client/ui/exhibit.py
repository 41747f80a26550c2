"""The full-screen mode for museums and fairs: `python -m client --exhibit`.

No menus, no commands, large letters. Each visitor is a new patient with a made-up name that nobody
had before. After two minutes in which nobody touched anything the screen and everything that was
typed is forgotten, and the doctor greets the next one. Where no doctor can be reached it tries
again by itself. Escape held for five seconds leaves; a press does nothing.

Everything runs in Tk's thread.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from client.net import events
from client.widgets.base_window import ClientFrame, has_display
from client.widgets.palette import PALETTES

if TYPE_CHECKING:
    import tkinter as tk

    from client.net.transport import ServerAddress

#: Milliseconds: without a touch until the next visitor, of Escape held, between two tries to reach
#: a doctor. A key that repeats is released and pressed again by the X server; a release counts
#: when it lasts.
IDLE: Final = 120_000
HELD: Final = 5_000
AGAIN: Final = 5_000
_RELEASED: Final = 120
#: Points: letters that are read from a step away.
_SIZE: Final = 18
_FIRST: Final = """
    Quiet Early Gentle Bright Patient Little Clear Slow Curious Steady Merry Honest Brave Careful
    Cheerful Clever Friendly Graceful Hopeful Humble Kindly Lively Lucky Modest Noble Polite Proud
    Ready Sunny Thoughtful Warm Wise
"""
_SECOND: Final = """
    Amber Silver Northern Distant Golden Velvet Crimson Copper Ivory Jade Indigo Scarlet Emerald
    Pearl Coral Autumn Winter Morning Evening Midnight Island Mountain Forest Harbour Garden Desert
    Prairie Marble Cedar Juniper Lavender Saffron
"""
_THIRD: Final = """
    Heron Otter Finch Maple River Lantern Sparrow Meadow Comet Willow Fox Linnet Pebble Swallow
    Orchard Badger Beech Cricket Dolphin Falcon Hazel Ibis Kestrel Lark Marten Nightingale Owl
    Plover Raven Seal Thrush Wren
"""
_FOOT: Final = "A program answers. What you type is kept; please type nothing private."


def made_up_name() -> str:
    """Return a name for a visitor, one of 32,768."""
    words = (secrets.choice(words.split()) for words in (_FIRST, _SECOND, _THIRD))
    return " ".join(("Visitor", *words))


class Exhibit(ClientFrame):
    """The screen that visitors sit in front of."""

    def __init__(self, place: ServerAddress, palette: str = "light", *, idle: int = IDLE) -> None:
        super().__init__("Doctor", _SIZE)
        root = self.winfo_toplevel()
        self.place = place
        self._idle = idle
        self._touched = False
        self._leaving = ""
        self._released = ""
        layout = self.layout
        layout.header.grid_remove()
        layout.rules[0].grid_remove()
        self.stage.foot = _FOOT
        self.stage.commands = False
        self.stage.explains = False
        self.stage.on_failed = self._unreachable
        self.stage.colour(PALETTES.get(palette, self.painter.palette))
        self.stage.measure()
        layout.dot.grid_remove()
        for event in ("<Key>", "<Button>", "<Motion>"):
            root.bind_all(event, self._touch, add=True)
        root.bind("<KeyPress-Escape>", self._hold)
        root.bind("<KeyRelease-Escape>", self._release)
        root.wm_attributes("-fullscreen", 1)
        # Without a window manager nobody grants a full screen.
        root.geometry(f"{root.winfo_screenwidth()}x{root.winfo_screenheight()}+0+0")
        root.deiconify()
        self._timer_idle = self.after(idle, self._reset)
        self.next_visitor()

    def next_visitor(self) -> None:
        """Forget the last visitor and begin with another."""
        self.stage.end("")
        self.stage.transcript.clear()
        self.stage.input.forget()
        self.clipboard_clear()
        self._touched = False
        self._begin()

    def _begin(self) -> None:
        if self.stage.talk is None:
            self.stage.page.wait("The doctor is coming.")
            self.stage.begin(self.place, made_up_name())
            self.stage.transcript.patient = "You"
        self.layout.input.focus_force()

    def take(self, source: object, found: Any) -> None:
        """Take an event; a name that somebody had before is not used again."""
        known = isinstance(found, events.Welcomed) and not found.again and found.exchanges
        if known and source is self.stage.talk:
            self.stage.end("")
            self._begin()
        else:
            super().take(source, found)

    def _unreachable(self, _failure: events.Failed) -> None:
        self.stage.transcript.clear()
        self.stage.page.wait("The doctor is out, and will be back soon.")
        self.after(AGAIN, self._begin)

    def _touch(self, _event: object) -> None:
        self._touched = True
        self.after_cancel(self._timer_idle)
        self._timer_idle = self.after(self._idle, self._reset)

    def _reset(self) -> None:
        self._timer_idle = self.after(self._idle, self._reset)
        if self._touched:
            self.next_visitor()

    def _hold(self, _event: tk.Event[tk.Misc]) -> str:
        if self._released:
            self.after_cancel(self._released)
            self._released = ""
        if not self._leaving:
            self._leaving = self.after(HELD, self.close)
            self.stage.tell("Keep Escape held to leave.")
        return "break"

    def _release(self, _event: tk.Event[tk.Misc]) -> None:
        self._released = self.after(_RELEASED, self._stay)

    def _stay(self) -> None:
        self._released = ""
        if self._leaving:
            self.after_cancel(self._leaving)
            self._leaving = ""
        self.stage.tell(_FOOT)


def run(place: ServerAddress, palette: str) -> int:
    """Show the exhibit until somebody holds Escape. Raises `NoDisplay`."""
    with has_display():
        window = Exhibit(place, palette)
    window.stay()
    return 0
