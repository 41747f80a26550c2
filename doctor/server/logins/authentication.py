"""Passphrases in a conversation: to give one, set one, change it or remove it.

    331 -> the passphrase        530 if it is wrong; after the tries 421
    332 -> a new one, 333 -> the same once more, 235; 237 if nothing was changed

An `Authenticator` is used for one question about one passphrase, in the handler's thread. A check
is costly by design: it runs on any free processor, and the client's deadline pauses. How fast
passphrases may be tried over all connections is up to `doctor.server.logins.login_throttle`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from doctor import errors
from doctor.protocol import closing, codes
from doctor.protocol.codes import Reason
from doctor.server import logs
from doctor.server.network.connection import EndConversation
from doctor.text import as_printed, quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.store import Patient
    from doctor.server.context import ServerContext
    from doctor.server.network.connection import Connection

#: A line that begins with / is a command here too, so that a patient can ask for help and leave.
_SLASHES: Final = "If it begins with /, it is typed with //."
_LOCKED: Final = f"This history has a passphrase. What is it? {_SLASHES}"
_OR_CANCEL: Final = "An empty line cancels."
_TOO_SHORT: Final = (
    "It is too short and could be guessed: a passphrase has at least {} characters, not counting "
    "spaces at its ends. Nothing is changed."
)


def _length(passphrase: str) -> int:
    """Return how many characters a reader sees in a passphrase."""
    text = unicodedata.normalize("NFC", passphrase).strip()
    return sum(not unicodedata.combining(character) for character in as_printed(text))


class Authenticator:
    """Asks over a connection; `read_answer` waits for a line, `refuse` sends an error."""

    def __init__(
        self,
        connection: Connection,
        context: ServerContext,
        host: str,
        read_answer: Callable[[], str],
        refuse: Callable[[Exception], None],
    ) -> None:
        self._connection, self._context, self._host = connection, context, host
        self._read_answer, self._refuse = read_answer, refuse

    def admit(self, patient: Patient) -> int:
        """Ask for the passphrase if there is one, or for a new one if there must be one.

        Returns how many wrong ones were given for this history since its owner was here.
        """
        settings = self._context.settings
        if patient.locked:
            self._check_passphrase(patient)
            return self._context.login_throttle.take_untold(patient.name)
        if settings.passphrases == "required":
            for _ in range(settings.passphrase_tries):
                if self._new_passphrase(patient, needed=True):
                    return 0
            text = "this server requires a passphrase; goodbye"
            raise EndConversation(closing(Reason.PASSPHRASE_REQUIRED, text))
        return 0

    def _check_passphrase(self, patient: Patient, *, may_cancel: bool = False) -> bool:
        """Return True once the passphrase was right, False if the question was cancelled.

        Ends the conversation after the tries.
        """
        text = f"{_LOCKED} {_OR_CANCEL}" if may_cancel else _LOCKED
        self._connection.tell(codes.PASSPHRASE, text)
        throttle, wrong = self._context.login_throttle, 0
        for _ in range(self._context.settings.passphrase_tries):
            try:
                secret = self._read_answer()
                if may_cancel and not secret:
                    self._connection.tell(codes.UNCHANGED, "Nothing is changed.")
                    return False
                turn = throttle.turn(patient.name, self._host)
                with self._connection.pause_deadline(), turn, self._context.on_any_processor():
                    patient.unlock(secret)
            except errors.TooManyGuesses as error:
                raise EndConversation(closing(Reason.THROTTLED, str(error))) from None
            except (errors.ProtocolError, errors.WrongPassphrase) as error:
                wrong += isinstance(error, errors.WrongPassphrase)
                self._refuse(error)
            else:
                throttle.forgive(patient.name, wrong)
                return True
        raise EndConversation(closing(Reason.TOO_MANY_TRIES, "too many wrong passphrases; goodbye"))

    def _new_passphrase(
        self, patient: Patient, *, needed: bool, require: Callable[[], None] | None = None
    ) -> bool:
        """Ask twice for a new passphrase and set it; return False if nothing was changed.

        `require` raises `NotAllowed` where it may not be set any more: the answers take time.
        """
        least = self._context.settings.passphrase_length
        or_none = "." if needed else "; an empty line removes it."
        text = f"Say the new passphrase, of at least {quantity(least, 'character')}{or_none}"
        self._connection.tell(codes.NEW_PASSPHRASE, f"{text} {_SLASHES}")
        try:
            first = self._read_answer()
            if first and _length(first) < least:
                self._connection.tell(codes.UNCHANGED, _TOO_SHORT.format(least))
                return False
            self._connection.tell(codes.REPEAT_PASSPHRASE, "Say it once more.")
            same = self._read_answer() == first
        except errors.ProtocolError as error:
            self._refuse(error)
            return False
        if not same or (needed and not first):
            what = "It must not be empty" if same else "The two are not the same"
            self._connection.tell(codes.UNCHANGED, f"{what}; nothing is changed.")
            return False
        try:
            if first and not (patient.protected or patient.last_number):
                self._context.write_limits.begin_history(self._host)
            self._set_passphrase(patient, first, require)
        except errors.NotAllowed as error:
            self._connection.tell(codes.UNCHANGED, str(error))
            return False
        except errors.TooManyGuesses:
            text = "Too many passphrases are checked now; nothing is changed."
            self._connection.tell(codes.UNCHANGED, text)
            return False
        logs.info("passphrase changed", patient=patient.name)
        return True

    def _set_passphrase(
        self, patient: Patient, new: str, require: Callable[[], None] | None
    ) -> None:
        """Set a passphrase; raises `TooManyGuesses` if the turn for that did not come."""
        throttle, is_new = self._context.login_throttle, not patient.protected
        turn = throttle.check(self._host, is_owner=not is_new)
        with self._connection.pause_deadline(), turn, self._context.on_any_processor():
            patient.set_passphrase(new, require)
        throttle.protect(patient.name, self._host, is_new=is_new)

    def change(self, patient: Patient, require: Callable[[], None] | None = None) -> bool:
        """Do what `/passphrase` asks for; True where the passphrase was changed.

        `require` is as in `Patient.set_passphrase`, and raises `NotAllowed`.
        """
        mode = self._context.settings.passphrases
        if patient.protected:
            if not self._check_passphrase(patient, may_cancel=True):
                return False
        elif mode == "off":
            self._connection.tell(codes.UNCHANGED, "Passphrases are turned off on this server.")
            return False
        if not self._new_passphrase(patient, needed=mode == "required", require=require):
            return False
        now = "From now on this history opens with the passphrase only."
        self._connection.tell(
            codes.PASSPHRASE_CHANGED,
            now if patient.protected else "This history has no passphrase now.",
        )
        return True
