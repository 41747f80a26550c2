"""The quick cover, the typefaces, and the page that says where everything is saved."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

import pytest

from client.model.preferences import TYPEFACES
from tests.support.screen import (
    User,
    answer_dialog,
    check_walk,
    connected,
    dialog_text,
    dialog_title,
    settle,
    shown,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


def _visible(window: DoctorClient) -> list[str]:
    """Return the texts of what is in front, at places all over the window."""
    settle(window)
    root = window.winfo_toplevel()
    wide, high = root.winfo_width(), root.winfo_height()
    found: set[str] = set()
    for x in range(5, wide, max(1, wide // 9)):
        for y in range(5, high, max(1, high // 9)):
            path = root.winfo_containing(root.winfo_rootx() + x, root.winfo_rooty() + y)
            found.add(str(path))
    return sorted(found)


def _covered(window: DoctorClient, user: User) -> None:
    user.press("F9")
    until(window, lambda: window.cover.is_shown)


def test_one_key_covers_the_conversation(client: Callable[..., DoctorClient]) -> None:
    """F9 shows a neutral page alone, with no menu and no name; Escape brings everything back."""
    window = connected(client("Ada"))
    window.presenter.send("my secret")
    until(window, window.view.transcript.last_reply)
    user = User(window)
    user.focus(window.layout.input)
    _covered(window, user)
    page = str(window.cover._page)
    assert all(path.startswith(page) for path in _visible(window))
    root = window.winfo_toplevel()
    assert root.title() == "Notes"
    assert str(root.cget("menu")) == ""
    user.write("innocent words")
    user.press("Tab", "shift+Tab", "ctrl+f", "ctrl+s", "F1")
    assert window.cover.is_shown
    assert dialog_title(window) == ""
    assert str(window.focus_get()).startswith(page)
    user.press("Escape")
    until(window, lambda: not window.cover.is_shown)
    assert root.title() == "Doctor"
    assert str(root.cget("menu")) == str(window.menus.bar)
    assert window.focus_get() is window.layout.input
    assert window.view.input.text == ""
    assert "my secret" in shown(window)


def test_a_locked_conversation_asks_for_its_passphrase(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Escape asks the server; a wrong passphrase and a cancelled question uncover nothing."""
    server.behaviour.passphrases["Ada"] = "engine"
    server.behaviour.asks_old_passphrase = True
    window = client("Ada")
    answer_dialog(window, "Passphrase", "engine")
    connected(window)
    user = User(window)
    user.focus(window.layout.input)
    _covered(window, user)
    user.press("Escape")
    until(window, lambda: dialog_title(window) == "Passphrase")
    assert window.view.dialog is not None
    User(window.view.dialog.window).press("Escape")
    until(window, lambda: not dialog_title(window))
    assert window.cover.is_shown
    until(window, lambda: server.received[-1] == "")
    user = User(window)
    user.press("Escape")
    answer_dialog(window, "Passphrase", "motor")
    until(window, lambda: dialog_title(window) == "Passphrase, once more")
    assert window.cover.is_shown
    answer_dialog(window, "Passphrase, once more", "engine")
    until(window, lambda: not window.cover.is_shown)
    window.presenter.send("hello")
    until(window, window.view.transcript.last_reply)
    assert server.behaviour.passphrases["Ada"] == "engine"
    assert "nothing changed" not in shown(window)


def test_a_covered_conversation_that_was_lost(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """The passphrase that the new connection asks for uncovers it."""
    server.behaviour.passphrases["Ada"] = "engine"
    window = client("Ada")
    answer_dialog(window, "Passphrase", "engine")
    connected(window)
    user = User(window)
    _covered(window, user)
    server.close()
    until(window, lambda: window.presenter.state == "lost")
    user.press("Escape")
    assert window.cover.is_shown
    server.open()
    until(window, lambda: dialog_title(window) == "Passphrase")
    assert window.cover.is_shown
    answer_dialog(window, "Passphrase", "engine")
    until(window, lambda: not window.cover.is_shown)


@pytest.mark.parametrize("typeface", TYPEFACES)
def test_a_typeface_reaches_everything_and_is_remembered(
    client: Callable[..., DoctorClient], typeface: str
) -> None:
    """All letters are in the chosen typeface, now and in the settings that are saved."""
    window = client()
    window.use_typeface(typeface)
    settle(window)
    fonts = window.fonts
    families = {str(font.cget("family")) for font in (fonts.body, fonts.bold, fonts.small)}
    assert len(families) == 1
    assert (fonts.voice.cget("family") in families) == bool(typeface)
    assert window.getvar("doctor_choice_of_use_typeface") == typeface
    assert window.settings.typeface == typeface


def test_one_page_says_where_it_is_saved_and_who_reads_it(
    client: Callable[..., DoctorClient],
) -> None:
    """It is in the menu Help, answers both questions, and Tab goes round in it."""
    window = client()
    window.show_privacy()
    assert dialog_title(window) == "Saved where? Who can read this?"
    text = dialog_text(window)
    for question in ("Where is it saved?", "Who can read it?", "How is it erased?"):
        assert question in text
    assert "{" not in text
    assert window.view.dialog is not None
    top = window.view.dialog.window
    check_walk(window, window.view.dialog._buttons.winfo_children()[0], top)


def test_the_keys_are_those_that_there_are(client: Callable[..., DoctorClient]) -> None:
    """F1 lists every key of the menus, and what it does."""
    window = client()
    User(window).press("F1")
    until(window, lambda: dialog_title(window) == "Keys")
    assert window.view.dialog is not None
    area = next(
        one
        for frame in window.view.dialog.body.winfo_children()
        for one in frame.winfo_children()
        if isinstance(one, tk.Text)
    )
    text = area.get("1.0", tk.END)
    for key in ("Ctrl+F", "F3", "Shift+F3", "Ctrl+G", "Ctrl+Z", "F9", "Shift+Return"):
        assert key in text


def test_every_window_has_the_icon(client: Callable[..., DoctorClient]) -> None:
    """The icon is an image of the window, with two colours."""
    window = client()
    images = [str(name) for name in window.image_names()]
    found = [name for name in images if window.tk.call("image", "width", name) == 64]
    assert found
    pixels = {tuple(window.tk.call(found[0], "get", x, 32)) for x in range(64)}
    assert pixels == {(0x1D, 0x5C, 0x66), (0xFC, 0xFB, 0xF8)}
