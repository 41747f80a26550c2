"""The main window: menus, keys, sizes, colours, help, and closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.model import preferences
from client.model.preferences import Preferences
from client.ui.main_window import DoctorClient
from client.ui.menus import ACTIONS, list_keys
from client.widgets.palette import PALETTES
from tests.support.screen import (
    User,
    connected,
    dialog_text,
    settle,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.fake_server import FakeServer


def test_zoom_by_keys_is_remembered(client: Callable[..., DoctorClient], tmp_path: Path) -> None:
    """Ctrl with + - 0 changes every size; the last size is saved."""
    window = client()
    user = User(window)
    before = window.fonts.body.metrics("linespace")
    user.press("ctrl+plus", "ctrl+plus")
    assert window.fonts.size == 14
    assert window.fonts.body.metrics("linespace") > before
    user.press("ctrl+minus")
    assert window.fonts.size == 12
    user.press("ctrl+0")
    assert window.fonts.size == 11
    user.press("ctrl+equal")
    window.leave()
    found, _ = preferences.load(tmp_path / "client.json")
    assert found.size == 12


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_palettes_reach_every_widget(client: Callable[..., DoctorClient], name: str) -> None:
    """Choosing colours paints the transcript, the input, buttons and labels."""
    window = client()
    window.use_palette(name)
    palette = PALETTES[name]
    layout = window.layout
    assert layout.transcript["background"] == palette.page
    assert layout.input["background"] == palette.field
    assert layout.button["background"] == palette.accent
    assert layout.status["background"] == palette.bar
    assert str(window.menus.bar["foreground"]) == palette.ink


def test_the_system_is_asked_for_its_palette(
    client: Callable[..., DoctorClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the palette "system" the colours are those of the system, read in a thread."""
    monkeypatch.setenv("GTK_THEME", "Adwaita:dark")
    window = client(settings=Preferences(palette="system"))
    until(window, lambda: window.layout.transcript["background"] == PALETTES["dark"].page)


def test_f6_goes_round_and_escape_to_the_input(client: Callable[..., DoctorClient]) -> None:
    """F6 moves the focus from area to area and never gets stuck; Escape goes to the input."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    layout = window.layout
    for area in (layout.name, layout.transcript, layout.input):
        user.press("F6")
        assert window.focus_get() is area
    user.press("F6", "Escape")
    assert window.focus_get() is layout.input
    user.press("Tab")
    assert window.focus_get() is layout.send


def test_help_pages_open_and_close(client: Callable[..., DoctorClient]) -> None:
    """Every page of the Help menu opens, and Escape closes it."""
    window = client()
    user = User(window)
    for show in (
        window.show_keys,
        window.show_privacy,
        window.show_helplines,
        window.show_about,
        window.choose_server,
    ):
        show()
        dialog = window.view.dialog
        assert dialog is not None
        settle(window)
        dialog.window.focus_force()
        user.press("Escape")
        until(window, lambda dialog=dialog: not dialog.is_open)  # type: ignore[misc] # bound early


def test_every_action_has_a_method_and_no_two_share_a_key() -> None:
    """The table of actions names methods of the window, and each key once."""
    events = [event for action in ACTIONS for event in action.events]
    assert len(events) == len(set(events))
    listed = dict(list_keys())
    for name in ("Ctrl+plus", "Ctrl+minus", "F6", "F10", "Escape", "Ctrl+Q"):
        assert listed[name]
    for action in ACTIONS:
        assert not action.method or callable(getattr(DoctorClient, action.method))


@pytest.mark.parametrize("moment", ["connecting", "thinking", "lost", "history", "dialog"])
def test_closing_in_the_middle_of_everything(
    client: Callable[..., DoctorClient], server: FakeServer, moment: str
) -> None:
    """The window closes at once, without an error or a remaining thread, at any moment."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 400)]
    window = client("Ada")
    if moment != "connecting":
        connected(window)
    if moment == "thinking":
        server.behaviour.may_reply.clear()
        window.presenter.send("slow")
        until(window, server.arrived.is_set)
    if moment == "lost":
        server.close()
        until(window, lambda: window.presenter.state == "lost")
    if moment == "history":
        window.show_all()
    if moment == "dialog":
        window.show_about()
    window.leave()
    assert window.closed


def test_leaving_with_unsent_words_asks(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """If a line waits for a lost connection, closing the window asks once."""
    window = connected(client("Ada"))
    server.close()
    until(window, lambda: window.presenter.state == "lost")
    window.presenter.send("unsaid")
    window.leave()
    assert "could not be sent" in dialog_text(window)
    assert not window.closed
    window.leave()
    assert window.closed


def test_a_fault_of_the_program_is_shown(client: Callable[..., DoctorClient]) -> None:
    """An exception in a handler becomes a sentence in the window, which stays open."""
    window = client()
    window.after(0, lambda: 1 // 0)
    until(window, lambda: "made a mistake" in window.layout.status["text"])
    window.faults.clear()
