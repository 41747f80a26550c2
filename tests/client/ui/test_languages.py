"""The window in each language: it opens, and no text is too long for it."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING

import pytest

from client.model import language
from client.model.language import tr
from client.model.preferences import Preferences
from tests.support.screen import User, settle, shown, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from client.ui.main_window import DoctorClient

#: A small screen; the size of letters that is usual, and twice that.
SCREEN = "800x600"
SIZES = (11, 21)
DIALOGS = (
    "choose_server",
    "show_keys",
    "show_privacy",
    "show_helplines",
    "show_about",
    "go_to_date",
)


@pytest.fixture(params=["de", "es", "fr"])
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    """A language in use, and English again after the test."""
    language.use(request.param)
    yield request.param
    language.use("en")


def _outside(window: tk.Misc) -> list[str]:
    """Return the texts of widgets that are not wholly inside of their window."""
    found = []
    root = window.winfo_toplevel()
    waiting: list[tk.Misc] = [root]
    while waiting:
        widget = waiting.pop()
        waiting += widget.winfo_children()
        if widget.winfo_viewable() and isinstance(widget, tk.Label | tk.Button | tk.Entry):
            around = widget.winfo_toplevel()  # a dialog is a window of its own
            left, right = around.winfo_rootx(), around.winfo_rootx() + around.winfo_width()
            begin = widget.winfo_rootx()
            if begin < left or begin + widget.winfo_width() > right:
                text = "" if isinstance(widget, tk.Entry) else str(widget["text"])
                found.append(f"{widget}: {text}")
    return found


def _cut_off(window: tk.Misc) -> list[str]:
    """Return the texts of buttons and labels that have less room than they ask for."""
    found = []
    waiting: list[tk.Misc] = [window.winfo_toplevel()]
    while waiting:
        widget = waiting.pop()
        waiting += widget.winfo_children()
        is_seen = isinstance(widget, tk.Button | tk.Label) and widget.winfo_viewable()
        has = widget.winfo_width(), widget.winfo_height()
        wants = widget.winfo_reqwidth(), widget.winfo_reqheight()
        if is_seen and (has[0] < wants[0] or has[1] < wants[1]):
            found.append(str(widget.cget("text")))
    return found


@pytest.mark.parametrize("size", SIZES)
def test_a_conversation_fits_a_small_screen(
    client: Callable[..., DoctorClient], code: str, size: int
) -> None:
    """All of a conversation's widgets are inside of 800 by 600 pixels, and no button is cut off."""
    settings = Preferences(palette="light", geometry=SCREEN, size=size)
    window = client("Ada", settings=settings)
    until(window, lambda: window.presenter.state == "open")
    window.explain()
    settle(window)
    assert language.current() == code
    assert window.layout.send["text"] == tr("Send") != "Send"
    assert not _outside(window)
    assert not _cut_off(window)


@pytest.mark.parametrize("size", SIZES)
def test_dialogs_fit_a_small_screen(
    client: Callable[..., DoctorClient], code: str, size: int
) -> None:
    """All of a dialog's widgets are inside of 800 by 600 pixels."""
    settings = Preferences(palette="light", geometry=SCREEN, size=size)
    window = client("Ada", settings=settings)
    until(window, lambda: window.presenter.state == "open")
    assert code != "en"
    for name in DIALOGS:
        getattr(window, name)()
        settle(window)
        assert not _outside(window), name
        assert not _cut_off(window), name
        window.view.close_dialog()


@pytest.mark.parametrize("size", SIZES)
def test_finding_and_long_sentences_fit_a_small_screen(
    client: Callable[..., DoctorClient], code: str, size: int
) -> None:
    """A word can be typed in the bar for finding; a long sentence is wrapped, not cut off."""
    settings = Preferences(palette="light", geometry=SCREEN, size=size)
    window = client("Ada", settings=settings)
    until(window, lambda: window.presenter.state == "open")
    assert code != "en"
    window.find()
    window.reading.finder.bar.tell("100 / 100…")
    sentence = tr(
        "Number {number} is taken back: its words are gone, and the doctor has forgotten them."
    )
    window.view.show_status(sentence.format(number=1000))
    settle(window)
    entry = window.reading.finder.bar.entry
    assert entry.winfo_width() >= window.fonts.body.measure("n" * 10)
    assert not _outside(window)
    assert not _cut_off(window)


def test_what_a_window_says_is_in_its_language(
    client: Callable[..., DoctorClient], code: str
) -> None:
    """The first page, the menus and the state of the connection are translated."""
    window = client()
    assert tr("Tell the doctor your name, above, and press Return.") in shown(window)
    assert str(window.layout.status["text"]) == tr("Not connected") != "Not connected"
    bar = window.menus.bar
    labels = [bar.entrycget(at, "label") for at in range(int(str(bar.index("end"))) + 1)]
    assert labels == [tr(each) for each in ("Conversation", "Edit", "Rooms", "View", "Help")]
    assert code != "en"


def test_choosing_a_language(client: Callable[..., DoctorClient]) -> None:
    """The menu's choice is saved, and used from the next start; the window says so."""
    window = client()
    window.use_language("de")
    assert "opened again" in str(window.layout.status["text"])
    assert window.settings.language == "de"
    assert language.current() == "en"


@pytest.mark.parametrize("size", SIZES)
def test_the_window_for_histories_fits_a_small_screen(tmp_path: Path, code: str, size: int) -> None:
    """The window for histories shows its search and all buttons on 800 by 600 pixels."""
    from client.records.window import RecordsWindow

    with tk_garbage_stays_here():
        window = RecordsWindow(tmp_path, "light", size)
        try:
            window.winfo_toplevel().geometry(SCREEN)
            settle(window)
            settle(window)
            assert code != "en"
            assert window.search.winfo_width() > 100
            assert not _outside(window)
            assert not _cut_off(window)
            window.live.show()
            settle(window)
            settle(window)
            assert window.live.layout.buttons["attend"].winfo_viewable()
            assert window.live.layout.area.winfo_width() > 250
            assert not _outside(window)
            assert not _cut_off(window)
        finally:
            window.close()


@pytest.mark.parametrize("kind", [tk.Entry, ttk.Entry])
def test_ctrl_a_selects_all_in_every_field(
    client: Callable[..., DoctorClient], kind: type[tk.Entry]
) -> None:
    """Also in the fields of Tk's own dialogs, which hide hidden files."""
    window = client()
    field = kind(window.winfo_toplevel())
    field.place(x=0, y=0)
    field.insert(0, "Lina.txt")
    settle(window)
    user = User(window)
    user.focus(field)
    user.press("ctrl+a")
    user.write("diary.md")
    assert field.get() == "diary.md"
    assert str(window.tk.eval("set ::tk::dialog::file::showHiddenVar")) == "0"
