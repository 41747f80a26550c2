"""How fast passphrases may be tried, over all connections: `LoginThrottle`.

The tries for one name are checked one after the other: one connection at a time has the turn, that
is exclusive access to the check of that name. Before a check there is a pause, which grows with the
wrong passphrases that this name has had lately:

    the first three wrong    no pause
    further ones             0.25 s, 0.5 s, 1 s, ... up to the setting

The next turn goes to the address that was wrong least often. So an attacker at another address, on
however many connections, delays the owner by a pause or two. An attacker at the owner's own address
can delay the owner as long as the attack goes on: nothing distinguishes the two. The right
passphrase ends the pauses, and so does some time without a try.

An address that is wrong too often, for whatever names, is refused before anything is checked.

Only names that were tried are remembered, and only names that have a passphrase can be tried.
Any thread may call everything here.
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

#: Wrong passphrases of a name before there is a pause: an owner's mistakes.
FREE: Final = 3
#: Seconds of the first pause; each later one is twice as long.
FIRST_PAUSE: Final = 0.25
#: Numbers of wrong passphrases of a name that are logged, once each.
LOGGED_AT: Final = (10, 100, 1000, 10_000, 100_000)
#: Names, and addresses of one name, that are remembered.
_REMEMBERED: Final = 10_000
_ADDRESSES: Final = 1000


class _Guess:
    """One try that waits for its turn."""

    __slots__ = ("turn", "where")

    def __init__(self, where: str) -> None:
        self.where = where
        self.turn = threading.Event()


class _Name:
    """The tries for one name; the throttle's lock protects it."""

    __slots__ = ("busy", "by_address", "last", "waiting", "wrong")

    def __init__(self) -> None:
        self.wrong = 0
        self.last = 0.0  # when the last wrong one was given
        self.by_address: Counter[str] = Counter()  # wrong ones
        self.busy = False  # a connection has the turn
        self.waiting: list[_Guess] = []

    def forget_wrong(self) -> None:
        """Forget the wrong passphrases."""
        self.wrong = 0
        self.by_address.clear()

    def hand_over(self) -> None:
        """Give the turn to the next try."""
        self.busy = bool(self.waiting)
        if self.waiting:
            fewest = min(self.by_address[each.where] for each in self.waiting)
            likely = [each for each in self.waiting if self.by_address[each.where] == fewest]
            following = likely[int.from_bytes(os.urandom(4), "big") % len(likely)]
            self.waiting.remove(following)
            following.turn.set()


class LoginThrottle:
    """The tries for all names of one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        # In the order of the last wrong passphrase.
        self._names: OrderedDict[str, _Name] = OrderedDict()
        self._addresses = RateLimit(settings.address_guesses, 60.0)
        self._closed = threading.Event()

    @contextlib.contextmanager
    def turn(self, name: str, address: str) -> Iterator[None]:
        """Wait for the turn to check a passphrase of this name, which the block does.

        The block raises `WrongPassphrase` if it was wrong. Raises `TooManyGuesses` if it must not
        be checked: too many were wrong, or it waited too long.
        """
        where, local = network(address)
        counted = not local or "address_guesses" in self._settings.given
        if counted and not self._addresses.has_room(where):
            raise TooManyGuesses("too many wrong passphrases from your address; try again later")
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
                known.forget_wrong()
        finally:
            with self._lock:
                known.hand_over()
                if not (known.wrong or known.busy):
                    del self._names[key(name)]
                self._forget()

    def pause(self, wrong: int) -> float:
        """Return the seconds before the next check, after this many wrong passphrases."""
        if wrong < FREE:
            return 0.0
        return min(self._settings.passphrase_pause, FIRST_PAUSE * 2.0 ** min(wrong - FREE, 30))

    def _wait(self, name: str, where: str) -> _Name:
        """Return once this try has the turn."""
        guess = _Guess(where)
        with self._lock:
            known = self._names.setdefault(key(name), _Name())
            if time.monotonic() - known.last > self._settings.passphrase_memory:
                known.forget_wrong()
            if not known.busy:
                known.busy = True
                return known
            known.waiting.append(guess)
        guess.turn.wait(self._settings.passphrase_wait)
        with self._lock:
            if guess in known.waiting:  # too late, or the server stops
                known.waiting.remove(guess)
                raise TooManyGuesses("too many try this name's passphrase now; try again later")
        return known

    def _was_wrong(self, known: _Name, name: str, where: str) -> None:
        known.wrong += 1
        known.last = time.monotonic()
        if len(known.by_address) >= _ADDRESSES:
            known.by_address.clear()
        known.by_address[where] += 1
        self._names.move_to_end(key(name))
        if known.wrong in LOGGED_AT:
            logs.warn("wrong passphrases", patient=name, address=where, in_a_row=known.wrong)

    def _forget(self) -> None:
        """Forget names without effect, the oldest first."""
        long_ago = time.monotonic() - self._settings.passphrase_memory
        while self._names:
            name, oldest = next(iter(self._names.items()))
            is_needed = oldest.last >= long_ago and len(self._names) <= _REMEMBERED
            if is_needed or oldest.busy:
                return
            del self._names[name]

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._names)

    def close(self) -> None:
        """End all waiting: the server stops."""
        self._closed.set()
        with self._lock:
            waiting = [each for known in self._names.values() for each in known.waiting]
        for each in waiting:
            each.turn.set()
