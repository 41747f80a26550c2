"""What the server counts, for the operator's `status` and for Prometheus: `Metrics`.

Every thread of the server counts; `status` and Prometheus read. Counting is a few additions under
one lock that is never held for longer; nothing is computed before it is asked for. The library
`prometheus_client` is loaded only with `--metrics`: the server itself needs only Python.
"""

from __future__ import annotations

import socket
import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from doctor.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Upper bounds of the buckets of a histogram of times, in seconds.
BOUNDS: Final = (
    *(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
#: Seconds over which a rate is taken, seconds between two samples, and the number of samples.
_SPAN: Final = 60.0
_SAMPLE: Final = 5.0
_SAMPLES: Final = 14
#: Seconds that a client of the exporter has for its request.
_REQUEST_TIME: Final = 10.0


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
        self.wrong_passphrases = 0
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


class _Collector:
    """The metrics as Prometheus wants them, made at each request."""

    def __init__(self, metrics: Metrics, now: Callable[[], dict[str, float]]) -> None:
        self._metrics, self._now = metrics, now

    def collect(self) -> Iterator[Any]:
        """Yield every metric."""
        from prometheus_client import core  # noqa: PLC0415 - see the module's docstring

        metrics = self._metrics
        for name, text, value in (
            ("doctor_connections", "Connections accepted.", metrics.connections),
            ("doctor_sessions", "Sessions opened.", metrics.sessions),
            ("doctor_exchanges", "Exchanges answered and saved.", metrics.exchanges),
        ):
            yield core.CounterMetricFamily(name, text, value=value)
        refusals = core.CounterMetricFamily(
            "doctor_refusals", "Refusals by reply code.", labels=["code"]
        )
        for code, count in sorted(metrics.refusals.items()):
            refusals.add_metric([str(code)], count)
        yield refusals
        for name, text, histogram in (
            ("doctor_reply_seconds", "From a line to its reply.", metrics.replies),
            ("doctor_save_seconds", "One commit: a write and a sync.", metrics.saves),
        ):
            below = accumulate(histogram.counts)
            buckets = list(zip((*map(str, BOUNDS), "+Inf"), below, strict=True))
            yield core.HistogramMetricFamily(name, text, buckets=buckets, sum_value=histogram.total)
        for name, figure in self._now().items():
            yield core.GaugeMetricFamily(f"doctor_{name}", name.replace("_", " "), value=figure)


class Exporter:
    """Serves `/metrics`, with what `now` returns, to Prometheus, and `/ready` to a balancer.

    `/ready` is answered with 200, or with 503 and the reason that `why_not` returns. The exporter
    belongs to the thread that runs the server; requests are served in threads of their own.
    """

    def __init__(
        self,
        where: tuple[str, int],
        metrics: Metrics,
        now: Callable[[], dict[str, float]],
        why_not: Callable[[], str] = str,
    ) -> None:
        """Start serving. Raises `BadSetting` without the library or if the port is in use."""
        try:
            from prometheus_client import CollectorRegistry  # noqa: PLC0415
            from prometheus_client.exposition import (  # noqa: PLC0415
                ThreadingWSGIServer,
                make_wsgi_app,
            )
        except ImportError:
            raise BadSetting("--metrics: pip install prometheus-client first") from None
        from wsgiref.simple_server import WSGIRequestHandler, make_server  # noqa: PLC0415

        class Quiet(WSGIRequestHandler):
            """Serves one request and logs nothing; a client that sends nothing is left."""

            timeout = _REQUEST_TIME

            def log_message(self, *_: object) -> None:
                """Log nothing: a balancer asks every second."""

        registry = CollectorRegistry()
        registry.register(_Collector(metrics, now))
        exposition = make_wsgi_app(registry)

        def answer(environment: Any, start: Any) -> Any:
            if environment["PATH_INFO"] != "/ready":
                return exposition(environment, start)
            why = why_not()
            start("503 Service Unavailable" if why else "200 OK", [("Content-Type", "text/plain")])
            return [f"{why or 'ready'}\n".encode()]

        class Server(ThreadingWSGIServer):
            """Listens at an address of either family."""

            address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET

        try:
            self._server = make_server(*where, answer, Server, Quiet)
        except OSError as error:
            why = error.strerror or str(error)
            raise BadSetting(f"--metrics {where[1]}, --metrics-host {where[0]}: {why}") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()
        #: The real port if 0 was given.
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
