"""The lines of one client and the replies to it, in order and in time: `Connection`.

    read_line     waits for a line within its time limit; raises what is wrong with it
    read_answer   waits for the answer to a question; serves commands before it
    tell          sends a reply
    hand_over     lets another thread send the next reply; later replies wait for it
    push          sends a notice between replies, from any thread, without waiting

Time is limited in two ways. Before the session one deadline holds for everything, `set_deadline`.
In a session each line has its own time, `set_line_time`, from the reply before it to the end of the
line, so that a client gains nothing by sending a byte now and then. `pause_deadline` leaves the
server's own time out of the first.

`EndConversation` and `ClientGone` leave a conversation from anywhere in it.

**Threads.** Everything belongs to the handler's thread, except `dismiss` and `push` (any thread)
and `release` (the thread to which the reply was handed over). `_reply_lock` is held while a reply
is under way; who releases it looks afterwards whether a notice came meanwhile, and sends it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from doctor.errors import BadArgument, LineTooLong, NotText, UnknownCommand
from doctor.protocol import (
    CLIENT_LINE,
    Command,
    LineBuffer,
    Reply,
    closing,
    foreign,
    is_command,
    parse,
)
from doctor.protocol.codes import Reason
from doctor.server.network.transport import DISCARD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from doctor.server.network.slow_clients import SlowClients
    from doctor.server.network.transport import Transport

#: Receives after a dismissal: lines that were under way are answered, a flood is not.
_LAST_RECEIVES: Final = 16
#: Bytes of notices that wait for a client. As many may be under way at the same time.
OUTBOX_BYTES: Final = 262_144
#: Seconds between two receives that are discarded: at most 64 MB/s.
_SKIP_PAUSE: Final = 0.001


class EndConversation(Exception):
    """Leave the conversation with this reply as the last one."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class ClientGone(Exception):
    """Leave the conversation without a reply: the client has left."""


class Connection:
    """One client's lines in and its replies out."""

    __slots__ = (
        *("_buffer", "_client_gone", "_deadline", "_dismissed", "_head", "_line_time", "_lines"),
        *("_outbox", "_outbox_bytes", "_outbox_lock", "_receives_left", "_reply_lock"),
        *("_slow_clients", "hand_over", "transport"),
    )

    def __init__(self, transport: Transport, line_length: int, slow_clients: SlowClients) -> None:
        self.transport = transport
        self._slow_clients = slow_clients
        self._buffer = LineBuffer(line_length)
        self._lines: list[str | LineTooLong | NotText] = []
        self._head: bytes | None = b""  # the first line, until its protocol is known
        self._reply_lock = threading.Lock()
        #: Wait until no reply is under way and leave the next one to `release`.
        self.hand_over = self._reply_lock.acquire
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._outbox_lock = threading.Lock()
        self._dismissed: Reply | None = None
        #: Set where something could not be sent: other lines that arrived need no answer.
        self._client_gone = False
        self._receives_left = _LAST_RECEIVES
        self._deadline: float | None = None
        self._line_time = 0.0

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come from the client."""
        return self._head == b""

    # -- time ----------------------------------------------------------------------------------

    def set_deadline(self, seconds: float) -> None:
        """Give all lines together this time from now on."""
        self._line_time = 0.0
        self._deadline = time.monotonic() + seconds

    def set_line_time(self, seconds: float) -> None:
        """Give each line this time from now on."""
        self._line_time = seconds
        self._deadline = None
        self.transport.set_timeout(seconds)

    @contextmanager
    def pause_deadline(self) -> Iterator[None]:
        """Leave the time of the block out of the deadline: it is the server's own."""
        began = time.monotonic()
        try:
            yield
        finally:
            if self._deadline is not None:
                self._deadline += time.monotonic() - began

    # -- lines in ------------------------------------------------------------------------------

    def read_line(self) -> str:
        """Wait for a line.

        Raises `LineTooLong` or `NotText` for a line that was dropped, `Gone` at the end of the
        stream, and `Farewell` after `dismiss` or where the line did not come in time.
        """
        while not self._lines and not self._client_gone:
            if self._deadline is not None or self._dismissed:
                self._apply_deadline()
            try:
                data = self._skip() if self._buffer.skipping else self.transport.receive()
            except TimeoutError as error:
                raise self._time_out(str(error)) from None
            if not data:
                if self._dismissed:
                    raise EndConversation(self._dismissed)
                self._lines = self._buffer.end()  # a last line may have no newline
                if not self._lines:
                    raise ClientGone
                break
            if self._head is not None:
                self._refuse_foreign(data)
            self._lines = self._buffer.feed(data)
            if not self._lines and self._deadline is None:
                self._deadline = time.monotonic() + self._line_time
        if self._client_gone:
            raise ClientGone
        if self._line_time and self._deadline is not None:
            self.set_line_time(self._line_time)
        if self._dismissed and self._receives_left <= 0:
            raise EndConversation(self._dismissed)
        line = self._lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    def _skip(self) -> bytes:
        """Receive the rest of a line that was dropped, slowly: it delays other clients."""
        time.sleep(_SKIP_PAUSE)
        return self.transport.receive(DISCARD_BYTES)

    def _apply_deadline(self) -> None:
        """Let the next wait end at the deadline, and the conversation after a dismissal."""
        if self._dismissed:
            if self._receives_left <= 0:
                raise EndConversation(self._dismissed)
            self._receives_left -= 1
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise self._time_out("the line took too long")
            self.transport.set_timeout(left)

    def _time_out(self, text: str) -> EndConversation:
        """Return the end of a conversation whose line did not come in time."""
        if not self._line_time:
            reason = Reason.NAME_TIMEOUT
        else:
            reason = Reason.SLOW if self._buffer.begun else Reason.IDLE
        return EndConversation(closing(reason, f"{text}; goodbye"))

    def _refuse_foreign(self, data: bytes) -> None:
        """Refuse a client of another protocol, as far as the first line tells."""
        self._head = (self._head or b"") + data
        kind = foreign(self._head)
        if kind is not None:
            text = f"this is a doctor server; it does not speak {kind}"
            raise EndConversation(closing(Reason.FOREIGN, text))
        if b"\n" in self._head or len(self._head) >= CLIENT_LINE:
            self._head = None

    def drop_arrived(self) -> bool:
        """Drop all lines that have arrived but commands, to the end of one that was begun.

        They were sent before a question that is asked now, so that none of them can answer it.
        Returns True if there were any.
        """
        lines = self._lines
        for _ in range(_LAST_RECEIVES):
            data = self.transport.receive_now()
            if not data:
                break
            lines += self._buffer.feed(data)
        self._lines = [line for line in lines if isinstance(line, str) and is_command(line)]
        dropped = self._buffer.begun or len(self._lines) < len(lines)
        self._buffer.drop()
        return dropped

    def read_answer(
        self, serve: Callable[[Command], None], refuse: Callable[[Exception], None]
    ) -> str:
        """Wait for the answer to what was asked; commands before it go to `serve`."""
        while True:
            try:
                wanted = parse(self.read_line())
            except (UnknownCommand, BadArgument) as error:
                refuse(error)
                continue
            if isinstance(wanted, str):
                return wanted
            serve(wanted)

    # -- replies out ---------------------------------------------------------------------------

    def tell(self, code: int, text: str, *rows: tuple[str, ...]) -> None:
        """Send a reply. Raises `doctor.server.network.transport.SlowClient` or another OSError."""
        self.send(Reply(code, text, rows).encode())

    def send(self, data: bytes) -> None:
        """Send a reply, after one that is under way."""
        self.send_pieces((data,))

    def send_pieces(self, pieces: Iterable[bytes]) -> None:
        """Send a reply that is made a piece at a time; no notice comes between its pieces."""
        with self._reply_lock:
            try:
                for data in pieces:
                    self.transport.send(data)
            except OSError:
                self._client_gone = True  # a notice would follow half a reply
                raise
        if self._outbox:
            self._send_outbox()

    def release(self, data: bytes) -> None:
        """Send the reply that was handed over, then what is in the outbox; never waits."""
        while True:
            try:
                sent = self.transport.send_now(data)
            except OSError:
                sent = len(data)
                # The handler's own thread, which may have much to read, sees it.
                self._client_gone = True
            if sent < len(data):
                rest = memoryview(data)[sent:]
                self._slow_clients.take(self.transport, rest, self.take_back)
                return
            self._reply_lock.release()
            if not self._outbox or not self._reply_lock.acquire(blocking=False):
                return
            data = self._empty_outbox()

    def take_back(self) -> None:
        """Undo `hand_over` where nothing is left to send."""
        self._reply_lock.release()
        self._send_outbox()

    # -- notices out ---------------------------------------------------------------------------

    def push(self, data: bytes) -> bool:
        """Send a notice between replies, after the notices before it; never waits or raises.

        Returns False where it cannot arrive. A client that does not read fast enough is
        disconnected: it comes again and asks for what it missed.
        """
        if not self._reply_lock.acquire(blocking=False):
            return self._put(data)
        if self._client_gone:
            self._reply_lock.release()
            return False
        if self._outbox:
            data = self._empty_outbox() + data
        self.release(data)
        return not self._client_gone

    def _put(self, data: bytes) -> bool:
        """Put a notice into the outbox, which whoever sends now sends next; see `push`."""
        with self._outbox_lock:
            if self._client_gone:
                return False
            is_full = self._outbox_bytes + len(data) > OUTBOX_BYTES
            if is_full:
                self._client_gone = True
            else:
                self._outbox.append(data)
                self._outbox_bytes += len(data)
        if is_full:
            self.transport.abort()
            return False
        self._send_outbox()  # the sender may have looked into it just before
        return not self._client_gone

    def _send_outbox(self) -> None:
        """Send what is in the outbox; while a reply is under way, leave it to the reply's end."""
        if self._outbox and self._reply_lock.acquire(blocking=False):
            self.release(self._empty_outbox())

    def _empty_outbox(self) -> bytes:
        with self._outbox_lock:
            data = b"".join(self._outbox)
            self._outbox.clear()
            self._outbox_bytes = 0
        return data

    # -- the end -------------------------------------------------------------------------------

    def dismiss(self, reason: Reason, text: str, *, at_once: bool = False) -> None:
        """End the conversation with 421: after the lines that are under way, or at once."""
        self._dismissed = self._dismissed or closing(reason, text)
        if at_once:
            self._receives_left = 0
        self.transport.interrupt()

    def send_last(self, reply: Reply) -> None:
        """Send a last reply to a client that may be gone; nothing is pushed after it."""
        with self._reply_lock, suppress(OSError):
            self._client_gone = True
            self.transport.send(reply.encode())

    def close(self) -> None:
        """Close the connection after a reply that is under way."""
        with self._reply_lock:
            self._client_gone = True  # nothing can be pushed any more
            self.transport.finish()
