"""The interface of a client's socket at the server: `Transport`.

Implementations:

    plain_transport.PlainTransport    TCP; its time limits are set in the kernel
    plain_transport.PolledTransport   TCP where the system has no such limits
    tls_transport.TlsTransport        TLS over one of these

Who may call what: `open`, `receive`, `receive_now`, `set_timeout`, `send` and `finish` belong to
the handler's thread; `send_now` to whoever holds the right to send the next reply, one thread at a
time, also while the handler's thread waits in `receive`; `interrupt` and `abort` to any.
"""

from __future__ import annotations

from typing import Final, Protocol

#: Bytes received in one call. Small enough for Python's small-object allocator: with 4,096 bytes,
#: 10,000 busy connections grew to 73 KiB each; with these they stay below 40.
RECEIVE_BYTES: Final = 472
#: Bytes received in one call where they are discarded.
DISCARD_BYTES: Final = 65_536
#: Bytes of a client that are read and discarded before a close, and the seconds for that: unread
#: bytes would make the close a reset, and the client could lose the last reply.
LINGER_BYTES: Final = 65_536
LINGER_SECONDS: Final = 1.0


class SlowClient(OSError):
    """The client did not read a reply in time; nothing more can be sent to it."""


class Transport(Protocol):
    """The interface that a handler needs of a client's socket."""

    def open(self) -> None:
        """Prepare the socket (TLS: do the handshake). Raises OSError."""

    def set_timeout(self, seconds: float) -> None:
        """Set how long `receive` waits from now on."""

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """Wait for bytes and return them, b"" at the end. Raises TimeoutError or OSError."""

    def receive_now(self) -> bytes:
        """Return what has arrived without waiting, b"" if nothing has."""

    def send(self, data: bytes) -> None:
        """Send everything. Raises `SlowClient` or another OSError."""

    def send_now(self, data: bytes | memoryview) -> int:
        """Send as much as is possible without waiting; return how much. Raises OSError.

        The bytes that were not sent are the beginning of the next call.
        """

    def interrupt(self) -> None:
        """End the waiting of `receive`, now and later: it returns what arrived, and then b""."""

    def abort(self) -> None:
        """Abort every blocking call on this connection."""

    def finish(self) -> None:
        """Close: what was sent arrives, what still comes is discarded."""

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
