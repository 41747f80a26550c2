"""What the server counts, and Prometheus' view of it.

`Tally` is counted by every thread of the server and read by the operator's `status` and by
Prometheus. Counting is a few additions under one lock that nobody holds for longer; nothing is
computed before somebody asks. The library `prometheus_client` is loaded only where `--metrics`
asks for it: the server itself needs nothing but Python.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from typing import Any, Final

#: Upper bounds of the buckets of a histogram of times, in seconds.
BOUNDS: Final = (
    *(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
_MINUTE: Final = 60


class Histogram:
    """How many of the times observed fell into each bucket; used under the tally's lock."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one time."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def below(self, share: float) -> float:
        """Return a bound below which `share` of the times were; 0 where nothing was counted."""
        wanted = share * sum(self.counts)
        seen = 0
        for bound, count in zip((*BOUNDS, float("inf")), self.counts, strict=True):
            seen += count
            if count and seen >= wanted:
                return bound
        return 0.0


class Tally:
    """Counts since the server started; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.began = time.monotonic()
        self.began_at = time.time()
        self.connections = 0
        self.sessions = 0
        self.exchanges = 0
        self.wrong_passphrases = 0
        self.refusals: Counter[int] = Counter()
        self.replies = Histogram()
        self._seconds = [(0, 0)] * _MINUTE

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1

    def opened(self) -> None:
        """Count a session."""
        with self._lock:
            self.sessions += 1

    def refused(self, code: int) -> None:
        """Count a reply that refuses something."""
        with self._lock:
            self.refusals[code] += 1

    def answered(self, now: float, seconds: float) -> None:
        """Count an exchange that ended at `now` (monotonic) and took `seconds`."""
        second = int(now)
        with self._lock:
            self.exchanges += 1
            self.replies.observe(seconds)
            stamp, count = self._seconds[second % _MINUTE]
            self._seconds[second % _MINUTE] = (second, count + 1 if stamp == second else 1)

    def rate(self) -> float:
        """Return the exchanges per second of the last minute, or since the start if shorter."""
        now = time.monotonic()
        span = min(float(_MINUTE), max(now - self.began, 1.0))
        with self._lock:
            recent = sum(count for stamp, count in self._seconds if now - stamp < _MINUTE)
        return recent / span

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        rate = self.rate()
        with self._lock:
            return {
                "seconds": time.monotonic() - self.began,
                "since": self.began_at,
                "connections_total": self.connections,
                "sessions_total": self.sessions,
                "exchanges_total": self.exchanges,
                "exchanges_per_second": rate,
                "reply_median": self.replies.below(0.5),
                "reply_99": self.replies.below(0.99),
                "refusals": {str(code): n for code, n in sorted(self.refusals.items())},
            }


def memory() -> int:
    """Return the bytes of this process that are in memory, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read often, plainly
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * 4096
