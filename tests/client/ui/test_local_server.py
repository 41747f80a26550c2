"""The window starts a server on this computer, and stops only that one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from client.model import preferences
from client.net import local_server
from client.net.address import ServerAddress
from tests.support.helpers import Client
from tests.support.screen import (
    User,
    connected,
    dialog_text,
    shown,
    until,
    until_closed,
)

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from client.ui.main_window import DoctorClient


def test_nobody_there_and_a_doctor_is_started(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If nothing listens, the window starts a server, says so, and stops it at the end."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    window = client("Ada", port=port, patients=tmp_path / "patients")
    until(window, lambda: window.view.placeholder.is_shown and window.presenter.state == "off")

    def offers() -> list[tk.Misc]:
        children = window.layout.transcript.winfo_children()
        return [child for child in children if child.winfo_viewable()]

    until(window, offers)
    offer = offers()[0]
    assert "Start a doctor" in str(offer["text"])
    User(window).click(offer)
    until(window, lambda: window.presenter.state == "starting")
    assert "being started" in shown(window)
    connected(window)
    window.presenter.send("My mother hates me.")
    until(window, window.view.transcript.last_reply)
    started = window.local_server.started
    assert started is not None
    window.leave()
    until_closed(window)
    assert started.stop()
    assert (tmp_path / "patients" / "Ada.dat").exists()
    saved, _ = preferences.load(window._file)
    assert saved.port == port
    assert str(tmp_path / "patients") in window.local_server.describe_place()


def test_closing_while_a_doctor_is_being_started_leaves_none(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose window is closed before it is ready is stopped again."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    made: list[local_server.LocalServer] = []
    start = local_server.LocalServer.start

    def noted(address: ServerAddress, patients: Path | None = None) -> local_server.LocalServer:
        made.append(start(address, patients))
        return made[-1]

    monkeypatch.setattr(local_server.LocalServer, "start", noted)
    window = client(patients=tmp_path / "patients")
    window.local_server.start(ServerAddress("127.0.0.1", 0))
    window.leave()
    window.local_server.finish()
    assert len(made) == 1
    assert made[0].stop()


def test_others_are_asked_after_before_a_started_doctor_stops(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If others use the server that was started here, closing the window asks first."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    window = client("Ada", patients=tmp_path / "patients")
    window.presenter.end("")
    window.local_server.start(ServerAddress("127.0.0.1", 0))
    connected(window)
    assert window.local_server.started is not None
    with Client(window.address.port) as grace:
        grace.enter("Grace")
        window.leave()
        until(window, lambda: window.view.dialog)
        assert "one other person" in dialog_text(window)
        assert not window.closed
    window.leave()
    until_closed(window)
    assert window.local_server.started.stop()
