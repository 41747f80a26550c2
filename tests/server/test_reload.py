"""Reading script and certificates again: refused as a whole, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from doctor import loading
from doctor.errors import BadSetting
from doctor.server.network.tls import load_context
from doctor.server.settings import Settings
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="doctor")


@pytest.mark.parametrize("fault", [RecursionError, MemoryError, ValueError, KeyError, OSError])
def test_whatever_a_file_makes_a_reader_raise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: type[Exception],
) -> None:
    """The server goes on with what it had, logs the refusal, and reads again when asked again."""

    def fail(*_: object, **__: object) -> None:
        raise fault("a strange file")

    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with monkeypatch.context() as patch:
            patch.setattr(loading, "load_machine", fail)
            server.reload()
            until(lambda: "reload refused" in caplog.text, "the refusal")
            assert ada.ask("still here").text == "1: still here"
        server.reload()
        until(lambda: "reloaded" in caplog.text, "the reload")
        with Client(server) as bob:
            assert bob.enter("Bob").code == 230


def test_a_file_that_does_not_answer_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While a file is waited for, clients are let in; what was asked meanwhile is done after it."""
    answers, asked = threading.Event(), threading.Semaphore(0)

    def wait(*_: object, **__: object) -> FakeMachine:
        asked.release()
        answers.wait()
        return FakeMachine()

    with live_server(tmp_path, machine=FakeMachine()) as server:
        monkeypatch.setattr(loading, "load_machine", wait)
        server.reload()
        asked.acquire()
        server.reload()
        with Client(server) as ada:
            assert ada.enter("Ada").code == 230
        answers.set()
        until(lambda: caplog.text.count("reloaded") == 2, "both reloads")


def test_a_file_larger_than_any_certificate(tmp_path: Path) -> None:
    """A certificate's file of a megabyte and more is not read."""
    path = tmp_path / "cert.pem"
    path.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(BadSetting, match=r"cert.pem: larger than any certificate"):
        load_context(Settings(tls_cert=path))
