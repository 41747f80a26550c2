"""The live conversations of a server, and what those who follow them are given."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from doctor import control
from doctor.errors import SubscriberDropped
from doctor.history.transcript import Exchange
from doctor.server.sessions import LiveConversation, SavedExchange, Sessions, Subscription
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.protocol.codes import Reason


class FakeConversation:
    """A connection that does nothing."""

    def __init__(self, host: str = "192.0.2.7", began: float = 0.0) -> None:
        self.host, self.address, self.began = host, f"{host}:1966", began
        self.patient_name: str | None = None
        self.exchanges = 0

    def dismiss(self, reason: Reason, text: str, *, at_once: bool = False) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""

    def join(self, timeout: float | None = None) -> None:
        """Do nothing."""


def saved(number: int, patient: str = "Ada") -> SavedExchange:
    """Return an exchange as it is published."""
    return SavedExchange(patient, Exchange(number, 0.0, 1, f"line {number}", "a reply"))


def drained(subscription: Subscription) -> list[int]:
    """Return the numbers of the exchanges that are held."""
    numbers = []
    while (one := subscription.read(0.0)) is not None:
        numbers.append(one.exchange.number)
    return numbers


def test_conversations_are_known_by_address_and_by_patient() -> None:
    """A connection is found by host from its start, by patient while its session is open."""
    sessions, first, second = Sessions(), FakeConversation(), FakeConversation("192.0.2.8")
    sessions.add(first)
    sessions.add(second)
    assert len(sessions) == 2
    assert set(sessions) == {first, second}
    assert sessions.of_host("192.0.2.7") == (first,)
    assert sessions.of_patient("Ada") == ()
    sessions.open_session(first, "Ada")
    sessions.open_session(second, "ada")
    assert set(sessions.of_patient("ADA")) == {first, second}
    for _ in range(2):
        sessions.remove(first)
    assert sessions.of_patient("Ada") == (second,)
    assert sessions.of_host("192.0.2.7") == ()
    sessions.remove(second)
    assert not sessions._by_patient
    assert not sessions._by_host
    assert not sessions._patients


def test_a_session_opened_after_the_end_is_not_added() -> None:
    """A connection that was removed meanwhile leaves nothing behind."""
    sessions, late = Sessions(), FakeConversation()
    sessions.open_session(late, "Ada")
    assert sessions.of_patient("Ada") == ()


def test_a_renamed_patient_is_found_by_the_new_name() -> None:
    """After a renaming open sessions are the new name's, in the status too."""
    sessions, one, other = Sessions(), FakeConversation(), FakeConversation()
    for conversation in (one, other):
        sessions.add(conversation)
    sessions.open_session(one, "Ada")
    sessions.rename("Ada", "Grace")
    sessions.rename("Nobody", "Somebody")
    assert sessions.of_patient("Ada") == sessions.of_patient("Somebody") == ()
    assert sessions.of_patient("Grace") == (one,)
    assert {each["name"] for each in sessions.describe()} == {"Grace", None}


def test_the_description_is_sorted_by_age() -> None:
    """`describe` begins with the oldest connection, whatever the number of its digits."""
    sessions = Sessions()
    for began in (1000.0, 9.0, 200.0):
        sessions.add(FakeConversation(began=began))
    assert [each["since"] for each in sessions.describe()] == [9.0, 200.0, 1000.0]


def test_every_subscriber_gets_every_exchange_in_order() -> None:
    """Each subscription has its own queue; one that ended, or came later, gets nothing."""
    sessions = Sessions()
    with sessions.subscribe() as early:
        sessions.publish(saved(1))
        with sessions.subscribe() as late:
            sessions.publish(saved(2))
            assert drained(late) == [2]
        sessions.publish(saved(3))
        assert drained(late) == []
        assert drained(early) == [1, 2, 3]
    assert sessions.subscriptions == ()


def test_a_slow_subscriber_is_dropped_and_told() -> None:
    """A full subscription is dropped without a wait; its reader reads the rest, then the error."""
    sessions = Sessions()
    slow, quick = sessions.subscribe(held=2), sessions.subscribe()
    for number in (1, 2, 3, 4):
        sessions.publish(saved(number))
    assert sessions.subscriptions == (quick,)
    assert slow.dropped
    for number in (1, 2):
        found = slow.read()
        assert found is not None
        assert found.exchange.number == number
    for _ in range(2):
        with pytest.raises(SubscriberDropped, match="2"):
            slow.read()
    assert drained(quick) == [1, 2, 3, 4]


def test_a_reader_ends_when_the_server_stops() -> None:
    """`close` ends a reader that waits; it gets None and no error."""
    sessions = Sessions()
    subscription = sessions.subscribe()
    found: list[SavedExchange | None] = []
    reader = threading.Thread(target=lambda: found.append(subscription.read()))
    reader.start()
    sessions.close()
    reader.join(PATIENCE)
    assert found == [None]
    assert subscription.read() is None


def test_threads_publish_and_subscribe_at_once() -> None:
    """Subscriptions that come and go beside publishing threads lose nothing of their own time."""
    sessions = Sessions()
    with sessions.subscribe(held=100_000) as whole:

        def publish(first: int) -> None:
            for number in range(first, first + 500):
                sessions.publish(saved(number))

        def come_and_go() -> None:
            for _ in range(200):
                with sessions.subscribe(held=1):
                    sessions.add(cast("LiveConversation", FakeConversation()))

        threads = [threading.Thread(target=publish, args=(at * 1000,)) for at in range(4)]
        threads += [threading.Thread(target=come_and_go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        numbers = drained(whole)
    assert sorted(numbers) == [at * 1000 + number for at in range(4) for number in range(500)]
    assert len(sessions) == 400
    assert sessions.subscriptions == ()


@pytest.mark.parametrize("kernel_limits", [True, False])
def test_saved_exchanges_of_real_clients_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kernel_limits: bool
) -> None:
    """What clients say is published with patient, number and reply; a blank line is not saved."""
    monkeypatch.setattr("doctor.server.network.plain_transport._KERNEL_LIMITS", kernel_limits)
    with live_server(tmp_path, machine=FakeMachine()) as server:
        sessions = server.context.sessions
        with sessions.subscribe() as following, Client(server) as ada, Client(server) as bob:
            ada.enter("Ada")
            bob.enter("Bob")
            assert len(sessions.of_host("127.0.0.1")) == 2
            assert [one.patient_name for one in sessions.of_patient("ada")] == ["Ada"]
            ada.ask("one")
            ada.ask("   ")
            ada.ask("two")
            bob.ask("three")
            found = [following.read(PATIENCE) for _ in range(3)]
            assert following.read(0.0) is None
        until(lambda: not len(sessions), "the end of both connections")
        assert sessions.of_patient("Ada") == ()
    told = [(one.patient, one.exchange.number, one.exchange.patient) for one in found if one]
    assert told == [("Ada", 1, "one"), ("Ada", 2, "two"), ("Bob", 1, "three")]
    assert [one.exchange.doctor for one in found if one] == ["1: one", "2: two", "1: three"]


def test_a_subscriber_that_reads_nothing_delays_no_client(tmp_path: Path) -> None:
    """Every line is answered while a subscriber is full, and the subscriber is dropped."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        stuck = server.context.sessions.subscribe(held=1)
        with Client(server) as ada:
            ada.enter("Ada")
            assert [ada.ask(str(number)).code for number in range(20)] == [250] * 20
        assert stuck.dropped
        first = stuck.read()
        assert first is not None
        assert first.exchange.number == 1
        with pytest.raises(SubscriberDropped):
            stuck.read()


def test_a_rename_by_the_operator_reaches_the_status(tmp_path: Path) -> None:
    """`status` shows the new name of a patient who was renamed while connected."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("hello")
        control.request(tmp_path, {"do": "rename", "name": "Ada", "new": "Grace"})
        status = control.request(tmp_path, {"do": "status"})
        assert [one["name"] for one in status["connected"]] == ["Grace"]
        assert ada.ask("still here").code == 250
