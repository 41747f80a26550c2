"""Where things are when nobody says otherwise; imports nothing of the project."""

from __future__ import annotations

from pathlib import Path


def default_patients() -> Path:
    """The patients directory used when none is named: `patients/` beside `server.py`."""
    return Path(__file__).resolve().parents[1] / "patients"
