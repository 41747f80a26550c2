"""The dialogs for passphrases and for erasing a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.screen import (
    User,
    connected,
    dialog_field,
    dialog_title,
    shown,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


def test_the_passphrase_is_asked_for_and_hidden(
    client: Callable[..., DoctorClient], server: FakeServer, tmp_path: Path
) -> None:
    """A locked history opens a dialog whose field shows dots; a wrong passphrase asks again."""
    server.behaviour.passphrases["Ada"] = "engine"
    window = client("Ada")
    until(window, lambda: window.view.dialog)
    user = User(window)
    user.focus(dialog_field(window))
    assert dialog_field(window)["show"] == "\N{BULLET}"
    user.write("wrong")
    user.press("Return")
    until(window, lambda: "once more" in dialog_title(window))
    user.focus(dialog_field(window))
    user.write("engine")
    user.press("Return")
    connected(window)
    window.leave()
    assert "engine" not in (tmp_path / "client.json").read_text()


def test_giving_up_a_new_passphrase_changes_nothing(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Escape in the dialog for a new passphrase changes nothing; the session stays open."""
    window = connected(client("Ada"))
    window.set_passphrase()
    until(window, lambda: window.view.dialog)
    user = User(window)
    user.focus(dialog_field(window))
    user.press("Escape")
    until(window, lambda: "nothing changed" in window.layout.status["text"])
    assert server.behaviour.passphrases == {}
    window.presenter.send("still here")
    until(window, lambda: "Why do you say: still here?" in shown(window))


def test_erasing_asks_for_the_name(client: Callable[..., DoctorClient], server: FakeServer) -> None:
    """Escape keeps the history; the name in the dialog erases it, also from the window."""
    window = connected(client("Ada"))
    window.presenter.send("a secret")
    until(window, lambda: "Why do you say: a secret?" in shown(window))
    user = User(window)
    window.forget()
    until(window, lambda: window.view.dialog)
    user.focus(dialog_field(window))
    user.press("Escape")
    until(window, lambda: "nothing was erased" in window.layout.status["text"])
    window.forget()
    until(window, lambda: window.view.dialog and window.view.dialog.is_open)
    user.focus(dialog_field(window))
    user.write("Ada")
    user.press("Return")
    until(window, lambda: "a secret" not in shown(window))
    assert server.histories["Ada"] == []
