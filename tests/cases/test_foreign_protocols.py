"""What is no line of a patient's: telnet, other protocols, refused names and a missing newline."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.programs import Peer, Server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

IAC, DONT, DO, WONT, WILL, SB, SE = b"\xff", b"\xfe", b"\xfd", b"\xfc", b"\xfb", b"\xfa", b"\xf0"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server."""
    with Server(tmp_path_factory.mktemp("foreign") / "p") as running:
        yield running


def _files(server: Server) -> set[str]:
    return {path.name for path in server.patients.glob("*.dat")}


def _after(
    server: Server, data: bytes, *pieces: bytes, addresses: list[str] | None = None
) -> list[str]:
    """Send bytes, end the stream, and return all that the server says.

    The address that the server sees is added to `addresses`.
    """
    with Peer(server.port) as peer:
        if addresses is not None:
            addresses.append("{}:{}".format(*peer.socket.getsockname()))
        assert peer.reply().code == 220
        for piece in (data, *pieces):
            peer.send(piece)
        peer.socket.shutdown(socket.SHUT_WR)
        return peer.everything()


PUTTY = (
    IAC + WILL + b"\x1f" + IAC + WILL + b"\x20" + IAC + WILL + b"\x18" + IAC + WILL + b"\x27"
    + IAC + DO + b"\x01" + IAC + WILL + b"\x03" + IAC + DO + b"\x03"
)  # fmt: skip
TELNET = {
    "window-size": IAC + WILL + b"\x1f" + IAC + WILL + b"\x20" + b"NAME\r\nI am sad.\r\n",
    "putty": PUTTY + b"NAME\r\nI am sad.\r\n",
    "subnegotiation": IAC + SB + b"\x1f\x00P\x00\x18" + IAC + SE + b"NAME\r\nI am sad.\r\n",
    "line-in-a-subnegotiation": IAC + SB + b"\x18\x00a\r\nb" + IAC + SE + b"NAME\r\nI am sad.\r\n",
    "doubled-IAC-in-a-subnegotiation": (
        IAC + SB + b"\x1f\x00" + IAC + IAC + b"\x00\x18" + IAC + SE + b"NAME\r\nI am sad.\r\n"
    ),
    "commands-of-one-byte": IAC + b"\xf1" + b"NA" + IAC + b"\xf9" + b"ME\r\nI am sad.\r\n",
    "CR-NUL": PUTTY + b"NAME\r\0\nI am sad.\r\0\n",
    "CR-CR": b"NAME\r\r\nI am sad.\r\r\n",
    "backspaces": b"NAMX\x08E\r\nI am mad\x08\x08\x08sad.\r\n",
    "deletes": b"NAMX\x7fE\r\nI am \xc3\xa9\x7fsad.\r\n",
    "backspaces-beyond-the-beginning": b"\x08\x08NAME\r\n\x7f\x7f\x7fI am sad.\r\n",
    "answers-in-the-middle": b"NAME\r\nI am " + IAC + DONT + b"\x01" + b"sad.\r\n",
}


@pytest.mark.parametrize("kind", TELNET)
@pytest.mark.parametrize("split", [False, True], ids=["at-once", "byte-by-byte"])
def test_a_telnet_client(server: Server, kind: str, split: bool) -> None:
    """Telnet's negotiation, line ends and corrections are understood: the name and line arrive."""
    name = f"Ada{'-'.join(kind.split('-'))}{split}".replace("-", "")
    data = TELNET[kind].replace(b"NAME", name[:-1].encode() + b"Y")
    if b"NAMX" in data:
        data = (
            data.replace(b"NAMX", name[:-1].encode() + b"x")
            .replace(b"\x08E", b"\x08Y")
            .replace(b"\x7fE", b"\x7fY")
        )
    if kind == "commands-of-one-byte":
        data = data.replace(b"NA" + IAC, name[:-1].encode() + IAC).replace(b"ME\r", b"Y\r")
    pieces = [data[at : at + 1] for at in range(len(data))] if split else [data]
    with Peer(server.port) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert peer.reply().code == 220
        for piece in pieces:
            peer.send(piece)
        peer.socket.shutdown(socket.SHUT_WR)
        told = peer.everything()
    codes = [line[:3] for line in told if line[3:4] == " "]
    assert codes[:2] == ["230", "250"], told
    assert server.lines(name[:-1] + "Y") == ["I am sad."]
    assert "I am sad..dat" not in _files(server)


FOREIGN = {
    "ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "ssh-1": b"SSH-1.99-PuTTY_Release_0.78\r\n",
    "smtp-ehlo": b"EHLO mail.example\r\nMAIL FROM:<a@b>\r\n",
    "smtp-helo": b"HELO mail.example\r\n",
    "proxy-1": b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nAda\r\n",
    "proxy-1-unknown": b"PROXY UNKNOWN\r\nAda\r\n",
    "proxy-2": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + b"Ada\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "http-post": b"POST /x HTTP/1.0\r\n\r\nI am sad.\r\n",
    "http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "rtsp": b"OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "sip": b"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)) + b"\nAda\n",
    "tls-split": b"\x16",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "rdp": b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00\n",
    "irc": b"NICK scanner\r\nUSER a 0 * :b\r\n",
    "ldap": b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00\nI am sad.\n",
    "smb": b"\x00\x00\x00\x2f\xffSMBr\x00\x00\x00\x00\x18\x01\x28\nI am sad.\n",
}
#: Those that the issue names; the rest must only leave no name behind.
NAMED = ("ssh", "smtp", "proxy", "http", "tls")


@pytest.mark.parametrize("kind", FOREIGN)
def test_another_protocol(server: Server, kind: str) -> None:
    """Another protocol is told 421 with the reason `foreign`, and none of its lines is a name."""
    before, addresses = _files(server), list[str]()
    rest = (b"\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80) + b"\nAda\n",)
    more = rest if kind == "tls-split" else ()
    told = _after(server, FOREIGN[kind], *more, addresses=addresses)
    if kind.startswith(NAMED):
        assert told[-1].startswith("421 "), told
        assert any(line[4:] == "reason\tforeign" for line in told), told
    assert not [line for line in told if line.startswith(("230", "250"))], told
    assert _files(server) == before
    log = [line for line in server.errors().splitlines() if f"address={addresses[0]} " in line]
    assert not [line for line in log if "session opened" in line]


REFUSED = {
    "not-text": b"\xc3\x28 Ada",
    "too-long": b"A" * 5000,
    "no-name": b"   ",
    "long-name": b"A" * 70,
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_came_before_the_question_was_asked_again(server: Server, kind: str) -> None:
    """After a refused name the next line that was sent already is no guess at the name."""
    before = _files(server)
    line = f"I am sad about {kind}."
    told = _after(server, REFUSED[kind] + f"\r\n{line}\r\n".encode())
    assert not [each for each in told if each.startswith("230")], told
    assert _files(server) == before
    assert f'patient="{line}' not in server.errors()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_name_given_when_it_was_asked_for_again(server: Server, kind: str) -> None:
    """Who answers the question that was asked again is let in."""
    with Peer(server.port) as peer:
        assert peer.reply().code == 220
        peer.send(REFUSED[kind] + b"\n")
        assert peer.reply().code in {500, 553}
        assert peer.ask(f"Asked again {kind}").code == 230
        assert peer.ask("I am here.").code == 250


LAST = ["My mother is ill.", "//slash", "é" * 20, "A line with a CR\r"]


@pytest.mark.parametrize("line", LAST)
@pytest.mark.parametrize("together", [True, False])
def test_a_last_line_without_a_newline(server: Server, line: str, together: bool) -> None:
    """A last line that ends with the stream and no newline is answered and kept."""
    name = f"Last {LAST.index(line)} {together}"
    data = f"{name}\nI feel lonely.\n".encode()
    if together:
        told = _after(server, data + line.encode())
    else:
        with Peer(server.port) as peer:
            peer.enter(name)
            peer.ask("I feel lonely.")
            peer.send(line.encode())
            peer.socket.shutdown(socket.SHUT_WR)
            told = peer.everything()
    replies = [each for each in told if each.startswith("250 ")]
    assert len(replies) == (2 if together else 1), told
    until(lambda: len(server.lines(name)) == 2, "both lines in the history")
    assert server.lines(name)[1] == line.rstrip("\r").replace("//", "/")


def test_half_a_line_of_a_connection_that_broke(server: Server) -> None:
    """A line whose connection broke before its newline is not taken for a whole one."""
    with Peer(server.port) as peer:
        peer.enter("Broken")
        assert peer.ask("A whole line.").code == 250
        peer.send(b"Half a li")
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with Peer(server.port) as peer:
        peer.enter("Broken")
        peer.leave()
    assert server.lines("Broken") == ["A whole line."]


@pytest.mark.parametrize("name", ["Ada", "/quit", "/help"])
def test_a_name_alone_without_a_newline(server: Server, name: str) -> None:
    """A name that ends with the stream opens a session or not; the server answers it."""
    assert _after(server, name.encode())
