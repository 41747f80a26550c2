"""The widgets of the window for histories: search, buttons, list, transcript, status.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from breezypythongui.breezypythongui import EasyPanel

from client.model.language import mark, tr
from client.widgets import dialogs
from client.widgets.fitting import wrap_to_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from breezypythongui import EasyFrame

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette

#: The style of lists.
STYLE: Final = "Records.Treeview"


class ListColumn(NamedTuple):
    """A column of a list; its width is in sixteenths of a letter's height."""

    name: str
    heading: str
    width: int
    anchor: Literal["w", "e"] = "e"
    stretches: bool = False


_COLUMNS: Final = (
    ListColumn("#0", mark("Patient"), 150, "w", stretches=True),
    ListColumn("exchanges", mark("Exchanges"), 75),
    ListColumn("seen", mark("Last seen"), 85),
)


def make_list(
    split: tk.PanedWindow, columns: Sequence[ListColumn], fonts: Fonts, painter: Painter
) -> tuple[tk.Frame, ttk.Treeview]:
    """Make a list with a scroll bar; return the frame around it, and the list."""
    frame = tk.Frame(split)
    painter.paint(frame, "page")
    names = [column.name for column in columns[1:]]
    made = ttk.Treeview(frame, columns=names, style=STYLE, selectmode="browse")
    for name, heading, width, anchor, stretches in columns:
        made.heading(name, text=tr(heading), anchor=anchor)
        made.column(name, width=fonts.space(width), anchor=anchor, stretch=stretches)
    dialogs.scrollbar(frame, made, fonts).pack(side="right", fill="y")
    made.pack(side="left", fill="both", expand=True)
    return frame, made


def share_width(
    split: tk.PanedWindow,
    made: ttk.Treeview,
    columns: Sequence[ListColumn],
    fonts: Fonts,
    most_wanted: str,
) -> None:
    """Leave nearly half of a narrow window to what is beside a list.

    The list then shows its first column and the one that is `most_wanted`.
    """
    wanted = next(column.width for column in columns if column.name == most_wanted)
    is_narrow = False

    def share(event: tk.Event[tk.Misc]) -> None:
        nonlocal is_narrow
        was_narrow, is_narrow = is_narrow, event.width < fonts.space(560)
        others = [column.name for column in columns[1:]]
        made.configure(displaycolumns=[most_wanted] if is_narrow else others)
        if is_narrow != was_narrow:
            wide = event.width * 11 // 20 if is_narrow else fonts.space(330)
            split.sash_place(0, wide, 1)
            if is_narrow:
                first = max(wide - fonts.space(wanted + 14), wide // 2)
                made.column("#0", width=first)
                made.column(most_wanted, width=wide - first - fonts.space(14))

    split.bind("<Configure>", share, add=True)


class RecordsLayout:
    """The widgets of `frame`; `buttons` are their labels and functions."""

    def __init__(
        self,
        frame: EasyFrame,
        painter: Painter,
        fonts: Fonts,
        buttons: Sequence[tuple[str, Callable[[], object]]],
    ) -> None:
        self._painter, self._fonts = painter, fonts
        # This theme allows the list and its headings to be coloured.
        ttk.Style().theme_use("default")
        frame.configure(borderwidth=0, relief="flat")
        painter.paint(frame.winfo_toplevel(), "bar")
        painter.paint(frame, "bar")
        self.header = self._make_header(frame, buttons)
        self.split = split = tk.PanedWindow(frame, orient="horizontal", borderwidth=0, sashwidth=2)
        painter.paint(split, "rule")
        split.grid(row=2, column=0, sticky="nsew")
        frame_of_list, self.list = make_list(split, _COLUMNS, fonts, painter)
        split.add(frame_of_list, minsize=fonts.space(140), width=fonts.space(330))
        split.add(self._make_text(split), stretch="always")
        share_width(split, self.list, _COLUMNS, fonts, "seen")
        self.status: tk.Label = frame.addLabel("", row=4, column=0)
        self.status.configure(font=fonts.small, anchor="w", padx=fonts.space(14))
        self.status.grid(padx=0, pady=fonts.space(5), sticky="ew")
        wrap_to_width(self.status)
        painter.paint(self.status, "label")
        for row in (1, 3):
            rule = tk.Frame(frame, height=1)
            painter.paint(rule, "rule")
            rule.grid(row=row, column=0, sticky="ew")
        for row in range(5):
            frame.rowconfigure(row, weight=int(row == 2))

    def colour(self, palette: Palette) -> None:
        """Show the list in a palette, and in the current font size."""
        style, space = ttk.Style(), self._fonts.space
        plain: dict[str, Any] = {"borderwidth": 0, "relief": "flat", "background": palette.page}
        style.configure(
            STYLE,
            **plain,
            fieldbackground=palette.page,
            foreground=palette.ink,
            font=self._fonts.body,
            rowheight=self._fonts.body.metrics("linespace") + space(9),
            indent=0,
        )
        style.layout(STYLE, [("Treeview.treearea", {"sticky": "nswe"})])
        style.map(
            STYLE,
            background=[("selected", palette.accent)],
            foreground=[("selected", palette.on_accent)],
        )
        heading = f"{STYLE}.Heading"
        style.configure(
            heading,
            **plain,
            foreground=palette.muted,
            font=self._fonts.small,
            padding=space(6),
        )
        style.map(heading, background=[("active", palette.band)])

    def _make_header(
        self, frame: EasyFrame, buttons: Sequence[tuple[str, Callable[[], object]]]
    ) -> EasyPanel:
        space, painter, fonts = self._fonts.space, self._painter, self._fonts
        header = frame.addPanel(row=0, column=0)
        painter.paint(header, "bar")
        header.configure(borderwidth=0, relief="flat", padx=space(14), pady=space(9))
        label = header.addLabel(tr("Search"), row=0, column=0)
        label.configure(font=fonts.small)
        label.grid(padx=(0, space(8)), pady=0, sticky="w")
        painter.paint(label, "label")
        self.search: tk.Entry = header.addTextField("", row=0, column=1, width=28, sticky="w")
        self.search.configure(font=fonts.body, relief="flat", borderwidth=space(4))
        self.search.configure(highlightthickness=max(1, space(1)))
        self.search.grid(padx=0, pady=0)
        painter.paint(self.search, "entry")
        row = header.addPanel(row=0, column=2)
        painter.paint(row, "bar")
        row.configure(borderwidth=0, relief="flat")
        row.grid(padx=0, pady=0, sticky="e")
        for column, (text, command) in enumerate(buttons):
            button = row.addButton(text, row=0, column=column, command=command)
            dialogs.style_button(button, painter, fonts, primary=column == len(buttons) - 1)
            button.grid(padx=(space(8), 0), pady=0, sticky="e")
        for column in range(3):
            header.columnconfigure(column, weight=int(column == 1))

        def fit(event: tk.Event[tk.Misc]) -> None:
            needed = sum(part.winfo_reqwidth() for part in (label, self.search, row)) + space(40)
            below = needed > event.width  # with large letters the buttons are below the search
            row.grid(row=int(below), column=0 if below else 2, columnspan=3 if below else 1)
            row.grid(pady=(space(8) * below, 0))

        header.bind("<Configure>", fit)
        return header

    def _make_text(self, split: tk.PanedWindow) -> EasyPanel:
        panel = EasyPanel(split, 0, 0, 1, 1, "white")
        panel.configure(borderwidth=0, relief="flat")
        self.area: tk.Text = panel.addTextArea(
            "", row=0, column=0, width=20, height=2, wrap=tk.WORD
        )
        panel.grid_forget()
        for bar in self.area.master.winfo_children():
            if isinstance(bar, tk.Scrollbar):
                bar.grid_remove()
        dialogs.scrollbar(self.area.master, self.area, self._fonts).grid(
            row=0, column=1, sticky="ns"
        )
        self.area.grid(padx=0, pady=0)
        self.area.configure(highlightthickness=2, font=self._fonts.body, relief="flat")
        self._painter.paint(self.area, "reading")
        return panel
