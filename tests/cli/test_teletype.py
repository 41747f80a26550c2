"""The teletype of `talk --teletype`."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.cli.teletype import BELL, Teletype
from doctor.scripts import find_script
from tests.support.histories import run
from tests.support.machine_data import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


#: The greeting of the script of 1965 without its first letter, and the prompt.
GREETING = (
    "OW DO YOU DO. I AM THE DOCTOR. PLEASE SIT DOWN AT THE TYPEWRITER AND TELL ME YOUR PROBLEM. "
    f"{BELL}>"
).split()


class Terminal(io.StringIO):
    """What a terminal would show."""

    def isatty(self) -> bool:
        """Return True: a teletype waits and rings only at a terminal."""
        return True


class Keys:
    """Counts the pauses between characters; a key is pressed at one of them."""

    def __init__(self, pressed_at: int = 0) -> None:
        self.pauses: list[float] = []
        self._pressed_at = pressed_at

    @contextmanager
    def listen(self) -> Iterator[Callable[[float], bool]]:
        """Yield the function that waits."""

        def pause(seconds: float) -> bool:
            self.pauses.append(seconds)
            return len(self.pauses) == self._pressed_at

        yield pause


def test_it_prints_capitals_at_its_speed() -> None:
    """Every character is followed by a pause, of a tenth of a second at ten a second."""
    out, keys = Terminal(), Keys()
    Teletype(out, 10, keys.listen).print("Hello, Ada.")
    assert out.getvalue() == "HELLO, ADA.\n"
    assert keys.pauses == [0.1] * 12


def test_a_key_prints_the_rest_at_once() -> None:
    """After a key there is no further pause, and nothing of the text is lost."""
    out, keys = Terminal(), Keys(pressed_at=3)
    Teletype(out, 10, keys.listen).print("Hello, Ada.")
    assert (out.getvalue(), len(keys.pauses)) == ("HELLO, ADA.\n", 3)


def test_without_motion_it_prints_at_once() -> None:
    """A speed of 0 prints without a pause; the bell rings all the same."""
    out, keys = Terminal(), Keys()
    teletype = Teletype(out, 0, keys.listen)
    teletype.print("Hello.")
    teletype.ring()
    assert (out.getvalue(), keys.pauses) == (f"HELLO.\n{BELL}", [])


def test_lines_have_72_columns() -> None:
    """A long text goes on in the next line at a space."""
    out = Terminal()
    Teletype(out, 0).print("word " * 40)
    assert max(map(len, out.getvalue().splitlines())) <= 72
    assert out.getvalue().split() == ["WORD"] * 40


def test_the_title_names_year_place_and_maker() -> None:
    """A named script is introduced as on a museum's label, another by its file's name."""
    out = Terminal()
    Teletype(out, 0).title(find_script("1965"))
    assert [line.strip() for line in out.getvalue().splitlines()] == [
        "DOCTOR (.TAPE. 100)",
        "MASSACHUSETTS INSTITUTE OF TECHNOLOGY, 1965",
        "JOSEPH WEIZENBAUM",
        "",
        "TYPE ? TO SEE HOW AN ANSWER WAS MADE",
        "",
    ]
    out = Terminal()
    Teletype(out, 0).title(Path("my.script"))
    assert out.getvalue().split()[0] == "MY.SCRIPT"


def test_in_a_pipe_there_is_neither_waiting_nor_bell() -> None:
    """What a program reads is the same text, in capitals, at once."""
    ran = run("talk", "--script", str(DATA / "doctor-1966.txt"), "--teletype", stdin="My dog.\n")
    assert ran.status == 0
    assert ran.out.splitlines()[-2:] == ["HOW DO YOU DO. PLEASE TELL ME YOUR PROBLEM", "YOUR DOG"]
    assert BELL not in ran.out


def test_a_question_mark_shows_how_an_answer_was_made() -> None:
    """A visitor who types ? sees the rules behind the last reply; the machine hears nothing."""
    ran = run("talk", "--script", "1965", "--teletype", stdin="?\nalways\n?\n+\nSTART\n?\nalways\n")
    lines = ran.out.splitlines()
    assert "NOTHING WAS ANSWERED YET" in lines
    assert lines.count("REASSEMBLY: (CAN YOU THINK OF A SPECIFIC EXAMPLE)") == 2
    assert lines[-1] == "WHEN"


def test_a_key_at_a_real_terminal_is_taken() -> None:
    """At a terminal a key ends the printing of the greeting and is no part of the next line."""
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "doctor", "talk", "--script", "1965", "--teletype", "1"]
    with subprocess.Popen(
        arguments, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT
    ) as process:
        os.close(theirs)
        try:
            _read_until(ours, "\nH")
            os.write(ours, b" ")
            assert _read_until(ours, f"{BELL}> ").split() == GREETING
            os.write(ours, b"my dog\n")
            _read_until(ours, "\nY")
            os.write(ours, b" ")
            assert _read_until(ours, BELL).split() == ["OUR", "DOG", BELL]
        finally:
            process.kill()
    os.close(ours)


def _read_until(descriptor: int, end: str) -> str:
    """Return what a terminal shows up to `end`; the test's time limit ends a vain wait."""
    shown = ""
    while not shown.endswith(end):
        shown += os.read(descriptor, 1).decode()
    return shown
