"""What an operator may set about alerts; a part of `doctor.server.settings.Settings`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from doctor.errors import BadSetting
from doctor.server.values import YES_OR_NO, Group, ValueKind, setting


def _command(given: str) -> str:
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise BadSetting(f"not a command: {error}") from None
    if not words:
        raise BadSetting("it is empty")
    return given


@dataclass(frozen=True)
class AlertSettings:
    """The settings of alerts."""

    alert: str = setting(
        "",
        ValueKind(_command, "command"),
        Group.SCRIPT,
        "Run this command, without a shell, for each line that is answered with care.",
    )
    alert_text: bool = setting(
        default=False,
        kind=YES_OR_NO,
        group=Group.SCRIPT,
        sentence="Also tell the command of `--alert` what the patient said, which is private.",
    )
