"""On which processors the server's threads run: `Pinning`.

Why one processor: the interpreter runs one thread at a time anyway. On several processors each
hand-over of its lock wakes a thread on another one and moves the data there, which costs more than
the work. With one client there is nothing to hand over, and a free choice of processor is 20 %
faster.

Why SCHED_BATCH there: a thread that wakes up does not interrupt the running one. What it wakes up
for is most often the interpreter, which the running one holds.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Connections at which a server is busy enough to be pinned, and at which it no longer is.
_PIN_AT: Final = 9
_UNPIN_AT: Final = 4


class Pinning:
    """Keeps the process on one processor: always (`N`), never (`none`), or when busy (`auto`).

    Used by the thread of the accept loop; `unpinned` and `must_adjust` by any.
    """

    def __init__(self, wanted: str) -> None:
        """Pin at once if a processor is given. Raises `BadSetting` if it is not allowed."""
        self.pinned = False
        self._auto = False
        if wanted == "none" or not hasattr(os, "sched_setaffinity"):
            return
        self._all = os.sched_getaffinity(0)
        self._policy = os.sched_getscheduler(0)
        if wanted == "auto":
            # Several servers on one machine spread over its processors.
            self._one = {sorted(self._all)[os.getpid() % len(self._all)]}
            self._auto = len(self._all) > 1
        else:
            self._one = {int(wanted)}
            if not self._one <= self._all:
                allowed = ", ".join(map(str, sorted(self._all)))
                raise BadSetting(f"--cpu: {wanted} is not among the allowed processors: {allowed}")
            self._move(self._one)
            self.pinned = True

    def adjust(self, connections: int) -> None:
        """Pin or unpin by the number of connections."""
        if not self._auto:
            return
        if not self.pinned and connections >= _PIN_AT:
            self._move(self._one)
            self.pinned = True
        elif self.must_adjust(connections):
            self._move(self._all)
            self.pinned = False

    def must_adjust(self, connections: int) -> bool:
        """Return True if `adjust` would unpin."""
        return self._auto and self.pinned and connections <= _UNPIN_AT

    @contextlib.contextmanager
    def unpinned(self) -> Iterator[None]:
        """Let the calling thread use any processor inside the block.

        For a long computation that does not hold the interpreter: on the one processor it would
        delay the threads that do.
        """
        if not self.pinned:
            yield
            return
        os.sched_setaffinity(0, self._all)
        try:
            yield
        finally:
            if self.pinned:
                os.sched_setaffinity(0, self._one)

    def _move(self, processors: set[int]) -> None:
        """Move every thread of this process; a new thread inherits from the one that starts it."""
        policy = self._policy
        if processors == self._one and policy == os.SCHED_OTHER:
            policy = getattr(os, "SCHED_BATCH", policy)
        try:
            threads = [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
        except OSError:
            threads = [0]
        for thread in threads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.sched_setaffinity(thread, processors)
                os.sched_setscheduler(thread, policy, os.sched_param(0))
