"""The lessons' commands, run as a class runs them.

In `docs/teaching.md` a block marked `sh` is typed, and a block marked `text` right after it is what
is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from doctor.eliza import Eliza
from doctor.scripts import load
from tests.support.helpers import PATIENCE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LESSONS = (ROOT / "docs/teaching.md").read_text(encoding="utf-8")
TYPED = re.findall(r"^```sh\n(.*?)^```\n```text\n(.*?)^```$", LESSONS, re.MULTILINE | re.DOTALL)


def test_there_are_six_lessons() -> None:
    """Each lesson has an aim and questions, and every command has what it prints."""
    assert len(re.findall(r"^## \d\. ", LESSONS, re.MULTILINE)) == 6
    assert LESSONS.count("**Aim.**") == LESSONS.count("**Questions.**") == 6
    assert LESSONS.count("```sh\n") == len(TYPED)


def test_the_commands_print_what_the_lessons_say(tmp_path: Path) -> None:
    """Every block is typed in order in one directory, and prints what is under it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    python = programs / "python"
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n", encoding="utf-8")
    python.chmod(0o755)
    for name in ("doctor", "tests", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    for commands, printed in TYPED:
        ran = subprocess.run(
            ["bash", "-c", commands],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.stdout == printed, commands


def test_the_script_that_counts() -> None:
    """The Turing machine of lesson 4 adds one to every number, in the steps that are stated."""
    machine = Eliza(load(ROOT / "examples/scripts/counting.script"))
    for number in range(64):
        line = f"count {' '.join(f'{number:b}'.translate({48: 'O', 49: 'I'}))}"
        reply = machine.respond(machine.start(), line).reply
        digits = reply.removeprefix("THE NEXT NUMBER IS ").translate({79: "0", 73: "1", 32: ""})
        assert int(digits, 2) == number + 1
    rows = machine.explain(machine.start(), "count I I I I I I I").rows()
    assert sum(row[0] == "keyword" for row in rows) == 18
