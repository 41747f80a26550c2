"""The full-screen mode for museums and fairs: `python -m client --exhibit`.

No menus, no commands, large text. Each visitor is a new patient with a random name that nobody had
before. After two minutes without a key or mouse event, the screen and everything that was typed is
cleared, and the doctor greets the next visitor. If no server can be reached, it tries again by
itself. Holding Escape for five seconds closes it; a short press does nothing.

Everything runs in Tk's thread.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from client.net import events
from client.ui.conversation_window import ConversationWindow
from client.widgets.base_window import has_display
from client.widgets.palette import PALETTES

if TYPE_CHECKING:
    import tkinter as tk

    from client.net.address import ServerAddress

#: Milliseconds: without an event until the next visitor; of Escape held; between two attempts to
#: reach a server. The X server releases and presses a held key again and again, so a release counts
#: only after `_RELEASED`.
IDLE: Final = 120_000
HELD: Final = 5_000
RETRY: Final = 5_000
_RELEASED: Final = 120
#: Points: a size that can be read from a distance.
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
_NOTICE: Final = "A program answers. What you type is saved; please type nothing private."


def random_name() -> str:
    """Return a random name for a visitor, one of 32,768."""
    words = (secrets.choice(words.split()) for words in (_FIRST, _SECOND, _THIRD))
    return " ".join(("Visitor", *words))


class Exhibit(ConversationWindow):
    """The full screen that visitors use."""

    def __init__(self, address: ServerAddress, palette: str = "light", *, idle: int = IDLE) -> None:
        super().__init__(
            "Doctor",
            _SIZE,
            address,
            accepts_commands=False,
            explains=False,
            fixed_status=_NOTICE,
        )
        root = self.winfo_toplevel()
        # A visitor's Alt+F4 does not close it; holding Escape does, and a signal.
        root.protocol("WM_DELETE_WINDOW", lambda: None)
        self._idle = idle
        self._was_used = False
        self._leaving = ""
        self._released = ""
        layout = self.layout
        layout.header.grid_remove()
        layout.rules[0].grid_remove()
        self.view.colour(PALETTES.get(palette, self.painter.palette))
        self.view.apply_fonts()
        layout.dot.grid_remove()
        for event in ("<Key>", "<Button>", "<Motion>"):
            root.bind_all(event, self._note_use, add=True)
        root.bind("<KeyPress-Escape>", self._hold)
        root.bind("<KeyRelease-Escape>", self._release)
        root.wm_attributes("-fullscreen", 1)
        # Without a window manager the attribute has no effect.
        root.geometry(f"{root.winfo_screenwidth()}x{root.winfo_screenheight()}+0+0")
        root.deiconify()
        self._timer_idle = self.after(idle, self._reset)
        self.next_visitor()

    def next_visitor(self) -> None:
        """Clear everything of the last visitor and begin with another."""
        self.presenter.end("")
        self.view.transcript.clear()
        self.view.input.clear()
        self.clipboard_clear()
        self._was_used = False
        self._begin()

    def _begin(self) -> None:
        if self.presenter.conversation is None:
            self.view.placeholder.wait("The doctor will be with you in a moment.")
            self.presenter.begin(self.address, random_name())
            self.view.transcript.patient = "You"
        self.layout.input.focus_force()

    def take(self, source: object, found: Any) -> None:
        """Take an event; a name with a history is replaced by another one."""
        known = isinstance(found, events.Welcomed) and not found.reconnected and found.exchanges
        if known and source is self.presenter.conversation:
            self.presenter.end("")
            self._begin()
        else:
            super().take(source, found)

    def handle_failure(self, failure: events.Failed) -> None:  # noqa: ARG002 - the same for all
        """Show that no server can be reached, and try again later."""
        self.view.transcript.clear()
        self.view.placeholder.wait("The doctor is not here now, and will be back soon.")
        self.after(RETRY, self._begin)

    def _note_use(self, _event: object) -> None:
        self._was_used = True
        self.after_cancel(self._timer_idle)
        self._timer_idle = self.after(self._idle, self._reset)

    def _reset(self) -> None:
        self._timer_idle = self.after(self._idle, self._reset)
        if self._was_used:
            self.next_visitor()

    def _hold(self, _event: tk.Event[tk.Misc]) -> str:
        if self._released:
            self.after_cancel(self._released)
            self._released = ""
        if not self._leaving:
            self._leaving = self.after(HELD, self.close)
            self.tell("Keep Escape held to leave.")
        return "break"

    def _release(self, _event: tk.Event[tk.Misc]) -> None:
        self._released = self.after(_RELEASED, self._keep_open)

    def _keep_open(self) -> None:
        self._released = ""
        if self._leaving:
            self.after_cancel(self._leaving)
            self._leaving = ""
        self.tell(_NOTICE)


def run(address: ServerAddress, palette: str) -> int:
    """Show the full-screen mode until somebody holds Escape. Raises `NoDisplay`."""
    with has_display():
        window = Exhibit(address, palette)
    window.close_on_signals()
    window.run_until_closed()
    return 0
