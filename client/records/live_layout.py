"""The widgets of live conversations: who is here, what is said, a line to say something.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from client.records.layout import ListColumn, make_list, share_width
from client.widgets import dialogs
from client.widgets.fitting import flow
from client.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette

_COLUMNS: Final = (
    ListColumn("#0", mark("Here now"), 130, "w", stretches=True),
    ListColumn("exchanges", mark("Exchanges"), 75),
    ListColumn("state", mark("People"), 125, "w", stretches=True),
)
#: How what is said looks: tag, font, field of the palette.
_TAGS: Final = (
    ("time", "small", "muted"),
    ("patient", "bold", "ink"),
    ("doctor", "bold", "accent"),
    ("person", "bold", "good"),
    ("event", "italic", "muted"),
    ("care", "bold", "warning"),
)


class LiveLayout:
    """The widgets, in a frame of their own; `buttons` are (name, label, function)."""

    def __init__(
        self,
        parent: tk.Misc,
        painter: Painter,
        fonts: Fonts,
        buttons: tuple[tuple[str, str, Callable[[], object]], ...],
    ) -> None:
        self._painter, self._fonts = painter, fonts
        self.frame = tk.Frame(parent)
        painter.paint(self.frame, "bar")
        self.buttons: dict[str, tk.Button] = {}
        self._add_header(buttons)
        rule = tk.Frame(self.frame, height=1)
        painter.paint(rule, "rule")
        rule.pack(fill="x")
        split = tk.PanedWindow(self.frame, orient="horizontal", borderwidth=0, sashwidth=2)
        painter.paint(split, "rule")
        split.pack(fill="both", expand=True)
        frame_of_list, self.list = make_list(split, _COLUMNS, fonts, painter)
        split.add(frame_of_list, minsize=fonts.space(140), width=fonts.space(330))
        split.add(self._make_conversation(split), stretch="always")
        share_width(split, self.list, _COLUMNS, fonts, "state")

    def _add_header(self, buttons: tuple[tuple[str, str, Callable[[], object]], ...]) -> None:
        space, painter, fonts = self._fonts.space, self._painter, self._fonts
        header = tk.Frame(self.frame, padx=space(14), pady=space(9))
        painter.paint(header, "bar")
        header.pack(fill="x")
        made: list[tk.Widget] = []
        for name, label, command in buttons:
            button = dialogs.button(
                header, label, command, painter, fonts, primary=name == "attend"
            )
            self.buttons[name] = button
            made.append(button)
        named = tk.Frame(header)
        painter.paint(named, "bar")
        note = tk.Label(named, text=tr("Your name"), font=fonts.small)
        painter.paint(note, "label")
        note.pack(side="left", padx=(0, space(8)))
        self.person = self._make_entry(named)
        self.person.configure(width=16)
        self.person.pack(side="left")
        made.insert(1, named)
        for widget in made:
            widget.lift()  # Tab goes from left to right
        flow(header, made, space(8))

    def _make_entry(self, parent: tk.Misc) -> tk.Entry:
        space = self._fonts.space
        entry = tk.Entry(parent, font=self._fonts.body, relief="flat", borderwidth=space(4))
        entry.configure(highlightthickness=max(1, space(1)))
        self._painter.paint(entry, "entry")
        return entry

    def _make_conversation(self, split: tk.PanedWindow) -> tk.Frame:
        space = self._fonts.space
        frame = tk.Frame(split)
        self._painter.paint(frame, "page")
        foot = tk.Frame(frame, padx=space(10), pady=space(8))
        self._painter.paint(foot, "bar")
        foot.pack(side="bottom", fill="x")
        self.line = self._make_entry(foot)
        self.say = dialogs.button(foot, tr("Say"), lambda: None, self._painter, self._fonts)
        self.say.pack(side="right", padx=(space(8), 0))  # first: a narrow window leaves it its room
        self.line.pack(side="left", fill="x", expand=True)
        self.area = tk.Text(frame, wrap="word", width=20, height=2, font=self._fonts.body)
        self.area.configure(relief="flat", highlightthickness=2, padx=space(14), pady=space(8))
        self._painter.paint(self.area, "reading")
        dialogs.scrollbar(frame, self.area, self._fonts).pack(side="right", fill="y")
        self.area.pack(side="left", fill="both", expand=True)
        self.text = TextView(
            self.area,
            on_top=lambda: None,
            on_bottom=lambda: None,
            on_typing=lambda _key: None,
            on_copy=lambda: self.area.get("sel.first", "sel.last"),
        )
        return frame

    def colour(self, palette: Palette) -> None:
        """Show what is said in a palette and in the current font size."""
        for tag, font, colour in _TAGS:
            self.area.tag_configure(
                tag, font=getattr(self._fonts, font), foreground=getattr(palette, colour)
            )
        self.area.tag_configure("words", lmargin1=self._fonts.space(14))
        self.area.tag_configure("words", lmargin2=self._fonts.space(14), spacing3=4)
        self.list.tag_configure("marked", foreground=palette.warning, font=self._fonts.bold)

    def add(self, *pieces: tuple[str, str]) -> None:
        """Add a line of pieces (text, tag) at the end."""
        self.area.insert("end", "" if self.area.index("end-1c") == "1.0" else "\n")
        for text, tag in pieces:
            self.area.insert("end", text, tag)
        if self.text.follows:
            self.text.scroll_to_end()

    def clear(self) -> None:
        """Remove what is shown."""
        self.area.delete("1.0", "end")
        self.text.scroll_to_end()
