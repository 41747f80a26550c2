"""Passphrases on the wire: who gets in, who does not, and how one is set, changed and taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.patients import passphrase
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.protocol import Reply


@pytest.fixture(autouse=True)
def _quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check costs is another test's; here it may be cheap."""
    monkeypatch.setattr(passphrase, "COST", 4)


def warnings(welcome: Reply) -> list[str]:
    """Return the notices of a greeting that are not about people who read along."""
    return [row[1] for row in welcome.rows if row[0] == "notice" and len(row) == 2]


def test_from_then_on_the_name_alone_opens_nothing(tmp_path: Path) -> None:
    """After `/passphrase` the name asks for it; a wrong one is refused, the right one opens."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            welcome = ada.enter("Ada")
            assert "passphrase" in (welcome.field("notice") or "")
            ada.ask("a secret")
            assert [ada.ask(said).code for said in ("/passphrase", "open sesame")] == [332, 333]
            assert ada.ask("open sesame").code == 235
            assert ada.ask("still open here").code == 250
        with Client(server) as ada:
            assert ada.enter("ada").code == 331
            assert ada.ask("open says me").code == 530
            assert ada.ask("").code == 530
            welcome = ada.ask("open sesame")
            assert welcome.code == 230
            assert not warnings(welcome)
            assert len(ada.ask("/history").rows) == 4


def test_three_wrong_ones_end_the_connection(tmp_path: Path) -> None:
    """The third wrong passphrase gets its 530, then 421; a line that is no text is a try too."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            for said in ("/passphrase", "right", "right"):
                ada.ask(said)
        with Client(server) as eve:
            assert eve.enter("Ada", "wrong").code == 530
            eve.send(b"\xff\n")
            assert eve.reply().code == 500
            assert eve.ask("wrong too").code == 530
            assert eve.reply().code == 421
            assert eve.closed()
        assert server.context.metrics.refusals[530] == 2


def test_commands_before_the_passphrase(tmp_path: Path) -> None:
    """`/help` and `/quit` work where the passphrase is asked for, and cost no try."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            for said in ("/passphrase", "right", "right"):
                ada.ask(said)
        with Client(server) as ada:
            assert ada.enter("Ada").code == 331
            assert [ada.ask("/help").code for _ in range(4)] == [214] * 4
            assert ada.ask("/history").code == 503
            assert ada.ask("right").code == 230
        with Client(server) as ada:
            assert ada.enter("Ada", "/quit").code == 221


def test_one_that_begins_with_a_slash(tmp_path: Path) -> None:
    """It is said with two; with one it is a command that there is not, and no try is lost."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            prompt = ada.ask("/passphrase")
            assert "typed with //" in prompt.text
            assert [ada.ask(said).code for said in ("/key", "//key", "//key")] == [502, 333, 235]
        with Client(server) as ada:
            assert "typed with //" in ada.enter("Ada").text
            assert [ada.ask("/key").code for _ in range(4)] == [502] * 4
            assert ada.ask("//key").code == 230


@pytest.mark.parametrize(
    ("exchanges", "what"),
    [(0, "erases this history"), (1, "erases your one exchange"), (2, "erases all 2 exchanges")],
)
def test_erasing_says_how_much(tmp_path: Path, exchanges: int, what: str) -> None:
    """What would be erased is told in number; a name with a slash confirms as it was given."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as odd:
        assert odd.enter("//odd").code == 230
        for _ in range(exchanges):
            odd.ask("something")
        assert f"{what} for good" in odd.ask("/forget").text
        assert odd.ask("//odd").code == 236


def test_a_change_asks_for_the_old_one(tmp_path: Path) -> None:
    """Changing and removing need the old passphrase; an empty new one takes the lock off."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            said = ["/passphrase", "first", "first", "/passphrase", "wrong", "first", "second"]
            assert [ada.ask(line).code for line in said] == [332, 333, 235, 331, 530, 332, 333]
            assert ada.ask("second").code == 235
        with Client(server) as ada:
            assert ada.enter("Ada", "first").code == 530
            assert ada.ask("second").code == 230
            said = ["/passphrase", "second", "", ""]
            assert [ada.ask(line).code for line in said] == [331, 332, 333, 235]
        with Client(server) as ada:
            assert ada.enter("Ada").code == 230


def test_two_that_differ_change_nothing(tmp_path: Path) -> None:
    """A slip in the second one leaves everything as it was."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            assert [ada.ask(line).code for line in ("/passphrase", "one", "two")] == [332, 333, 237]
        with Client(server) as ada:
            assert ada.enter("Ada").code == 230


def test_required(tmp_path: Path) -> None:
    """Where passphrases are required a new name sets one before its session, and no empty one."""
    with live_server(tmp_path, machine=FakeMachine(), passphrases="required") as server:
        with Client(server) as ada:
            assert ada.enter("Ada").code == 332
            assert [ada.ask(line).code for line in ("", "")] == [333, 237]
            assert ada.reply().code == 332
            assert [ada.ask(line).code for line in ("mine", "mine")] == [333, 230]
            assert [ada.ask(line).code for line in ("/passphrase", "mine", "", "")] == [
                *(331, 332, 333, 237)
            ]
        with Client(server) as ada:
            assert ada.enter("Ada", "mine").code == 230


def test_two_who_set_a_new_names_passphrase(tmp_path: Path) -> None:
    """The second one hears 421, and what it says next is taken for no name."""
    with live_server(tmp_path, machine=FakeMachine(), passphrases="required") as server:
        with Client(server) as ada, Client(server) as eve:
            assert [ada.enter("Ada").code, eve.enter("ada").code] == [332, 332]
            assert [ada.ask(said).code for said in ("mine", "mine")] == [333, 230]
            assert [eve.ask(said).code for said in ("hers", "hers")] == [333, 421]
            assert eve.closed()
        assert [path.name for path in tmp_path.glob("*.dat")] == ["Ada.dat"]


def test_a_history_that_is_erased_while_its_passphrase_is_asked_for(tmp_path: Path) -> None:
    """A client that waits meanwhile gets 421, not the reply that the name cannot be used."""
    with (
        live_server(tmp_path, machine=FakeMachine(), passphrases="required") as server,
        Client(server) as ada,
        Client(server) as other,
    ):
        ada.enter("Ada", "mine", "mine")
        assert other.enter("Ada").code == 331
        server.context.store.forget("Ada")
        assert other.reply().code == 421
        assert other.closed()


def test_off(tmp_path: Path) -> None:
    """Where they are off none can be set and nobody is warned; a lock that is there holds."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        for said in ("/passphrase", "right", "right"):
            ada.ask(said)
    with live_server(tmp_path, machine=FakeMachine(), passphrases="off") as server:
        with Client(server) as bob:
            assert not warnings(bob.enter("Bob"))
            assert bob.ask("/passphrase").code == 237
        with Client(server) as ada:
            assert ada.enter("Ada").code == 331


def test_a_lock_that_cannot_be_read_opens_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged lock gets 532 for every passphrase; other names are served."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            ada.ask("a secret")
            for said in ("/passphrase", "right", "right"):
                ada.ask(said)
            ada.ask("/quit")
        monkeypatch.setattr(passphrase, "readable", lambda _: False)
        with Client(server) as ada:
            codes = [ada.enter("Ada").code]
            if codes == [331]:
                codes.append(ada.ask("right").code)
            assert codes[-1] == 532
            assert ada.ask("Bob").code == 230
