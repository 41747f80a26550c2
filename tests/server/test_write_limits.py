"""What one client may write: new histories, bytes, and what is left on the disk."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from doctor.errors import NotSaved
from doctor.server import write_limits
from doctor.server.settings import Settings
from doctor.server.write_limits import PatientBudget, WriteLimits
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def begins(limits: WriteLimits, address: str) -> bool:
    """Try to begin a history; tell whether it was allowed."""
    try:
        limits.begin_history(address)
    except NotSaved:
        return False
    return True


def test_new_histories_of_an_address() -> None:
    """By default 120 a minute, whatever else happens; others are not affected."""
    limits = WriteLimits(Settings())
    assert [begins(limits, "192.0.2.1") for _ in range(125)] == [True] * 120 + [False] * 5
    assert begins(limits, "192.0.2.2")
    assert all(begins(limits, "127.0.0.1") for _ in range(1000))


def test_networks_of_ipv6_count_together() -> None:
    """Many /64 networks of one /48 have no more than one address."""
    limits = WriteLimits(Settings(address_histories=4))
    got = [begins(limits, f"2001:db8:1:{number}::1") for number in range(6)]
    assert got == [True] * 4 + [False] * 2
    assert begins(limits, "2001:db8:2::1")


def test_a_history_counts_when_it_is_written(tmp_path: Path) -> None:
    """Who gives a name and says nothing costs nothing; past the limit the first line hears 452."""
    with live_server(tmp_path, machine=FakeMachine(), address_histories=2) as server:
        for number in range(5):
            with Client(server) as silent:
                assert silent.enter(f"silent {number}").code == 230
                assert silent.ask("").code == 250
        for number, code in enumerate([250, 250, 452, 452]):
            with Client(server) as one:
                assert one.enter(f"one {number}").code == 230
                reply = one.ask("/as 1 hello" if number % 2 else "hello")
                assert reply.code == code
        assert "from your address" in reply.text
        with Client(server) as again:
            again.enter("one 0")
            assert again.ask("more").code == 250
        with Client(server) as locker:
            locker.enter("another")
            assert [locker.ask(line).code for line in ("/passphrase", "right", "right")] == [
                *(332, 333, 452)
            ]
    assert sorted(path.stem for path in tmp_path.glob("*.dat")) == ["one 0", "one 1"]


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the reserve nobody new is taken in and the others go on; with room all are again."""
    free = 65 * MIB
    usage = SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr(write_limits, "shutil", usage)
    monkeypatch.setattr(write_limits, "_LOOK_AGAIN", 0.0)
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            assert ada.ask("hello").code == 250
        free = 63 * MIB
        with Client(server) as ada, Client(server) as bob:
            ada.enter("Ada")
            assert bob.enter("Bob").code == 230
            assert ada.ask("still here").code == 250
            refused = bob.ask("hello")
            assert (refused.code, "nearly full" in refused.text) == (452, True)
            free = 65 * MIB
            assert bob.ask("hello").code == 250


def test_free_room_is_asked_for_at_most_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many newcomers do not make the server ask the system each time; a fault decides nothing."""
    asked = 0

    def usage(_: Path) -> SimpleNamespace:
        nonlocal asked
        asked += 1
        raise OSError

    monkeypatch.setattr(write_limits, "shutil", SimpleNamespace(disk_usage=usage))
    limits = WriteLimits(Settings(), tmp_path)
    assert all(begins(limits, "127.0.0.1") for _ in range(100))
    assert asked == 1


def test_bytes_of_a_patient() -> None:
    """A minute's worth may be written at once; what is more has to wait until its time is over."""
    budget = PatientBudget(60 * MIB)
    for _ in range(60):
        budget.take(1000.0, MIB)
    assert budget.due == pytest.approx(1000.0)
    budget.take(1000.0, 5 * MIB)
    assert budget.due == pytest.approx(1005.0)
    unbounded = PatientBudget(math.inf)
    unbounded.take(1000.0, MIB)
    assert unbounded.due == 940.0


def test_connections_of_a_patient_share_the_budget(tmp_path: Path) -> None:
    """However many connections, and whatever the case of the name, a patient has one budget."""
    with live_server(tmp_path, machine=FakeMachine(), patient_bytes=1) as server:
        limits = server.context.write_limits
        with Client(server) as one, Client(server) as other:
            one.enter("Ada")
            other.enter("ADA")
            budget = limits.budget("ada")
            assert budget.due == 0.0
            one.ask("x" * 1000)
            first = budget.due
            other.ask("x" * 1000)
            assert budget.due > first > 0.0
            assert limits.budget("Ada") is budget


def test_who_has_written_too_much_is_read_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patient past the bound is answered, later; nobody else waits."""
    waits: list[float] = []
    with live_server(tmp_path, machine=FakeMachine(), patient_bytes=1) as server:
        with Client(server) as ada, Client(server) as bob:
            ada.enter("Ada")
            bob.enter("Bob")
            monkeypatch.setattr(
                server.context.stopping, "wait", lambda seconds=None: waits.append(seconds or 0.0)
            )
            for _ in range(600):
                ada.ask("x" * 1000)
            assert sum(waits) > 5
            before = len(waits)
            assert bob.ask("hello").code == 250
            assert len(waits) == before
        monkeypatch.undo()
