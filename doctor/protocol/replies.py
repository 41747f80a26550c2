"""The replies of the protocol: a code, text and rows, to bytes and back.

A reply is one or more lines, each a three-digit code and then `-` where another line of the same
reply follows, or a space on the last one (RFC 959, section 4.2). What follows is text or a row:

    230-exchanges<TAB>12          a row: fields with a TAB between them
    215-12<TAB>...a long row
    215-<TAB>and its end          a line that begins with TAB continues the row before it
    250-A long text
    250 and its end               lines without a TAB join with one space

A `ReplyReader` belongs to one connection and is used by one thread at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import NotAReply
from doctor.protocol.codes import CLOSING, Reason
from doctor.protocol.lines import SERVER_LINE, flat
from doctor.text import replace_controls

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def closing(reason: Reason, text: str) -> Reply:
    """Return the 421 that closes a connection, with its reason for programs and for people."""
    return Reply(CLOSING, text, (("reason", reason),))


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


def lone_row(code: int, row: tuple[str, ...]) -> bytes:
    """Return a row of several fields that is all of a reply, without a text after it."""
    first, *more = _pieces("\t".join(map(flat, row)))
    *lines, last = first, *("\t" + piece for piece in more)
    return ("".join(f"{code}-{line}\n" for line in lines) + f"{code} {last}\n").encode()


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


#: Bytes of memory that a line and a field take beside their own.
_KEPT_OF_A_LINE: Final = 64
_KEPT_OF_A_FIELD: Final = 64
#: Bytes of the text of a reply, rows not counted.
_MOST_TEXT: Final = 1024 * 1024


class ReplyReader:
    """Turns a server's bytes into replies; the client's end of the protocol.

    One thread at a time. Memory: one reply, of at most `limit` bytes; each line and each field
    counts with what it takes in memory.
    """

    __slots__ = ("_bodies", "_code", "_limit", "_rest", "_size", "_text_size")

    def __init__(self, limit: int = 128 * 1024 * 1024) -> None:
        self._limit = limit
        self._rest = b""
        self._code = 0
        self._bodies: list[str] = []
        self._size = self._text_size = 0

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
        size, fields = len(raw) + _KEPT_OF_A_LINE, body.count(b"\t")
        self._size += size + fields * _KEPT_OF_A_FIELD
        if not fields:
            self._text_size += size
        if self._size > self._limit or self._text_size > _MOST_TEXT:
            raise NotAReply("the server sent a reply without end")
        self._bodies.append(replace_controls(body.decode(errors="replace")))
        if mark == b"-":
            return None
        bodies, self._bodies = self._bodies, []
        self._size = self._text_size = 0
        return _assembled(self._code, bodies)


def _assembled(code: int, bodies: list[str]) -> Reply:
    rows: list[list[str]] = []  # the lines of each row
    text: list[str] = []
    for body in bodies:
        if body.startswith("\t") and rows:
            rows[-1].append(body[1:])
        elif "\t" in body:
            rows.append([body])
        else:
            text.append(body)
    return Reply(code, " ".join(text), tuple(tuple("".join(row).split("\t")) for row in rows))
