"""The full-screen mode for museums and fairs: `python -m client --exhibit`.

No menus, no commands, large text. Each visitor is a new patient with a random name that nobody had
before. After two minutes without a key or mouse event (`--idle`), the screen and everything that
was typed is cleared, and a published dialogue is shown until somebody presses a key
(`client.ui.museum.attract`); nothing is connected meanwhile. F1 shows how the last answer was made.

If the server is away or restarts, visitors read a friendly sentence and never an address, and it
tries again by itself. Holding Escape for five seconds closes it, with `--leave-word` only after
that word was given; a short press does nothing.

Everything runs in Tk's thread.
"""

from __future__ import annotations

import secrets
import tkinter as tk
from typing import TYPE_CHECKING, Any, Final

from client.model.language import mark, tr
from client.net import events
from client.ui.conversation_window import ConversationWindow
from client.ui.museum.attract import AttractPage, label
from client.ui.museum.teletype import SPEED
from client.widgets.base_window import has_display
from client.widgets.dialogs import Dialog
from client.widgets.palette import PALETTES

if TYPE_CHECKING:
    import argparse

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
#: Lines of text that a screen must have room for, and the least size to which letters shrink.
_LINES: Final = 20
_LEAST: Final = 9
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
_NOTICE: Final = mark("A program answers. What you type is saved; please type nothing private.")
_HINT: Final = mark("F1: how was this answer made?")
_AWAY: Final = mark("The doctor is not here now, and will be back soon.")


def random_name() -> str:
    """Return a random name for a visitor, one of 32,768."""
    words = (secrets.choice(words.split()) for words in (_FIRST, _SECOND, _THIRD))
    return " ".join(("Visitor", *words))


class Exhibit(ConversationWindow):
    """The full screen that visitors use.

    `idle` are milliseconds, `look` and `speed` those of a `TeletypeLook`; `leave_word` is asked for
    before the window closes, if there is one.
    """

    def __init__(
        self,
        address: ServerAddress,
        palette: str = "light",
        *,
        idle: int = IDLE,
        look: str = "auto",
        speed: int = SPEED,
        leave_word: str = "",
    ) -> None:
        super().__init__(
            tr("Doctor"),
            _SIZE,
            address,
            accepts_commands=False,
            fixed_status=tr(_NOTICE),
        )
        root = self.winfo_toplevel()
        # A visitor's Alt+F4 does not close it; holding Escape does, and a signal.
        root.protocol("WM_DELETE_WINDOW", lambda: None)
        self._idle, self._leave_word = idle, leave_word
        self._palette = palette
        self._leaving = ""
        self._released = ""
        self._asks = False  #: whether the word is to be asked for
        self._fit_letters()
        self.attract = AttractPage(self.view, self.teletype)
        self._label = self._add_label()
        self.use_usual_look()
        self.teletype.set_speed(speed)
        self.teletype.choose(look)
        for event in ("<Key>", "<Button>", "<Motion>"):
            root.bind_all(event, self.note_use, add=True)
        root.bind("<KeyPress-Escape>", self._hold)
        root.bind("<KeyRelease-Escape>", self._release)
        root.bind("<F1>", self._explain)
        root.wm_attributes("-fullscreen", 1)
        # Without a window manager the attribute has no effect.
        root.geometry(f"{root.winfo_screenwidth()}x{root.winfo_screenheight()}+0+0")
        root.deiconify()
        self._timer_idle = self.after(idle, self.end_visit)
        self.next_visitor()

    def _fit_letters(self) -> None:
        """Make letters smaller on a screen that would have too few lines."""
        size, high = _SIZE, self.winfo_screenheight()
        while size > _LEAST and self.fonts.body.metrics("linespace") * _LINES > high:
            size -= 1
            self.fonts.zoom(size)

    def _add_label(self) -> tk.Label:
        """Return the line at the top that says which script it is; it takes the header's place."""
        layout = self.layout
        layout.header.grid_remove()
        layout.rules[0].grid_remove()
        layout.dot.grid_remove()
        made = tk.Label(
            layout.header.master, font=self.fonts.small, anchor="center", text=tr(_HINT)
        )
        made.configure(wraplength=max(1, self.winfo_screenwidth() - self.fonts.space(30)))
        self.painter.paint(made, "label")
        made.grid(row=0, column=0, sticky="ew", pady=self.fonts.space(6))
        return made

    def use_usual_look(self) -> None:
        """Use the colours of the settings again."""
        self.fonts.choose("")
        self.view.colour(PALETTES.get(self._palette, self.painter.palette))
        self.view.apply_fonts()

    def next_visitor(self) -> None:
        """Clear everything of the last visitor and begin with another."""
        self._clear()
        self._show_label()
        self._begin()

    def _clear(self) -> None:
        self.teletype.stop()
        self.attract.stop()
        self.presenter.end("")
        self.presenter.explainer.close()
        self.view.transcript.clear()
        self.view.input.clear()
        self.clipboard_clear()

    def _begin(self) -> None:
        if self.presenter.conversation is None and not self.attract.is_on:
            self.view.placeholder.wait(tr("The doctor will be with you in a moment."))
            self.presenter.begin(self.address, random_name())
            self.view.transcript.patient = tr("You")
        self.layout.input.focus_force()

    def take(self, source: object, found: Any) -> None:
        """Take an event; a name with a history is replaced by another one."""
        if source is not self.presenter.conversation:
            super().take(source, found)
            return
        if isinstance(found, events.Welcomed) and not found.reconnected and found.exchanges:
            self.presenter.end("")
            self._begin()
        elif isinstance(found, events.Lost | events.Suspended):
            # The presenter would say which server it tries to reach, and when.
            self.teletype.stop()
            self.presenter.end("")
            self._show_away()
        else:
            super().take(source, found)
            if isinstance(found, events.Welcomed):
                self._show_label()

    def _show_label(self) -> None:
        self._label.configure(text="\n".join(filter(None, (self.teletype.label, tr(_HINT)))))

    def handle_failure(self, failure: events.Failed) -> None:  # noqa: ARG002 - the same for all
        """Show that no server can be reached, and try again later."""
        self._show_away()

    def _show_away(self) -> None:
        self.presenter.explainer.close()
        self.view.transcript.clear()
        self.view.placeholder.wait(tr(_AWAY))
        self.after(RETRY, self._begin)

    # Visitors who come and go.

    def note_use(self, _event: object) -> None:
        """Know that somebody is there: a key was pressed, or the mouse moved."""
        self.after_cancel(self._timer_idle)
        self._timer_idle = self.after(self._idle, self.end_visit)
        if self.attract.is_on:
            self.next_visitor()

    def end_visit(self) -> None:
        """Clear everything and show the published dialogue, until somebody is there."""
        self._clear()
        self._label.configure(text=label())
        self.attract.start()

    def _explain(self, _event: object) -> str:
        if self.view.transcript.last_reply() is not None and not self.attract.is_on:
            self.explain()
        return "break"

    # Leaving.

    def _hold(self, _event: tk.Event[tk.Misc]) -> str:
        if self._released:
            self.after_cancel(self._released)
            self._released = ""
        if not self._leaving:
            self._leaving = self.after(HELD, self._leave)
            self.tell(tr("Keep Escape held to leave."))
        return "break"

    def _release(self, _event: tk.Event[tk.Misc]) -> None:
        self._released = self.after(_RELEASED, self._keep_open)

    def _keep_open(self) -> None:
        self._released = ""
        if self._leaving:
            self.after_cancel(self._leaving)
            self._leaving = ""
        self.tell(tr(_NOTICE))
        if self._asks:
            self._asks = False
            self._ask_word()

    def _leave(self) -> None:
        if self._leave_word:
            self._asks = True  # once Escape is released: it would dismiss the question
            self.tell(tr("Let Escape go."))
        else:
            self.close()

    def _ask_word(self) -> None:
        dialog = Dialog(self, self.painter, self.fonts, tr("Leave the exhibit"))
        entry = dialog.add_entry(tr("The word"), secret=True)

        def check() -> None:
            given = entry.get()
            self.view.close_dialog()
            if secrets.compare_digest(given.encode(), self._leave_word.encode()):
                self.close()

        dialog.add_button(tr("Leave"), check, primary=True)
        self.view.open_dialog(dialog)
        dialog.show()


def run(address: ServerAddress, palette: str, options: argparse.Namespace) -> int:
    """Show the full-screen mode until somebody leaves it. Raises `NoDisplay`."""
    with has_display():
        window = Exhibit(
            address,
            palette,
            idle=options.idle * 1000,
            look=options.look,
            speed=options.print_speed,
            leave_word=options.leave_word,
        )
    window.close_on_signals()
    window.run_until_closed()
    return 0
