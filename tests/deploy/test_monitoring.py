"""Alerts and the dashboard: they use metrics that exist, and do what they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from doctor.server.exporter import METRICS
from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

ALERTS = ROOT / "deploy" / "prometheus-alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text("utf-8"))
SERIES = {each.name for each in METRICS if each.kind != "histogram"} | {
    each.name + "_bucket" for each in METRICS if each.kind == "histogram"
}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here: apt-get install prometheus"
)


def used(text: str) -> set[str]:
    """Return the metrics of this server that an expression uses."""
    return set(re.findall(r"\bdoctor_\w+", text))


def expressions() -> list[str]:
    """Return every expression of the dashboard."""
    targets = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*targets, *(each["query"] for each in DASHBOARD["templating"]["list"])]


def promtool(*words: object) -> str:
    """Run promtool, which must find no fault; return what it prints."""
    done = subprocess.run(
        ["promtool", *map(str, words)], capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_only_metrics_that_exist_are_used() -> None:
    """Alerts and dashboard use what the server exports, and nothing else."""
    assert used("".join(re.findall(r"expr: (.*)", ALERTS.read_text("utf-8")))) <= SERIES
    assert used(" ".join(expressions())) <= SERIES
    assert len(used(" ".join(expressions()))) > 10


def test_counters_are_never_shown_as_they_are() -> None:
    """What only grows is shown and judged by how fast it grows."""
    for text in [*expressions(), *re.findall(r"expr: (.*)", ALERTS.read_text("utf-8"))]:
        for name in re.findall(r"\bdoctor_\w+(?:_total|_bucket)\b", text):
            assert re.search(rf"(?:rate|increase)\({name}\b", text), text


@needs_promtool
def test_the_alerts_are_valid_and_fire_when_they_should(tmp_path: Path) -> None:
    """Promtool finds no fault, and each alert is there for what it is about and not otherwise."""
    assert "9 rules found" in promtool("check", "rules", ALERTS)
    tests = (ROOT / "tests/data/prometheus-alerts.test.yml").read_text("utf-8")
    file = tmp_path / "test.yml"
    file.write_text(tests.replace("RULES", str(ALERTS)))
    assert "SUCCESS" in promtool("test", "rules", file)


@needs_promtool
def test_the_dashboard_has_valid_expressions(tmp_path: Path) -> None:
    """Promtool takes every expression of the dashboard."""
    rules = [
        {"record": f"panel:{number}", "expr": text}
        for number, text in enumerate(expressions())
        if "(" in text and not text.startswith("label_values")
    ]
    file = tmp_path / "rules.yml"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_the_dashboards_panels_do_not_overlap() -> None:
    """Each panel has a title, a place of its own within the width, and a number of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)


@needs_promtool
def test_the_page_of_metrics_is_as_prometheus_wants_it(tmp_path: Path) -> None:
    """Promtool's linter has nothing to say about the metrics of a running server."""
    import urllib.request

    from tests.support.helpers import live_server

    with live_server(tmp_path) as server:
        port = server.export_metrics(0)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as page:
            text = page.read()
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
