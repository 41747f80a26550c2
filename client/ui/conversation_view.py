"""Everything that a window shows of one conversation: `ConversationView`.

    layout        the widgets and where they are
    transcript    what was said; `placeholder` in its place before anything was
    trace         how a reply was made
    input         where the patient types
    status line   the state of the connection, and the button that changes it
    dialog        the one dialog in front, if any

It decides nothing: the presenter says what to show. Tk's thread only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from client.model.language import mark, plural, tr
from client.ui.layout import Layout
from client.widgets.input_box import InputBox
from client.widgets.placeholder import Placeholder
from client.widgets.spell_marks import SpellMarks
from client.widgets.trace_view import TraceView
from client.widgets.transcript_view import TranscriptView

if TYPE_CHECKING:
    from collections.abc import Callable

    from breezypythongui import EasyFrame

    from client.model.links import TextLink
    from client.model.transcript import Item
    from client.widgets.dialogs import Dialog
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette
    from client.widgets.passage import Passage

#: State -> sign in the status line, role of its colour, label of the button.
_STATES: Final = {
    "off": ("○", "label", mark("Connect")),
    "starting": ("◌", "label", mark("Starting…")),
    "connecting": ("◌", "label", mark("Cancel")),
    "open": ("●", "good label", mark("Disconnect")),
    "thinking": ("●", "good label", mark("Disconnect")),
    "suspended": ("◐", "label", mark("Disconnect")),
    "lost": ("◌", "warning label", mark("Disconnect")),
}


class Shown(Protocol):
    """The rooms: they follow the colours and sizes of the window."""

    @property
    def shown(self) -> str:
        """The room that is shown, "" for the conversation with the doctor alone."""

    def colour(self) -> None:
        """Show everything in the palette of the window."""

    def lay_out(self) -> None:
        """Set distances for the current fonts."""


class ConversationView:
    """The widgets of one conversation in `frame`.

    `send` gets what was typed and returns whether it was accepted; `explain` gets the item of a
    reply that was clicked, `on_link` an address or a number of a careful one; `load_earlier` is
    called when the reader scrolls to the top.
    `fixed_status` replaces the status line's text while all is well.
    """

    def __init__(
        self,
        frame: EasyFrame,
        painter: Painter,
        fonts: Fonts,
        *,
        send: Callable[[str], bool],
        explain: Callable[[Item], object],
        on_link: Callable[[TextLink], object],
        load_earlier: Callable[[], object],
        fixed_status: str = "",
    ) -> None:
        self.frame, self.painter, self.fonts = frame, painter, fonts
        self.fixed_status = fixed_status
        self.dialog: Dialog | None = None
        self.is_locked = False
        self._lock = self._presence = self._room = self._cover = ""
        self._title = tr("Doctor")
        #: A part of the history in place of the transcript; only some windows have one.
        self.passage: Passage | None = None
        self.rooms: Shown | None = None
        self.layout = layout = Layout(frame, painter, fonts)
        self.transcript = TranscriptView(
            layout.transcript,
            fonts,
            on_reply=explain,
            on_link=on_link,
            on_top=load_earlier,
            on_typing=lambda key: self.input.type(key),  # noqa: PLW0108 - made below
        )
        self.input = InputBox(
            layout.input,
            send,
            tell=self._tell_cut,
            scroll=self.transcript.text_view.scroll_pages,
        )
        self.spelling = SpellMarks(layout.input)
        self.placeholder = Placeholder(self.transcript.text_view, fonts, painter)
        self.trace = TraceView(layout.trace, fonts)
        layout.send.configure(command=self.input.send)
        layout.transcript.bind("<Configure>", lambda _event: self.lay_out(), add=True)

    # Colours and sizes.

    def lay_out(self) -> None:
        """Set margins and distances for the current fonts and window size."""
        self.transcript.lay_out()
        self.placeholder.lay_out()
        if self.rooms is not None:
            self.rooms.lay_out()

    def apply_fonts(self) -> None:
        """Update every distance after the fonts changed; the newest line stays in view."""
        self.layout.apply_fonts()
        self.trace.lay_out()
        self.lay_out()
        self.input.grow()
        self.transcript.text_view.stay_at_end()

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        self.painter.change(palette)
        self.transcript.colour(palette)
        self.trace.colour(palette)
        self.spelling.colour(palette)
        self.placeholder.colour(palette)
        if self.passage is not None:
            self.passage.colour()
        if self.rooms is not None:
            self.rooms.colour()

    # The status line.

    def show_state(self, state: str, text: str) -> None:
        """Show a state in the status line, the button and the name field."""
        sign, role, label = _STATES[state]
        is_off = state in {"off", "starting"}
        self.layout.dot.configure(text=sign)
        self.painter.paint(self.layout.dot, role)
        self.layout.button.configure(text=tr(label))
        self.layout.name.configure(state="normal" if state == "off" else "readonly")
        self.painter.paint(self.layout.send, "button" if is_off else "primary")
        if is_off:
            self._lock = self._presence = self._room = ""
            self._show_hint()
        is_well = state in {"open", "connecting", "off"}
        self.show_status(self.fixed_status if self.fixed_status and is_well else text)

    def show_status(self, text: str) -> None:
        """Show a text in the status line."""
        self.layout.show_status(text)

    def _tell_cut(self, text: str) -> None:
        """Show what was cut from the input in the status line, and large where one reads."""
        self.show_status(text)
        if self.transcript.items:
            self.transcript.notice(text, datetime.now(UTC))

    def show_lock(self, *, locked: bool) -> None:
        """Show whether the history has a passphrase."""
        self.is_locked = locked
        self._lock = tr("Passphrase set") if locked else tr("No passphrase")
        self._show_hint()

    def show_presence(self, sentence: str) -> None:
        """Show who reads along or answers in the doctor's place, as long as somebody does."""
        self._presence = sentence
        self._show_hint()

    def show_room(self, unread: int, room: str) -> None:
        """Show what is unread in other rooms, and in which room what is typed is said."""
        self._room = tr("You talk in the room {room}").format(room=room) if room else ""
        text = plural("({number} new) Doctor", "({number} new) Doctor", unread)
        self._title = text.format(number=unread) if unread else tr("Doctor")
        self.cover_title(self._cover)
        self._show_hint()

    def cover_title(self, other: str) -> None:
        """Show another title of the window as long as it is not ""."""
        self._cover = other
        if not self.fixed_status:
            self.frame.winfo_toplevel().title(other or self._title)

    def _show_hint(self) -> None:
        """Show what is true now at the end of the status line."""
        parts = [self._presence, self._room, "" if self.fixed_status else self._lock]
        self.layout.show_hint("   \u00b7   ".join(filter(None, parts)))

    # Dialogs.

    def open_dialog(self, dialog: Dialog) -> None:
        """Keep this dialog in front, and close the one before it."""
        self.close_dialog()
        self.dialog = dialog

    def close_dialog(self) -> None:
        """Close the dialog in front, if there is one."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None
