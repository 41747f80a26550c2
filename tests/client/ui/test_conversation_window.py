"""A conversation in its window: real key presses and clicks under a real X server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model.transcript import ItemKind
from doctor.protocol import Reply, closing, codes
from tests.support.screen import (
    User,
    connected,
    shown,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


def test_a_conversation_by_hand(client: Callable[..., DoctorClient], server: FakeServer) -> None:
    """A patient types a name, presses Return, and gets a reply to a line."""
    window = client()
    user = User(window)
    user.focus(window.layout.name)
    user.write("Ada")
    user.press("Return")
    connected(window)
    assert window.focus_get() is window.layout.input
    user.write("My mother hates me.")
    user.press("Return")
    until(window, lambda: "Why do you say: My mother hates me.?" in shown(window))
    assert window.view.input.text == ""
    assert server.received[:2] == ["Ada", "My mother hates me."]


def test_send_is_a_button_too(client: Callable[..., DoctorClient]) -> None:
    """A click on Send sends what was typed."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("hello")
    user.click(window.layout.send)
    until(window, lambda: "Why do you say: hello?" in shown(window))


def test_second_visit_shows_the_first(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Earlier sessions are above the greeting, in a paler colour, with their days."""
    server.histories["Ada"] = [("my dog died", "I am sorry.", 1)]
    window = connected(client("Ada"))
    until(window, lambda: "my dog died" in shown(window))
    text = shown(window)
    assert text.index("November 2026") < text.index("my dog died")
    assert text.index("my dog died") < text.index("Welcome back, Ada.")
    at = window.layout.transcript.search("I am sorry.", "1.0")
    assert "old" in window.layout.transcript.tag_names(at)


def test_refused_connection_says_so_and_can_be_tried_again(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """If nothing listens, the window says so, and the button works again."""
    server.close()
    window = client("Ada")
    until(window, lambda: window.view.placeholder.is_shown and window.presenter.state == "off")
    assert "Is the server running?" in shown(window)
    server.open()
    User(window).click(window.layout.button)
    connected(window)


def test_keys_work_while_the_doctor_thinks(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Typed text appears while a slow reply is awaited."""
    window = connected(client("Ada"))
    user = User(window)
    server.behaviour.may_reply.clear()
    user.focus(window.layout.input)
    user.write("a slow one")
    user.press("Return")
    until(window, lambda: window.presenter.state == "thinking")
    user.write("typed meanwhile")
    assert window.view.input.text == "typed meanwhile"
    assert "not answered yet" in shown(window)
    assert "Why do you say" not in shown(window)
    server.behaviour.may_reply.set()
    until(window, lambda: "Why do you say: a slow one?" in shown(window))
    assert window.presenter.state == "open"


def test_server_stopped_and_started_in_mid_conversation(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Nothing is lost or recorded twice when the server stops and starts again."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("one")
    user.press("Return")
    until(window, lambda: "Why do you say: one?" in shown(window))
    server.close(closing(codes.Reason.STOPPING, "the server stops"))
    until(window, lambda: window.presenter.state == "lost")
    user.write("two")
    user.press("Return")
    user.write("unsent")
    assert window.view.transcript.items[-1].kind is ItemKind.PENDING
    server.open()
    user.press("ctrl+Return")
    until(window, lambda: "Why do you say: two?" in shown(window))
    assert window.view.input.text == "unsent"
    assert [said for said, _, _ in server.histories["Ada"]] == ["one", "two"]
    assert shown(window).count("Why do you say: one?") == 1


def test_a_line_that_was_not_saved_comes_back(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """After a 452 the text is in the input again, and the transcript says so."""
    window = connected(client("Ada"))
    server.behaviour.replies.append(Reply(codes.NOT_SAVED, "no room"))
    window.view.input.put("keep me")
    window.view.input.send()
    until(window, lambda: window.view.input.text == "keep me")
    assert "not recorded" in shown(window)
    assert "could not be saved" in window.layout.status["text"]


def test_paragraphs_with_return_and_shift(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Shift+Return begins a paragraph; it arrives, is shown, found again and copied as one."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("first")
    user.press("shift+Return", "shift+Return")
    user.write("second")
    assert window.view.input.text == "first\n\nsecond"
    user.press("Return")
    until(window, lambda: "first\u2029\u2029second" in server.received)
    until(window, window.view.transcript.last_reply)
    assert "\nfirst\n\nsecond\nDoctor" in shown(window)
    reply = window.view.transcript.last_reply()
    assert reply is not None
    window.view.transcript.choose(reply)
    chosen = window.layout.transcript.tag_ranges("chosen")
    assert window.layout.transcript.get(*chosen).startswith("Doctor")
    window.select_all()
    assert "Ada: first\n\nsecond\n" in window.view.transcript.selected_text()
    window.disconnect()
    window.connect()
    until(window, lambda: window.presenter.state == "open")
    until(window, lambda: "\nfirst\n\nsecond\nDoctor" in shown(window))


def test_recall_with_up_and_down(client: Callable[..., DoctorClient]) -> None:
    """Up recalls what was sent, Down returns to what was being typed."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    for text in ("one", "two"):
        user.write(text)
        user.press("Return")
    user.write("draft")
    user.press("Up")
    assert window.view.input.text == "two"
    user.press("Up", "Up")
    assert window.view.input.text == "one"
    user.press("Down", "Down")
    assert window.view.input.text == "draft"


def test_a_line_too_long_stays_with_a_word(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A text over the protocol's limit stays in the input, and the window says by how much."""
    window = connected(client("Ada"))
    window.view.input.put("x" * 4100)
    window.view.input.send()
    assert "5 bytes too long" in window.layout.status["text"]
    assert len(window.view.input.text) == 4100
    assert len(server.received) == 1


def test_disconnecting_shows_what_was_not_answered(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A line that waits when the patient disconnects is marked, and Up recalls it."""
    window = connected(client("Ada"))
    server.behaviour.may_reply.clear()
    window.view.input.put("hello?")
    window.view.input.send()
    window.disconnect()
    assert "not answered\nhello?" in shown(window)
    user = User(window)
    user.focus(window.layout.input)
    user.press("Up")
    assert window.view.input.text == "hello?"
