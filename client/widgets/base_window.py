"""The base of every window: `BaseFrame`, which other threads can send values to.

Network and disk are never used in Tk's thread. Other threads put values into one queue; `after`
takes a limited number of them out every few milliseconds, so that no flood of values blocks the
keyboard. Closing cancels the timers and destroys the window, whatever is going on.

Everything here runs in Tk's thread, except `post` and functions given to `run_in_background`.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import sys
import threading
import tkinter as tk
import traceback
from typing import TYPE_CHECKING, Any, Final

from breezypythongui import EasyFrame

from client.model.language import tr
from client.widgets import keys
from client.widgets.fonts import Fonts, use_resolution
from client.widgets.icon import set_icon
from client.widgets.palette import Painter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Milliseconds between two reads of the queue, and how many values one read takes at most.
_TICK: Final = 30
_MOST: Final = 50


class NoDisplay(Exception):
    """There is no display to open a window on."""


@contextlib.contextmanager
def has_display() -> Iterator[None]:
    """Turn Tk's error about a missing display into `NoDisplay`."""
    try:
        yield
    except tk.TclError as error:
        if "display" in str(error):
            raise NoDisplay(str(error)) from None
        raise


class BaseFrame(EasyFrame):  # type: ignore[misc] # breezypythongui has no types
    """A window with a queue for values from other threads; hidden until it is shown."""

    def __init__(self, title: str, size: int) -> None:
        super().__init__(title=title)
        root = self.winfo_toplevel()
        root.withdraw()
        use_resolution(root)
        set_icon(root)
        keys.adapt_system_dialogs(root)
        root.report_callback_exception = self._report_error
        root.protocol("WM_DELETE_WINDOW", self.close)
        self.faults: list[str] = []
        self.closed = False
        self.painter = Painter()
        self.fonts = Fonts(root, size)
        self._queue: queue.SimpleQueue[tuple[object, Any]] = queue.SimpleQueue()
        self._timer: str = root.after(_TICK, self._drain)

    def post(self, source: object, found: Any) -> None:
        """Send a value to Tk's thread; any thread may call this."""
        self._queue.put((source, found))

    def run_in_background(
        self, work: Callable[[], Any], then: Callable[[Any], None]
    ) -> threading.Thread:
        """Run `work` in a new thread and return that; `then` gets the result in Tk's thread."""
        thread = threading.Thread(
            target=lambda: self.post(then, work()), name="window's background task", daemon=True
        )
        thread.start()
        return thread

    def take(self, source: object, found: Any) -> None:
        """Take a value that another thread posted; results of background work arrive here."""
        if callable(source):
            source(found)

    def tell(self, text: str) -> None:
        """Show a message; a kind of window defines where."""

    def close(self) -> None:
        """Close the window, whatever it is doing."""
        if not self.closed:
            self.closed = True
            for timer in self.tk.splitlist(self.tk.call("after", "info")):
                self.tk.call("after", "cancel", timer)
            # Tk's idle tasks would find no window any more.
            self.update_idletasks()
            self.fonts.release()
            _drop_variables(self)
            self.winfo_toplevel().destroy()

    def close_on_signals(self) -> None:
        """Close the window when the process is told to end, or its terminal is closed."""

        def close(*_: object) -> None:
            self.post(lambda _: self.close_at_once(), None)

        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), close)

    def close_at_once(self) -> None:
        """Close the window without a question; a kind of window may do more."""
        self.close()

    def _drain(self) -> None:
        """Take a limited number of values out of the queue, then return to the event loop."""
        try:
            for _ in range(_MOST):
                self.take(*self._queue.get_nowait())
                if self.closed:
                    return
        except queue.Empty:
            pass
        finally:
            if not self.closed:
                self._timer = self.after(_TICK, self._drain)

    def _report_error(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """Show an error of this program in the window, and the details on standard error."""
        self.faults.append("".join(traceback.format_exception(kind, error, trace)))
        print(self.faults[-1], file=sys.stderr)
        if not self.closed:
            self.tell(tr("This program made a mistake ({error}). It goes on.").format(error=error))


def _drop_variables(widget: tk.Misc) -> None:
    """Delete the variables of breezypythongui's fields in this thread.

    They call Tk when they are deleted. Deleted by the garbage collector in another thread, they
    would wait for an event loop that has ended.
    """
    for child in widget.winfo_children():
        if hasattr(child, "var"):
            child.var = None
        _drop_variables(child)
