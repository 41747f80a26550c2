"""The way of a line through the packages, as tools/line_path.py counts it."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.support.sources import ROOT

PACKAGES = 9
#: The exchange is saved, the turn ends, the reply is sent: each is a call back to who asked.
RETURNS = 3


def test_a_line_crosses_few_packages_and_seldom_goes_back() -> None:
    """A line of each script passes at most nine packages, and three calls lead back into one."""
    done = subprocess.run(
        [sys.executable, "tools/line_path.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = re.findall(r"(\d+) packages, \d+ files, .* (\d+) returns", done.stdout)
    assert len(found) == 2
    for packages, returns in found:
        assert int(packages) <= PACKAGES
        assert int(returns) <= RETURNS
