"""Hebrew and Arabic in the window: in the order in which they are read, found, and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.model import bidi
from client.widgets.right_to_left import first_read
from tests.support.screen import User, connected, settle, shown, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient
    from tests.support.fake_server import FakeServer

SHALOM, OLAM = "\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd"
#: Long enough to be wrapped.
LONG = " ".join([f"{SHALOM} {OLAM}"] * 30) + " (ab 12)"


@pytest.fixture
def reader(client: Callable[..., DoctorClient], server: FakeServer) -> DoctorClient:
    """A window with a history of a long Hebrew entry and a short one."""
    server.histories["Ada"] = [(LONG, f"Tell me of {SHALOM} {OLAM}.", 1), (OLAM, "Go on.", 1)]
    window = connected(client("Ada"))
    loader = window.presenter.history_loader
    assert loader is not None
    until(window, lambda: loader.is_shown)
    settle(window)
    return window


def _rows(window: DoctorClient) -> list[str]:
    return window.layout.transcript.get("1.0", "end").replace("\u00a0", " ").split("\n")


def _row_of(window: DoctorClient, text: str) -> int:
    return next(at for at, row in enumerate(_rows(window), 1) if text in row)


def test_words_are_shown_in_the_order_in_which_they_are_read(reader: DoctorClient) -> None:
    """A paragraph begins at the right and is wrapped from there; an English one stays left."""
    area = reader.layout.transcript
    row = _row_of(reader, SHALOM[::-1])
    assert f"Tell me of {OLAM[::-1]} {SHALOM[::-1]}." in _rows(reader)
    drawn = _rows(reader)[row - 1]
    first_line = area.get(f"{row}.0", f"{row}.0 display lineend").replace("\u00a0", " ").strip()
    assert first_line.endswith(f"{OLAM[::-1]} {SHALOM[::-1]}")
    assert drawn.endswith(SHALOM[::-1]) or "(ab 12)" in drawn.rsplit(" ", 6)[0] + drawn
    assert area.get(f"{row}.0 display lineend").isspace()  # where Tk wraps it, and nowhere else
    area.see(f"{row}.0")
    settle(reader)
    right = area.bbox(f"{row}.0 display lineend - 1 chars")
    left = area.bbox(f"{row + 2}.0")
    assert right is not None
    assert left is not None
    assert right[0] > area.winfo_width() // 2 > left[0]


def test_a_narrower_window_wraps_anew(reader: DoctorClient) -> None:
    """The same words are in more lines then, and each still reads from the right."""
    area, top = reader.layout.transcript, reader.winfo_toplevel()
    row = _row_of(reader, SHALOM[::-1])

    def lines() -> int:
        counted = area.count(f"{row}.0", f"{row}.end", "displaylines")
        return int(counted[0] if isinstance(counted, tuple) else counted or 0)

    before = lines()
    top.geometry("500x600")
    until(reader, lambda: lines() > before)
    first_line = area.get(f"{row}.0", f"{row}.0 display lineend").replace("\u00a0", " ").strip()
    assert first_line.endswith(f"{OLAM[::-1]} {SHALOM[::-1]}")


def test_what_is_copied_is_what_was_written(reader: DoctorClient) -> None:
    """Ctrl+C gives the text in the order in which it was typed, of a part of it too."""
    area = reader.layout.transcript
    row = _row_of(reader, SHALOM[::-1])
    user = User(reader)
    user.focus(area)
    area.tag_add("sel", f"{row}.0", f"{row}.end")
    user.press("ctrl+c")
    assert reader.clipboard_get() == LONG
    area.tag_remove("sel", "1.0", "end")
    at = _row_of(reader, "Tell me of")
    area.tag_add("sel", f"{at}.0", f"{at}.{len('Tell me of ') + len(OLAM)}")
    user.press("ctrl+c")
    assert reader.clipboard_get() == f"Tell me of {OLAM}"


def test_hits_are_marked_where_they_are_drawn(reader: DoctorClient) -> None:
    """Finding a word marks its letters, not those in the same place of the text as written."""
    reader.find()
    reader.reading.finder.search(OLAM)
    until(reader, lambda: reader.reading.finder.searched == 1)
    area = reader.layout.transcript
    ranges = list(map(str, area.tag_ranges("hit")))
    marked = {area.get(*pair) for pair in zip(ranges[::2], ranges[1::2], strict=True)}
    assert marked == {OLAM[::-1]}
    assert len(ranges) // 2 == 32


def test_the_input_shows_how_a_line_is_read(reader: DoctorClient) -> None:
    """Below what is typed from right to left stands how it reads, until it is sent."""
    preview = reader.layout.entry.grid_slaves(row=1)
    assert preview == []
    reader.view.input.put(f"{SHALOM} {OLAM}")
    until(reader, lambda: reader.layout.entry.grid_slaves(row=1))
    label = reader.layout.entry.grid_slaves(row=1)[0]
    assert label["text"].replace("\u00a0", " ") == f"{OLAM[::-1]} {SHALOM[::-1]}"
    assert label["anchor"] == "e"
    reader.view.input.put("hello")
    until(reader, lambda: not reader.layout.entry.grid_slaves(row=1))


def test_a_teletype_prints_in_the_order_of_reading(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Each line is printed from the right, the first line first, and all of it in the end."""
    server.histories["Ada"] = [("hello", f"{LONG}\u2029{OLAM}", 1)]
    window = connected(client("Ada"))
    until(window, lambda: SHALOM[::-1] in shown(window))
    settle(window)
    area = window.layout.transcript
    item = next(item for item in window.view.transcript.items if item.doctor.endswith(OLAM))
    row = _row_of(window, SHALOM[::-1])
    last = f"{row + 1}.end"
    area.tag_add("hidden", f"{row}.0", last)
    read: list[int] = []
    while hidden := area.tag_nextrange("hidden", "1.0"):
        place = str(area.index(first_read(area, str(hidden[0]), str(hidden[1]))))
        area.tag_remove("hidden", place)
        at, column = map(int, place.split("."))
        drawn = item.drawn[item.parts[-1].first + at - row]
        if column < len(drawn.places):
            read.append(drawn.places[column] + (len(LONG) + 1) * (at - row))
    english = LONG.index("ab")
    before = [place for place in read if place < english]
    assert before == sorted(before)
    assert sorted(read) == [at for at in range(len(LONG) + 1 + len(OLAM)) if at != len(LONG)]


def test_without_the_libraries_nothing_is_reordered(
    client: Callable[..., DoctorClient], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window shows texts as Tk draws them, and works as ever."""
    monkeypatch.setattr(bidi, "_libraries", lambda: None)
    server.histories["Ada"] = [(f"{SHALOM} {OLAM}", "Go on.", 1)]
    window = connected(client("Ada"))
    until(window, lambda: f"{SHALOM} {OLAM}" in window.layout.transcript.get("1.0", "end"))
