"""The system's log, by a datagram socket that stands in for it."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from doctor.server import logs
from doctor.server.logs import sinks
from doctor.server.logs.repeats import FREE
from doctor.server.logs.sinks import FileSink, LinesLost
from doctor.server.settings import Settings
from tests.support.failing_disk import Failing
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
    monkeypatch.setattr(sinks, "SYSTEM_LOG", str(path))
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
    monkeypatch.setattr(sinks, "SYSTEM_LOG", str(tmp_path / "none"))
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
    monkeypatch.setattr(sinks, "SYSTEM_LOG", str(path))
    return Settings(log="syslog")


# --- a file ---------------------------------------------------------------------------------------


def _lose_a_line(writer: logs.Writer) -> None:
    before = writer._dropped
    logs.info("lost")
    until(lambda: writer._dropped > before, "the count")


def test_a_file_that_was_full_tells_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Lines that a full disk did not take are counted in the log and told once on stderr."""
    path = tmp_path / "log"
    failing = Failing("write", monkeypatch)
    writer = logs.start(Settings(log=str(path)))
    try:
        logs.info("first")
        until(lambda: "first" in path.read_text(), "a line")
        failing.on = True
        for _ in range(3):
            _lose_a_line(writer)
        failing.on = False
        logs.info("last")
        until(lambda: "last" in path.read_text(), "a line")
    finally:
        logs.stop(writer)
    lines = path.read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "first", "log lines dropped count=3", "last",
    ]  # fmt: skip
    err = capfd.readouterr().err
    assert err == f"server.py: --log {path}: the disk is full; make room on it\n"


def test_half_a_line_is_ended_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a write that a full disk cut short the next line begins at the left."""
    sink, real, room = FileSink(tmp_path / "log"), os.write, [5]

    def write(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(descriptor, data[: room[0]])
        room[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(LinesLost) as lost:
            sink.write(["a line", "another"], [])
    assert lost.value.count == 2
    sink.write(["one", "two"], [])
    assert (tmp_path / "log").read_text() == "a lin\none\ntwo\n"
    sink.close()


def test_a_file_is_opened_anew_when_asked(tmp_path: Path) -> None:
    """`reopen` opens the path again, also where the file was moved away before."""
    path = tmp_path / "log"
    writer = logs.start(Settings(log=str(path)))
    try:
        logs.info("before")
        until(lambda: "before" in path.read_text(), "a line")
        path.rename(tmp_path / "log.1")
        logs.reopen()
        logs.info("after")
        until(lambda: path.exists() and "after" in path.read_text(), "a line in a new file")
    finally:
        logs.stop(writer)
    assert "after" not in (tmp_path / "log.1").read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_events_of_one_source_are_counted(tmp_path: Path) -> None:
    """An event with a source is logged a few times, then counted in one line."""
    writer = logs.start(Settings(log=str(tmp_path / "log")))
    for _ in range(500):
        logs.info("refused", source="192.0.2.1", code=421)
    logs.stop(writer)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == FREE + 1
    assert f"event=refused address=192.0.2.1 count={500 - FREE}" in lines[-1]
