"""Bridge one visitor's web socket and a connection to the doctor, line by line.

    browser --message--> check, queue, rate --> line --> server
    browser <--one reply as JSON---------------- reply <-- server

A message of the browser's is one line without its ending. A message to it is one reply:
`{"code": 250, "text": "...", "rows": [["exchanges", "3"]]}`. If the browser or the server ends its
connection, the other one is ended too: the page knows what to do after a lost connection, and the
gateway knows nothing of any conversation. It keeps no line and no reply.

What a hostile browser can cost is bounded: a message has the size of a line, a few of them wait,
more are read later, and a browser that takes no replies is cut off. What a hostile server can cost
is bounded by the size of one reply: no more is read of it before the browser has taken that.

One thread waits for both connections at once, so no line and no reply waits for a second thread.
"""

from __future__ import annotations

import json
import logging
import selectors
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias

from client.model.language import mark
from client.net.transport import Cancelled, Waker, connect
from client.web.browser import Browser, Left
from client.web.limits import LineRate
from doctor.errors import NotAReply
from doctor.protocol import CLIENT_LINE, ReplyReader, codes
from doctor.protocol.proxy import pack_header

if TYPE_CHECKING:
    from client.net.address import ServerAddress
    from client.net.transport import ClientTransport
    from doctor.protocol import Reply

#: Bytes of a message: a line without its ending.
MOST_OF_A_MESSAGE: Final = CLIENT_LINE - 1
#: Bytes of one reply of the server, all its rows counted.
MOST_OF_A_REPLY: Final = 8 * 1024 * 1024
#: Lines of one visitor that wait here, and that were sent and not answered yet.
_MOST_WAITING: Final = 8
_MOST_UNANSWERED: Final = 16
#: Lines a second of one visitor that are passed on; more are read later.
LINE_RATE: Final = 20.0
_BURST: Final = 40

#: Codes with which a web socket is closed. The page shows the reason of those from 4000 on.
ENDED: Final = 4000
NO_SERVER: Final = 4001
NOT_A_DOCTOR: Final = 4002
TOO_MANY: Final = 4013
RESTARTS: Final = 1012
_NOT_A_LINE: Final = 1008
_NOT_TEXT: Final = 1003

log = logging.getLogger("client.web")


class StopSignal(Waker):
    """Wakes every thread that waits for it, for good; `set` may be called from any thread."""

    def __init__(self) -> None:
        super().__init__()
        #: Set before the threads wake.
        self.event = threading.Event()

    def set(self) -> None:
        """Wake them."""
        self.event.set()
        self.wake()

    def clear(self) -> bool:
        """Return whether `set` was called; it stays so."""
        return self.event.is_set()


class Bridge:
    """One visitor's web socket and connection to the doctor at `address`."""

    def __init__(
        self,
        browser: Browser,
        address: ServerAddress,
        stop: StopSignal,
        line_rate: float = LINE_RATE,
        *,
        sends_proxy: bool = False,
    ) -> None:
        """Bridge nothing yet; with `sends_proxy` the server is told the visitor's address."""
        self._browser = browser
        self._address = address
        self._stop = stop
        self._header = pack_header(browser.remote, browser.local) if sends_proxy else b""
        self._rate = LineRate(line_rate, _BURST)
        self._lines: deque[str] = deque()
        self._next_line_at = 0.0  # when the rate allows the next line
        self._unanswered = 1  # each line gets one reply; the first one is for connecting
        self._replies = ReplyReader(MOST_OF_A_REPLY)

    def run(self) -> tuple[int, str]:
        """Bridge the connections until one ends; return why the web socket is to be closed."""
        try:
            with (
                connect(self._address, self._stop, self._stop.event, self._header) as transport,
                selectors.DefaultSelector() as selector,
            ):
                selector.register(self._stop, selectors.EVENT_READ)
                self._pass_on(transport, selector)
        except (Cancelled, Left):
            pass
        except _BadMessageError as error:
            return error.code, str(error)
        except NotAReply as error:
            log.warning("%s is not a doctor: %s", self._address, error)
            return NOT_A_DOCTOR, mark("The program that answers there is not a doctor.")
        except ConnectionResetError:
            return ENDED, mark("The doctor's server ended the connection.")
        except OSError as error:
            log.warning("%s cannot be reached: %s", self._address, error)
            return NO_SERVER, mark("The doctor's server does not answer.")
        if self._stop.event.is_set():
            return RESTARTS, "the page's server stops"
        return ENDED, ""

    def _pass_on(self, transport: ClientTransport, selector: selectors.BaseSelector) -> None:
        """Pass lines and replies on until the browser leaves or the gateway stops."""
        browser = self._browser
        watched: dict[_Watched, int] = {}
        reads_more = False  # whether bytes of the server may be here that no selector sees
        while browser.is_open and not self._stop.event.is_set():
            reads = len(self._lines) < _MOST_WAITING
            wanted: dict[_Watched, int] = {
                browser: _events(reads=reads, writes=browser.is_sending),
                transport: _events(reads=not browser.is_sending, writes=transport.is_sending),
            }
            for each, events in wanted.items():
                _watch(selector, each, watched.get(each, 0), events)
            watched = wanted
            is_here = (reads and browser.has_more) or (reads_more and not browser.is_sending)
            seconds = 0.0 if is_here else self._patience()
            ready = {key.fileobj for key, _ in selector.select(seconds)}
            if browser in ready or browser.has_more:
                browser.flush()
                if reads:
                    self._take_messages()
            self._send_lines(transport)
            if not browser.is_sending and (transport in ready or reads_more):
                reads_more = self._take_replies(transport)
            else:
                transport.flush()
            browser.look_after()

    def _patience(self) -> float:
        """Return how many seconds may pass until something is to be done."""
        until = self._browser.deadline
        if self._lines and self._unanswered < _MOST_UNANSWERED:
            until = min(until, self._next_line_at)
        return max(0.0, until - time.monotonic())

    def _take_messages(self) -> None:
        for message in self._browser.receive():
            if not isinstance(message, str):
                raise _BadMessageError(_NOT_TEXT, "a message is a line of text")
            if "\n" in message or "\r" in message:
                raise _BadMessageError(_NOT_A_LINE, "a message is one line")
            self._lines.append(message)

    def _send_lines(self, transport: ClientTransport) -> None:
        """Send the lines that the rate and the unanswered ones allow."""
        while self._lines and self._unanswered < _MOST_UNANSWERED:
            now = time.monotonic()
            if now < self._next_line_at:
                return
            transport.send(self._lines.popleft().encode() + b"\n")
            self._unanswered += 1
            self._next_line_at = now + self._rate.take()

    def _take_replies(self, transport: ClientTransport) -> bool:
        """Pass replies on while the browser takes them; return whether there may be more."""
        while data := transport.receive_now():
            for reply in self._replies.feed(data):
                if reply.code >= codes.HELP:
                    self._unanswered = max(0, self._unanswered - 1)
                self._browser.send(as_message(reply))
            self._browser.flush()
            if self._browser.is_sending:
                return True
        return False


_Watched: TypeAlias = "Browser | ClientTransport"


class _BadMessageError(Exception):
    """A browser sent what is not one line of text; `code` closes its web socket."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def _events(*, reads: bool, writes: bool) -> int:
    return (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if writes else 0)


def _watch(selector: selectors.BaseSelector, source: _Watched, old: int, new: int) -> None:
    """Let a selector see other events of a connection than before; 0 are none."""
    if old == new:
        return
    if not old:
        selector.register(source, new)
    elif new:
        selector.modify(source, new)
    else:
        selector.unregister(source)


def as_message(reply: Reply) -> str:
    """Return a reply as the page takes it."""
    return json.dumps(
        {"code": reply.code, "text": reply.text, "rows": reply.rows},
        ensure_ascii=False,
        separators=(",", ":"),
    )
