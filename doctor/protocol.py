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

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import BadArgument, LineTooLong, NotAReply, NotText, UnknownCommand

if TYPE_CHECKING:
    from collections.abc import Iterable

PORT: Final = 5000
#: Bytes of a client's line, with its ending.
CLIENT_LINE: Final = 4096
#: Bytes of a server's line, with its ending.
SERVER_LINE: Final = 16384
#: How a server of this protocol begins the text of its 220.
BANNER: Final = "doctor/1"


class ReplyKind(NamedTuple):
    """One row of the reply table: a code, its name in code, and when a server sends it."""

    code: int
    name: str
    when: str


REPLIES: Final = (
    ReplyKind(214, "HELP", "answers `/help`: a row for each command, its name and what it does"),
    ReplyKind(
        215,
        "HISTORY",
        "answers `/history`: for each exchange a row for the patient's line and one for the reply: "
        "number, time (ISO 8601, UTC), session, mark, `patient` or `doctor`, text",
    ),
    ReplyKind(216, "WHY", "answers `/why`: a row for each step that made the last reply"),
    ReplyKind(220, "READY", "a connection is accepted; the client's next line is the name"),
    ReplyKind(221, "GOODBYE", "answers `/quit`; the connection closes"),
    ReplyKind(
        230,
        "WELCOME",
        "the session is open: rows `exchanges` (the number of the last one), `begun` (when the "
        "first was) and `notice` where there are such; then the greeting",
    ),
    ReplyKind(235, "PASSPHRASE_CHANGED", "the passphrase is set, changed or removed"),
    ReplyKind(236, "FORGOTTEN", "the history is erased; the session goes on with a new one"),
    ReplyKind(237, "UNCHANGED", "`/forget` or `/passphrase` was given up; nothing changed"),
    ReplyKind(250, "SAYS", "the doctor's reply to a line"),
    ReplyKind(331, "PASSPHRASE", "this patient has a passphrase; the next line is it"),
    ReplyKind(332, "NEW_PASSPHRASE", "the next line is the new passphrase; an empty one: none"),
    ReplyKind(333, "REPEAT_PASSPHRASE", "the next line is the new passphrase once more"),
    ReplyKind(336, "CONFIRM", "`/forget`: the name once more erases; any other line cancels"),
    ReplyKind(421, "CLOSING", "the server closes this connection, and why"),
    ReplyKind(
        452, "NOT_SAVED", "the exchange could not be saved and was not recorded; say it again"
    ),
    ReplyKind(500, "BAD_LINE", "the line was too long or not UTF-8; it was dropped"),
    ReplyKind(501, "BAD_ARGUMENT", "the command cannot use this argument"),
    ReplyKind(502, "NO_COMMAND", "there is no such command"),
    ReplyKind(503, "NOT_NOW", "this command needs an open session"),
    ReplyKind(530, "WRONG_PASSPHRASE", "wrong passphrase; the next line is another try"),
    ReplyKind(
        532,
        "LOCK_UNREADABLE",
        "whether this history is locked cannot be read with certainty; it opens for nobody until "
        "the operator resets its passphrase",
    ),
    ReplyKind(553, "BAD_NAME", "this name cannot be used, and why; the next line is another"),
)

_CODES: Final = {kind.name: kind.code for kind in REPLIES}
HELP: Final = _CODES["HELP"]
HISTORY: Final = _CODES["HISTORY"]
WHY: Final = _CODES["WHY"]
READY: Final = _CODES["READY"]
GOODBYE: Final = _CODES["GOODBYE"]
WELCOME: Final = _CODES["WELCOME"]
PASSPHRASE_CHANGED: Final = _CODES["PASSPHRASE_CHANGED"]
FORGOTTEN: Final = _CODES["FORGOTTEN"]
UNCHANGED: Final = _CODES["UNCHANGED"]
SAYS: Final = _CODES["SAYS"]
PASSPHRASE: Final = _CODES["PASSPHRASE"]
NEW_PASSPHRASE: Final = _CODES["NEW_PASSPHRASE"]
REPEAT_PASSPHRASE: Final = _CODES["REPEAT_PASSPHRASE"]
CONFIRM: Final = _CODES["CONFIRM"]
CLOSING: Final = _CODES["CLOSING"]
NOT_SAVED: Final = _CODES["NOT_SAVED"]
BAD_LINE: Final = _CODES["BAD_LINE"]
BAD_ARGUMENT: Final = _CODES["BAD_ARGUMENT"]
NO_COMMAND: Final = _CODES["NO_COMMAND"]
NOT_NOW: Final = _CODES["NOT_NOW"]
WRONG_PASSPHRASE: Final = _CODES["WRONG_PASSPHRASE"]
LOCK_UNREADABLE: Final = _CODES["LOCK_UNREADABLE"]
BAD_NAME: Final = _CODES["BAD_NAME"]

#: Replies whose next line is a secret: a client hides it and never stores it.
SECRET_NEXT: Final = frozenset({PASSPHRASE, NEW_PASSPHRASE, REPEAT_PASSPHRASE, WRONG_PASSPHRASE})


class CommandKind(NamedTuple):
    """One row of the command table.

    `numbers` is how many whole numbers may follow the name; a command takes nothing else.
    """

    name: str
    usage: str
    help: str
    numbers: int = 0
    needs_session: bool = True


COMMANDS: Final = (
    CommandKind("/help", "/help", "what can be asked for", needs_session=False),
    CommandKind(
        "/history",
        "/history [N [BEFORE]]",
        "the last N exchanges (20 if not said), or the last N numbered below BEFORE",
        numbers=2,
    ),
    CommandKind("/why", "/why", "how the last reply was made"),
    CommandKind("/passphrase", "/passphrase", "lock this history, change the lock or take it off"),
    CommandKind("/forget", "/forget", "erase this history for good; asks once more"),
    CommandKind("/quit", "/quit", "say goodbye", needs_session=False),
)
_COMMANDS: Final = {kind.name: kind for kind in COMMANDS}


class Command(NamedTuple):
    """What a patient asked for: a row of the command table and the numbers that followed."""

    kind: CommandKind
    numbers: tuple[int, ...] = ()


_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_CONTROL_OR_TAB: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: How clients of other protocols begin: TLS handshake records (RFC 8446, section 5.1) and the
#: methods of HTTP (RFC 9110, section 9; RFC 9113, section 3.4, for PRI). What an HTTP client asks
#: for may be too long to see its end; no name has so many bytes without a space.
_FOREIGN: Final = re.compile(
    rb"\x16\x03|(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) (?:\S+ HTTP/|\S{300})"
)


def cleaned(text: str) -> str:
    """Return `text` with every control character but TAB replaced by U+FFFD."""
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def foreign(first_bytes: bytes) -> str | None:
    """Name the protocol of a client that speaks another one, or None.

    Meant for the first bytes of a connection, before they are split into lines.
    """
    found = _FOREIGN.match(first_bytes)
    if found is None:
        return None
    return "TLS" if first_bytes.startswith(b"\x16") else "HTTP"


class LineBuffer:
    """Turns a client's bytes into lines, holding at most one unfinished line.

    One thread at a time. Memory: at most the limit and the bytes of one `feed`.
    """

    __slots__ = ("_limit", "_rest", "skipping")

    def __init__(self, limit: int = CLIENT_LINE) -> None:
        self._limit = limit
        self._rest = b""
        #: What comes is the rest of a line that was dropped.
        self.skipping = False

    def feed(self, data: bytes) -> list[str | LineTooLong | NotText]:
        """Take bytes in and return what they complete, in order.

        A line comes as text without its ending, control characters replaced. A line that was
        dropped comes as the error that says why: a long one as soon as it is too long.
        """
        if data.find(b"\n") == len(data) - 1 >= 0 and not self._rest and not self.skipping:
            return [self._line(data[:-1])]  # one whole line, as nearly always
        done: list[str | LineTooLong | NotText] = []
        if b"\n" in data:
            first, *others = data.split(b"\n")
            data = others.pop() if others else b""
            if self.skipping:
                self.skipping = False
            else:
                done.append(self._line(self._rest + first))
            done += [self._line(line) for line in others]
            self._rest = b""
        if not self.skipping:
            self._rest += data
            if len(self._rest) >= self._limit:
                done.append(self._too_long())
                self._rest = b""
                self.skipping = True
        return done

    def _line(self, raw: bytes) -> str | LineTooLong | NotText:
        if len(raw) >= self._limit:
            return self._too_long()
        if raw.endswith(b"\r"):
            raw = raw[:-1]
        try:
            return cleaned(raw.decode())
        except UnicodeDecodeError as error:
            return NotText(f"byte {error.start + 1} of the line is not UTF-8; the line was dropped")

    def _too_long(self) -> LineTooLong:
        return LineTooLong(f"a line has at most {self._limit} bytes; this one was dropped")


def parse(line: str) -> str | Command:
    """Tell what a patient says from what a patient asks for.

    Returns the text said (`//` at its start become `/`) or a `Command`.
    Raises `UnknownCommand` or `BadArgument`.
    """
    if not line.startswith("/"):
        return line
    if line.startswith("//"):
        return line[1:]
    name, *words = line.split()
    kind = _COMMANDS.get(name.lower())
    if kind is None:
        raise UnknownCommand("there is no such command; /help names them, // says a line with /")
    if len(words) > kind.numbers or not all(_is_number(word) for word in words):
        raise BadArgument(f"usage: {kind.usage}")
    return Command(kind, tuple(map(int, words)))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 9 and int(word) > 0


def escaped(line: str) -> str:
    """Return what a client sends so that `line` is taken as said and not as a command."""
    return "/" + line if line.startswith("/") else line


class Reply(NamedTuple):
    """What a server says: a code, a text, and rows of fields before it."""

    code: int
    text: str
    rows: tuple[tuple[str, ...], ...] = ()

    def field(self, name: str) -> str | None:
        """Return the second field of the first row that begins with `name`."""
        return next((row[1] for row in self.rows if row[0] == name and len(row) > 1), None)

    def encode(self) -> bytes:
        """Return the reply as lines of at most `SERVER_LINE` bytes."""
        if not self.rows:
            return spoken(self.code, self.text)
        return partial(self.code, self.rows) + spoken(self.code, self.text)


def spoken(code: int, text: str) -> bytes:
    """Return a reply without rows as lines; the quick way, for what is said all the time."""
    text = flat(text)
    if len(text) < SERVER_LINE // 4 - 8:
        return f"{code} {text}\n".encode()
    *bodies, last = _wrapped(text)
    lines = [f"{code}-{body}\n" for body in bodies]
    return ("".join(lines) + f"{code} {last}\n").encode()


def partial(code: int, rows: Iterable[tuple[str, ...]]) -> bytes:
    """Return rows of a reply that goes on; for one too long to be made at once."""
    lines: list[str] = []
    for row in rows:
        first, *more = _pieces("\t".join((*map(flat, row), *([""] if len(row) == 1 else ()))))
        lines += [f"{code}-{first}\n", *(f"{code}-\t{piece}\n" for piece in more)]
    return "".join(lines).encode()


def flat(text: str) -> str:
    """Return `text` fit for one field: TAB and line ends become spaces, other controls U+FFFD."""
    if text.isprintable():
        return text
    return _CONTROL_OR_TAB.sub(
        lambda found: " " if found[0] in "\t\n\r" else "\N{REPLACEMENT CHARACTER}", text
    )


# A character takes at most four bytes, the code and the ending five, a TAB of continuation one.
_PIECE: Final = (SERVER_LINE - 6) // 4


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]


def _wrapped(text: str) -> list[str]:
    """Cut a text at spaces into pieces that join again with one space.

    A word too long for a line is cut where the line ends.
    """
    pieces = []
    while len(text) > _PIECE:
        cut = text.rfind(" ", 1, _PIECE + 1)
        if cut < 0:
            pieces.append(text[:_PIECE])
            text = text[_PIECE:]
        else:
            pieces.append(text[:cut])
            text = text[cut + 1 :]
    return [*pieces, text]


#: Bytes of memory that a line takes beside its own.
_KEPT_OF_A_LINE: Final = 64


class ReplyReader:
    """Turns a server's bytes into replies; the client's end of the protocol.

    One thread at a time. Memory: one reply, of at most `limit` bytes.
    """

    __slots__ = ("_bodies", "_code", "_limit", "_rest", "_size")

    def __init__(self, limit: int = 256 * 1024 * 1024) -> None:
        self._limit = limit
        self._rest = b""
        self._code = 0
        self._bodies: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Reply]:
        """Take bytes in and return the replies they complete, in order.

        Raises `NotAReply` where the other end does not speak this protocol; the reader is of no
        use after that.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > SERVER_LINE:
            raise NotAReply("the server sent a line that is too long; is it a doctor server?")
        done = []
        for raw in lines:
            reply = self._take(raw)
            if reply is not None:
                done.append(reply)
        return done

    def _take(self, raw: bytes) -> Reply | None:
        code, mark, body = raw[:3], raw[3:4], raw[4:].removesuffix(b"\r")
        if not code.isdigit() or mark not in (b" ", b"-") or len(raw) >= SERVER_LINE:
            raise NotAReply("the server sent what is not a reply; is it a doctor server?")
        if self._bodies and int(code) != self._code:
            raise NotAReply("the server changed the code inside a reply; is it a doctor server?")
        self._code = int(code)
        self._size += len(raw) + _KEPT_OF_A_LINE
        if self._size > self._limit:
            raise NotAReply("the server sent a reply without end")
        self._bodies.append(cleaned(body.decode(errors="replace")))
        if mark == b"-":
            return None
        bodies, self._bodies, self._size = self._bodies, [], 0
        return _assembled(self._code, bodies)


def _assembled(code: int, bodies: list[str]) -> Reply:
    rows: list[list[str]] = []
    text: list[str] = []
    for body in bodies:
        if body.startswith("\t") and rows:
            first, *more = body[1:].split("\t")
            rows[-1][-1] += first
            rows[-1] += more
        elif "\t" in body:
            rows.append(body.split("\t"))
        else:
            text.append(body)
    return Reply(code, " ".join(text), tuple(map(tuple, rows)))
