"""The window, under a real X server, with real key presses and clicks."""

from __future__ import annotations

import json
import socket
import tkinter as tk
from typing import TYPE_CHECKING

import pytest

from client.model import preferences
from client.model.preferences import Preferences
from client.model.transcript import ItemKind
from client.net import local_server
from client.net.transport import ServerAddress
from client.ui.main_window import DoctorClient
from client.ui.menus import ACTIONS, keys
from client.ui.presenter import now
from client.widgets.palette import PALETTES
from doctor.protocol import Reply, codes
from tests.support.fake_server import FakeServer
from tests.support.helpers import Client
from tests.support.screen import (
    Hand,
    close_all,
    opened,
    settle,
    shown,
    tk_garbage_stays_here,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


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

    with tk_garbage_stays_here():
        yield make
        close_all(windows)


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
    server.close(Reply(codes.CLOSING, "the server stops"))
    until(window, lambda: window.stage.state == "lost")
    hand.write("two")
    hand.press("Return")
    hand.write("unsent")
    assert window.stage.transcript.items[-1].kind is ItemKind.PENDING
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
    server.behaviour.replies.append(Reply(codes.NOT_SAVED, "no room"))
    window.stage.input.put("keep me")
    window.stage.input.send()
    until(window, lambda: window.stage.input.text == "keep me")
    assert "not recorded" in shown(window)
    assert "could not be saved" in window.layout.status["text"]


def test_lines_with_return_and_shift(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Shift+Return makes a new line, and the whole is sent as one line."""
    window = connected(client("Ada"))
    hand = Hand(window)
    hand.into(window.layout.input)
    hand.write("first")
    hand.press("shift+Return")
    hand.write("second")
    assert window.stage.input.text == "first\nsecond"
    hand.press("Return")
    until(window, lambda: "first second" in server.received)


def test_recall_with_up_and_down(client: Callable[..., DoctorClient]) -> None:
    """Up brings back what was said, Down what was being typed."""
    window = connected(client("Ada"))
    hand = Hand(window)
    hand.into(window.layout.input)
    for text in ("one", "two"):
        hand.write(text)
        hand.press("Return")
    hand.write("draft")
    hand.press("Up")
    assert window.stage.input.text == "two"
    hand.press("Up", "Up")
    assert window.stage.input.text == "one"
    hand.press("Down", "Down")
    assert window.stage.input.text == "draft"


def test_a_line_too_long_stays_with_a_word(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A text over the protocol's limit is not sent, stays, and the window says by how much."""
    window = connected(client("Ada"))
    window.stage.input.put("x" * 4100)
    window.stage.input.send()
    assert "5 bytes too long" in window.layout.status["text"]
    assert len(window.stage.input.text) == 4100
    assert len(server.received) == 1


def test_zoom_by_keys_is_remembered(client: Callable[..., DoctorClient], tmp_path: Path) -> None:
    """Ctrl with + - 0 changes every size; the last one is there the next time."""
    window = client()
    hand = Hand(window)
    before = window.letters.body.metrics("linespace")
    hand.press("ctrl+plus", "ctrl+plus")
    assert window.letters.size == 14
    assert window.letters.body.metrics("linespace") > before
    hand.press("ctrl+minus")
    assert window.letters.size == 12
    hand.press("ctrl+0")
    assert window.letters.size == 11
    hand.press("ctrl+equal")
    window.leave()
    found, _ = preferences.load(tmp_path / "client.json")
    assert found.size == 12


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_palettes_reach_every_widget(client: Callable[..., DoctorClient], name: str) -> None:
    """Choosing colours paints the transcript, the input, buttons and labels."""
    window = client()
    window.use_palette(name)
    palette = PALETTES[name]
    layout = window.layout
    assert layout.transcript["background"] == palette.page
    assert layout.input["background"] == palette.field
    assert layout.button["background"] == palette.accent
    assert layout.status["background"] == palette.bar
    assert str(window.menus.bar["foreground"]) == palette.ink


def test_the_system_is_asked_for_its_palette(
    client: Callable[..., DoctorClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With "as the system's" the colours are what the system tells, asked in a thread."""
    monkeypatch.setenv("GTK_THEME", "Adwaita:dark")
    window = client(settings=Preferences(palette="system"))
    until(window, lambda: window.layout.transcript["background"] == PALETTES["dark"].page)


def test_a_click_on_a_reply_shows_its_workings(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A click on an older reply explains that one, its pieces coloured; Ctrl+I hides it."""
    window = connected(client("Ada"))
    for text in ("my mother", "her sewing"):
        window.stage.send(text)
        until(window, lambda text=text: f"Why do you say: {text}?" in shown(window))  # type: ignore[misc] # bound early
    until(window, lambda: server.received.count("/why") == 2 and window.stage.traces == 2)
    area = window.layout.transcript
    at = area.search("Why do you say: my mother?", "1.0")
    settle(window)
    left, top, width, height = area.bbox(at) or (0, 0, 0, 0)
    hand = Hand(window)
    hand.click(area, left + width // 2, top + height // 2)
    until(window, lambda: window.layout.workings_shown)
    told = window.layout.workings.get("1.0", "end")
    assert "my\u2082" in told
    assert "the word MY" in told
    assert window.layout.workings.tag_ranges("piece1")
    hand.into(window.layout.input)
    hand.press("ctrl+i")
    assert not window.layout.workings_shown
    assert window.stage.input.text == ""


def test_earlier_replies_cannot_be_explained_and_say_so(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A reply of an earlier session has no workings any more, and the panel says that."""
    server.histories["Ada"] = [("my dog died", "I am sorry.", 1)]
    window = connected(client("Ada"))
    until(window, lambda: "my dog died" in shown(window))
    window.explain()
    assert "from before" in window.layout.workings.get("1.0", "end")


def test_copying_keeps_names_and_times(client: Callable[..., DoctorClient]) -> None:
    """What is copied over several lines has who said it and when."""
    window = connected(client("Ada"))
    window.stage.send("hello")
    until(window, lambda: "Why do you say: hello?" in shown(window))
    hand = Hand(window)
    hand.into(window.layout.transcript)
    hand.press("ctrl+a", "ctrl+c")
    copied = window.clipboard_get()
    assert "] Ada: hello\n" in copied
    assert "] Doctor: Why do you say: hello?" in copied
    assert copied.startswith("[20")


def test_saving_fetches_the_whole_history(
    client: Callable[..., DoctorClient], server: FakeServer, tmp_path: Path
) -> None:
    """Ctrl+S saves everything, also what was not shown yet, as the file's ending says."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 351)]
    window = connected(client("Ada"))
    window.choose_file = lambda **_options: str(tmp_path / "all.json")
    Hand(window).press("ctrl+s")
    until(window, lambda: "Saved as" in window.layout.status["text"])
    found = json.loads((tmp_path / "all.json").read_text())
    assert [one["number"] for one in found["exchanges"]] == list(range(1, 351))
    assert shown(window).index("line 1\n") < shown(window).index("line 350\n")


def test_earlier_pages_come_when_the_reader_is_at_the_top(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Only the last page is fetched; Home and Page Up at the top bring what is before it."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 251)]
    window = connected(client("Ada"))
    until(window, lambda: "line 151\n" in shown(window))
    assert "line 150\n" not in shown(window)
    assert window.stage.transcript.reading.at_end
    hand = Hand(window)
    hand.into(window.layout.transcript)
    hand.press("ctrl+Home", "Prior")
    until(window, lambda: "line 51\n" in shown(window))
    assert "line 50\n" not in shown(window)


def test_a_reader_who_scrolled_up_is_left_there(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A new reply does not move the view of somebody who reads further up."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 60)]
    window = connected(client("Ada"))
    until(window, lambda: "line 1\n" in shown(window))
    window.stage.transcript.greet("something", now())
    assert window.stage.transcript.reading.at_end
    hand = Hand(window)
    hand.into(window.layout.transcript)
    hand.press("Prior", "Prior")
    before = window.layout.transcript.index("@0,0")
    window.stage.transcript.greet("something else", now())
    assert window.layout.transcript.index("@0,0") == before


def test_f6_goes_round_and_escape_to_the_input(client: Callable[..., DoctorClient]) -> None:
    """F6 moves the focus from area to area without a trap; Escape goes to the input."""
    window = connected(client("Ada"))
    hand = Hand(window)
    hand.into(window.layout.input)
    layout = window.layout
    for area in (layout.name, layout.transcript, layout.input):
        hand.press("F6")
        assert window.focus_get() is area
    hand.press("F6", "Escape")
    assert window.focus_get() is layout.input
    hand.press("Tab")
    assert window.focus_get() is layout.send


def test_typing_in_the_transcript_goes_to_the_input(client: Callable[..., DoctorClient]) -> None:
    """Letters typed while the transcript has the focus are not lost."""
    window = connected(client("Ada"))
    window.disconnect()
    hand = Hand(window)
    hand.into(window.layout.transcript)
    before = shown(window)
    hand.press("ctrl+k", "BackSpace", "Delete", "Return", "ctrl+d", "ctrl+o", "ctrl+v")
    hand.write("abc")
    assert window.stage.input.text == "abc"
    assert shown(window) == before


def test_the_passphrase_is_asked_for_and_hidden(
    client: Callable[..., DoctorClient], server: FakeServer, tmp_path: Path
) -> None:
    """A locked history asks in a sheet whose field shows dots; a wrong one asks again."""
    server.behaviour.passphrases["Ada"] = "engine"
    window = client("Ada")
    until(window, lambda: window.stage.sheet)
    hand = Hand(window)
    hand.into(sheet_field(window))
    assert sheet_field(window)["show"] == "\N{BULLET}"
    hand.write("wrong")
    hand.press("Return")
    until(window, lambda: "once more" in sheet_title(window))
    hand.into(sheet_field(window))
    hand.write("engine")
    hand.press("Return")
    connected(window)
    window.leave()
    assert "engine" not in (tmp_path / "client.json").read_text()


def test_giving_up_a_new_passphrase_changes_nothing(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Escape in the sheet for a new passphrase leaves the history as it was, and open."""
    window = connected(client("Ada"))
    window.set_passphrase()
    until(window, lambda: window.stage.sheet)
    hand = Hand(window)
    hand.into(sheet_field(window))
    hand.press("Escape")
    until(window, lambda: "differ" in shown(window))
    assert server.behaviour.passphrases == {}
    window.stage.send("still here")
    until(window, lambda: "Why do you say: still here?" in shown(window))


def test_erasing_asks_for_the_name(client: Callable[..., DoctorClient], server: FakeServer) -> None:
    """Escape keeps the history; the name in the sheet erases it, here too."""
    window = connected(client("Ada"))
    window.stage.send("a secret")
    until(window, lambda: "Why do you say: a secret?" in shown(window))
    hand = Hand(window)
    window.forget()
    until(window, lambda: window.stage.sheet)
    hand.into(sheet_field(window))
    hand.press("Escape")
    until(window, lambda: "nothing was erased" in shown(window))
    window.forget()
    until(window, lambda: window.stage.sheet and window.stage.sheet.is_there)
    hand.into(sheet_field(window))
    hand.write("Ada")
    hand.press("Return")
    until(window, lambda: "a secret" not in shown(window))
    assert server.histories["Ada"] == []


def test_help_pages_open_and_close(client: Callable[..., DoctorClient]) -> None:
    """Every page of Help opens and goes with Escape."""
    window = client()
    hand = Hand(window)
    for show in (
        window.show_keys,
        window.show_privacy,
        window.show_helplines,
        window.show_about,
        window.choose_server,
    ):
        show()
        sheet = window.stage.sheet
        assert sheet is not None
        settle(window)
        sheet.window.focus_force()
        hand.press("Escape")
        until(window, lambda sheet=sheet: not sheet.is_there)  # type: ignore[misc] # bound early


def test_every_action_has_a_method_and_no_two_share_a_key() -> None:
    """The table of actions names methods of the window, each key once, in words to be read."""
    events = [event for action in ACTIONS for event in action.events]
    assert len(events) == len(set(events))
    listed = dict(keys())
    for name in ("Ctrl+plus", "Ctrl+minus", "F6", "F10", "Escape", "Ctrl+Q"):
        assert listed[name]
    for action in ACTIONS:
        assert not action.method or callable(getattr(DoctorClient, action.method))


@pytest.mark.parametrize("moment", ["connecting", "thinking", "lost", "history", "sheet"])
def test_closing_in_the_middle_of_everything(
    client: Callable[..., DoctorClient], server: FakeServer, moment: str
) -> None:
    """The window closes at once, without a fault or a thread left, whatever is going on."""
    server.histories["Ada"] = [(f"line {number}", "yes", 1) for number in range(1, 400)]
    window = client("Ada")
    if moment != "connecting":
        connected(window)
    if moment == "thinking":
        server.behaviour.may_reply.clear()
        window.stage.send("slow")
        until(window, server.arrived.is_set)
    if moment == "lost":
        server.close()
        until(window, lambda: window.stage.state == "lost")
    if moment == "history":
        window.show_all()
    if moment == "sheet":
        window.show_about()
    window.leave()
    assert window.closed


def test_leaving_with_unsent_words_asks(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """Where a line waits for a connection that is lost, leaving asks once."""
    window = connected(client("Ada"))
    server.close()
    until(window, lambda: window.stage.state == "lost")
    window.stage.send("unsaid")
    window.leave()
    assert "could not be sent" in sheet_text(window)
    assert not window.closed
    window.leave()
    assert window.closed


def test_disconnecting_shows_what_was_not_answered(
    client: Callable[..., DoctorClient], server: FakeServer
) -> None:
    """A line that waits when the patient disconnects is marked, and Up recalls it."""
    window = connected(client("Ada"))
    server.behaviour.may_reply.clear()
    window.stage.input.put("hello?")
    window.stage.input.send()
    window.disconnect()
    assert "not answered\nhello?" in shown(window)
    hand = Hand(window)
    hand.into(window.layout.input)
    hand.press("Up")
    assert window.stage.input.text == "hello?"


def test_a_fault_of_the_program_is_shown(client: Callable[..., DoctorClient]) -> None:
    """An exception in a handler is a sentence in the window, and the window lives."""
    window = client()
    window.after(0, lambda: 1 // 0)
    until(window, lambda: "made a mistake" in window.layout.status["text"])
    window.faults.clear()


def test_nobody_there_and_a_doctor_is_started(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing listens the window starts a doctor, says so, and stops it at the end."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    window = client("Ada", port=port)
    window.host.patients = tmp_path / "patients"
    until(window, lambda: window.stage.page.is_shown and window.stage.state == "off")

    def offers() -> list[tk.Misc]:
        children = window.layout.transcript.winfo_children()
        return [child for child in children if child.winfo_viewable()]

    until(window, offers)
    offer = offers()[0]
    assert "Start a doctor" in str(offer["text"])
    Hand(window).click(offer)
    until(window, lambda: window.stage.state == "starting")
    assert "being started" in shown(window)
    connected(window)
    window.stage.send("My mother hates me.")
    until(window, window.stage.transcript.last_reply)
    started = window.host.started
    assert started is not None
    window.leave()
    until_closed(window)
    assert started.stop()
    assert (tmp_path / "patients" / "Ada.dat").exists()


def test_closing_while_a_doctor_is_being_started_leaves_none(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A doctor whose window is closed before it is ready is stopped again."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    made: list[local_server.Started] = []
    start = local_server.Started.start

    def noted(place: ServerAddress, patients: Path | None = None) -> local_server.Started:
        made.append(start(place, patients))
        return made[-1]

    monkeypatch.setattr(local_server.Started, "start", noted)
    window = client()
    window.host.patients = tmp_path / "patients"
    window.host.start(ServerAddress("127.0.0.1", 0))
    window.leave()
    window.host.finish()
    assert len(made) == 1
    assert made[0].stop()


def test_others_are_asked_after_before_a_started_doctor_stops(
    client: Callable[..., DoctorClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others talk with the doctor that was started here, leaving asks first."""
    monkeypatch.setattr(local_server, "log_file", lambda: tmp_path / "server.log")
    window = client("Ada")
    window.host.patients = tmp_path / "patients"
    window.stage.end("")
    window.host.start(ServerAddress("127.0.0.1", 0))
    connected(window)
    assert window.host.started is not None
    with Client(window.place.port) as grace:
        grace.enter("Grace")
        window.leave()
        until(window, lambda: window.stage.sheet)
        assert "one other person" in sheet_text(window)
        assert not window.closed
    window.leave()
    until_closed(window)
    assert window.host.started.stop()


def sheet_field(window: DoctorClient) -> tk.Entry:
    """Return the first field of the sheet that is open."""
    assert window.stage.sheet is not None
    return next(
        child for child in window.stage.sheet.body.winfo_children() if isinstance(child, tk.Entry)
    )


def sheet_text(window: DoctorClient) -> str:
    """Return the paragraphs of the sheet that is open."""
    assert window.stage.sheet is not None
    children = window.stage.sheet.body.winfo_children()
    return "\n".join(str(child["text"]) for child in children if isinstance(child, tk.Label))


def sheet_title(window: DoctorClient) -> str:
    """Return the title of the sheet that is open, "" if none is."""
    sheet = window.stage.sheet
    return sheet.window.title() if sheet is not None and sheet.is_there else ""


def until_closed(window: DoctorClient) -> None:
    """Wait until the window is closed."""
    while not window.closed:
        window.tk.dooneevent(0)
