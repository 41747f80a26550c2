"""A client's connection over TLS: `TlsTransport`.

The TLS session stands between two buffers in memory (`ssl.MemoryBIO`), and a plain transport
carries what is in them. So the handler's thread waits for bytes without holding the session, and
another thread may send a reply or a notice meanwhile:

    receive    carrier.receive -> _incoming -> session -> a client's bytes
    send_now   a reply's bytes -> session -> _outgoing -> carrier.send_now

`_lock` protects session and buffers. It is never held while a thread waits; a call of
`carrier.send_now`, which does not wait, is made under it, because records must leave in the order
in which they were encrypted.

A record that the system does not take whole stays in `_unsent`, and its bytes are not counted as
sent until the last of them is: `_encrypted` is how many of the next call's bytes are in it.
"""

from __future__ import annotations

import ssl
import threading
import time
from typing import TYPE_CHECKING, Final

from doctor.server.network.plain_transport import PlainTransport, wait_ready
from doctor.server.network.transport import (
    DISCARD_BYTES,
    LINGER_BYTES,
    LINGER_SECONDS,
    RECEIVE_BYTES,
    SlowClient,
)

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: Bytes that are encrypted at once: one record of TLS.
_RECORD_BYTES: Final = 16_384
#: Bytes of answers of the session itself, such as new keys, that may wait for a client.
_MAX_UNSENT: Final = 65_536


class TlsTransport:
    """TLS over a plain transport."""

    __slots__ = (
        *("_carrier", "_context", "_encrypted", "_handshake", "_incoming", "_is_open", "_lock"),
        *("_outgoing", "_seconds", "_session", "_slow", "_unsent"),
    )

    def __init__(
        self, carrier: PlainTransport, settings: Settings, context: ssl.SSLContext
    ) -> None:
        self._carrier = carrier
        self._context = context
        self._lock = threading.Lock()
        self._slow = settings.slow_reader_time
        self._handshake = settings.handshake_time
        self._seconds = settings.name_time
        self._is_open = False
        self._encrypted = 0
        self._unsent = memoryview(b"")

    def open(self) -> None:
        """Do the handshake within the time for all of it. Raises `SlowClient` or OSError."""
        self._carrier.open()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        deadline = time.monotonic() + self._handshake
        while not self._is_open:
            try:
                self._session.do_handshake()
                self._is_open = True
            except ssl.SSLWantReadError:
                pass
            finally:
                self._flush_until(deadline, "the TLS handshake took too long")
            if not self._is_open:
                self._receive_before(deadline)
        self._carrier.set_timeout(self._seconds)

    def _receive_before(self, deadline: float) -> None:
        """Wait for bytes of the handshake."""
        late = SlowClient("the TLS handshake took too long")  # nothing can be sent to this client
        if (left := deadline - time.monotonic()) <= 0:
            raise late
        self._carrier.set_timeout(left)
        try:
            data = self._carrier.receive(_RECORD_BYTES)
        except TimeoutError:
            raise late from None
        if not data:
            raise ConnectionResetError("left during the TLS handshake")
        self._incoming.write(data)

    # -- bytes in ------------------------------------------------------------------------------

    def set_timeout(self, seconds: float) -> None:
        """See `Transport`."""
        self._seconds = seconds
        self._carrier.set_timeout(seconds)

    def receive(self, most: int = RECEIVE_BYTES) -> bytes:
        """See `Transport`."""
        data = self._read(most)
        if data is not None:
            return data
        deadline = time.monotonic() + self._seconds
        try:
            while True:
                came = self._carrier.receive(most)
                data = self._read(most, came)
                if data is not None:
                    return data
                if not came:
                    return b""  # without TLS's close_notify: lines are complete in themselves
                left = deadline - time.monotonic()
                if left <= 0:  # less than a record came in all this time
                    raise TimeoutError("nothing came for too long")
                self._carrier.set_timeout(left)
        finally:
            self._carrier.set_timeout(self._seconds)

    def _read(self, most: int, came: bytes = b"") -> bytes | None:
        """Decrypt what came; return None if it is less than a record. Raises OSError."""
        with self._lock:
            if came:
                self._incoming.write(came)
            try:
                return self._session.read(most)
            except ssl.SSLWantReadError:
                return None
            finally:
                if self._outgoing.pending:  # new keys, or an alert
                    self._flush()
                    if self._outgoing.pending > _MAX_UNSENT:
                        raise SlowClient("did not read what TLS needs")

    def receive_now(self) -> bytes:
        """See `Transport`."""
        found = bytearray()
        try:
            while True:
                came = self._carrier.receive_now()
                while data := self._read(DISCARD_BYTES, came):
                    found += data
                    came = b""
                if not came:
                    break
        except OSError:
            pass  # the next wait tells
        return bytes(found)

    # -- bytes out -----------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """See `Transport`."""
        rest = memoryview(data)[self.send_now(data) :]
        deadline = time.monotonic() + self._slow
        while rest:
            self._wait_to_send(deadline, "did not read a reply in time")
            rest = rest[self.send_now(rest) :]

    def send_now(self, data: bytes | memoryview) -> int:
        """See `Transport`."""
        whole, sent = memoryview(data), 0
        with self._lock:
            while self._flush():
                sent += self._encrypted
                self._encrypted = 0
                if sent == len(whole):
                    break
                self._encrypted = self._session.write(whole[sent : sent + _RECORD_BYTES])
        return sent

    def _flush(self) -> bool:
        """Send what is encrypted without waiting; return True if nothing is left of it."""
        while True:
            if not self._unsent:
                self._unsent = memoryview(self._outgoing.read())
                if not self._unsent:
                    return True
            sent = self._carrier.send_now(self._unsent)
            self._unsent = self._unsent[sent:]
            if self._unsent:
                return False

    def _flush_until(self, deadline: float, why: str) -> None:
        """Send what is encrypted. Raises `SlowClient` with `why` after the deadline, or OSError."""
        while True:
            with self._lock:
                if self._flush():
                    return
            self._wait_to_send(deadline, why)

    def _wait_to_send(self, deadline: float, why: str) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not wait_ready(self._carrier.fileno(), left, to_send=True):
            raise SlowClient(why)

    # -- the end -------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """See `Transport`."""
        self._carrier.interrupt()

    def abort(self) -> None:
        """See `Transport`."""
        self._carrier.abort()

    def finish(self) -> None:
        """See `Transport`. Sends TLS's close_notify and waits a little for the client's."""
        try:
            if self._is_open:
                self._close_session(time.monotonic() + LINGER_SECONDS)
        except OSError:
            pass  # the client is gone, or did not keep to TLS
        finally:
            self._carrier.finish()

    def _close_session(self, deadline: float) -> None:
        discarded = 0
        while not self._unwrap(deadline) and discarded < LINGER_BYTES:
            self._carrier.set_timeout(max(0.0, deadline - time.monotonic()))
            came = self._carrier.receive(_RECORD_BYTES)
            if not came:
                return
            discarded += len(came)
            with self._lock:
                self._incoming.write(came)

    def _unwrap(self, deadline: float) -> bool:
        """Send close_notify; return True if the client has sent it too. Raises OSError."""
        try:
            with self._lock:
                self._session.unwrap()
        except ssl.SSLWantReadError:
            return False
        finally:
            self._flush_until(deadline, "did not read the end")
        return True

    def fileno(self) -> int:
        """See `Transport`."""
        return self._carrier.fileno()
