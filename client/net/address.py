"""Where a server listens, and how to speak with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Host and port of a server. `authority` is a file of certificates to trust, or ""."""

    host: str
    port: int
    tls: bool = False
    authority: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the server runs on the same computer as the client."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")
