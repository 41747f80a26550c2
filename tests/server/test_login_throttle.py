"""Guesses at passphrases over many connections: how fast they may come, and who is held up."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.errors import TooManyGuesses, WrongPassphrase
from doctor.patients import passphrase
from doctor.server import login_throttle
from doctor.server.login_throttle import LoginThrottle
from doctor.server.settings import Settings
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path

    from server import DoctorServer


@pytest.fixture(autouse=True)
def _quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check costs is another test's; here it may be cheap."""
    monkeypatch.setattr(passphrase, "COST", 4)


class NoPause(threading.Event):
    """In place of waiting: notes for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the pause and make none."""
        self.asked.append(timeout or 0.0)
        return False


def lock(server: DoctorServer, name: str, secret: str) -> None:
    """Set a patient's passphrase."""
    with Client(server) as owner:
        owner.enter(name)
        assert [owner.ask(said).code for said in ("/passphrase", secret, secret)] == [332, 333, 235]


def guess(server: DoctorServer, name: str, secret: str) -> int:
    """Give a passphrase on a connection of its own; returns the code of the reply."""
    with Client(server) as one:
        return one.enter(name, secret).code


def wrong(of: LoginThrottle, name: str = "Ada", address: str = "192.0.2.1") -> None:
    """Be wrong once."""
    with pytest.raises(WrongPassphrase), of.turn(name, address):
        raise WrongPassphrase


def test_each_wrong_one_makes_the_next_slower_on_whatever_connection(tmp_path: Path) -> None:
    """Three wrong ones cost nothing, then the pause doubles to its bound; the right one ends it."""
    with live_server(tmp_path, machine=FakeMachine(), passphrase_pause=1.5) as server:
        lock(server, "Ada", "right")
        lock(server, "Bob", "right")
        pauses = server.context.login_throttle._closed = NoPause()
        assert {guess(server, "Ada", "wrong") for _ in range(8)} == {530}
        assert guess(server, "Bob", "right") == 230
        assert guess(server, "ada", "right") == 230
        assert guess(server, "Ada", "wrong") == 530
    assert pauses.asked[:8] == [0, 0, 0, 0.25, 0.5, 1, 1.5, 1.5]
    assert pauses.asked[8:] == [0, 1.5, 0]


def test_names_without_a_passphrase_cost_nothing(tmp_path: Path) -> None:
    """Nothing is kept of names that have no passphrase, nor of one whose passphrase was right."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        lock(server, "Ada", "right")
        assert guess(server, "nobody at all", "hello") == 250
        assert guess(server, "Ada", "right") == 230
        until(lambda: not len(server.context.login_throttle), "nothing being kept")
        assert guess(server, "Ada", "wrong") == 530
        until(lambda: len(server.context.login_throttle) == 1, "one name being kept")


def test_one_at_a_time_and_the_owner_before_who_was_wrong() -> None:
    """While many wait to guess from one address, who comes from another one is next."""
    of, order = LoginThrottle(Settings()), list[str]()
    wrong(of, address="192.0.2.1")

    def wait(address: str) -> None:
        with of.turn("Ada", address):
            order.append(address)

    threads = [
        threading.Thread(target=wait, args=(address,))
        for address in (*["192.0.2.1"] * 5, "198.51.100.7")
    ]
    with contextlib.suppress(WrongPassphrase), of.turn("Ada", "192.0.2.1"):
        for thread in threads:
            thread.start()
        until(lambda: len(of._names["ada"].waiting) == 6, "all of them waiting")
        assert order == []
        raise WrongPassphrase
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["198.51.100.7", *["192.0.2.1"] * 5]


def test_another_name_does_not_wait() -> None:
    """A guess at one name that takes its time holds up no other name."""
    of = LoginThrottle(Settings())
    with of.turn("Ada", "192.0.2.1"), of.turn("Bob", "192.0.2.1"):
        assert len(of) == 2
    assert len(of) == 0


def test_who_waits_too_long_is_sent_away(tmp_path: Path) -> None:
    """A guess that has not had its turn in time gets 421, and nobody else notices."""
    with live_server(tmp_path, machine=FakeMachine(), passphrase_wait=0.05) as server:
        lock(server, "Ada", "right")
        with server.context.login_throttle.turn("Ada", "192.0.2.1"):
            assert guess(server, "Ada", "right") == 421
        assert guess(server, "Ada", "right") == 230


def test_wrong_ones_of_an_address_at_many_names(tmp_path: Path) -> None:
    """Past its number an address gets 421, even with the right passphrase; loopback only if set."""
    with live_server(tmp_path, machine=FakeMachine(), address_guesses=2) as server:
        for name in ("Ada", "Bob", "Cleo"):
            lock(server, name, "right")
        assert guess(server, "Ada", "right") == 230
        assert [guess(server, name, "wrong") for name in ("Ada", "Bob")] == [530, 530]
        assert guess(server, "Cleo", "right") == 421
        server.context.login_throttle._settings = Settings(address_guesses=2)
        assert guess(server, "Cleo", "right") == 230


def test_an_address_far_away_is_bounded_by_default() -> None:
    """Sixty wrong ones a minute from one address, whatever the names, and no more."""
    of = LoginThrottle(Settings())
    for number in range(60):
        wrong(of, f"patient {number}")
    with pytest.raises(TooManyGuesses), of.turn("somebody else", "192.0.2.1"):
        pass
    with of.turn("somebody else", "192.0.2.2"):
        pass


def test_wrong_ones_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some minutes without a guess there is no pause, and nothing is kept of the name."""
    of, now = LoginThrottle(Settings()), 1000.0
    monkeypatch.setattr("doctor.server.login_throttle.time.monotonic", lambda: now)
    pauses = of._closed = NoPause()
    for _ in range(6):
        wrong(of)
    now += 601
    wrong(of)
    assert pauses.asked == [0, 0, 0, 0.25, 0.5, 1, 0]
    now += 601
    with of.turn("Bob", "192.0.2.1"):
        pass
    assert len(of) == 0


def test_names_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more names than are remembered the one whose last wrong guess is oldest is forgotten."""
    monkeypatch.setattr(login_throttle, "_REMEMBERED", 3)
    of = LoginThrottle(Settings())
    for name in ("Ada", "Bob", "Cleo", "Ada", "Dan"):
        wrong(of, name)
    assert list(of._names) == ["cleo", "ada", "dan"]


def test_a_stop_ends_pauses_and_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server stops though somebody's guess pauses and another waits for that one's turn."""
    monkeypatch.setattr(login_throttle, "FIRST_PAUSE", 3600.0)
    with live_server(tmp_path, machine=FakeMachine(), passphrase_pause=3600.0) as server:
        lock(server, "Ada", "right")
        for _ in range(3):
            assert guess(server, "Ada", "wrong") == 530
        with Client(server) as eve, Client(server) as ada:
            for one in (eve, ada):
                one.enter("Ada")
                one.send(b"right\n")
            known = server.context.login_throttle._names["ada"]
            until(lambda: known.busy and known.waiting, "one pausing, one waiting")
            server.stop()
            assert {eve.reply().code, ada.reply().code} <= {230, 421}


def test_many_wrong_ones_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The tenth wrong passphrase of a name in a row is logged, with the address."""
    of = LoginThrottle(Settings())
    of._closed = NoPause()
    for _ in range(10):
        wrong(of)
    told = [record for record in caplog.records if record.message == "wrong passphrases"]
    assert [record.__dict__["fields"] for record in told] == [
        {"patient": "Ada", "address": "192.0.2.1", "in_a_row": 10}
    ]
