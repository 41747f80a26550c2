"""Random work on two servers: what is stored is what one server could have stored."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doctor.doctor import STATE_EVERY
from doctor.errors import NameTaken, PatientError, StoreError, UnknownPatient
from doctor.history.snapshot import ROOM
from doctor.patients import passphrase
from doctor.patients.opening import open_store
from tests.patients.contract_rooms import say as say_in_room
from tests.support.fake_host import FakeHost
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.transcript import Exchange
    from doctor.patients.store import PatientStore
    from tests.support.postgresql import Database

NAMES = ("Ada", "Bob")
WORK = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "say",
                "say",
                "say",
                "say",
                "room",
                "room",
                "forget",
                "forget room",
                "rename",
                "lock",
                "unlock",
            )
        ),
        st.sampled_from(NAMES),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def stores(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PatientStore, PatientStore]]:
    """Yield the stores of two servers."""
    monkeypatch.setattr(passphrase, "COST", 4)
    machine = FakeMachine()
    with (
        open_store(database.url, machine, make_host=FakeHost) as a,
        open_store(database.url, machine, make_host=FakeHost) as b,
    ):
        yield a, b


def _work(store: PatientStore, do: str, name: str) -> Exchange | None:
    """Do one thing as a patient or an operator; return an exchange that was answered."""
    if do == "rename":
        store.rename(name, NAMES[name == NAMES[0]])
    elif do == "room":
        with store.open("Garden", kind=ROOM) as room:
            say_in_room(room, name, "hello")
    elif do == "forget room":
        store.forget("Garden")
    elif do == "unlock":
        store.reset_passphrase(name)
    else:
        with store.open(name) as patient:
            if patient.locked:
                patient.unlock("secret")
            if do == "say":
                return patient.say("hello")
            if do == "lock":
                patient.set_passphrase("secret")
            else:
                patient.forget()
    return None


def _run(store: PatientStore, work: list[tuple[str, str]], faults: list[BaseException]) -> None:
    for do, name in work:
        try:
            with suppress(NameTaken, UnknownPatient, PatientError, StoreError):
                exchange = _work(store, do, name)
                if exchange is not None:
                    assert exchange.doctor == f"{exchange.number}: hello"
        except BaseException as fault:  # noqa: BLE001 - raised again by the test's own thread
            faults.append(fault)


@given(st.tuples(WORK, WORK, WORK, WORK))
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_two_servers_are_one(
    stores: tuple[PatientStore, PatientStore],
    database: Database,
    work: tuple[list[tuple[str, str]], ...],
) -> None:
    """Numbers without a gap, each reply that of its number, counts that fit, and no orphans."""
    faults: list[BaseException] = []
    threads = [
        threading.Thread(target=_run, args=(stores[index % 2], each, faults))
        for index, each in enumerate(work)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert faults == []
    said = database.rows(
        "select patient, number, case speaker when '' then reply else number || ': hello' end "
        "from exchanges order by patient, number"
    )
    heads = database.rows(
        "select id, last, exchanges, case kind when 0 then state_number else last end "
        "from patients order by id"
    )
    for patient, last, exchanges, state_number in heads:
        numbers = [number for whose, number, _ in said if whose == patient]
        assert numbers == list(range(1, last + 1))
        assert exchanges == last
        assert 0 <= last - state_number < STATE_EVERY
    assert {whose for whose, _, _ in said} <= {patient for patient, *_ in heads}
    assert all(reply == f"{number}: hello" for _, number, reply in said)
