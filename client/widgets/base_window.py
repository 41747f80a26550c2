"""What every window of this program is made on: an `EasyFrame` that other threads can reach.

The network and the disk never run in Tk's thread. Other threads put what they have into one queue;
`after` takes a bounded number of things out every few milliseconds, so that no flood of them keeps
the window from its keys. Closing cancels the timer, ends the conversation and takes the window
away, in the middle of whatever is going on.

Everything here runs in Tk's thread but `post` and the functions given to `aside`.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import tkinter as tk
import traceback
from typing import TYPE_CHECKING, Any, Final

from breezypythongui import EasyFrame

from client.ui.layout import Layout
from client.ui.presenter import Presenter
from client.widgets.fonts import Fonts
from client.widgets.palette import Painter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Milliseconds between two looks at the queue, and how many things are taken at a look.
_TICK: Final = 30
_MOST: Final = 50
#: Seconds that the threads of a closed window get to end.
_LAST_WAIT: Final = 2.0


#: Windows that ran. A Tcl interpreter may be thrown away by the thread that made it alone, and
#: Python's collector runs in any: so they stay until the process ends.
_STAYED: Final[list[object]] = []


class NoDisplay(Exception):
    """There is no screen to open a window on."""


@contextlib.contextmanager
def has_display() -> Iterator[None]:
    """Turn Tk's error about a missing screen into `NoDisplay`."""
    try:
        yield
    except tk.TclError as error:
        if "display" in str(error):
            raise NoDisplay(str(error)) from None
        raise


class BaseFrame(EasyFrame):  # type: ignore[misc] # breezypythongui has no types
    """A window with a queue that other threads may put things into; hidden until shown."""

    def __init__(self, title: str, size: int) -> None:
        super().__init__(title=title)
        root = self.winfo_toplevel()
        root.withdraw()
        root.report_callback_exception = self._fault
        root.protocol("WM_DELETE_WINDOW", self.close)
        self.faults: list[str] = []
        self.closed = False
        self.painter = Painter()
        self.letters = Fonts(root, size)
        self._queue: queue.SimpleQueue[tuple[object, Any]] = queue.SimpleQueue()
        self._timer: str = root.after(_TICK, self._drain)

    def post(self, source: object, found: Any) -> None:
        """Hand something over to Tk's thread; any thread may."""
        self._queue.put((source, found))

    def aside(self, work: Callable[[], Any], then: Callable[[Any], None]) -> threading.Thread:
        """Do what takes its time in a thread, and return that; `then` gets the result, in Tk's."""
        errand = threading.Thread(
            target=lambda: self.post(then, work()), name="window's errand", daemon=True
        )
        errand.start()
        return errand

    def take(self, source: object, found: Any) -> None:
        """Take something that another thread posted; `aside` is answered here."""
        if callable(source):
            source(found)

    def tell(self, text: str) -> None:
        """Say something where the window says such things."""

    def close(self) -> None:
        """Close the window and everything behind it, whatever it is doing."""
        if not self.closed:
            self.closed = True
            for timer in self.tk.splitlist(self.tk.call("after", "info")):
                self.tk.call("after", "cancel", timer)
            # What Tk has put off until it is idle would find no window any more.
            self.update_idletasks()
            self.letters.let_go()
            _let_variables_go(self)
            self.winfo_toplevel().destroy()

    def _drain(self) -> None:
        """Take a bounded number of things out of the queue, then let the window have its turn."""
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

    def _fault(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """Show a fault of this program in the window, and the details on standard error."""
        self.faults.append("".join(traceback.format_exception(kind, error, trace)))
        print(self.faults[-1], file=sys.stderr)
        if not self.closed:
            self.tell(f"This program made a mistake ({error}). It goes on.")


def _let_variables_go(widget: tk.Misc) -> None:
    """Throw the variables of breezypythongui's fields away here.

    They call Tk when they are thrown away, and must not be when and where Python likes: another
    thread would wait for an event loop that has ended.
    """
    for child in widget.winfo_children():
        if hasattr(child, "var"):
            child.var = None
        _let_variables_go(child)


class ClientFrame(BaseFrame):
    """A window with a stage for a conversation."""

    def __init__(self, title: str, size: int) -> None:
        super().__init__(title, size)
        self.layout = Layout(self, self.painter, self.letters)
        self.stage = Presenter(self, self.layout, self.painter, self.letters, self.post)

    def take(self, source: object, found: Any) -> None:
        """Hand an event of the present conversation to the stage; those of others are late."""
        if source is self.stage.talk:
            self.stage.take(found)
        else:
            super().take(source, found)

    def tell(self, text: str) -> None:
        """Say something in the status line."""
        self.stage.tell(text)

    def close(self) -> None:
        """Close the window and end the conversation."""
        if not self.closed and self.stage.talk is not None:
            self.stage.talk.close()
        super().close()

    def stay(self) -> None:
        """Run until the window is closed, then let its threads end."""
        _STAYED.append(self)
        self.mainloop()
        if self.stage.talk is not None:
            self.stage.talk.close(_LAST_WAIT)
