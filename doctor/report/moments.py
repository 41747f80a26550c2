"""Times as dates and hours in a zone; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo


def moment(at: float, zone: tzinfo | None = None) -> datetime:
    """Return a time in a zone, or in the computer's own; a time no calendar has is the epoch."""
    try:
        return datetime.fromtimestamp(at, zone) if zone else datetime.fromtimestamp(at).astimezone()
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, zone or UTC)
