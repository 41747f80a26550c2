"""Small windows in front of the main one: a question, a form, a page to read.

None of them waits inside another event loop: what follows is a function that is called, so that the
program can be closed in the middle of everything. Escape always puts a sheet away. Tk's thread.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING

from client.widgets.palette import BAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


class Dialog:
    """A window in front of `owner`, put together from top to bottom by the `add_` methods."""

    def __init__(self, owner: tk.Misc, painter: Painter, letters: Fonts, title: str) -> None:
        self.painter = painter
        self.letters = letters
        self.on_away: Callable[[], object] = lambda: None
        self.window = tk.Toplevel(owner)
        self.window.withdraw()
        self.window.title(title)
        self.window.transient(owner.winfo_toplevel())
        self.window.protocol("WM_DELETE_WINDOW", self.away)
        self.window.bind("<Escape>", lambda _event: self.away())
        painter.paint(self.window, "sheet")
        # A window manager draws a frame round it; where there is none this line tells it apart.
        self.window.configure(highlightthickness=1)
        space = letters.space
        self._owner = owner
        self._foot = tk.Frame(self.window, padx=space(22), pady=space(14))
        painter.paint(self._foot, "page")
        self._foot.pack(side="bottom", fill="x")
        # On a small screen with large letters the body may be higher than the screen: it scrolls.
        self._view = tk.Canvas(self.window, borderwidth=0, highlightthickness=0)
        painter.paint(self._view, "page")
        self._view.pack(side="left", fill="both", expand=True)
        self.body = tk.Frame(self._view, padx=space(22), pady=space(4))
        painter.paint(self.body, "page")
        self._inside = self._view.create_window(0, 0, window=self.body, anchor="nw")
        self._width = min(space(460), owner.winfo_screenwidth() - space(60))
        self._first: tk.Widget | None = None
        self.add_text(title, letters.title).pack(pady=(space(14), space(8)))

    def add_text(self, text: str, letters: object = None, role: str = "page label") -> tk.Label:
        """Add a paragraph; it wraps."""
        label = tk.Label(
            self.body,
            text=text,
            font=letters or self.letters.body,  # type: ignore[arg-type] # a Font is one
            justify="left",
            anchor="w",
            wraplength=self._width,
        )
        self.painter.paint(label, role)
        label.pack(fill="x", pady=(0, self.letters.space(8)))
        return label

    def add_entry(self, label: str, value: str = "", *, secret: bool = False) -> tk.Entry:
        """Add a field with its label above it."""
        note = self.add_text(label, self.letters.small, "page note")
        note.pack(pady=(self.letters.space(4), 0))
        entry = tk.Entry(
            self.body,
            font=self.letters.body,
            relief="flat",
            borderwidth=self.letters.space(4),
            highlightthickness=max(1, self.letters.space(1)),
            show="\N{BULLET}" if secret else "",
            width=34,
        )
        self.painter.paint(entry, "entry")
        entry.insert(0, value)
        entry.pack(fill="x", pady=(0, self.letters.space(6)))
        self._first = self._first or entry
        return entry

    def add_check(self, label: str, *, ticked: bool) -> Callable[[], bool]:
        """Add a box to tick; returns the function that tells whether it is.

        It has no `tkinter.Variable`: those call Tk when they are thrown away, which may happen in
        any thread.
        """
        state = [ticked]

        def toggle() -> None:
            state[0] = not state[0]

        check = tk.Checkbutton(
            self.body,
            text=label,
            command=toggle,
            font=self.letters.body,
            anchor="w",
            borderwidth=0,
            highlightthickness=max(1, self.letters.space(1)),
        )
        if ticked:
            check.select()
        else:
            check.deselect()
        self.painter.paint(check, "check")
        check.pack(fill="x", pady=self.letters.space(3))
        return lambda: state[0]

    def add_page(self, height: int = 18, width: int = 62) -> tk.Text:
        """Add a longer text to read, with a scrollbar; the caller fills it."""
        frame = tk.Frame(self.body)
        self.painter.paint(frame, "page")
        frame.pack(fill="both", expand=True, pady=(0, self.letters.space(8)))
        area = tk.Text(
            frame,
            wrap="word",
            width=width,
            height=height,
            font=self.letters.body,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
            spacing2=self.letters.space(3),
            spacing3=self.letters.space(6),
            cursor="arrow",
        )
        bar = scrollbar(frame, area, self.letters)
        bar.pack(side="right", fill="y")
        area.pack(side="left", fill="both", expand=True)
        self.painter.paint(area, "reading")
        self._first = self._first or area
        return area

    def add_button(
        self,
        text: str,
        command: Callable[[], object],
        *,
        primary: bool = False,
        danger: bool = False,
    ) -> None:
        """Add a button to the row at the foot, from right to left; Return presses the primary.

        `danger`: what it does cannot be undone.
        """
        made = button(self._foot, text, command, self.painter, self.letters, primary=primary)
        if danger:
            self.painter.paint(made, "danger")
        made.pack(side="right", padx=(self.letters.space(8), 0))
        if primary:
            self.window.bind("<Return>", lambda _event: command())
        self._first = self._first or made

    def show(self) -> None:
        """Show the sheet in the middle of its owner, with the focus in its first field."""
        top = self._owner.winfo_toplevel()
        self.window.update_idletasks()
        width = min(self.body.winfo_reqwidth(), top.winfo_screenwidth())
        needed = self.body.winfo_reqheight()
        height = needed + self._foot.winfo_reqheight() + 2
        if height > top.winfo_screenheight():
            height = top.winfo_screenheight()
            scrollbar(self.window, self._view, self.letters).pack(side="right", fill="y")
            self.window.bind("<FocusIn>", self._see)
        self._view.configure(scrollregion=(0, 0, width, needed))
        self._view.itemconfigure(self._inside, width=width - 2)
        x = top.winfo_rootx() + (top.winfo_width() - width) // 2
        y = top.winfo_rooty() + (top.winfo_height() - height) // 3
        x = max(0, min(x, top.winfo_screenwidth() - width))
        y = max(0, min(y, top.winfo_screenheight() - height))
        self.window.geometry(f"{width}x{height}+{x}+{y}")
        self.window.deiconify()
        self.window.lift()
        if self._first is not None:
            self._first.focus_set()
        self.window.after(50, self._grab)

    def _see(self, event: tk.Event[tk.Misc]) -> None:
        """Bring the field that has the focus into view."""
        widget = event.widget
        if str(widget).startswith(f"{self.body}."):
            total = max(1, self.body.winfo_reqheight())
            above = widget.winfo_rooty() - self.body.winfo_rooty() - widget.winfo_height()
            self._view.yview_moveto(max(0, above) / total)

    def _grab(self) -> None:
        # Where the window is not on the screen yet, keys still reach it; only clicks beside it do
        # not wait.
        with contextlib.suppress(tk.TclError):
            self.window.grab_set()

    @property
    def is_there(self) -> bool:
        """Whether it is still open."""
        return bool(self.window.winfo_exists())

    def close(self) -> None:
        """Take the sheet away, with the focus back to its owner; `on_away` is not called."""
        if self.is_there:
            self.window.destroy()
            self._owner.focus_set()

    def away(self) -> None:
        """The person puts the sheet away without an answer."""
        self.close()
        self.on_away()


def button(
    parent: tk.Misc,
    text: str,
    command: Callable[[], object],
    painter: Painter,
    letters: Fonts,
    *,
    primary: bool = False,
) -> tk.Button:
    """Return a flat button that Return and Space press."""
    made = tk.Button(parent, text=text, command=command)
    dress(made, painter, letters, primary=primary)
    return made


def dress(made: tk.Button, painter: Painter, letters: Fonts, *, primary: bool = False) -> None:
    """Make a button look and behave as all of this program's do."""
    made.configure(
        font=letters.bold if primary else letters.body,
        relief="flat",
        overrelief="flat",
        borderwidth=0,
        highlightthickness=max(1, letters.space(1)),
        padx=letters.space(12),
        pady=letters.space(5),
        cursor="hand2",
        takefocus=True,
    )
    painter.paint(made, "primary" if primary else "button")

    def press(_event: object) -> str:
        made.invoke()
        return "break"

    made.bind("<Return>", press)
    made.bind("<KP_Enter>", press)


def scrollbar(
    parent: tk.Misc, area: tk.Text | tk.Canvas | ttk.Treeview, letters: Fonts
) -> ttk.Scrollbar:
    """Return a quiet scrollbar that moves `area`."""
    bar = ttk.Scrollbar(parent, command=area.yview, style=BAR, takefocus=False)
    ttk.Style().configure(BAR, width=letters.space(8), arrowsize=letters.space(8))
    area.configure(yscrollcommand=bar.set)
    return bar
