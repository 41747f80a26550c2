"""What patients and the operator do to one history at the same time."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from doctor import control
from doctor.errors import DoctorError
from doctor.patients import passphrase
from doctor.patients.files import disk
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from server import DoctorServer

#: What a patient says on one connection after another, until it is sent away.
_VISITS: Final = (
    ("one", "/forget", "Ada", "two"),
    ("/passphrase", "pw", "pw", "three", "/passphrase", "pw", "", ""),
    ("four", "/history", "/forget", "Ada", "/forget", "no"),
    ("/passphrase", "pw", "other", "five", "/quit"),
)
_ASKED: Final = ("repair", "passphrase", "forget", "rename", "passphrase", "repair", "status")


def visit(server: DoctorServer, lines: tuple[str, ...]) -> None:
    """Say lines until the server closes; every one must be answered."""
    with suppress(EOFError, ConnectionError), Client(server) as ada:
        if ada.enter("Ada").code == 331 and ada.ask("pw").code != 230:
            return
        for line in lines:
            if ada.ask(line).code == 421:
                return


def ask(directory: Path, do: str) -> None:
    """Ask the server for something as an operator; it may say that it cannot."""
    with suppress(DoctorError):
        control.request(directory, {"do": do, "name": "Ada", "new": "Bob"}, seconds=PATIENCE)
    with suppress(DoctorError):
        control.request(directory, {"do": "rename", "name": "Bob", "new": "Ada"}, seconds=PATIENCE)


def test_forgetting_locking_and_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever erases, locks, renames or mends one history at once is answered, without a fault."""
    monkeypatch.setattr(passphrase, "COST", 4)
    failed: list[BaseException] = []

    def repeat(work: list[tuple[str, ...]]) -> None:
        try:
            for lines in work * 4:
                visit(server, lines)
        except BaseException as error:  # noqa: BLE001 - it is told by the test's own thread
            failed.append(error)

    with live_server(tmp_path, machine=FakeMachine(), passphrase_pause=0.001) as server:
        work = [list(_VISITS[turn:] + _VISITS[:turn]) for turn in range(4)]
        patients = [threading.Thread(target=repeat, args=(each,)) for each in work]
        for thread in patients:
            thread.start()
        for do in _ASKED * 6:
            ask(tmp_path, do)
        for thread in patients:
            thread.join(PATIENCE)
            assert not thread.is_alive()
    assert failed == []
    assert "fault" not in caplog.text
    for path in disk.entries(tmp_path):
        assert not disk.read(path).damage
        assert path.name in {"Ada.dat", "Bob.dat"}
