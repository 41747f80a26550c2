"""The line protocol, both directions, as functions of bytes; no sockets here.

A client sends lines: UTF-8, ended by LF (a CR before it is dropped), at most `CLIENT_LINE` bytes
with the ending. A line that starts with `/` is a command, `//` at the start stands for a literal
`/`, and anything else is what the patient says - or the answer to what the server asked for: a
name after 220, a passphrase after 331.

A server sends replies. A reply is one or more lines, each a three-digit code and then `-` where
another line of the same reply follows, or a space on the last one (RFC 959, section 4.2, reads the
same way). What follows the code is text or a row:

    230-exchanges<TAB>12          a row: fields with a TAB between them
    215-12<TAB>...a long row
    215-<TAB>and its end          a line that begins with TAB goes on with the row before it
    250-A long text
    250 and its end               lines without a TAB join with one space

Text holds no TAB and no other control character. A line of the server's is at most `SERVER_LINE`
bytes with its ending.

Both ends use the two tables below: `REPLIES`, what each code means, and `COMMANDS`, what a patient
may ask for. `/help`, the documentation and the tests are made from them. A code is never used for
another meaning; new ones may be added.

Everything here is a value or belongs to one connection: a `LineBuffer` and a `ReplyReader` are used
by one thread at a time.
"""

from doctor.protocol.codes import (
    BAD_ARGUMENT,
    BAD_LINE,
    BAD_NAME,
    CLOSING,
    CONFIRM,
    FORGOTTEN,
    GOODBYE,
    HELP,
    HISTORY,
    LOCK_UNREADABLE,
    NEW_PASSPHRASE,
    NO_COMMAND,
    NOT_NOW,
    NOT_SAVED,
    PASSPHRASE,
    PASSPHRASE_CHANGED,
    READY,
    REPEAT_PASSPHRASE,
    REPLIES,
    SAYS,
    SECRET_NEXT,
    UNCHANGED,
    WELCOME,
    WHY,
    WRONG_PASSPHRASE,
    ReplyKind,
)
from doctor.protocol.commands import (
    COMMANDS,
    Command,
    CommandKind,
    escaped,
    parse,
)
from doctor.protocol.lines import (
    BANNER,
    CLIENT_LINE,
    PORT,
    SERVER_LINE,
    LineBuffer,
    cleaned,
    flat,
    foreign,
)
from doctor.protocol.replies import (
    Reply,
    ReplyReader,
    partial,
    spoken,
)

__all__ = [
    "BAD_ARGUMENT",
    "BAD_LINE",
    "BAD_NAME",
    "BANNER",
    "CLIENT_LINE",
    "CLOSING",
    "COMMANDS",
    "CONFIRM",
    "FORGOTTEN",
    "GOODBYE",
    "HELP",
    "HISTORY",
    "LOCK_UNREADABLE",
    "NEW_PASSPHRASE",
    "NOT_NOW",
    "NOT_SAVED",
    "NO_COMMAND",
    "PASSPHRASE",
    "PASSPHRASE_CHANGED",
    "PORT",
    "READY",
    "REPEAT_PASSPHRASE",
    "REPLIES",
    "SAYS",
    "SECRET_NEXT",
    "SERVER_LINE",
    "UNCHANGED",
    "WELCOME",
    "WHY",
    "WRONG_PASSPHRASE",
    "Command",
    "CommandKind",
    "LineBuffer",
    "Reply",
    "ReplyKind",
    "ReplyReader",
    "cleaned",
    "escaped",
    "flat",
    "foreign",
    "parse",
    "partial",
    "spoken",
]
