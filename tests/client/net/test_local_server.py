"""Starting a server where none listens, and stopping that one alone."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from client.net import local_server
from client.net.address import ServerAddress
from client.net.local_server import LocalServer, NotStarted, ProbeResult, probe
from tests.support.fake_server import FakeServer
from tests.support.helpers import Client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _log_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")


def test_looking_tells_a_doctor_from_nobody_and_others() -> None:
    """A 220 of this protocol is a doctor; silence is nobody; anything else is something else."""
    with FakeServer() as server:
        address = ServerAddress("127.0.0.1", server.port)
        assert probe(address) is ProbeResult.DOCTOR
        server.behaviour.banner = "SMTP ready"
        assert probe(address) is ProbeResult.SOMETHING_ELSE
    assert probe(address) is ProbeResult.NOBODY


def test_who_hangs_up_without_a_word_is_something_else() -> None:
    """What closes the connection at once is no doctor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert (
            probe(ServerAddress("127.0.0.1", listener.getsockname()[1]))
            is ProbeResult.SOMETHING_ELSE
        )
        thread.join()


def test_started_server_serves_counts_and_stops(tmp_path: Path) -> None:
    """A server is started on a free port, says who is connected, and is gone after `stop`."""
    started = LocalServer.start(ServerAddress("127.0.0.1", 0), tmp_path / "patients")
    try:
        assert probe(started.address) is ProbeResult.DOCTOR
        with Client(started.address.port) as ada:
            ada.enter("Ada")
            assert started.count_connections() == 1
    finally:
        assert started.stop()
    assert not started.is_running
    assert probe(started.address) is ProbeResult.NOBODY


def test_why_a_server_did_not_start_is_said(tmp_path: Path) -> None:
    """A server that cannot start is its own last line, in words."""
    with FakeServer() as server, pytest.raises(NotStarted, match="could not be started") as told:
        LocalServer.start(ServerAddress("127.0.0.1", server.port), tmp_path / "patients")
    assert str(server.port) in str(told.value)
    assert "Traceback" not in str(told.value)


def test_two_signals_in_one_moment_do_not_hang_a_server(tmp_path: Path) -> None:
    """A server that is told twice to stop is gone, whatever the second one interrupts."""
    for _ in range(3):
        started = LocalServer.start(ServerAddress("127.0.0.1", 0), tmp_path / "patients")
        started.ask_to_stop()
        with contextlib.suppress(OSError):
            started._process.send_signal(signal.SIGTERM)
        assert started.stop()
