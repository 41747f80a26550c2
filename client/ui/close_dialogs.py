"""The questions asked before a window closes. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.language import mark, plural, tr
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

#: Title and text of the question for each kind of lines that `Presenter.waiting_lines` names.
_WAITING: Final = {
    "unanswered": (
        mark("A line has no answer yet"),
        mark(
            "The doctor has not answered what you said last, so it may not be saved in your "
            "history. If you leave now, you will not know until you come back."
        ),
    ),
    "unsent": (
        mark("Some lines were not sent yet"),
        mark(
            "The connection is lost, and what you typed since then could not be sent. It is lost "
            "when this window closes."
        ),
    ),
    "returned": (
        mark("A line was not recorded"),
        mark("What is in the input was not recorded. It is lost when this window closes."),
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
    title, text = map(tr, _WAITING[kind])
    dialog = Dialog(owner, painter, fonts, title, on_dismiss=stay)
    dialog.add_text(text)
    dialog.add_button(tr("Stay"), dialog.dismiss, primary=True)
    dialog.add_button(tr("Leave"), leave)
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
    text = plural(
        "You started this doctor, and one other person is talking with it now.",
        "You started this doctor, and {number} other people are talking with it now.",
        number,
    )
    dialog = Dialog(owner, painter, fonts, tr("Stop the doctor too?"))
    dialog.add_text(text.format(number=number))
    dialog.add_button(tr("Leave it running"), keep_running, primary=True)
    dialog.add_button(tr("Stop it"), stop)
    dialog.add_button(tr("Stay"), dialog.dismiss)
    dialog.show()
    return dialog
