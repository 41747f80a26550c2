"""The context menu, the page of helplines, and closing with a line that came back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tkinter as tk
import webbrowser
from typing import TYPE_CHECKING

import pytest

from doctor.protocol import Reply, codes
from tests.support.screen import (
    User,
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


def _labels(window: DoctorClient) -> list[str]:
    menu = window.context_menu.menu
    last = menu.index(tk.END)
    kinds = range(0 if last is None else last + 1)
    return [str(menu.entrycget(at, "label")) for at in kinds if menu.type(at) == "command"]


def _choose(window: DoctorClient, user: User, label: str) -> None:
    """Choose an entry of the open menu by keyboard."""
    menu = window.context_menu.menu
    until(window, menu.winfo_viewable)
    menu.focus_force()
    user.press(*["Down"] * (_labels(window).index(label) + 1), "Return")
    until(window, lambda: not menu.winfo_viewable())


def _say(window: DoctorClient, *texts: str) -> None:
    """Say something, each after the reply to the one before."""
    for text in texts:
        window.presenter.send(text)
        until(window, lambda text=text: f"Why do you say: {text}?" in shown(window))  # type: ignore[misc] # bound early


def _go_to(window: DoctorClient, user: User, text: str) -> None:
    """Move the cursor by keyboard to the row of the transcript that begins with a text."""
    area = window.layout.transcript
    row = int(area.search(text, "1.0").split(".")[0])
    user.press("ctrl+Home", *["Down"] * (row - 1))
    assert area.get("insert linestart", "insert lineend").startswith(text)


def test_the_right_button_explains_and_copies(client: Callable[..., DoctorClient]) -> None:
    """A right click on a reply offers to explain it, to copy and to select everything."""
    window = connected(client("Ada"))
    window.presenter.send("my mother")
    until(window, lambda: len(window.presenter.explainer))
    area = window.layout.transcript
    settle(window)
    left, top, width, height = area.bbox(area.search("Why do you say", "1.0")) or (0, 0, 0, 0)
    user = User(window)
    user.click(area, left + width, top + height // 2, button="3")
    until(window, window.context_menu.menu.winfo_viewable)
    wanted = ["Why did you say that?", "Copy this reply", "Take this back…", "Copy", "Select all"]
    assert _labels(window) == wanted
    _choose(window, user, "Why did you say that?")
    until(window, lambda: window.layout.trace_shown)


def test_the_addresses_and_numbers_of_a_careful_reply(
    client: Callable[..., DoctorClient], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reply names to turn to is copied or opened from the menu, by keyboard."""
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    text = "Call 112, or 116 123. People who listen: findahelpline.com, a directory. 24 hours."
    server.behaviour.replies.append(Reply(codes.SAYS, text))
    window = connected(client("Ada"))
    window.presenter.send("I want to die")
    until(window, window.view.transcript.last_reply)
    user = User(window)
    user.focus(window.layout.transcript)
    user.press("shift+F10")
    until(window, window.context_menu.menu.winfo_viewable)
    wanted = ["Copy 112", "Copy 116 123", "Open findahelpline.com"]
    assert _labels(window)[2:5] == wanted
    _choose(window, user, "Open findahelpline.com")
    until(window, lambda: opened == ["https://findahelpline.com"])
    user.focus(window.layout.transcript)
    user.press("shift+F10")
    _choose(window, user, "Copy 116 123")
    until(window, lambda: window.clipboard_get() == "116 123")


def test_the_menu_key_pastes(client: Callable[..., DoctorClient]) -> None:
    """Shift+F10 in the input opens the menu, and Paste pastes as Ctrl+V does."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    window.clipboard_clear()
    window.clipboard_append("one\r\ntwo")
    user.press("shift+F10")
    until(window, window.context_menu.menu.winfo_viewable)
    assert _labels(window) == ["Copy", "Paste", "Select all"]
    _choose(window, user, "Paste")
    until(window, lambda: window.view.input.text == "one\ntwo")


def test_a_line_that_came_back_is_asked_about(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Closing while a line that was not recorded is in the input asks first; sent again, not."""
    window = connected(client("Ada"))
    server.behaviour.replies.append(Reply(codes.NOT_SAVED, "no room"))
    window.view.input.put("keep me")
    window.view.input.send()
    until(window, lambda: window.view.input.text == "keep me")
    window.leave()
    until(window, lambda: dialog_title(window) == "A line was not recorded")
    assert window.view.dialog is not None
    window.view.dialog.dismiss()
    window.view.input.send()
    until(window, lambda: "Why do you say: keep me?" in shown(window))
    window.leave()
    assert window.closed


def test_a_notice_about_wrong_passphrases_is_shown(
    client: Callable[..., DoctorClient], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server tells the owner of a locked history is in the transcript."""
    server.behaviour.passphrases["Ada"] = "engine"
    server.behaviour.notice = "3 wrong passphrases were given since your last visit."
    monkeypatch.setenv("TZ", "UTC")
    window = client("Ada")
    until(window, lambda: dialog_title(window) == "Passphrase")
    window.view.close_dialog()
    assert window.presenter.conversation is not None
    window.presenter.conversation.answer("engine")
    connected(window)
    assert "3 wrong passphrases" in shown(window)
    assert window.layout.hint["text"] == "Passphrase set"


@pytest.mark.skipif(not shutil.which("xrdb"), reason="xrdb is not installed")
@pytest.mark.usefixtures("client")
def test_the_resolution_of_the_x_server_is_used() -> None:
    """With `Xft.dpi` of 192 an inch on the screen has 192 pixels, and letters grow with it."""
    program = (
        "import tkinter; from client.widgets.base_window import BaseFrame;"
        "frame = BaseFrame('Doctor', 11);"
        "print(round(frame.winfo_fpixels('1i')), frame.fonts.body.metrics('linespace'))"
    )
    found = []
    for dpi in ("96", "192"):
        subprocess.run(
            ["xrdb", "-nocpp", "-merge", "-"], input=f"Xft.dpi: {dpi}\n", text=True, check=True
        )
        try:
            done = subprocess.run(
                [sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=True,
                env=dict(os.environ),
            )
        finally:
            subprocess.run(["xrdb", "-nocpp", "-load", "/dev/null"], check=True)
        found.append([int(word) for word in done.stdout.split()])
    assert [inch for inch, _ in found] == [96, 192]
    assert found[1][1] > 1.7 * found[0][1]


@pytest.mark.parametrize("key", ["Menu", "shift+F10"])
def test_the_menu_key_means_the_entry_under_the_cursor(
    client: Callable[..., DoctorClient], key: str
) -> None:
    """The menu opens at the cursor, marks the entry that it is in, and takes that one back."""
    window = connected(client("Ada"))
    _say(window, "the first", "the second", "the third")
    area = window.layout.transcript
    user = User(window)
    user.click(window.layout.input)  # a pointer over the menu would choose in it
    user.focus(area)
    _go_to(window, user, "the first")
    x, y, _width, height = area.bbox("insert") or (0, 0, 0, 0)
    user.press(key)
    menu = window.context_menu.menu
    until(window, menu.winfo_viewable)
    marked = area.get(*map(str, area.tag_ranges("meant")))
    assert "the first" in marked
    assert "the second" not in marked
    assert abs(menu.winfo_rootx() - area.winfo_rootx() - x) < 10
    assert abs(menu.winfo_rooty() - area.winfo_rooty() - y - height) < 10
    _choose(window, user, "Take this back…")
    assert not area.tag_ranges("meant")
    until(window, lambda: dialog_title(window) == "Take this back?")
    assert "the first" in dialog_text(window)


def test_a_cursor_at_the_end_means_the_newest_reply(client: Callable[..., DoctorClient]) -> None:
    """Before the cursor was moved the menu is about the newest exchange."""
    window = connected(client("Ada"))
    _say(window, "the first", "the second")
    user = User(window)
    user.focus(window.layout.transcript)
    user.press("Menu")
    until(window, window.context_menu.menu.winfo_viewable)
    area = window.layout.transcript
    assert "the second" in area.get(*map(str, area.tag_ranges("meant")))
    user.press("Escape")
    until(window, lambda: not area.tag_ranges("meant"))


def test_ctrl_i_explains_the_reply_under_the_cursor(client: Callable[..., DoctorClient]) -> None:
    """In the transcript Ctrl+I explains the reply at the cursor; at the same again it closes."""
    window = connected(client("Ada"))
    _say(window, "the first", "the second")
    transcript, area = window.view.transcript, window.layout.transcript
    user = User(window)
    user.focus(area)
    user.press("ctrl+i")
    assert window.layout.trace_shown
    assert transcript.chosen is transcript.numbered(2)
    _go_to(window, user, "the first")
    user.press("ctrl+i")
    assert window.layout.trace_shown
    assert transcript.chosen is transcript.numbered(1)
    assert window.focus_get() is area
    user.press("ctrl+i")
    assert not window.layout.trace_shown
    assert window.focus_get() is area


@pytest.mark.parametrize("area", ["trace", "transcript", "input"])
def test_escape_closes_the_explanation(client: Callable[..., DoctorClient], area: str) -> None:
    """Escape hides how a reply was made, wherever the focus is, and goes to the input."""
    window = connected(client("Ada"))
    _say(window, "the first")
    window.explain()
    assert window.layout.trace_shown
    user = User(window)
    user.focus(getattr(window.layout, area))
    user.press("Escape")
    assert not window.layout.trace_shown
    until(window, lambda: window.focus_get() is window.layout.input)
