"""The lines of the protocol: bytes to text, and what both ends agree on about a line.

A client sends lines of UTF-8, ended by LF (a CR before it is dropped), at most `CLIENT_LINE` bytes
with the ending. A line of the server's is at most `SERVER_LINE` bytes with its ending.

A `LineBuffer` belongs to one connection and is used by one thread at a time.
"""

from __future__ import annotations

import re
from typing import Final

from doctor.errors import LineTooLong, NotText
from doctor.text import replace_controls

PORT: Final = 5000
#: Bytes of a client's line, with its ending.
CLIENT_LINE: Final = 4096
#: Bytes of a server's line, with its ending.
SERVER_LINE: Final = 16384
#: How a server of this protocol begins the text of its 220.
BANNER: Final = "doctor/1"


_CONTROL_OR_TAB: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: How clients of other protocols begin: TLS handshake records (RFC 8446, section 5.1) and the
#: methods of HTTP (RFC 9110, section 9; RFC 9113, section 3.4, for PRI). What an HTTP client asks
#: for may be too long to see its end; no name has so many bytes without a space.
_FOREIGN: Final = re.compile(
    rb"\x16\x03|(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) (?:\S+ HTTP/|\S{300})"
)


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

    @property
    def begun(self) -> bool:
        """Whether a line was begun and has no end yet."""
        return bool(self._rest) or self.skipping

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
            return replace_controls(raw.decode())
        except UnicodeDecodeError as error:
            return NotText(f"byte {error.start + 1} of the line is not UTF-8; the line was dropped")

    def _too_long(self) -> LineTooLong:
        return LineTooLong(f"a line has at most {self._limit} bytes; this one was dropped")


def flat(text: str) -> str:
    """Return `text` fit for one field: TAB and line ends become spaces, other controls U+FFFD."""
    if text.isprintable():
        return text
    return _CONTROL_OR_TAB.sub(
        lambda found: " " if found[0] in "\t\n\r" else "\N{REPLACEMENT CHARACTER}", text
    )
