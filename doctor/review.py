"""What is legal in a script and still a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doctor.rules import Script
    from doctor.sexpr import Fault


def review(script: Script) -> list[Fault]:
    """Return the warnings about a script."""
    del script
    return []
