"""The full-screen mode: it begins, clears everything, reconnects, and closes on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from client.model.dialogue import DIALOGUE
from client.net.address import ServerAddress
from client.ui.museum import attract, exhibit
from client.ui.museum.exhibit import Exhibit, random_name
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

    def make(idle: int = 120_000, **wanted: Any) -> Exhibit:
        window = Exhibit(ServerAddress("127.0.0.1", server.port), idle=idle, **wanted)
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


def test_letters_fit_a_small_screen(
    shown: Callable[..., Exhibit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where letters are large for the screen they shrink: the transcript keeps a third of it."""
    monkeypatch.setattr(exhibit, "_SIZE", 60)
    window = shown()
    until(window, lambda: window.presenter.state == "open")
    settle(window)
    assert window.fonts.size < 60
    assert window.layout.transcript.winfo_height() > window.winfo_screenheight() // 3


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
    """After the idle time a published dialogue is shown; a key begins a visit with nothing left."""
    window = shown(idle=600)
    greeted(window)
    first = server.received[0]
    user = User(window)
    user.write("my secret")
    user.press("Return")
    user.write("half a wo")
    until(window, lambda: window.attract.is_on)
    assert "January 1966" in str(window._label["text"])
    assert "secret" not in window.layout.transcript.get("1.0", "end")
    assert window.presenter.conversation is None
    user.write("x")
    until(window, lambda: len([n for n in server.received if n.startswith("Visitor")]) > 1)
    until(window, lambda: window.view.transcript.items)
    assert "secret" not in greeted(window)
    assert window.view.input.text == ""
    user.press("Up")
    assert window.view.input.text == ""
    visitors = [name for name in server.received if name.startswith("Visitor")]
    assert first != visitors[-1]


def test_nobody_there_means_no_new_visitor(
    shown: Callable[..., Exhibit], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any use the dialogue is printed to its end and again, and no patients are made."""
    monkeypatch.setattr(attract, "PAUSE", 1)
    monkeypatch.setattr(attract, "END", 1)
    window = shown(idle=1)
    last = DIALOGUE[-1][1]
    begun: list[int] = []
    begin = window.attract._begin

    def counting() -> None:
        begun.append(1)
        begin()

    monkeypatch.setattr(window.attract, "_begin", counting)
    until(window, lambda: last in window.layout.transcript.get("1.0", "end"))
    until(window, lambda: len(begun) > 1)
    assert len([name for name in server.received if name.startswith("Visitor")]) <= 1


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


def test_visitors_read_no_address_while_the_server_restarts(
    shown: Callable[..., Exhibit], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost connection shows a friendly sentence, and the next greeting comes by itself."""
    monkeypatch.setattr(exhibit, "RETRY", 10)
    window = shown()
    greeted(window)
    port = str(server.port)

    def on_screen() -> str:
        text = f"{window.layout.transcript.get('1.0', 'end')}{window.layout.status['text']}"
        assert port not in text
        return text

    server.close()
    until(window, lambda: "will be back soon" in on_screen())
    server.open()
    until(window, lambda: "How do you do" in on_screen())


def test_a_key_shows_how_the_answer_was_made(shown: Callable[..., Exhibit]) -> None:
    """F1 shows the trace beside the transcript, once more hides it, and a new visitor does too."""
    window = shown()
    greeted(window)
    user = User(window)
    user.press("F1")
    assert not window.layout.trace_shown
    user.write("hello")
    user.press("Return")
    until(window, window.view.transcript.last_reply)
    user.press("F1")
    until(window, lambda: window.layout.trace_shown)
    user.press("F1")
    until(window, lambda: not window.layout.trace_shown)
    user.press("F1")
    until(window, lambda: window.layout.trace_shown)
    window.next_visitor()
    assert not window.layout.trace_shown


def test_a_word_is_asked_for_before_it_closes(
    shown: Callable[..., Exhibit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a word, holding Escape asks for it; a wrong one closes the question alone."""
    monkeypatch.setattr(exhibit, "HELD", 100)
    window = shown(leave_word="turnstile")
    greeted(window)
    user = User(window)
    for given in ("wrong", "turnstile"):
        user.hold("Escape")
        until(window, lambda: window.layout.status["text"] == "Let Escape go.")
        User.release("Escape")
        until(window, lambda: window.view.dialog is not None)
        settle(window)
        assert not window.closed
        user.write(given)
        user.press("Return")
        until(window, lambda: window.closed or window.view.dialog is None)
    assert window.closed


def test_a_script_of_1966_is_a_teletype(shown: Callable[..., Exhibit], server: FakeServer) -> None:
    """The greeting says what is played: then capitals, a label, and replies letter by letter."""
    server.script = ("DOCTOR", "1966", "MIT", "Joseph Weizenbaum")
    window = shown(speed=30)
    assert "HOW DO YOU DO" in greeted(window)
    assert window.teletype.look == "paper"
    title = str(window._label["text"]).partition("\n")[0]
    assert title == "DOCTOR  \u00b7  1966  \u00b7  MIT  \u00b7  Joseph Weizenbaum"
    area = window.layout.transcript
    hidden = area.tag_nextrange("not-printed", "1.0")
    assert hidden
    until(window, lambda: area.tag_nextrange("not-printed", "1.0") != hidden)
    User(window).press("Shift_L")
    until(window, lambda: not area.tag_nextrange("not-printed", "1.0"))


@pytest.mark.parametrize(
    ("script", "look", "found"),
    [
        ((), "auto", ""),
        ((), "screen", "screen"),
        (("DOCTOR",), "off", ""),
        (("X",), "auto", "paper"),
    ],
)
def test_another_look_is_a_choice_away(
    shown: Callable[..., Exhibit],
    server: FakeServer,
    script: tuple[str, ...],
    look: str,
    found: str,
) -> None:
    """A look is used for any script or for none; printed at once, nothing is ever hidden."""
    server.script = script
    window = shown(look=look, speed=0)
    greeted(window)
    assert window.teletype.look == found
    assert window.view.transcript.capitals == bool(found)
    assert not window.layout.transcript.tag_nextrange("not-printed", "1.0")


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
