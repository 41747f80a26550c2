"""Clients in the rooms of the real server: cut off, restarted, attended, through pipes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from client.model.presence import PersonActivity
from client.net import events
from doctor.patients.opening import load
from doctor.protocol import codes
from tests.control.operators import attend
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, ROOT, Client, live_server, port_of, program, until
from tests.support.listening import Listening

if TYPE_CHECKING:
    from pathlib import Path


class Member(Listening):
    """A conversation in a room; `ends` returns its events."""

    def __init__(self, port: int, name: str, room: str = "Garden") -> None:
        super().__init__(port, name)
        self.room = room
        self.conversation.say(f"/join {room}")
        self.until(events.TalksIn)

    def heard(self) -> list[tuple[int, str, str]]:
        """Return the lines that it has: number, who, text; its own by their answers."""
        found = []
        for event in self.seen:
            if isinstance(event, events.Joined | events.Heard):
                found += [(one.number, one.name, one.text) for one in event.lines]
            elif isinstance(event, events.Answered) and event.room:
                found.append((event.entry.number, self.conversation.name, event.entry.patient))
        return sorted(found)


def transcript(directory: Path, room: str = "Garden") -> list[tuple[int, str, str]]:
    """Return what is recorded in a room: number, who, text; the host's answers too."""
    found = []
    for one in load(directory / f"{room}.dat").history:
        if one.event:
            text = {"came": f"{one.speaker} comes in", "left": f"{one.speaker} leaves"}[one.event]
            found.append((one.number, one.speaker, text))
        if one.patient:
            found.append((one.number, one.speaker, one.patient))
        if one.doctor:
            found.append((one.number, "", one.doctor))
    return sorted(found)


@pytest.mark.parametrize("restarts", [False, True])
def test_members_have_the_same_transcript_after_losses(tmp_path: Path, *, restarts: bool) -> None:
    """Connections are cut, or the server restarts, again and again; nothing is lost or doubled."""
    lines = {name: [f"{name} says {number}" for number in range(12)] for name in ("Ada", "Bob")}
    port = 0
    members: list[Member] = []
    for part in range(3):
        with live_server(tmp_path, machine=FakeMachine(), port=port) as server:
            port = server.address[1]
            members = members or [Member(port, name) for name in lines]
            for number in range(4 * part, 4 * part + 4):
                for member in members:
                    member.conversation.say(lines[member.conversation.name][number])
                if not restarts:
                    for conversation in tuple(server.context.sessions):
                        conversation.abort()
            if not restarts or part == 2:
                for member in members:
                    seen = sum(isinstance(event, events.Answered) for event in member.seen)
                    for _ in range(4 * (part + 1) - seen):
                        assert member.until(events.Answered).room == "Garden"
    with live_server(tmp_path, machine=FakeMachine(), port=port) as server:
        until(lambda: [room.members for room in server.context.rooms.describe()] == [2], "both")
        with Client(server) as eve:
            eve.enter("Eve")
            eve.ask("/join Garden")
            assert eve.ask("the end").code == codes.SAID
            for member in members:
                while not any(text == "the end" for _, _, text in member.heard()):
                    member.until(events.Heard)
        for member in members:
            member.end()
    recorded = transcript(tmp_path)
    (end,) = (number for number, _, text in recorded if text == "the end")
    for member in members:
        name = member.conversation.name
        own = [text for _, who, text in recorded if who == name and text in lines[name]]
        assert own == lines[name]
        found = [row for row in member.heard() if row[0] <= end]
        assert found == [row for row in recorded if found[0][0] <= row[0] <= end]


def test_members_have_the_same_transcript_after_a_kill(tmp_path: Path) -> None:
    """The server is killed while four members talk; each line is in the room once, for all."""
    names = ("Ada", "Bob", "Eve", "Mia")
    lines = {name: [f"{name} says {number}" for number in range(8)] for name in names}
    with program(tmp_path) as process:
        port = port_of(process)
        members = [Member(port, name) for name in names]
        for number in range(4):
            for member in members:
                member.conversation.say(lines[member.conversation.name][number])
        members[0].until(events.Answered)
        process.kill()
        process.wait(PATIENCE)
    for number in range(4, 8):
        for member in members:
            member.conversation.say(lines[member.conversation.name][number])
    with program(tmp_path, "--port", str(port)) as process:
        port_of(process)
        for member in members:
            while sum(isinstance(event, events.Answered) for event in member.seen) < 8:
                member.until(events.Answered)
        members[0].conversation.say("the end")
        members[0].until(events.Answered)
        for member in members[1:]:
            while not any(text == "the end" for _, _, text in member.heard()):
                member.until(events.Heard)
        for member in members:
            member.seen += member.end()
        process.terminate()
        process.wait(PATIENCE)
    recorded = transcript(tmp_path)
    (end,) = (number for number, _, text in recorded if text == "the end")
    for member in members:
        name = member.conversation.name
        assert [text for _, who, text in recorded if who == name and text in lines[name]] == lines[
            name
        ]
        found = [row for row in member.heard() if row[0] <= end]
        assert found == [row for row in recorded if found[0][0] <= row[0] <= end]


def test_a_room_in_a_pipe(tmp_path: Path) -> None:
    """The console prints who says what, and returns to the doctor alone."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        assert bob.ask("Hello, all.").code == codes.SAID
        done = subprocess.run(
            [sys.executable, "-m", "client", "--console", "--port", str(server.address[1])],
            input="Ada\n/join garden\nHello, Bob.\n/who\n/rooms\n/leave\nhello\n/quit\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "Bob: Hello, all." in done.stdout
    assert "1: hello" in done.stdout
    assert "Ada:" not in done.stdout
    for notice in (
        "* Bob comes in",
        "* You are in Garden, with Bob.",
        "* Bob and Ada are here.",
        "* Garden  2 members",
        "* You have left Garden.",
        "* You talk with the doctor alone now.",
    ):
        assert notice in done.stderr
    assert [text for _, who, text in transcript(tmp_path) if who == "Ada"] == [
        "Ada comes in",
        "Hello, Bob.",
        "Ada leaves",
    ]


def test_a_person_answers_a_client(tmp_path: Path) -> None:
    """Reading, speaking, holding and leaving reach the client, and numbers go on over all of it."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        ada = Listening(server.address[1])
        ada.conversation.say("one")
        assert ada.until(events.Answered).entry.number == 1
        with attend(tmp_path, "Ada") as maria:
            reads = ada.until(events.Attended)
            assert (reads.what, reads.name) == (PersonActivity.READING, "Maria")
            maria.do("say", text="Hello, Ada.")
            (said,) = ada.until(events.Heard).lines
            assert said.readable == "Maria (a person): Hello, Ada."
            ada.conversation.say("two")
            assert ada.until(events.Answered).entry.doctor == "2: two"
            maria.do("hold")
            assert ada.until(events.Attended).what is PersonActivity.TAKEN_OVER
            ada.conversation.say("three")
            held = ada.until(events.Answered)
            assert (held.recorded, held.entry.doctor) == (True, "")
            maria.do("say", text="I am here.")
            ada.until(events.Heard)
            maria.do("back")
            assert ada.until(events.Attended).what is PersonActivity.RETURNED
            ada.conversation.say("four")
            assert ada.until(events.Answered).entry.doctor
        assert ada.until(events.Attended).what is PersonActivity.LEFT
        ada.conversation.say("five")
        assert ada.until(events.Answered).entry.number > held.entry.number
        ada.end()
    refused = [event for event in ada.seen if isinstance(event, events.NotRecorded)]
    assert not refused


def test_a_protected_room(tmp_path: Path) -> None:
    """A room's passphrase is asked for with its name, also after a lost connection."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        ada = Member(server.address[1], "Ada")
        ada.conversation.say("/passphrase")
        for _ in range(2):
            assert ada.until(events.SecretWanted).room == "Garden"
            ada.conversation.answer("open sesame")
        assert ada.until(events.Replied).code == codes.PASSPHRASE_CHANGED
        for conversation in tuple(server.context.sessions):
            conversation.abort()
        ada.conversation.say("Still here.")
        asked = ada.until(events.SecretWanted)
        assert (asked.code, asked.room) == (codes.PASSPHRASE, "Garden")
        ada.conversation.answer("open sesame")
        assert ada.until(events.Joined).again
        answered = ada.until(events.Answered)
        assert (answered.room, answered.entry.patient) == ("Garden", "Still here.")
        bob = Listening(server.address[1], "Bob")
        bob.conversation.say("/join Garden")
        bob.until(events.SecretWanted)
        bob.conversation.answer("open sesame")
        bob.until(events.TalksIn)
        ada.conversation.say("/passphrase")
        for secret in ("open sesame", "another one", "another one"):
            ada.until(events.SecretWanted)
            ada.conversation.answer(secret)
        left = bob.until(events.LeftRoom)
        assert (left.room, left.closed) == ("Garden", True)
        bob.conversation.say("Alone again.")
        assert bob.until(events.Answered).room == ""
        for one in (ada, bob):
            one.end()
    assert [one.patient for one in load(tmp_path / "Bob.dat").history] == ["Alone again."]


def test_a_room_that_is_erased(tmp_path: Path) -> None:
    """Who erases a room is out of it, and the next line is said to the doctor alone."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        ada = Member(server.address[1], "Ada")
        ada.conversation.say("Hello.")
        ada.until(events.Answered)
        ada.conversation.say("/forget")
        ada.until(events.ConfirmWanted)
        ada.conversation.answer("Garden")
        ada.until(events.LeftRoom)
        ada.conversation.say("Alone again.")
        answered = ada.until(events.Answered)
        assert (answered.room, answered.entry.number) == ("", 1)
        ada.seen += ada.end()
    assert [event.room for event in ada.seen if isinstance(event, events.LeftRoom)] == ["Garden"]
    assert not (tmp_path / "Garden.dat").exists()
