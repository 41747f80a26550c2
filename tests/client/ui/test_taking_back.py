"""Taking back one exchange, by keyboard and by the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.screen import (
    User,
    answer_dialog,
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


def _say(window: DoctorClient, *lines: str) -> None:
    transcript = window.view.transcript
    wanted = len(transcript.entries()) + len(lines)
    for line in lines:
        window.presenter.send(line)
    until(window, lambda: len(transcript.entries()) == wanted)


def test_ctrl_z_in_an_empty_input_takes_back_the_last(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """It asks once more; then the words are gone from screen, history and recall."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("one")
    user.press("Return")
    until(window, lambda: len(window.view.transcript.entries()) == 1)
    user.write("my secret")
    user.press("Return")
    until(window, lambda: len(window.view.transcript.entries()) == 2)
    user.write("typed")
    user.press("ctrl+z")
    assert dialog_title(window) == ""
    assert window.view.input.text == ""
    user.press("ctrl+z")
    until(window, lambda: dialog_title(window) == "Take this back?")
    assert "number 2" in dialog_text(window)
    assert window.view.dialog is not None
    assert "“my secret”" in dialog_text(window)
    User(window.view.dialog.window).press("Return")
    until(window, lambda: "nothing is taken back" in window.layout.status["text"])
    assert "nothing is taken back" not in shown(window)
    assert server.histories["Ada"][1][0] == "my secret"
    assert window.focus_get() is window.layout.input
    user.press("ctrl+z")
    until(window, lambda: dialog_title(window) == "Take this back?")
    User(window.view.dialog.window).press("Tab", "Return")
    until(window, lambda: "number 2 was taken back" in shown(window))
    assert "secret" not in shown(window)
    assert server.histories["Ada"][1][:2] == ("", "")
    assert window.focus_get() is window.layout.input
    user.press("Up")
    assert window.view.input.text == "one"
    user.press("Down", "ctrl+z")
    until(window, lambda: dialog_title(window) == "Take this back?")
    assert "number 1," in dialog_text(window)


def test_any_exchange_is_taken_back_by_the_menu(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """The menu of the right button takes back the exchange under the pointer."""
    window = connected(client("Ada"))
    _say(window, "the first", "the second\nwith a paragraph", "the third")
    user = User(window)
    area = window.layout.transcript
    at = area.search("with a paragraph", "1.0")
    settle(window)
    x, y, width, height = area.bbox(at) or (0, 0, 0, 0)
    user.click(area, x + width, y + height // 2, button="3")
    menu = window.context_menu.menu
    until(window, menu.winfo_viewable)
    labels = [str(menu.entrycget(index, "label")) for index in range(3)]
    menu.invoke(labels.index("Take this back…"))
    menu.unpost()
    until(window, lambda: dialog_title(window) == "Take this back?")
    assert "number 2," in dialog_text(window)
    assert window.view.dialog is not None
    User(window.view.dialog.window).press("Tab", "Return")
    until(window, lambda: "number 2 was taken back" in shown(window))
    assert [said for said, *_ in server.histories["Ada"]] == ["the first", "", "the third"]
    _say(window, "the fourth")
    text = shown(window)
    assert text.index("the first") < text.index("taken back") < text.index("the third")
    window.select_all()
    assert "* number 2 was taken back" in window.view.transcript.selected_text()


def test_a_history_shows_what_was_taken_back(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """The next visit shows the number and that it was taken back."""
    server.histories["Ada"] = [("one", "why?", 1), ("", "", 1), ("three", "why?", 1)]
    window = connected(client("Ada"))
    until(window, lambda: "number 2 was taken back" in shown(window))
    assert [entry.mark for entry in window.view.transcript.entries()] == ["", "taken-back", ""]


def test_nothing_to_take_back(client: Callable[..., DoctorClient]) -> None:
    """A new history has nothing to take back, and the window says so."""
    window = connected(client("Ada"))
    window.take_back_last()
    assert window.layout.status["text"] == "There is nothing to take back."
    window.disconnect()
    assert dialog_title(window) == ""


def test_cancelling_the_old_passphrase_changes_nothing(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Escape at the question for the old passphrase leaves the session open."""
    server.behaviour.passphrases["Ada"] = "engine"
    server.behaviour.asks_old_passphrase = True
    window = client("Ada")
    answer_dialog(window, "Passphrase", "engine")
    connected(window)
    window.set_passphrase()
    until(window, lambda: dialog_title(window) == "Passphrase")
    assert window.view.dialog is not None
    User(window.view.dialog.window).press("Escape")
    until(window, lambda: "You cancelled, so nothing changed." in window.layout.status["text"])
    assert window.presenter.state == "open"
    _say(window, "hello")
    assert server.behaviour.passphrases["Ada"] == "engine"


def test_what_is_done_next_removes_what_was_told_before(
    client: Callable[..., DoctorClient],
) -> None:
    """The status line tells of what was taken back until the next line or command."""
    window = connected(client("Ada"))
    _say(window, "the first")
    window.take_back_last()
    until(window, lambda: dialog_title(window) == "Take this back?")
    assert window.view.dialog is not None
    User(window.view.dialog.window).press("Tab", "space")
    until(window, lambda: "is taken back" in window.layout.status["text"])
    _say(window, "the second")
    assert window.layout.status["text"].startswith("Connected to")


def test_two_new_passphrases_that_differ_are_told_in_the_dialog(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """The dialog stays open with the error in it, until the same is typed or it is cancelled."""
    window = connected(client("Ada"))
    window.set_passphrase()
    answer_dialog(window, "A new passphrase", "engine")
    answer_dialog(window, "The new passphrase again", "enigne")
    until(window, lambda: "not the same" in dialog_text(window))
    assert dialog_title(window) == "The new passphrase again"
    assert not server.behaviour.passphrases
    answer_dialog(window, "The new passphrase again", "engine")
    until(window, lambda: window.presenter.is_locked)
    assert server.behaviour.passphrases["Ada"] == "engine"
    assert "has a passphrase now" in window.layout.status["text"]
