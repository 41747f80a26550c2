"""Whatever six people do in a room, in whatever order: all transcripts agree with the file.

Hypothesis makes the order of what they do, one thread each so that it really happens at once: they
join, say, say again, call the doctor, talk with it in private, leave, come back on a new connection
and erase the room. Meanwhile a person attends one of them, holds the doctor and gives it back.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import UnknownPatient
from doctor.patients import load
from doctor.patients.opening import open_archive
from doctor.protocol import codes, notices
from tests.control.operators import attend
from tests.server.rooms.room_client import Entry, RoomClient
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, live_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from doctor.history.transcript import Exchange
    from server import DoctorServer

#: Who does something.
PEOPLE: Final = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn")
_DEEDS: Final = ("say", "say again", "call", "leave", "aside", "come again", "forget", "wait")
#: What the person does who attends the first of them.
_HOLDS: Final = st.lists(st.sampled_from(("hold", "say", "back")), max_size=8)
PLANS: Final = st.lists(
    st.lists(st.sampled_from(_DEEDS), min_size=1, max_size=12),
    min_size=len(PEOPLE),
    max_size=len(PEOPLE),
)


class _Person:
    """One of them."""

    def __init__(self, server: DoctorServer, name: str, plan: list[str]) -> None:
        self._server, self._plan = server, list(plan)
        self.name = name
        self.fault: BaseException | None = None
        #: What this person knows of each room of the name, by the time when it began.
        self.heard: dict[str, set[Entry]] = {}
        self.asides: list[str] = []  #: what was said in private
        self._count = 0

    def run(self) -> None:
        """Do what is planned, over as many connections as it takes."""
        try:
            while self._plan:
                with (
                    contextlib.suppress(EOFError, ConnectionError),
                    RoomClient(self._server, self.name) as client,
                ):
                    self._visit(client)
        except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
            self.fault = fault

    def _visit(self, client: RoomClient) -> None:
        begun = self._join(client)
        while self._plan:
            deed = self._plan.pop(0)
            if deed == "come again":
                return
            if deed == "leave":
                client.ask("/leave")
                begun = self._join(client)
            elif deed == "aside":
                client.ask("/private")
                self.asides.append(f"a secret of {self.name}, number {len(self.asides)}")
                assert client.ask(self.asides[-1]).code in {codes.SAYS, codes.SAID}
                begun = self._join(client)
            elif deed == "forget":
                if client.ask("/forget").code == codes.CONFIRM:
                    client.ask("Garden")
                begun = self._join(client)
            elif deed == "wait":
                client.ask("/who")
            else:
                begun = self._say(client, deed, begun)

    def _join(self, client: RoomClient) -> str:
        """Enter the room; return when its history began, which tells it from an earlier one."""
        client.entries = set()
        joined = client.join("Garden")
        assert joined.code == codes.JOINED, joined
        begun = joined.field("begun") or ""
        client.entries |= self.heard.setdefault(begun, set())
        self.heard[begun] = client.entries
        return begun

    def _say(self, client: RoomClient, deed: str, begun: str) -> str:
        self._count += 1
        line = f"{'Doctor, ' * (deed == 'call')}{self.name} says {self._count}"
        number = 1 + max((each.number for each in client.entries), default=0)
        for _ in range(1 + (deed == "say again")):
            reply = client.ask(f"/as {number} {line}")
            if reply.code in {codes.NOT_NOW, codes.WRONG_NUMBER}:  # erased by somebody
                return self._join(client)
            assert reply.code == codes.SAID, reply
            found = int(reply.field("number") or 0)
            client.entries.add(Entry(found, notices.PATIENT, self.name, line))
        return begun


def _entries(stored: list[Exchange]) -> set[Entry]:
    """Return the rows of a stored history."""
    found = set()
    for each in stored:
        if each.event:
            verb = {"came": "comes in", "left": "leaves"}[each.event]
            text = f"{each.speaker} {verb}"
            found.add(Entry(each.number, notices.EVENT, each.speaker, text))
        if each.patient:
            found.add(Entry(each.number, notices.PATIENT, each.speaker, each.patient))
        if each.doctor:
            found.add(Entry(each.number, notices.DOCTOR, "", each.doctor))
    return found


def _attend(path: Path, holds: list[str], faults: list[BaseException]) -> None:
    """Hold the doctor of the first of them, say something, and give it back."""
    try:
        with attend(path, PEOPLE[0]) as maria:
            for do in holds:
                maria.do(do, **({"text": "I am Maria."} if do == "say" else {}))
    except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
        faults.append(fault)


@settings(max_examples=25, deadline=None)
@given(plans=PLANS, holds=_HOLDS)
def test_all_transcripts_agree_with_the_file(
    tmp_path_factory: pytest.TempPathFactory, plans: list[list[str]], holds: list[str]
) -> None:
    """What anybody was told or answered is in the file under its number, and nothing twice.

    What was said in private is in that patient's history alone.
    """
    path: Path = tmp_path_factory.mktemp("room")
    with live_server(path, machine=FakeMachine(), room_members=64) as server:
        people = [_Person(server, *each) for each in zip(PEOPLE, plans, strict=True)]
        faults: list[BaseException] = []
        with RoomClient(server, PEOPLE[0]) as first:
            first.ask("I was here before.")
        threads = [threading.Thread(target=person.run) for person in people]
        threads.append(threading.Thread(target=_attend, args=(path, holds, faults)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for fault in (*(person.fault for person in people), *faults):
            if fault is not None:
                raise fault
    for person in people:
        _check_private(path, person)
    try:
        stored = list(load(path / "Garden.dat").history)
    except UnknownPatient:
        return  # it was erased at the end
    assert [each.number for each in stored] == list(range(1, len(stored) + 1))
    said = [each.patient for each in stored if each.patient]
    assert not any("secret" in each.patient + each.doctor for each in stored)
    assert len(said) == len(set(said))
    assert open_archive(path).verify("Garden").sound
    kept, began = _entries(stored), stored[0].at
    for person in people:
        for begun, heard in person.heard.items():
            if begun and abs(_seconds(begun) - began) < 0.0005:
                assert heard <= kept


def _check_private(path: Path, person: _Person) -> None:
    """A patient's own history has what was said in private, once each, and nothing of the room."""
    try:
        stored = list(load(path / f"{person.name}.dat").history)
    except UnknownPatient:
        stored = []
    own = [each.patient for each in stored if each.patient and not each.speaker]
    assert [line for line in own if line != "I was here before."] == person.asides


def _seconds(begun: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(begun).timestamp()
