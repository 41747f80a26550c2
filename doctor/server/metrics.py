"""What the server counts, for the operator's `status` and for Prometheus: `Metrics`.

Every thread of the server counts; `status` and `doctor.server.exporter` read. Counting is a few
additions under one lock that is never held for longer; nothing is computed before it is asked for.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from typing import Any, Final

#: Upper bounds of the buckets of a histogram of times, in seconds.
BOUNDS: Final = (
    *(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
#: Seconds over which a rate is taken, seconds between two samples, and the number of samples.
_SPAN: Final = 60.0
_SAMPLE: Final = 5.0
_SAMPLES: Final = 14


class Histogram:
    """How many times fell into each bucket; the lock of its `Metrics` protects it."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one time."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def quantile(self, share: float) -> float:
        """Return a bound below which this share of the times is; 0 if nothing was counted."""
        wanted = share * sum(self.counts)
        seen = 0
        for bound, count in zip((*BOUNDS, float("inf")), self.counts, strict=True):
            seen += count
            if count and seen >= wanted:
                return bound
        return 0.0


class Metrics:
    """Counts since the server started; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.began = time.monotonic()
        self.began_at = time.time()
        self.connections = 0
        self.sessions = 0
        self.exchanges = 0
        self.notices = self.notices_dropped = 0
        self.refusals: Counter[int] = Counter()
        self.replies = Histogram()
        self.saves = Histogram()
        self._samples: deque[tuple[float, int]] = deque([(self.began, 0)], _SAMPLES)
        self._next_sample = self.began + _SAMPLE

    def count_connection(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1

    def count_session(self) -> None:
        """Count a session."""
        with self._lock:
            self.sessions += 1

    def count_refusal(self, code: int) -> None:
        """Count a reply that refuses something."""
        with self._lock:
            self.refusals[code] += 1

    def count_exchange(self, now: float, seconds: float) -> None:
        """Count an exchange that ended at `now` (monotonic) and took `seconds`."""
        replies = self.replies
        with self._lock:
            self.exchanges += 1
            replies.counts[bisect_left(BOUNDS, seconds)] += 1
            replies.total += seconds
            if now >= self._next_sample:
                self._sample(now)

    def count_notices(self, told: int, dropped: int) -> None:
        """Count notices to members of rooms: those on their way, and those that cannot arrive."""
        with self._lock:
            self.notices += told
            self.notices_dropped += dropped

    def count_commit(self, seconds: float) -> None:
        """Count a commit: one write and one sync for the exchanges of many patients."""
        with self._lock:
            self.saves.observe(seconds)

    def _sample(self, now: float) -> None:
        self._samples.append((now, self.exchanges))
        self._next_sample = now + _SAMPLE

    def rate(self) -> float:
        """Return the exchanges per second of the last minute, or since the start if shorter."""
        now = time.monotonic()
        with self._lock:
            if now >= self._next_sample:
                self._sample(now)
            samples = [sample for sample in self._samples if now - sample[0] <= _SPAN]
            then, count = samples[0] if samples else self._samples[-1]
            return (self.exchanges - count) / max(now - then, 1.0)

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
                "notices_total": self.notices,
                "notices_dropped_total": self.notices_dropped,
                "reply_median": self.replies.quantile(0.5),
                "reply_99": self.replies.quantile(0.99),
                "save_median": self.saves.quantile(0.5),
                "save_99": self.saves.quantile(0.99),
                "refusals": {str(code): n for code, n in sorted(self.refusals.items())},
            }


def resident_bytes() -> int:
    """Return the bytes of memory that this process uses, 0 if the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read often, plainly
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * 4096
