"""A server and the command line with histories in a database, as a user has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from doctor import control
from doctor.__main__ import main
from doctor.errors import DoctorError
from doctor.patients.postgresql.schema import VERSION
from doctor.patients.postgresql.storage import PostgreSQLStorage
from doctor.protocol import codes
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgresql import Database


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep control sockets in a directory of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command, which must succeed, and return what it printed."""
    assert main(list(words)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_two_servers_and_the_operator(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """A patient talks on one server and goes on at the other; the operator sees and changes it."""
    url = database.url
    machine = FakeMachine()
    with live_server(url, machine=machine) as one, live_server(url, machine=machine) as two:
        with Client(one) as ada:
            ada.enter("Ada")
            assert ada.ask("hello").code == codes.SAYS
        with Client(two) as ada:
            ada.enter("Ada")
            assert "2: again" in str(ada.ask("again"))
        with pytest.raises(DoctorError, match="--port"):
            control.running()
        port = str(one.address[1])
        status = _run(capsys, "status", "--patients", url, "--port", port, "--format", "json")
        assert json.loads(status)["address"].endswith(port)
        assert "hello" in _run(capsys, "show", "Ada", "--patients", url)
        assert "Ada" in _run(capsys, "list", "--patients", url)
        assert "again" in _run(capsys, "search", "again", "--patients", url)
        assert _run(capsys, "stats", "--patients", url)
        assert "1 history checked, 1 sound" in _run(capsys, "verify", "--patients", url)
        exported = _run(capsys, "export", "Ada", "--patients", url)
        assert [each["patient"] for each in json.loads(exported)["exchanges"]] == ["hello", "again"]
        _run(capsys, "rename", "Ada", "Lovelace", "--patients", url)
        _run(capsys, "passphrase", "Lovelace", "--reset", "--patients", url)
        assert "2 exchanges" in _run(capsys, "repair", "Lovelace", "--patients", url)
        _run(capsys, "forget", "Lovelace", "--yes", "--patients", url)
        assert database.rows("select * from exchanges") == []


def test_no_server_runs(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """`status` and `stop` say so in one line, with status 1."""
    for command in ("status", "stop"):
        assert main([command, "--patients", database.url]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_a_history_that_is_erased_on_another_server(database: Database) -> None:
    """The next line ends the conversation with 421 and the reason; nothing is recorded."""
    machine = FakeMachine()
    with (
        live_server(database.url, machine=machine) as one,
        live_server(database.url, machine=machine) as two,
        Client(one) as here,
        Client(two) as there,
    ):
        here.enter("Ada")
        here.ask("hello")
        there.enter("Ada")
        there.ask("hello")
        two.context.store.forget("Ada")
        reply = here.ask("still here")
        assert reply.code == codes.CLOSING
        assert ("reason", codes.Reason.ERASED) in reply.rows
    assert database.rows("select * from exchanges") == []


def test_a_database_that_goes_away(database: Database) -> None:
    """Who talks and who comes gets 421 with the reason, and nothing of what the database said."""
    with live_server(database.url, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("hello")
        storage = server.context.store.storage
        assert isinstance(storage, PostgreSQLStorage)
        storage._pool.away = storage._committer._away = 0.1
        storage._database._hosts[:] = [{"host": "/nowhere", "connect_timeout": "1"}]
        database.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
            "doctor",
        )
        reply = ada.ask("lost")
        assert reply.code == codes.CLOSING
        with Client(server) as eve:
            refused = eve.enter("Eve")
            assert ("reason", codes.Reason.AWAY) in refused.rows
            assert "nowhere" not in str(refused)


def test_the_tables_are_made_and_shown(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """`database create` may be run again; `upgrade` and `status` tell the version."""
    url = database.url
    assert f"version {VERSION}" in _run(capsys, "database", "create", url)
    assert "already" in _run(capsys, "database", "upgrade", url)
    shown = json.loads(_run(capsys, "database", "status", url, "--format", "json"))
    assert (shown["tables"], shown["wanted"], shown["patients"]) == (VERSION, VERSION, 0)
    assert "0 patients" in _run(capsys, "database", "status", url)
    database.rows("drop table doctor_schema")
    assert main(["database", "status", url]) == 1
    assert main(["database", "upgrade", url]) == 2
    assert "database create" in capsys.readouterr().err


def test_a_database_that_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says so, with status 2."""
    url = f"postgresql:///doctor?host={tmp_path}"
    assert main(["list", "--patients", url]) == 2
    error = capsys.readouterr().err
    assert "the database is away" in error
    assert error.count("\n") == 1
