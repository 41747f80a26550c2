"""Closing the window loses no line silently, and leaves no server behind."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from client.ui import presenter
from tests.support.screen import (
    User,
    connected,
    dialog_text,
    dialog_title,
    settle,
    until,
    until_closed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


def test_a_line_without_an_answer_is_asked_about(
    client: Callable[..., DoctorClient], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+Q asks if a line waits for its answer too long; Escape stays, and it asks again."""
    monkeypatch.setattr(presenter, "ANSWER_LIMIT", 0.0)
    window = connected(client("Ada"))
    server.behaviour.may_reply.clear()
    user = User(window)
    user.focus(window.layout.input)
    user.write("is anybody there")
    user.press("Return")
    until(window, lambda: window.presenter.state == "thinking")
    for _ in range(2):
        user.focus(window.layout.input)
        user.press("ctrl+q")
        until(window, lambda: dialog_title(window) == "A line has no answer yet")
        assert "may not be saved" in dialog_text(window)
        assert window.view.dialog is not None
        window.view.dialog.window.focus_force()
        user.press("Escape")
        until(window, lambda: not dialog_title(window))
        assert not window.closed
    window.leave()
    window.leave()
    until_closed(window)


def test_an_answered_line_is_not_asked_about(
    client: Callable[..., DoctorClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing after the last answer asks nothing."""
    monkeypatch.setattr(presenter, "ANSWER_LIMIT", 0.0)
    window = connected(client("Ada"))
    window.presenter.send("hello")
    until(window, window.view.transcript.last_reply)
    window.leave()
    assert window.closed


@pytest.mark.parametrize(
    ("keys", "said"), [(("Return",), None), (("Tab", "space"), ["a draft"]), (("Tab", "Tab"), [])]
)
def test_a_text_that_is_not_sent_is_asked_about(
    client: Callable[..., DoctorClient],
    server: FakeServer,
    keys: tuple[str, ...],
    said: list[str] | None,
) -> None:
    """Ctrl+Q with a text in the input asks: Return goes back, the others send it or drop it."""
    window = connected(client("Ada"))
    user = User(window)
    user.focus(window.layout.input)
    user.write("a draft")
    user.press("ctrl+q")
    until(window, lambda: dialog_title(window) == "What you wrote is not sent")
    assert window.view.dialog is not None
    dialog = User(window.view.dialog.window)
    dialog.press(*keys)
    if said is None:
        until(window, lambda: not dialog_title(window))
        assert window.view.input.text == "a draft"
        assert not window.closed
        return
    if not said:
        dialog.press("Return")
    until_closed(window)
    assert [line for line, *_ in server.histories.get("Ada", [])] == said


@pytest.fixture
def _signals() -> Iterator[None]:
    """Restore the handlers of the signals that end a window."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_closes_the_window(
    client: Callable[..., DoctorClient], number: signal.Signals
) -> None:
    """A signal that ends a program closes the window, with its settings saved and no question."""
    window = connected(client("Ada"))
    window.close_on_signals()
    window.show_about()
    settle(window)
    os.kill(os.getpid(), number)
    until_closed(window)
    assert window._file.exists()
