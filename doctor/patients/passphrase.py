"""Make and check records of passphrases.

A record has a fixed size, see `RECORD`, and holds the parameters of scrypt (RFC 7914), so that they
can grow.

A check takes 50 to 110 ms of a processor, by which one, and 32 MiB, by intent; so a
`PassphraseChecker` runs a bounded number of them at a time, and the others wait. The interpreter is
free meanwhile. Any thread may call what is here; none of it needs or holds a patient's turn.

The parameters: OWASP's Password Storage Cheat Sheet gives, as equal in strength, N = 2^17 with p
= 1 (128 MiB), 2^16 with 2, 2^15 with 3 (32 MiB), 2^14 with 5, 2^13 with 10, r = 8 each. All of
them take 190 to 440 ms where one of 2^15 with p = 1 takes 105. That one is ours, a third of the
cost, because a thousand patients who come at once shall be let in within a minute, and whoever
can steal the hash has the history beside it, which is not encrypted. Guessing over the wire is
bounded elsewhere (`doctor.server.logins`). To change it is to change the three constants; old
records keep theirs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import unicodedata
from typing import Final, NamedTuple, Protocol

from doctor.errors import LockUnreadable
from doctor.history.frames import Field, packing

#: scrypt's parameters for new passphrases: 128 * N * r bytes are 32 MiB.
COST: Final = 15
BLOCK: Final = 8
LANES: Final = 1
#: What a record may ask for at most: 64 MiB, so that no file can make a check costly.
MAX_COST: Final = 16
MAX_LANES: Final = 3
#: Checks at a time, where nobody says how many.
AT_ONCE: Final = 2

RECORD: Final = (
    Field("scheme", "B", "1: scrypt of the passphrase's NFC form in UTF-8"),
    Field("cost", "B", "base-2 logarithm of scrypt's N"),
    Field("block", "B", "scrypt's r"),
    Field("lanes", "B", "scrypt's p"),
    Field("salt", "16s", "random"),
    Field("hash", "32s", "what scrypt makes of passphrase and salt"),
)
_RECORD: Final = packing(*RECORD)
_SCRYPT: Final = 1


class PassphraseChecker:
    """Makes and checks passphrase records, a bounded number of them at a time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._running = threading.BoundedSemaphore(at_once)

    def _derive(self, passphrase: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
        text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
        memory = 128 * (1 << cost) * block
        with self._running:
            return hashlib.scrypt(
                text, salt=salt, n=1 << cost, r=block, p=lanes, maxmem=2 * memory, dklen=32
            )

    def make(self, passphrase: str) -> bytes:
        """Return the record to keep of a passphrase. Takes as long as a check."""
        salt = os.urandom(16)
        found = self._derive(passphrase, salt, COST, BLOCK, LANES)
        return _RECORD.pack(_SCRYPT, COST, BLOCK, LANES, salt, found)

    def matches(self, record: bytes, passphrase: str) -> bool:
        """Return whether a passphrase is the one of the record, in constant time.

        LockUnreadable where the record is none that this program made.
        """
        if not readable(record):
            raise LockUnreadable("the passphrase of this history cannot be read")
        _scheme, cost, block, lanes, salt, wanted = _RECORD.unpack(record)
        return hmac.compare_digest(self._derive(passphrase, salt, cost, block, lanes), wanted)


def readable(record: bytes) -> bool:
    """Return whether a record is one that `matches` can check."""
    if len(record) != _RECORD.size:
        return False
    scheme, cost, block, lanes, _salt, _hash = _RECORD.unpack(record)
    return bool(
        scheme == _SCRYPT and 1 <= cost <= MAX_COST and block == BLOCK and 1 <= lanes <= MAX_LANES
    )


# --- guesses over several servers -----------------------------------------------------------------


class Pauses(NamedTuple):
    """How wrong passphrases of a name make further ones wait; times in seconds."""

    free: int  #: wrong ones without a pause
    first: float  #: pause; each later one is twice as long
    most: float  #: for a pause
    memory: float  #: after which wrong ones are forgotten
    wait: float  #: that a try may have to wait


class SharedGuesses(Protocol):
    """Counts wrong passphrases over all servers. Any thread may call."""

    def book(self, key: str, pauses: Pauses) -> float | None:
        """Count a try as wrong before its check; return the seconds to wait for it.

        None where that would be too long. StoreAway.
        """

    def settle(self, key: str, *, is_right: bool) -> None:
        """Take a try back that was not wrong; after a right one all are forgotten. StoreAway."""
