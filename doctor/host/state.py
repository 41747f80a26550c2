"""What the host of a room knows: a frozen value, and the same as bytes.

    HostState    the members, what may be quoted, the line that waits for an answer
    Member       who is or was here, with a machine's state of their own
    Quotable     a line that the host may take up later, in the member's own words
    WaitingLine      the line that nobody has answered yet

A room may have 256 members and any number of lines; this is at most `MAX_BYTES` when it is packed.
`fit` drops what is needed least: machines' states of those who were heard longest ago, then old
lines, then members who have left. It does so after each transition, not when the state is packed,
so a state that was packed and unpacked goes on like one that never was. The bytes come back from
disk and are not trusted: `unpack` checks every field.

    packed   magic "H3" | turn u32 | spoken u32 | spoke u32 | calm u32 | offered u32 | sorry u32
             | put u32 | handed u32 | flags u8 | crowd u16 | asked text | grave text
             | worried text | move text | putter text | question text | signs u8, u16 each
             | waiting u8 | members u8, each | quotables u8, each
    text     length u16, UTF-8
"""

from __future__ import annotations

import math
import struct
from operator import itemgetter
from typing import Any, Final, NamedTuple
from zlib import crc32

#: Bytes of a packed state; a record of a history holds 16 KiB.
MAX_BYTES: Final = 16_000
#: Members and lines that are remembered at most.
MAX_MEMBERS: Final = 64
MAX_QUOTABLES: Final = 56
#: Of these so many stay while machines' states are kept instead.
FEWER_QUOTABLES: Final = 24
#: Bytes of UTF-8: of a name, of a member's last line or a line to quote, of the line that waits.
MAX_NAME: Final = 200
MAX_QUOTE: Final = 240
MAX_WAITING: Final = 2_000
#: Bytes of a machine's state; a larger one is not taken along.
MAX_MACHINE: Final = 8_192
#: What the host said last is known by its signs, so many.
MAX_SIGNS: Final = 200
#: Counters stop here.
MAX_COUNT: Final = 0xFFFF_FFFF

_TURN: Final = itemgetter(2)  # of a line to quote
_MAGIC: Final = b"H3"
_HEAD: Final = struct.Struct(">2sIIIIIIIIBH")
_MEMBER: Final = struct.Struct(">BddddII")
_QUOTABLE: Final = struct.Struct(">IB")
_LENGTH: Final = struct.Struct(">H")
_WAITING: Final = struct.Struct(">dB")
# What is true of a room, a bit each.
_HUSHED, _ASKS, _LISTENS, _ASKS_NOBODY = 1, 2, 4, 8
# What is true of a member, a bit each.
_HERE, _INVITED, _LEFT_ALONE = 1, 2, 16
# How the last line of a member was met with care, in the two bits between those.
_CARED_AT: Final = 2
#: With nothing but a private message, in front of all, or because it may already be happening.
PRIVATELY, OPENLY, AT_ONCE = 1, 2, 3


class Member(NamedTuple):
    """Somebody who is or was in the room; times are 0 where there is none."""

    name: str
    here: bool = True
    came: float = 0.0
    left: float = 0.0
    said: float = 0.0  #: when they said something last
    turn: int = 0  #: the number of the line that was
    lines: int = 0  #: how many lines they said
    invited: bool = False  #: asked once whether they want to say something
    asked_at: float = 0.0  #: when the host named them in a question last
    left_alone: bool = False  #: not to be asked anything
    cared: int = 0  #: how their last line was met with care; 0: it was not
    last: str = ""  #: that line, cut; empty where it is not to be repeated
    state: bytes = b""  #: the machine's, packed; empty for a new one


class Quotable(NamedTuple):
    """A line that may be taken up again."""

    speaker: str
    text: str
    turn: int
    used: bool = False


class WaitingLine(NamedTuple):
    """A line that nobody has answered yet; the host does after `times` its patience."""

    speaker: str
    text: str
    at: float
    times: int = 1


class HostState(NamedTuple):
    """What one room's conversation has changed. Immutable."""

    turn: int = 0  #: lines of members so far
    spoken: int = 0  #: how often the host spoke
    spoke: int = 0  #: the turn at which it did last
    calm: int = 0  #: the turn until which nothing is taken up, after a line met with care
    offered: int = 0  #: the turn at which it last spoke unasked
    sorry: int = 0  #: the turn at which it last said that it was wrong
    put_at: int = 0  #: the turn at which `question` was asked
    handed: int = 0  #: how often it had spoken when it asked others something last
    hushed: bool = False  #: asked to be quiet until it is called
    asks: bool = False  #: the last line was a question
    listens: bool = False  #: it was wrong twice, and for a while speaks only when called
    asks_nobody: bool = False  #: asked to hand nothing on to the others
    crowd: int = 0  #: members here who are not among `members`
    asked: str = ""  #: whom the host spoke to last
    grave: str = ""  #: the last line that told of a death
    worried: str = ""  #: about whom the room was told last that they are in danger
    move: str = ""  #: the part of the script that it spoke from last
    putter: str = ""  #: who asked `question`
    question: str = ""  #: what the host was asked last and the others may answer better
    signs: str = ""  #: of what the host said, the newest last
    waiting: WaitingLine | None = None
    members: tuple[Member, ...] = ()
    quotables: tuple[Quotable, ...] = ()

    def find(self, name: str) -> Member | None:
        """Return the member of this name."""
        return next((each for each in self.members if each.name == name), None)

    def put(self, member: Member, **more: Any) -> HostState:
        """Return the state with a member as it is now, and with `more` fields as given."""
        names = [each.name for each in self.members]
        at = names.index(member.name) if member.name in names else len(names)
        members = (*self.members[:at], member, *self.members[at + 1 :])
        return self._replace(members=members, **more)

    def others(self, name: str) -> list[Member]:
        """Return who is here besides a member, in the order in which they came."""
        return [each for each in self.members if each.here and each.name != name]


def clip(text: str, most: int) -> str:
    """Return a text as one line of at most so many bytes of UTF-8, cut between characters."""
    text = " ".join(text.split())
    if len(text) <= most and text.isascii():
        return text
    data = text.encode("utf-8", "replace")
    return (data if len(data) <= most else data[:most]).decode("utf-8", "ignore").rstrip()


def sign_of(text: str) -> str:
    """Return the character that represents a text in a row of signs."""
    return chr(crc32(text.lower().encode("utf-8", "replace")) & 0xFFFF)


# --- what is dropped ------------------------------------------------------------------------------


def fit(state: HostState, keep: str) -> HostState:
    """Return a state that can be packed; what is known of the member `keep` stays."""
    if len(state.quotables) > MAX_QUOTABLES:
        state = state._replace(quotables=_without_oldest(state.quotables))
    while len(state.members) > MAX_MEMBERS:
        state = _without_member(state, keep)
    while _most_bytes(state) > MAX_BYTES and len(pack(state)) > MAX_BYTES:
        smaller = _forget_one(state, keep)
        if smaller is None:
            break
        state = smaller
    return state


def _most_bytes(state: HostState) -> int:
    """Return a number of bytes that a packed state does not exceed, without packing it."""
    # All texts at once: this is done with every line.
    texts = [*_texts_of(state)]
    size = 64 + 2 * MAX_SIGNS + 48 * len(state.members) + 16 * len(state.quotables)
    if state.waiting is not None:
        size += 16
        texts += (state.waiting.speaker, state.waiting.text)
    for member in state.members:
        texts += (member.name, member.last)
        size += len(member.state)
    texts += [each.text for each in state.quotables]
    texts += [each.speaker for each in state.quotables]
    return size + _length_of("".join(texts))


def _length_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _without_oldest(quotables: tuple[Quotable, ...]) -> tuple[Quotable, ...]:
    """Leave out the oldest line, of those that were taken up where there are any."""
    used = [each for each in quotables if each.used]
    at = quotables.index(min(used or quotables, key=_TURN))
    return quotables[:at] + quotables[at + 1 :]


def _without_member(state: HostState, keep: str) -> HostState:
    leaving = min(
        (each for each in state.members if each.name != keep),
        key=lambda each: (each.here, each.turn, each.came),
    )
    members = tuple(each for each in state.members if each is not leaving)
    return state._replace(members=members, crowd=min(state.crowd + leaving.here, 0xFFFF))


def _forget_one(state: HostState, keep: str) -> HostState | None:
    """Return the state with the least important thing forgotten; None where nothing is left."""
    if len(state.quotables) > FEWER_QUOTABLES:
        return state._replace(quotables=_without_oldest(state.quotables))
    held = [each for each in state.members if each.state and each.name != keep]
    if held:
        oldest = min(held, key=lambda each: (each.here, each.turn))
        return state.put(oldest._replace(state=b""))
    if state.quotables:
        return state._replace(quotables=_without_oldest(state.quotables))
    return _without_member(state, keep) if len(state.members) > 1 else None


# --- bytes ----------------------------------------------------------------------------------------


def pack(state: HostState) -> bytes:
    """Return a state as bytes, the same for equal states."""
    head = _HEAD.pack(
        _MAGIC,
        state.turn,
        state.spoken,
        state.spoke,
        state.calm,
        state.offered,
        state.sorry,
        state.put_at,
        state.handed,
        state.hushed * _HUSHED
        | state.asks * _ASKS
        | state.listens * _LISTENS
        | state.asks_nobody * _ASKS_NOBODY,
        state.crowd,
    )
    parts = [head]
    for text in _texts_of(state):
        parts += _text(text)
    parts.append(bytes((len(state.signs),)))
    parts.append(state.signs.encode("utf-16-be", "surrogatepass"))
    waiting = state.waiting
    parts.append(bytes((waiting is not None,)))
    if waiting is not None:
        parts += (_WAITING.pack(waiting.at, waiting.times), *_text(waiting.speaker))
        parts += _text(waiting.text)
    parts.append(bytes((len(state.members),)))
    for each in state.members:
        flags = each.here * _HERE | each.invited * _INVITED | each.cared << _CARED_AT
        flags |= each.left_alone * _LEFT_ALONE
        times = (each.came, each.left, each.said, each.asked_at)
        parts.append(_MEMBER.pack(flags, *times, each.turn, each.lines))
        parts += (*_text(each.name), *_text(each.last))
        parts += (_LENGTH.pack(len(each.state)), each.state)
    parts.append(bytes((len(state.quotables),)))
    for line in state.quotables:
        parts += (_QUOTABLE.pack(line.turn, line.used), *_text(line.speaker), *_text(line.text))
    return b"".join(parts)


def _texts_of(state: HostState) -> tuple[str, ...]:
    return (
        state.asked, state.grave, state.worried, state.move, state.putter, state.question,
    )  # fmt: skip


def _text(text: str) -> tuple[bytes, bytes]:
    data = text.encode()
    return _LENGTH.pack(len(data)), data


class _Reader:
    """Reads fields one after the other; ValueError where one cannot be."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise ValueError("a host's state is too short")
        self._at += size
        return found

    def number(self, most: int) -> int:
        found = self.take(1)[0]
        if found > most:
            raise ValueError("a number in a host's state is too high")
        return found

    def sized(self, most: int) -> bytes:
        (size,) = _LENGTH.unpack(self.take(_LENGTH.size))
        if size > most:
            raise ValueError("a field of a host's state is too long")
        return self.take(size)

    def text(self, most: int, least: int = 0) -> str:
        found = self.sized(most).decode()  # UnicodeDecodeError is a ValueError
        if len(found) < least or clip(found, most) != found:
            raise ValueError("a text in a host's state is not one line")
        return found

    def end(self) -> None:
        if self._at != len(self._data):
            raise ValueError("bytes follow a host's state")


def unpack(packed: bytes) -> HostState:
    """Return the state that was packed; raise `ValueError` for anything else."""
    if len(packed) > MAX_BYTES:
        raise ValueError("a host's state is too long")
    reader = _Reader(packed)
    head = _HEAD.unpack(reader.take(_HEAD.size))
    magic, turn, spoken, spoke, calm, offered, sorry, put, handed, flags, crowd = head
    if magic != _MAGIC or flags > _HUSHED + _ASKS + _LISTENS + _ASKS_NOBODY:
        raise ValueError("not a host's state")
    asked, grave, worried, move, putter, question = (
        reader.text(most) for most in (MAX_NAME, MAX_QUOTE, MAX_NAME, MAX_NAME, MAX_NAME, MAX_QUOTE)
    )
    signs = reader.number(MAX_SIGNS)
    said = "".join(map(chr, struct.unpack(f">{signs}H", reader.take(signs * 2))))
    waiting = _read_waiting(reader) if reader.number(1) else None
    members = tuple(_read_member(reader) for _ in range(reader.number(MAX_MEMBERS)))
    if len({each.name for each in members}) != len(members):
        raise ValueError("a host's state has a member twice")
    quotables = tuple(_read_quotable(reader) for _ in range(reader.number(MAX_QUOTABLES)))
    reader.end()
    return HostState(
        turn, spoken, spoke, calm, offered, sorry, put, handed, bool(flags & _HUSHED),
        bool(flags & _ASKS), bool(flags & _LISTENS), bool(flags & _ASKS_NOBODY), crowd, asked,
        grave, worried, move, putter, question, said, waiting, members, quotables,
    )  # fmt: skip


def _read_waiting(reader: _Reader) -> WaitingLine:
    at, times = _WAITING.unpack(reader.take(_WAITING.size))
    if not math.isfinite(at) or not times:
        raise ValueError("a line in a host's state has no time")
    return WaitingLine(reader.text(MAX_NAME, 1), reader.text(MAX_WAITING, 1), at, times)


def _read_member(reader: _Reader) -> Member:
    flags, came, left, said, asked_at, turn, lines = _MEMBER.unpack(reader.take(_MEMBER.size))
    if flags > _LEFT_ALONE | AT_ONCE << _CARED_AT | _HERE | _INVITED or not all(
        map(math.isfinite, (came, left, said, asked_at))
    ):
        raise ValueError("a member in a host's state is not sound")
    return Member(
        reader.text(MAX_NAME, 1),
        bool(flags & _HERE),
        came,
        left,
        said,
        turn,
        lines,
        bool(flags & _INVITED),
        asked_at,
        bool(flags & _LEFT_ALONE),
        flags >> _CARED_AT & AT_ONCE,
        reader.text(MAX_QUOTE),
        reader.sized(MAX_MACHINE),
    )


def _read_quotable(reader: _Reader) -> Quotable:
    turn, used = _QUOTABLE.unpack(reader.take(_QUOTABLE.size))
    if used > 1:
        raise ValueError("a line in a host's state is not sound")
    return Quotable(reader.text(MAX_NAME, 1), reader.text(MAX_QUOTE, 1), turn, bool(used))
