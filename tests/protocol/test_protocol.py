"""The line protocol: what each end sends, the other reads, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.errors import BadArgument, LineTooLong, NotAReply, NotText, UnknownCommand
from doctor.protocol import (
    COMMANDS,
    SERVER_LINE,
    Command,
    CommandKind,
    LineBuffer,
    Reply,
    ReplyReader,
    codes,
    escaped,
    foreign,
    parse,
)

_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
_FIELD = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(st.lists(_TEXT, max_size=8), st.lists(st.integers(1, 40), max_size=20), st.booleans())
def test_lines_survive_any_cut(lines: list[str], sizes: list[int], crlf: bool) -> None:
    """Lines arrive whole and in order however the network cuts the bytes, with LF or CRLF."""
    ending = "\r\n" if crlf else "\n"
    data = "".join(line + ending for line in lines).encode()
    buffer = LineBuffer()
    got = [line for piece in _cut(data, sizes) for line in buffer.feed(piece)]
    assert got == lines


@pytest.mark.parametrize(("size", "fits"), [(4094, True), (4095, True), (4096, False)])
def test_limit_counts_the_ending(size: int, fits: bool) -> None:
    """A line of 4,096 bytes with its ending is taken; one byte more is not."""
    (got,) = LineBuffer().feed(b"x" * size + b"\n")
    assert isinstance(got, str) is fits
    assert isinstance(got, LineTooLong) is not fits


def test_long_line_is_dropped_once_and_the_next_is_heard() -> None:
    """Ten megabytes without an end are one error, hold no memory, and the next line is heard."""
    buffer = LineBuffer()
    errors = [item for _ in range(2560) for item in buffer.feed(b"x" * 4096)]
    assert len(errors) == 1
    assert isinstance(errors[0], LineTooLong)
    assert len(buffer._rest) == 0
    assert buffer.feed(b"tail\nhello\n") == ["hello"]


@pytest.mark.parametrize(
    ("line", "number", "text"),
    [
        ("/as 1 hello", 1, "hello"),
        ("/AS 17 My mother hates me.", 17, "My mother hates me."),
        ("/as 3 /quit", 3, "/quit"),
        ("/as 3 //", 3, "//"),
        ("/as 3   two spaces more ", 3, "  two spaces more "),
        ("/as 9999999999999999999 far", 9999999999999999999, "far"),
        ("/as 2 first\u2029second", 2, "first\u2029second"),
    ],
)
def test_a_line_with_its_number(line: str, number: int, text: str) -> None:
    """What follows `/as N` and one space is said as it is."""
    wanted = parse(line)
    assert isinstance(wanted, Command)
    assert (wanted.kind.name, wanted.numbers, wanted.text) == ("/as", (number,), text)


@pytest.mark.parametrize(
    "line",
    ["/as", "/as ", "/as 1", "/as 1 ", "/as 1  \t", "/as 0 a", "/as -1 a", "/as x a", "/as 1x a",
     "/as \u0661 a", "/as a 1", "/as 1.0 a", f"/as {10**19} a"],
)  # fmt: skip
def test_a_line_without_its_number(line: str) -> None:
    """No number from 1 on, or no text: the command cannot be used."""
    with pytest.raises(BadArgument, match="/as N TEXT"):
        parse(line)


def test_line_that_is_not_utf8() -> None:
    """A line that is not UTF-8 is an error in its place between the others."""
    first, second, third = LineBuffer().feed(b"one\n\xc3\x28\nthree\n")
    assert (first, third) == ("one", "three")
    assert isinstance(second, NotText)
    assert "byte 1" in str(second)


def test_control_characters_are_replaced() -> None:
    """Control characters but TAB become U+FFFD; a CR is dropped, and no line end but LF."""
    assert LineBuffer().feed(b"a\x00b\tc\rd\x1b[2Je\xc2\x85f\n") == [
        "a\ufffdb\tcd\ufffd[2Je\ufffdf"
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [("hello", "hello"), ("//quit", "/quit"), ("", ""), (" /quit", " /quit"), ("//", "/")],
)
def test_what_is_said(line: str, said: str) -> None:
    """A line without a leading slash, or with two, is said."""
    assert parse(line) == said


@given(_TEXT)
def test_escaped_lines_are_said(line: str) -> None:
    """Whatever is typed can be said: the client's escape and the server's parse are inverse."""
    assert parse(escaped(line)) == line


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_parses(kind: CommandKind) -> None:
    """Each row of the command table is understood in any case, with as many numbers as it takes."""
    numbers = tuple(range(1, kind.numbers + 1))
    words = ["some", "text"] * kind.takes_text
    line = " ".join([kind.name.upper(), *map(str, numbers), *words])
    assert parse(line) == Command(kind, numbers, " ".join(words))


@pytest.mark.parametrize(
    "line", ["/quit now", "/history x", "/history 0", "/history -1", "/history ²", "/history 1 2 3"]
)
def test_bad_arguments(line: str) -> None:
    """A command with an argument it cannot use says how it is used."""
    with pytest.raises(BadArgument, match="usage: /"):
        parse(line)


@pytest.mark.parametrize("line", ["/", "/nonsense", "/ quit", "/quit/"])
def test_unknown_commands(line: str) -> None:
    """An unknown command is an error that names the way to help."""
    with pytest.raises(UnknownCommand, match="/help"):
        parse(line)


def test_codes_are_unique_and_named() -> None:
    """No code and no name is in the reply table twice, and each name is a constant."""
    numbers = [kind.code for kind in codes.REPLIES]
    assert len(set(numbers)) == len(numbers) == len({kind.name for kind in codes.REPLIES})
    assert all(getattr(codes, kind.name) == kind.code for kind in codes.REPLIES)


@given(
    st.sampled_from(codes.REPLIES),
    st.lists(_TEXT, max_size=3).map(" ".join),
    st.lists(st.lists(_FIELD, min_size=2, max_size=5).map(tuple), max_size=5),
    st.lists(st.integers(1, 60), max_size=20),
)
def test_replies_survive_the_wire(
    kind: codes.ReplyKind, text: str, rows: list[tuple[str, ...]], sizes: list[int]
) -> None:
    """A reply that one end encodes is the reply that the other end reads."""
    reply = Reply(kind.code, text, tuple(rows))
    reader = ReplyReader()
    got = [item for piece in _cut(reply.encode(), sizes) for item in reader.feed(piece)]
    assert got == [reply]


@pytest.mark.parametrize("letter", ["a", "é", "\N{FACE WITH TEARS OF JOY}"])
def test_long_replies_go_on_in_further_lines(letter: str) -> None:
    """A text and a row of any length arrive whole, no line longer than the limit."""
    text = " ".join([letter * 7] * 9000)
    row = ("12", letter * 30_000, letter * 5000)
    data = Reply(codes.HISTORY, text, (row,)).encode()
    assert max(map(len, data.split(b"\n"))) < SERVER_LINE
    assert ReplyReader().feed(data) == [Reply(codes.HISTORY, text, (row,))]


def test_text_cannot_forge_lines_or_rows() -> None:
    """Line ends, TABs and escapes in a text reach the other end as harmless characters."""
    data = Reply(codes.SAYS, "a\n221 bye\tx\x1b[2J").encode()
    assert data.count(b"\n") == 1
    assert ReplyReader().feed(data) == [Reply(codes.SAYS, "a 221 bye x\ufffd[2J")]


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 400 Bad Request\r\n", b"25 x\n", b"250\n", b"250-a\n251 b\n", b"x" * 20_000],
)
def test_other_servers_are_told_apart(data: bytes) -> None:
    """What is not a reply of this protocol is an error, not a reply."""
    with pytest.raises(NotAReply):
        ReplyReader().feed(data)


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"POST /x HTTP/1.0\r\n", "HTTP"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"Ada\n", None),
        (b"GET A LIFE\n", None),
        (b"GET /" + b"a" * 400, "HTTP"),
        (b"GET " + "\U0001f600".encode() * 60, None),
        (b"", None),
        (b"\x16", None),
        (b"PROPFIND /dav HTTP/1.1\r\n", "HTTP"),
        (b"\x80\x2e\x01\x03\x01\x00\x15", "TLS"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"EHLO mail.example\r\n", "SMTP"),
        (b"Helo World\n", None),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\nAda\n", "the PROXY protocol"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "the PROXY protocol"),
        (b"Proxy\n", None),
        (b"OPTIONS sip:nm SIP/2.0\r\n", "RTSP or SIP"),
        (b"USER anonymous\r\n", "FTP or POP3"),
        (b"User Friendly\r\n", None),
        (b"a1 CAPABILITY\r\n", "IMAP"),
        (b"NICK scanner\r\nUSER a 0 * :b\r\n", "IRC"),
        (b"Nick Cave\r\n", None),
        (b"*1\r\n$4\r\nPING\r\n", "Redis"),
        (b"RFB 003.008\n", "VNC"),
        (b'{"id": 1, "method": "login"}\n', "JSON"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0", "a binary protocol"),
        (b"\x48\0\0\x01\x85\xa6\xff\x01\0\0\0\x01\x21root\0", "a binary protocol"),
        (b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\0\x80\0", "a binary protocol"),
        (b"\x05\x01\0", "a binary protocol"),
        (b"\xff\xfb\x1f\xff\xfa\x1f\0\x50\0\x18\xff\xf0Ada\r\0", None),
        (b"\xff\xfa\x1f\0\x50", None),
        (b"\x1b[A", None),
        ("Zo\u00eb\n".encode(), None),
    ],
)
def test_foreign_clients_are_named(first: bytes, name: str | None) -> None:
    """A client of another protocol is told apart from one that gives a name or speaks telnet."""
    assert foreign(first) == name


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (b"\xff\xfb\x1f\xff\xfb\x20Ada\r\nI am sad.\r\n", ["Ada", "I am sad."]),
        (b"\xff\xfd\nA\xff\xf1da\n", ["Ada"]),
        (b"\xff\xfa\x18\0a\nb\xff\xff\xff\xf0Ada\n", ["Ada"]),
        (b"Ada\r\0I am sad.\r\0", ["Ada", "I am sad."]),
        (b"Ada\r\0\nI am sad.\r\0\n\n", ["Ada", "I am sad.", ""]),
        (b"Ada\r\0\xff\xf1\nsad\n", ["Ada", "sad"]),
        (b"A\rda\r\r\n", ["Ada"]),
        (b"Adam\b\x7f\x7fda\n", ["Ada"]),
        (b"\b\bAda\n", ["Ada"]),
        (b"Zoe\xcc\x88\b\xc3\xab\n", ["Zo\u00eb"]),
        (b"Bob\x15Ada\n", ["Ada"]),
        (b"Bob\xff\xf8Adam\xff\xf7\n", ["Ada"]),
        (b"first\xe2\x80\xa9second\n", ["first\u2029second"]),
    ],
)
def test_telnet_is_understood(sent: bytes, lines: list[str]) -> None:
    """Negotiation, the Enter key and corrections leave what was typed, however it arrives."""
    assert LineBuffer().feed(sent) == lines
    buffer = LineBuffer()
    assert [line for byte in sent for line in buffer.feed(bytes([byte]))] == lines


@pytest.mark.parametrize("sent", [b"a\xff\xffb\n", b"\xffAda\n", b"\xc3\n", b"Ada \xff\n"])
def test_bytes_that_are_neither_text_nor_telnet(sent: bytes) -> None:
    """A byte 255 that begins nothing of telnet's, or that is data, makes a line no text."""
    for pieces in ([sent], [bytes([byte]) for byte in sent]):
        buffer = LineBuffer()
        (got,) = [line for piece in pieces for line in buffer.feed(piece)]
        assert isinstance(got, NotText)


_WIRE = st.lists(
    st.one_of(
        st.sampled_from([bytes([byte]) for byte in (*range(0xF0, 0x100), 0, 8, 10, 13, 21, 127)]),
        st.sampled_from([b"\r\n", b"\r\0", b"\xff\xfa", b"\xff\xf0", b"Ada", b"\xc3\xab"]),
        st.binary(max_size=3),
    ),
    max_size=40,
).map(b"".join)


@given(_WIRE, st.lists(st.integers(1, 5), max_size=30))
def test_any_bytes_give_the_same_lines_however_they_are_cut(data: bytes, sizes: list[int]) -> None:
    """Whatever arrives, its lines do not depend on the pieces, and no correction is left in one."""
    whole, pieces = LineBuffer(64), LineBuffer(64)
    one = [str(line) for line in [*whole.feed(data), *whole.end()]]
    other = [str(line) for piece in _cut(data, sizes) for line in pieces.feed(piece)]
    other += map(str, pieces.end())
    if not any("64 bytes" in line for line in (*one, *other)):
        assert one == other
    assert not set("\r\n\b\x7f\x15\0") & set("".join(other))


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40), _WIRE)
def test_negotiation_between_characters_changes_no_text(text: str, noise: bytes) -> None:
    """Whole telnet sequences, wherever they stand, leave the line as it was typed."""
    subnegotiation = b"\xff\xfa" + noise.replace(b"\xff", b"\xff\xff") + b"\xff\xf0"
    data = b"\xff\xf1".join(character.encode() for character in text)
    sent = b"\xff\xfd\x01" + subnegotiation + data + subnegotiation + b"\n"
    assert LineBuffer(1 << 20).feed(sent) == [text]


@pytest.mark.parametrize(
    ("sent", "last"),
    [(b"", []), (b"one\n", []), (b"one\ntwo", ["two"]), (b"one\r\0", []), (b"two\r", ["two"]),
     (b"/quit", ["/quit"]), (b"/as 2 half a li", []), (b"/AS 2 half", []), (b"x" * 70, [])],
)  # fmt: skip
def test_what_a_stream_ends_with(sent: bytes, last: list[str]) -> None:
    """A last line needs no newline; one with a number does, for its client sends it again."""
    buffer = LineBuffer(64)
    buffer.feed(sent)
    assert buffer.end() == last
    assert buffer.end() == []


def test_what_was_begun_is_dropped_to_its_end() -> None:
    """After `drop` nothing of the line that was begun is heard, and the next one is."""
    buffer = LineBuffer()
    assert buffer.feed(b"I am") == []
    buffer.drop()
    assert buffer.feed(b" sad.\nAda\n") == ["Ada"]
    buffer.feed(b"\xff\xfb")
    buffer.drop()
    assert buffer.feed(b"\x1fAda\n") == ["Ada"]


def test_a_reply_without_end_is_given_up() -> None:
    """Lines count with the memory that they take, so that empty ones have an end too."""
    reader = ReplyReader(limit=100_000)
    with pytest.raises(NotAReply, match="without end"):
        reader.feed(b"250-\n" * 2_000)
