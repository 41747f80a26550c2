"""The window for histories: it lists, searches, shows, exports and reports, and writes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from client.records.window import RecordsWindow
from doctor.eliza import Eliza
from doctor.patients.opening import open_store
from doctor.scripts import DEFAULT_SCRIPT, load
from tests.support.screen import User, check_walk, close_all, settle, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAMES = ("Ada Lovelace", "Grace", "李娜")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with three patients; Grace has 250 exchanges."""
    directory = tmp_path_factory.mktemp("records") / "patients"
    with open_store(directory, Eliza(load(DEFAULT_SCRIPT))) as store:
        for name in _NAMES:
            with store.open(name) as patient:
                for number in range(250 if name == "Grace" else 3):
                    patient.say(f"line {number} of {name}")
    return directory


@pytest.fixture
def patients(written: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(written, tmp_path / "patients"))


@pytest.fixture
def opened(patients: Path) -> Iterator[Callable[..., RecordsWindow]]:
    """Open the window, close it, and check that no error was reported."""
    windows: list[RecordsWindow] = []

    def make(**options: Any) -> RecordsWindow:
        window = RecordsWindow(patients, **options)
        windows.append(window)
        until(window, lambda: len(window.known) == len(_NAMES))
        until(window, lambda: len(window.list.get_children()) == len(_NAMES))
        settle(window)
        return window

    with tk_garbage_stays_here():
        yield make
        close_all(windows)


def shown(window: RecordsWindow) -> str:
    """Return what the transcript's area holds."""
    return window.transcript.area.get("1.0", "end")


def test_everybody_is_listed(opened: Callable[..., RecordsWindow]) -> None:
    """The list has name, number of exchanges and the day."""
    window = opened()
    assert set(window.list.get_children()) == set(_NAMES)
    assert str(window.list.set("Grace", "exchanges")) == "250"
    assert "3 patients" in window.status


def test_typing_searches_and_return_opens(opened: Callable[..., RecordsWindow]) -> None:
    """Letters narrow the list; Return goes to the first and shows its transcript."""
    window = opened()
    user = User(window)
    user.focus(window.search)
    user.write("love")
    until(window, lambda: window.list.get_children() == ("Ada Lovelace",))
    user.press("Return")
    until(window, lambda: "line 2 of Ada Lovelace" in shown(window))


def test_a_long_history_comes_from_its_end(opened: Callable[..., RecordsWindow]) -> None:
    """The last exchanges are shown first; scrolling to the top loads earlier ones."""
    window = opened()
    window.list.selection_set("Grace")
    until(window, lambda: "line 249 of Grace" in shown(window))
    assert "line 149 of Grace" not in shown(window)
    user = User(window)
    user.focus(window.transcript.area)
    user.press("ctrl+Home", "Prior")
    until(window, lambda: "line 149 of Grace" in shown(window))


def test_export_writes_the_whole_history(
    opened: Callable[..., RecordsWindow], tmp_path: Path
) -> None:
    """Ctrl+S writes all exchanges of the chosen patient to the chosen file."""
    target = tmp_path / "grace.json"
    window = opened(choose_file=lambda **_options: str(target))
    window.list.selection_set("Grace")
    until(window, lambda: "line 249 of Grace" in shown(window))
    User(window).press("ctrl+s")
    until(window, lambda: "Written to" in window.status)
    found = json.loads(target.read_text())
    assert len(found["exchanges"]) == 250


def test_the_report_opens_in_the_browser(opened: Callable[..., RecordsWindow]) -> None:
    """The report of the chosen patient is made and opened in the browser."""
    pages: list[str] = []
    window = opened(show_page=pages.append)
    window.list.selection_set("Ada Lovelace")
    until(window, lambda: "line 2 of Ada Lovelace" in shown(window))
    window.report()
    until(window, lambda: pages or "could not be made" in window.status)
    assert pages, window.status
    page = Path(pages[0].removeprefix("file://"))
    assert "Ada Lovelace" in page.read_text(encoding="utf-8")


def test_nothing_is_written(opened: Callable[..., RecordsWindow], patients: Path) -> None:
    """Reading changes no file, and an unreadable file is counted."""
    (patients / "broken.dat").write_bytes(b"not a history")
    before = {path: path.read_bytes() for path in patients.iterdir() if path.is_file()}
    window = opened()
    until(window, lambda: "cannot be read" in window.status)
    for name in _NAMES:
        window.list.selection_set(name)
        until(window, lambda name=name: f"line 2 of {name}" in shown(window) or name == "Grace")  # type: ignore[misc] # bound early
    assert {path: path.read_bytes() for path in patients.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_nothing_there_says_so(tmp_path: Path, name: str) -> None:
    """An empty or missing directory gives a sentence, not an error."""
    (tmp_path / "empty").mkdir()
    with tk_garbage_stays_here():
        windows = [RecordsWindow(tmp_path / name)]
        until(windows[0], lambda: "Nobody has talked here yet." in shown(windows[0]))
        close_all(windows)


def test_tab_goes_through_the_window(opened: Callable[..., RecordsWindow]) -> None:
    """Tab and Shift+Tab reach and leave the search, the buttons, the list and the texts."""
    window = opened()
    before = shown(window)
    check_walk(window, window.layout.search, window)
    assert shown(window) == before


def test_texts_are_searched(opened: Callable[..., RecordsWindow]) -> None:
    """What nobody is called is found in what was said; the places are counted, marked and shown."""
    window = opened()
    user = User(window)
    user.focus(window.search)
    window.search.insert("end", "LÍ")  # not every keyboard of a screen has this letter
    user.write("NE 17")
    until(window, lambda: "11 places in 1 history" in window.status, window.search.get())
    assert window.list.get_children() == ("Grace",)
    assert "(11 found)" in str(window.list.item("Grace", "text"))
    user.press("Return")
    until(window, lambda: "line 179 of Grace" in shown(window))
    area = window.transcript.area
    assert area.get(*area.tag_ranges("hit-here")[:2]) == "line 17"
    user.press(*["F3"] * 10)
    until(window, lambda: "11 of 11" in window.status)
    assert "line 17 of Grace" in shown(window)
    user.press("shift+F3")
    until(window, lambda: "10 of 11" in window.status)
    user.focus(area)
    user.press("ctrl+End")
    until(window, lambda: "line 120 of Grace" in shown(window))


def test_a_text_that_nobody_said(opened: Callable[..., RecordsWindow]) -> None:
    """The list is empty, and the status line says so; without the text everybody is there again."""
    window = opened()
    user = User(window)
    user.focus(window.search)
    user.write("nowhere")
    until(window, lambda: "0 places in 0 histories" in window.status)
    assert window.list.get_children() == ()
    user.press(*["BackSpace"] * 7)
    until(window, lambda: len(window.list.get_children()) == len(_NAMES))
