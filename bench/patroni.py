"""Two databases that Patroni keeps, primary and synchronous standby, with etcd beside them.

Only what is needed to change their roles on one machine, in a temporary directory, as a user
without rights. Patroni and etcd must be installed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from tests.support.postgresql import (  # noqa: E402 - the path comes first
    PATIENCE,
    Database,
    programs,
    user_without_rights,
)

if TYPE_CHECKING:
    from tests.support.postgresql import Cluster

NAMES = ("n1", "n2")
SCHEMA = "doctor"
CONFIGURATION = """
scope: doctor
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{hosts: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters: {{max_connections: 60, shared_buffers: 16MB, wal_log_hints: "on"}}
  initdb: [{{encoding: UTF8}}, {{locale: C}}]
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {place}/{name}
  bin_dir: {programs}
  pgpass: {place}/pgpass-{name}
  authentication:
    replication: {{username: owner}}
    superuser: {{username: owner}}
    rewind: {{username: owner}}
  parameters: {{unix_socket_directories: {place}}}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PatroniPair:
    """The two databases."""

    def __init__(self) -> None:
        """Start etcd, and Patroni twice; returns once both databases run."""
        self._as = user_without_rights()
        self._place = Path(tempfile.mkdtemp(prefix="doctor-patroni-", dir="/tmp"))
        if self._as:
            os.chown(self._place, self._as["user"], self._as["group"])
        self._ports = {name: _free_port() for name in NAMES}
        self._rest = {name: _free_port() for name in NAMES}
        self._processes: list[subprocess.Popen[bytes]] = []
        etcd, peers = _free_port(), _free_port()
        self._start(
            "etcd", "--data-dir", f"{self._place}/etcd",
            "--listen-client-urls", f"http://127.0.0.1:{etcd}",
            "--advertise-client-urls", f"http://127.0.0.1:{etcd}",
            "--listen-peer-urls", f"http://127.0.0.1:{peers}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers}",
            "--initial-cluster", f"default=http://127.0.0.1:{peers}",
        )  # fmt: skip
        for name in NAMES:
            text = CONFIGURATION.format(
                name=name, rest=self._rest[name], etcd=etcd, port=self._ports[name],
                place=self._place, programs=programs(),
            )  # fmt: skip
            path = self._place / f"{name}.yml"
            path.write_text(text, encoding="utf-8")
            self._start("patroni", str(path))
        self.wait_until_paired()

    def _start(self, *words: str) -> None:
        with (self._place / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    words,
                    cwd=self._place,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **self._as,
                )
            )

    def _roles(self) -> dict[str, str]:
        """Return the role of each member that runs."""
        for name in NAMES:
            url = f"http://127.0.0.1:{self._rest[name]}/cluster"
            with contextlib.suppress(OSError, ValueError):
                with urllib.request.urlopen(url, timeout=5) as answer:
                    members: list[dict[str, Any]] = json.load(answer)["members"]
                return {
                    each["name"]: each["role"]
                    for each in members
                    if each["state"] in {"running", "streaming"}
                }
        return {}

    def wait_until_paired(self) -> None:
        """Wait until one is the primary and the other a synchronous standby."""
        until = time.monotonic() + 2 * PATIENCE
        while sorted(self._roles().values()) != ["leader", "sync_standby"]:
            if time.monotonic() > until:
                raise TimeoutError((self._place / "log").read_text(errors="replace")[-4000:])
            time.sleep(0.2)

    def switch_over(self) -> None:
        """Change the roles, as an operator would."""
        roles = self._roles()
        leader = next(name for name, role in roles.items() if role == "leader")
        other = next(name for name in NAMES if name != leader)
        body = json.dumps({"leader": leader, "candidate": other}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._rest[leader]}/switchover", body,
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    @property
    def conninfo(self) -> str:
        """What connects to the one that can be written to, as its owner."""
        ports = ",".join(map(str, self._ports.values()))
        return (
            f"host=127.0.0.1,127.0.0.1 port={ports} user=owner dbname=postgres "
            "target_session_attrs=read-write"
        )

    def url(self, user: str = "owner", **more: str) -> str:
        """Return a URL for the doctor, with more parameters."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports.values())
        query = "&".join(f"{name}={quote(value)}" for name, value in more.items())
        return f"postgresql://{user}@{hosts}/postgres?{query}"

    def database(self) -> Database:
        """Return the doctor's tables in the one that can be written to."""
        return Database(cast("Cluster", self), SCHEMA)

    def remove(self) -> None:
        """Stop and remove everything."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
        shutil.rmtree(self._place, ignore_errors=True)
