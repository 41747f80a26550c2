"""Passphrases in a conversation: giving one, setting one, changing it, taking it off.

    331 -> the passphrase        530 where it is wrong; after the tries 421
    332 -> a new one, 333 -> the same once more, 235; 237 where nothing was changed

A `Authenticator` lives for one dialogue about one lock, in the handler's thread. A check is dear on
purpose: it runs on whatever processor is free, and its time is not the client's. How fast guesses
may come over all connections is up to `doctor.server.login_throttle`.
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

#: A line that begins with / is a command here too, so that one can leave and ask for help.
_SLASHES: Final = "One that begins with / is typed with //."
_LOCKED: Final = f"This history is locked. What is the passphrase? {_SLASHES}"


class Authenticator:
    """Asks over a dialogue; `question` waits for an answer, `refuse` tells what is wrong."""

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
        """Ask for the passphrase where there is one, or for a new one where there must be."""
        settings = self._context.settings
        if patient.locked:
            self._check_passphrase(patient)
        elif settings.passphrases == "required":
            for _ in range(settings.passphrase_tries):
                if self._new_passphrase(patient, needed=True):
                    return
            text = "this server needs a passphrase; goodbye"
            raise EndConversation(closing(Reason.PASSPHRASE_REQUIRED, text))

    def _check_passphrase(self, patient: Patient) -> None:
        """Return once the passphrase was right. Raises `LockUnreadable`; leaves after the tries."""
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
        """Ask twice for a new passphrase and set it; False where nothing was changed."""
        or_none = "." if needed else "; an empty line for none."
        self._connection.tell(codes.NEW_PASSPHRASE, f"Say the new passphrase{or_none} {_SLASHES}")
        try:
            first = self._read_answer()
            self._connection.tell(codes.REPEAT_PASSPHRASE, "And once more, to be sure.")
            same = self._read_answer() == first
        except errors.ProtocolError as error:
            self._refuse(error)
            return False
        if not same or (needed and not first):
            what = "An empty one will not do" if same else "The two differ"
            self._connection.tell(codes.UNCHANGED, f"{what}; nothing is changed.")
            return False
        with self._connection.pause_deadline(), self._context.on_any_processor():
            patient.set_passphrase(first)
        logs.info("passphrase changed", patient=patient.name)
        return True

    def change(self, patient: Patient) -> None:
        """Answer `/passphrase`."""
        mode = self._context.settings.passphrases
        if patient.protected:
            self._check_passphrase(patient)
        elif mode == "off":
            self._connection.tell(codes.UNCHANGED, "Passphrases are turned off on this server.")
            return
        if self._new_passphrase(patient, needed=mode == "required"):
            now = "From now on the name alone opens nothing."
            self._connection.tell(
                codes.PASSPHRASE_CHANGED, now if patient.protected else "It is not locked now."
            )
