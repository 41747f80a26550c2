"""A real HAProxy in front of real servers, with the configuration in `deploy/`."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.deploy.haproxy import HAProxy, needs_haproxy
from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE, Peer, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_haproxy


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[HAProxy]:
    """Run HAProxy with the configuration in `deploy/`."""
    with HAProxy(tmp_path) as running:
        yield running


def test_the_configuration_is_valid() -> None:
    """HAProxy finds nothing to say about the file in `deploy/`."""
    command = ["haproxy", "-c", "-f", str(ROOT / "deploy" / "haproxy.cfg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize(
    "checks",
    [
        "",
        "    option tcp-check\n    tcp-check connect send-proxy\n    tcp-check expect string 220\n",
    ],
    ids=["ready", "220"],
)
def test_addresses_are_limited_as_themselves_and_checks_are_silent(
    tmp_path: Path, checks: str
) -> None:
    """One address beyond its limit costs no other one its place, and no check leaves a trace."""
    with HAProxy(tmp_path, checks) as haproxy:
        options = ("--address-connections", "2", "--address-rate", "1000")
        with (
            haproxy.server(tmp_path / "patients", 0, *options) as server,
            contextlib.ExitStack() as stack,
        ):
            haproxy.wait_for("UP", "DOWN")

            def visit(source: str) -> int:
                peer = stack.enter_context(Peer(haproxy.port, source=source))
                reply = peer.reply()
                return peer.ask(f"at {source}").code if reply.code == 220 else reply.code

            assert [visit("127.0.0.2") for _ in range(4)] == [230, 230, 421, 421]
            assert [visit(f"127.0.0.{number}") for number in range(3, 9)] == [230] * 6
            assert haproxy.states() == ["UP", "DOWN"]
            until(lambda: server.errors().count("session opened") == 8, "the log")
            log = server.errors()
        assert "address=127.0.0.2:" in log
        assert "connection closed" not in log
        assert log.count(" refused ") == 2


def test_a_rolling_restart_refuses_nobody(haproxy: HAProxy, tmp_path: Path) -> None:
    """Newcomers come while one server after the other is stopped and started."""
    options = ("--drain-time", "3", "--newcomers", "100000")
    served: list[int] = []
    refused: list[str] = []
    is_over = threading.Event()

    def come(who: int) -> None:
        while not is_over.is_set():
            try:
                with Peer(haproxy.port) as peer:
                    replies = [peer.enter(f"Visitor {who}"), peer.ask("/help")]
                    peer.leave()
                served.append(replies[-1].code)
            except (OSError, EOFError, AssertionError) as error:
                refused.append(repr(error))

    places = [tmp_path / f"patients-{number}" for number in range(2)]
    servers = [haproxy.server(place, number, *options) for number, place in enumerate(places)]
    visitors = [threading.Thread(target=come, args=(who,)) for who in range(4)]
    try:
        haproxy.wait_for("UP", "UP")
        for thread in visitors:
            thread.start()
        for number in range(2):
            before = len(served)
            servers[number].signal(signal.SIGTERM)
            until(lambda n=number: haproxy.states()[n] == "DOWN", "a drain")  # type: ignore[misc]
            assert servers[number].wait() == 0
            servers[number].kill()
            servers[number] = haproxy.server(places[number], number, *options)
            haproxy.wait_for("UP", "UP")
            assert len(served) > before
    finally:
        is_over.set()
        for thread in visitors:
            if thread.ident:
                thread.join(PATIENCE)
        for server in servers:
            server.kill()
    assert not refused
    assert set(served) == {214}
