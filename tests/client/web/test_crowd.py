"""Two hundred visitors at once through the gateway: nothing that they say is lost."""

from __future__ import annotations

import argparse
import sys

import pytest

from bench.page import measure


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the programs are stopped by a signal")
def test_two_hundred_visitors_lose_nothing() -> None:
    """Each of 200 visitors is answered, and every line is in the histories."""
    options = argparse.Namespace(visitors=200, pause=1.0, seconds=2.0, rounds=1, together=False)
    found = measure(options)
    assert found["lost"]["of"] >= 2 * 200
    assert found["lost"]["lines"] == 0
