"""Starting a server if none is running, and stopping only that one."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from client.net import local_server
from client.net.address import ServerAddress
from client.net.local_server import LocalServer, ProbeResult, StartError, probe
from tests.support.fake_server import FakeServer
from tests.support.helpers import Client
from tests.support.listening import PATIENCE

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


def _client_with_a_server(tmp_path: Path, more: str) -> subprocess.Popen[str]:
    """Start a client's process that starts a server, prints its port, and does `more`."""
    program = f"""
from pathlib import Path
from client.net import local_server
from client.net.address import ServerAddress
local_server.log_file = lambda: Path({str(tmp_path)!r}, "server.log")
patients = Path({str(tmp_path)!r}, "p")
started = local_server.LocalServer.start(ServerAddress("127.0.0.1", 0), patients)
print(started.address.port, flush=True)
{more}
input()
"""
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_started_server_ends_with_its_client(tmp_path: Path, number: signal.Signals) -> None:
    """However a client ends, the server that it started ends too."""
    with _client_with_a_server(tmp_path, "") as client:
        assert client.stdout
        address = ServerAddress("127.0.0.1", int(client.stdout.readline()))
        assert probe(address) is ProbeResult.DOCTOR
        client.send_signal(number)
    until_nothing_listens(address)


def test_a_server_that_is_left_running_outlives_its_client(tmp_path: Path) -> None:
    """A server that was left running for others goes on, until it is told to stop."""
    with _client_with_a_server(tmp_path, "started.leave_running()") as client:
        assert client.stdout
        address = ServerAddress("127.0.0.1", int(client.stdout.readline()))
        client.communicate("\n", timeout=PATIENCE)
    assert probe(address) is ProbeResult.DOCTOR
    stop = [sys.executable, "-m", "doctor", "stop", "--patients", str(tmp_path / "p")]
    subprocess.run(stop, check=True, capture_output=True, timeout=PATIENCE)
    until_nothing_listens(address)


def until_nothing_listens(address: ServerAddress) -> None:
    """Wait until a server has ended."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while probe(address) is not ProbeResult.NOTHING:
        assert time.monotonic() < deadline, "the server runs on"
        pause.wait(0.02)
