"""A window under test, and a user who moves the real mouse and presses the real keys.

The tests pump Tk's events themselves, so that everything runs in the test's own thread; a condition
is waited for with a deadline. Keys and clicks come from xdotool through the X server.
"""

from __future__ import annotations

import contextlib
import gc
import subprocess
import time
import tkinter as tk
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from client.model.preferences import Preferences
from client.net.address import ServerAddress
from client.ui.main_window import DoctorClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableSequence
    from pathlib import Path

_PATIENCE = 60.0

# Tk opens the display and its own pipe once in a process and keeps them; the check for descriptors
# left behind should find them open already.
_first = tk.Tk()
_first.after(1, _first.quit)
_first.mainloop()
_first.update_idletasks()
_first.destroy()


@contextlib.contextmanager
def tk_garbage_stays_here() -> Iterator[None]:
    """Let only this thread delete what closed windows leave behind, once the test is over.

    Python's collector runs in whichever thread it likes; a Tcl interpreter that another thread
    throws away ends the process. A program has one window and keeps it until it exits. The test's
    own variables hold windows too, so the collector stays off until they are gone:
    `nothing_left_behind` turns it on again. What was there before the test is left alone: looking
    through all of it three times takes longer than the test.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.collect()


def close_all(windows: MutableSequence[Any]) -> None:
    """Close windows and let go of them; none may have met a fault."""
    while windows:
        window = windows.pop()
        conversation = window.presenter.conversation if hasattr(window, "presenter") else None
        window.close()
        if conversation is not None:
            conversation.close(_PATIENCE)
        assert not window.faults


def until(widget: tk.Misc, condition: Callable[[], object], what: str = "") -> None:
    """Handle Tk's events until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what or "the window did not get there in time"
        # The timer of this very line makes sure that there is always an event to wait for.
        timer = widget.after(10, lambda: None)
        widget.tk.dooneevent(0)
        widget.after_cancel(timer)


def settle(widget: tk.Misc) -> None:
    """Let a window that was just changed be drawn."""
    widget.update()
    widget.update_idletasks()


class User:
    """Presses keys and clicks in the window that has `widget`."""

    def __init__(self, widget: tk.Misc) -> None:
        self.widget = widget
        top = widget.winfo_toplevel()
        until(widget, top.winfo_viewable)
        settle(top)
        # Without a window manager a new window does not get the keyboard by itself.
        self.focus(top.focus_lastfor() or top)

    def _do(self, *words: str) -> None:
        with subprocess.Popen(["xdotool", *words]) as done:
            until(self.widget, lambda: done.poll() is not None, f"xdotool {words}")
            assert done.returncode == 0
        settle(self.widget)

    def focus(self, widget: tk.Misc) -> None:
        """Put the keyboard's focus into a widget."""
        widget.focus_force()
        until(self.widget, lambda: widget.focus_get() is widget)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as xdotool names them."""
        self._do("key", "--delay", "1", *keys)

    def hold(self, key: str) -> None:
        """Press a key and keep it down."""
        self._do("keydown", key)

    @staticmethod
    def release(key: str) -> None:
        """Release a key that was held; works when the window is gone, too."""
        subprocess.run(["xdotool", "keyup", key], check=True)

    def write(self, text: str) -> None:
        """Type a text."""
        self._do("type", "--delay", "1", text)

    def click(self, widget: tk.Misc, x: int = -1, y: int = -1, button: str = "1") -> None:
        """Click on a widget, in its middle if no place is given."""
        settle(self.widget)
        right = widget.winfo_rootx() + (widget.winfo_width() // 2 if x < 0 else x)
        down = widget.winfo_rooty() + (widget.winfo_height() // 2 if y < 0 else y)
        self._do("mousemove", str(right), str(down), "click", button)


def _walk(window: tk.Misc, user: User, key: str) -> list[str]:
    """Press a key until the focus is where it was; return the widgets that had it."""
    seen: list[str] = []
    while (now := str(window.tk.call("focus"))) not in seen:
        seen.append(now)
        user.press(key)
    assert now == seen[0], f"the focus goes round without {seen[0]}"
    return seen


def _controls(parent: tk.Misc) -> Iterator[str]:
    """Yield the visible widgets of a window that the keyboard should reach."""
    for child in parent.winfo_children():
        if isinstance(child, tk.Toplevel | tk.Menu) or not child.winfo_viewable():
            continue
        kinds = (tk.Button, tk.Entry, tk.Text, tk.Checkbutton)
        if isinstance(child, kinds):
            yield str(child)
        yield from _controls(child)


def check_walk(window: tk.Misc, start: tk.Misc, top: tk.Misc) -> None:
    """Check that Tab and Shift+Tab reach and leave every control of `top`."""
    settle(window)
    user = User(start)
    user.focus(start)
    there, back = _walk(window, user, "Tab"), _walk(window, user, "shift+Tab")
    assert set(there) == set(back)
    assert there[1:] == back[:0:-1]
    assert set(_controls(top)) <= set(there)


def opened(
    file: Path,
    port: int,
    name: str = "",
    settings: Preferences | None = None,
    patients: Path | None = None,
    **options: Any,
) -> DoctorClient:
    """Return an open window for a server on this computer."""
    settings = replace(settings or Preferences(palette="light"), name=name)
    address = ServerAddress("127.0.0.1", port)
    window = DoctorClient(settings, address, file, patients, **options)
    if name:
        window.connect()
    settle(window)
    return window


def shown(window: DoctorClient) -> str:
    """Return everything that the transcript's area holds; blanks that do not break are blanks."""
    return window.layout.transcript.get("1.0", tk.END).replace("\u00a0", " ")


def dialog_field(window: DoctorClient) -> tk.Entry:
    """Return the first field of the open dialog."""
    assert window.view.dialog is not None
    return next(
        child for child in window.view.dialog.body.winfo_children() if isinstance(child, tk.Entry)
    )


def dialog_text(window: DoctorClient) -> str:
    """Return the paragraphs of the open dialog."""
    assert window.view.dialog is not None
    children = window.view.dialog.body.winfo_children()
    return "\n".join(str(child["text"]) for child in children if isinstance(child, tk.Label))


def dialog_title(window: DoctorClient) -> str:
    """Return the title of the open dialog, "" if none is."""
    dialog = window.view.dialog
    return dialog.window.title() if dialog is not None and dialog.is_open else ""


def answer_dialog(window: DoctorClient, title: str, text: str) -> None:
    """Wait for the dialog of this title, type an answer and press Return."""
    until(window, lambda: dialog_title(window) == title)
    assert window.view.dialog is not None
    user = User(window.view.dialog.window)
    user.write(text)
    user.press("Return")


def until_closed(window: DoctorClient) -> None:
    """Wait until the window is closed."""
    while not window.closed:
        window.tk.dooneevent(0)


def connected(window: DoctorClient) -> DoctorClient:
    """Wait until the session is open."""
    until(window, lambda: window.presenter.state == "open")
    return window
