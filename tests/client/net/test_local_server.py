"""Starting a server if none is running, and stopping only that one."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from client.net import local_server
from client.net.address import ServerAddress
from client.net.local_server import LocalServer, ProbeResult, StartError, probe
from tests.support.fake_server import FakeServer
from tests.support.helpers import Client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _log_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")


def test_looking_tells_a_doctor_from_nobody_and_others() -> None:
    """A 220 of this protocol is a doctor; no listener is nothing; all else is another program."""
    with FakeServer() as server:
        address = ServerAddress("127.0.0.1", server.port)
        assert probe(address) is ProbeResult.DOCTOR
        server.behaviour.banner = "SMTP ready"
        assert probe(address) is ProbeResult.OTHER_PROGRAM
    assert probe(address) is ProbeResult.NOTHING


def test_who_hangs_up_without_a_word_is_something_else() -> None:
    """A program that closes the connection at once is not a doctor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert (
            probe(ServerAddress("127.0.0.1", listener.getsockname()[1]))
            is ProbeResult.OTHER_PROGRAM
        )
        thread.join()


def test_started_server_serves_counts_and_stops(tmp_path: Path) -> None:
    """A server starts on a free port, counts its connections, and is gone after `stop`."""
    started = LocalServer.start(ServerAddress("127.0.0.1", 0), tmp_path / "patients")
    try:
        assert probe(started.address) is ProbeResult.DOCTOR
        with Client(started.address.port) as ada:
            ada.enter("Ada")
            assert started.count_connections() == 1
    finally:
        assert started.stop()
    assert not started.is_running
    assert probe(started.address) is ProbeResult.NOTHING


def test_why_a_server_did_not_start_is_said(tmp_path: Path) -> None:
    """If a server cannot start, the error has the last line of its log."""
    with FakeServer() as server, pytest.raises(StartError, match="could not be started") as told:
        LocalServer.start(ServerAddress("127.0.0.1", server.port), tmp_path / "patients")
    assert str(server.port) in str(told.value)
    assert "Traceback" not in str(told.value)


def test_two_signals_in_one_moment_do_not_hang_a_server(tmp_path: Path) -> None:
    """A server that gets two signals to stop ends, whatever the second one interrupts."""
    for _ in range(3):
        started = LocalServer.start(ServerAddress("127.0.0.1", 0), tmp_path / "patients")
        started.ask_to_stop()
        with contextlib.suppress(OSError):
            started._process.send_signal(signal.SIGTERM)
        assert started.stop()
