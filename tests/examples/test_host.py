"""The rooms of `examples/rooms`, played as `docs/host.md` says, and what their host is like."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from doctor.cli.room_talk import RoomTalk
from doctor.loading import load_machine
from doctor.scripts import find_script
from tests.support.helpers import PATIENCE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs/host.md").read_text(encoding="utf-8")
ROOMS = sorted((ROOT / "examples/rooms").glob("*.txt"))
SESSIONS = [path for path in ROOMS if path.stem != "lunch"]


def play(path: Path, script: str = "doctor") -> list[str]:
    """Return everything that is read in a room."""
    room = RoomTalk(load_machine(find_script(script)))
    lines = path.read_text(encoding="utf-8").splitlines()
    return [shown for line in lines for shown in room.play(line)] + list(room.end())


def test_the_page_prints_what_is_printed() -> None:
    """Each command of the page prints the text under it."""
    typed = re.findall(r"^```sh\n(.*?)^```\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(typed) == 2
    for command, printed in typed:
        ran = subprocess.run(
            ["bash", "-c", command.replace("python", sys.executable, 1)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        assert ran.stdout == printed


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_the_host_of_a_session(path: Path) -> None:
    """It welcomes each member once, says nothing twice, and leaves the talking to the group."""
    heard = play(path)
    said = [line for line in heard if line.startswith("Doctor: ")]
    lines = [line for line in heard if re.match(r"(?!Doctor)\w+: ", line)]
    assert len(lines) >= 50
    assert len(set(said)) == len(said)
    assert len(said) < len(lines) * 0.45
    assert not any("findahelpline" in line for line in said)
    assert all(len(line) < 320 for line in said)


def test_the_one_in_danger_is_answered_alone() -> None:
    """One member of two sessions gets helplines, and only where they are needed."""
    heard = play(ROOT / "examples/rooms/grief.txt")
    alone = [line for line in heard if line.startswith("  (Doctor to ")]
    assert [line.startswith("  (Doctor to Pip alone: ") for line in alone] == [True, True]
    assert not any("alone: " in line for line in play(ROOT / "examples/rooms/new-city.txt"))
    heard = play(ROOT / "examples/rooms/old-parents.txt")
    alone = [line for line in heard if line.startswith("  (Doctor to ")]
    # The third is asked after her arm, soon after what she said of his medicines.
    assert [line.startswith("  (Doctor to Marta alone: ") for line in alone] == [True] * 3


@pytest.mark.parametrize("script", ["1965", "1966"])
def test_a_host_of_1966(script: str) -> None:
    """A script of 1966 hosts a room with plain words, and repeats none of them in a session."""
    said = [line for line in play(SESSIONS[0], script) if line.startswith("Doctor: ")]
    assert len(set(said)) > len(said) * 0.8
