"""Which pages may open a web socket: those of this gateway, under an expected name.

A browser says in `Origin` which page opens a web socket, and no page can change that. The name in
`Host` must be an expected one too: a page of somebody else's whose name leads to this computer
(DNS rebinding) has an `Origin` that fits its `Host`. Expected are addresses in numbers, `localhost`
and this computer's own name; a gateway that listens on this computer only expects this computer.
Any other name is given with `--origin`.

Pure functions of the headers; any thread may call them.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class OriginRule:
    """What a gateway accepts. `origins` are the addresses of the page that were given, if any."""

    scheme: str
    local_only: bool
    origins: frozenset[str] = frozenset()

    def accepts(self, host: str, origin: str | None) -> bool:
        """Return True if a request with these two headers may get this gateway's page or socket.

        `origin` is None for a request that opens no web socket.
        """
        if origin is None:
            return self._expects(host) or host in {urlsplit(each).netloc for each in self.origins}
        if origin in self.origins:
            return True
        return origin == f"{self.scheme}://{host}" and self._expects(host)

    def _expects(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name == "localhost":
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            own = socket.gethostname().lower()
            return not self.local_only and name in {own, f"{own.partition('.')[0]}.local"}
        return address.is_loopback or not self.local_only


def is_local(host: str) -> bool:
    """Return True if only this computer reaches a server that listens at `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_origin(text: str) -> bool:
    """Return True if a text is an origin as browsers write it: `https://doctor.example:8443`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = f"{parts.scheme}://{parts.netloc}" == text == text.lower() and "@" not in text
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
