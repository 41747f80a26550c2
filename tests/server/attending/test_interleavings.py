"""Whatever a patient and two people do in whatever order, everybody saw what is in the file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doctor.patients.opening import load
from doctor.protocol import codes
from doctor.protocol.notices import Notice
from tests.control.operators import Operator, attend
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

STEPS = st.lists(
    st.sampled_from(
        [
            *("ada", "ada", "care", "again"),
            *(f"{person} {do}" for person in ("Maria", "Nora") for do in ("say", "hold", "back")),
            *("Maria comes", "Maria leaves", "Nora comes", "Nora leaves"),
        ]
    ),
    max_size=14,
)


class Evening:
    """One patient and two people who may attend; everything that anybody was told is noted."""

    def __init__(self, server: Any, directory: Path) -> None:
        self._server, self._directory = server, directory
        self.people: dict[str, Operator] = {}
        #: By number: what the patient was told, of lines and of notices.
        self.heard: dict[int, str] = {}
        self.ada = self._connect()
        self._said = 0

    def _connect(self) -> Client:
        client = Client(self._server)
        client.enter("Ada")
        return client

    def ask(self, line: str) -> None:
        """Say a line; note its number, and the notices that come before its reply."""
        self.ada.send(line.encode() + b"\n")
        while True:
            reply = self.ada.reply()
            notice = Notice.read(reply)
            if notice is None:
                break
            self._note(notice)
        if reply.code == codes.SAID:
            self.heard[int(reply.field("number") or 0)] = line

    def _note(self, notice: Notice) -> None:
        if notice.number:
            assert notice.number not in self.heard
            self.heard[notice.number] = notice.text

    def step(self, what: str) -> None:
        """Do one step; what cannot be done now is refused and changes nothing."""
        self._said += 1
        who, _, do = what.partition(" ")
        if what == "ada":
            self.ask(f"line {self._said}")
        elif what == "care":
            self.ask(f"care {self._said}")
        elif what == "again":
            self.close()
            self.ada = self._connect()
        elif do == "comes" and who not in self.people:
            self.people[who] = attend(self._directory, "Ada", who)
        elif do == "leaves" and who in self.people:
            self._leave(who)
        elif who in self.people:
            self.people[who].do(do, text=f"line {self._said}")

    def _leave(self, who: str) -> None:
        self.people.pop(who).leave()
        reading = self._server.context.attending.readers_of
        until(lambda: who not in dict(reading("Ada")), "the end of a stream")

    def close(self) -> None:
        """Read what the patient was told, to the end of the connection."""
        self.ada.send(b"/quit\n")
        while (reply := self.ada.reply()).code != codes.GOODBYE:
            notice = Notice.read(reply)
            assert notice is not None
            self._note(notice)
        self.ada.socket.close()

    def end(self) -> None:
        """Let everybody leave."""
        for who in list(self.people):
            self._leave(who)
        self.close()

    def abandon(self) -> None:
        """Close what is still open, after a failure too."""
        self.ada.socket.close()
        for person in self.people.values():
            person.leave()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_everybody_saw_what_is_in_the_file(steps: list[str]) -> None:
    """Numbers are complete, notices say what is recorded, held lines are never answered.

    Who answers a line follows from the events before it in the file: taken over, or returned.
    """
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        with live_server(directory, machine=FakeMachine()) as server:
            evening = Evening(server, directory)
            try:
                evening.ask("the first line")
                for what in steps:
                    evening.step(what)
                evening.end()
            finally:
                evening.abandon()
        history = list(load(directory / "Ada.dat").history)
    assert [one.number for one in history] == list(range(1, len(history) + 1))
    holder = ""
    for one in history:
        if one.event == "taken over":
            assert not holder
            holder = one.speaker
        elif one.event == "returned":
            assert holder == one.speaker
            holder = ""
        elif not one.speaker and not one.event:
            assert one.responder == ("" if one.mark else holder)
            assert bool(one.doctor) == (not one.responder)
        told = evening.heard.get(one.number)
        if told is not None and not one.event:
            assert told == one.patient
    assert not holder
