"""Makes the report of saved histories with the program's own command line."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from client.model.language import tr

_ROOT: Final = Path(__file__).resolve().parents[2]


def make_report(where: str, names: list[str]) -> tuple[Path, str]:
    """Write the report of these patients, or of all; return its place and what went wrong."""
    target = Path(tempfile.mkdtemp(prefix="doctor-report-")) / "report.html"
    command = [sys.executable, "-m", "doctor", "report", "--html", str(target)]
    command += ["--patients", where, "--", *names]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return target, "" if done.returncode == 0 else done.stderr.strip() or tr("it failed")
