"""The limits of connections: in all, for each address, and new ones per second.

An address is an IPv4 address or the /64 network of an IPv6 one, which is what one subscriber has.
Open connections are counted. New ones per second are a token bucket that holds one second's worth
and fills at the rate of the setting (`RateLimit`). Addresses of this machine are exempt from both
unless the operator set the limit. An address is forgotten once nothing about it limits anything.
"""

from __future__ import annotations

import threading
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from doctor.protocol.codes import Reason

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: Addresses whose rate is remembered; beyond this number those without effect are forgotten.
_REMEMBERED: Final = 10_000


def network(address: str) -> tuple[str, bool]:
    """Return what is counted as one address, and whether it is this machine."""
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


def wider_network(where: str) -> str | None:
    """Return the /48 network of what `network` counts as one IPv6 address, None for IPv4."""
    return f"{where[:14]}::/48" if where.endswith("::/64") else None


class RateLimit:
    """At most this many events of one address in this time; its owner's lock protects it."""

    def __init__(self, number: int, seconds: float) -> None:
        self._seconds, self._each = seconds, seconds / number
        self._due: dict[str, float] = {}

    def has_room(self, where: str) -> bool:
        """Return True if another event is allowed now."""
        return self._after(where, time.monotonic()) <= time.monotonic()

    def take(self, where: str) -> bool:
        """Count an event and return True, or return False if it is not allowed now."""
        now = time.monotonic()
        if len(self._due) > _REMEMBERED:
            self._due = {name: due for name, due in self._due.items() if due > now - self._seconds}
        due = self._after(where, now)
        if due <= now:
            self._due[where] = due
        return due <= now

    def give_back(self, where: str) -> None:
        """Count one event less."""
        if where in self._due:
            self._due[where] -= self._each

    def _after(self, where: str, now: float) -> float:
        return max(self._due.get(where, 0.0), now - self._seconds) + self._each


class ConnectionLimits:
    """Counts the open connections, in all and for each address.

    Any thread may call `enter` and `leave`.
    """

    def __init__(self, settings: Settings, most: int) -> None:
        self._settings = settings
        self._most = most
        self._lock = threading.Lock()
        self._open = 0
        self._by_address: dict[str, int] = {}
        self._rate = RateLimit(settings.address_rate, 1.0)

    def enter(self, address: str) -> tuple[Reason, str] | None:
        """Count a new connection and return None, or return why there is no room for it."""
        where, local = network(address)
        given = self._settings.given
        with self._lock:
            if self._open >= self._most:
                return Reason.FULL, f"all {self._most} connections are in use; try again later"
            if (not local or "address_rate" in given) and not self._rate.take(where):
                text = "too many new connections from your address; try again in a moment"
                return Reason.ADDRESS_LIMIT, text
            counted = not local or "address_connections" in given
            if counted and self._by_address.get(where, 0) >= self._settings.address_connections:
                return Reason.ADDRESS_LIMIT, "too many connections from your address"
            self._open += 1
            self._by_address[where] = self._by_address.get(where, 0) + 1
        return None

    def leave(self, address: str) -> None:
        """Count the end of a connection that was counted."""
        where, _ = network(address)
        with self._lock:
            self._open -= 1
            self._by_address[where] -= 1
            if not self._by_address[where]:
                del self._by_address[where]
