"""The questions asked before a window closes. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.language import mark, plural, tr
from client.model.transcript import pending
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.ui.conversation_window import ConversationWindow
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

#: Milliseconds between two looks for the answer to what was sent last.
_LOOK: Final = 50
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


def ask_about_draft(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    *,
    send: Callable[[], object] | None,
    leave: Callable[[], object],
    stay: Callable[[], object],
) -> Dialog:
    """Ask what is to become of a text that is in the input when the window is to be closed.

    It is never saved on the disk. `send` is None where nothing can be sent; Return goes back.
    """
    dialog = Dialog(owner, painter, fonts, tr("What you wrote is not sent"), on_dismiss=stay)
    dialog.add_text(
        tr("Your text is still in the input. It is lost when this window closes.")
        if send is None
        else tr("Send it, throw it away, or go back? It is lost when this window closes.")
    )

    def choose(what: Callable[[], object]) -> Callable[[], None]:
        def act() -> None:
            dialog.close()
            what()

        return act

    dialog.add_button(tr("Go back"), dialog.dismiss, primary=True)
    if send is not None:
        dialog.add_button(tr("Send it"), choose(send))
    dialog.add_button(tr("Throw it away"), choose(leave))
    dialog.show()
    return dialog


class CloseQuestions:
    """Asks before `window` closes if something would be lost; `close` then closes it."""

    def __init__(self, window: ConversationWindow, close: Callable[[], object]) -> None:
        self._window, self._close = window, close
        self._warned = False

    def begin(self) -> None:
        """Close the window, after asking about lines that wait and a text that is not sent."""
        window, presenter = self._window, self._window.presenter
        if self._warned or window.closed:
            self._close()
            return
        kind = presenter.waiting_lines()
        if kind:
            self._warned = True
            window.view.open_dialog(
                ask_about_lines(
                    window,
                    window.painter,
                    window.fonts,
                    kind=kind,
                    leave=self._close,
                    stay=self._stay,
                )
            )
        elif window.view.input.text.strip():
            can_send = presenter.state in {"open", "thinking"}
            window.view.open_dialog(
                ask_about_draft(
                    window,
                    window.painter,
                    window.fonts,
                    send=self._send if can_send else None,
                    leave=self._close,
                    stay=lambda: None,
                )
            )
        else:
            self._close()

    def _send(self) -> None:
        """Send what was typed, and close when it is answered."""
        self._window.view.input.send()
        if not self._window.view.input.text.strip():
            self._close_answered()

    def _close_answered(self) -> None:
        """Wait for the answer as long as one may be expected, then close or ask."""
        window = self._window
        if window.closed:
            return
        if pending(window.presenter.transcript.items) and not window.presenter.waiting_lines():
            window.after(_LOOK, self._close_answered)
        else:
            self.begin()

    def _stay(self) -> None:
        self._warned = False  # ask again the next time


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
