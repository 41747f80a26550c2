"""What an operator may set about rooms; a part of `doctor.server.settings.Settings`."""

from __future__ import annotations

from dataclasses import dataclass

from doctor.protocol import codes
from doctor.server.values import SECONDS, Group, one_of, setting, whole


@dataclass(frozen=True)
class RoomSettings:
    """The settings of rooms."""

    rooms: str = setting(
        "on",
        one_of("on", "off"),
        Group.ROOMS,
        "Let patients talk with each other and with the doctor in rooms.",
        codes.NO_COMMAND,
    )
    room_members: int = setting(
        256,
        whole(2, 65_536, "connections"),
        Group.ROOMS,
        "Let this many into one room.",
        codes.BAD_ARGUMENT,
    )
    host_patience: float = setting(
        20.0,
        SECONDS,
        Group.ROOMS,
        "Let the doctor answer a line in a room that nobody has answered after this time.",
    )
