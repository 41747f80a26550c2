"""A script file becomes the machine that plays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.eliza import Eliza
from doctor.errors import ScriptError
from doctor.listener import Helplines, Listener
from doctor.loading import load_machine, machine_for
from doctor.scripts import DEFAULT_SCRIPT, load

DATA = Path(__file__).resolve().parent / "data"


def test_the_script_decides_which_machine_plays_it() -> None:
    """A modern script gets a Listener and a script of 1966 an Eliza; only the first has care."""
    modern, old = load_machine(), load_machine(DATA / "doctor-1966.txt")
    assert isinstance(modern, Listener)
    assert isinstance(old, Eliza)
    assert modern.script.name == DEFAULT_SCRIPT.name
    assert (modern.has_care, old.has_care) == (True, False)


def test_step_limit_and_helplines_reach_the_machine(tmp_path: Path) -> None:
    """What the operator sets is what the machine uses."""
    loop = tmp_path / "loop.script"
    text = (DATA / "trial.script").read_text(encoding="utf-8")
    loop.write_text(text.replace("(NONE", "(LOOP (=LOOP))\n(NONE", 1), encoding="utf-8")
    machine = load_machine(loop, step_limit=3)
    assert machine.respond(machine.start(), "loop", 0.0).keyword == "LIMIT"
    others = Helplines("https://example.org", "000")
    listener = machine_for(load(DEFAULT_SCRIPT), helplines=others)
    assert "000" in listener.respond(listener.start(), "I want to kill myself", 0.0).reply


def test_unusable_helplines_are_refused_for_every_script(tmp_path: Path) -> None:
    """A helplines file that cannot be read is an error before a machine is made."""
    with pytest.raises(ScriptError, match="helplines"):
        load_machine(DATA / "doctor-1966.txt", helplines=tmp_path / "missing.toml")
