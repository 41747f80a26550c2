"""What an operator may set about changing scripts; a part of the server's `Settings`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - the dataclass names it when it is made

from doctor.protocol import codes
from doctor.server.values import DIRECTORY, Group, setting


@dataclass(frozen=True)
class ChangeSettings:
    """The settings of `/change`."""

    change_scripts: Path | None = setting(
        None,
        DIRECTORY,
        Group.SCRIPT,
        "Let each patient change a copy of a script of 1966 by `/change`, which lasts while the "
        "patient is connected, and save it in this directory.",
        codes.NO_COMMAND,
    )
