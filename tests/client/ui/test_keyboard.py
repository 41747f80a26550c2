"""Everything by keyboard: the focus after dialogs, Tab through every screen, Caps Lock, pasting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.screen import (
    User,
    check_walk,
    connected,
    dialog_field,
    dialog_title,
    settle,
    shown,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer

#: A dialog's key or method of the window, and its title.
_DIALOGS = [
    ("F1", "Keys"),
    ("ctrl+l", "The doctor's server"),
    ("show_privacy", "Saved where? Who can read this?"),
    ("show_about", "About Doctor"),
    ("show_helplines", "If you need help now"),
    ("set_passphrase", "A new passphrase"),
    ("forget", "Erase this history for good?"),
]


@pytest.mark.parametrize(("opens", "title"), _DIALOGS)
@pytest.mark.parametrize("ends", ["Escape", "button"])
def test_after_a_dialog_the_keyboard_is_where_it_was(
    client: Callable[..., DoctorClient], opens: str, title: str, ends: str
) -> None:
    """What is typed after a dialog is closed arrives in the input."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    if hasattr(window, opens):
        getattr(window, opens)()
    else:
        user.press(opens)
    until(window, lambda: dialog_title(window) == title)
    dialog = window.view.dialog
    assert dialog is not None
    until(window, lambda: str(window.tk.call("focus")).startswith(str(dialog.window)))
    if ends == "Escape":
        user.press("Escape")
    else:
        buttons = {str(one["text"]): one for one in dialog._buttons.winfo_children()}
        user.click(next(buttons[one] for one in ("Close", "Cancel", "Keep it") if one in buttons))
    until(window, lambda: not dialog.is_open)
    user.write("abc")
    assert window.view.input.text == "abc"


def test_after_the_passphrase_of_a_reconnection_the_keyboard_is_in_the_input(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Who types on after giving the passphrase again loses no letter."""
    server.behaviour.passphrases["Ada"] = "engine"
    window = client("Ada")
    user = User(window)
    for _ in range(2):
        until(window, lambda: dialog_title(window) == "Passphrase")
        user.focus(dialog_field(window))
        user.write("engine")
        user.press("Return")
        connected(window)
        user.write("x")
        if window.view.input.text == "x":
            server.close()
            server.open()
            until(window, lambda: window.presenter.state != "open")
            user.press("ctrl+Return")
    assert window.view.input.text == "xx"


def test_tab_goes_through_the_conversation(client: Callable[..., DoctorClient]) -> None:
    """Tab and Shift+Tab reach and leave every control, and write nothing anywhere."""
    window = connected(client("Ada"))
    window.presenter.send("my mother")
    until(window, lambda: len(window.presenter.explainer))
    window.explain()
    before = shown(window)
    check_walk(window, window.layout.input, window)
    assert shown(window) == before
    assert window.view.input.text == ""


def test_tab_goes_through_the_pages_before_a_conversation(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """The offers on the page of a failure are reached by Tab, forwards and backwards."""
    window = client()
    check_walk(window, window.layout.name, window)
    server.close()
    window.layout.name.insert(0, "Ada")
    window.connect()
    until(window, lambda: "Is the server running?" in shown(window))
    before = shown(window)
    check_walk(window, window.layout.name, window)
    assert shown(window) == before


@pytest.mark.parametrize("opens", ["show_keys", "choose_server", "show_about", "show_helplines"])
def test_tab_goes_through_dialogs(client: Callable[..., DoctorClient], opens: str) -> None:
    """Every control of a dialog is reached and left by Tab."""
    window = client()
    getattr(window, opens)()
    dialog = window.view.dialog
    assert dialog is not None
    settle(window)
    until(window, lambda: str(window.tk.call("focus")).startswith(str(dialog.window)))
    start = window.nametowidget(str(window.tk.call("focus")))
    check_walk(window, start, dialog.window)


def test_keys_work_with_caps_lock(client: Callable[..., DoctorClient]) -> None:
    """Ctrl and a letter does the same with Caps Lock."""
    window = connected(client("Ada"))
    window.presenter.send("my mother")
    until(window, lambda: len(window.presenter.explainer))
    user = User(window)
    user.focus(window.layout.input)
    user.press("Caps_Lock")
    try:
        user.press("ctrl+i")
        until(window, lambda: window.layout.trace_shown)
        user.press("ctrl+i")
        until(window, lambda: not window.layout.trace_shown)
        user.write("whole")
        user.press("ctrl+a")
        assert window.layout.input.tag_ranges("sel")
        user.press("ctrl+l")
        until(window, lambda: dialog_title(window) == "The doctor's server")
    finally:
        user.press("Caps_Lock")


def test_page_keys_in_the_input_scroll_the_transcript(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Page Up in the input shows what was said before, Page Down returns to the end."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 60)]
    window = connected(client("Ada"))
    until(window, lambda: "line 1\n" in shown(window))
    view = window.view.transcript.text_view
    user = User(window)
    user.focus(window.layout.input)
    user.press("Prior", "Prior")
    until(window, lambda: not view.at_end)
    assert not view.follows
    user.press("Next", "Next")
    until(window, lambda: view.at_end)
    assert window.focus_get() is window.layout.input


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_of_any_kind_are_pasted(client: Callable[..., DoctorClient], end: str) -> None:
    """Lines that were copied anywhere are lines in the input."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    window.clipboard_clear()
    window.clipboard_append(f"one{end}two")
    user.press("ctrl+v")
    assert window.view.input.text == "one\ntwo"


@pytest.mark.parametrize("letter", ["x", "é", "\N{GRINNING FACE}"])
def test_a_huge_paste_is_cut_to_a_line(
    client: Callable[..., DoctorClient], server: FakeServer, letter: str
) -> None:
    """Of a megabyte without a line end a line's length is taken at once, and the window says so."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("so: ")
    window.clipboard_clear()
    window.clipboard_append(letter * 1_000_000)
    begun = time.monotonic()
    user.press("ctrl+v")
    assert time.monotonic() - begun < 5
    text = window.view.input.text
    assert text.startswith(f"so: {letter}")
    assert 4092 <= len(text.encode()) <= 4095
    assert "were not pasted" in window.layout.status["text"]
    user.press("Return")
    until(window, lambda: text in server.received)


def test_the_panel_of_a_trace_has_a_close_button(client: Callable[..., DoctorClient]) -> None:
    """A click on Close hides the panel, and the keyboard is in the input."""
    window = connected(client("Ada"))
    window.explain()
    user = User(window)
    user.click(window.layout.close_trace)
    until(window, lambda: not window.layout.trace_shown)
    user.write("abc")
    assert window.view.input.text == "abc"


def test_cancelled_saving_says_so(client: Callable[..., DoctorClient]) -> None:
    """After a cancelled Save the status line does not go on saying that something is loaded."""
    asked: dict[str, str] = {}

    def cancel(**options: str) -> str:
        asked.update(options)
        return ""

    window = connected(client("Ada", choose_file=cancel))
    window.presenter.send("hello")
    until(window, window.view.transcript.last_reply)
    User(window).press("ctrl+s")
    until(window, lambda: window.layout.status["text"] == "Nothing was saved.")
    assert asked["initialdir"] == str(window._save_directory)


def test_setting_a_passphrase_is_said_and_shown(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """After a new passphrase the window says what follows, and shows it from then on."""
    window = connected(client("Ada"))
    assert window.layout.hint["text"] == "No passphrase"
    window.set_passphrase()
    user = User(window)
    for title in ("A new passphrase", "The new passphrase again"):
        until(window, lambda title=title: dialog_title(window) == title)  # type: ignore[misc] # bound early
        user.focus(dialog_field(window))
        user.write("engine")
        user.press("Return")
    until(window, lambda: "has a passphrase now" in shown(window))
    assert window.layout.hint["text"] == "Passphrase set"
    assert server.behaviour.passphrases == {"Ada": "engine"}


def test_missed_lines_are_above_those_that_wait(
    client: Callable[..., DoctorClient], server: FakeServer, tmp_path: Path
) -> None:
    """What was said elsewhere meanwhile is shown and saved before the line that waited."""
    target = tmp_path / "saved.txt"
    window = connected(client("Ada", choose_file=lambda **_options: str(target)))
    window.presenter.send("first")
    until(window, window.view.transcript.last_reply)
    server.close()
    until(window, lambda: window.presenter.state == "lost")
    window.presenter.send("typed here")
    server.histories["Ada"].append(("said elsewhere", "Indeed.", 2))
    server.open()
    window.connect()
    until(window, lambda: "Why do you say: typed here?" in shown(window))
    text = shown(window)
    assert text.index("said elsewhere") < text.index("typed here")
    assert text.count("said elsewhere") == text.count("Indeed.") == 1
    window.save()
    until(window, target.exists)
    saved = target.read_text()
    assert saved.index("first") < saved.index("said elsewhere") < saved.index("typed here")
    transcript = window.view.transcript
    for item in transcript.items:  # the positions of all items are still right
        assert transcript.item_at(f"{transcript.row_of(item)}.0") is item


def test_copying_past_the_end_of_a_reply_takes_the_reply_alone(
    client: Callable[..., DoctorClient],
) -> None:
    """A selection that ends in the line below a reply is the reply, and not the line above it."""
    window = connected(client("Ada"))
    for line in ("one", "two"):
        window.presenter.send(line)
        until(window, lambda line=line: f"Why do you say: {line}?" in shown(window))  # type: ignore[misc] # bound early
    area = window.layout.transcript
    at = area.search("do you say: one?", "1.0")
    area.tag_add("sel", at, f"{at} lineend + 4 chars")
    user = User(window)
    user.focus(area)
    user.press("ctrl+c")
    assert window.clipboard_get().splitlines()[0] == "do you say: one?"
    assert "Ada: one" not in window.clipboard_get()


def test_a_taken_port_offers_another_after_a_name_too(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """If another program has the port, typing a name and Return keeps the offer of another port."""
    server.behaviour.banner = "SMTP ready"
    window = client()
    window.local_server.start()
    until(window, lambda: "not a doctor" in shown(window))
    user = User(window)
    user.focus(window.layout.name)
    user.write("Ada")
    user.press("Return")
    until(window, lambda: "Another program answers there" in shown(window))
    labels = [str(child["text"]) for child in window.layout.transcript.winfo_children()]
    assert labels[0] == "Start a doctor on another port"
