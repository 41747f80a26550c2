"""The lines of the protocol: bytes to text, and what both ends agree on about a line.

A client sends lines of UTF-8, ended by LF (a CR before it is dropped), at most `CLIENT_LINE` bytes
with the ending. A line of the server's is at most `SERVER_LINE` bytes with its ending.

People also connect with programs that speak telnet (RFC 854). Of these a `LineBuffer` understands:

    IAC and what belongs to it      dropped: commands, negotiation, subnegotiation
    CR NUL                          ends a line, as the Enter key does; an LF after it adds none
    a CR elsewhere                  dropped
    BS, DEL, IAC EC                 remove the character before them
    NAK (Ctrl+U), IAC EL            remove the line so far

A `LineBuffer` belongs to one connection and is used by one thread at a time.
"""

from __future__ import annotations

import re
import unicodedata
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

# --- telnet ---------------------------------------------------------------------------------------

_IAC: Final = b"\xff"
_CR_NUL: Final = b"\r\0"
#: A sequence: a data byte 255, an option, a subnegotiation, another command; or one without its
#: end yet, which is the group.
_TELNET: Final = re.compile(
    rb"\xff(?:\xff|[\xfb-\xfe].|\xfa(?:[^\xff]|\xff[^\xf0])*\xff\xf0|[\xf0-\xf9]"
    rb"|([\xfb-\xfe]?|\xfa(?:[^\xff]|\xff[^\xf0])*\xff?)\Z)",
    re.DOTALL,
)
#: What becomes of a sequence; the others leave nothing. No text in UTF-8 has a byte 255.
_EFFECTS: Final = {
    b"\xff\xff": b"\xff\xff",
    b"\xff\xf7": b"\x7f",  # erase a character
    b"\xff\xf8": b"\x15",  # erase the line
}
_EDITING: Final = re.compile("[\b\r\x15\x7f]")


def _without_telnet(data: bytes) -> tuple[bytes, bytes]:
    """Return `data` without telnet's sequences, and the one at its end that has no end yet."""
    if _IAC not in data:
        return data, b""
    unfinished = b""

    def effect(found: re.Match[bytes]) -> bytes:
        nonlocal unfinished
        if found[1] is not None:
            unfinished = found[0]
        return _EFFECTS.get(found[0], b"")

    return _TELNET.sub(effect, data), unfinished


def _edited(text: str) -> str:
    """Return a line as its writer saw it after every correction."""
    if not _EDITING.search(text):
        return text
    typed: list[str] = []
    for character in text:
        if character in "\b\x7f":
            while typed and unicodedata.combining(typed.pop()):
                pass  # an accent goes together with its letter
        elif character == "\x15":
            typed.clear()
        elif character != "\r":
            typed.append(character)
    return "".join(typed)


# --- other protocols ------------------------------------------------------------------------------

#: How clients of other protocols begin. What an HTTP client asks for may be too long to see its
#: end; no name has so many bytes without a space. The last row is for protocols that are not text.
_FOREIGN: Final = tuple(
    (kind, re.compile(pattern, re.DOTALL))
    for kind, pattern in (
        ("TLS", rb"\x16\x03|[\x80-\xbf][^\n]\x01[\x00\x03]"),
        ("the PROXY protocol", rb"PROXY (?:TCP4|TCP6|UNKNOWN)\b|\r\n\r\n\x00\r\nQUIT\n"),
        ("SSH", rb"SSH-\d"),
        ("HTTP", rb"[A-Z][A-Z-]{2,19} \S+ HTTP/"),
        ("HTTP", rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) \S{300}"),
        ("RTSP or SIP", rb"[A-Z_]{3,20} \S+ (?:RTSP|SIP)/\d"),
        ("SMTP", rb"(?:EHLO|HELO|LHLO|ehlo|helo) \S+\r?\n|(?:MAIL FROM|RCPT TO):"),
        ("FTP or POP3", rb"(?:USER \S+|AUTH (?:TLS|SSL|LOGIN|PLAIN)|CAPA|STLS|STARTTLS)\r\n"),
        ("IMAP", rb"\w{1,8} (?:CAPABILITY|STARTTLS|NOOP|(?:LOGIN|AUTHENTICATE) [^\n]+)\r\n"),
        ("IRC", rb"(?:NICK|PASS) \S+\r\n|(?:NICK|PASS) \S+\n(?:NICK|USER) |CAP LS\b"),
        ("Redis", rb"\*\d{1,9}\r\n|(?:PING|INFO|COMMAND)\r\n\Z"),
        ("VNC", rb"RFB \d{3}\.\d{3}\n"),
        ("XML", rb"<(?:\?xml|stream:|policy-file-request)"),
        ("JSON", rb"\s*[{\[]\s*[\"{]"),
        ("a binary protocol", rb"[\x00-\x07\x0b\x0c\x0e-\x14\x17-\x1a\x1c-\x1f]|\x16[^\x03]"),
    )
)


def foreign(first_bytes: bytes) -> str | None:
    """Name the protocol of a client that speaks another one, or None.

    Meant for the first bytes of a connection, before they are split into lines.
    """
    for kind, pattern in _FOREIGN:
        if pattern.match(first_bytes):
            return kind
    text, _ = _without_telnet(first_bytes)
    return "a binary protocol" if b"\0" in text.replace(_CR_NUL, b"") else None


# --- lines ----------------------------------------------------------------------------------------


class LineBuffer:
    """Turns a client's bytes into lines, holding at most one unfinished line.

    One thread at a time. Memory: at most the limit and the bytes of one `feed`.
    """

    __slots__ = ("_limit", "_rest", "skipping")

    def __init__(self, limit: int = CLIENT_LINE) -> None:
        self._limit = limit
        #: The unfinished line; `_CR_NUL` alone is the end of a line that was returned already.
        self._rest = b""
        #: What comes is the rest of a line that was dropped.
        self.skipping = False

    @property
    def begun(self) -> bool:
        """Whether a line was begun and has no end yet."""
        return self.skipping or self._rest not in {b"", _CR_NUL}

    def feed(self, data: bytes) -> list[str | LineTooLong | NotText]:
        """Take bytes in and return what they complete, in order.

        A line comes as text without its ending, control characters replaced. A line that was
        dropped comes as the error that says why: a long one as soon as it is too long.
        """
        if data.find(b"\n") == len(data) - 1 >= 0 and not self._rest and not self.skipping:
            try:  # one whole line, as nearly always
                line = data[: -2 if data.endswith(b"\r\n") else -1].decode()
            except UnicodeDecodeError:
                pass
            else:
                if line.isprintable() and len(data) <= self._limit:
                    return [line]
        if self.skipping:
            _, ending, data = data.partition(b"\n")
            self.skipping = not ending
        is_ended = self._rest.startswith(_CR_NUL)
        data, unfinished = _without_telnet(self._rest + data)
        if is_ended and (data := data[len(_CR_NUL) :]):
            data, is_ended = data.removeprefix(b"\n"), False
        if _CR_NUL in data:
            is_ended = data.endswith(_CR_NUL)
            data = data.replace(b"\r\0\n", b"\n").replace(_CR_NUL, b"\n")
        *lines, rest = data.split(b"\n")
        done = [self._line(line) for line in lines]
        if len(rest) + len(unfinished) >= self._limit:
            done.append(self._too_long())
            self.skipping, self._rest = True, b""
        else:
            self._rest = (rest or (_CR_NUL if is_ended else b"")) + unfinished
        return done

    def drop(self) -> None:
        """Drop the line that was begun, to its end."""
        if _without_telnet(self._rest)[0] not in {b"", _CR_NUL}:
            self.skipping, self._rest = True, b""

    def end(self) -> list[str | LineTooLong | NotText]:
        """Return what the stream ended with, a line without its ending.

        A line with a number is left out: its client sends it again, maybe more of it.
        """
        rest, self._rest = self._rest, b""
        is_line = rest not in {b"", _CR_NUL} and not rest[:4].lower().startswith(b"/as ")
        return [self._line(rest)] if is_line else []

    def _line(self, raw: bytes) -> str | LineTooLong | NotText:
        if len(raw) >= self._limit:
            return self._too_long()
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            return NotText(f"byte {error.start + 1} of the line is not UTF-8; the line was dropped")
        return text if text.isprintable() else replace_controls(_edited(text))

    def _too_long(self) -> LineTooLong:
        return LineTooLong(f"a line has at most {self._limit} bytes; this one was dropped")


def flat(text: str) -> str:
    """Return `text` fit for one field: TAB and line ends become spaces, other controls U+FFFD."""
    if text.isprintable():
        return text
    return _CONTROL_OR_TAB.sub(
        lambda found: " " if found[0] in "\t\n\r" else "\N{REPLACEMENT CHARACTER}", text
    )
