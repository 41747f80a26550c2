"""The window, under a real X server, with real key presses and clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.transcript_view import Kind
from doctor import protocol
from doctor.protocol import Reply
from tests.fake_server import FakeServer
from tests.screen import Hand, opened, shown, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from client.window import DoctorClient


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a port of its own."""
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def client(tmp_path: Path, server: FakeServer) -> Iterator[Callable[..., DoctorClient]]:
    """Opens windows for the server, and closes them; none may have met a fault."""
    windows: list[DoctorClient] = []

    def make(name: str = "", **options: object) -> DoctorClient:
        port = options.pop("port", server.port)
        window = opened(tmp_path / "client.json", port, name, **options)  # type: ignore[arg-type]
        windows.append(window)
        return window

    yield make
    for window in windows:
        talk = window.stage.talk
        window.leave()
        if talk is not None:
            talk.close(20)
        assert not window.faults


def connected(window: DoctorClient) -> DoctorClient:
    """Wait until the session is open."""
    until(window, lambda: window.stage.state == "open")
    return window


def test_a_conversation_by_hand(client: Callable[..., DoctorClient], server: FakeServer) -> None:
    """A patient types a name, presses Return, and talks."""
    window = client()
    hand = Hand(window)
    hand.into(window.layout.name)
    hand.write("Ada")
    hand.press("Return")
    connected(window)
    assert window.focus_get() is window.layout.input
    hand.write("My mother hates me.")
    hand.press("Return")
    until(window, lambda: "Why do you say: My mother hates me.?" in shown(window))
    assert window.stage.input.text == ""
    assert server.received[:2] == ["Ada", "My mother hates me."]


def test_send_is_a_button_too(client: Callable[..., DoctorClient]) -> None:
    """A click on Send says what was typed."""
    window = connected(client("Ada"))
    hand = Hand(window)
    hand.into(window.layout.input)
    hand.write("hello")
    hand.click(window.layout.send)
    until(window, lambda: "Why do you say: hello?" in shown(window))


def test_second_visit_shows_the_first(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Earlier sessions stand above the greeting, dimmed, with their days."""
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
    """Where nothing listens the window says it in words, and the button works again."""
    server.close()
    window = client("Ada")
    until(window, lambda: window.stage.page.is_shown and window.stage.state == "off")
    assert "Is the server running?" in shown(window)
    server.open()
    Hand(window).click(window.layout.button)
    connected(window)


def test_keys_work_while_the_doctor_thinks(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Keys are taken and shown before a slow reply arrives."""
    window = connected(client("Ada"))
    hand = Hand(window)
    server.behaviour.may_reply.clear()
    hand.into(window.layout.input)
    hand.write("a slow one")
    hand.press("Return")
    until(window, lambda: window.stage.state == "thinking")
    hand.write("typed meanwhile")
    assert window.stage.input.text == "typed meanwhile"
    assert "not answered yet" in shown(window)
    assert "Why do you say" not in shown(window)
    server.behaviour.may_reply.set()
    until(window, lambda: "Why do you say: a slow one?" in shown(window))
    assert window.stage.state == "open"


def test_server_stopped_and_started_in_mid_conversation(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Nothing is lost or doubled when the server goes away and comes back."""
    window = connected(client("Ada"))
    hand = Hand(window)
    hand.into(window.layout.input)
    hand.write("one")
    hand.press("Return")
    until(window, lambda: "Why do you say: one?" in shown(window))
    server.close(Reply(protocol.CLOSING, "the server stops"))
    until(window, lambda: window.stage.state == "lost")
    hand.write("two")
    hand.press("Return")
    hand.write("unsent")
    assert window.stage.transcript.items[-1].kind is Kind.PENDING
    server.open()
    hand.press("ctrl+Return")
    until(window, lambda: "Why do you say: two?" in shown(window))
    assert window.stage.input.text == "unsent"
    assert [said for said, _, _ in server.histories["Ada"]] == ["one", "two"]
    assert shown(window).count("Why do you say: one?") == 1


def test_a_line_that_was_not_saved_comes_back(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """After a 452 the words are in the input again, and the transcript says so."""
    window = connected(client("Ada"))
    server.behaviour.replies.append(Reply(protocol.NOT_SAVED, "no room"))
    window.stage.input.put("keep me")
    window.stage.input.send()
    until(window, lambda: window.stage.input.text == "keep me")
    assert "not recorded" in shown(window)
    assert "no room" in window.layout.status["text"]
