"""Live conversations in the records window, with a real server, the mouse and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.records.window import RecordsWindow
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server
from tests.support.screen import User, check_walk, close_all, settle, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], RecordsWindow]]:
    """Open the window on an empty directory, close it, and check that no error was reported."""
    windows: list[RecordsWindow] = []

    def make() -> RecordsWindow:
        window = RecordsWindow(tmp_path)
        windows.append(window)
        settle(window)
        return window

    with tk_garbage_stays_here():
        yield make
        close_all(windows)


def shown(window: RecordsWindow) -> str:
    """Return what is shown of the conversation."""
    return window.live.layout.area.get("1.0", "end")


def names(window: RecordsWindow) -> tuple[str, ...]:
    """Return who is in the list."""
    return tuple(window.live.layout.list.get_children())


def test_an_evening_by_keys(tmp_path: Path, opened: Callable[[], RecordsWindow]) -> None:
    """Ctrl+L, Return to watch, Ctrl+Return to attend, Ctrl+H to hold, a line, Escape to leave."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        window = opened()
        user = User(window)
        layout = window.live.layout
        user.press("ctrl+l")
        until(window, lambda: names(window) == ("Ada",))
        layout.person.delete(0, "end")
        layout.person.insert(0, "Maria")
        window.live.focus()
        user.press("Return")
        until(window, lambda: "watch Ada as Maria" in window.status)
        assert ada.reply().code == 153
        ada.ask("two")
        until(window, lambda: "2: two" in shown(window))
        assert str(layout.line["state"]) == "disabled"
        user.focus(layout.list)
        user.press("ctrl+Return")
        until(window, lambda: "attend Ada as Maria" in window.status)
        until(window, lambda: "1: one" in shown(window))
        assert sorted(ada.reply().code for _ in range(2)) == [152, 153]
        user.press("ctrl+h")
        until(window, lambda: layout.buttons["hold"]["text"] == "Give back")
        assert ada.reply().code == 154
        until(window, lambda: window.live.people.rows[0].state == "Maria answers")
        assert ada.ask("three").code == 251
        until(window, lambda: "for Maria" in shown(window))
        user.focus(layout.line)
        user.write("I am here.")
        user.press("Return")
        until(window, lambda: "Maria (person)" in shown(window))
        assert layout.line.get() == ""
        assert ada.reply().code == 150
        user.press("ctrl+h")
        until(window, lambda: layout.buttons["hold"]["text"] == "Hold")
        assert ada.reply().code == 155
        user.press("Escape")
        until(window, lambda: str(layout.buttons["leave"]["state"]) == "disabled")
        assert ada.reply().code == 152
        user.press("ctrl+l")
        until(window, lambda: not window.live.is_shown)


def test_the_keyboard_reaches_everything(
    tmp_path: Path, opened: Callable[[], RecordsWindow]
) -> None:
    """Tab and Shift+Tab go through every control of live conversations."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        window = opened()
        window.live.show()
        until(window, lambda: names(window) == ("Ada",))
        window.live.focus()
        window.live.attend()
        until(window, lambda: "attend Ada" in window.status)
        check_walk(window, window.live.layout.list, window)


def test_a_marked_line_calls(tmp_path: Path, opened: Callable[[], RecordsWindow]) -> None:
    """The status line tells at once who said a marked line; the list shows it, without its text."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        window = opened()
        ada.enter("Ada")
        ada.ask("one")
        until(window, lambda: names(window) == ("Ada",))
        ada.ask("care for me")
        until(window, lambda: "Ada: line 2 is marked" in window.status)
        until(window, lambda: "\u2691" in window.live.layout.list.item("Ada")["text"])
        assert "care for me" not in shown(window)
        ada.send(b"/history\n")
        assert ada.reply().code == 215  # nobody was told of a reader


def test_closing_the_window_gives_back(tmp_path: Path, opened: Callable[[], RecordsWindow]) -> None:
    """A window that is closed while it holds the doctor gives back, and the patient is told."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        window = opened()
        window.live.show()
        until(window, lambda: names(window) == ("Ada",))
        window.live.focus()
        window.live.attend()
        until(window, lambda: "attend Ada" in window.status)
        window.live.hold()
        until(window, lambda: window.live.layout.buttons["hold"]["text"] == "Give back")
        window.close()
        assert [ada.reply().code for _ in range(4)] == [153, 154, 155, 152]


def test_no_server_and_then_one(
    tmp_path: Path, opened: Callable[[], RecordsWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server the list says so; one that starts later is found, its end is seen."""
    monkeypatch.setattr("client.records.live._AGAIN", 50)
    window = opened()
    window.live.show()
    until(window, lambda: "no server runs" in window.status)
    assert "No server" in window.live.layout.list.heading("#0")["text"]
    window.live.attend()
    assert window.status == "Choose a conversation first."
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        until(window, lambda: names(window) == ("Ada",))
        window.live.focus()
        window.live.watch()
        until(window, lambda: "watch Ada" in window.status)
    until(window, lambda: "the server is stopping" in shown(window))
    until(window, lambda: "No server" in window.live.layout.list.heading("#0")["text"])
    assert not names(window)


def test_the_status_of_saved_histories_is_left_alone(
    opened: Callable[[], RecordsWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While saved histories are shown, a server that does not run is not spoken of."""
    monkeypatch.setattr("client.records.live._AGAIN", 10)
    tries: list[object] = []
    window = opened()
    lose = window.live._lose

    def count(why: str) -> None:
        tries.append(why)
        lose(why)

    monkeypatch.setattr(window.live, "_lose", count)
    until(window, lambda: "patients in" in window.status)
    until(window, lambda: len(tries) > 3)
    assert "patients in" in window.status


def test_what_is_refused_is_told(tmp_path: Path, opened: Callable[[], RecordsWindow]) -> None:
    """A name that is the patient's own is refused in the status line."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        window = opened()
        window.live.show()
        until(window, lambda: names(window) == ("Ada",))
        window.live.layout.person.delete(0, "end")
        window.live.layout.person.insert(0, "ada")
        window.live.focus()
        window.live.attend()
        until(window, lambda: "is the patient" in window.status)
        assert str(window.live.layout.buttons["leave"]["state"]) == "disabled"
