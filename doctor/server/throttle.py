"""How fast one client is listened to: `Throttle`. Too much is read later, never refused.

Each line costs a moment of the client's time, by the setting `line_rate`; a second's worth may come
at once. That alone would let a flood of some lines come before everybody else's. An ordinary line
waits for the disk, and everybody has a turn meanwhile; a command, a blank line and a refusal wait
for nothing, and a long line may take milliseconds to answer. So these are `charged` by their
processor time, at the setting `costly_share` of a processor.

A `Throttle` belongs to one handler's thread.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from doctor.server.settings import Settings

#: Seconds of its time that a client may be ahead, and the most that one thing may cost of it.
AHEAD: Final = 1.0
MOST: Final = 10.0
#: How lines begin that wait for no disk (a blank one may have no beginning), and the length in
#: characters of those that may take long.
_COSTLY: Final = frozenset({"", "/", " "})
_LONG: Final = 250


def is_costly(line: str) -> bool:
    """Tell whether what a line asks for is to be charged."""
    return line[:1] in _COSTLY or len(line) > _LONG


class Throttle:
    """One client's pace."""

    __slots__ = ("_due", "_interval", "_share", "_stopping")

    def __init__(self, settings: Settings, stopping: threading.Event) -> None:
        """`stopping` ends all waiting."""
        self._interval = 1 / settings.line_rate
        self._share = settings.costly_share / 100
        self._stopping = stopping
        self._due = 0.0

    def wait(self) -> None:
        """Wait, with a line in hand, until this client's time has come."""
        now = time.monotonic()
        self._due = max(self._due, now - AHEAD) + self._interval
        if self._due > now:
            self._stopping.wait(self._due - now)

    @contextmanager
    def charge(self, most: float = MOST) -> Iterator[None]:
        """Count the processor time of what is done in the block, `most` seconds at most."""
        before = time.thread_time()
        try:
            yield
        finally:
            self._due += min(most, (time.thread_time() - before) / self._share)
