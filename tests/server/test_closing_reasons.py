"""Why a connection is closed: each reason of the protocol, brought about at a live server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.errors import DoctorError, StoreAway
from doctor.protocol import codes
from doctor.protocol.codes import Reason
from doctor.server.handler import DoctorClientHandler
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doctor.protocol import Reply
    from server import DoctorServer


def _last(client: Client) -> Reply:
    """Return the 421, past other replies, and see that the server closes after it."""
    reply = client.reply()
    while reply.code != codes.CLOSING:
        reply = client.reply()
    assert client.closed()
    return reply


def _send(server: DoctorServer, data: bytes) -> Reply:
    with Client(server) as client:
        client.send(data)
        return _last(client)


def _throttled(server: DoctorServer) -> Reply:
    with Client(server) as ada:
        ada.enter("Ada", "open sesame", "open sesame")
        ada.ask("a line, so that the name has a history")
    with Client(server) as guesser:
        assert guesser.enter("Ada", "open barley").code == codes.WRONG_PASSPHRASE
    return _send(server, b"Ada\nopen wheat\n")


def _passphrase_changed(server: DoctorServer) -> Reply:
    with Client(server) as ada, Client(server) as other:
        ada.enter("Ada")
        other.enter("Ada")
        for line in ("/passphrase", "open sesame", "open sesame"):
            other.ask(line)
        ada.send(b"my secret\n")
        return _last(ada)


def _erased(server: DoctorServer) -> Reply:
    with Client(server) as ada:
        ada.enter("Ada")
        ada.ask("a line, so that the name has a history")
        server.context.store.forget("Ada")
        return _last(ada)


def _reopen(server: DoctorServer) -> Reply:
    with Client(server) as ada:
        ada.enter("Ada")
        ada.ask("a line, so that the greeting is over")
        (handler,) = server.context.sessions
        assert isinstance(handler, DoctorClientHandler)
        assert handler.patient is not None
        handler.patient.active.doctor = None  # as after a fault in saving an exchange
        ada.send(b"still here\n")
        return _last(ada)


def _stopping(server: DoctorServer) -> Reply:
    with Client(server) as ada:
        ada.enter("Ada")
        server.stop()
        return _last(ada)


def _second(server: DoctorServer) -> Reply:
    with Client(server) as first, Client(server) as second:
        assert first.reply().code == codes.READY
        return _last(second)


def _away(server: DoctorServer) -> Reply:
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object) -> None:
            raise StoreAway("what a database says")

        patch.setattr(server.context.store.storage, "load", fails)
        return _send(server, b"Ada\n")


def _fault(server: DoctorServer) -> Reply:
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object) -> None:
            raise DoctorError("a fault for the test")

        patch.setattr("doctor.patients.patient.Patient.why", fails)
        return _send(server, b"Ada\n/why\n")


Scene = tuple[dict[str, object], "Callable[[DoctorServer], Reply]"]

_SCENES: dict[Reason, Scene] = {
    Reason.IDLE: ({"idle_time": 0.2}, lambda server: _send(server, b"Ada\n")),
    Reason.SLOW: ({"idle_time": 0.2}, lambda server: _send(server, b"Ada\nhalf a li")),
    Reason.NAME_TIMEOUT: ({"name_time": 0.2}, lambda server: _send(server, b"Ad")),
    Reason.TOO_MANY_TRIES: ({"name_tries": 1}, lambda server: _send(server, b"\n")),
    Reason.THROTTLED: ({"passphrases": "required", "address_guesses": 1}, _throttled),
    Reason.PASSPHRASE_REQUIRED: (
        {"passphrases": "required", "passphrase_tries": 1},
        lambda server: _send(server, b"Ada\n\n\n"),
    ),
    Reason.PASSPHRASE_CHANGED: ({}, _passphrase_changed),
    Reason.ERASED: ({}, _erased),
    Reason.REOPEN: ({}, _reopen),
    Reason.AWAY: ({}, _away),
    Reason.STOPPING: ({}, _stopping),
    Reason.FULL: ({"connections": 1}, _second),
    Reason.ADDRESS_LIMIT: ({"address_connections": 1}, _second),
    Reason.FOREIGN: ({}, lambda server: _send(server, b"GET / HTTP/1.1\r\n\r\n")),
    Reason.FAULT: ({}, _fault),
}


@pytest.mark.parametrize("reason", Reason)
def test_a_closed_connection_is_told_the_reason(tmp_path: Path, reason: Reason) -> None:
    """Each reason of the protocol is the field `reason` of the 421 where it applies."""
    wanted, bring_about = _SCENES[reason]
    with live_server(tmp_path, machine=FakeMachine(), **wanted) as server:
        reply = bring_about(server)
    assert reply.field("reason") == reason
    assert reply.text


@pytest.mark.parametrize("option", ["connections", "address_rate"])
def test_a_refused_connection_is_counted_and_told_the_reason(tmp_path: Path, option: str) -> None:
    """A connection refused before it has a thread is told the reason too, and counted."""
    with live_server(tmp_path, machine=FakeMachine(), **{option: 1}) as server:
        reply = _second(server)
        assert server.context.metrics.refusals[codes.CLOSING] == 1
    wanted = Reason.FULL if option == "connections" else Reason.ADDRESS_LIMIT
    assert reply.field("reason") == wanted
