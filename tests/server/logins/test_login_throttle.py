"""Guesses at passphrases over many connections: how fast they may come, and who is held up."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.errors import TooManyGuesses, WrongPassphrase
from doctor.patients import passphrase
from doctor.server.logins import login_throttle
from doctor.server.logins.login_throttle import LoginThrottle
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
        until(lambda: len(of._names["ada"].strangers.waiting) == 6, "all of them waiting")
        assert order == []
        raise WrongPassphrase
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["198.51.100.7", *["192.0.2.1"] * 5]


def test_another_name_does_not_wait() -> None:
    """A guess at one name that takes its time holds up no guess of others at another name."""
    of = LoginThrottle(Settings())
    with of.turn("Ada", "192.0.2.1"), of.turn("Bob", "192.0.2.2"):
        assert len(of) == 2
    assert len(of) == 0


def test_who_waits_too_long_is_sent_away(tmp_path: Path) -> None:
    """A guess that has not had its turn in time gets 421, and nobody else notices."""
    with live_server(tmp_path, machine=FakeMachine(), passphrase_wait=0.05) as server:
        lock(server, "Ada", "right")
        with server.context.login_throttle.turn("Ada", "127.0.0.1"):
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
    monkeypatch.setattr("doctor.server.logins.login_throttle.time.monotonic", lambda: now)
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
            until(lambda: known.owners.busy and known.owners.waiting, "one pausing, one waiting")
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


def test_an_owner_waits_for_no_stranger() -> None:
    """An address from which the right one came has its turn at once, however many others wait."""
    of, order = LoginThrottle(Settings()), list[str]()
    pauses = of._closed = NoPause()
    with of.turn("Ada", "198.51.100.7"):
        pass
    for number in range(10):
        wrong(of, address=f"192.0.2.{number}")

    def wait(address: str) -> None:
        with of.turn("Ada", address):
            order.append(address)

    with contextlib.suppress(WrongPassphrase), of.turn("Ada", "192.0.2.1"):
        threads = [threading.Thread(target=wait, args=(f"192.0.2.{n}",)) for n in range(20, 25)]
        for thread in threads:
            thread.start()
        until(lambda: len(of._names["ada"].strangers.waiting) == 5, "the strangers waiting")
        before = len(pauses.asked)
        with of.turn("Ada", "198.51.100.7"):
            assert order == []
        assert pauses.asked[before:] == [0]
        raise WrongPassphrase
    for thread in threads:
        thread.join(PATIENCE)
    assert len(order) == 5


def test_an_owners_login_does_not_end_the_pauses_of_strangers() -> None:
    """Who guesses gains nothing by the owner's visits."""
    of = LoginThrottle(Settings())
    pauses = of._closed = NoPause()
    with of.turn("Ada", "198.51.100.7"):
        pass
    for _ in range(5):
        wrong(of)
    with of.turn("Ada", "198.51.100.7"):
        pass
    wrong(of)
    assert pauses.asked[-3:] == [0.5, 0, 1]


def test_who_would_wait_too_long_is_refused_at_once() -> None:
    """Where the pauses of those before would take longer than may be waited, nobody waits."""
    of = LoginThrottle(Settings(passphrase_pause=10.0, passphrase_wait=15.0))
    of._closed = NoPause()
    for _ in range(12):
        wrong(of)

    def wait(address: str) -> None:
        with pytest.raises(TooManyGuesses), of.turn("Ada", address):
            pass

    with of.turn("Ada", "192.0.2.1"):
        waiting = of._names["ada"].strangers.waiting
        threads = [threading.Thread(target=wait, args=(f"192.0.2.{n}",)) for n in (2, 3)]
        for thread in threads:
            thread.start()
        until(lambda: len(waiting) == 2, "both waiting")
        with pytest.raises(TooManyGuesses, match="now"), of.turn("Ada", "192.0.2.9"):
            pass
        of.close()
        for thread in threads:
            thread.join(PATIENCE)


def test_a_network_of_ipv6_counts_twice() -> None:
    """Many /64 networks of one /48 have together no more guesses than one address."""
    of = LoginThrottle(Settings(address_guesses=5))
    for number in range(5):
        wrong(of, f"patient {number}", f"2001:db8:1:{number}::1")
    with pytest.raises(TooManyGuesses), of.turn("Ada", "2001:db8:1:99::1"):
        pass
    with of.turn("Ada", "2001:db8:2:99::1"):
        pass


def test_guesses_count_before_they_are_checked() -> None:
    """Of guesses at once no more than the limit have a check; a right one is taken back."""
    of = LoginThrottle(Settings(address_guesses=2))
    with of.turn("Ada", "192.0.2.1"), contextlib.ExitStack() as stack:
        waiting = threading.Thread(target=wrong, args=(of, "Ada"))
        waiting.start()
        until(lambda: of._names["ada"].strangers.waiting, "one who waits")
        for name in ("Ada", "Bob"):
            with pytest.raises(TooManyGuesses):
                stack.enter_context(of.turn(name, "192.0.2.1"))
    waiting.join(PATIENCE)
    wrong(of, "Bob")
    with pytest.raises(TooManyGuesses), of.turn("Cleo", "192.0.2.1"):
        pass


def test_owners_and_their_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more names and addresses than are remembered the oldest are forgotten."""
    monkeypatch.setattr(login_throttle, "_REMEMBERED", 3)
    of = LoginThrottle(Settings())
    for number in range(10):
        with of.turn("Ada", f"192.0.2.{number}"):
            pass
    assert list(of._owners["ada"]) == [f"192.0.2.{number}" for number in range(2, 10)]
    for name in ("Bob", "Cleo", "Dan"):
        with of.turn(name, "192.0.2.1"):
            pass
        wrong(of, name)
    wrong(of, "Eve")
    assert list(of._owners) == ["bob", "cleo", "dan"]
    assert len(of.take_all_untold()) == 3


def test_an_owner_is_told_of_others_wrong_ones_once(tmp_path: Path) -> None:
    """Own mistakes are left out; what was told is not told again; a stop in between loses none."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        lock(server, "Ada", "right")
        assert guess(server, "Ada", "wrong") == 530
        assert guess(server, "Ada", "wrong") == 530
    assert b"ada" not in (tmp_path / ".wrong-passphrases").read_bytes().lower()
    with live_server(tmp_path, machine=FakeMachine()) as server:
        assert not (tmp_path / ".wrong-passphrases").exists()
        assert guess(server, "Ada", "wrong") == 530
        with Client(server) as ada:
            welcome = ada.enter("Ada", "wrong", "right")
            assert welcome.field("notice") == "3 wrong passphrases since you were here"
        with Client(server) as ada:
            assert "passphrase" not in (ada.enter("Ada", "right").field("notice") or "")
    assert not (tmp_path / ".wrong-passphrases").exists()


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (("short",), [237]),
        (("       ",), [237]),
        (("a\u0301" * 7,), [237]),
        (("\u200b" * 9,), [237]),
        (("\u00e9\u00e9\u00e9\u00e9 of 8",) * 2, [333, 235]),
        (("  eight   ch  ",) * 2, [333, 235]),
        (("", ""), [333, 235]),
    ],
)
def test_the_least_length_of_a_new_passphrase(
    tmp_path: Path, said: tuple[str, ...], codes: list[int]
) -> None:
    """A new passphrase that is too short is refused with the reason; an empty one removes."""
    with (
        live_server(tmp_path, machine=FakeMachine(), passphrase_length=8) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        assert "at least 8 characters" in ada.ask("/passphrase").text
        replies = [ada.ask(line) for line in said]
        assert [reply.code for reply in replies] == codes
        if codes == [237]:
            assert "too short" in replies[0].text
            assert "at least 8 characters" in replies[0].text
