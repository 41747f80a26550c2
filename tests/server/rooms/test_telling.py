"""What members are told, in which order, and by whom."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.history.snapshot import ROOM
from doctor.history.transcript import Exchange
from doctor.protocol import ReplyReader, notices
from doctor.protocol.notices import Notice
from doctor.server.rooms import room as module
from doctor.server.rooms.member import RoomMember
from doctor.server.rooms.patience import PatienceTimer
from doctor.server.rooms.telling import encode_closed, encode_entry, encode_private
from tests.patients.contract_rooms import say
from tests.server.rooms.room_client import RoomClient, two_in_a_garden
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def read(data: bytes) -> list[tuple[int, int, str, str, str, str]]:
    """Return the notices in bytes: code, number, kind, name, mark, text."""
    found = [Notice.read(reply) for reply in ReplyReader().feed(data)]
    assert all(each is not None and each.conversation == "Garden" for each in found)
    return [(n.code, n.number, n.kind, n.name, n.mark, n.text) for n in found if n is not None]


@pytest.mark.parametrize(
    ("entry", "line", "reply"),
    [
        (
            Exchange(3, 1e9, 1, "Hello", "", speaker="Ada"),
            [(notices.SAID, 3, "patient", "Ada", "", "Hello")],
            [],
        ),
        (
            Exchange(4, 1e9, 1, "I want to die", "We are here.", "CARE", "care", speaker="Ada"),
            [(notices.SAID, 4, "patient", "Ada", "care", "I want to die")],
            [(notices.SAID, 4, "doctor", "", "care", "We are here.")],
        ),
        (
            Exchange(5, 1e9, 1, "", "Welcome, Bob."),
            [],
            [(notices.SAID, 5, "doctor", "", "", "Welcome, Bob.")],
        ),
        (
            Exchange(6, 1e9, 1, "", "", speaker="Bob", event="came"),
            [(notices.CAME, 6, "event", "Bob", "", "Bob comes in")],
            [],
        ),
        (
            Exchange(0, 1e9, 1, "", "", speaker="Bob", event="left"),
            [(notices.LEFT, 0, "event", "Bob", "", "Bob leaves")],
            [],
        ),
        (Exchange(7, 1e9, 1, "", "").taken_back(), [], []),
    ],
)
def test_the_notices_of_an_entry(
    entry: Exchange, line: list[tuple[object, ...]], reply: list[tuple[object, ...]]
) -> None:
    """A line and the host's answer to it are two notices of one number; an event is one."""
    told = encode_entry("Garden", entry)
    assert (read(told.line), read(told.reply)) == (line, reply)


def test_notices_of_no_entry() -> None:
    """What is for one member alone, and that a room is closed, have the number 0."""
    assert read(encode_private("Garden", "Call 116 123.", 1e9)) == [
        (notices.SAID, 0, "doctor", "", "care", "Call 116 123.")
    ]
    assert read(encode_closed("Garden", "erased", 1e9)) == [
        (notices.CLOSED, 0, "event", "", "", "erased")
    ]


def test_entries_that_come_out_of_order(tmp_path: Path) -> None:
    """What was recorded without the room's knowledge is read from the disk, and told in order."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, ada, bob):
        with server.context.store.open("Garden", kind=ROOM) as room:
            missed = [say(room, "Eve", f"from elsewhere {number}").number for number in range(3)]
        last = ada.say("from here")
        bob.wait_for("from here")
        assert [each.number for each in bob.told if each.kind == notices.PATIENT] == [*missed, last]


def test_who_speaks_while_nobody_else_commits_tells_it(tmp_path: Path) -> None:
    """Then no other thread has to be woken up: the members are told without the publisher's."""
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, ada, bob):
        server.context.rooms._publisher.close()
        ada.say("told by my own thread")
        bob.wait_for("told by my own thread")


def test_all_are_told_the_same_in_the_same_order(tmp_path: Path) -> None:
    """Whoever's thread tells it: four who speak at once, and one who listens."""
    names, lines = ("Cleo", "Dan", "Eve", "Finn"), 25
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, _ada, bob):

        def speak(name: str) -> None:
            with RoomClient(server, name) as client:
                client.join("Garden")
                for number in range(lines):
                    client.say(f"{name} {number}")

        threads = [threading.Thread(target=speak, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for name in names:
            bob.wait_for(f"{name} {lines - 1}")
        for thread in threads:
            thread.join(PATIENCE)
        said = [each for each in bob.told if each.kind == notices.PATIENT]
        numbers = [each.number for each in bob.told if each.kind != notices.DOCTOR]
        assert numbers == sorted(numbers)
        assert len({each.number for each in said}) == len(said) == lines * len(names)


def test_who_is_ready_goes_before_members_who_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first member is told, and after every few, threads that are ready go first."""
    happened: list[str] = []
    monkeypatch.setattr(module, "let_ready_run", lambda: happened.append("others"))
    with two_in_a_garden(tmp_path, machine=FakeMachine()) as (server, ada, _bob):
        room = next(iter(server.context.rooms._rooms.values()))
        before = room.members

        class Listener:
            """A connection that notes when it is told something."""

            patient_name: str | None = "Ada"

            def notify(self, data: bytes) -> bool:
                """Note it."""
                happened.append("told" if data else "nothing")
                return True

        room.members = tuple(RoomMember(Listener()) for _ in range(150))
        happened.clear()
        room._tell(Exchange(0, 1e9, 0, "Hello", "", speaker="Eve"), None)
        room.members = before
        ada.say("goes on")
    each = ["others", *["told"] * module._TOLD_AT_ONCE]
    wanted = [*each, *each, "others", *["told"] * (150 - 2 * module._TOLD_AT_ONCE)]
    assert happened[: len(wanted)] == wanted


class _Timed:
    """A room that notes when its host was called."""

    def __init__(self, name: str, called: queue.SimpleQueue[str], timer: PatienceTimer) -> None:
        self.name, self._called, self._timer = name, called, timer
        self.due: float | None = None
        self.timed_at: float | None = None

    def end_patience(self) -> None:
        """Be no longer due, and note the call."""
        self._timer.set(self, None)
        self._called.put(self.name)


def test_the_host_is_called_in_time() -> None:
    """Not before; a time that was moved or taken back counts as it is at last."""
    called: queue.SimpleQueue[str] = queue.SimpleQueue()
    clock = [0.0]
    timer = PatienceTimer(lambda: clock[0])
    timer.start()
    rooms = {name: _Timed(name, called, timer) for name in "abcd"}
    timer.set(rooms["a"], 30.0)
    timer.set(rooms["b"], 20.0)
    timer.set(rooms["c"], 10.0)
    timer.set(rooms["c"], 40.0)  # somebody spoke
    timer.set(rooms["d"], 5.0)
    timer.set(rooms["d"], None)  # somebody answered
    timer.set(rooms["a"], 15.0)  # a shorter patience
    for now, name in ((16.0, "a"), (25.0, "b"), (41.0, "c")):
        clock[0] = now
        timer.set(_Timed(f"at {now}", called, timer), 0.0)  # wakes it: it is the first one due
        assert {called.get(timeout=PATIENCE) for _ in range(2)} == {name, f"at {now}"}
    timer.close()
    assert called.empty()


def test_nothing_is_told_within_a_long_reply(tmp_path: Path) -> None:
    """A history of hundreds of rows is whole, whatever is said meanwhile."""
    with two_in_a_garden(tmp_path, machine=FakeMachine(), costly_share=100) as (_, ada, bob):
        for number in range(300):
            bob.say(f"line {number}")
        bob.send(b"".join(b"more %d\n" % number for number in range(300)))
        for _ in range(5):
            shown = ada.ask("/history 1000")
            assert all(len(row) == 7 for row in shown.rows)
            assert int(shown.text.split()[0]) == len({row[0] for row in shown.rows})
