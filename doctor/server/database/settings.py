"""What an operator may set about a database; a part of `doctor.server.settings.Settings`."""

from __future__ import annotations

from dataclasses import dataclass

from doctor.patients.opening import DatabaseOptions
from doctor.protocol import codes
from doctor.server.values import SECONDS, SECONDS_OR_NONE, Group, setting, whole


@dataclass(frozen=True)
class DatabaseSettings:
    """The settings of histories in PostgreSQL."""

    database_time: float = setting(
        5.0,
        SECONDS,
        Group.HISTORIES,
        "Look over a new connection what became of a statement that a database has not answered by "
        "then; a disk that is slower than that would be taken for a dead one.",
    )
    away_time: float = setting(
        30.0,
        SECONDS,
        Group.HISTORIES,
        "Let lines wait this long for a database that is away; give it longer than a takeover by a "
        "standby needs.",
        codes.CLOSING,
    )
    commit_pause: float = setting(
        0.0,
        SECONDS_OR_NONE,
        Group.HISTORIES,
        "Wait up to this long for lines that are being answered before a commit of a database "
        "where the last one had several, so that there are fewer and larger ones.",
    )
    commit_connections: int = setting(
        1,
        whole(1, 16, "connections"),
        Group.HISTORIES,
        "Commit over this many connections to a database; 2 where its standby is far away.",
    )
    read_connections: int = setting(
        4,
        whole(1, 64, "connections"),
        Group.HISTORIES,
        "Open and read histories over at most this many connections to a database.",
    )

    @property
    def database(self) -> DatabaseOptions:
        """How this server uses a database."""
        return DatabaseOptions(
            self.database_time,
            self.away_time,
            self.commit_pause,
            self.commit_connections,
            self.read_connections,
        )
