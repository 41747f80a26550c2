"""Who may use a processor for a passphrase next: `CheckQueue`.

A check takes about 100 ms of a processor by intent, so a server runs few at a time. Here addresses
take turns: an address has one check at a time and, while others wait, waits for each of them once
before its next one. So one address that logs in, or changes passphrases, in a loop on many
connections holds up others by one check, not by all of its own. Who comes from an address from
which the right passphrase of this name came goes before the others, of whom every fourth turn is.

Any thread may call everything here; `_lock` is held for moments only.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.errors import TooManyGuesses

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that a check takes at least, to tell how long who comes now would wait.
_CHECK: Final = 0.05
#: Turns of those that go first, after which one of the others comes.
_IN_A_ROW: Final = 3

_Queue: TypeAlias = "OrderedDict[str, deque[threading.Event]]"


class CheckQueue:
    """Lets this many checks run at once, and of each address one."""

    def __init__(self, at_once: int) -> None:
        self._lock = threading.Lock()
        self._free = at_once
        self._running: Counter[str] = Counter()
        # Addresses in the order of their turns, those that go first and the others.
        self._first: _Queue = OrderedDict()
        self._others: _Queue = OrderedDict()
        self._in_a_row = 0  # turns of those that go first
        self._together: set[str] = set()
        self._closed = False

    @contextlib.contextmanager
    def turn(
        self, address: str, seconds: float, *, first: bool = False, together: bool = False
    ) -> Iterator[None]:
        """Wait for the turn of this address, and have it for the block.

        With `together` the address may have more than one at once: it is this machine, and may
        speak for many. Raises `TooManyGuesses` if the turn did not come in these seconds, or
        cannot.
        """
        self._wait(address, seconds, self._first if first else self._others, together)
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._running[address] -= 1
                if not self._running[address]:
                    del self._running[address]
                    if address not in self._first and address not in self._others:
                        self._together.discard(address)
                self._give_turns()

    def _wait(self, address: str, seconds: float, queue: _Queue, together: bool) -> None:
        turn = threading.Event()
        with self._lock:
            if together:
                self._together.add(address)
            if len(queue.get(address, ())) * _CHECK > seconds or self._closed:
                raise TooManyGuesses("too many passphrases from your address wait; try again later")
            queue.setdefault(address, deque()).append(turn)
            self._give_turns()
        turn.wait(seconds)
        with self._lock:
            waiting = queue.get(address, deque())
            if turn in waiting:  # too late, or the server stops
                waiting.remove(turn)
                if not waiting:
                    del queue[address]
                raise TooManyGuesses("too many passphrases are checked now; try again later")

    def _give_turns(self) -> None:
        """Let those begin who may now; called with the lock."""
        while self._free and (found := self._next()) is not None:
            queue, address = found
            waiting = queue[address]
            waiting.popleft().set()
            self._free -= 1
            self._running[address] += 1
            self._in_a_row = self._in_a_row + 1 if queue is self._first else 0
            if waiting:
                queue.move_to_end(address)
            else:
                del queue[address]

    def _next(self) -> tuple[_Queue, str] | None:
        """Return whose turn is next, if anybody who waits may begin."""
        queues = (self._first, self._others)
        for queue in queues if self._in_a_row < _IN_A_ROW else reversed(queues):
            for address in queue:
                if address not in self._running or address in self._together:
                    return queue, address
        return None

    def close(self) -> None:
        """End all waiting: the server stops."""
        with self._lock:
            self._closed = True
            for queue in (self._first, self._others):
                for waiting in queue.values():
                    for turn in waiting:
                        turn.set()
