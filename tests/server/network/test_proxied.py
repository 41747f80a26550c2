"""Visitors of a balancer: whose address they have, and what checks and strangers get."""

from __future__ import annotations

import socket
import ssl
import threading
import urllib.error
import urllib.request
from ipaddress import ip_address
from typing import TYPE_CHECKING

import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import BadProxyHeader
from doctor.protocol import codes
from doctor.protocol.proxy import SIGNATURE, pack_header
from doctor.server.network import limits
from doctor.server.network.proxied import read_header
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from server import DoctorServer

_CHECK = SIGNATURE + b"\x20\x00\x00\x00"
_LOCAL = "127.0.0.0/8"


def visit(server: DoctorServer, host: str) -> Client:
    """Connect as a balancer does for this visitor."""
    client = Client(server)
    client.send(pack_header((host, 50000), ("127.0.0.1", 5000)))
    return client


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the events of the log."""
    return [record.message for record in caplog.records]


def test_the_visitors_address_is_everywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Status, log and the sessions of an address have the header's, in both versions."""
    caplog.set_level("INFO", "doctor")
    with live_server(tmp_path, machine=FakeMachine(), proxy_from=_LOCAL) as server:
        with visit(server, "192.0.2.7") as ada, Client(server) as bob:
            bob.send(b"PROXY TCP6 2001:db8::1 ::1 1234 5000\r\nBob\n")
            assert ada.enter("Ada").code == codes.WELCOME
            assert [bob.reply().code, bob.reply().code] == [codes.READY, codes.WELCOME]
            assert ada.ask("hello").code == codes.SAYS
            addresses = {one["address"] for one in server.admin.status()["connected"]}
            assert addresses == {"192.0.2.7:50000", "2001:db8::1:1234"}
            assert len(server.context.sessions.of_host("192.0.2.7")) == 1
        until(lambda: not len(server.context.sessions), "the end of both")
    logged = {getattr(record, "fields", {}).get("address") for record in caplog.records}
    assert logged - {None} == {"192.0.2.7:50000", "2001:db8::1:1234"}


def test_each_visitor_has_limits_of_an_address(tmp_path: Path) -> None:
    """A visitor beyond the limit gets 421; one of another address is served, and so are checks."""
    with (
        live_server(
            tmp_path, machine=FakeMachine(), proxy_from=_LOCAL, address_connections=1
        ) as server,
        visit(server, "192.0.2.7") as ada,
    ):
        assert ada.enter("Ada").code == codes.WELCOME
        with visit(server, "192.0.2.7") as again:
            refused = again.reply()
            assert (refused.code, refused.rows[0]) == (421, ("reason", "address-limit"))
        with visit(server, "192.0.2.8") as bob:
            assert bob.enter("Bob").code == codes.WELCOME
        for _ in range(3):
            with Client(server) as check:
                check.send(_CHECK)
                assert check.reply().code == codes.READY


def test_checks_cost_no_patient_and_no_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A check gets 220 and the end, or leaves without a word; neither is seen anywhere."""
    caplog.set_level("INFO", "doctor")
    with live_server(tmp_path, machine=FakeMachine(), proxy_from=_LOCAL) as server:
        before = messages(caplog)
        for header in (_CHECK, b"PROXY UNKNOWN\r\n"):
            with Client(server) as check:
                check.send(header)
                assert check.reply().code == codes.READY
                assert check.closed()
        with Client(server) as check:
            check.socket.shutdown(socket.SHUT_WR)
            assert check.closed()
        with visit(server, "192.0.2.7") as plain:
            assert plain.reply().code == codes.READY
        until(lambda: not len(server.context.sessions), "the end of all")
        status = server.admin.status()
        assert (status["sessions_total"], status["connections_total"]) == (0, 1)
        assert messages(caplog) == before


def test_without_a_header_a_trusted_address_is_refused(tmp_path: Path) -> None:
    """A name in the header's place gets 421, foreign; so does a header from anybody else."""
    with live_server(tmp_path / "a", machine=FakeMachine(), proxy_from=_LOCAL) as server:
        with Client(server) as ada:
            ada.send(b"Ada\nhello, how are you\n")
            refused = ada.reply()
        assert (refused.code, refused.rows[0]) == (421, ("reason", "foreign"))
        assert "PROXY" in refused.text
    with live_server(tmp_path / "b", machine=FakeMachine(), proxy_from="192.0.2.0/24") as server:
        with visit(server, "198.51.100.1") as bob:
            assert bob.reply().code == codes.READY
            assert bob.reply().rows[0] == ("reason", "foreign")
        assert not (tmp_path / "b" / "Ada.dat").exists()


def test_a_header_that_does_not_come_ends_in_time(tmp_path: Path) -> None:
    """Half a header holds its connection no longer than a handshake may take, and a stop not."""
    with live_server(
        tmp_path, machine=FakeMachine(), proxy_from=_LOCAL, handshake_time=0.2
    ) as server:
        with Client(server) as slow:
            slow.send(SIGNATURE[:5])
            assert slow.closed()
        with visit(server, "192.0.2.7") as ada:
            assert ada.enter("Ada").code == codes.WELCOME
    with live_server(tmp_path, machine=FakeMachine(), proxy_from=_LOCAL, handshake_time=60) as one:
        slow = Client(one)
        slow.send(SIGNATURE[:5])
        until(
            lambda: any(each.name.startswith("header of") for each in threading.enumerate()),
            "the thread that reads the header",
        )
    with slow:
        assert slow.closed()


def test_headers_that_are_waited_for_are_bounded(tmp_path: Path) -> None:
    """No more headers are waited for than connections are allowed."""
    with (
        live_server(tmp_path, machine=FakeMachine(), proxy_from=_LOCAL, connections=1) as server,
        Client(server) as slow,
    ):
        slow.send(b"\r")
        with Client(server) as late:
            assert late.reply().rows[0] == ("reason", "full")


def test_the_header_stands_before_tls(tmp_path: Path) -> None:
    """A visitor's TLS handshake begins behind the header, sent together with it."""
    authority = trustme.CA()
    bundle = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(bundle))
    with live_server(
        tmp_path / "p", machine=FakeMachine(), proxy_from=_LOCAL, tls_cert=bundle
    ) as server:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        with visit(server, "192.0.2.7") as ada:
            ada.socket = context.wrap_socket(ada.socket, server_hostname="localhost")
            assert ada.enter("Ada").code == codes.WELCOME
            (seen,) = server.admin.status()["connected"]
            assert seen["address"] == "192.0.2.7:50000"


def test_a_trusted_network_may_be_of_either_family(tmp_path: Path) -> None:
    """Networks of IPv4 and IPv6 are told apart; an IPv4 address in IPv6's form is one of IPv4."""
    with live_server(
        tmp_path, machine=FakeMachine(), proxy_from="192.0.2.0/24, 2001:db8::/32"
    ) as server:
        trusts = server._proxied.trusts
        assert trusts("192.0.2.9")
        assert trusts("::ffff:192.0.2.9")
        assert trusts("2001:db8::9")
        assert not trusts("127.0.0.1")
        assert not trusts("2001:db9::1")
        assert not trusts("fe80::1%eth0")
    assert limits.network("::ffff:192.0.2.9") == ("192.0.2.9", False)


def ready(port: int) -> tuple[int, str]:
    """Ask whether newcomers may come, as a balancer does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=20) as page:
            return page.status, page.read().decode().strip()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode().strip()


def test_a_drain_serves_newcomers_and_tells_checks(tmp_path: Path) -> None:
    """From the wish to stop on checks are told so; newcomers are served until it is over."""
    with live_server(tmp_path, machine=FakeMachine(), proxy_from=_LOCAL, drain_time=60.0) as server:
        port = server.export_metrics(0)
        assert ready(port) == (200, "ready")
        with visit(server, "192.0.2.7") as ada:
            ada.enter("Ada")
            server.stop()
            assert ready(port) == (503, "stopping")
            with Client(server) as check:
                check.send(_CHECK)
                assert check.reply().code == codes.CLOSING
            with visit(server, "192.0.2.8") as bob:
                assert bob.enter("Bob").code == codes.WELCOME
                assert ada.ask("still here").code == codes.SAYS
                server.stop()  # the second wish ends the drain
                assert bob.reply().code == codes.CLOSING
            assert ada.reply().code == codes.CLOSING


def test_it_is_not_ready_while_nothing_can_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that hangs for seconds makes a balancer send newcomers elsewhere."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        port = server.export_metrics(0)
        assert ready(port)[0] == 200
        storage = type(server.context.store.storage)
        monkeypatch.setattr(storage, "stalled", property(lambda _: 7.0))
        assert ready(port) == (503, "nothing could be stored for 7 s")


@settings(deadline=None)
@given(
    st.binary(max_size=120)
    | st.binary(max_size=120).map(lambda more: SIGNATURE + more)
    | st.binary(max_size=60).map(lambda more: b"PROXY " + more)
)
def test_hostile_bytes_end_in_time(data: bytes) -> None:
    """Whatever a trusted address sends first, reading it ends: with a header, or with an error."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        try:
            header = read_header(here, 5.0)
        except (BadProxyHeader, ConnectionResetError):
            return
        assert header.is_check or not header.host or ip_address(header.host)
