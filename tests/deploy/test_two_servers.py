"""Two servers on one database behind HAProxy: patients change servers, each line is kept once."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tests.deploy.haproxy import HAProxy, needs_haproxy
from tests.support.postgresql import Database, running_cluster
from tests.support.programs import PATIENCE, Peer, doctor, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_haproxy


@pytest.fixture
def database() -> Iterator[Database]:
    """Return the doctor's tables on a server of their own."""
    with running_cluster() as cluster:
        made = Database(cluster, "balanced")
        made.make()
        yield made


class Talker(threading.Thread):
    """A patient whose client says each line under its number until it is answered."""

    def __init__(self, name: str, port: int, is_over: threading.Event) -> None:
        super().__init__(name=name)
        self._port, self._is_over = port, is_over
        self.answered = self.visits = 0
        self.failed = ""

    def run(self) -> None:
        """Talk, and come again whenever the connection ends."""
        while not (self._is_over.is_set() or self.failed):
            with contextlib.suppress(OSError, EOFError), Peer(self._port) as peer:
                if peer.enter(self.name).code == 230:
                    self.visits += 1
                    self._talk(peer)

    def _talk(self, peer: Peer) -> None:
        while not self._is_over.is_set():
            number = self.answered + 1
            reply = peer.ask(f"/as {number} line {number}")
            if reply.code == 421:
                return
            if reply.code != 250:
                self.failed = f"{number}: {reply}"
                return
            self.answered = number


def test_patients_change_servers_and_each_line_is_kept_once(
    database: Database, tmp_path: Path
) -> None:
    """While both servers are stopped and started, no line is lost, doubled or out of order."""
    url, is_over = database.url, threading.Event()
    options = ("--drain-time", "1", "--stop-time", "4")
    with HAProxy(tmp_path) as haproxy, contextlib.ExitStack() as stack:
        servers = [haproxy.server(url, number, *options) for number in range(2)]
        for server in servers:
            stack.callback(server.kill)
        haproxy.wait_for("UP", "UP")
        talkers = [Talker(f"Patient {number}", haproxy.port, is_over) for number in range(6)]
        for talker in talkers:
            talker.start()
        try:
            for number in range(2):
                servers[number].signal(signal.SIGTERM)
                assert servers[number].wait() == 0
                goals = {talker: talker.answered + 10 for talker in talkers}
                until(lambda g=goals: all(t.answered >= n for t, n in g.items()), "lines")  # type: ignore[misc]
                servers[number] = haproxy.server(url, number, *options)
                stack.callback(servers[number].kill)
                haproxy.wait_for("UP", "UP")
        finally:
            is_over.set()
            for talker in talkers:
                talker.join(PATIENCE)
        assert not any(talker.failed for talker in talkers)
        assert any(talker.visits > 1 for talker in talkers)
        for talker in talkers:
            ran = doctor("export", talker.name, "--patients", url)
            assert ran.status == 0, ran.err
            kept = [each["patient"] for each in json.loads(ran.out)["exchanges"]]
            assert kept == [f"line {number}" for number in range(1, len(kept) + 1)]
            assert talker.answered <= len(kept) <= talker.answered + 1
