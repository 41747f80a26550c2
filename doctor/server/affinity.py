"""On which processors the server's threads run: `Pinning`.

Why one processor: the interpreter runs one thread at a time anyway. On several processors each
hand-over of its lock wakes a thread on another one and moves the data there, which costs more than
the work. With one client there is nothing to hand over, and a free choice of processor is 20 %
faster.

Servers on one machine never share a processor that `auto` chose. Whoever uses one has claimed it,
by an abstract local socket whose name has its number: all users of the machine see those names, and
the system takes a claim back when its process ends, however it ends. A server that finds no
processor left stays on all of them.

Why SCHED_BATCH there: a thread that wakes up does not interrupt the running one. What it wakes up
for is most often the interpreter, which the running one holds.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Connections at which a server is busy enough to be pinned, and at which it no longer is.
_PIN_AT: Final = 9
_UNPIN_AT: Final = 4
#: Seconds after which a processor is looked for again where there was none left.
_LOOK_AGAIN: Final = 10.0


def claim(processor: int) -> socket.socket | None:
    """Claim a processor until the socket is closed; None if another server has it."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        found.bind(f"\0doctor-chat/processor/{processor}")
    except OSError:
        found.close()
        return None
    return found


class Pinning:
    """Keeps the process on one processor: always (`N`), never (`none`), or when busy (`auto`).

    Used by the thread of the accept loop; `unpinned` and `must_adjust` by any.
    """

    def __init__(self, wanted: str) -> None:
        """Pin at once if a processor is given. Raises `BadSetting` if it is not allowed."""
        self.pinned = False
        self._auto = False
        self._claimed: socket.socket | None = None
        self._not_before = 0.0
        if wanted == "none" or not hasattr(os, "sched_setaffinity"):
            return
        self._all = os.sched_getaffinity(0)
        self._policy = os.sched_getscheduler(0)
        if wanted == "auto":
            self._one = self._all
            self._auto = len(self._all) > 1
        else:
            self._one = {int(wanted)}
            if not self._one <= self._all:
                allowed = ", ".join(map(str, sorted(self._all)))
                raise BadSetting(f"--cpu: {wanted} is not among the allowed processors: {allowed}")
            self._claimed = claim(int(wanted))
            self._move(self._one)
            self.pinned = True

    def _choose(self) -> bool:
        """Claim a processor that no other server has; return False if there is none."""
        if time.monotonic() < self._not_before:
            return False
        allowed = sorted(self._all)
        first = os.getpid() % len(allowed)
        for processor in (*allowed[first:], *allowed[:first]):
            self._claimed = claim(processor)
            if self._claimed is not None:
                self._one = {processor}
                return True
        self._not_before = time.monotonic() + _LOOK_AGAIN
        return False

    def close(self) -> None:
        """Give the claimed processor back; may be called twice."""
        if self._claimed is not None:
            self._claimed.close()
            self._claimed = None

    def adjust(self, connections: int) -> None:
        """Pin or unpin by the number of connections."""
        if not self._auto:
            return
        if not self.pinned and connections >= _PIN_AT:
            if self._choose():
                self._move(self._one)
                self.pinned = True
        elif self.must_adjust(connections):
            self._move(self._all)
            self.pinned = False
            self.close()

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
