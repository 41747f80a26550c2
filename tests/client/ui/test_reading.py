"""Reading in the window: traces of replies, earlier sessions, copying and saving."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from client.ui.presenter import now
from tests.support.screen import (
    User,
    connected,
    settle,
    shown,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer


def test_a_click_on_a_reply_shows_its_workings(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A click on an older reply explains that one, its pieces coloured; Ctrl+I hides it."""
    window = connected(client("Ada"))
    for text in ("my mother", "her sewing"):
        window.presenter.send(text)
        until(window, lambda text=text: f"Why do you say: {text}?" in shown(window))  # type: ignore[misc] # bound early
    until(
        window, lambda: server.received.count("/why") == 2 and len(window.presenter.explainer) == 2
    )
    area = window.layout.transcript
    at = area.search("Why do you say: my mother?", "1.0")
    settle(window)
    left, top, width, height = area.bbox(at) or (0, 0, 0, 0)
    user = User(window)
    user.click(area, left + width // 2, top + height // 2)
    until(window, lambda: window.layout.trace_shown)
    told = window.layout.trace.get("1.0", "end")
    assert "my\u2082" in told
    assert "the word MY" in told
    assert window.layout.trace.tag_ranges("piece1")
    user.focus(window.layout.input)
    user.press("ctrl+i")
    assert not window.layout.trace_shown
    assert window.view.input.text == ""


def test_earlier_replies_cannot_be_explained_and_say_so(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A reply of an earlier session cannot be explained, and the panel says so."""
    server.histories["Ada"] = [("my dog died", "I am sorry.", 1)]
    window = connected(client("Ada"))
    until(window, lambda: "my dog died" in shown(window))
    window.explain()
    assert "from before" in window.layout.trace.get("1.0", "end")


def test_copying_keeps_names_and_times(client: Callable[..., DoctorClient]) -> None:
    """Text copied over several lines has names and times."""
    window = connected(client("Ada"))
    window.presenter.send("hello")
    until(window, lambda: "Why do you say: hello?" in shown(window))
    user = User(window)
    user.focus(window.layout.transcript)
    user.press("ctrl+a", "ctrl+c")
    copied = window.clipboard_get()
    assert "] Ada: hello\n" in copied
    assert "] Doctor: Why do you say: hello?" in copied
    assert copied.startswith("[20")


def test_saving_fetches_the_whole_history(
    client: Callable[..., DoctorClient], server: FakeServer, tmp_path: Path
) -> None:
    """Ctrl+S saves the whole history in the format of the file's ending."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 351)]
    target = tmp_path / "all.json"
    window = connected(client("Ada", choose_file=lambda **_options: str(target)))
    User(window).press("ctrl+s")
    until(window, lambda: "Saved as" in window.layout.status["text"])
    found = json.loads(target.read_text())
    assert [one["number"] for one in found["exchanges"]] == list(range(1, 351))
    assert shown(window).index("line 1\n") < shown(window).index("line 350\n")


def test_earlier_pages_come_when_the_reader_is_at_the_top(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Only the last page is loaded; scrolling to the top loads the one before it."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 251)]
    window = connected(client("Ada"))
    until(window, lambda: "line 151\n" in shown(window))
    assert "line 150\n" not in shown(window)
    assert window.view.transcript.text_view.at_end
    user = User(window)
    user.focus(window.layout.transcript)
    user.press("ctrl+Home", "Prior")
    until(window, lambda: "line 51\n" in shown(window))
    assert "line 50\n" not in shown(window)


def test_a_reader_who_scrolled_up_is_left_there(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A new reply does not move the view of a reader who has scrolled up."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 60)]
    window = connected(client("Ada"))
    until(window, lambda: "line 1\n" in shown(window))
    window.view.transcript.greet("something", now())
    assert window.view.transcript.text_view.at_end
    user = User(window)
    user.focus(window.layout.transcript)
    user.press("Prior", "Prior")
    before = window.layout.transcript.index("@0,0")
    window.view.transcript.greet("something else", now())
    assert window.layout.transcript.index("@0,0") == before


@pytest.mark.parametrize("exchanges", [60, 350])
@pytest.mark.parametrize("key", ["Escape", "ctrl+End"])
def test_a_key_goes_back_from_a_date(
    client: Callable[..., DoctorClient], server: FakeServer, key: str, exchanges: int
) -> None:
    """After going to a date, loaded or not, a key shows the newest entry again."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, exchanges + 1)]
    window = connected(client("Ada"))
    until(window, lambda: f"line {exchanges}\n" in shown(window))
    reading, text_view = window.reading, window.view.transcript.text_view
    reading._show_date(1, "")
    until(window, lambda: reading.passage.is_shown or not text_view.at_end)
    settle(window)
    user = User(window)
    other = reading.passage.transcript
    user.focus(window.layout.transcript if other is None else other.area)
    user.press(key)
    until(window, lambda: text_view.at_end and text_view.follows)
    assert not reading.passage.is_shown


def test_typing_in_the_transcript_goes_to_the_input(client: Callable[..., DoctorClient]) -> None:
    """Letters typed while the transcript has the focus are not lost."""
    window = connected(client("Ada"))
    window.disconnect()
    user = User(window)
    user.focus(window.layout.transcript)
    before = shown(window)
    user.press("ctrl+k", "BackSpace", "Delete", "Return", "ctrl+d", "ctrl+o", "ctrl+v")
    user.write("abc")
    assert window.view.input.text == "abc"
    assert shown(window) == before


def test_marks_of_direction_change_nothing_on_the_screen(
    client: Callable[..., DoctorClient],
) -> None:
    """A character that changes the writing direction is replaced; all letters stay."""
    window = connected(client("Ada"))
    window.presenter.send("a\u202eb שלום 李娜 Зоя")
    until(window, lambda: "Why do you say" in shown(window))
    assert "\u202e" not in shown(window)
    assert shown(window).count("a\N{REPLACEMENT CHARACTER}b םולש 李娜 Зоя") == 2
