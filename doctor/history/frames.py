"""Frames: checksummed records of bytes, and how they are found again among damaged ones.

Everything that is saved is in a frame: inside the pickle at the beginning of a patient's file,
appended after it, in the commit log. A frame is a frame header (`FRAME`) and a payload. A reader
that meets bytes which are no sound frame searches for the next magic whose frame is sound, and
reports the bytes between as a gap. That search checks at most `SEARCH` times as many bytes as it
was given, so it soon gives up on bytes that were made to be searched for ever.

Every layout of this project is a table of `Field`s from which the packing is made; integers are
little-endian and unsigned. docs/file-format.md shows the same tables, and a test holds it to them.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

import enum
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = b"\xffDr\xfe"
#: Bytes of a frame's payload. The largest is the header of a very long history.
MAX_PAYLOAD: Final = 1 << 24
#: How many times over the searched bytes may be checked before the search gives up.
SEARCH: Final = 16
#: Frames after which a reader lets other threads run.
YIELD_EVERY: Final = 256


class Field(NamedTuple):
    """A field of a layout: its name, its code for `struct`, what it holds."""

    name: str
    code: str
    meaning: str

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return Struct("<" + self.code).size


def packing(*fields: Field) -> Struct:
    """Return the Struct of these fields, one after the other without gaps."""
    return Struct("<" + "".join(field.code for field in fields))


FRAME: Final = (
    Field("magic", "4s", "ff 44 72 fe; ff and fe occur in no UTF-8, so nobody can type a frame"),
    Field("checksum", "I", "CRC-32 of all that follows in this frame"),
    Field("kind", "B", "what the payload is"),
    Field("length", "I", "bytes of payload, at most 16 MiB"),
    Field("number", "Q", "of an exchange: its number; of anything else: what its kind says"),
)
_START = packing(*FRAME[:2])
_BODY = packing(*FRAME[2:])
_FRAME = packing(*FRAME)
FRAME_HEADER_SIZE: Final = _FRAME.size
_CHECKED_FROM = _START.size
_SHORT: Final = 4096
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python, twice for each frame


class Kind(enum.IntEnum):
    """What the payload of a frame is."""

    HEADER = 1  #: what is known of a patient, first in a file; number: of the last exchange
    EXCHANGE = 2  #: format 1: one exchange and the machine's state after it
    SCRIPT = 3  #: the script that plays from here on; number: of the exchange that follows
    LOG = 4  #: in the commit log of format 1: frames that belong at the end of a file
    ENTRY = 5  #: one exchange, and the checksum of the one before it
    STATE = 6  #: the machine's state; number: of the exchange after which it was in that state
    COMMIT = 7  #: in the commit log: frames that belong at the end of a file


class Frame(NamedTuple):
    """A sound frame: its kind and number, and where its payload is in the bytes."""

    kind: int
    number: int
    start: int  #: offset of the frame
    payload: int  #: offset of the payload
    end: int  #: offset after the frame


class Gap(NamedTuple):
    """Bytes that are no sound frame; `torn` where they look like one that was cut off."""

    start: int
    end: int
    torn: bool


def pack(kind: int, number: int, payload: bytes) -> bytes:
    """Return the frame that holds `payload`; ValueError where it is longer than a frame can be."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("a record is longer than a frame can be")
    body = _BODY.pack(kind, len(payload), number) + payload
    return _START.pack(MAGIC, crc32(body)) + body


def frame_at(data: bytes, start: int, end: int) -> Frame | None:
    """Return the sound frame at `start` that ends at or before `end`, or None."""
    payload = start + FRAME_HEADER_SIZE
    if payload > end:
        return None
    magic, checksum, kind, length, number = _FRAME.unpack_from(data, start)
    stop = payload + length
    if magic != MAGIC or length > MAX_PAYLOAD or stop > end:
        return None
    # Most frames are short, and a copy of one costs less than a view of it.
    body = data if length < _SHORT else memoryview(data)
    if crc32(body[start + _CHECKED_FROM : stop]) != checksum:
        return None
    return _new(Frame, (kind, number, start, payload, stop))


def checksum_of(data: bytes, start: int = 0) -> int:
    """Return the checksum that the header of the frame at `start` holds."""
    return int.from_bytes(data[start + 4 : start + 8], "little")


def hop(data: bytes) -> list[Frame] | None:
    """Return the frames of bytes that were checked as a whole; None where they are no frames."""
    found: list[Frame] = []
    start, stop = 0, len(data)
    while start < stop:
        payload = start + FRAME_HEADER_SIZE
        if payload > stop:
            return None
        magic, _checksum, kind, length, number = _FRAME.unpack_from(data, start)
        end = payload + length
        if magic != MAGIC or end > stop:
            return None
        found.append(_new(Frame, (kind, number, start, payload, end)))
        start = end
    return found


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Frame | Gap]:
    """Yield the sound frames of data[start:end] in order, and the gaps between them.

    Other threads may run every few milliseconds.
    """
    stop = len(data) if end is None else end
    budget = SEARCH * (stop - start) + MAX_PAYLOAD
    seen = 0
    while start < stop:
        found = frame_at(data, start, stop)
        if found is not None:
            yield found
            start = found.end
            seen += 1
            if not seen % YIELD_EVERY:
                let_others_run()
            continue
        after, budget = _next_sound(data, start + 1, stop, budget)
        yield Gap(start, after, after == stop and _is_torn(data, start, stop))
        start = after


def _next_sound(data: bytes, start: int, stop: int, budget: int) -> tuple[int, int]:
    """Return where the next sound frame begins, `stop` where none does, and the budget left."""
    turns = 0
    while budget > 0:
        start = data.find(MAGIC, start, stop)
        if start < 0:
            break
        if frame_at(data, start, stop) is not None:
            return start, budget
        if start + FRAME_HEADER_SIZE <= stop:
            budget -= FRAME_HEADER_SIZE + min(_FRAME.unpack_from(data, start)[3], stop - start)
        start += 1
        turns += 1
        if not turns % YIELD_EVERY:
            let_others_run()
    return stop, budget


def _is_torn(data: bytes, start: int, stop: int) -> bool:
    """Return True if data[start:stop] looks like a frame's beginning, or like unwritten zeros.

    A write that a crash cut off leaves such bytes. Anything else is damage.
    """
    rest = data[start:stop]
    if not rest.strip(b"\0"):
        return True
    if not rest.startswith(MAGIC[: len(rest)]):
        return False
    if len(rest) < FRAME_HEADER_SIZE:
        return True
    length: int = _FRAME.unpack_from(data, start)[3]
    return len(rest) < FRAME_HEADER_SIZE + length <= FRAME_HEADER_SIZE + MAX_PAYLOAD
