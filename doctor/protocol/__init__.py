"""The line protocol, both directions, as functions of bytes: docs/protocol.md as code."""

from doctor.protocol import codes, notices
from doctor.protocol.commands import COMMANDS, Command, CommandKind, escaped, is_command, parse
from doctor.protocol.lines import BANNER, CLIENT_LINE, PORT, SERVER_LINE, LineBuffer, flat, foreign
from doctor.protocol.notices import Notice, answers_nothing
from doctor.protocol.replies import Reply, ReplyReader, closing, partial, spoken

__all__ = [
    "BANNER",
    "CLIENT_LINE",
    "COMMANDS",
    "PORT",
    "SERVER_LINE",
    "Command",
    "CommandKind",
    "LineBuffer",
    "Notice",
    "Reply",
    "ReplyReader",
    "answers_nothing",
    "closing",
    "codes",
    "escaped",
    "flat",
    "foreign",
    "is_command",
    "notices",
    "parse",
    "partial",
    "spoken",
]
