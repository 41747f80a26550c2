"""Passphrases in a conversation: to give one, set one, change it or remove it.

    331 -> the passphrase        530 if it is wrong; after the tries 421
    332 -> a new one, 333 -> the same once more, 235; 237 if nothing was changed

An `Authenticator` is used for one question about one passphrase, in the handler's thread. A check
is costly by design: it runs on any free processor, and the client's deadline pauses. How fast
passphrases may be tried over all connections is up to `doctor.server.login_throttle`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor import errors
from doctor.protocol import closing, codes
from doctor.protocol.codes import Reason
from doctor.server import logs
from doctor.server.connection import EndConversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.store import Patient
    from doctor.server.connection import Connection
    from doctor.server.context import ServerContext

#: A line that begins with / is a command here too, so that a patient can ask for help and leave.
_SLASHES: Final = "If it begins with /, it is typed with //."
_LOCKED: Final = f"This history has a passphrase. What is it? {_SLASHES}"


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

    def admit(self, patient: Patient) -> None:
        """Ask for the passphrase if there is one, or for a new one if there must be one."""
        settings = self._context.settings
        if patient.locked:
            self._check_passphrase(patient)
        elif settings.passphrases == "required":
            for _ in range(settings.passphrase_tries):
                if self._new_passphrase(patient, needed=True):
                    return
            text = "this server requires a passphrase; goodbye"
            raise EndConversation(closing(Reason.PASSPHRASE_REQUIRED, text))

    def _check_passphrase(self, patient: Patient) -> None:
        """Return once the passphrase was right; ends the conversation after the tries."""
        self._connection.tell(codes.PASSPHRASE, _LOCKED)
        for _ in range(self._context.settings.passphrase_tries):
            try:
                secret = self._read_answer()
                turn = self._context.login_throttle.turn(patient.name, self._host)
                with self._connection.pause_deadline(), turn, self._context.on_any_processor():
                    patient.unlock(secret)
            except errors.TooManyGuesses as error:
                raise EndConversation(closing(Reason.THROTTLED, str(error))) from None
            except (errors.ProtocolError, errors.WrongPassphrase) as error:
                self._refuse(error)
            else:
                return
        raise EndConversation(closing(Reason.TOO_MANY_TRIES, "too many wrong passphrases; goodbye"))

    def _new_passphrase(self, patient: Patient, *, needed: bool) -> bool:
        """Ask twice for a new passphrase and set it; return False if nothing was changed."""
        or_none = "." if needed else "; an empty line removes it."
        self._connection.tell(codes.NEW_PASSPHRASE, f"Say the new passphrase{or_none} {_SLASHES}")
        try:
            first = self._read_answer()
            self._connection.tell(codes.REPEAT_PASSPHRASE, "Say it once more.")
            same = self._read_answer() == first
        except errors.ProtocolError as error:
            self._refuse(error)
            return False
        if not same or (needed and not first):
            what = "It must not be empty" if same else "The two are not the same"
            self._connection.tell(codes.UNCHANGED, f"{what}; nothing is changed.")
            return False
        with self._connection.pause_deadline(), self._context.on_any_processor():
            patient.set_passphrase(first)
        logs.info("passphrase changed", patient=patient.name)
        return True

    def change(self, patient: Patient) -> None:
        """Do what `/passphrase` asks for."""
        mode = self._context.settings.passphrases
        if patient.protected:
            self._check_passphrase(patient)
        elif mode == "off":
            self._connection.tell(codes.UNCHANGED, "Passphrases are turned off on this server.")
            return
        if self._new_passphrase(patient, needed=mode == "required"):
            now = "From now on this history opens with the passphrase only."
            self._connection.tell(
                codes.PASSPHRASE_CHANGED,
                now if patient.protected else "This history has no passphrase now.",
            )
