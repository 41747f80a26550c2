"""Who may come in: the limits of connections, in all and for each address.

An address is an IPv4 address or the /64 network of an IPv6 one, which is what one subscriber has.
Connections that are open are counted; new ones per second are a bucket that holds one second's
worth and fills again at the rate of the setting (`RateLimit`). Addresses of this machine are exempt
from both unless the operator set the limit. What is kept of an address is forgotten once it says
nothing.
"""

from __future__ import annotations

import threading
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from doctor.protocol.codes import Reason

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: Addresses whose rate is remembered; beyond them those that are of no use any more are forgotten.
_REMEMBERED: Final = 10_000


def network(address: str) -> tuple[str, bool]:
    """Return what is counted as one address, and whether it is this machine itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address, False
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped), parsed.ipv4_mapped.is_loopback
        if not parsed.is_loopback:
            return f"{parsed.exploded[:19]}::/64", False
    return str(parsed), parsed.is_loopback


class RateLimit:
    """So many events of an address in so many seconds; used under a lock of its owner's."""

    def __init__(self, number: int, seconds: float) -> None:
        self._seconds, self._each = seconds, seconds / number
        self._due: dict[str, float] = {}

    def has_room(self, where: str) -> bool:
        """Tell whether one more event may be."""
        return self._after(where, time.monotonic()) <= time.monotonic()

    def take(self, where: str) -> bool:
        """Count an event, where there is room for it; tell whether there was."""
        now = time.monotonic()
        if len(self._due) > _REMEMBERED:
            self._due = {name: due for name, due in self._due.items() if due > now - self._seconds}
        due = self._after(where, now)
        if due <= now:
            self._due[where] = due
        return due <= now

    def _after(self, where: str, now: float) -> float:
        return max(self._due.get(where, 0.0), now - self._seconds) + self._each


class ConnectionLimits:
    """Counts the open connections, in all and for each address.

    `enter` belongs to the accept loop; `leave` may be called by any thread.
    """

    def __init__(self, settings: Settings, most: int) -> None:
        self._settings = settings
        self._most = most
        self._lock = threading.Lock()
        self._inside = 0
        self._of: dict[str, int] = {}
        self._rate = RateLimit(settings.address_rate, 1.0)

    def enter(self, address: str) -> tuple[Reason, str] | None:
        """Count a new connection and return None, or return why there is no room for it."""
        where, local = network(address)
        given = self._settings.given
        with self._lock:
            if self._inside >= self._most:
                return Reason.FULL, f"all {self._most} places are taken; come back later"
            if (not local or "address_rate" in given) and not self._rate.take(where):
                text = "too many new connections from your address; come back in a moment"
                return Reason.ADDRESS_LIMIT, text
            counted = not local or "address_connections" in given
            if counted and self._of.get(where, 0) >= self._settings.address_connections:
                return Reason.ADDRESS_LIMIT, "too many connections from your address"
            self._inside += 1
            self._of[where] = self._of.get(where, 0) + 1
        return None

    def leave(self, address: str) -> None:
        """Count one out who was let in."""
        where, _ = network(address)
        with self._lock:
            self._inside -= 1
            self._of[where] -= 1
            if not self._of[where]:
                del self._of[where]
