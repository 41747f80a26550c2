"""Rooms in the window: a list, what is unread, who speaks; and persons who read along."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

import pytest

from client.model.presence import PersonActivity
from client.model.transcript_line import EVENT, PERSON, TranscriptLine
from client.net import events
from client.ui.presenter import now
from tests.server.rooms.room_client import RoomClient
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import live_server
from tests.support.screen import (
    User,
    check_walk,
    close_all,
    connected,
    dialog_field,
    dialog_title,
    opened,
    settle,
    shown,
    tk_garbage_stays_here,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from client.ui.main_window import DoctorClient
    from server import DoctorServer


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[DoctorServer]:
    """A server with rooms."""
    with live_server(tmp_path / "patients", machine=FakeMachine()) as server:
        yield server


@pytest.fixture
def ada(tmp_path: Path, rooms: DoctorServer) -> Iterator[DoctorClient]:
    """A window in which Ada talks with the doctor alone."""
    windows: list[DoctorClient] = []
    with tk_garbage_stays_here():
        windows.append(opened(tmp_path / "client.json", rooms.address[1], "Ada"))
        yield connected(windows[0])
        close_all(windows)


def _in_room(window: DoctorClient, room: str) -> str:
    return window.presenter.rooms.transcript(room).area.get("1.0", tk.END)


def _join(window: DoctorClient, room: str) -> None:
    window.presenter.send(f"/join {room}")
    until(window, lambda: window.presenter.rooms.shown == room)


def test_a_room_is_joined_by_keyboard(ada: DoctorClient, rooms: DoctorServer) -> None:
    """Ctrl+J asks for a room and names those where somebody is; then one talks there."""
    with RoomClient(rooms, "Ben") as ben:
        ben.join("Garden")
        user = User(ada)
        user.focus(ada.layout.input)
        user.press("ctrl+j")
        until(ada, lambda: dialog_title(ada) == "Join a room")
        assert ada.view.dialog is not None
        labels = [one for one in ada.view.dialog.body.winfo_children() if isinstance(one, tk.Label)]
        until(ada, lambda: any("Garden (1 here)" in str(one["text"]) for one in labels))
        User(dialog_field(ada)).write("Garden")
        User(dialog_field(ada)).press("Return")
        until(ada, lambda: ada.presenter.rooms.shown == "Garden")
        assert "You talk in the room Garden" in ada.layout.hint["text"]
        assert ada.focus_get() is ada.layout.input
        user = User(ada)
        user.write("Hello, Ben")
        user.press("Return")
        until(ada, lambda: "Hello, Ben" in _in_room(ada, "Garden"))
        until(ada, lambda: "not answered" not in _in_room(ada, "Garden"))
    until(ada, lambda: "Ben leaves" in _in_room(ada, "Garden"))
    assert "Hello, Ben" not in shown(ada)


def test_unread_lines_are_counted_in_the_list(ada: DoctorClient, rooms: DoctorServer) -> None:
    """A room that is not shown counts what others say; showing it reads that, and marks nobody."""
    _join(ada, "Garden")
    user = User(ada)
    user.press("ctrl+Prior")
    until(ada, lambda: not ada.presenter.rooms.shown)
    listed = ada.presenter.rooms._list_view
    assert listed is not None
    with RoomClient(rooms, "Ben") as ben:
        ben.join("Garden")
        ben.say("Is anybody here?")
        until(ada, lambda: " new)" in listed.list.get(1))  # the host may answer, too
        assert listed.list.get(0) == "The doctor"
        assert ada.winfo_toplevel().title().endswith(" new) Doctor")
        user.focus(listed.list)
        user.press("Down")
        until(ada, lambda: ada.presenter.rooms.shown == "Garden")
        until(ada, lambda: "Is anybody here?" in _in_room(ada, "Garden"))
        assert "Garden" in listed.list.get(0, tk.END)
        assert ada.winfo_toplevel().title() == "Doctor"
        text = _in_room(ada, "Garden")
        assert "Ben comes in" in text
        ada.presenter.send("I am.")
        until(ada, lambda: "I am." in _in_room(ada, "Garden"))
        labels = [line for line in _in_room(ada, "Garden").split("\n") if "Ben  \u00b7" in line]
        assert labels, _in_room(ada, "Garden")
        assert not labels[0].startswith("Ben"), "a sign of his own, too"
        settle(ada)
        check_walk(ada, ada.layout.input, ada.winfo_toplevel())


def test_leaving_a_room(ada: DoctorClient) -> None:
    """The button leaves it: what is typed is said to the doctor again, and the list is gone."""
    _join(ada, "Garden")
    user = User(ada)
    user.click(ada.presenter.rooms.rooms["Garden"].overlay.button)
    until(ada, lambda: not ada.presenter.rooms.rooms)
    assert "You left the room Garden." in shown(ada)
    assert ada.layout.hint["text"] == "No passphrase"
    ada.presenter.send("hello")
    until(ada, lambda: "1: hello" in shown(ada))


def test_erasing_a_room_keeps_ones_own_history(ada: DoctorClient) -> None:
    """`/forget` in a room erases the room alone, here too."""
    ada.presenter.send("my own line")
    until(ada, lambda: "1: my own line" in shown(ada))
    _join(ada, "Garden")
    ada.presenter.send("a line of the room")
    until(ada, lambda: "not answered" not in _in_room(ada, "Garden"))
    ada.presenter.send("/forget")
    until(ada, lambda: dialog_title(ada).startswith("Erase"))
    field = dialog_field(ada)
    field.insert(0, "Garden")
    User(field).press("Return")
    until(ada, lambda: not ada.presenter.rooms.rooms)
    assert "my own line" in shown(ada)


def test_taking_back_in_a_room_leaves_ones_own_history(ada: DoctorClient) -> None:
    """The words are gone from the room's transcript, and one's own entry of that number stays."""
    ada.presenter.send("my own line")
    until(ada, lambda: "1: my own line" in shown(ada))
    _join(ada, "Garden")
    ada.presenter.send("too much said")
    until(ada, lambda: "not answered" not in _in_room(ada, "Garden"))
    entries = ada.presenter.rooms.transcript("Garden").items
    number = next(item.number for item in entries if item.patient == "too much said")
    ada.presenter.send(f"/forget {number}")
    until(ada, lambda: dialog_title(ada) == "Take this back?")
    assert ada.view.dialog is not None
    User(ada.view.dialog.window).press("Tab", "Return")
    until(ada, lambda: f"number {number} was taken back" in _in_room(ada, "Garden"))
    assert "too much" not in _in_room(ada, "Garden")
    assert "my own line" in shown(ada)
    assert "taken back" not in shown(ada)


def test_a_lost_connection_brings_the_rooms_back(ada: DoctorClient, rooms: DoctorServer) -> None:
    """After a reconnection the room is there, with what was said meanwhile, once."""
    _join(ada, "Garden")
    ada.presenter.send("before")
    until(ada, lambda: "not answered" not in _in_room(ada, "Garden"))
    conversation = ada.presenter.conversation
    assert conversation is not None
    for handler in list(rooms._sessions):
        handler.abort()
    with RoomClient(rooms, "Ben") as ben:
        ben.join("Garden")
        ben.say("meanwhile")
        until(ada, lambda: "meanwhile" in _in_room(ada, "Garden"))
    text = _in_room(ada, "Garden")
    assert text.count("before") == text.count("meanwhile") == 1


def test_rooms_are_not_shown_to_the_next_name(ada: DoctorClient) -> None:
    """Another patient in the same window has no rooms."""
    _join(ada, "Garden")
    ada.disconnect()
    ada.layout.name.delete(0, tk.END)
    ada.layout.name.insert(0, "Eve")
    ada.connect()
    connected(ada)
    assert ada.presenter.rooms.rooms == {}


def test_a_person_is_shown_plainly(ada: DoctorClient) -> None:
    """Who reads along or answers is said in the transcript and stays in the status line."""
    presenter = ada.presenter

    def tell(what: PersonActivity, text: str) -> None:
        line = TranscriptLine(0, now(), EVENT, "Maria", "", text)
        presenter.take(events.Attended(what, "Maria", line))

    tell(PersonActivity.READING, "Maria reads along")
    assert "Maria reads along" in shown(ada)
    assert "Maria (a person) reads along" in ada.layout.hint["text"]
    tell(PersonActivity.TAKEN_OVER, "Maria answers now in the doctor's place")
    assert "Maria (a person) answers in the doctor's place" in ada.layout.hint["text"]
    said = TranscriptLine(1, now(), PERSON, "Maria", "", "I am here.")
    presenter.take(events.Heard("", (said,)))
    assert "Maria (a person)" in shown(ada)
    tell(PersonActivity.RETURNED, "the doctor is back")
    tell(PersonActivity.LEFT, "Maria leaves")
    assert ada.layout.hint["text"] == "No passphrase"
    ada.presenter.send("hello")
    until(ada, lambda: "1: hello" in shown(ada))
