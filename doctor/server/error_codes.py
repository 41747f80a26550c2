"""What an error of the project is in the protocol: `CODES`.

What raises an error does not know the protocol; what sends replies looks here.
"""

from __future__ import annotations

from typing import Final

from doctor import errors
from doctor.protocol import codes

#: The reply code of each error of the project; an error takes the row of its nearest ancestor.
CODES: Final[dict[type[Exception], int]] = {
    errors.LineTooLong: codes.BAD_LINE,
    errors.NotText: codes.BAD_LINE,
    errors.UnknownCommand: codes.NO_COMMAND,
    errors.BadArgument: codes.BAD_ARGUMENT,
    errors.BadName: codes.BAD_NAME,
    errors.WrongPassphrase: codes.WRONG_PASSPHRASE,
    errors.LockUnreadable: codes.LOCK_UNREADABLE,
    errors.RoomClosed: codes.NOT_NOW,
    errors.NotSaved: codes.NOT_SAVED,
    errors.WrongNumber: codes.WRONG_NUMBER,
    errors.StoreAway: codes.CLOSING,
    errors.OutcomeUnknown: codes.CLOSING,
    errors.StoreError: codes.BAD_NAME,  # this history cannot be opened; that of another name may
    errors.DoctorError: codes.CLOSING,
}


#: What ends a session: another connection or the operator erased its history or protected it.
ENDS_SESSION: Final = (errors.UnknownPatient, errors.WrongPassphrase)


def code_of(error: BaseException) -> int:
    """Return the reply code of an error."""
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), codes.CLOSING)


def reason_of(error: Exception) -> tuple[codes.Reason, str]:
    """Return why an error ends a conversation; what a database says is for the log alone."""
    if isinstance(error, errors.StoreAway):
        return codes.Reason.AWAY, "the histories cannot be reached now; come again in a moment"
    if isinstance(error, errors.OutcomeUnknown):
        return codes.Reason.REOPEN, "whether that line was saved is not known; come in again"
    return codes.Reason.FAULT, str(error)
