"""`watch`, `attend` and `status --watch` as processes, at terminals and in pipes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Self

import pytest

from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, ROOT, Client, live_server, waits_for_a_key
from tests.support.histories import run

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = (sys.executable, "-m", "doctor")
_STYLE = re.compile(r"\x1b\[[\d;]*m|\x1b\[K|\x1b\[\?2004[hl]|\r")


class Command:
    """`python -m doctor` at a terminal of its own; every wait has a deadline."""

    def __init__(self, patients: Path, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        environment = {"TERM": "xterm", "LINES": "50", "COLUMNS": "80", "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [*PROGRAM, words[0], "--patients", str(patients), *words[1:]],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        os.close(theirs)
        self.raw = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)

    @property
    def shown(self) -> str:
        """What the terminal got, without colours and movements of the cursor."""
        return _STYLE.sub("", self.raw.decode(errors="replace"))

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, 65_536)
        except OSError:  # the system's way to say that the other end is closed
            return False
        self.raw += piece
        return bool(piece)

    def until(self, text: str) -> None:
        """Wait until the terminal has got this text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"waited in vain for {text!r} in {self.shown!r}"
            if select.select([self._ours], [], [], left)[0]:
                assert self._read(), self.shown

    def type(self, text: str) -> None:
        """Type a text; Ctrl+C is the signal that a terminal makes of it."""
        if text == "\x03":
            self.process.send_signal(signal.SIGINT)
        else:
            os.write(self._ours, text.encode())

    def until_keys_are_read(self) -> None:
        """Wait until the prompt's editor waits for a key."""
        deadline = time.monotonic() + PATIENCE
        while not waits_for_a_key(self._ours, self.process.pid):
            assert time.monotonic() < deadline, f"no key is read after {self.shown!r}"
            if select.select([self._ours], [], [], 0.01)[0]:
                assert self._read(), self.shown

    def end(self) -> int:
        """Wait for the end and return the status; the terminal is read meanwhile."""
        while select.select([self._ours], [], [], PATIENCE)[0] and self._read():
            pass
        return self.process.wait(PATIENCE)


def events(stream: IO[str], count: int) -> list[dict[str, object]]:
    """Read so many JSON lines."""
    return [json.loads(stream.readline()) for _ in range(count)]


def test_a_supervisor_at_a_terminal(tmp_path: Path) -> None:
    """Reads, speaks, holds, gives back, asks for more and leaves, all by lines that are typed."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("I feel \u202elow")
        with Command(tmp_path, "attend", "ada", "--as", "Maria") as maria:
            maria.until("attending Ada (1 connection) as Maria")
            maria.until("I feel \\u202elow")
            maria.until("Maria: ")
            assert ada.reply().code == 153
            maria.type("/hold\n")
            assert ada.reply().code == 154
            maria.until("Maria (holding): ")
            assert ada.ask("Hello?").code == 251
            maria.until("Hello? (for Maria)")
            maria.until("this waits for you; in 120 s")
            maria.type("I am here.\n")
            assert "I am here." in str(ada.reply().rows)
            maria.type("//slash\n")
            assert "/slash" in str(ada.reply().rows)
            maria.type("/back\n")
            assert ada.reply().code == 155
            assert ada.ask("Thank you.").code == 250
            maria.until("102: Thank you.")
            ada.ask("care")
            maria.until("[care]")
            maria.until("\a")
            maria.type("/history 1\n")
            maria.until("* the last 1 exchange:")
            maria.type("/what\n")
            maria.until("* there is no command /what; these are:")
            maria.until("/quit            leave")
            maria.type("/back\n")
            maria.until("you do not hold the doctor")
            maria.type("/quit\n")
            assert maria.end() == 0
            assert ada.reply().code == 152
        assert "\u202e".encode() not in maria.raw


@pytest.mark.parametrize("how", ["\x03", "\x04", "kill"])
def test_who_leaves_gives_back(tmp_path: Path, how: str) -> None:
    """Ctrl+C, Ctrl+D and a kill end the hold, and the patient is told."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        with Command(tmp_path, "attend", "Ada", "--as", "Maria") as maria:
            maria.until("Maria: ")
            maria.type("/hold\n")
            maria.until("Maria (holding): ")
            if how == "kill":
                maria.process.kill()
            else:
                maria.until_keys_are_read()
                maria.type(how)
                assert maria.end() == 0
            assert [ada.reply().code for _ in range(4)] == [153, 154, 155, 152]
        assert "Traceback" not in maria.shown
        assert ada.ask("two").code == 250


def test_the_end_of_the_server_ends_a_prompt(tmp_path: Path) -> None:
    """A session whose server stops says so and ends, though nothing was typed."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with Command(tmp_path, "attend", "Ada", "--as", "Maria") as maria:
            maria.until("Maria: ")
            server.stop()
            maria.until("the server is stopping")
            assert maria.end() == 1
        assert "Traceback" not in maria.shown


def test_lines_of_a_pipe_are_said(tmp_path: Path) -> None:
    """Each line is said and recorded before the command ends."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        said = subprocess.run(
            [*PROGRAM, "attend", "Ada", "--as", "Maria", "--patients", str(tmp_path)],
            input="I am here.\n\nCall me on 7.\n/hold\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=PATIENCE,
            check=True,
        )
        assert [ada.reply().code for _ in range(6)] == [153, 150, 150, 154, 155, 152]
    assert "Call me on 7." in said.stdout
    shown = run("show", "Ada", "--patients", str(tmp_path)).out
    assert "Maria   I am here.\n\n" in shown
    assert "(Maria answers now in the doctor's place)" in shown


def test_watching_everybody(tmp_path: Path) -> None:
    """Every patient is told, and everything is shown under the patients' names, on one screen."""
    with (
        live_server(tmp_path, machine=FakeMachine()) as server,
        Client(server) as ada,
        Client(server) as bob,
    ):
        ada.enter("Ada")
        with Command(tmp_path, "watch", "--as", "Nora") as nora:
            nora.until("watching all patients")
            assert ada.reply().code == 153
            greeting = bob.enter("Bob")
            assert ("notice", "Nora reads along", "reading") in greeting.rows
            nora.until("Bob is here")
            ada.ask("one \x1b[2J")
            bob.ask("two")
            ada.ask("three")
            nora.until("1: two")
            nora.until("2: three")
            bob.ask("/quit")
            nora.until("Bob has left")
            nora.type("\x03")
            assert nora.end() == 0
            assert ada.reply().code == 152
        assert b"\x1b[2J" not in nora.raw
        assert nora.shown.index("=== Bob ===") < nora.shown.rindex("=== Ada ===")


def test_watching_marked_lines(tmp_path: Path) -> None:
    """Only marked lines are shown, and the terminal rings; the patient is told what is shown."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with Command(tmp_path, "watch", "--marked", "--as", "Nora") as nora:
            nora.until("watching all patients")
            assert "marks as talk of danger" in str(ada.reply().rows)
            ada.ask("nothing special")
            ada.ask("care for me")
            nora.until("2: care for me")
            nora.until("\a")
            assert "nothing special" not in nora.shown


def test_watching_for_programs(tmp_path: Path) -> None:
    """JSON is the stream's own lines; the end of the server is status 1."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with subprocess.Popen(
            [
                *PROGRAM,
                "watch",
                "Ada",
                "--as",
                "Nora",
                "--format=json",
                "--patients",
                str(tmp_path),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as watching:
            assert watching.stdout is not None
            assert ada.reply().code == 153
            ada.ask("one")
            readers, found = events(watching.stdout, 2)
            assert readers["event"] == "readers"
            assert found["event"] == "exchange"
            assert (found["patient"], found["doctor"]) == ("one", "1: one")
            server.stop()
            last = json.loads(watching.stdout.read().splitlines()[-1])
            assert last == {"event": "end", "why": "the server is stopping"}
            assert watching.wait(PATIENCE) == 1


def test_what_is_refused_is_one_line(tmp_path: Path) -> None:
    """A patient who is not there, a bad name, nobody may read: one line; to watch, one can wait."""
    where = ("--patients", str(tmp_path))
    assert "no server runs" in run("watch", *where).err
    with live_server(tmp_path, machine=FakeMachine(), watching="off"):
        refused = run("attend", "Ada", "--as", "Maria", *where)
        assert (refused.status, refused.err.count("\n")) == (2, 1)
        assert "--watching off" in refused.err
    with live_server(tmp_path, machine=FakeMachine()):
        with Command(tmp_path, "watch", "Ada", "--as", "Nora") as nora:
            nora.until("watching Ada, who is not here now; Ctrl+C ends it")
        assert "nobody called Ada" in run("attend", "Ada", "--as", "Maria", *where).err
        assert "cannot be called doctor" in run("attend", "Ada", "--as", "doctor", *where).err


def test_a_marked_line_is_in_the_status_at_once(tmp_path: Path) -> None:
    """`status --watch` is printed again when a line is marked, not only every second."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with Command(tmp_path, "status", "--watch") as status:
            for number in range(1, 4):
                status.until("connected  1")
                ada.ask(f"care {number}")
                status.until(f"marked     Ada, exchange {number},")
            status.until("\a")
            status.process.send_signal(signal.SIGINT)
            assert status.end() == 0
        assert "care" not in status.shown


def test_the_status_says_who_reads_and_answers(tmp_path: Path) -> None:
    """A reader and a holder are in the line of the connection."""
    where = ("--patients", str(tmp_path))
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        with Command(tmp_path, "attend", "Ada", "--as", "Maria") as maria:
            maria.until("Maria: ")
            maria.type("/hold\n")
            maria.until("Maria (holding): ")
            assert "read by Maria, answered by Maria" in run("status", *where).out
        assert [ada.reply().code for _ in range(4)] == [153, 154, 155, 152]
        assert "read by" not in run("status", *where).out
