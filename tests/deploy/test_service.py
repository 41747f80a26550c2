"""The files in `deploy/` for a service: each is used here as far as a test can."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from doctor.server.config_file import read_file
from doctor.server.lifecycle import Watchdog
from doctor.server.options import OPTIONS
from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE, Peer, Server, run, until

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "doctor.service").read_text(encoding="utf-8")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt install systemd"
)


def said(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=PATIENCE,
        check=False, **more,
    )  # fmt: skip


def setting_of(name: str) -> list[str]:
    """Return the values that the unit gives a setting."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


# --- systemd --------------------------------------------------------------------------------------


@needs_systemd
def test_the_unit_is_valid_and_hardened(tmp_path: Path) -> None:
    """Systemd finds no fault in the unit, and little that the service could reach."""
    unit = tmp_path / "doctor.service"
    there = UNIT.replace("/usr/bin/doctor-server", sys.executable)
    unit.write_text(re.sub("^Documentation.*\n", "", there, flags=re.MULTILINE))
    verified = said("systemd-analyze", "verify", unit)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = said("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)
    assert rated.returncode == 0, rated.stdout[-200:]


@needs_systemd
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here: apt install strace")
def test_the_unit_allows_what_the_server_calls(tmp_path: Path) -> None:
    """Every system call of a server that serves, reloads and stops is in the unit's filter."""
    allowed: set[str] = set()
    for line in setting_of("SystemCallFilter"):
        for group in line.removeprefix("~").split():
            listed = said("systemd-analyze", "syscall-filter", group, env={"SYSTEMD_COLORS": "0"})
            allowed_or_not = _calls(listed.stdout)
            allowed = allowed - allowed_or_not if line[0] == "~" else allowed | allowed_or_not
    trace = tmp_path / "trace"
    command = [
        *("strace", "-f", "-qq", "-o", str(trace), sys.executable, str(ROOT / "server.py")),
        *("--port", "0", "--patients", str(tmp_path / "p"), "--metrics", "0"),
    ]
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    try:
        assert server.stdout
        port = int(server.stdout.readline().rpartition(":")[2])
        (child,) = (int(line.split()[0]) for line in [trace.read_text().splitlines()[0]])
        peers = [Peer(port) for _ in range(12)]  # enough to be moved to one processor
        for number, peer in enumerate(peers):
            assert peer.enter(f"Patient {number}").code == 230
            assert peer.ask("hello").code == 250
        os.kill(child, signal.SIGHUP)
        for peer in peers:
            peer.leave()
            peer.socket.close()
        os.kill(child, signal.SIGTERM)
        server.wait(PATIENCE)
    finally:
        server.kill()
        server.communicate()
    called = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"sched_setaffinity", "fdatasync", "accept4"} <= called
    assert called <= allowed


def _calls(listing: str) -> set[str]:
    """Return the system calls of a group, those of the groups in it too."""
    found = set()
    for word in re.findall(r"^ {4}(\S+)$", listing, re.MULTILINE):
        if word.startswith("@"):
            found |= _calls(said("systemd-analyze", "syscall-filter", word).stdout)
        else:
            found.add(word)
    return found


def test_the_watchdog_is_told_while_commits_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server tells it several times within its time; one whose commits hang is silent."""
    assert setting_of("Type") == ["notify"]
    assert setting_of("WatchdogSec") == ["60"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "n"))
        notify.settimeout(PATIENCE)
        asked = {"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "300000"}
        with Server(tmp_path / "p", more=asked) as server:
            told = [notify.recv(100) for _ in range(5)]
            assert server.stop() == 0
        assert told[:1] == [b"READY=1"]
        assert told.count(b"WATCHDOG=1") == 4
        for name, value in asked.items():
            monkeypatch.setenv(name, value)
        notify.settimeout(0)
        while notify.recv(100) != b"STOPPING=1":
            pass
        silent = Watchdog(lambda _: False)
        assert silent.tell() is not None
        with pytest.raises(BlockingIOError):
            notify.recv(100)
        monkeypatch.setenv("WATCHDOG_PID", "1")  # it is another process that is asked
        assert Watchdog(lambda _: True).tell() is None


def test_a_stop_has_the_time_that_it_takes() -> None:
    """The unit waits longer for a stop than the server takes at most by its own settings."""
    defaults = {option.name: option.default for option in OPTIONS}
    assert float(setting_of("TimeoutStopSec")[0]) > defaults["stop_time"] + 20


def test_the_settings_file_can_be_used(tmp_path: Path) -> None:
    """It passes its check, also with everything that is a comment in it."""
    text = (DEPLOY / "doctor.toml").read_text(encoding="utf-8")
    ran = run("server.py", "--config", DEPLOY / "doctor.toml", "--check-config")
    assert (ran.status, ran.err) == (0, "")
    whole = tmp_path / "doctor.toml"
    lines = {}
    for line in re.sub(r"^# (?=[\w-]+ = )", "", text, flags=re.MULTILINE).splitlines():
        lines[line.partition(" ")[0]] = line  # the last of those that are given twice
    whole.write_text("\n".join(lines.values()))
    found = read_file(whole, [option.key for option in OPTIONS])
    assert found["proxy-from"] == "192.0.2.7"
    for option in OPTIONS:
        if option.key in found:
            option.read(found[option.key])


# --- a container ----------------------------------------------------------------------------------


def _instruction(name: str) -> list[str]:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)


def test_the_health_check_reads_220(tmp_path: Path) -> None:
    """It succeeds while a doctor answers, fails without one, and leaves no line in the log."""
    (check,) = _instruction("HEALTHCHECK")
    _, _, words = check.partition(" CMD ")
    command = [re.sub(r"\b5000\b", "{port}", word) for word in eval(words)]
    assert command[:2] == ["python", "-c"]

    def healthy(port: int) -> bool:
        return said(sys.executable, "-c", command[2].format(port=port)).returncode == 0

    with Server(tmp_path) as server:
        assert healthy(server.port)
        with Peer(server.port) as ada:
            ada.enter("Ada")
        until(lambda: "connection closed" in server.errors(), "the log")
        assert server.errors().count("connection closed") == 1
    assert not healthy(server.port)


def test_the_container_runs_as_nobody_special() -> None:
    """Its user is a number and not root, its entry point a command with options that exist."""
    assert _instruction("USER") == ["10001:10001"]
    (entry,) = _instruction("ENTRYPOINT")
    words = eval(entry)
    assert words[0] == "doctor-server"
    flags = [word for word in words if word.startswith("--")]
    assert set(flags) <= {option.flag for option in OPTIONS}
    assert _instruction("VOLUME") == ["/data"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", "patients/*"} <= set(ignored)


# --- a log file that is rotated -------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="no logrotate: apt install logrotate")
def test_a_rotated_log_goes_on_in_a_new_file(tmp_path: Path) -> None:
    """After logrotate moved the file the next line is in a new one, and none is lost."""
    log = tmp_path / "doctor.log"
    rules = tmp_path / "rules"
    text = (DEPLOY / "doctor.logrotate").read_text(encoding="utf-8")
    text = text.replace("/var/log/doctor/doctor.log", str(log)).replace("su doctor doctor\n", "\n")
    rules.write_text(text)
    rules.chmod(0o644)
    tmp_path.chmod(0o700)
    with Server(tmp_path / "p", "--log", str(log)) as server:
        server.visit("Ada", "hello")
        until(lambda: "connection closed" in log.read_text(), "the first lines")
        done = said("logrotate", "--force", "--state", tmp_path / "state", rules)
        assert (done.returncode, done.stderr) == (0, "")
        server.visit("Bob", "hello")
        until(lambda: log.exists() and log.read_text().count("patient=Bob") == 2, "the new file")
        assert log.stat().st_mode & 0o777 == 0o600
        assert "Bob" not in (tmp_path / "doctor.log.1").read_text()
