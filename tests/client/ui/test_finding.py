"""Finding a text in the whole history, and going to a date, by keyboard."""

from __future__ import annotations

import tkinter as tk
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

    from client.ui.main_window import DoctorClient
    from client.widgets.transcript_view import TranscriptView
    from tests.support.fake_server import FakeServer

LONG = 900


@pytest.fixture
def reader(client: Callable[..., DoctorClient], server: FakeServer) -> DoctorClient:
    """A window with a long history, of which the end is loaded; some entries name a dream."""
    server.behaviour.most_searched = 200
    server.histories["Ada"] = [
        (f"a Dréam {number}" if number in {3, 500, 890} else f"day {number}", "why?", number // 60)
        for number in range(1, LONG + 1)
    ]
    window = connected(client("Ada"))
    until(window, lambda: f"day {LONG}" in shown(window))
    loader = window.presenter.history_loader
    assert loader is not None
    until(window, lambda: loader.is_shown)
    return window


def _count(window: DoctorClient) -> str:
    return str(window.reading.finder.bar.count["text"])


def _marked(transcript: TranscriptView, tag: str) -> list[str]:
    ranges = list(map(str, transcript.area.tag_ranges(tag)))
    return [transcript.area.get(*pair) for pair in zip(ranges[::2], ranges[1::2], strict=True)]


def _far(window: DoctorClient) -> TranscriptView:
    """Wait until a passage is shown, and return it."""
    until(window, lambda: window.reading.passage.is_shown)
    assert window.reading.passage.transcript is not None
    return window.reading.passage.transcript


def test_the_whole_history_is_searched(reader: DoctorClient) -> None:
    """Ctrl+F finds, F3 and Shift+F3 go to older and newer places, which are marked and counted."""
    user = User(reader)
    user.focus(reader.layout.input)
    user.press("ctrl+f")
    until(reader, lambda: reader.focus_get() is reader.reading.finder.bar.entry)
    user.write("DREAM")
    until(reader, lambda: _count(reader) == "1 of 3")
    assert reader.reading.finder.hits == [890, 500, 3]
    transcript = reader.view.transcript
    assert _marked(transcript, "hit-here") == ["Dréam"]
    assert not reader.reading.passage.is_shown
    user.press("F3")
    passage = _far(reader)
    until(reader, lambda: _marked(passage, "hit-here") == ["Dréam"])
    assert "a Dréam 500" in passage.area.get("1.0", tk.END)
    assert "day 510" in passage.area.get("1.0", tk.END)
    assert _count(reader) == "2 of 3"
    user.press("Return")
    until(reader, lambda: "a Dréam 3" in passage.area.get("1.0", tk.END))
    assert _count(reader) == "3 of 3"
    user.press("shift+F3")
    until(reader, lambda: "a Dréam 500" in passage.area.get("1.0", tk.END))
    user.press("shift+F3")
    until(reader, lambda: not reader.reading.passage.is_shown)
    assert _count(reader) == "1 of 3"
    user.press("Escape")
    until(reader, lambda: reader.focus_get() is reader.layout.input)
    assert not reader.reading.finder.bar.is_open
    assert _marked(transcript, "hit") == []


def test_a_passage_grows_when_it_is_scrolled(reader: DoctorClient) -> None:
    """Around a far place the reader scrolls on, up and down, without a gap; Escape goes back."""
    reader.reading.show(500)
    passage = _far(reader)
    settle(reader)

    def numbers() -> list[int]:
        return [entry.number for entry in passage.entries()]

    before = numbers()
    assert 500 in before
    passage.text_view.scroll_pages(-100)
    until(reader, lambda: numbers()[0] < before[0])
    passage.text_view.scroll_pages(100)
    until(reader, lambda: numbers()[-1] > before[-1])
    now = numbers()
    assert now == list(range(now[0], now[-1] + 1))
    while numbers()[-1] < LONG:
        last = numbers()[-1]
        passage.text_view.scroll_pages(1000)
        until(reader, lambda last=last: numbers()[-1] > last)  # type: ignore[misc] # bound early
    User(reader).press("Escape")
    until(reader, lambda: not reader.reading.passage.is_shown)


def test_tab_goes_through_the_bar_and_the_passage(reader: DoctorClient) -> None:
    """Everything in both is reached and left by Tab and Shift+Tab."""
    reader.find()
    reader.reading.show(500)
    _far(reader)
    check_walk(reader, reader.layout.input, reader.winfo_toplevel())


def test_nothing_is_found(reader: DoctorClient) -> None:
    """The bar says so once the whole history was searched, and an empty field says nothing."""
    user = User(reader)
    user.press("ctrl+f")
    user.write("nowhere")
    user.press("Return")
    until(reader, lambda: _count(reader) == "Nothing found")
    user.press("ctrl+a", "BackSpace")
    until(reader, lambda: _count(reader) == "")
    user.press("F3")
    assert reader.reading.finder.hits == []


def test_what_is_said_meanwhile_is_answered(reader: DoctorClient, server: FakeServer) -> None:
    """A line does not wait for the end of a search, and shows the conversation again."""
    server.behaviour.most_searched = 5
    reader.reading.show(500)
    _far(reader)
    reader.find()
    reader.reading.finder.search("dream 3")
    reader.presenter.send("hello")
    until(reader, lambda: "hello" in server.received)
    searches = [line for line in server.received if line.startswith("/find")]
    assert len(searches) < LONG // 5
    assert not reader.reading.passage.is_shown
    until(reader, lambda: reader.reading.finder.hits == [3])


def test_a_server_that_cannot_search(reader: DoctorClient, server: FakeServer) -> None:
    """What is loaded is searched then."""
    server.behaviour.finds = False
    reader.find()
    reader.reading.finder.search("dream")
    until(reader, lambda: _count(reader) == "1 of 1")
    assert reader.reading.finder.hits == [890]


def test_a_lost_connection_in_the_middle_of_a_search(
    reader: DoctorClient, server: FakeServer
) -> None:
    """The bar says so, and the same text can be looked for again."""
    server.behaviour.most_searched = 2
    reader.find()
    reader.reading.finder.bar.entry.insert(0, "dream")
    reader.reading.finder.search("dream")
    server.close()
    until(reader, lambda: "lost" in _count(reader))
    server.behaviour.most_searched = 1000
    server.open()
    reader.connect()
    until(reader, lambda: reader.presenter.state == "open")
    User(reader.reading.finder.bar.entry).press("Return")
    until(reader, lambda: _count(reader) == "1 of 3")


def test_an_erased_history_is_not_read_any_more(reader: DoctorClient) -> None:
    """Nothing of a passage stays after the history was erased."""
    reader.reading.show(500)
    passage = _far(reader)
    reader.forget()
    until(reader, lambda: dialog_title(reader).startswith("Erase"))
    assert reader.view.dialog is not None
    user = User(dialog_field(reader))
    user.write("Ada")
    user.press("Return")
    until(reader, lambda: "everything is erased" in shown(reader))
    assert not reader.reading.passage.is_shown
    assert passage.area.get("1.0", tk.END).strip() == ""


@pytest.mark.parametrize(
    ("typed", "first"), [("2026-11-06", 300), ("2026-11-01", 1), ("2026-11-02", 60)]
)
def test_going_to_a_date(reader: DoctorClient, typed: str, first: int) -> None:
    """Ctrl+G asks for a day, and shows its first exchange."""
    user = User(reader)
    user.press("ctrl+g")
    until(reader, lambda: dialog_title(reader) == "Go to a date")
    field = dialog_field(reader)
    user = User(field)
    user.press("ctrl+a")
    field.delete(0, tk.END)
    user.write("someday")
    user.press("Return")
    field.delete(0, tk.END)
    assert dialog_title(reader) == "Go to a date"
    user.write(typed)
    user.press("Return")
    passage = _far(reader)
    shows = passage.area
    word = "a Dréam" if first == 3 else "day"
    until(reader, lambda: f"{word} {first}\n" in shows.get("1.0", tk.END))
    row = int(shows.search(f"{word} {first}\n", "1.0").split(".")[0])
    assert shows.dlineinfo(f"{row}.0") is not None


def test_a_date_after_the_end(reader: DoctorClient) -> None:
    """Where nothing was said on that day or later, the window says so."""
    reader.go_to_date()
    field = dialog_field(reader)
    field.delete(0, tk.END)
    field.insert(0, "2030-01-01")
    User(field).press("Return")
    until(reader, lambda: "Nothing was said on that day" in reader.layout.status["text"])
    assert not reader.reading.passage.is_shown


def test_a_date_before_the_beginning(reader: DoctorClient) -> None:
    """A day before the first entry goes to the first, and the window says so."""
    reader.go_to_date()
    field = dialog_field(reader)
    field.delete(0, tk.END)
    field.insert(0, "1999-01-01")
    User(field).press("Return")
    until(reader, lambda: "Your history begins on" in reader.layout.status["text"])
    assert _far(reader).numbered(1) is not None


def test_the_error_of_a_date_wraps_in_the_dialog(reader: DoctorClient) -> None:
    """What is wrong with a day is shown whole, in a dialog that becomes high enough."""
    reader.go_to_date()
    field = dialog_field(reader)
    field.insert(0, "x")
    User(field).press("Return")
    dialog = reader.view.dialog
    assert dialog is not None
    settle(reader)
    error = next(
        child
        for child in dialog.body.winfo_children()
        if isinstance(child, tk.Label) and "Write the day" in str(child["text"])
    )
    assert error.winfo_reqwidth() <= error.winfo_width()
    right, bottom = error.winfo_rootx() + error.winfo_width(), error.winfo_rooty()
    assert right <= dialog.window.winfo_rootx() + dialog.window.winfo_width()
    assert dialog.body.winfo_reqheight() <= dialog.body.master.winfo_height()
    assert (
        bottom + error.winfo_height() <= dialog.window.winfo_rooty() + dialog.window.winfo_height()
    )


def test_hits_after_what_is_wide(client: Callable[..., DoctorClient], server: FakeServer) -> None:
    """Emoji and accents before a hit do not move its mark."""
    server.histories["Ada"] = [("\U0001f49b\U0001f49b e\u0301t my dre\u0301am, a dream", "y", 1)]
    window = connected(client("Ada"))
    until(window, lambda: "my dre" in shown(window))
    window.find()
    window.reading.finder.search("dream")
    until(window, lambda: _count(window) == "1 of 1")
    assert _marked(window.view.transcript, "hit-here") == ["dre\u0301am", "dream"]
