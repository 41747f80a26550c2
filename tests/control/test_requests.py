"""The operator's socket: what can be asked for, by whom, and the commands that ask."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from doctor import control
from doctor.__main__ import main
from doctor.errors import DoctorError, NameTaken, NoServer, UnknownPatient
from doctor.patients.opening import load
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path


def test_status_says_who_is_connected(tmp_path: Path) -> None:
    """The answer names the patients, since when, and the counts."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("hello")
        ada.ask("/bogus")
        until(lambda: server.context.metrics.exchanges, "the count")
        found = control.request(tmp_path, {"do": "status"})
    assert [(one["name"], one["exchanges"]) for one in found["connected"]] == [("Ada", 1)]
    assert found["exchanges_total"] == 1
    assert found["refusals"] == {"502": 1}
    assert found["threads"] > 1


def test_stop_is_a_graceful_one(tmp_path: Path) -> None:
    """A stop that the operator asks for tells the patients, as a signal does."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        assert control.request(tmp_path, {"do": "stop"}) == {}
        assert ada.reply().code == 421


def test_histories_are_changed_through_the_server(tmp_path: Path) -> None:
    """Renaming, repairing, resetting a passphrase and forgetting work while the server runs."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            ada.ask("hello")
            ada.ask("/quit")
        until(lambda: not server.admin.status()["connected"], "goodbye")
        control.request(tmp_path, {"do": "rename", "name": "Ada", "new": "Augusta"})
        assert len(load(tmp_path / "Augusta.dat").history) == 1
        repaired = control.request(tmp_path, {"do": "repair", "name": "Augusta"})
        assert repaired == {"before": 1, "after": 1}
        control.request(tmp_path, {"do": "passphrase", "name": "Augusta"})
        with Client(server) as augusta:
            augusta.enter("Augusta")
            control.request(tmp_path, {"do": "forget", "name": "Augusta"})
            assert augusta.reply().code == 421
    assert not list(tmp_path.glob("*.dat*"))


def test_what_fails_is_raised_here_as_there(tmp_path: Path) -> None:
    """The error that the server met is the one that the command meets."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        with pytest.raises(UnknownPatient):
            control.request(tmp_path, {"do": "forget", "name": "Nobody"})
        for name in ("Ada", "Bob"):
            with Client(server) as patient:
                patient.enter(name)
                patient.ask("hello")
        with pytest.raises(NameTaken):
            control.request(tmp_path, {"do": "rename", "name": "Ada", "new": "bob"})
        with pytest.raises(DoctorError, match="cannot"):
            control.request(tmp_path, {"do": "dance"})


def test_no_server(tmp_path: Path) -> None:
    """Where none runs, or one died, the answer is NoServer; a new server takes the place over."""
    with pytest.raises(NoServer):
        control.request(tmp_path, {"do": "status"})
    with pytest.raises(NoServer):
        control.request(tmp_path / "nowhere", {"do": "status"})
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / control.NAME))
    with pytest.raises(NoServer):
        control.request(tmp_path, {"do": "status"})
    with live_server(tmp_path, machine=FakeMachine()):
        assert control.request(tmp_path, {"do": "status"})["connected"] == []
    assert not (tmp_path / control.NAME).exists()


def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else may open the socket."""
    with live_server(tmp_path, machine=FakeMachine()):
        assert stat.S_IMODE((tmp_path / control.NAME).stat().st_mode) == 0o600


def test_a_directory_with_a_long_path(tmp_path: Path) -> None:
    """A path longer than a socket's may be is no obstacle."""
    place = tmp_path / ("long" * 30)
    place.mkdir()
    with live_server(place, machine=FakeMachine()):
        assert control.request(place, {"do": "status"})["connected"] == []


#: What is no JSON object, and objects that ask for nothing there is.
NONSENSE = (
    *(b"", b"no json\n", b"[1, 2]\n", b"\xff\xfe\n", b'{"do": 7}\n', b'{"do": ["live"]}\n'),
    *(
        b'{"do": {"watch": 1}}\n',
        b"[" * 50_000 + b"\n",
        b'{"do":' * 9000 + b"\n",
        b"7" * 5000 + b"\n",
    ),
)


@pytest.mark.parametrize("sent", NONSENSE, ids=lambda sent: repr(sent[:20]))
def test_nonsense_is_answered_and_survived(
    tmp_path: Path, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that is none gets an error, is no fault of the server, and the next is served."""
    with live_server(tmp_path, machine=FakeMachine()):
        with socket.socket(socket.AF_UNIX) as odd:
            odd.settimeout(PATIENCE)
            odd.connect(str(tmp_path / control.NAME))
            odd.sendall(sent)
            odd.shutdown(socket.SHUT_WR)
            answer = odd.recv(65_536)
            assert not sent or "error" in json.loads(answer)
        assert control.request(tmp_path, {"do": "status"})["connected"] == []
    assert "fault" not in caplog.text


def test_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the system names as another user gets no answer."""
    with live_server(tmp_path, machine=FakeMachine()):
        monkeypatch.setattr("doctor.control.server.is_owner", lambda _: False)
        with pytest.raises(OSError, match="closed the connection without an answer"):
            control.request(tmp_path, {"do": "status"})


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`status` reads well, `--format json` is data, `stop` waits for the end; without one: 1."""
    where = ["--patients", str(tmp_path)]
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("hello")
        ada.ask("/bogus")
        assert main(["status", *where]) == 0
        text = capsys.readouterr().out
        assert "Ada" in text
        assert "502: 1" in text
        assert main(["status", *where, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["exchanges_total"] == 1
        reading = threading.Thread(target=ada.closed)
        reading.start()
        assert main(["stop", *where]) == 0
        reading.join(PATIENCE)
        assert "has stopped" in capsys.readouterr().out
    assert main(["status", *where]) == 1
    assert main(["stop", *where]) == 1
    assert capsys.readouterr().err.count("no server runs") == 2


def test_without_a_socket_patients_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no local socket can be bound the log says so, and it is tried again."""
    monkeypatch.setattr("doctor.control.server._RETRY", 0.01)
    lacking = [True]
    real = socket.socket.bind

    def bind(self: socket.socket, address: object) -> None:
        if self.family == socket.AF_UNIX and lacking[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "bind", bind)
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        assert ada.enter("Ada").code == 230
        assert "no control socket" in caplog.text
        with pytest.raises(NoServer):
            control.request(tmp_path, {"do": "status"})
        lacking[0] = False
        until((tmp_path / control.NAME).exists, "the socket")
        until(lambda: _answers(tmp_path), "an answer")


def _answers(directory: Path) -> bool:
    try:
        return "address" in control.request(directory, {"do": "status"})
    except NoServer:  # bound, and not listening yet
        return False
