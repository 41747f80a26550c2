"""What a terminal gets: colour, a pager, wrapped lines; and a reader who leaves."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.histories import ESCAPE, keep, said

if TYPE_CHECKING:
    from pathlib import Path


def _on_terminal(patients: Path, *words: str, **environment: str) -> str:
    """Run a command with a terminal as its standard output and return what it shows."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "doctor", *words, "--patients", str(patients)],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm", "LINES": "50", "COLUMNS": "60", **environment},
        ) as process:
            os.close(theirs)
            theirs = -1
            shown = b""
            while True:
                try:
                    piece = os.read(ours, 65_536)
                except OSError:  # the system's way to say that the other end is closed
                    break
                if not piece:
                    break
                shown += piece
            assert process.stderr is not None
            assert process.stderr.read() == b""
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_a_pager_and_wrapped_lines(tmp_path: Path) -> None:
    """On a terminal the pager of the environment gets coloured lines that fit the screen."""
    keep(tmp_path, "Ada", said("word " * 40))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="sed 's/^/PAGED /'")
    assert ESCAPE in shown
    lines = re.sub(ESCAPE + r"\[[\d;]*m", "", shown).splitlines()
    assert all(line.startswith("PAGED") for line in lines)
    assert max(map(len, lines)) <= 60 + len("PAGED ")


def test_no_color_is_obeyed_and_a_pager_left_early(tmp_path: Path) -> None:
    """NO_COLOR takes the colours off; a pager that stops reading is no error."""
    keep(tmp_path, "Ada", *(said("word " * 40) for _ in range(2000)))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="head -n 3", NO_COLOR="1")
    assert ESCAPE not in shown
    assert len(shown.splitlines()) == 3


@pytest.mark.parametrize("pager", ["", "cat", "no-such-pager -x", "less 'unclosed"])
def test_without_a_pager_the_terminal_gets_the_text(tmp_path: Path, pager: str) -> None:
    """No pager, or none that can be started, is no error."""
    keep(tmp_path, "Ada", said())
    assert "My mother hates me." in _on_terminal(tmp_path, "show", "Ada", PAGER=pager)


def test_ctrl_c_belongs_to_the_pager(tmp_path: Path) -> None:
    """Ctrl+C while the pager shows a text does not take the text away."""
    keep(tmp_path, "Ada", *(said(f"line {n}") for n in range(50)))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="sh -c 'kill -INT $PPID; cat'")
    assert "line 49" in shown


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    """`show | head` ends quietly, with status 0."""
    keep(tmp_path, "Ada", *(said("word " * 40) for _ in range(3000)))
    with subprocess.Popen(
        [sys.executable, "-m", "doctor", "show", "Ada", "--patients", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
