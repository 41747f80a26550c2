"""The gateway on real sockets: its page, its bridge, and what hostile visitors and servers get."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from client.net.address import ServerAddress
from client.web import bridge
from client.web.bridge import MOST_OF_A_MESSAGE
from doctor.protocol import codes
from tests.support.fake_server import Behaviour, FakeServer
from tests.support.helpers import PATIENCE, live_server, until
from tests.support.web import get, live_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    from client.web.gateway import Gateway


@contextlib.contextmanager
def visitor(gateway: Gateway, origin: str | None = "", **given: Any) -> Iterator[ClientConnection]:
    """Open a web socket as the page does; `origin` "" is the gateway's own."""
    own = f"http://127.0.0.1:{gateway.port}"
    given = {"proxy": None, "compression": None, **given}
    with connect(
        f"ws://127.0.0.1:{gateway.port}/talk",
        origin=Origin(own) if origin == "" else cast("Origin", origin),
        **given,
    ) as socket:
        yield socket


def reply(browser: ClientConnection) -> dict[str, Any]:
    """Wait for the next reply."""
    found: dict[str, Any] = json.loads(browser.recv(PATIENCE))
    return found


def ask(browser: ClientConnection, line: str) -> dict[str, Any]:
    """Send a line and wait for its reply."""
    browser.send(line)
    return reply(browser)


def close_code(browser: ClientConnection) -> tuple[int, str]:
    """Wait until the gateway closes; return the code and the reason."""
    try:
        while True:
            browser.recv(PATIENCE)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")


# --- the bridge -----------------------------------------------------------------------------------


def test_lines_go_to_the_server_and_replies_come_back(tmp_path: Path) -> None:
    """A visitor talks with the real server, line by line, as over the line protocol."""
    with (
        live_server(tmp_path) as server,
        live_gateway(server.address[1]) as gateway,
        visitor(gateway) as browser,
    ):
        assert reply(browser)["text"].startswith("doctor/1")
        welcome = ask(browser, "Zoë 小明")
        assert welcome["code"] == codes.WELCOME
        assert ["exchanges", "0"] in welcome["rows"]
        assert ask(browser, "/as 1 My mother hates me.")["code"] == codes.SAYS
        history = ask(browser, "/history")
        assert history["rows"][0][5] == "My mother hates me."
        assert ask(browser, "/quit")["code"] == codes.GOODBYE
        assert close_code(browser)[0] == bridge.ENDED


def test_a_visitor_who_leaves_ends_the_connection_to_the_server(tmp_path: Path) -> None:
    """The server has no connection more when the web socket is closed."""
    with live_server(tmp_path) as server, live_gateway(server.address[1]) as gateway:
        with visitor(gateway) as browser:
            reply(browser)
            ask(browser, "Ada")
        until(lambda: not len(server.context.sessions), "the session to end")


def test_the_server_is_told_the_visitors_address(tmp_path: Path) -> None:
    """With that wish the server knows the visitor by the address at the gateway, not by its own."""
    with (
        live_server(tmp_path, proxy_from="127.0.0.1") as server,
        live_gateway(server.address[1], sends_proxy=True) as gateway,
        visitor(gateway) as browser,
    ):
        assert reply(browser)["text"].startswith("doctor/1")
        assert ask(browser, "Ada")["code"] == codes.WELCOME
        (seen,) = server.admin.status()["connected"]
        host, port = browser.local_address[:2]
        assert seen["address"] == f"{host}:{port}"


def test_the_address_is_told_before_tls(tmp_path: Path) -> None:
    """On the way to a server with TLS the header stands before the handshake."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    bundle = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem
    bundle.write_to_path(str(tmp_path / "server.pem"))
    with (
        live_server(
            tmp_path / "p", proxy_from="127.0.0.1", tls_cert=tmp_path / "server.pem"
        ) as server,
        live_gateway(
            0,
            server=ServerAddress(
                "127.0.0.1", server.address[1], tls=True, authority=str(tmp_path / "ca.pem")
            ),
            sends_proxy=True,
        ) as gateway,
        visitor(gateway) as browser,
    ):
        assert reply(browser)["code"] == codes.READY
        assert ask(browser, "Ada")["code"] == codes.WELCOME
        (seen,) = server.admin.status()["connected"]
        assert seen["address"].endswith(f":{browser.local_address[1]}")


@pytest.mark.parametrize("name", ["cut_before_recording", "cut_after_recording"])
def test_a_lost_connection_to_the_server_closes_the_web_socket(name: str) -> None:
    """What the server ends, the gateway ends, with a code and a sentence for the visitor."""
    behaviour = Behaviour()
    setattr(behaviour, name, 0)
    with FakeServer(behaviour) as server, live_gateway(server.port) as gateway:
        with visitor(gateway) as browser:
            reply(browser)
            ask(browser, "Ada")
            browser.send("hello")
            code, why = close_code(browser)
        assert code == bridge.ENDED
        assert why == "The doctor's server ended the connection."


def test_no_server_is_told_to_the_visitor() -> None:
    """If nothing listens at the server's address, the visitor learns that."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with live_gateway(unused.getsockname()[1]) as gateway, visitor(gateway) as browser:
            code, why = close_code(browser)
    assert (code, why) == (bridge.NO_SERVER, "The doctor's server does not answer.")


@contextlib.contextmanager
def hostile_server(*sent: bytes) -> Iterator[int]:
    """Run a server that sends the same bytes to everybody, and then waits; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                link, _ = listener.accept()
                with link:
                    for data in sent:
                        link.sendall(data)
                    link.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


@pytest.mark.parametrize(
    "sent",
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
        (b"\x16\x03\x01" * 10_000,),
        (b"220-" + b"x" * 20_000,),
        (b"215-1\t" + b"y" * 16_000 + b"\n",) * 600,
    ],
    ids=["another program", "TLS", "a long line", "a reply without end"],
)
def test_what_is_not_a_reply_reaches_no_visitor(sent: tuple[bytes, ...]) -> None:
    """A server that is not a doctor, or sends without end, is left; the visitor learns why."""
    with hostile_server(*sent) as port, live_gateway(port) as gateway, visitor(gateway) as browser:
        code, why = close_code(browser)
    assert (code, why) == (
        bridge.NOT_A_DOCTOR,
        "The program that answers there is not a doctor.",
    )


def test_text_of_a_server_arrives_as_text() -> None:
    """Markup, quotes and direction marks of a server are the same characters in the message."""
    evil = "<script>alert(1)</script> \u202e \\ \" ' \U0001f600"
    with (
        FakeServer(Behaviour(greeting=evil)) as server,
        live_gateway(server.port) as gateway,
        visitor(gateway) as browser,
    ):
        reply(browser)
        assert ask(browser, "Ada")["text"] == evil


# --- hostile visitors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("x" * (MOST_OF_A_MESSAGE + 1), 1009),
        ("é" * (MOST_OF_A_MESSAGE // 2 + 1), 1009),
        (b"bytes", 1003),
        ("Ada\n/forget", 1008),
        ("Ada\r", 1008),
    ],
    ids=["long", "long in bytes", "binary", "two lines", "a line end"],
)
def test_a_message_is_one_line_of_text(message: str | bytes, code: int) -> None:
    """What is not one line of text, or is too long, ends the visit and reaches no server."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        with visitor(gateway) as browser:
            reply(browser)
            browser.send(message)
            assert close_code(browser)[0] == code
        assert not server.received


def test_the_parts_of_a_message_are_one_line() -> None:
    """A browser may send a message in parts; what is not UTF-8 as a whole ends the visit."""
    with FakeServer() as server, live_gateway(server.port) as gateway, visitor(gateway) as browser:
        reply(browser)
        ask(browser, "Ada")
        browser.send([b"na\xc3", b"", b"\xafve"], text=True)
        assert reply(browser)["text"] == "Why do you say: na\u00efve?"
        browser.send(b"na\xef", text=True)
        assert close_code(browser)[0] == 1007


def test_a_silent_browser_is_asked_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers the ping stays; who does not, such as a phone that lost its network, is left."""
    monkeypatch.setattr("client.web.browser._PING", 0.1)
    monkeypatch.setattr("client.web.browser._PONG", 0.3)
    monkeypatch.setattr("client.web.browser._CLOSE_LIMIT", 0.1)
    with (
        FakeServer() as server,
        live_gateway(server.port) as gateway,
        visitor(gateway) as browser,
        socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as silent,
    ):
        silent.sendall(upgrade(gateway))
        until(lambda: len(_bridges()) == 2, "both bridges")
        until(lambda: len(_bridges()) == 1, "the bridge to the silent one to end")
        reply(browser)
        assert ask(browser, "Ada")["code"] == codes.WELCOME


def upgrade(gateway: Gateway) -> bytes:
    """Return the request with which a browser opens a web socket."""
    return (
        f"GET /talk HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\n"
        f"Origin: http://127.0.0.1:{gateway.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def test_a_message_may_be_as_long_as_a_line() -> None:
    """The longest line of the protocol passes."""
    with FakeServer() as server, live_gateway(server.port) as gateway, visitor(gateway) as browser:
        reply(browser)
        ask(browser, "Ada")
        assert ask(browser, "x" * MOST_OF_A_MESSAGE)["code"] == codes.SAYS


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", ""),
        ("null", ""),
        (None, ""),
        ("https://127.0.0.1:{port}", ""),
        ("http://127.0.0.1:1", ""),
        ("http://evil.example:{port}", "evil.example:{port}"),
        ("http://127.0.0.1.evil.example:{port}", "127.0.0.1.evil.example:{port}"),
    ],
    ids=["elsewhere", "opaque", "none", "scheme", "port", "rebinding", "a name like an address"],
)
def test_only_the_gateways_own_page_opens_a_web_socket(origin: str | None, host: str) -> None:
    """A page from elsewhere, whatever its name leads to, gets no web socket."""
    with live_gateway(1) as gateway:
        port = gateway.port
        given = {"additional_headers": {"Host": host.format(port=port)}} if host else {}
        with (
            pytest.raises(InvalidStatus) as refused,
            visitor(gateway, origin and origin.format(port=port), **given),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_an_address_that_was_given_may_open_a_web_socket() -> None:
    """Behind a proxy, the address of the page is the one that its visitors see."""
    origin = "https://doctor.example"
    with FakeServer() as server, live_gateway(server.port, origins=frozenset({origin})) as gateway:
        with visitor(gateway, origin) as browser:
            assert reply(browser)["code"] == codes.READY
        assert get(gateway, "/", Host="doctor.example")[0] == 200
        assert get(gateway, "/", Host="other.example")[0] == 403


def test_more_visitors_than_allowed_are_told_so() -> None:
    """One visitor too many learns that there are too many; a place that becomes free is used."""
    with FakeServer() as server, live_gateway(server.port, visitors=2) as gateway:
        with visitor(gateway) as one, visitor(gateway) as two:
            reply(one)
            reply(two)
            with visitor(gateway) as three:
                code, why = close_code(three)
            assert code == bridge.TOO_MANY
            assert "try again later" in why

        def is_let_in() -> bool:  # the others' places are free once the gateway saw them leave
            with visitor(gateway) as three:
                try:
                    return bool(reply(three)["code"] == codes.READY)
                except ConnectionClosed:
                    return False

        until(is_let_in, "a free place")


def test_one_address_has_a_limit_of_its_own() -> None:
    """Visitors from one address are counted, those of this computer if that is wanted."""
    wanted = {"of_address": 1, "local_too": True}
    with (
        FakeServer() as server,
        live_gateway(server.port, **wanted) as gateway,
        visitor(gateway) as one,
    ):
        reply(one)
        with visitor(gateway) as two:
            assert close_code(two)[0] == bridge.TOO_MANY


def test_more_connections_than_allowed_are_closed_at_once() -> None:
    """Connections that say nothing are bounded too; the others are still answered afterwards."""
    with live_gateway(1, of_address=1, local_too=True) as gateway:
        address = ("127.0.0.1", gateway.port)
        silent = [socket.create_connection(address) for _ in range(65)]
        with socket.create_connection(address, PATIENCE) as one_more:
            assert one_more.recv(1) == b""
        for link in silent:
            link.close()
        until(lambda: _answers(gateway), "an answer")


def _answers(gateway: Gateway) -> bool:
    try:
        return get(gateway, "/")[0] == 200
    except OSError:
        return False


def test_many_lines_are_read_later_and_none_is_lost() -> None:
    """A visitor who sends more lines than the rate allows gets every answer, in order."""
    with FakeServer() as server, live_gateway(server.port, line_rate=200.0) as gateway:
        with visitor(gateway, max_queue=None) as browser:
            reply(browser)
            ask(browser, "Ada")
            for number in range(100):
                browser.send(f"line {number}")
            answers = [reply(browser)["text"] for _ in range(100)]
        assert answers == [f"Why do you say: line {number}?" for number in range(100)]


def test_a_visitor_cannot_pile_up_lines_before_a_slow_server() -> None:
    """A server that answers nothing gets few lines of a visitor; that one's leaving is noticed."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        live_gateway(listener.getsockname()[1], line_rate=10_000.0) as gateway,
    ):
        with visitor(gateway) as browser:
            link, _ = listener.accept()
            with link, link.makefile("rb") as lines:
                link.sendall(b"220 doctor/1\n")
                reply(browser)
                for number in range(30):
                    browser.send(f"line {number}")
                got = [lines.readline() for _ in range(16)]
                assert got[-1] == b"line 15\n"
                link.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    lines.readline()
        until(lambda: not _bridges(), "the bridge to end")


def test_a_browser_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor who asks for much and reads nothing holds no thread for longer than the limit."""
    monkeypatch.setattr("client.web.browser.SEND_LIMIT", 0.2)
    monkeypatch.setattr("client.web.browser._CLOSE_LIMIT", 0.1)
    rows = b"215-1\t" + b"y" * 16_000 + b"\n"
    with (
        hostile_server(rows * 400 + b"215 end\n", (rows * 400 + b"215 end\n") * 4) as port,
        live_gateway(port) as gateway,
        socket.socket() as browser,
    ):
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        browser.connect(("127.0.0.1", gateway.port))
        browser.sendall(upgrade(gateway))
        until(_bridges, "the bridge to begin")
        until(lambda: not _bridges(), "the bridge to end")


def _bridges() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.endswith(", talking")]


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /talk HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"GET /" + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"Ada\nMy mother hates me.\n",
    ],
    ids=["POST", "headers", "path", "no host", "two hosts", "bad host", "TLS", "line protocol"],
)
def test_a_strange_request_gets_no_page(request_: bytes) -> None:
    """Requests that are no plain GET of the page's own address get a refusal or nothing."""
    with live_gateway(1) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as link:
            link.sendall(request_)
            link.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while data := link.recv(65_536):
                    answer += data
        assert not answer.startswith(b"HTTP/1.1 200")
        assert b"<html" not in answer


# --- TLS, and the end ----------------------------------------------------------------------------


def test_tls_protects_the_page_and_its_web_socket(tmp_path: Path) -> None:
    """With a certificate the page is HTTPS, and its web socket belongs to that origin."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with (
        live_server(tmp_path) as server,
        live_gateway(server.address[1], tls=context) as gateway,
        connect(
            f"wss://127.0.0.1:{gateway.port}/talk",
            origin=Origin(f"https://127.0.0.1:{gateway.port}"),
            ssl=trusting,
            proxy=None,
        ) as browser,
    ):
        assert gateway.url.startswith("https://")
        assert reply(browser)["code"] == codes.READY
        assert ask(browser, "Ada")["code"] == codes.WELCOME


def test_tls_is_used_to_the_server_too(tmp_path: Path) -> None:
    """A gateway reaches a server that speaks TLS, and checks its certificate."""
    authority = trustme.CA()
    files = [tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem")]
    issued = authority.issue_cert("127.0.0.1")
    files[0].write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(files[1]))
    authority.cert_pem.write_to_path(str(files[2]))
    wanted = {"tls_cert": files[0], "tls_key": files[1]}
    with live_server(tmp_path / "patients", **wanted) as server:
        for trusted, code in ((str(files[2]), codes.READY), ("", 0)):
            address = ServerAddress("127.0.0.1", server.address[1], tls=True, authority=trusted)
            with live_gateway(1, server=address) as gateway, visitor(gateway) as browser:
                if code:
                    assert reply(browser)["code"] == code
                else:
                    assert close_code(browser)[0] == bridge.NO_SERVER


def test_long_replies_pass_two_layers_of_tls(tmp_path: Path) -> None:
    """What TLS has decrypted and no selector sees is passed on too, however much it is."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with live_server(tmp_path / "p", tls_cert=tmp_path / "server.pem") as server:
        address = ServerAddress(
            "127.0.0.1", server.address[1], tls=True, authority=str(tmp_path / "ca.pem")
        )
        with (
            live_gateway(0, server=address, tls=context, line_rate=1000.0) as gateway,
            connect(
                f"wss://127.0.0.1:{gateway.port}/talk",
                origin=Origin(f"https://127.0.0.1:{gateway.port}"),
                ssl=trusting,
                proxy=None,
                max_size=None,
            ) as browser,
        ):
            reply(browser)
            ask(browser, "Ada")
            for number in range(40):
                browser.send(f"{number} " + "x" * 4000)
            assert {reply(browser)["code"] for _ in range(40)} == {codes.SAYS}
            rows = ask(browser, "/history 40")["rows"]
            assert [row[5][:2].strip() for row in rows[::2]] == [str(each) for each in range(40)]


def test_stopping_closes_every_visit(tmp_path: Path) -> None:
    """A gateway that stops closes all web sockets with a code that says so, and its threads end."""
    with (
        live_server(tmp_path) as server,
        live_gateway(server.address[1]) as gateway,
        contextlib.ExitStack() as stack,
    ):
        browsers = [stack.enter_context(visitor(gateway)) for _ in range(5)]
        for browser in browsers:
            reply(browser)
        gateway.stop()
        assert {close_code(browser)[0] for browser in browsers} == {1012}
