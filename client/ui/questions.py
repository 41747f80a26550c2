"""What the server asks for: a passphrase, or once more before something is erased.

A question that is cancelled must be answered all the same: the answers that change nothing are
here. Tk's thread only.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from client.ui import connect_dialog
from doctor.protocol import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net import events
    from client.ui.conversation_view import ConversationView

#: What follows for the patient when a passphrase was set, and when it was removed.
_LOCKED: Final = mark(
    "This history has a passphrase now. The doctor asks for it whenever somebody gives your name."
)
_UNLOCKED: Final = mark(
    "This history has no passphrase any more. Anyone who gives your name can read and erase it."
)


class Questions:
    """Asks in dialogs of `view`; `answer` gets what was typed, `leave` ends the conversation."""

    def __init__(
        self,
        view: ConversationView,
        answer: Callable[[str], object],
        leave: Callable[[], object],
    ) -> None:
        self._view, self._answer, self._leave = view, answer, leave
        self._cancels_passphrase = False
        self._verified: Callable[[], object] | None = None
        self._is_silent = False
        #: The new passphrase, until it was typed a second time.
        self._new = ""
        #: Whether a passphrase was asked for before the session was open.
        self.unlocked = False

    def begin(self) -> None:
        """Forget what was asked and cancelled in the conversation before."""
        self._cancels_passphrase = self._is_silent = False
        self._verified, self._new = None, ""

    def verify(self, then: Callable[[], object]) -> None:
        """Call `then` once the passphrase was given; `/passphrase` is to be sent now.

        The server asks for the old one first, and the new one is then left as it is.
        """
        self._verified = then

    def ask_secret(self, event: events.SecretWanted, *, is_open: bool) -> None:
        """Ask for a passphrase; `is_open`: in the middle of a session."""
        if event.code == codes.NEW_PASSPHRASE and self._verified is not None:
            then, self._verified = self._verified, None
            self._cancels_passphrase = self._is_silent = True
            self._answer(secrets.token_hex())
            then()
            return
        if self._cancels_passphrase and event.code == codes.REPEAT_PASSPHRASE:
            self._answer(secrets.token_hex())
            return
        self.unlocked |= not is_open
        view = self._view
        view.open_dialog(
            connect_dialog.ask_secret(
                view.frame,
                view.painter,
                view.fonts,
                event,
                use=lambda secret: self._use_secret(event.code, secret),
                cancel=lambda: self._cancel_secret(event.code, is_open=is_open),
                is_right=lambda secret: (
                    event.code != codes.REPEAT_PASSPHRASE
                    or secrets.compare_digest(secret.encode(), self._new.encode())
                ),
            )
        )

    def _use_secret(self, code: int, secret: str) -> None:
        self._new = secret if code == codes.NEW_PASSPHRASE else ""
        self._answer(secret)

    def _cancel_secret(self, code: int, *, is_open: bool) -> None:
        self._new = ""
        if code in {codes.NEW_PASSPHRASE, codes.REPEAT_PASSPHRASE}:
            # Two different answers leave the passphrase as it was.
            self._cancels_passphrase = True
            self._answer(secrets.token_hex())
        elif is_open:
            self._cancels_passphrase, self._is_silent = True, self._verified is not None
            self._verified = None
            self._answer("")  # cancels the question for the old one
        else:
            self._leave()

    def ask_to_confirm(self, event: events.ConfirmWanted) -> None:
        """Ask once more before a history is erased, or an exchange is taken back."""
        view = self._view
        if event.number:
            dialog = connect_dialog.ask_to_take_back(
                view.frame,
                view.painter,
                view.fonts,
                event.number,
                self._answer,
                said=self._said(event.number),
            )
        else:
            dialog = connect_dialog.ask_name_to_forget(
                view.frame, view.painter, view.fonts, event.text, self._answer
            )
        view.open_dialog(dialog)

    def _said(self, number: int) -> str:
        """Return what was said as this number, "" where it is not shown or is of a room."""
        view = self._view
        if view.rooms is not None and view.rooms.shown:
            return ""
        item = view.transcript.numbered(number)
        if item is None and view.passage is not None and view.passage.transcript is not None:
            item = view.passage.transcript.numbered(number)
        return item.patient if item is not None else ""

    def take_unlocked(self) -> bool:
        """Return whether a passphrase opened this session."""
        unlocked, self.unlocked = self.unlocked, False
        return unlocked

    def describe(self, event: events.Replied) -> str:
        """Return what a reply says; what the patient did to a passphrase in plain words."""
        cancelled, self._cancels_passphrase = self._cancels_passphrase, False
        silent, self._is_silent = self._is_silent, False
        if silent and event.code == codes.UNCHANGED:
            return ""
        if event.code == codes.PASSPHRASE_CHANGED:
            return tr(_LOCKED if event.locked else _UNLOCKED)
        if cancelled and event.code == codes.UNCHANGED:
            return tr("You cancelled, so nothing changed.")
        return event.text
