"""The log: a file that is rotated, for its owner alone, that one address cannot fill."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from tests.support.programs import Peer, Server, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _moved(log: Path) -> None:
    log.rename(log.with_suffix(".1"))


def _removed(log: Path) -> None:
    log.unlink()


def _moved_and_made(log: Path) -> None:
    log.rename(log.with_suffix(".1"))
    log.touch(mode=0o600)


def _copied_and_emptied(log: Path) -> None:
    shutil.copy(log, log.with_suffix(".1"))
    os.truncate(log, 0)


def _directory_moved(log: Path) -> None:
    log.parent.rename(log.parent.with_name("old"))
    log.parent.mkdir()


KINDS = [_moved, _removed, _moved_and_made, _copied_and_emptied, _directory_moved]


@pytest.mark.parametrize("hangup", [True, False], ids=["with-SIGHUP", "without"])
@pytest.mark.parametrize("rotate", KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_a_log_that_is_rotated(
    tmp_path: Path, rotate: Callable[[Path], None], hangup: bool
) -> None:
    """After a log file was moved, with SIGHUP or without, what follows is in a new file."""
    log = tmp_path / "logs" / "doctor.log"
    log.parent.mkdir()
    with Server(tmp_path / "p", "--log", str(log)) as server:
        server.visit("Before", "One.")
        until(lambda: "closed patient=Before" in log.read_text(), "the end of the visit")
        rotate(log)
        if hangup:
            server.signal(signal.SIGHUP)
        visits = 0

        def written() -> bool:
            nonlocal visits
            visits += 1
            server.visit(f"After{visits}")
            return log.exists() and "After" in log.read_text()

        until(written, "a line in the new file", 5)
        assert server.stop() == 0
    text = log.read_text()
    assert "stopping" in text
    assert "Before" not in text
    assert "\0" not in text
    assert stat.S_IMODE(log.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o000, 0o077])
@pytest.mark.parametrize("more", [[], ["--log-text"], ["--log-format", "json"]],
                         ids=["plain", "text", "json"])  # fmt: skip
def test_a_log_is_its_owner_s(tmp_path: Path, mask: int, more: list[str]) -> None:
    """A log file is readable for its owner alone, whatever the umask."""
    log = tmp_path / "log"
    with Server(tmp_path / "p", "--log", str(log), *more, prepare=lambda: _masked(mask)) as server:
        server.visit("Ada", "Nobody else may read this.")
        server.stop()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def _masked(mask: int) -> None:
    os.umask(mask)


@pytest.mark.parametrize("entered", [False, True])
def test_one_address_cannot_fill_the_log(tmp_path: Path, entered: bool) -> None:
    """Refused connections of one address are counted after the first few, not logged one by one."""
    log = tmp_path / "log"
    with Server(tmp_path / "p", "--log", str(log), "--address-connections", "1") as server:
        with Peer(server.port) as peer:
            if entered:
                peer.enter("Ada")
            else:
                peer.reply()
            for _ in range(400):
                with Peer(server.port) as other:
                    assert other.everything()[-1].startswith("421")
            peer.send(b"/quit\n")
            peer.everything()
        assert server.stop() == 0
    lines = log.read_text().splitlines()
    refused = [line for line in lines if "refused" in line and "code=421" in line]
    assert len(refused) < 60
    assert any("3" in line for line in lines), "their number is told"
    assert log.stat().st_size < 30_000


def test_one_address_that_connects_and_leaves_cannot_fill_the_log(tmp_path: Path) -> None:
    """What is refused on connections without a name is bounded in the log too."""
    log = tmp_path / "log"
    with Server(tmp_path / "p", "--log", str(log)) as server:
        for _ in range(200):
            with Peer(server.port) as peer:
                peer.reply()
                peer.send(b"GET / HTTP/1.1\r\n\r\n")
                peer.everything()
        assert server.stop() == 0
    assert len(log.read_text().splitlines()) < 200


@pytest.mark.parametrize("name", ["I am sad. My mother hates me.", "ada\u202eevil", "a\tb",
                                  'x" patient="Bob', "a\u2028b"])  # fmt: skip
def test_a_name_in_the_log(tmp_path: Path, name: str) -> None:
    """Whatever is given for a name, each event is one line of printable characters."""
    log = tmp_path / "log"
    with Server(tmp_path / "p", "--log", str(log)) as server:
        with Peer(server.port) as peer:
            peer.enter(name)
            peer.ask("One.")
            peer.send(b"/quit\n")
            peer.everything()
        assert server.stop() == 0
    lines = log.read_text(encoding="utf-8").split("\n")[:-1]
    assert all((line.isprintable() and " info " in line) or " warning " in line for line in lines)
