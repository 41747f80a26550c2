"""How fast the lines of one client are read: `Throttle`.

Lines that come faster are read later, never refused. Each line costs a part of a second by the
setting `line_rate`; a second's worth may come at once. That is not enough: an ordinary line waits
for the disk, and meanwhile other clients are served, but a command, a blank line and a refusal wait
for nothing, and a long line may take milliseconds to answer. So `charge` counts the processor time
of these, as the setting `costly_share` of a processor. It counts it for the patient, over all
connections, and so it is with what a patient writes (`doctor.server.write_limits.PatientBudget`).

A search lets others run all the time. The share is there for them: what they did not need costs
only the time that it took. So a search is charged in full as soon as the rest of the program works
half of the time, and hardly where it works hardly.

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
    from doctor.server.write_limits import PatientBudget

#: Seconds that a client may be ahead, and the most that one line may cost.
AHEAD: Final = 1.0
MOST: Final = 10.0
#: First characters of lines that wait for no disk (an empty line has none), and the length in
#: characters from which a line may take long.
_COSTLY: Final = frozenset({"", "/", " "})
_LONG: Final = 250


def is_costly(line: str) -> bool:
    """Return True if the processor time of a line is to be counted."""
    return line[:1] in _COSTLY or len(line) > _LONG


class Throttle:
    """The time at which the next line of one client may be read."""

    __slots__ = ("_due", "_interval", "_share", "_stopping", "budget")

    def __init__(self, settings: Settings, stopping: threading.Event) -> None:
        """Begin without a delay; `stopping` ends all waiting."""
        self._interval = 1 / settings.line_rate
        self._share = settings.costly_share / 100
        self._stopping = stopping
        self._due = 0.0
        #: What the patient may write and use, once there is one.
        self.budget: PatientBudget | None = None

    def wait(self) -> None:
        """Count a line and wait until it may be answered."""
        now = time.monotonic()
        self._due = max(self._due, now - AHEAD) + self._interval
        if self._due > now:
            self._stopping.wait(self._due - now)
        if self.budget is not None and self.budget.due > now:
            self._stopping.wait(self.budget.due - now)

    @contextmanager
    def charge(self, most: float = MOST, *, gives_way: bool = False) -> Iterator[None]:
        """Count the processor time of the block, at most `most` seconds; waits before it if needed.

        If the block `gives_way` to other threads all the time, only what they used meanwhile is
        counted by the share, and the block's own time as it is.
        """
        budget = self.budget
        if budget is not None and (ahead := budget.costly_due - time.monotonic()) > 0:
            self._stopping.wait(ahead)  # for what another connection of the patient has used
        everybody, before = time.process_time(), time.thread_time()
        try:
            yield
        finally:
            used = time.thread_time() - before
            cost = used / self._share
            if gives_way:
                others = time.process_time() - everybody - used
                cost = min(cost, used + max(0.0, others) / self._share)
            cost = min(most, cost)
            self._due += cost
            if budget is not None:
                budget.take_time(time.monotonic(), cost)
