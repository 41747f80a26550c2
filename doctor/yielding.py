"""Let other threads run in the middle of a long computation.

One thread computes at a time (the interpreter's lock), and the server lets each compute for long
before it is interrupted. Whoever loops over a whole history calls `let_others_run` every few
milliseconds, so that nobody waits for it. Whoever does what nobody waits for in many small steps
calls `let_ready_run` every few of them. Both read no clock and return as soon as they can.

    let_others_run   sleeps for as short as the system can: some 70 us, and until it is its turn
    let_ready_run    goes behind the threads that are ready on this processor: 10 us where none is,
                     milliseconds where another program uses it all the time

A server with many clients keeps to one processor, where a thread that wakes up does not interrupt
the running one. There a system call alone gives nothing away: the thread that waits for the
interpreter is woken, and before it runs the call has returned and taken the interpreter again.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["let_others_run", "let_ready_run"]


def let_others_run() -> None:
    """Release the interpreter once; the calling thread goes on when its turn comes again."""
    time.sleep(0)


def _go_on() -> None:
    """Do nothing: this system has no such call."""


#: Let threads go first that are ready on this processor.
let_ready_run: Final[Callable[[], None]] = getattr(os, "sched_yield", _go_on)
