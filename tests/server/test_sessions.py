"""The live conversations of a server, and what those who follow them are given."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from doctor import control
from doctor.history.transcript import Exchange
from doctor.server.sessions import LiveConversation, SavedExchange, Sessions
from tests.server.following import Following
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

    def notify(self, data: bytes) -> bool:
        """Take nothing."""
        del data
        return False

    def abort(self) -> None:
        """Do nothing."""

    def join(self, timeout: float | None = None) -> None:
        """Do nothing."""


def saved(number: int, patient: str = "Ada") -> SavedExchange:
    """Return an exchange as it is published."""
    return SavedExchange(patient, Exchange(number, 0.0, 1, f"line {number}", "a reply"))


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
    """Each subscriber is told by itself; one that ended, or came later, gets nothing."""
    sessions = Sessions()
    with Following(sessions) as early:
        sessions.publish(saved(1))
        with Following(sessions) as late:
            sessions.publish(saved(2))
            assert late.numbers == [2]
        sessions.publish(saved(3))
        assert late.numbers == []
        assert early.numbers == [1, 2, 3]
    assert sessions.subscribers == ()


def test_a_full_subscriber_is_dropped() -> None:
    """Who takes no more is told nothing more; the others are."""
    sessions = Sessions()
    with Following(sessions, most=2) as slow, Following(sessions) as quick:
        for number in (1, 2, 3, 4):
            sessions.publish(saved(number))
        assert sessions.subscribers == (quick,)
        assert slow.dropped
        assert slow.numbers == [1, 2]
        assert quick.numbers == [1, 2, 3, 4]


def test_a_subscriber_ends_when_the_server_stops() -> None:
    """`close` ends every subscriber."""
    sessions = Sessions()
    with Following(sessions) as following:
        sessions.close()
        assert following.ended
    assert sessions.subscribers == ()


def test_what_else_happens_is_told() -> None:
    """Sessions that open, close and are renamed are events, with how many connections are left."""
    sessions, one, other = Sessions(), FakeConversation(), FakeConversation()
    with Following(sessions) as following:
        for conversation in (one, other):
            sessions.add(conversation)
            conversation.patient_name = "Ada"
            sessions.open_session(conversation, "Ada")
        sessions.rename("Ada", "Grace")
        sessions.remove(one)
        sessions.remove(one)
        sessions.open_session(one, "Ada")
    assert [(each.what, each.patient, each.fields) for each in following.events] == [
        ("opened", "Ada", {"here": 1}),
        ("opened", "Ada", {"here": 2}),
        ("renamed", "Ada", {"new": "Grace"}),
        ("closed", "Grace", {"here": 1}),
    ]


def test_marked_lines_are_remembered_without_subscribers() -> None:
    """The last marked lines are there for the status, the others are not."""
    sessions = Sessions()
    for number in range(1, 100):
        marked = saved(number)
        sessions.publish(marked._replace(exchange=marked.exchange._replace(mark="care")))
        sessions.publish(saved(1000 + number))
    assert [one.exchange.number for one in sessions.marked] == list(range(50, 100))


def test_threads_publish_and_subscribe_at_once() -> None:
    """Subscriptions that come and go beside publishing threads lose nothing of their own time."""
    sessions = Sessions()
    with Following(sessions) as whole:

        def publish(first: int) -> None:
            for number in range(first, first + 500):
                sessions.publish(saved(number))

        def come_and_go() -> None:
            for _ in range(200):
                with Following(sessions, most=1):
                    sessions.add(cast("LiveConversation", FakeConversation()))

        threads = [threading.Thread(target=publish, args=(at * 1000,)) for at in range(4)]
        threads += [threading.Thread(target=come_and_go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        numbers = whole.numbers
    assert sorted(numbers) == [at * 1000 + number for at in range(4) for number in range(500)]
    assert len(sessions) == 400
    assert sessions.subscribers == ()


@pytest.mark.parametrize("kernel_limits", [True, False])
def test_saved_exchanges_of_real_clients_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kernel_limits: bool
) -> None:
    """What clients say is published with patient, number and reply; a blank line is not saved."""
    monkeypatch.setattr("doctor.server.network.plain_transport._KERNEL_LIMITS", kernel_limits)
    with live_server(tmp_path, machine=FakeMachine()) as server:
        sessions = server.context.sessions
        with Following(sessions) as following, Client(server) as ada, Client(server) as bob:
            ada.enter("Ada")
            bob.enter("Bob")
            assert len(sessions.of_host("127.0.0.1")) == 2
            assert [one.patient_name for one in sessions.of_patient("ada")] == ["Ada"]
            ada.ask("one")
            ada.ask("   ")
            ada.ask("two")
            bob.ask("three")
            found = [following.read() for _ in range(3)]
            assert following.numbers == []
        until(lambda: not len(sessions), "the end of both connections")
        assert sessions.of_patient("Ada") == ()
    told = [(one.patient, one.exchange.number, one.exchange.patient) for one in found]
    assert told == [("Ada", 1, "one"), ("Ada", 2, "two"), ("Bob", 1, "three")]
    assert [one.exchange.doctor for one in found] == ["1: one", "2: two", "1: three"]


def test_a_rename_by_the_operator_reaches_the_status(tmp_path: Path) -> None:
    """`status` shows the new name of a patient who was renamed while connected."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("hello")
        control.request(tmp_path, {"do": "rename", "name": "Ada", "new": "Grace"})
        status = control.request(tmp_path, {"do": "status"})
        assert [one["name"] for one in status["connected"]] == ["Grace"]
        assert ada.ask("still here").code == 250
