"""Dialogs: small windows in front of the main one, with a question, a form or a text.

No dialog runs an event loop of its own: its buttons call functions, so that the program can be
closed at any moment. Escape always closes a dialog. Tk's thread only.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING, Final

from client.widgets import keys
from client.widgets.palette import BAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


#: Lines of a text area in the lowest dialog.
_LEAST_LINES: Final = 3
#: A box without and with a tick.
_BOXES: Final = ("\N{BALLOT BOX}", "\N{BALLOT BOX WITH CHECK}")


class Dialog:
    """A window in front of `owner`, built from top to bottom by the `add_` methods.

    `on_dismiss` is called when the user closes it without an answer.
    """

    def __init__(
        self,
        owner: tk.Misc,
        painter: Painter,
        fonts: Fonts,
        title: str,
        on_dismiss: Callable[[], object] = lambda: None,
        *,
        width: int = 460,
    ) -> None:
        self.painter = painter
        self.fonts = fonts
        self._on_dismiss = on_dismiss
        self.window = tk.Toplevel(owner)
        self.window.withdraw()
        self.window.title(title)
        self.window.transient(owner.winfo_toplevel())
        self.window.protocol("WM_DELETE_WINDOW", self.dismiss)
        self.window.bind("<Escape>", lambda _event: self.dismiss())
        painter.paint(self.window, "dialog")
        # Without a window manager nothing else separates it from the window behind.
        self.window.configure(highlightthickness=1)
        space = fonts.space
        self._owner = owner
        self._buttons = tk.Frame(self.window, padx=space(22), pady=space(14))
        painter.paint(self._buttons, "page")
        self._buttons.pack(side="bottom", fill="x")
        # On a small screen with large fonts the body may be higher than the screen: it scrolls.
        self._view = tk.Canvas(self.window, borderwidth=0, highlightthickness=0)
        painter.paint(self._view, "page")
        self._view.pack(side="left", fill="both", expand=True)
        self.body = tk.Frame(self._view, padx=space(22), pady=space(4))
        painter.paint(self.body, "page")
        self._inside = self._view.create_window(0, 0, window=self.body, anchor="nw")
        self._width = min(space(width), owner.winfo_screenwidth() - space(60))
        self._first: tk.Widget | None = None
        self._area: tk.Text | None = None
        self._title = self.add_text(title, fonts.title)
        self._title.pack(pady=(space(14), space(8)))

    def add_text(self, text: str, fonts: object = None, role: str = "page label") -> tk.Label:
        """Add a paragraph; it wraps."""
        label = tk.Label(
            self.body,
            text=text,
            font=fonts or self.fonts.body,  # type: ignore[arg-type] # a Font is one
            justify="left",
            anchor="w",
            wraplength=self._width,
        )
        self.painter.paint(label, role)
        label.pack(fill="x", pady=(0, self.fonts.space(8)))
        return label

    def add_error(self) -> Callable[[str], None]:
        """Add an empty paragraph for an error; return the function that shows one in it.

        The error wraps, and the dialog becomes as high as that needs.
        """
        label = self.add_text("", role="page warning")

        def show(text: str) -> None:
            before = self.body.winfo_reqheight()
            width = label.winfo_width() if self.window.winfo_viewable() else self._width
            label.configure(text=text, wraplength=min(self._width, width))
            self.window.update_idletasks()
            needed = self.body.winfo_reqheight()
            most = self.window.winfo_screenheight()
            height = min(most, max(1, self.window.winfo_height() + needed - before))
            self._view.configure(scrollregion=(0, 0, self._view.winfo_width(), needed))
            self.window.geometry(f"{self.window.winfo_width()}x{height}")

        return show

    def add_entry(self, label: str, value: str = "", *, secret: bool = False) -> tk.Entry:
        """Add a field with a label above it."""
        note = self.add_text(label, self.fonts.small, "page note")
        note.pack(pady=(self.fonts.space(4), 0))
        entry = tk.Entry(
            self.body,
            font=self.fonts.body,
            relief="flat",
            borderwidth=self.fonts.space(4),
            highlightthickness=max(1, self.fonts.space(1)),
            show="\N{BULLET}" if secret else "",
            width=34,
        )
        self.painter.paint(entry, "entry")
        entry.insert(0, value)
        entry.pack(fill="x", pady=(0, self.fonts.space(6)))
        self._first = self._first or entry
        return entry

    def add_check(self, label: str, *, ticked: bool) -> Callable[[], bool]:
        """Add a check box; return the function that tells whether it is ticked.

        It has no `tkinter.Variable`: those call Tk when they are deleted, which may happen in any
        thread.
        """
        state = [ticked]

        def toggle() -> None:
            state[0] = not state[0]

            check.configure(text=f"{_BOXES[state[0]]}  {label}")

        # Tk's own box stays small however large the letters are.
        check = tk.Checkbutton(
            self.body,
            text=f"{_BOXES[ticked]}  {label}",
            command=toggle,
            font=self.fonts.body,
            anchor="w",
            borderwidth=0,
            indicatoron=False,
            relief="flat",
            offrelief="flat",
            overrelief="flat",
            highlightthickness=max(1, self.fonts.space(1)),
        )
        if ticked:
            check.select()
        else:
            check.deselect()
        self.painter.paint(check, "check")
        check.pack(fill="x", pady=self.fonts.space(3))
        return lambda: state[0]

    def add_text_area(self, height: int = 18, width: int = 62) -> tk.Text:
        """Add a longer text with a scrollbar; the caller fills it."""
        frame = tk.Frame(self.body)
        self.painter.paint(frame, "page")
        frame.pack(fill="both", expand=True, pady=(0, self.fonts.space(8)))
        area = tk.Text(
            frame,
            wrap="word",
            width=width,
            height=height,
            font=self.fonts.body,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
            spacing2=self.fonts.space(3),
            spacing3=self.fonts.space(6),
            cursor="arrow",
            takefocus=True,  # also when it is disabled: then it can be read by keyboard
        )
        bar = scrollbar(frame, area, self.fonts)
        bar.pack(side="right", fill="y", padx=(self.fonts.space(6), 0))
        area.pack(side="left", fill="both", expand=True)
        self.painter.paint(area, "reading")
        self._first = self._first or area
        self._area = area
        return area

    def add_button(
        self,
        text: str,
        command: Callable[[], object],
        *,
        primary: bool = False,
        danger: bool = False,
    ) -> None:
        """Add a button to the row at the bottom, from right to left; Return presses the primary.

        `danger`: what it does cannot be undone.
        """
        made = button(self._buttons, text, command, self.painter, self.fonts, primary=primary)
        if danger:
            self.painter.paint(made, "danger")
        made.pack(side="right", padx=(self.fonts.space(8), 0))
        if primary:
            self.window.bind("<Return>", lambda _event: command())
        self._first = self._first or made

    def show(self) -> None:
        """Show the dialog in the middle of its owner, with the focus in its first field."""
        top = self._owner.winfo_toplevel()
        self.window.update_idletasks()
        row = self._buttons.winfo_reqwidth() + 2  # with the lines around the window
        width = min(max(self.body.winfo_reqwidth() + 2, row), top.winfo_screenwidth())
        if row > width:
            self._stack_buttons()
        self._shorten_area(top.winfo_screenheight())
        needed = self.body.winfo_reqheight()
        height = needed + self._buttons.winfo_reqheight() + 2
        side = 0
        if height > top.winfo_screenheight():
            height = top.winfo_screenheight()
            bar = scrollbar(self.window, self._view, self.fonts)
            bar.pack(side="right", fill="y", before=self._view)
            side = bar.winfo_reqwidth()
            width = min(width + side, top.winfo_screenwidth())
            self.window.bind("<FocusIn>", self._scroll_to_focus)
        self._view.configure(scrollregion=(0, 0, width - side, needed))
        self._view.itemconfigure(self._inside, width=width - side - 2)
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

    def _shorten_area(self, most: int) -> None:
        """Make title and text area lower where the dialog is higher than the screen.

        So the text scrolls, and not the text and the dialog around it.
        """
        if self.body.winfo_reqheight() + self._buttons.winfo_reqheight() + 2 > most:
            self._title.configure(font=self.fonts.bold)
            self.window.update_idletasks()
        if self._area is None:
            return
        over = self.body.winfo_reqheight() + self._buttons.winfo_reqheight() + 2 - most
        if over > 0:
            lines = int(self._area["height"])
            each = max(1, self._area.winfo_reqheight() // lines)
            self._area.configure(height=max(_LEAST_LINES, lines + -over // each))
            self.window.update_idletasks()

    def _stack_buttons(self) -> None:
        """Put the buttons below each other: together they are wider than the screen."""
        for made in self._buttons.winfo_children():
            if isinstance(made, tk.Button):
                made.pack_configure(side="top", fill="x", padx=0, pady=self.fonts.space(3))
        self.window.update_idletasks()

    def _scroll_to_focus(self, event: tk.Event[tk.Misc]) -> None:
        """Scroll the field that has the focus into view."""
        widget = event.widget
        if str(widget).startswith(f"{self.body}."):
            total = max(1, self.body.winfo_reqheight())
            space = widget.winfo_height()  # for the label above a field, and as much below
            top = widget.winfo_rooty() - self.body.winfo_rooty() - space
            shown = self.body.winfo_rooty(), self._view.winfo_rooty(), self._view.winfo_height()
            above = shown[1] - shown[0]
            if top < above or top + 3 * space > above + shown[2]:
                low = top + 3 * space - shown[2] if top >= above else top
                self._view.yview_moveto(max(0, low) / total)

    def _grab(self) -> None:
        # If the window is not on the screen yet, the grab fails. Keys still reach the dialog; only
        # clicks on the window behind are not blocked.
        with contextlib.suppress(tk.TclError):
            self.window.grab_set()

    @property
    def is_open(self) -> bool:
        """Whether the dialog is still open."""
        return bool(self.window.winfo_exists())

    def close(self) -> None:
        """Close the dialog and return the focus to its owner; `on_dismiss` is not called."""
        if self.is_open:
            self.window.grab_release()
            keys.return_focus(self._owner)  # first, while this program has the keyboard
            self.window.destroy()

    def dismiss(self) -> None:
        """Close the dialog without an answer."""
        self.close()
        self._on_dismiss()


def button(
    parent: tk.Misc,
    text: str,
    command: Callable[[], object],
    painter: Painter,
    fonts: Fonts,
    *,
    primary: bool = False,
) -> tk.Button:
    """Return a flat button that Return and Space press."""
    made = tk.Button(parent, text=text, command=command)
    style_button(made, painter, fonts, primary=primary)
    return made


def style_button(made: tk.Button, painter: Painter, fonts: Fonts, *, primary: bool = False) -> None:
    """Give a button the look and the keys of all buttons of this program."""
    made.configure(
        font=fonts.bold if primary else fonts.body,
        relief="flat",
        overrelief="flat",
        borderwidth=0,
        highlightthickness=max(1, fonts.space(1)),
        padx=fonts.space(12),
        pady=fonts.space(5),
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
    parent: tk.Misc, area: tk.Text | tk.Canvas | ttk.Treeview, fonts: Fonts
) -> ttk.Scrollbar:
    """Return a flat scrollbar that scrolls `area`."""
    bar = ttk.Scrollbar(parent, command=area.yview, style=BAR, takefocus=False)
    ttk.Style().configure(BAR, width=fonts.space(8), arrowsize=fonts.space(8))
    area.configure(yscrollcommand=bar.set)
    return bar
