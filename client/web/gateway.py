"""The gateway: it serves the page over HTTP, and bridges each web socket to the doctor.

    accepting thread      accepts connections, within the limits
    visitor's threads     one answers a request, or runs a bridge, which has another one that reads
                          its web socket; `websockets` adds one that reads the socket and
                          one that finds out whether the browser is still there

The library does the web socket protocol. Accepting is done here: the library's loop ends for good
when the system has no descriptor left, and it has no limits.
"""

from __future__ import annotations

import contextlib
import http
import logging
import selectors
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from client.model import language
from client.model.language import mark
from client.net.transport import Waker
from client.web import pages
from client.web.bridge import LINE_RATE, MOST_OF_A_MESSAGE, TOO_MANY, Bridge, log
from client.web.limits import Admission
from client.web.origins import OriginRule, is_local

if TYPE_CHECKING:
    import ssl

    from websockets.http11 import Request

    from client.net.address import ServerAddress

#: The path of the web socket.
TALK: Final = "/talk"
#: Where the page gets its texts in the language of the visitor.
CATALOGUE: Final = "/language.json"
#: Seconds for a request, its TLS handshake included.
_REQUEST_LIMIT: Final = 10.0
#: Seconds that a browser may take for one message to it.
_SEND_LIMIT: Final = 20.0
#: Seconds to pause accepting when the system has no descriptor or thread left.
_PAUSE: Final = 0.2
_CLOSE_LIMIT: Final = 2.0
_RESTARTS: Final = 1012


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What a gateway is told: where it listens, where its doctor listens, and its limits."""

    server: ServerAddress
    host: str = "127.0.0.1"
    port: int = 8000
    tls: ssl.SSLContext | None = None
    origins: frozenset[str] = frozenset()
    visitors: int = 1000
    of_address: int = 100
    local_too: bool = False
    line_rate: float = LINE_RATE
    #: Whether the server is told each visitor's address, by the PROXY protocol.
    sends_proxy: bool = False


class _Browser(ServerConnection):
    """A connection that is cut off if the browser does not take what it is sent."""

    def __init__(self, sock: socket.socket, *given: Any, **options: Any) -> None:
        sock.settimeout(_SEND_LIMIT)
        super().__init__(sock, *given, **options)


class Gateway:
    """Listens from its making on; `serve` accepts until `stop`, which any thread may call.

    Raises `OSError` if it cannot listen there.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._pages = pages.load()
        self._catalogues = {code: pages.language_page(code) for code in language.LANGUAGES}
        self._admission = Admission(
            settings.visitors, settings.of_address, local_too=settings.local_too
        )
        scheme = "https" if settings.tls else "http"
        self._rule = OriginRule(scheme, is_local(settings.host), settings.origins)
        listener = _listen(settings.host, settings.port)
        self.port: int = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"{scheme}://{host}:{self.port}/"
        # What the library says about single visitors is their own affair; its errors are ours.
        quiet = logging.getLogger("client.web.library")
        quiet.setLevel(logging.ERROR)
        self._library = serve(
            self._bridge,
            sock=listener,
            ssl=settings.tls,
            process_request=self._answer,
            server_header=None,
            compression=None,
            open_timeout=_REQUEST_LIMIT,
            close_timeout=_CLOSE_LIMIT,
            max_size=MOST_OF_A_MESSAGE,
            max_queue=4,
            logger=quiet,
            create_connection=_Browser,
        )
        self._stopping = threading.Event()
        self._waker = Waker()
        self._lock = threading.Lock()
        #: Sockets that no bridge has yet: of requests, and of clients that say nothing.
        self._requests: set[socket.socket] = set()

    def serve(self) -> None:
        """Accept connections until `stop`, then close all of them and wait for their threads."""
        library = self._library
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(library.socket, selectors.EVENT_READ)
                selector.register(self._waker, selectors.EVENT_READ)
                while not self._stopping.is_set():
                    selector.select()
                    if not self._stopping.is_set():
                        self._accept()
        finally:
            library.socket_closed.set()
            with self._lock:
                for sock in self._requests:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)
            library.shutdown(code=_RESTARTS, reason="the page's server stops")
            library.shutdown_watcher.close()
            self._waker.close()

    def stop(self) -> None:
        """Let `serve` return; safe in a signal handler."""
        self._stopping.set()
        self._waker.wake()

    def _accept(self) -> None:
        try:
            sock, address = self._library.socket.accept()
        except BlockingIOError:
            return  # the client has left already
        except OSError as error:
            log.warning("no connection can be accepted for a moment: %s", error)
            self._stopping.wait(_PAUSE)
            return
        host = address[0]
        if not self._admission.open_connection(host):
            sock.close()
            return
        thread = threading.Thread(
            target=self._handle, args=(sock, address), name=f"visitor {host}:{address[1]}"
        )
        with self._library.lock:
            self._library.handler_threads.add(thread)
        with self._lock:
            self._requests.add(sock)
        try:
            thread.start()
        except RuntimeError as error:
            log.warning("no thread can be started for a moment: %s", error)
            with self._library.lock:
                self._library.handler_threads.discard(thread)
            with self._lock:
                self._requests.discard(sock)
            self._admission.close_connection(host)
            sock.close()
            self._stopping.wait(_PAUSE)

    def _handle(self, sock: socket.socket, address: tuple[Any, ...]) -> None:
        """Run one connection; the library closes its socket."""
        try:
            self._library.handler(sock, address)
        finally:
            with self._lock:
                self._requests.discard(sock)
            self._admission.close_connection(address[0])

    def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request with a file or a refusal; return None to open a web socket."""
        path, _, query = request.path.partition("?")
        asked = _language(query, request.headers.get_all("Accept-Language"))
        translate = language.load(asked).gettext
        hosts, origins = (request.headers.get_all(name) for name in ("Host", "Origin"))
        is_talk = path == TALK
        known = len(hosts) == 1 and (len(origins) == 1 or not is_talk)
        if not known or not self._rule.accepts(hosts[0], origins[0] if is_talk else None):
            why = mark(
                "This page opens from its own address only. If it has another name, whoever runs "
                "it gives that name with --origin."
            )
            return _response(pages.refusal(http.HTTPStatus.FORBIDDEN, translate(why)))
        if is_talk:
            return None
        if path == CATALOGUE:
            return _response(self._catalogues[asked])
        found = self._pages.get(path)
        missing = translate(mark("There is no such page."))
        return _response(found or pages.refusal(http.HTTPStatus.NOT_FOUND, missing))

    def _bridge(self, browser: ServerConnection) -> None:
        with self._lock:
            self._requests.discard(browser.socket)
        host = browser.remote_address[0]
        if not self._admission.open_socket(host):
            browser.close(TOO_MANY, mark("Too many visitors are here now. Please try again later."))
            return
        try:
            settings = self._settings
            Bridge(
                browser, settings.server, settings.line_rate, sends_proxy=settings.sends_proxy
            ).run()
        finally:
            self._admission.close_socket(host)


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket for an address or a name of this computer."""
    family, *_, endpoint = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.create_server(endpoint[:2], family=family, backlog=512)
    listener.settimeout(0)
    return listener


def _language(query: str, headers: list[str]) -> str:
    """Return the language that a request asks for: `lang=de`, else what the browser prefers."""
    named = [each.removeprefix("lang=") for each in query.split("&") if each.startswith("lang=")]
    return language.choose(named) if named else language.from_header(",".join(headers))


def _response(page: pages.Page) -> Response:
    headers = Headers(pages.HEADERS)
    headers["Content-Type"] = page.media_type
    headers["Content-Length"] = str(len(page.body))
    return Response(page.status.value, page.status.phrase, headers, page.body)
