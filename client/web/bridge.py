"""Bridge one visitor's web socket and a connection to the doctor, line by line.

    the bridge's reading thread                 the bridge's own thread
    browser --message--> check, rate --queue--> line --> server
    browser <--one reply as JSON---------------- reply <-- server

A message of the browser's is one line without its ending. A message to it is one reply:
`{"code": 250, "text": "...", "rows": [["exchanges", "3"]]}`. If the browser or the server ends its
connection, the other one is ended too: the page knows what to do after a lost connection, and the
gateway knows nothing of any conversation. It keeps no line and no reply.

What a hostile browser can cost is bounded: a message has the size of a line, a few of them wait,
more are read later, and a browser that takes no replies is cut off. What a hostile server can cost
is bounded by the size of one reply.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from client.model.language import mark
from client.net.transport import Cancelled, Waker, connect
from client.web.limits import LineRate
from doctor.errors import NotAReply
from doctor.protocol import CLIENT_LINE, ReplyReader, codes
from doctor.protocol.proxy import pack_header

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

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
#: Seconds after which a thread that waits for the queue looks whether its browser has left.
_LOOK_AGAIN: Final = 1.0

#: Codes with which a web socket is closed. The page shows the reason of those from 4000 on.
ENDED: Final = 4000
NO_SERVER: Final = 4001
NOT_A_DOCTOR: Final = 4002
TOO_MANY: Final = 4013
_NOT_A_LINE: Final = 1008
_NOT_TEXT: Final = 1003

log = logging.getLogger("client.web")


class Bridge:
    """One visitor's web socket and connection to the doctor at `address`."""

    def __init__(
        self,
        browser: ServerConnection,
        address: ServerAddress,
        line_rate: float = LINE_RATE,
        *,
        sends_proxy: bool = False,
    ) -> None:
        """Bridge nothing yet; with `sends_proxy` the server is told the visitor's address."""
        self._browser = browser
        self._address = address
        self._header = b""
        if sends_proxy:
            visitor, here = browser.remote_address, browser.local_address
            self._header = pack_header(visitor[:2], here[:2])
        self._rate = LineRate(line_rate, _BURST)
        self._lines: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._waker = Waker()

    def run(self) -> None:
        """Bridge the two connections until one of them ends; end the other one."""
        reading = threading.Thread(
            target=self._read_browser, name=f"{threading.current_thread().name}, reading"
        )
        try:
            reading.start()
        except RuntimeError as error:
            log.warning("no thread can be started for a visitor: %s", error)
            self._waker.close()
            return
        try:
            code, why = self._talk()
            self._browser.close(code, why)
        finally:
            self._closing.set()
            reading.join()
            self._waker.close()

    def _talk(self) -> tuple[int, str]:
        """Pass lines and replies on; return why the web socket is to be closed."""
        try:
            with connect(self._address, self._waker, self._closing, self._header) as transport:
                self._pass_on(transport)
        except Cancelled:
            pass
        except NotAReply as error:
            log.warning("%s is not a doctor: %s", self._address, error)
            return NOT_A_DOCTOR, mark("The program that answers there is not a doctor.")
        except ConnectionClosed:
            pass  # the browser has left
        except ConnectionResetError:
            return ENDED, mark("The doctor's server ended the connection.")
        except OSError as error:
            log.warning("%s cannot be reached: %s", self._address, error)
            return NO_SERVER, mark("The doctor's server does not answer.")
        return ENDED, ""

    def _pass_on(self, transport: ClientTransport) -> None:
        reader = ReplyReader(MOST_OF_A_REPLY)
        unanswered = 1  # each line gets one reply; the first one is for connecting
        while not self._closing.is_set():
            while unanswered < _MOST_UNANSWERED:
                try:
                    line = self._lines.get_nowait()
                except queue.Empty:
                    break
                transport.send(line.encode() + b"\n")
                unanswered += 1
            for reply in reader.feed(transport.receive(None)):
                if reply.code >= codes.HELP:
                    unanswered = max(0, unanswered - 1)
                self._browser.send(as_message(reply))

    def _read_browser(self) -> None:
        """Queue the browser's lines until its web socket is closed."""
        try:
            with contextlib.suppress(ConnectionClosed):
                for message in self._browser:
                    if not isinstance(message, str):
                        self._browser.close(_NOT_TEXT, "a message is a line of text")
                        return
                    if "\n" in message or "\r" in message:
                        self._browser.close(_NOT_A_LINE, "a message is one line")
                        return
                    self._closing.wait(self._rate.take())
                    self._queue(message)
        finally:
            self._closing.set()
            self._waker.wake()

    def _queue(self, line: str) -> None:
        """Queue a line as soon as there is a place for it and somebody who waits for its reply."""
        while not self._closing.is_set() and self._browser.close_code is None:
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=_LOOK_AGAIN)
                self._waker.wake()
                return


def as_message(reply: Reply) -> str:
    """Return a reply as the page takes it."""
    return json.dumps(
        {"code": reply.code, "text": reply.text, "rows": reply.rows},
        ensure_ascii=False,
        separators=(",", ":"),
    )
