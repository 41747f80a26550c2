"""The server's log: its lines, where they go, and what is counted instead of repeated."""

from doctor.server.logs.writer import (
    LOG,
    JsonFormat,
    TextFormat,
    Writer,
    info,
    lost_lines,
    reopen,
    start,
    stop,
    warn,
)

__all__ = [
    "LOG",
    "JsonFormat",
    "TextFormat",
    "Writer",
    "info",
    "lost_lines",
    "reopen",
    "start",
    "stop",
    "warn",
]
