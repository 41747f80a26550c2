"""Rooms where something goes wrong: damage, full disks, slow and loud members, a killed server."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Final

import pytest

from doctor.patients import load
from doctor.patients.opening import open_archive
from doctor.protocol import codes, notices
from tests.server.rooms.room_client import Entry, RoomClient
from tests.support.failing_disk import Failing
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, live_server, port_of, program, until

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

#: Members of the room whose server is killed, the lines of each, and how often it is.
MEMBERS, LINES, KILLS = 40, 6, 3
_LONG: Final = "a long line " * 300


def _flip(path: Path, at: int) -> None:
    """Damage a file by one bit."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_room_whose_file_is_damaged(tmp_path: Path) -> None:
    """What is sound of it is shown and goes on; a header that is lost closes it; others talk on."""
    with live_server(tmp_path, machine=FakeMachine()) as server, RoomClient(server, "Ada") as ada:
        for room in ("Garden", "Kitchen"):
            ada.join(room)
            for number in range(5):
                ada.say(f"line {number} of {room}")
    garden, kitchen = (tmp_path / f"{room}.dat" for room in ("Garden", "Kitchen"))
    _flip(garden, garden.read_bytes().index(b"line 2"))
    for find in (bytes.index, bytes.rindex):  # the two copies of the header
        _flip(kitchen, find(kitchen.read_bytes(), b"Kitchen"))
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.join("Park")
        assert bob.join("Garden").code == codes.JOINED
        texts = [each.text for each in bob.transcript()]
        assert "line 1 of Garden" in texts
        assert "line 2 of Garden" not in texts
        bob.say("we go on")
        assert bob.ask("/join Kitchen").code == codes.LOCK_UNREADABLE
        bob.say("still here")
        ada.say("nothing happened here")
    assert list(tmp_path.glob("Garden.dat.damaged-*"))


def test_a_full_disk_in_a_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The speaker alone gets 452, nobody is told of the line, and it can be said again."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
        RoomClient(server, "Cleo") as cleo,
    ):
        ada.join("Garden")
        bob.join("Garden")
        number = ada.say("before")
        failing = Failing("write", monkeypatch)
        failing.on = True
        assert ada.ask("refused").code == codes.NOT_SAVED
        assert cleo.join("Garden").code == codes.JOINED
        assert bob.wait_for_event("Cleo comes in").number == 0
        cleo.ask("/leave")
        assert bob.wait_for_event("Cleo leaves").number == 0
        failing.on = False
        assert ada.say("after") == number + 1
        bob.wait_for("after")
        assert all("refused" not in each.text for each in bob.told)
        assert all("Cleo" not in each.text for each in bob.transcript())
        assert set(bob.transcript()) == bob.entries | set(ada.transcript())


def test_a_member_with_a_slow_connection(tmp_path: Path) -> None:
    """Nobody waits for who does not read; that member is disconnected and comes again."""
    with (
        live_server(
            tmp_path,
            machine=FakeMachine(),
            send_buffer=4096,
            slow_reader_time=600.0,
            costly_share=100,
        ) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
        RoomClient(server, "Slow", receive=4096) as slow,
    ):
        for each in (ada, bob, slow):
            each.join("Garden")
        last = 0
        for number in range(300):  # more than two outboxes and the buffers of a socket hold
            last = ada.say(f"{number}: {_LONG}")
            bob.wait_for(f"{number}: ")
        ada.wait_for_event("Slow leaves")
        with pytest.raises((EOFError, ConnectionError)):
            slow.wait_for("nobody says this")
        assert bob.say("I have everything") > last
        ada.wait_for("I have everything")
        until(lambda: server.admin.gauges()["room_members"] == 2, "the end of the slow member")
        assert {each.number for each in bob.entries} >= {each.number for each in ada.entries}
        with RoomClient(server, "Slow") as again:
            again.join("Garden")
            assert set(again.transcript()) >= bob.entries
        assert server.context.metrics.notices_dropped > 0


def test_a_member_who_floods(tmp_path: Path) -> None:
    """The lines of one are read as fast as they may; another one is answered meanwhile."""
    lines = 300
    with (
        live_server(tmp_path, machine=FakeMachine(), line_rate=100) as server,
        RoomClient(server, "Ada") as ada,
        RoomClient(server, "Bob") as bob,
    ):
        ada.join("Garden")
        bob.join("Garden")
        ada.send(b"".join(b"flood %d\n" % number for number in range(lines)))
        bob.wait_for("flood 120")  # what was allowed at once is through
        bob.say("May I say something?")
        flooded = [each for each in bob.told if each.text.startswith("flood")]
        assert len(flooded) < lines
        bob.wait_for(f"flood {lines - 1}")
        assert set(bob.transcript()) >= bob.entries


class _Group:
    """Members whose server is killed now and then; each says its lines once."""

    def __init__(self) -> None:
        self.said = threading.Semaphore(0)
        self.faults: list[BaseException] = []
        self.heard: dict[str, set[Entry]] = {}
        self.port = 0
        self._serving = threading.Event()

    def serve(self, port: int) -> None:
        """Let the members connect to this port."""
        self.port = port
        self._serving.set()

    def stop(self) -> None:
        """Let them wait for another server."""
        self._serving.clear()

    def take_part(self, name: str) -> None:
        """Say lines, each once, over however many connections that takes."""
        heard = self.heard[name] = set()
        left = [f"{name} says {number}" for number in range(LINES)]
        least = 0  # the lowest number that the line under way may have
        try:
            while left:
                assert self._serving.wait(PATIENCE)
                with (
                    contextlib.suppress(OSError, EOFError),
                    RoomClient(self.port, name) as client,
                ):
                    client.entries = heard
                    client.join("Garden")
                    while left:
                        least = least or 1 + max(each.number for each in heard)
                        client.say(left[0], least)
                        left.pop(0)
                        least = 0
                        self.said.release()
        except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
            self.faults.append(fault)


def _kill(process: subprocess.Popen[str], group: _Group) -> None:
    group.stop()
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)


@pytest.mark.slow
def test_forty_members_and_a_killed_server(tmp_path: Path) -> None:
    """Whatever was under way: each line is there once, and all members have the same transcript."""
    group = _Group()
    names = [f"P{number}" for number in range(MEMBERS)]
    threads = [threading.Thread(target=group.take_part, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        with program(tmp_path) as process:
            group.serve(port_of(process))
            for _ in range(MEMBERS * LINES // (KILLS + 1)):
                assert group.said.acquire(timeout=PATIENCE)
            _kill(process, group)
    with program(tmp_path) as process:
        group.serve(port_of(process))
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert group.faults == []
        transcripts = []
        for name in names[:5]:
            with RoomClient(group.port, name) as client:
                client.join("Garden")
                transcripts.append(client.transcript())
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    stored = load(tmp_path / "Garden.dat").history
    said = [each.patient for each in stored if each.patient]
    assert sorted(said) == sorted(f"{name} says {n}" for name in names for n in range(LINES))
    assert open_archive(tmp_path).verify("Garden").sound
    whole = set(transcripts[-1])
    for transcript in transcripts:
        assert transcript == transcripts[-1][: len(transcript)]
    for heard in group.heard.values():
        assert {each for each in heard if each.kind != notices.EVENT} <= whole
