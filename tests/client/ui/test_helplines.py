"""Help from people: the page of helplines, and careful replies set apart."""

from __future__ import annotations

import tkinter as tk
import webbrowser
from typing import TYPE_CHECKING

import pytest

from doctor.protocol import Reply, codes
from tests.support.screen import User, check_walk, connected, settle, shown, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.helplines import HelplinesPage
    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in a browser."""
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    return opened


def _page(window: DoctorClient) -> HelplinesPage:
    window.show_helplines()
    assert window._helplines is not None
    settle(window)
    return window._helplines


def _button(page: HelplinesPage, label: str) -> tk.Button:
    both = (*page.dialog._buttons.winfo_children(), *page.area.winfo_children())
    return next(one for one in both if isinstance(one, tk.Button) and one["text"] == label)


def test_the_page_says_what_is_true_everywhere(
    client: Callable[..., DoctorClient], pages: list[str]
) -> None:
    """Without a connection it says who reads what is written; text is copied, the link opened."""
    window = client()
    page = _page(window)
    user = User(page.dialog.window)
    user.click(_button(page, "Copy"))
    copied = window.clipboard_get()
    assert "112 in Europe" in copied
    assert "the person who runs the server can read it" in copied
    user.click(_button(page, "Open findahelpline.com"))
    until(window, lambda: "Opened" in window.layout.status["text"])
    assert pages == ["https://findahelpline.com"]


def test_the_page_shows_the_helplines_of_the_server(
    client: Callable[..., DoctorClient], pages: list[str]
) -> None:
    """Those that the operator chose come first; each is copied or opened, by Tab and by a click."""
    window = connected(client("Ada"))
    page = _page(window)
    until(window, lambda: "Utopia, Listeners: 0 123 456" in page.text)
    assert page.text.index("In an emergency: 112") < page.text.index("This is a program.")
    user = User(page.dialog.window)
    user.focus(_button(page, "Copy 0 123 456"))
    user.press("space")
    until(window, lambda: window.clipboard_get() == "0 123 456")
    user.click(_button(page, "Open example.org"))
    until(window, lambda: pages == ["https://example.org"])
    check_walk(window, page.area, page.dialog.window)
    user.press("Escape")
    until(window, lambda: not page.dialog.is_open)
    page.fill((("emergency", "000"),))  # it comes too late, and nothing happens


def test_a_server_without_helplines_changes_nothing(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A server of version 1.0.0 does not know them; the page stays as it is, without a notice."""
    server.behaviour.finds = False
    window = connected(client("Ada"))
    page = _page(window)
    before = page.text
    until(window, lambda: "/helplines" in server.received)
    window.presenter.send("hello")
    until(window, window.view.transcript.last_reply)
    assert page.text == before
    assert "no such command" not in shown(window)


def test_a_careful_reply_is_set_apart(
    client: Callable[..., DoctorClient], server: FakeServer, pages: list[str]
) -> None:
    """It says what it is, with a sign, and its numbers and addresses are links."""
    text = "Please call 112. People who listen: findahelpline.com, in over 130 countries."
    server.behaviour.replies += [
        Reply(codes.SAYS, text, (codes.CARE_ROW,)),
        Reply(codes.SAYS, "Why do you call 112?"),
    ]
    window = connected(client("Ada"))
    area = window.layout.transcript
    window.presenter.send("I want to die")
    window.presenter.send("hello")
    until(window, lambda: len(window.view.transcript.entries()) == 2)
    assert shown(window).count("people who can help") == 1
    assert len(area.tag_ranges("link")) == 4
    assert area.get(*area.tag_ranges("care")) == f"{text}\n"
    user = User(window)
    settle(window)
    first, _, second, _ = area.tag_ranges("link")
    x, y, width, height = area.bbox(first) or (0, 0, 0, 0)
    user.click(area, x + width // 2, y + height // 2)
    until(window, lambda: window.layout.status["text"] == "Copied: 112")
    assert window.clipboard_get() == "112"
    x, y, width, height = area.bbox(second) or (0, 0, 0, 0)
    user.click(area, x + width // 2, y + height // 2)
    until(window, lambda: pages == ["https://findahelpline.com"])


def test_links_have_their_place_after_what_is_wide(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """An emoji before a number, which Tk may count as two characters, moves nothing."""
    reply = Reply(codes.SAYS, "\U0001f49b Call 116 123 now.", (codes.CARE_ROW,))
    server.behaviour.replies.append(reply)
    window = connected(client("Ada"))
    window.presenter.send("I want to die")
    until(window, window.view.transcript.last_reply)
    area = window.layout.transcript
    assert area.get(*area.tag_ranges("link")) == "116 123"
