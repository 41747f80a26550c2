"""The widgets of a conversation's window, from top to bottom, made with breezypythongui.

breezypythongui gives every row and column a weight, and every text a white background and a
horizontal scrollbar. All of that is corrected here, so that other modules need not know it. Tk's
thread only.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from typing import TYPE_CHECKING, Final

from breezypythongui.breezypythongui import EasyPanel

from client.model import bidi
from client.model.language import tr
from client.widgets import dialogs
from client.widgets.fitting import StatusLine
from client.widgets.right_to_left import InputPreview

if TYPE_CHECKING:
    from breezypythongui import EasyFrame

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


#: The row of transcript and trace; the row above it is for a bar in which to find a text.
_SPLIT: Final = 3
#: The least width, in sixteenths of a letter, that shows transcript and trace side by side.
_BOTH: Final = 480


class Layout:
    """The widgets of `frame`: header, transcript and trace, input, status line."""

    def __init__(self, frame: EasyFrame, painter: Painter, fonts: Fonts) -> None:
        self._frame, self._painter, self._fonts = frame, painter, fonts
        root = frame.winfo_toplevel()
        frame.configure(borderwidth=0, relief="flat")
        painter.paint(root, "bar")
        painter.paint(frame, "bar")
        self.header = self._add_header(0)
        self.split = tk.PanedWindow(frame, orient="horizontal", borderwidth=0, sashwidth=2)
        painter.paint(self.split, "rule")
        self.split.grid(row=_SPLIT, column=0, sticky="nsew")
        self.left, self.transcript = self._make_text()
        self.right, self.trace = self._make_text()
        self.close_trace = self._add_close_button()
        self.split.add(self.left, stretch="always")
        self.entry = self._add_input(_SPLIT + 2)
        self._add_status_bar(_SPLIT + 4)
        self.rules = [self._add_rule(row) for row in (1, _SPLIT + 1, _SPLIT + 3)]
        for row in range(_SPLIT + 5):
            frame.rowconfigure(row, weight=int(row == _SPLIT))
        frame.columnconfigure(0, weight=1)
        # The window's keys come before the bindings of Tk's text widgets.
        for widget in (self.transcript, self.trace, self.input, self.name):
            path, kind, top, everyone = widget.bindtags()
            widget.bindtags((path, top, kind, everyone))

    def apply_fonts(self) -> None:
        """Update every distance after the fonts changed their size."""
        space = self._fonts.space
        self.header.configure(padx=space(14), pady=space(9))
        self.entry.configure(padx=space(14), pady=space(10))
        self.status_bar.configure(padx=space(14), pady=space(5))
        self.close_trace.configure(padx=space(7), pady=0, highlightthickness=max(1, space(1)))
        self.close_trace.place(x=-space(14), y=space(6))
        for button in (self.button, self.send):
            button.configure(padx=space(14), pady=space(5), highlightthickness=max(1, space(1)))
            button.grid(padx=(space(10), 0))
        self.name_label.grid(padx=(0, space(8)))
        self.name.configure(highlightthickness=max(1, space(1)))
        self.name.configure(borderwidth=space(4))
        self.input.configure(padx=space(7), pady=space(5), highlightthickness=max(1, space(1)))
        for label in (self.dot, self.status):
            label.grid(padx=(0, space(7)))
        self.status_line.fit()

    def show_find(self, bar: tk.Frame) -> None:
        """Show a bar above the transcript."""
        bar.grid(row=_SPLIT - 1, column=0, sticky="ew")
        bar.lower(self.split)  # so that Tab reaches it before the transcript

    def show_trace(self, *, shown: bool) -> None:
        """Show the trace beside the transcript, or hide it."""
        if shown and not self.trace_shown:
            width = self._frame.winfo_width()
            self.split.add(self.right, stretch="always", minsize=self._fonts.space(120))
            # If there is no space for both, the trace replaces the transcript.
            self._hide_transcript(hidden=width < self._fonts.space(_BOTH))
            self.split.update_idletasks()
            with contextlib.suppress(tk.TclError):  # a hidden pane has no sash
                self.split.sash_place(0, round(width * 0.54), 1)
        elif not shown and self.trace_shown:
            self._hide_transcript(hidden=False)
            self.split.forget(self.right)

    def _hide_transcript(self, *, hidden: bool) -> None:
        self.split.tk.call(str(self.split), "paneconfigure", str(self.left), "-hide", hidden)

    @property
    def trace_shown(self) -> bool:
        """Whether the trace is shown."""
        panes = self.split.tk.splitlist(self.split.tk.call(str(self.split), "panes"))
        return str(self.right) in map(str, panes)

    def _add_panel(self, row: int) -> EasyPanel:
        panel = self._frame.addPanel(row=row, column=0)
        panel.configure(borderwidth=0, relief="flat")
        self._painter.paint(panel, "bar")
        return panel

    def _add_rule(self, row: int) -> tk.Frame:
        rule = tk.Frame(self._frame, height=1)
        self._painter.paint(rule, "rule")
        rule.grid(row=row, column=0, sticky="ew")
        return rule

    def _add_label(self, panel: EasyPanel, text: str, column: int) -> tk.Label:
        label: tk.Label = panel.addLabel(text, row=0, column=column)
        label.configure(font=self._fonts.small, anchor="w")
        label.grid(pady=0, sticky="ew")
        self._painter.paint(label, "label")
        return label

    def _add_header(self, row: int) -> EasyPanel:
        panel = self._add_panel(row)
        self.name_label = self._add_label(panel, tr("Your name"), 0)
        self.name: tk.Entry = panel.addTextField("", row=0, column=1, width=30, sticky="w")
        self.name.configure(font=self._fonts.body, relief="flat")
        self.name.grid(padx=0, pady=0)
        self._painter.paint(self.name, "entry")
        self.button: tk.Button = panel.addButton(tr("Connect"), row=0, column=2)
        dialogs.style_button(self.button, self._painter, self._fonts, primary=True)
        self.button.grid(pady=0, sticky="e")
        for column, weight in enumerate((0, 1, 0)):
            panel.columnconfigure(column, weight=weight)
        return panel

    def _make_text(self) -> tuple[EasyPanel, tk.Text]:
        panel = EasyPanel(self.split, 0, 0, 1, 1, "white")
        panel.configure(borderwidth=0, relief="flat")
        area = self._add_text(panel, scrolls=True)
        panel.grid_forget()
        area.configure(highlightthickness=2, font=self._fonts.body, takefocus=True)
        self._painter.paint(area, "reading")
        return panel, area

    def _add_close_button(self) -> tk.Button:
        """Add a button in the corner of the trace that hides it again."""
        button = tk.Button(self.right, text="\N{MULTIPLICATION SIGN}")
        dialogs.style_button(button, self._painter, self._fonts, primary=True)
        self._painter.paint(button, "button")
        button.place(relx=1.0, anchor="ne")
        return button

    def _add_text(self, panel: EasyPanel, *, scrolls: bool) -> tk.Text:
        area: tk.Text = panel.addTextArea("", row=0, column=0, width=20, height=2, wrap=tk.WORD)
        for bar in area.master.winfo_children():
            if isinstance(bar, tk.Scrollbar):
                bar.grid_remove()
        if scrolls:
            dialogs.scrollbar(area.master, area, self._fonts).grid(row=0, column=1, sticky="ns")
        area.grid(padx=0, pady=0)
        area.configure(borderwidth=0, relief="flat")
        return area

    def _add_input(self, row: int) -> EasyPanel:
        panel = self._add_panel(row)
        self.input = self._add_text(panel, scrolls=False)
        self.input.configure(font=self._fonts.body)
        self._painter.paint(self.input, "field")
        self.send: tk.Button = panel.addButton(tr("Send"), row=0, column=1)
        dialogs.style_button(self.send, self._painter, self._fonts, primary=True)
        self.send.grid(pady=0, sticky="ns")
        reading = self._add_label(panel, "", 0)
        reading.configure(font=self._fonts.body)
        reading.grid(row=1, sticky="ew")
        self.preview = InputPreview(self.input, reading, self._fonts)
        panel.columnconfigure(0, weight=1)
        panel.columnconfigure(1, weight=0)
        panel.rowconfigure(1, weight=0)
        return panel

    def _add_status_bar(self, row: int) -> None:
        self.status_bar = self._add_panel(row)
        self.dot = self._add_label(self.status_bar, "", 0)
        self.status = self._add_label(self.status_bar, "", 1)
        self.hint = self._add_label(self.status_bar, "", 2)
        for column, weight in enumerate((0, 1, 0)):
            self.status_bar.columnconfigure(column, weight=weight)
        labels = (self.dot, self.status, self.hint)
        self.status_line = StatusLine(self.status_bar, *labels, self._fonts)

    def show_status(self, text: str) -> None:
        """Show a text in the status line."""
        self.status.configure(text=bidi.as_drawn(text))
        self.status_line.fit()

    def show_hint(self, text: str) -> None:
        """Show a text at the end of the status line, or below it."""
        self.hint.configure(text=bidi.as_drawn(text))
        self.status_line.fit()
