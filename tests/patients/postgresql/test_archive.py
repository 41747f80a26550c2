"""Reading histories in a database, with no more rights than reading needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import StoreError, UnknownPatient
from doctor.patients import open_archive
from doctor.patients.opening import open_database, open_store
from doctor.patients.postgresql import archive as module
from doctor.patients.postgresql.schema import VERSION
from tests.patients.contract import say_all
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.postgresql import Cluster, Database


@pytest.fixture
def histories(database: Database) -> Database:
    """Return a database with some histories."""
    with open_store(database.url, FakeMachine()) as store:
        say_all(store, "Zoë", ["hello", "care"])
        for number in range(7):
            say_all(store, f"P{number}", [f"line {each}" for each in range(number + 1)])
    return database


def test_names_and_overviews(histories: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, sorted, whatever the size of a page is; a name is found however it is spelt."""
    monkeypatch.setattr(module, "PAGE", 3)
    archive = open_archive(histories.url)
    names = archive.patients()
    assert names == [*(f"P{number}" for number in range(7)), "Zoë"]
    for name in [*names, *reversed(names)]:
        found = archive.peek(name)
        assert found.name == name
        assert found.summary.exchanges == (2 if name == "Zoë" else int(name[1]) + 1)
        assert found.summary.marked == (name == "Zoë")
    assert archive.find("ZOE\u0308") == "Zoë"
    assert archive.find("Nobody") is None
    with pytest.raises(UnknownPatient):
        archive.peek("Nobody")


def test_a_history_is_read_whole(histories: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every exchange, in order, page after page."""
    monkeypatch.setattr(module, "PAGE", 2)
    found = open_archive(histories.url).read("p6")
    assert [each.patient for each in found.transcript] == [f"line {each}" for each in range(7)]
    assert found.name == "P6"
    assert not found.locked
    assert found.summary.exchanges == 7


def test_following(histories: Database) -> None:
    """What is said comes; where the history is erased and begun again it goes on from 1."""
    archive = open_archive(histories.url)
    with open_store(histories.url, FakeMachine()) as store:

        def forget_and_begin() -> None:
            store.forget("P0")
            say_all(store, "P0", ["two"])

        steps: list[Callable[[], object]] = [
            lambda: say_all(store, "P0", ["one"]),
            forget_and_begin,
            lambda: store.forget("P0"),
        ]

        def pause(_seconds: float) -> None:
            steps.pop(0)()

        found = list(archive.follow("P0", 1, pause))
    assert [(each.number, each.patient) for each in found] == [(2, "one"), (1, "two")]


def test_verify_finds_what_is_wrong(histories: Database) -> None:
    """Sound histories are sound; a gap, a wrong row, a bad record, orphans are told."""
    archive = open_archive(histories.url)
    assert all(archive.verify(name).sound for name in archive.patients())
    assert archive.faults() == []
    histories.rows("delete from exchanges where number = 2 and line = 'line 1'")
    found = archive.verify("P3")
    assert [each.what for each in found.faults] == [
        "the patient's row does not fit the exchanges: `repair` mends it"
    ]
    assert found.gaps == ((2, 2),)
    with open_store(histories.url, FakeMachine()) as store:
        assert store.repair("P3") == (4, 3)
    found = archive.verify("P3")
    assert found.sound
    assert found.gaps == ((2, 2),)
    histories.rows("update patients set lock = 'x' where key = 'p0'")
    assert not archive.verify("P0").sound
    histories.rows("delete from patients where key = 'p5'")
    assert archive.faults() == ["5 exchanges belong to 1 patients who are not there"]


def test_a_reader_sees_no_passphrase_record(histories: Database, cluster: Cluster) -> None:
    """A role with the rights of a reader can read, list and verify, and nothing else."""
    role = f"reader_of_{histories.schema}"
    histories.rows(f"create role {role} login")
    histories.rows(f"grant usage on schema {histories.schema} to {role}")
    open_database(histories.url).create(None, role)
    archive = open_archive(histories.url_of(role))
    assert archive.verify("Zoë").sound
    assert len(archive.read("Zoë").transcript) == 2
    assert archive.peek("Zoë").summary.exchanges == 2
    with pytest.raises(StoreError, match="refuses"):
        open_store(histories.url_of(role), FakeMachine())
    assert cluster.data.is_dir()


def test_a_server_has_few_rights(histories: Database) -> None:
    """A role with the rights of a server can serve, and cannot change or empty a table."""
    role = f"server_of_{histories.schema}"
    histories.rows(f"create role {role} login")
    histories.rows(f"grant usage on schema {histories.schema} to {role}")
    open_database(histories.url).create(role, None)
    with open_store(histories.url_of(role), FakeMachine()) as store:
        say_all(store, "New", ["hello"])
        with store.open("New") as patient:
            patient.set_passphrase("secret")
        store.rename("New", "Newer")
        store.forget("Newer")
    for forbidden in ("drop table exchanges", "truncate patients", "create table x (y int)"):
        assert "permission denied" in histories.error(role, forbidden) or "must be owner" in (
            histories.error(role, forbidden)
        )


def test_no_tables(database: Database) -> None:
    """One sentence tells which command makes them."""
    database.rows("drop table doctor_schema")
    with pytest.raises(StoreError, match="doctor database create"):
        open_archive(database.url).patients()
    with pytest.raises(StoreError, match="doctor database create"):
        open_store(database.url, FakeMachine())


def test_tables_of_another_version(database: Database) -> None:
    """One version newer can be used, two cannot; a missing step is told."""
    newest = f"where version = {VERSION}"
    database.rows(f"update doctor_schema set version = {VERSION + 1} {newest}")
    assert open_archive(database.url).patients() == []
    database.rows(f"update doctor_schema set version = {VERSION + 2} where version > {VERSION}")
    with pytest.raises(StoreError, match="newer version"):
        open_archive(database.url).patients()
    database.rows("delete from doctor_schema")
    with pytest.raises(StoreError, match="doctor database"):
        open_archive(database.url).patients()
