"""How fast passphrases may be tried, over all connections: `LoginThrottle`.

The tries for one name are checked one after the other: one connection at a time has the turn, that
is exclusive access to the check of that name. Before a check there is a pause, which grows with the
wrong passphrases that this name has had lately:

    the first three wrong    no pause
    further ones             0.25 s, 0.5 s, 1 s, ... up to the setting

An owner is not kept out by others. An address from which the right passphrase of a name came has a
turn of its own there: it waits for no stranger, and its pauses grow with its own wrong passphrases
alone. Among strangers the next turn goes to the address that was wrong least often; who would have
to wait too long is refused at once. What cannot be told apart is an attacker at the owner's own
address, and an owner at a new address among many attackers: both wait like strangers.

An address that is wrong too often, for whatever names, is refused before anything is checked. A try
counts before its check and is taken back if it was right, so that many at once are no way around. A
network of IPv6 counts as a /64, which is one subscriber's, and as a /48, which one can have too.

Where several servers have the same patients, wrong passphrases of strangers count over all of them.

How many checks run at once, and whose is next, is up to `doctor.server.logins.check_queue`.

Only names that were tried are remembered, and only names that have a passphrase can be tried.
Any thread may call everything here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import Counter, OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from doctor.errors import StoreError, TooManyGuesses, WrongPassphrase
from doctor.patients.names import key
from doctor.patients.passphrase import Pauses
from doctor.server import logs
from doctor.server.logins.check_queue import CheckQueue
from doctor.server.network.limits import RateLimit, network, wider_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from doctor.patients.passphrase import SharedGuesses
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
#: Addresses of a name's owner that are remembered.
_OWN_ADDRESSES: Final = 8
_NOTHING: Final = MappingProxyType[str, int]({})


class _Guess:
    """One try that waits for its turn."""

    __slots__ = ("rank", "turn")

    def __init__(self, where: str) -> None:
        #: The widest network that counts: the fewer wrong ones it gave, the earlier the turn.
        self.rank = _networks(where)[-1]
        self.turn = threading.Event()


class _Lane:
    """Tries of one name that are checked one after the other."""

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.busy = False  # a connection has the turn
        self.waiting: list[_Guess] = []

    def hand_over(self, wrong: Counter[str]) -> None:
        """Give the turn to the next try: one of the address that was wrong least often."""
        self.busy = bool(self.waiting)
        if self.waiting:
            fewest = min(wrong[each.rank] for each in self.waiting)
            likely = [each for each in self.waiting if wrong[each.rank] == fewest]
            following = likely[int.from_bytes(os.urandom(4), "big") % len(likely)]
            self.waiting.remove(following)
            following.turn.set()


class _Name:
    """The tries for one name; the throttle's lock protects it."""

    __slots__ = ("by_address", "last", "owners", "strangers", "wrong")

    def __init__(self) -> None:
        self.wrong = 0
        self.last = 0.0  # when the last wrong one was given
        self.by_address: Counter[str] = Counter()  # wrong ones
        self.strangers, self.owners = _Lane(), _Lane()

    @property
    def lanes(self) -> tuple[_Lane, _Lane]:
        """Both lanes."""
        return self.strangers, self.owners

    @property
    def busy(self) -> bool:
        """Whether a try is under way."""
        return self.strangers.busy or self.owners.busy

    def forget_wrong(self) -> None:
        """Forget the wrong passphrases."""
        self.wrong = 0
        self.by_address.clear()


class LoginThrottle:
    """The tries for all names of one server."""

    def __init__(
        self,
        settings: Settings,
        untold: Mapping[str, int] = _NOTHING,
        shared: SharedGuesses | None = None,
    ) -> None:
        self._settings = settings
        self._shared = shared
        self._lock = threading.Lock()
        # In the order of the last wrong passphrase.
        self._names: OrderedDict[str, _Name] = OrderedDict()
        # Addresses from which the right one came, by name; the last name and address last.
        self._owners: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        # Wrong ones since the right one was given, which the owner is told, by digest of the name.
        self._untold: OrderedDict[str, int] = OrderedDict(untold)
        self._addresses = RateLimit(settings.address_guesses, 60.0)
        self._checks = CheckQueue(settings.passphrase_checks)
        self._closed = threading.Event()

    @contextlib.contextmanager
    def turn(self, name: str, address: str) -> Iterator[None]:
        """Wait for the turn to check a passphrase of this name, which the block does.

        The block raises `WrongPassphrase` if it was wrong. Raises `TooManyGuesses` if it must not
        be checked: too many were wrong, or it waited too long or would have to.
        """
        where, local = network(address)
        is_limited = not local or "address_guesses" in self._settings.given
        counted = _networks(where) if is_limited else ()
        self._count(counted)
        is_wrong = is_right = is_booked = False
        try:
            known, lane = self._enter(name, where)
            try:
                is_owner = lane is known.owners
                pause = self.pause(known.by_address[where] if is_owner else known.wrong)
                if self._shared is not None and not is_owner:
                    pause = max(pause, self._book(name))
                    is_booked = True
                self._closed.wait(pause)
                with self.check(address, is_owner=is_owner):
                    yield
                is_right = True
            except WrongPassphrase:
                is_wrong = True
                raise
            finally:
                with self._lock:
                    if is_wrong:
                        self._was_wrong(known, name, where)
                    elif is_right:
                        self._was_right(known, name, where, is_owner=is_owner)
                    lane.hand_over(known.by_address)
                    if not (known.wrong or known.busy):
                        del self._names[key(name)]
                    self._forget()
        finally:
            if not is_wrong:
                self._take_back(counted)
                if is_booked and self._shared is not None:
                    with contextlib.suppress(StoreError):  # it counts as wrong for a while
                        self._shared.settle(key(name), is_right=is_right)

    def _book(self, name: str) -> float:
        """Return the seconds to wait for tries over all servers; raises `TooManyGuesses`."""
        assert self._shared is not None  # noqa: S101 - the caller has looked
        settings = self._settings
        pauses = Pauses(
            FREE,
            FIRST_PAUSE,
            settings.passphrase_pause,
            settings.passphrase_memory,
            settings.passphrase_wait,
        )
        seconds = self._shared.book(key(name), pauses)
        if seconds is None:
            raise TooManyGuesses("too many try this name's passphrase now; try again later")
        return seconds

    def check(self, address: str, *, is_owner: bool) -> contextlib.AbstractContextManager[None]:
        """Return the context in which this address may use a processor for one passphrase."""
        where, local = network(address)
        seconds = self._settings.passphrase_wait
        return self._checks.turn(_networks(where)[-1], seconds, first=is_owner, together=local)

    def pause(self, wrong: int) -> float:
        """Return the seconds before the next check, after this many wrong passphrases."""
        if wrong < FREE:
            return 0.0
        return min(self._settings.passphrase_pause, FIRST_PAUSE * 2.0 ** min(wrong - FREE, 30))

    def _count(self, counted: tuple[str, ...]) -> None:
        """Count a try of an address, before its check; raises `TooManyGuesses`."""
        with self._lock:
            if not all(self._addresses.has_room(each) for each in counted):
                text = "too many wrong passphrases from your address; try again later"
                raise TooManyGuesses(text)
            for each in counted:
                self._addresses.take(each)

    def _take_back(self, counted: tuple[str, ...]) -> None:
        """Count a try no longer that was not wrong."""
        with self._lock:
            for each in counted:
                self._addresses.give_back(each)

    def _enter(self, name: str, where: str) -> tuple[_Name, _Lane]:
        """Return once this try has the turn."""
        guess = _Guess(where)
        with self._lock:
            known = self._names.setdefault(key(name), _Name())
            if time.monotonic() - known.last > self._settings.passphrase_memory:
                known.forget_wrong()
            lane = known.strangers
            if where in self._owners.get(key(name), ()):
                lane = known.owners
            if not lane.busy:
                lane.busy = True
                return known, lane
            wrong = known.by_address
            before = sum(wrong[each.rank] <= wrong[guess.rank] for each in lane.waiting)
            if before * self.pause(known.wrong) > self._settings.passphrase_wait:
                raise TooManyGuesses("too many try this name's passphrase now; try again later")
            lane.waiting.append(guess)
        guess.turn.wait(self._settings.passphrase_wait)
        with self._lock:
            if guess in lane.waiting:  # too late, or the server stops
                lane.waiting.remove(guess)
                raise TooManyGuesses("too many try this name's passphrase now; try again later")
        return known, lane

    def _was_wrong(self, known: _Name, name: str, where: str) -> None:
        known.wrong += 1
        known.last = time.monotonic()
        if len(known.by_address) >= _ADDRESSES:
            known.by_address.clear()
        for each in _networks(where):
            known.by_address[each] += 1
        self._names.move_to_end(key(name))
        digest = _digest(name)
        self._untold[digest] = self._untold.get(digest, 0) + 1
        self._untold.move_to_end(digest)
        _trim(self._untold, _REMEMBERED)
        if known.wrong in LOGGED_AT:
            logs.warn("wrong passphrases", patient=name, address=where, in_a_row=known.wrong)

    def _was_right(self, known: _Name, name: str, where: str, *, is_owner: bool) -> None:
        if is_owner:  # strangers gain nothing by it
            known.wrong -= min(known.wrong, known.by_address.pop(where, 0))
        else:
            known.forget_wrong()
        self._remember_owner(name, where)

    def _remember_owner(self, name: str, where: str) -> None:
        own = self._owners.setdefault(key(name), OrderedDict())
        own[where] = None
        own.move_to_end(where)
        _trim(own, _OWN_ADDRESSES)
        self._owners.move_to_end(key(name))
        _trim(self._owners, _REMEMBERED)

    # -- what the owner is told ------------------------------------------------------------------

    def protect(self, name: str, address: str, *, is_new: bool) -> None:
        """Note that a passphrase was set from this address; `is_new` if there was none before."""
        with self._lock:
            self._remember_owner(name, network(address)[0])
            if is_new:
                self._untold.pop(_digest(name), None)

    def take_untold(self, name: str) -> int:
        """Return how many wrong passphrases this name had since this was asked last."""
        with self._lock:
            return self._untold.pop(_digest(name), 0)

    def forgive(self, name: str, wrong: int) -> None:
        """Do not tell so many wrong passphrases: the owner gave them, and then the right one."""
        with self._lock:
            left = self._untold.pop(_digest(name), 0) - wrong
            if left > 0:
                self._untold[_digest(name)] = left

    def take_all_untold(self) -> dict[str, int]:
        """Return and forget what all owners are to be told, by the digests of their names."""
        with self._lock:
            untold, self._untold = self._untold, OrderedDict()
            return dict(untold)

    # -- the end ---------------------------------------------------------------------------------

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
        self._checks.close()
        with self._lock:
            lanes = [lane for known in self._names.values() for lane in known.lanes]
        for lane in lanes:
            for each in tuple(lane.waiting):
                each.turn.set()


def _digest(name: str) -> str:
    return hashlib.blake2b(key(name).encode(), digest_size=16).hexdigest()


def _networks(where: str) -> tuple[str, ...]:
    """Return what a try from an address counts for: the address, and its wider network."""
    wider = wider_network(where)
    return (where,) if wider is None else (where, wider)


def _trim(remembered: OrderedDict[str, Any], most: int) -> None:
    """Forget the oldest entries beyond a number."""
    while len(remembered) > most:
        remembered.popitem(last=False)
