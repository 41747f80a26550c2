"""Guesses at passphrases, over all connections: how fast they may come.

A name's guesses are looked at one after the other. Before each one there is a pause, which grows
with the wrong ones that this name has had lately:

    the first three wrong    no pause
    further ones             0.25 s, 0.5 s, 1 s, ... up to the setting

Those who wait for their turn at a name are taken from the address that was wrong least often: who
guesses from elsewhere, on however many connections, holds the owner up for a pause or two. Who
guesses from the owner's own address can hold the owner up for as long as that goes on: nothing
tells the two apart. The right passphrase ends the pauses, and so does some time without a guess.

An address that is wrong too often, at whatever names, is turned away before anything is looked at.

Kept is nothing of a name that was not guessed at, and only names that have a passphrase can be.
Any thread may call what is here.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final

from doctor.errors import TooManyGuesses, WrongPassphrase
from doctor.patients.names import key
from doctor.server import logs
from doctor.server.limits import RateLimit, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.server.settings import Settings

#: Wrong guesses at a name before there is a pause: an owner's slips.
FREE: Final = 3
#: Seconds of the first pause; each further one is twice as long.
FIRST_PAUSE: Final = 0.25
#: Wrong guesses at a name after which the log says so, once each.
TELLING: Final = (10, 100, 1000, 10_000, 100_000)
#: Names, and addresses of one name, that are remembered.
_REMEMBERED: Final = 10_000
_ADDRESSES: Final = 1000


class _Guess:
    """One guess that waits for its turn."""

    __slots__ = ("turn", "where")

    def __init__(self, where: str) -> None:
        self.where = where
        self.turn = threading.Event()


class _Name:
    """What is known of one name. Used under the lock of the guesses."""

    __slots__ = ("busy", "last", "of", "waiting", "wrong")

    def __init__(self) -> None:
        self.wrong = 0
        self.last = 0.0  # when the last wrong one was given
        self.of: Counter[str] = Counter()  # wrong ones, by address
        self.busy = False  # somebody has the turn
        self.waiting: list[_Guess] = []

    def right(self) -> None:
        """Forget what was wrong."""
        self.wrong = 0
        self.of.clear()

    def hand_on(self) -> None:
        """Give the turn to the next one."""
        self.busy = bool(self.waiting)
        if self.waiting:
            fewest = min(self.of[each.where] for each in self.waiting)
            likely = [each for each in self.waiting if self.of[each.where] == fewest]
            following = likely[int.from_bytes(os.urandom(4), "big") % len(likely)]
            self.waiting.remove(following)
            following.turn.set()


class LoginThrottle:
    """The guesses at all names of one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        # The name that was guessed at wrongly last stands at the end.
        self._names: OrderedDict[str, _Name] = OrderedDict()
        self._addresses = RateLimit(settings.address_guesses, 60.0)
        self._closed = threading.Event()

    @contextlib.contextmanager
    def turn(self, name: str, address: str) -> Iterator[None]:
        """Wait for the turn of a guess at this name's passphrase, and look at it in the block.

        The block raises `WrongPassphrase` where it was wrong. Raises `TooManyGuesses` where the
        guess is not to be looked at: too many were wrong, or too many wait.
        """
        where, local = network(address)
        counted = not local or "address_guesses" in self._settings.given
        if counted and not self._addresses.has_room(where):
            raise TooManyGuesses("too many wrong passphrases from your address; come back later")
        known = self._wait(name, where)
        try:
            self._closed.wait(self.pause(known.wrong))
            yield
        except WrongPassphrase:
            if counted:
                self._addresses.take(where)
            with self._lock:
                self._was_wrong(known, name, where)
            raise
        else:
            with self._lock:
                known.right()
        finally:
            with self._lock:
                known.hand_on()
                if not (known.wrong or known.busy):
                    del self._names[key(name)]
                self._forget()

    def pause(self, wrong: int) -> float:
        """Return the seconds before the next guess is looked at, after so many wrong ones."""
        if wrong < FREE:
            return 0.0
        return min(self._settings.passphrase_pause, FIRST_PAUSE * 2.0 ** min(wrong - FREE, 30))

    def _wait(self, name: str, where: str) -> _Name:
        """Return once it is this guess's turn."""
        guess = _Guess(where)
        with self._lock:
            known = self._names.setdefault(key(name), _Name())
            if time.monotonic() - known.last > self._settings.passphrase_memory:
                known.right()
            if not known.busy:
                known.busy = True
                return known
            known.waiting.append(guess)
        guess.turn.wait(self._settings.passphrase_wait)
        with self._lock:
            if guess in known.waiting:  # too late, or the server stops
                known.waiting.remove(guess)
                raise TooManyGuesses("too many guess at this passphrase now; come back later")
        return known

    def _was_wrong(self, known: _Name, name: str, where: str) -> None:
        known.wrong += 1
        known.last = time.monotonic()
        if len(known.of) >= _ADDRESSES:
            known.of.clear()
        known.of[where] += 1
        self._names.move_to_end(key(name))
        if known.wrong in TELLING:
            logs.warn("wrong passphrases", patient=name, address=where, in_a_row=known.wrong)

    def _forget(self) -> None:
        """Forget names that say nothing any more, the oldest first."""
        long_ago = time.monotonic() - self._settings.passphrase_memory
        while self._names:
            name, oldest = next(iter(self._names.items()))
            kept = oldest.last >= long_ago and len(self._names) <= _REMEMBERED
            if kept or oldest.busy:
                return
            del self._names[name]

    def __len__(self) -> int:
        """Return how many names something is kept of."""
        return len(self._names)

    def close(self) -> None:
        """Let nobody wait any more: the server stops."""
        self._closed.set()
        with self._lock:
            waiting = [each for known in self._names.values() for each in known.waiting]
        for each in waiting:
            each.turn.set()
