"""A real HAProxy in front of real servers, with the configuration in `deploy/`."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE, Peer, Server, said, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    shutil.which("haproxy") is None, reason="no HAProxy here: apt-get install haproxy"
)


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in taken]


class HAProxy:
    """HAProxy with the configuration in `deploy/` on free ports, or with other checks in it."""

    def __init__(self, place: Path, checks: str = "") -> None:
        self.port, *self.servers = free_ports(3)
        self.metrics = free_ports(2)
        text = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")
        numbers = [5000, 5001, 5002, 9101, 9102]
        for number, port in zip(numbers, [self.port, *self.servers, *self.metrics], strict=True):
            text = text.replace(f":{number}", f":{port}").replace(f"port {number}", f"port {port}")
        text = text.replace("bind :", "bind 127.0.0.1:").replace("inter 1s", "inter 100ms")
        text = text.replace("maxconn 20000", "maxconn 500")  # it asks for as many descriptors
        self._short = tempfile.TemporaryDirectory(prefix="haproxy-")  # a socket's path is short
        self._socket = Path(self._short.name) / "admin"
        text = text.replace("/run/haproxy/admin.sock", str(self._socket))
        if checks:
            before, _, rest = text.partition("    option httpchk")
            after = rest.partition("status 200\n")[2]
            text = before + checks + after.replace(" port ", " # ")
        self.file = place / "haproxy.cfg"
        self.file.write_text(text, encoding="utf-8")

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(self.file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until(lambda: self._socket.exists() or self._process.poll() is not None, "HAProxy")
        assert self._process.poll() is None, self._process.stderr and self._process.stderr.read()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=PATIENCE)
        self._short.cleanup()

    def states(self) -> list[str]:
        """Return what HAProxy thinks of the servers: UP, DOWN."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(PATIENCE)
            asking.connect(str(self._socket))
            asking.sendall(b"show stat\n")
            rows = [row.split(",") for row in asking.makefile().read().splitlines()]
        return [row[17].split()[0] for row in rows if row[0] == "doctor" and row[1] != "FRONTEND"
                and row[1] != "BACKEND"]  # fmt: skip

    def wait_for(self, *states: str) -> None:
        """Wait until the servers are in these states."""
        until(lambda: self.states() == list(states), f"{states} and not {self.states()}")

    def server(self, place: Path, number: int, *options: str) -> Server:
        """Start one of the two servers."""
        return Server(
            place / f"patients-{number}",
            *("--port", str(self.servers[number]), "--metrics", str(self.metrics[number])),
            *("--proxy-from", "127.0.0.1", *options),
        )


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
        with haproxy.server(tmp_path, 0, *options) as server, contextlib.ExitStack() as stack:
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
    """Newcomers come while one server after the other is stopped and started; no line is lost."""
    options = ("--drain-time", "3", "--newcomers", "100000")
    served: list[int] = []
    refused: list[str] = []
    is_over = threading.Event()

    answered: dict[str, list[str]] = {f"Talker {number}": [] for number in range(3)}

    def talk(name: str) -> None:
        while not is_over.is_set():
            with contextlib.suppress(OSError, EOFError), Peer(haproxy.port) as peer:
                reply = peer.enter(name)
                while reply.code != 421 and not is_over.is_set():
                    line = f"line {len(answered[name])}"
                    reply = peer.ask(line)
                    if reply.code == 250:
                        answered[name].append(line)
                    is_over.wait(0.005)

    def come(who: int) -> None:
        while not is_over.is_set():
            try:
                with Peer(haproxy.port) as peer:
                    replies = [peer.enter(f"Visitor {who}"), peer.ask("/help")]
                    peer.leave()
                served.append(replies[-1].code)
            except (OSError, EOFError, AssertionError) as error:
                refused.append(repr(error))

    servers = [haproxy.server(tmp_path, number, *options) for number in range(2)]
    visitors = [threading.Thread(target=come, args=(who,)) for who in range(4)]
    visitors += [threading.Thread(target=talk, args=(name,)) for name in answered]
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
            servers[number] = haproxy.server(tmp_path, number, *options)
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
    for name, lines in answered.items():
        kept = [said(tmp_path / f"patients-{number}", name) for number in range(2)]
        assert lines
        assert set(lines) <= set(kept[0] + kept[1])
