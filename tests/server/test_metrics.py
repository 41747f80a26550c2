"""What is counted, and Prometheus' view of it."""

from __future__ import annotations

import builtins
import re
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import BadSetting
from doctor.server.exporter import METRICS, Exporter
from doctor.server.metrics import BOUNDS, Histogram, Metrics, resident_bytes
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path


def test_a_histogram_tells_shares() -> None:
    """The bound below which a share of the times were is the bucket's that holds it."""
    times = Histogram()
    assert times.quantile(0.99) == 0.0
    for _ in range(99):
        times.observe(0.0015)
    times.observe(3.0)
    assert times.quantile(0.5) == 0.002
    assert times.quantile(0.99) == 0.002
    assert times.quantile(1.0) == 5.0
    times.observe(60.0)
    assert sum(times.counts) == 101
    assert times.counts[len(BOUNDS)] == 1


def test_the_rate_is_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanges long ago do not count; the rate since the start counts where that is shorter."""
    now = [1000.0]
    monkeypatch.setattr("doctor.server.metrics.time.monotonic", lambda: now[0])
    metrics = Metrics()
    for _ in range(60):
        now[0] += 0.5
        metrics.count_exchange(now[0], 0.001)
    assert metrics.rate() == pytest.approx(2.0, rel=0.1)
    now[0] += 600
    assert metrics.rate() == 0.0


def test_prometheus_reads_the_counts(tmp_path: Path) -> None:
    """Sessions, exchanges, refusals by code, both histograms and the gauges are on the page."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        port = server.export_metrics(0)
        ada.enter("Ada")
        ada.ask("hello")
        ada.ask("/bogus")
        until(lambda: server.context.metrics.saves.total, "the count of the save")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as page:
            text = page.read().decode()
    for line in (
        "doctor_connections_total 1.0",
        "doctor_sessions_total 1.0",
        "doctor_exchanges_total 1.0",
        'doctor_refusals_total{code="502"} 1.0',
        'doctor_reply_seconds_bucket{le="+Inf"} 1.0',
        'doctor_save_seconds_bucket{le="+Inf"} 1.0',
        "doctor_damaged_files_total 0.0",
        "doctor_not_saved_total 0.0",
        "doctor_commits_total 1.0",
        "doctor_open_connections 1.0",
        "doctor_log_lines_lost_total 0.0",
    ):
        assert line in text
    kinds = dict(re.findall(r"^# TYPE (doctor_\w+) (\w+)$", text, re.MULTILINE))
    assert kinds == {each.name: each.kind for each in METRICS}
    helps = dict(re.findall(r"^# HELP (doctor_\w+) (.+)$", text, re.MULTILINE))
    assert helps == {each.name: each.help for each in METRICS}


def test_metrics_are_named_as_prometheus_has_it() -> None:
    """A counter ends in `_total`, nothing else does, and no name is that of two metrics."""
    names = [each.name for each in METRICS]
    assert len(set(names)) == len(names)
    for each in METRICS:
        assert each.name.endswith("_total") == (each.kind == "counter")
        assert each.kind in {"counter", "gauge", "histogram"}
        assert re.fullmatch(r"[A-Z][^.]*\.", each.help)


def test_metrics_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where prometheus-client is not installed the setting is refused, with what to install."""
    original = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return original(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadSetting, match="prometheus-client"):
        Exporter(("127.0.0.1", 0), Metrics(), dict)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell in /proc")
def test_memory_is_told() -> None:
    """The memory of a running Python is some megabytes."""
    assert resident_bytes() > 1 << 20
