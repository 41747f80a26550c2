"""Count what one address makes the server log again and again: `Repeats`.

    the first FREE events of a kind from an address in WINDOW seconds    are logged
    further ones                                                        are counted
    the end of the WINDOW                                               one line with the count

So a client that connects and is refused all day writes a line a minute, not a line each time. Not
more than MOST addresses are known at once; the others are counted together.

Any thread may call everything here.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: Events of a kind that are logged in a window.
FREE: Final = 5
#: Seconds of a window.
WINDOW: Final = 60.0
#: Addresses and kinds that are known at once.
MOST: Final = 4096
#: The address of those that are counted together.
OTHERS: Final = "others"


class CountedEvents(NamedTuple):
    """Events that were counted and not logged."""

    event: str
    address: str
    times: int


class _Window:
    """The events of one kind from one address since a moment."""

    __slots__ = ("count", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self.count = 0


class Repeats:
    """What was logged lately, by kind of event and address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], _Window] = {}

    def is_free(self, event: str, address: str) -> bool:
        """Count an event; return True if it is to be logged."""
        with self._lock:
            key = (event, address)
            window = self._windows.get(key)
            if window is None:
                if len(self._windows) >= MOST:
                    key = (event, OTHERS)
                window = self._windows.setdefault(key, _Window(self._clock() + WINDOW))
            window.count += 1
            return window.count <= FREE

    def take_ended(self, *, all_of_them: bool = False) -> list[CountedEvents]:
        """Return what was counted in windows that have ended, and forget these windows."""
        with self._lock:
            now = self._clock()
            ended = [
                key for key, window in self._windows.items() if all_of_them or (now >= window.until)
            ]
            taken = [(key, self._windows.pop(key).count - FREE) for key in ended]
        return [CountedEvents(*key, count) for key, count in taken if count > 0]
