"""A conversation with a doctor server that outlives its connections; knows no user interface.

    the caller's threads                      the conversation's own thread
    say, answer, ask_... --inbox, bell-->     Session (what it means) <-> Wire (bytes)
    report(event)        <--------------      called for every event, in order, from that thread

A first connection that fails ends the conversation: the person can put it right. Once a session has
been open, a lost connection is made again with growing pauses until `close`, and
`client.net.session` sees to it that every line is recorded exactly once. The only thing the
conversation knows of a passphrase is the moment in which it sends it: after a loss it asks again.
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
from typing import TYPE_CHECKING, Final, NamedTuple

from client.net.events import Closed, Connecting, Failed, Lost, Resting, in_words
from client.net.session import Phase, Session
from client.net.transport import Cancelled, ClientTransport, ServerAddress, Waker, connect
from doctor.errors import NotAReply
from doctor.protocol import ReplyReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from client.net.events import Event

#: Seconds before each try after a loss; the last one is repeated.
PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: Seconds after which a server that owes a reply counts as lost. Costs nothing but a new
#: connection: the line is looked for in the history before it is sent again.
REPLY_LIMIT: Final = 60.0
#: Seconds within which a doctor says who it is, also when many come at once.
BANNER_LIMIT: Final = 10.0
#: Seconds that a polite goodbye may take.
GOODBYE_LIMIT: Final = 0.5


class Conversation:
    """Talks with the doctor at `place` as `name`, on a thread of its own, once `start` was called.

    Every method may be called from any thread and returns at once; `report` is called from the
    conversation's thread with one event after the other and must not block it. The last event is
    `Failed` or `Closed`. `tries` bounds the connections tried in a row after a loss (0: no bound).
    """

    def __init__(
        self,
        place: ServerAddress,
        name: str,
        report: Callable[[Event], object],
        *,
        explain: bool = False,
        pauses: Iterable[float] = PAUSES,
        tries: int = 0,
    ) -> None:
        self.place = place
        self.name = name
        self._report = report
        self._pauses = tuple(pauses)
        self._tries = tries
        self._session = Session(name, explain=explain)
        self._inbox: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._bell = Waker()
        self._idents = itertools.count(1)
        self._closing = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"conversation {place}", daemon=True)

    # For every thread.

    def start(self) -> None:
        """Begin: connect and give the name."""
        self._thread.start()

    def say(self, text: str) -> int:
        """Say a line, now or as soon as it can be; returns the id that its answer will carry."""
        ident = next(self._idents)
        self._do(lambda: self._session.say(ident, text))
        return ident

    def answer(self, text: str) -> None:
        """Answer a `SecretWanted` or a `ConfirmWanted`."""
        self._do(lambda: self._session.answer(text))

    def ask_history(self, count: int, before: int = 0) -> None:
        """Ask for the last `count` exchanges, numbered below `before` if it is not 0."""
        self._do(lambda: self._session.ask_history(count, before))

    def ask_why(self) -> None:
        """Ask how the last reply was made."""
        self._do(self._session.ask_why)

    def retry(self) -> None:
        """Do not wait for the end of the pause: try to connect now."""
        self._hurry.set()
        self._bell.ring()

    def close(self, wait: float | None = 0.0) -> None:
        """End the conversation, and wait at most `wait` seconds for its thread (None: for ever)."""
        self._closing.set()
        self._bell.ring()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(wait)

    @property
    def is_over(self) -> bool:
        """Whether its thread has ended."""
        return not self._thread.is_alive()

    def _do(self, action: Callable[[], object]) -> None:
        self._inbox.put(action)
        self._bell.ring()

    # For the conversation's thread alone, from here on.

    def _run(self) -> None:
        session, failures = self._session, 0
        try:
            while True:
                self._report(Connecting(failures + 1))
                end = self._one_connection()
                failures = 0 if session.greeted else failures + 1
                session.lost()
                if session.ended:
                    return
                if self._closing.is_set():
                    self._report(Closed())
                    return
                if not session.began or session.forgotten or 0 < self._tries <= failures:
                    self._report(Failed(end.why, end.code, end.refused))
                    return
                self._rest(end.why, failures)
        finally:
            self._bell.close()

    def _rest(self, why: str, failures: int) -> None:
        """Wait before the next connection: for the pause, or while nothing needs one."""
        idle = self._session.idle and not self._session.has_lines
        # Patients of one server should not all come back in the same moment.
        pause = self._pauses[min(failures, len(self._pauses) - 1)]
        pause *= random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret
        self._hurry.clear()
        self._report(Resting(why) if idle else Lost(why, pause))
        end = time.monotonic() + pause
        while not (self._closing.is_set() or self._hurry.is_set()):
            left = end - time.monotonic()
            if self._session.has_lines if idle else left <= 0:
                return
            self._bell.wait(None if idle else left)
            self._act()

    def _one_connection(self) -> _End:
        """Connect and converse until it ends; returns why, in words."""
        place = self.place
        self._session.begin()
        try:
            with connect(place, self._bell, self._closing) as wire:
                self._converse(wire)
        except _Silent:
            return _End(_silent(place))
        except Cancelled:
            return _End("")
        except NotAReply as error:
            return _End(f"What answers at {place} is not a doctor: {error}.")
        except OSError as error:
            # A server that waits for a TLS handshake may be the first to lose patience.
            first = self._session.phase is Phase.GREETING and not self._session.began
            if first and not place.tls and isinstance(error, ConnectionResetError):
                return _End(_silent(place))
            return _End(_explained(error, place), refused=isinstance(error, ConnectionRefusedError))
        return _End(
            in_words(self._session.closing_code, self._session.closing_text),
            self._session.closing_code,
        )

    def _converse(self, wire: ClientTransport) -> None:
        """Carry lines and replies until the conversation or the connection ends."""
        session, reader = self._session, ReplyReader()
        owed_since = time.monotonic()
        goodbye_until = 0.0
        while session.phase is not Phase.OVER and not session.closing_code:
            self._act()
            line = session.next_line()
            now = time.monotonic()
            if self._closing.is_set() and not goodbye_until:
                goodbye_until = now + GOODBYE_LIMIT
                session.quit()
                continue
            if line is not None:
                wire.send(line.encode(errors="replace") + b"\n")
                owed_since = now
            greeting = session.phase is Phase.GREETING
            limit = BANNER_LIMIT if greeting else REPLY_LIMIT
            left = owed_since + limit - now if session.awaits_reply() else None
            if goodbye_until:
                left = goodbye_until - now
            if left is not None and left <= 0:
                if goodbye_until:
                    return
                if greeting:
                    raise _Silent
                raise TimeoutError(errno.ETIMEDOUT, "no reply came")
            for reply in reader.feed(wire.receive(left)):
                for event in session.take(reply):
                    self._report(event)

    def _act(self) -> None:
        """Do what other threads asked for."""
        with suppress(queue.Empty):
            while True:
                self._inbox.get_nowait()()


class _Silent(Exception):
    """A server took the connection and did not say who it is."""


class _End(NamedTuple):
    why: str
    code: int = 0
    refused: bool = False


def _explained(error: OSError, place: ServerAddress) -> str:
    """Say in words why a connection could not be made or ended."""
    if isinstance(error, socket.gaierror):
        return f"There is no computer called {place.host} to be found."
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing answers at {place}. Is the server running?"
    if isinstance(error, TimeoutError):
        return f"{place} did not answer in time."
    if place.tls:
        from client.net import tls as secure  # noqa: PLC0415 - loaded by the connection, where it got so far

        return secure.explained(error, place) or _lost(error, place)
    return _lost(error, place)


def _silent(place: ServerAddress) -> str:
    tls = "" if place.tls else " It may speak TLS: then use --tls, in the window Ctrl+L."
    return (
        f"What answers at {place} says nothing; is it a doctor?{tls} "
        "Another server may have that port."
    )


def _lost(error: OSError, place: ServerAddress) -> str:
    return f"The connection to {place} was lost ({error.strerror or error})."
