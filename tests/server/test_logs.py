"""The system's log, by a datagram socket that stands in for it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from doctor.server import logs
from doctor.server.settings import Settings
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no local sockets here")


@contextmanager
def system_log(path: Path) -> Iterator[socket.socket]:
    """Listen as the system's log does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(PATIENCE)
        listener.bind(str(path))
        yield listener


@contextmanager
def logging_to(path: Path, monkeypatch: pytest.MonkeyPatch, form: str = "text") -> Iterator[None]:
    """Log to the system's log, which is there."""
    monkeypatch.setattr(logs, "SYSTEM_LOG", str(path))
    writer = logs.start(Settings(log="syslog", log_format=form))
    try:
        yield
    finally:
        logs.stop(writer)


def test_events_reach_the_system_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is one datagram with its level, the program's name and one printable line."""
    path = tmp_path / "log"
    with system_log(path) as listener, logging_to(path, monkeypatch):
        with live_server(tmp_path / "p", machine=FakeMachine()) as server, Client(server) as ada:
            ada.enter("Ada")
            ada.ask("never told")
        logs.warn("a warning", why="line\nend \x1b[31m")
        lines = [listener.recv(4096) for _ in range(4)]
    assert all(line.endswith(b"\0") and b"doctor: 20" in line for line in lines)
    assert lines[0].startswith(b"<14>doctor: ")  # user.info
    assert b"session opened patient=Ada" in lines[0]
    assert lines[3].startswith(b"<12>doctor: ")  # user.warning
    assert b"line\\nend \\x1b[31m" in lines[3]
    assert b"never told" not in b"".join(lines)


def test_json_in_the_system_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--log-format json` holds there too."""
    path = tmp_path / "log"
    with system_log(path) as listener, logging_to(path, monkeypatch, "json"):
        logs.info("something", patient="Ada")
        assert b'"event": "something", "patient": "Ada"}' in listener.recv(4096)


def test_without_a_system_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none that is an OSError, and the server does not start."""
    monkeypatch.setattr(logs, "SYSTEM_LOG", str(tmp_path / "none"))
    with pytest.raises(OSError, match="No such file"):
        logs.start(Settings(log="syslog"))


def test_a_system_log_that_is_started_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """While it is gone lines are lost, quietly; when it is back they arrive again."""
    path = tmp_path / "log"
    with system_log(path) as first:
        writer = logs.start(_syslog(monkeypatch, path))
        logs.info("one")
        assert b" one" in first.recv(4096)
    try:
        path.unlink()
        logs.info("lost")
        until(lambda: not writer._lines, "the line being taken")
        with system_log(path) as second:
            logs.info("two")
            told = second.recv(4096)
            assert b" two" in told or b" lost" in told
    finally:
        logs.stop(writer)
    assert capfd.readouterr().err == ""


def _syslog(monkeypatch: pytest.MonkeyPatch, path: Path) -> Settings:
    monkeypatch.setattr(logs, "SYSTEM_LOG", str(path))
    return Settings(log="syslog")
