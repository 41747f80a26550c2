"""The questions asked before a window closes. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

#: Title and text of the question for each kind of lines that `Presenter.waiting_lines` names.
_WAITING: Final = {
    "unanswered": (
        "A line has no answer yet",
        (
            "The doctor has not answered what you said last, so it may not be saved in your "
            "history. If you leave now, you will not know until you come back."
        ),
    ),
    "unsent": (
        "Some lines were not sent yet",
        (
            "The connection is lost, and what you typed since then could not be sent. It is lost "
            "when this window closes."
        ),
    ),
    "returned": (
        "A line was not recorded",
        "What is in the input was not recorded. It is lost when this window closes.",
    ),
}


def ask_about_lines(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    *,
    kind: str,
    leave: Callable[[], object],
    stay: Callable[[], object],
) -> Dialog:
    """Ask whether to close the window although lines of this `kind` may be lost."""
    title, text = _WAITING[kind]
    dialog = Dialog(owner, painter, fonts, title, on_dismiss=stay)
    dialog.add_text(text)
    dialog.add_button("Stay", dialog.dismiss, primary=True)
    dialog.add_button("Leave", leave)
    dialog.show()
    return dialog


def ask_about_others(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    number: int,
    *,
    keep_running: Callable[[], object],
    stop: Callable[[], object],
) -> Dialog:
    """Ask whether to stop the server that was started here although others use it."""
    who = "one other person is" if number == 1 else f"{number} other people are"
    dialog = Dialog(owner, painter, fonts, "Stop the doctor too?")
    dialog.add_text(f"You started this doctor, and {who} talking with it now.")
    dialog.add_button("Leave it running", keep_running, primary=True)
    dialog.add_button("Stop it", stop)
    dialog.add_button("Stay", dialog.dismiss)
    dialog.show()
    return dialog
