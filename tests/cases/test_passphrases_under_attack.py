"""Passphrases under attack: an owner is never kept out, and guesses are counted before a look."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.programs import Peer, Reply, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SECRET = "a long and good passphrase"
other_addresses = pytest.mark.skipif(
    sys.platform != "linux", reason="this system has one address of its own, 127.0.0.1, alone"
)


def _lock(port: int, name: str, secret: str = SECRET) -> Reply:
    with Peer(port) as peer:
        peer.enter(name)
        assert peer.ask("Line one.").code == 250
        assert peer.ask("/passphrase").code == 332
        assert peer.ask(secret).code == 333
        reply = peer.ask(secret)
        peer.leave()
    return reply


def _together(count: int, act: Callable[[int], None]) -> list[threading.Thread]:
    def quietly(number: int) -> None:
        with contextlib.suppress(EOFError, OSError, AssertionError):
            act(number)

    threads = [threading.Thread(target=quietly, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


@other_addresses
def test_a_hundred_addresses_with_one_guess_each(tmp_path: Path) -> None:
    """An owner whose address is known gets in within seconds while a hundred others guess."""
    options = ("--address-connections", "200", "--address-rate", "1000")
    with Server(tmp_path / "p", *options) as server:
        assert _lock(server.port, "Ada").code == 235
        with Peer(server.port) as peer:
            assert peer.enter("Ada", SECRET).code == 230
            peer.leave()
        peers = [
            Peer(server.port, source=f"127.0.{1 + n // 100}.{1 + n % 100}") for n in range(100)
        ]
        try:
            for peer in peers:
                assert peer.enter("Ada").code == 331
            for peer in peers:
                peer.send(b"a wrong guess\n")
            with Peer(server.port, patience=8) as owner:
                assert owner.enter("Ada").code == 331
                assert owner.ask(SECRET).code == 230
        finally:
            for peer in peers:
                peer.socket.close()
        server.kill()


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("names", ["one", "many"])
def test_guesses_at_once_are_counted_before_they_are_looked_at(
    tmp_path: Path, limit: int, names: str
) -> None:
    """Of guesses made at once no more than the limit of an address are looked at."""
    patients = tmp_path / "p"
    with Server(patients, "--address-guesses", str(limit)) as server:
        guesses = 8
        _lock(server.port, "Ada")
        if names == "many":
            _copies_of(patients, server, guesses)
        peers = [Peer(server.port) for _ in range(guesses)]
        codes: list[int] = []
        try:
            for number, peer in enumerate(peers):
                name = "Ada" if names == "one" else f"Ada{number}"
                reply = peer.enter(name)
                assert reply.code in {331, 421}, reply
            for peer in peers:
                peer.send(b"a wrong guess\n")
            for peer in peers:
                with contextlib.suppress(EOFError, TimeoutError):
                    codes.append(peer.reply().code)
        finally:
            for peer in peers:
                peer.socket.close()
        assert codes.count(530) <= limit, codes
        assert codes.count(530) >= 1, codes
        server.kill()


def _copies_of(patients: Path, server: Server, count: int) -> None:
    """Lock so many histories."""
    del patients
    for thread in _together(count, lambda number: _lock(server.port, f"Ada{number}") and None):
        thread.join(30)


def _done_while_ada_logs_in(
    server: Server, threads: list[threading.Thread], ended: threading.Event, done: Sequence[object]
) -> int:
    """Return how much the threads got done while Ada waited to be let in; then end them."""
    try:
        end = time.monotonic() + 15
        while len(done) < 20 and time.monotonic() < end:
            ended.wait(0.02)
        with Peer(server.port) as ada:
            assert ada.enter("Ada").code == 331
            before = len(done)
            assert ada.ask(SECRET).code == 230
            return len(done) - before
    finally:
        ended.set()
        server.kill()
        for thread in threads:
            thread.join(20)


@other_addresses
def test_right_logins_in_a_loop(tmp_path: Path) -> None:
    """Right logins take turns by address: one that logs in again and again holds up nobody."""
    options = ("--address-connections", "200", "--address-rate", "10000")
    with Server(tmp_path / "p", *options) as server:
        _lock(server.port, "Ada")
        ended = threading.Event()
        done: list[float] = []

        def log_in(number: int) -> None:
            _lock(server.port, f"Bob{number}")
            while not ended.is_set():
                with Peer(server.port, source="127.0.0.2", patience=30) as peer:
                    if peer.enter(f"Bob{number}").code == 331 and peer.ask(SECRET).code == 230:
                        done.append(time.monotonic())

        threads = _together(40, log_in)
        meanwhile = _done_while_ada_logs_in(server, threads, ended, done)
    assert meanwhile <= 6, meanwhile


@other_addresses
def test_passphrases_changed_in_a_loop(tmp_path: Path) -> None:
    """`/passphrase` in a loop, on many connections of one address, holds up nobody else's login."""
    options = ("--address-connections", "200", "--address-rate", "10000")
    with Server(tmp_path / "p", *options) as server:
        _lock(server.port, "Ada")
        ended = threading.Event()
        done: list[str] = []

        def change(number: int) -> None:
            with Peer(server.port, source="127.0.0.2") as peer:
                peer.enter(f"Bob{number}")
                secret = ""
                while not ended.is_set():
                    reply = peer.ask("/passphrase")
                    if reply.code == 331:
                        reply = peer.ask(secret)
                    secret = f"a passphrase of number {len(done)}"
                    peer.ask(secret)
                    if peer.ask(secret).code == 235:
                        done.append(secret)

        threads = _together(40, change)
        meanwhile = _done_while_ada_logs_in(server, threads, ended, done)
    assert meanwhile <= 6, meanwhile


@pytest.mark.parametrize("secret", ["a", "ab", "abc", " a ", "é", "😀😀", "a\u0301"])
def test_a_passphrase_that_is_too_short(tmp_path: Path, secret: str) -> None:
    """A new passphrase has a least length; a shorter one is refused with the reason."""
    with Server(tmp_path / "p") as server, Peer(server.port) as ada:
        ada.enter("Ada")
        ada.ask("Line one.")
        assert ada.ask("/passphrase").code == 332
        reply = ada.ask(secret)
        if reply.code == 333:
            reply = ada.ask(secret)
        assert reply.code not in {235, 333}
        assert any(word in reply.text.lower() for word in ("short", "least", "character", "long"))
        ada.leave()
        with Peer(server.port) as again:
            assert again.enter("Ada").code == 230


@pytest.mark.parametrize("wrong", [1, 3, 4])
def test_an_owner_hears_of_wrong_passphrases(tmp_path: Path, wrong: int) -> None:
    """An owner is told how many wrong passphrases were given since the last visit, once."""
    with Server(tmp_path / "p") as server:
        _lock(server.port, "Ada")
        left = wrong
        while left:
            with Peer(server.port) as guesser:
                assert guesser.enter("Ada").code == 331
                for _ in range(min(left, 3)):
                    assert guesser.ask("a wrong guess").code == 530
                    left -= 1
        with Peer(server.port) as owner:
            reply = owner.enter("Ada", SECRET)
            assert reply.code == 230
            told = [" ".join(row) for row in reply.rows if "wrong" in " ".join(row)]
            assert told, reply
            assert str(wrong) in told[0] or (wrong == 1 and "one" in told[0].lower())
            owner.leave()
        with Peer(server.port) as owner:
            reply = owner.enter("Ada", SECRET)
            assert not [row for row in reply.rows if "wrong" in " ".join(row)], reply
        server.kill()


def test_a_count_of_wrong_passphrases_outlives_a_restart(tmp_path: Path) -> None:
    """Wrong passphrases of an earlier server are told too, where a clean stop came between."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        _lock(server.port, "Ada")
        with Peer(server.port) as guesser:
            guesser.enter("Ada")
            for _ in range(2):
                assert guesser.ask("a wrong guess").code == 530
            guesser.leave()
        assert server.stop() == 0
    with Server(patients) as server, Peer(server.port) as owner:
        reply = owner.enter("Ada", SECRET)
        assert reply.code == 230
        assert any("2" in " ".join(row) for row in reply.rows if "wrong" in " ".join(row)), reply
