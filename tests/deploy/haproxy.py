"""A real HAProxy, with the configuration in `deploy/`, and the two servers behind it.

with HAProxy(tmp_path) as haproxy, haproxy.server(tmp_path / "patients", 0):
haproxy.wait_for("UP", "DOWN")
with Peer(haproxy.port) as ada: ...
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self, cast

import pytest

from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE, Server, until

needs_haproxy = pytest.mark.skipif(
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

    def server(self, patients: Path | str, number: int, *options: str) -> Server:
        """Start one of the two servers, with a directory or a database."""
        return Server(
            cast("Path", patients),  # it is a word of the command line
            *("--port", str(self.servers[number]), "--metrics", str(self.metrics[number])),
            *("--proxy-from", "127.0.0.1", *options),
        )
