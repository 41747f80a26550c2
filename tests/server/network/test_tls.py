"""TLS: the same conversation, a handshake that takes nobody else's time, certificates read anew."""

from __future__ import annotations

import socket
import ssl
import warnings
from typing import TYPE_CHECKING

import pytest
import trustme

from doctor.patients.opening import load
from doctor.protocol import Notice, codes, notices
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, program, until

if TYPE_CHECKING:
    from pathlib import Path


def certificates(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """Write a certificate and its key to `server.pem`; return it and how a client trusts it."""
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    path = directory / "server.pem"
    made.private_key_and_cert_chain_pem.write_to_path(str(path))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return path, context


@pytest.fixture(autouse=True, params=[True, False], ids=["kernel limits", "polled"])
def _kernel_limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test also as on a system without time limits in the kernel."""
    monkeypatch.setattr("doctor.server.network.plain_transport._KERNEL_LIMITS", request.param)


def test_a_conversation_over_tls(tmp_path: Path) -> None:
    """Name, lines sent together, a long history and goodbye go through TLS as they do plainly."""
    path, trust = certificates(tmp_path)
    with (
        live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server,
        Client(server, tls=trust) as ada,
    ):
        ada.enter("Ada")
        ada.send(b"".join(b"line %d\n" % number for number in range(100)))
        assert [ada.reply().code for _ in range(100)] == [codes.SAYS] * 100
        assert len(ada.ask("/history 100").rows) == 200
        assert ada.ask("/quit").code == codes.GOODBYE
        assert ada.closed()
    assert len(load(tmp_path / "p" / "Ada.dat").history) == 100


def test_notices_over_tls(tmp_path: Path) -> None:
    """Members of a room hear each other while their handlers wait, however much is said at once."""
    path, trust = certificates(tmp_path)
    with (
        live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server,
        Client(server, tls=trust) as ada,
        Client(server, tls=trust) as bob,
    ):
        for one, name in ((ada, "Ada"), (bob, "Bob")):
            one.enter(name)
            assert one.ask("/join Garden").code == codes.JOINED
        for one, name in ((ada, "Ada"), (bob, "Bob")):
            one.send(b"".join(b"%s says %d\n" % (name.encode(), at) for at in range(50)))
        for one, other in ((ada, "Bob"), (bob, "Ada")):
            answered, heard = 0, list[str]()
            while answered < 50 or len(heard) < 50:
                reply = one.reply()
                answered += reply.code == codes.SAID
                notice = Notice.read(reply)
                if notice is not None and notice.kind == notices.PATIENT:
                    assert notice.name == other
                    heard.append(notice.text)
            assert heard == [f"{other} says {at}" for at in range(50)]


def test_old_versions_are_refused(tmp_path: Path) -> None:
    """A client that speaks nothing newer than TLS 1.1 gets no session."""
    path, trust = certificates(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        trust.minimum_version = ssl.TLSVersion.TLSv1
        trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
        Client(server, tls=trust),
    ):
        pass


@pytest.mark.parametrize("sent", [b"", b"Ada\n", b"\x16\x03\x01\x02\x00\x01"])
def test_who_shakes_no_hands_is_left(tmp_path: Path, sent: bytes) -> None:
    """Silence, plain text and half a hello end with the handshake's time; others get through."""
    path, trust = certificates(tmp_path)
    with (
        live_server(
            tmp_path / "p", machine=FakeMachine(), tls_cert=path, handshake_time=0.3
        ) as server,
        socket.create_connection(server.address) as silent,
    ):
        silent.settimeout(20)
        silent.sendall(sent)
        with Client(server, tls=trust) as ada:
            assert ada.enter("Ada").code == codes.WELCOME
        while silent.recv(4096):
            pass
        until(lambda: not server.admin.status()["connected"], "its end")


def test_stopping_tells_tls_clients_too(tmp_path: Path) -> None:
    """A client over TLS hears 421 when the server stops."""
    path, trust = certificates(tmp_path)
    with live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server:
        client = Client(server, tls=trust)
        client.enter("Ada")
        server.stop()
        assert client.reply().code == codes.CLOSING
        client.socket.close()


def test_what_came_with_a_refused_name_is_dropped_over_tls_too(tmp_path: Path) -> None:
    """A line that was sent before the name was asked for again is no name."""
    path, trust = certificates(tmp_path)
    with (
        live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server,
        Client(server, tls=trust) as ada,
    ):
        assert ada.reply().code == codes.READY
        ada.send(b"\r\nI am sad.\r\nand hal")
        refused = ada.reply()
        assert (refused.code, "dropped" in refused.text) == (codes.BAD_NAME, True)
        ada.send(b"f a line\nAda\n")
        assert ada.reply().code == codes.WELCOME
        assert ada.ask("hello").code == codes.SAYS


def test_certificates_are_read_again(tmp_path: Path) -> None:
    """A reload brings new clients the new certificate; with a broken one the old one stays."""
    path, trust = certificates(tmp_path)
    with live_server(tmp_path / "p", machine=FakeMachine(), tls_cert=path) as server:
        with Client(server, tls=trust) as ada:
            ada.enter("Ada")
            path.write_text("no certificate", encoding="utf-8")
            server.reload()
            until(lambda: not server._must_reload, "the reload")
            with Client(server, tls=trust) as bob:
                assert bob.enter("Bob").code == codes.WELCOME
            _, other = certificates(tmp_path)
            before = server._acceptor.tls
            server.reload()
            until(lambda: server._acceptor.tls is not before, "the new certificate")
            with Client(server, tls=other) as eve:
                assert eve.enter("Eve").code == codes.WELCOME
            assert ada.ask("still here").code == codes.SAYS
        with pytest.raises(ssl.SSLCertVerificationError), Client(server, tls=trust):
            pass


@pytest.mark.parametrize("options", [["--tls-cert", "nowhere.pem"], ["--tls-key", "key.pem"]])
def test_no_start_without_a_certificate(tmp_path: Path, options: list[str]) -> None:
    """A certificate that cannot be read, or a key alone, is one line and exit status 2."""
    with program(tmp_path / "p", *options) as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1
