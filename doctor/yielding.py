"""Let other threads run in the middle of a long computation.

One thread computes at a time (the interpreter's lock), and the server lets each compute for long
before it is interrupted. Whoever loops over a whole history calls `let_others_run` every few
milliseconds, so that nobody waits for it. It reads no clock and returns as soon as it can.
"""

from __future__ import annotations

import time

__all__ = ["let_others_run"]


def let_others_run() -> None:
    """Release the interpreter once; the calling thread goes on when its turn comes again."""
    time.sleep(0)
