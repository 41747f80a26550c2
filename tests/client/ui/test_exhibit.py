"""The full-screen mode: it begins, clears everything, reconnects, and closes on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.net.address import ServerAddress
from client.ui import exhibit
from client.ui.exhibit import Exhibit, random_name
from tests.support.fake_server import FakeServer
from tests.support.screen import User, check_walk, close_all, settle, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a port of its own."""
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def shown(server: FakeServer) -> Iterator[Callable[..., Exhibit]]:
    """Open full-screen windows, close them, and check that no error was reported."""
    made: list[Exhibit] = []

    def make(idle: int = 120_000) -> Exhibit:
        window = Exhibit(ServerAddress("127.0.0.1", server.port), idle=idle)
        made.append(window)
        settle(window)
        return window

    with tk_garbage_stays_here():
        yield make
        close_all(made)


def greeted(window: Exhibit) -> str:
    """Wait for the greeting and return what is on the screen."""
    until(window, lambda: window.presenter.state == "open" and window.view.transcript.items)
    return window.layout.transcript.get("1.0", "end")


def test_a_visitor_is_greeted_on_a_full_screen(
    shown: Callable[..., Exhibit], server: FakeServer
) -> None:
    """The window has the whole screen, no menu, no header, a random name, and the focus."""
    window = shown()
    assert "How do you do" in greeted(window)
    root = window.winfo_toplevel()
    assert root.winfo_width() == root.winfo_screenwidth()
    assert not window.layout.header.winfo_viewable()
    assert not root.cget("menu")
    assert server.received[0].startswith("Visitor ")
    user = User(window)
    user.write("hello")
    user.press("Return")
    until(window, lambda: "hello" in server.received)


def test_random_names_fit_the_protocol() -> None:
    """Random names are short enough, and there are many."""
    names = {random_name() for _ in range(200)}
    assert len(names) > 180
    assert max(map(len, names)) <= 64


def test_nobody_gets_the_name_of_somebody_else(
    shown: Callable[..., Exhibit], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random name that has a history is replaced, and its history is not shown."""
    names = iter(["Visitor One", "Visitor Two"])
    monkeypatch.setattr(exhibit, "random_name", lambda: next(names))
    server.histories["Visitor One"] = [("a secret", "yes", 1)]
    window = shown()
    assert "secret" not in greeted(window)
    assert window.presenter.conversation is not None
    assert window.presenter.conversation.name == "Visitor Two"


def test_the_next_visitor_sees_nothing_of_the_last(
    shown: Callable[..., Exhibit], server: FakeServer
) -> None:
    """After the idle time, the screen, the input and the recalled lines are cleared."""
    window = shown(idle=600)
    greeted(window)
    first = server.received[0]
    user = User(window)
    user.write("my secret")
    user.press("Return")
    user.write("half a wo")
    until(window, lambda: len([n for n in server.received if n.startswith("Visitor")]) > 1)
    until(window, lambda: window.view.transcript.items)
    assert "secret" not in greeted(window)
    assert window.view.input.text == ""
    user.press("Up")
    assert window.view.input.text == ""
    visitors = [name for name in server.received if name.startswith("Visitor")]
    assert first != visitors[-1]


def test_nobody_there_means_no_new_visitor(
    shown: Callable[..., Exhibit], server: FakeServer
) -> None:
    """Without any use the greeting stays, and no new patients are made."""
    window = shown(idle=1)
    greeted(window)
    turns = iter(range(50))
    until(window, lambda: next(turns, None) is None)
    assert len(server.received) == 1


def test_commands_are_said_and_not_obeyed(
    shown: Callable[..., Exhibit], server: FakeServer
) -> None:
    """A command that a visitor types is sent as a line."""
    window = shown()
    greeted(window)
    window.view.input.put("/forget")
    window.view.input.send()
    until(window, lambda: "//forget" in server.received)


def test_a_doctor_who_is_out_comes_back(
    shown: Callable[..., Exhibit], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no server answers, the screen says so and tries again by itself."""
    monkeypatch.setattr(exhibit, "RETRY", 10)
    server.close()
    window = shown()
    until(window, lambda: "will be back soon" in window.layout.transcript.get("1.0", "end"))
    server.open()
    assert "How do you do" in greeted(window)


def test_escape_leaves_only_when_held(
    shown: Callable[..., Exhibit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press of Escape shows what to do; holding it long enough closes the window."""
    monkeypatch.setattr(exhibit, "HELD", 400)
    window = shown()
    greeted(window)
    user = User(window)
    user.press("Escape")
    assert "Keep Escape held" in window.layout.status["text"]
    until(window, lambda: "Keep Escape held" not in window.layout.status["text"])
    assert not window.closed
    user.hold("Escape")
    try:
        while not window.closed:
            window.tk.dooneevent(0)
    finally:
        User.release("Escape")


def test_tab_goes_round_and_writes_nothing(shown: Callable[..., Exhibit]) -> None:
    """Tab and Shift+Tab reach the input, the button and the transcript, and leave them."""
    window = shown()
    greeted(window)
    before = window.layout.transcript.get("1.0", "end")
    check_walk(window, window.layout.input, window)
    assert window.layout.transcript.get("1.0", "end") == before
    assert window.view.input.text == ""


def test_the_window_manager_does_not_close_it(shown: Callable[..., Exhibit]) -> None:
    """Alt+F4 is a request of the window manager to close; a visitor's has no effect."""
    window = shown()
    greeted(window)
    root = window.winfo_toplevel()
    root.tk.call(*root.tk.splitlist(root.protocol("WM_DELETE_WINDOW")))
    settle(window)
    assert not window.closed
    window.close_at_once()
    assert window.closed
