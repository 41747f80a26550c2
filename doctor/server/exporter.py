"""Metrics for Prometheus, and readiness for a balancer, over HTTP: `Exporter`.

    GET /metrics    the metrics of the table `METRICS`
    GET /ready      200, or 503 and why nobody new should come

The library `prometheus_client` is loaded only with `--metrics`: the server itself needs only
Python. Names are Prometheus' own: a counter ends in `_total`, a time is in seconds.
"""

from __future__ import annotations

import socket
import threading
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor.errors import BadSetting
from doctor.server import logs
from doctor.server.metrics import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.server.metrics import Histogram, Metrics

#: Seconds that a client has for its request.
_REQUEST_TIME: Final = 10.0


class Metric(NamedTuple):
    """One metric: its kind, and what it says."""

    name: str
    kind: str  #: counter, gauge or histogram
    help: str
    figure: str = ""  #: which of the server's figures it is; "": one of `Metrics`


METRICS: Final = (
    Metric("doctor_connections_total", "counter", "Connections accepted."),
    Metric("doctor_sessions_total", "counter", "Sessions opened."),
    Metric("doctor_exchanges_total", "counter", "Exchanges saved and answered."),
    Metric("doctor_notices_total", "counter", "Notices to members of rooms."),
    Metric(
        "doctor_notices_dropped_total",
        "counter",
        "Notices to members who had left or did not read fast enough.",
    ),
    Metric("doctor_refusals_total", "counter", "Replies that refuse something, by reply code."),
    Metric("doctor_not_saved_total", "counter", "Exchanges that could not be saved.", "not_saved"),
    Metric("doctor_commits_total", "counter", "Commits; one saves many exchanges.", "commits"),
    Metric("doctor_damaged_files_total", "counter", "Histories found damaged.", "damaged_files"),
    Metric("doctor_log_lines_lost_total", "counter", "Lines of the log that were not written."),
    Metric("doctor_open_connections", "gauge", "Connections open now.", "connections"),
    Metric("doctor_rooms", "gauge", "Rooms in which somebody is.", "rooms"),
    Metric("doctor_room_members", "gauge", "Connections in rooms.", "room_members"),
    Metric("doctor_threads", "gauge", "Threads of the process.", "threads"),
    Metric("doctor_resident_bytes", "gauge", "Memory of the process.", "resident_bytes"),
    Metric("doctor_stalled_seconds", "gauge", "Time for which nothing could be stored.", "stalled"),
    Metric("doctor_start_time_seconds", "gauge", "When the server started, since 1970."),
    Metric("doctor_reply_seconds", "histogram", "Time from a line to its reply."),
    Metric("doctor_save_seconds", "histogram", "Time of one commit: a write and a sync."),
)


def table() -> str:
    """Return the table of docs/operating.md."""
    rows = [f"| `{each.name}` | {each.kind} | {each.help} |" for each in METRICS]
    return "\n".join(["| metric | kind | what it says |", "| --- | --- | --- |", *rows])


class _Collector:
    """The metrics as Prometheus wants them, made at each request."""

    def __init__(self, metrics: Metrics, now: Callable[[], dict[str, float]]) -> None:
        self._metrics, self._now = metrics, now

    def collect(self) -> Iterator[Any]:
        """Yield every metric."""
        from prometheus_client import core  # noqa: PLC0415 - see the module's docstring

        metrics, now = self._metrics, self._now()
        own: dict[str, float] = {
            "doctor_connections_total": metrics.connections,
            "doctor_sessions_total": metrics.sessions,
            "doctor_exchanges_total": metrics.exchanges,
            "doctor_notices_total": metrics.notices,
            "doctor_notices_dropped_total": metrics.notices_dropped,
            "doctor_log_lines_lost_total": logs.lost_lines(),
            "doctor_start_time_seconds": metrics.began_at,
        }
        histograms = {
            "doctor_reply_seconds": metrics.replies,
            "doctor_save_seconds": metrics.saves,
        }
        for each in METRICS:
            if each.kind == "histogram":
                yield core.HistogramMetricFamily(
                    each.name, each.help, *_buckets(histograms[each.name])
                )
            elif each.name == "doctor_refusals_total":
                refusals = core.CounterMetricFamily(each.name, each.help, labels=["code"])
                for code, count in sorted(metrics.refusals.items()):
                    refusals.add_metric([str(code)], count)
                yield refusals
            else:
                counts = each.kind == "counter"
                family = core.CounterMetricFamily if counts else core.GaugeMetricFamily
                value = now[each.figure] if each.figure else own[each.name]
                yield family(each.name, each.help, value=value)


def _buckets(histogram: Histogram) -> tuple[list[tuple[str, int]], float]:
    """Return how many times are below each bound, and the sum of all times."""
    below = accumulate(histogram.counts)
    return list(zip((*map(str, BOUNDS), "+Inf"), below, strict=True)), histogram.total


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
