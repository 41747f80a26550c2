"""How many connections and lines a gateway takes, from everybody and from one address.

A visitor's page takes one web socket and, for a moment, a connection for each of its files; these
have limits of their own. An address of IPv6 counts as its network of 64 bits, since one computer
has a whole one. Connections from this computer have no limits for each address unless they are
set: a proxy on this computer passes on the visitors of many addresses.

`Admission` is used by the accepting thread and those of the visitors; a `LineRate` by one thread.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter
from typing import Final

#: Connections beside the web sockets of the visitors: files that are loaded, handshakes.
BRIEF: Final = 256
BRIEF_OF_ADDRESS: Final = 64
#: New connections a second from one address: a class whose pages are opened at the same moment.
NEW_OF_ADDRESS: Final = 500


class Admission:
    """Counts connections and web sockets; `of_address` 0 means no limit for each address."""

    def __init__(self, visitors: int, of_address: int, *, local_too: bool) -> None:
        self._visitors = visitors
        self._of_address = of_address
        self._local_too = local_too
        self._lock = threading.Lock()
        self._connections: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()
        self._all_connections = 0
        self._all_sockets = 0
        self._second = 0
        self._new: Counter[str] = Counter()  # since the second began

    def open_connection(self, host: str) -> bool:
        """Count a new connection; return False, and count nothing, if it is one too many."""
        key = network_of(host)
        with self._lock:
            most = self._most(key, BRIEF_OF_ADDRESS)
            if not self._is_slow(key):
                return False
            if self._all_connections >= self._visitors + BRIEF or self._connections[key] >= most:
                return False
            self._connections[key] += 1
            self._all_connections += 1
            return True

    def _is_slow(self, key: str) -> bool:
        """Count a new connection; return True if its address makes few enough of them."""
        second = int(time.monotonic())
        if second != self._second:
            self._second = second
            self._new.clear()
        self._new[key] += 1
        exempt = key == _THIS_COMPUTER and not self._local_too
        return exempt or self._new[key] <= NEW_OF_ADDRESS

    def close_connection(self, host: str) -> None:
        """Count a connection that ended."""
        key = network_of(host)
        with self._lock:
            self._all_connections -= 1
            _count_down(self._connections, key)

    def open_socket(self, host: str) -> bool:
        """Count a new web socket; return False, and count nothing, if it is one too many."""
        key = network_of(host)
        with self._lock:
            if self._all_sockets >= self._visitors or self._sockets[key] >= self._most(key, 0):
                return False
            self._sockets[key] += 1
            self._all_sockets += 1
            return True

    def close_socket(self, host: str) -> None:
        """Count a web socket that ended."""
        key = network_of(host)
        with self._lock:
            self._all_sockets -= 1
            _count_down(self._sockets, key)

    def _most(self, key: str, more: int) -> int:
        exempt = key == _THIS_COMPUTER and not self._local_too
        return self._visitors + BRIEF if exempt else self._of_address + more


_THIS_COMPUTER: Final = "this computer"


def network_of(host: str) -> str:
    """Return what a visitor's address counts as."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return _THIS_COMPUTER
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _count_down(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


class LineRate:
    """Says how long to wait before the next line is read: `rate` a second, `burst` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = time.monotonic()

    def take(self) -> float:
        """Count one line; return the seconds to wait before it may be passed on."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - 1
        self._at = now
        return max(0.0, -self._left / self._rate)
