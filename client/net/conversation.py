"""A conversation with a doctor server that survives lost connections; no user interface.

    the caller's threads                       the conversation's own thread
    say, answer, ask_... --queue, waker-->     Session (meaning) <-> ClientTransport (bytes)
    report(event)        <----------------     called for every event, in order, from that thread

If the first connection fails, the conversation ends, so that the user can correct the address. Once
a session was open, a lost connection is made again until `close`, after pauses that grow until a
line is answered or a connection lasts. `client.net.session` ensures that every line is recorded
exactly once. A passphrase is never stored: after a lost connection the user is asked for it again.
"""

from __future__ import annotations

import errno
import itertools
import queue
import random
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from client.model.language import tr
from client.net.events import Closed, Connecting, Failed, Lost, Suspended, explain_refusal
from client.net.pending import Request, history_request, search_request
from client.net.session import Phase, Session
from client.net.transport import Cancelled, ClientTransport, Waker, connect
from doctor.errors import NotAReply
from doctor.protocol import ReplyReader, answers_nothing, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from client.net.address import ServerAddress
    from client.net.events import Event

#: Seconds before each attempt to reconnect; the last one is repeated.
PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: Seconds to wait for a reply before the connection counts as lost. The only cost is a new
#: connection: the line is looked for in the history before it is sent again.
REPLY_LIMIT: Final = 60.0
#: Seconds to wait for a server's first line; enough for a busy server too.
BANNER_LIMIT: Final = 10.0
#: Seconds after which a connection counts as one that works, though no line was answered.
_STABLE: Final = 60.0
#: Replies that nobody asked for, after which the connection is given up.
_MOST_UNASKED: Final = 100
#: Notices in a minute, after which the connection is given up: no room has so many.
_MOST_NOTICES: Final = 100_000
#: Seconds that closing with `/quit` may take, and closing while lines wait for their answers.
GOODBYE_LIMIT: Final = 0.5
LINES_LIMIT: Final = 1.5


class Conversation:
    """A conversation of patient `name` with the server at `address`, on a thread of its own.

    Any thread may call any method; all but `close` return at once. `report` is called from the
    conversation's thread with one event after the other and must not block it. The last event is
    `Failed` or `Closed`. `tries` limits the attempts in a row to reconnect (0: no limit).
    """

    def __init__(
        self,
        address: ServerAddress,
        name: str,
        report: Callable[[Event], object],
        *,
        explain: bool = False,
        pauses: Iterable[float] = PAUSES,
        tries: int = 0,
    ) -> None:
        self.address = address
        self.name = name
        self._report = report
        self._pauses = tuple(pauses)
        self._tries = tries
        self._session = Session(name, explain=explain)
        self._requests: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._waker = Waker()
        self._idents = itertools.count(1)
        self._closing = threading.Event()
        self._retry_now = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"conversation {address}", daemon=True
        )

    # For any thread.

    def start(self) -> None:
        """Start the thread: connect and send the name."""
        self._thread.start()

    def say(self, text: str, room: str | None = None) -> int:
        """Send a line as soon as possible; return the id that its answer will carry.

        It is said in the conversation `room`, "" for the doctor alone; None: in the one to which
        the last `/join`, `/leave` or `/private` led.
        """
        ident = next(self._idents)
        self._request(lambda: self._session.say(ident, text, room))
        return ident

    def answer(self, text: str) -> None:
        """Answer a `SecretWanted` or `ConfirmWanted` event."""
        self._request(lambda: self._session.answer(text))

    def ask_history(
        self, count: int, before: int = 0, purpose: str = "history", room: str = ""
    ) -> None:
        """Request the last `count` exchanges, numbered below `before` if it is not 0."""
        self._request(lambda: self._session.ask(history_request(count, before, purpose, room)))

    def ask_rooms(self) -> None:
        """Request the rooms in which somebody is."""
        self._request(lambda: self._session.ask(Request("/rooms", "rooms")))

    def ask_find(self, wanted: str, before: int = 0, room: str = "") -> None:
        """Request the newest exchanges with a text in them, below number `before` if not 0."""
        request = replace(search_request(wanted, before), room=room)
        self._request(lambda: self._session.ask(request))

    def ask_helplines(self) -> None:
        """Request where the server sends people in danger."""
        self._request(lambda: self._session.ask(Request("/helplines", "helplines")))

    def retry(self) -> None:
        """Try to connect now instead of waiting for the end of the pause."""
        self._retry_now.set()
        self._waker.wake()

    def close(self, wait: float | None = 0.0) -> None:
        """End the conversation; wait at most `wait` seconds for its thread (None: no limit)."""
        self._closing.set()
        self._waker.wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(wait)

    @property
    def is_over(self) -> bool:
        """Whether the conversation's thread has ended."""
        return not self._thread.is_alive()

    def _request(self, action: Callable[[], object]) -> None:
        self._requests.put(action)
        self._waker.wake()

    # For the conversation's thread only, from here on.

    def _run(self) -> None:
        session, failures = self._session, 0
        try:
            while True:
                self._report(Connecting(failures + 1))
                begun = time.monotonic()
                end = self._connect_once()
                lasted = session.greeted and time.monotonic() - begun >= _STABLE
                failures = 0 if session.progressed or lasted else failures + 1
                session.disconnect()
                if session.ended:
                    return
                if self._closing.is_set():
                    self._report(Closed())
                    return
                if not session.was_open or session.closed_as_erased or 0 < self._tries <= failures:
                    self._report(Failed(end.why, end.code, end.refused, end.other_program))
                    return
                self._pause(end.why, failures)
        finally:
            self._waker.close()

    def _pause(self, why: str, failures: int) -> None:
        """Wait before reconnecting: for the pause, or as long as there is nothing to send."""
        session = self._session
        idle = session.closed_as_idle and not (session.has_lines or session.is_in_rooms)
        # The clients of one server should not all reconnect at the same moment.
        pause = self._pauses[min(failures, len(self._pauses) - 1)]
        pause *= random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret
        self._retry_now.clear()
        self._report(Suspended(why) if idle else Lost(why, pause))
        end = time.monotonic() + pause
        while not (self._closing.is_set() or self._retry_now.is_set()):
            left = end - time.monotonic()
            if session.has_lines if idle else left <= 0:
                return
            self._waker.wait(None if idle else left)
            self._run_requests()

    def _connect_once(self) -> _End:
        """Connect and converse until the connection ends; return why it ended."""
        address = self.address
        self._session.begin()
        try:
            with connect(address, self._waker, self._closing) as transport:
                self._converse(transport)
        except _NoBannerError:
            return _End(_describe_silence(address), other_program=True)
        except Cancelled:
            return _End("")
        except NotAReply as error:
            why = tr("The program at {address} is not a doctor: {error}.").format(
                address=address, error=error
            )
            return _End(why, other_program=True)
        except OSError as error:
            # A server that waits for a TLS handshake may time out before this client does.
            first = self._session.phase is Phase.GREETING and not self._session.was_open
            if first and not address.tls and isinstance(error, ConnectionResetError):
                return _End(_describe_silence(address), other_program=True)
            return _End(
                _describe_error(error, address), refused=isinstance(error, ConnectionRefusedError)
            )
        return _End(
            explain_refusal(self._session.closing_code, self._session.closing_text),
            self._session.closing_code,
        )

    def _converse(self, transport: ClientTransport) -> None:
        """Exchange lines and replies until the conversation or the connection ends."""
        session, reader = self._session, ReplyReader()
        notices, minute = 0, 0.0
        owed, unasked = 1, 0  # each line gets one reply; the first one is for connecting
        waiting_since = time.monotonic()
        goodbye_until = 0.0
        while session.phase is not Phase.OVER and not session.closing_code:
            self._run_requests()
            now = time.monotonic()
            if self._closing.is_set() and not goodbye_until:
                goodbye_until = now + (LINES_LIMIT if session.has_lines else GOODBYE_LIMIT)
                session.quit()
                continue
            line = session.next_line()
            if line is not None:
                transport.send(line.encode(errors="replace") + b"\n")
                waiting_since = now
                owed += 1
            if now - minute >= 60:
                notices, minute = 0, now
            greeting = session.phase is Phase.GREETING
            limit = BANNER_LIMIT if greeting else REPLY_LIMIT
            left = waiting_since + limit - now if session.awaits_reply() else None
            if goodbye_until:
                left = goodbye_until - now
            if left is not None and left <= 0:
                if goodbye_until:
                    return
                if greeting:
                    raise _NoBannerError
                raise TimeoutError(errno.ETIMEDOUT, tr("no reply came"))
            for reply in reader.feed(transport.receive(left)):
                if answers_nothing(reply.code):
                    notices += 1
                    if notices > _MOST_NOTICES:
                        raise NotAReply(tr("it sends notices without end"))
                elif reply.code != codes.CLOSING:
                    owed -= 1
                if owed < 0:
                    owed, unasked = 0, unasked + 1
                    if unasked > _MOST_UNASKED:
                        raise NotAReply(tr("it sends replies that nobody asked for"))
                    continue
                for event in session.take(reply):
                    self._report(event)

    def _run_requests(self) -> None:
        """Run the requests of other threads."""
        with suppress(queue.Empty):
            while True:
                self._requests.get_nowait()()


class _NoBannerError(Exception):
    """A server accepted the connection and sent no first line in time."""


class _End(NamedTuple):
    """Why a connection ended."""

    why: str
    code: int = 0
    refused: bool = False
    other_program: bool = False


def _describe_error(error: OSError, address: ServerAddress) -> str:
    """Return a sentence about why a connection failed."""
    if isinstance(error, socket.gaierror):
        return tr("There is no computer called {host}.").format(host=address.host)
    if isinstance(error, ConnectionRefusedError):
        return tr("Nothing answers at {address}. Is the server running?").format(address=address)
    if isinstance(error, TimeoutError):
        return tr("{address} did not answer in time.").format(address=address)
    if address.tls:
        from client.net import tls  # noqa: PLC0415 - a plain connection needs no TLS

        return tls.describe_error(error, address) or _describe_loss(error, address)
    return _describe_loss(error, address)


def _describe_silence(address: ServerAddress) -> str:
    if address.tls:
        return tr(
            "The server at {address} sends nothing; is it a doctor? Another program may use "
            "that port."
        ).format(address=address)
    return tr(
        "The server at {address} sends nothing; is it a doctor? It may use TLS: then use --tls, or "
        "Ctrl+L in the window. Another program may use that port."
    ).format(address=address)


def _describe_loss(error: OSError, address: ServerAddress) -> str:
    return tr("The connection to {address} was lost ({strerror}).").format(
        address=address, strerror=error.strerror or error
    )
