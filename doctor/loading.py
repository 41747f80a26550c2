"""Load a script file as the machine that plays it: the modern one, or that of 1966.

A script says by itself which machine it is written for: one with `(STYLE ...)` is modern. This is
the one place that knows both machines; whoever needs a machine asks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.eliza import STEP_LIMIT, Eliza
from doctor.listener import DEFAULT_HELPLINES, Listener, load_helplines
from doctor.scripts import DEFAULT_SCRIPT, load

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.doctor import AnyMachine
    from doctor.listener import Helplines
    from doctor.scripts import Script

__all__ = ["STEP_LIMIT", "load_machine", "machine_for"]


def load_machine(
    script: Path | None = None,
    *,
    helplines: Path | None = None,
    step_limit: int = STEP_LIMIT,
) -> AnyMachine:
    """Return the machine for a script file and a helplines file, by default those that ship.

    `ScriptError` where one of them cannot be read or used; both are checked for every script.
    """
    people = load_helplines(helplines or DEFAULT_HELPLINES)
    return machine_for(load(script or DEFAULT_SCRIPT), helplines=people, step_limit=step_limit)


def machine_for(
    script: Script, *, helplines: Helplines | None = None, step_limit: int = STEP_LIMIT
) -> AnyMachine:
    """Return the machine that plays a script; the bundled helplines if no others are given.

    `step_limit` bounds the links of the machine of 1966; the modern one has a bound of its own.
    """
    if script.is_modern:
        return Listener(script, load_helplines() if helplines is None else helplines)
    return Eliza(script, step_limit=step_limit)
