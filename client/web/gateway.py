"""The gateway: it serves the page over HTTP, and bridges each web socket to the doctor.

    accepting thread      accepts connections, within the limits
    a visitor's thread    answers a request, or bridges a web socket to the doctor

`websockets` does the protocols, and `client.web.browser` moves their bytes.
"""

from __future__ import annotations

import contextlib
import http
import selectors
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.datastructures import Headers
from websockets.http11 import Response

from client.model import language
from client.model.language import mark
from client.web import pages
from client.web.bridge import LINE_RATE, MOST_OF_A_MESSAGE, TOO_MANY, Bridge, StopSignal, log
from client.web.browser import Browser, Left
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
#: Seconds to pause accepting when the system has no descriptor or thread left.
_PAUSE: Final = 0.2


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
        self._listener = _listen(settings.host, settings.port)
        self.port: int = self._listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"{scheme}://{host}:{self.port}/"
        self._stop = StopSignal()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        #: Sockets that no bridge has yet: of requests, and of clients that say nothing.
        self._requests: set[socket.socket] = set()

    def serve(self) -> None:
        """Accept connections until `stop`, then close all of them and wait for their threads."""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                selector.register(self._stop, selectors.EVENT_READ)
                while not self._stop.event.is_set():
                    selector.select()
                    if not self._stop.event.is_set():
                        self._accept()
        finally:
            self._stop.set()  # also when an error ends the loop
            self._listener.close()
            with self._lock:
                threads = tuple(self._threads)
                for sock in self._requests:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            self._stop.close()

    def stop(self) -> None:
        """Let `serve` return; safe in a signal handler."""
        self._stop.set()

    def _accept(self) -> None:
        try:
            sock, address = self._listener.accept()
        except BlockingIOError:
            return  # the client has left already
        except OSError as error:
            log.warning("no connection can be accepted for a moment: %s", error)
            self._stop.event.wait(_PAUSE)
            return
        host = address[0]
        if not self._admission.open_connection(host):
            sock.close()
            return
        thread = threading.Thread(
            target=self._handle, args=(sock, host), name=f"visitor {host}:{address[1]}"
        )
        with self._lock:
            self._threads.add(thread)
            self._requests.add(sock)
        try:
            thread.start()
        except RuntimeError as error:
            log.warning("no thread can be started for a moment: %s", error)
            self._forget(thread, sock, host)
            sock.close()
            self._stop.event.wait(_PAUSE)

    def _forget(self, thread: threading.Thread, sock: socket.socket, host: str) -> None:
        with self._lock:
            self._threads.discard(thread)
            self._requests.discard(sock)
        self._admission.close_connection(host)

    def _handle(self, sock: socket.socket, host: str) -> None:
        """Serve one connection, and close it."""
        try:
            with contextlib.suppress(OSError, Left):
                sock = self._secure(sock)
                self._serve(sock, host)
        finally:
            sock.close()
            self._forget(threading.current_thread(), sock, host)

    def _secure(self, sock: socket.socket) -> socket.socket:
        """Return the socket, with TLS on it if the page uses HTTPS. Raises `OSError`."""
        context = self._settings.tls
        if context is None:
            return sock
        sock.settimeout(_REQUEST_LIMIT)
        with self._lock:
            self._requests.discard(sock)
            sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            self._requests.add(sock)
        if self._stop.event.is_set():
            raise ConnectionAbortedError
        try:
            sock.do_handshake()
        except BaseException:
            with self._lock:
                self._requests.discard(sock)
            sock.close()
            raise
        return sock

    def _serve(self, sock: socket.socket, host: str) -> None:
        """Answer a request, or bridge a web socket until it ends."""
        browser = Browser(sock, MOST_OF_A_MESSAGE)
        code, why = 0, ""
        request = browser.receive_request(_REQUEST_LIMIT)
        if request:
            response = self._answer(request)
            if response:
                browser.respond(response)
            elif browser.accept(request):
                code, why = self._bridge(browser, sock, host)
        browser.close(code, why)

    def _answer(self, request: Request) -> Response | None:
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

    def _bridge(self, browser: Browser, sock: socket.socket, host: str) -> tuple[int, str]:
        """Bridge a web socket; return why it is to be closed."""
        with self._lock:
            self._requests.discard(sock)
        if not self._admission.open_socket(host):
            return TOO_MANY, mark("Too many visitors are here now. Please try again later.")
        threading.current_thread().name += ", talking"
        try:
            settings = self._settings
            return Bridge(
                browser,
                settings.server,
                self._stop,
                settings.line_rate,
                sends_proxy=settings.sends_proxy,
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
