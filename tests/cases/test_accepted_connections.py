"""Accepted connections: lost peers, and few descriptors."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from tests.support.programs import Peer, Server, said, until

#: Seconds after which a peer that is silent is asked whether it lives; a laptop sleeps longer.
AN_HOUR = 3600


def _timer(port: int, peer: int) -> int | None:
    """Return the seconds until the system asks this connection's peer whether it lives."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends = [int(field.split(":")[1], 16) for field in fields[1:3]]
        if ends == [port, peer]:
            kind, when = fields[5].split(":")
            return int(when, 16) // os.sysconf("SC_CLK_TCK") if kind == "02" else None
    return None


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc/net/tcp to look in")
@pytest.mark.parametrize("entered", [False, True])
def test_a_peer_that_sleeps_is_asked_after(tmp_path: Path, entered: bool) -> None:
    """An accepted connection has keepalive, due in less than an hour."""
    with Server(tmp_path / "p") as server, Peer(server.port) as peer:
        if entered:
            peer.enter("Ada")
            peer.ask("Line one.")
        else:
            peer.reply()
        mine = peer.socket.getsockname()[1]
        until(lambda: _timer(server.port, mine) is not None, "a keepalive timer", 3)
        seconds = _timer(server.port, mine)
        assert seconds is not None
        assert seconds < AN_HOUR


@pytest.mark.parametrize("limit", [64, 96, 128])
def test_few_descriptors(tmp_path: Path, limit: int) -> None:
    """Under a low limit of descriptors whoever is let in is served, or is not let in."""

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    peers: list[Peer] = []
    served = 0
    with Server(tmp_path / "p", prepare=lower) as server:
        try:
            for number in range(limit):
                peer = Peer(server.port)
                peers.append(peer)
                try:
                    first = peer.reply()
                except EOFError:
                    continue
                if first.code != 220:
                    assert first.code == 421
                    continue
                name = peer.ask(f"Patient {number}")
                assert name.code == 230, (number, name)
                assert peer.ask("Line one.").code == 250, number
                served += 1
            for number, peer in enumerate(peers[:8]):
                assert peer.ask("Line two.").code == 250, number
        finally:
            for peer in peers:
                peer.socket.close()
        assert "Too many open files" not in server.errors()
        assert server.stop() == 0
    assert served >= 8
    assert said(tmp_path / "p", "Patient 0") == ["Line one.", "Line two."]


def test_what_one_address_may_write(tmp_path: Path) -> None:
    """One address cannot make histories without bound: some hundreds in a burst, then refused."""
    patients = tmp_path / "p"
    options = ("--address-connections", "50", "--address-rate", "2000",
               "--address-histories", "100")  # fmt: skip
    codes = []
    with Server(patients, *options) as server:
        for number in range(1000):
            with Peer(server.port) as peer:
                try:
                    reply = peer.enter(f"Patient {number}")
                    codes.append(peer.ask("a").code if reply.code == 230 else reply.code)
                except (EOFError, AssertionError):
                    codes.append(421)
            if codes[-1] != 250:
                break
        server.kill()
    assert codes[-1] in {421, 452, 553}
    assert codes.count(250) >= 20
