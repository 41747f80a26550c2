"""A patient's file as bytes: its layout, and how it is read.

    file  := pickle tail
    pickle   the pickled Doctor (grammar: `pickles`; its byte strings: `snapshot`)
    tail     frames (`frames`) of exchanges since the pickle was written, of the machine's state now
             and then, and of the script where another one began to play (`contents`)

While a session runs each exchange is appended to the tail. After a clean end the tail is empty and
the pickle is everything, but for a long file whose tail is short: that keeps its tail.

How a file is read:

1. The pickle follows the grammar, both copies of the header are sound and equal, every chunk has
   its checksum: then only the tail is walked. `read_ends` leaves the chunks on disk; each is
   checked when it is read.
2. Otherwise what is sound is searched for (`salvage`).
3. Bytes at the very end that look like the beginning of a frame, or zeros, are a torn tail: a crash
   cut the last write off. That is no damage; the store saves a copy of them and cuts them off.

Only the header says whether a passphrase locks the history, so `lock_known` is true where one copy
of it is sound and no two sound ones differ. Setting a passphrase writes the whole file anew for
that reason.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DamagedRecord, ForbiddenContent
from doctor.history import pickles
from doctor.history.chunks import Transcript
from doctor.history.contents import Contents
from doctor.history.frames import FRAME_HEADER_SIZE, MAGIC, MAX_PAYLOAD, Gap, frame_at, walk
from doctor.history.salvage import salvage, salvage_tail
from doctor.history.snapshot import Header, from_parts, header_for, history_of, unpack_header
from doctor.history.transcript import HistoryCounts

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[int, int], bytes]

#: Bytes of a patient's file that are read at all: four million exchanges and more.
MAX_FILE: Final = 1 << 30
#: Bytes that are read at first of a file that is not read whole.
GLANCE: Final = 16_384


def full_size() -> int:
    """Return the size up to which a file is appended to.

    What a file needs to be written anew, as a snapshot or in a newer format, fits in the rest.
    """
    return MAX_FILE - MAX_FILE // 16


class FileLayout(NamedTuple):
    """A file with an empty tail, in three pieces; the second is copied from an old file."""

    before: bytes
    copied: tuple[int, int]  #: offset and length in the old file
    after: bytes

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.before) + self.copied[1] + len(self.after)


def lay_out(header: Header, history: Transcript) -> FileLayout:
    """Return the file of this patient; chunks that are on disk are copied as they are.

    ValueError where a part is too long.
    """
    if not history.chained:
        history = history.rechained()
    framed = header_for(header, history)
    chunks = history.chunks()
    on_disk = 0
    while on_disk < len(chunks) and chunks[on_disk].data is None:
        on_disk += 1
    copied = (0, 0)
    if on_disk:
        first, last = chunks[0], chunks[on_disk - 1]
        start = first.at - pickles.BYTES_HEADER
        copied = (start, last.at + last.length - start)
    pieces = [history.data(chunk) for chunk in chunks[on_disk:]]
    return FileLayout(
        pickles.PREFIX + pickles.byte_string(framed),
        copied,
        b"".join((*map(pickles.byte_string, (*pieces, framed)), pickles.SUFFIX)),
    )


def write(header: Header, history: Transcript) -> bytes:
    """Return the file of this patient with an empty tail. ValueError as `lay_out`."""
    if not history.chained:
        history = history.rechained()
    framed = header_for(header, history)
    return pickles.dump((framed, *map(history.data, history.chunks()), framed))


def read(data: bytes) -> Contents:
    """Return what a file holds, and what of it is damaged.

    NewerFormat where a newer program wrote it, ForbiddenContent where this program wrote nothing
    of it.
    """
    try:
        parts, end = pickles.load(data)
        header, history = from_parts(parts)
    except (ForbiddenContent, DamagedRecord) as error:
        return salvage(data, error)
    contents = Contents(header, history, end)
    try:
        _read_tail(contents, data, end, 0)
    except DamagedRecord as error:
        contents = Contents(header, from_parts(parts)[1], end)
        return salvage_tail(contents, data, end, 0, error)
    return contents


def read_ends(read_at: Read, size: int) -> Contents | None:
    """Return what a file holds, its chunks left on disk; `read_at(offset, length)` reads them.

    None where all of the file must be read. NewerFormat as `read`.
    """
    start = read_at(0, min(GLANCE, size))
    begin = len(pickles.PREFIX) + pickles.BYTES_HEADER
    if len(start) >= begin + FRAME_HEADER_SIZE:
        length = FRAME_HEADER_SIZE + int.from_bytes(start[begin + 9 : begin + 13], "little")
        if GLANCE < begin + length <= min(size, begin + FRAME_HEADER_SIZE + MAX_PAYLOAD):
            start += read_at(len(start), begin + length - len(start))
    found = peek(start, size)
    if found is None:
        return None
    header, tail = found
    frame = frame_at(start, begin, len(start))
    assert frame is not None  # noqa: S101 - `peek` has found it
    again = pickles.byte_string(start[begin : frame.end]) + pickles.SUFFIX
    if not again.startswith(start[len(pickles.PREFIX) : begin]):
        return None
    base = tail - len(again)
    end = read_at(base, size - base)
    if not end.startswith(again):
        return None
    try:
        contents = Contents(header, history_of(header, None, read_at), tail)
        _read_tail(contents, end, len(again), base)
    except DamagedRecord:
        return None
    return contents


def _read_tail(contents: Contents, data: bytes, start: int, base: int) -> None:
    """Read the tail; `base` is where the data are in the file.

    DamagedRecord at the first bytes that are wrong.
    """
    for found in walk(data, start):
        if isinstance(found, Gap):
            if not found.torn:
                raise DamagedRecord("bytes that are no sound record", base + found.start)
            contents.torn = found.end - found.start
            return
        contents.take(data, found)
        contents.size = base + found.end


def peek(start: bytes, size: int) -> tuple[Header, int] | None:
    """Return the header in the first bytes of a file, and where the tail begins.

    None where these bytes do not tell: then the whole file must be read. NewerFormat as `read`.
    """
    begin = len(pickles.PREFIX) + pickles.BYTES_HEADER
    if not start.startswith(pickles.PREFIX) or start[begin : begin + len(MAGIC)] != MAGIC:
        return None
    frame = frame_at(start, begin, len(start))
    if frame is None:
        return None
    try:
        header = unpack_header(start, frame)
    except DamagedRecord:
        return None
    length = frame.end - frame.start
    tail = pickles.dumped_size([length, *(row[3] for row in header.table), length])
    return (header, tail) if tail <= size else None


def counts_with_tail(header: Header, data: bytes) -> HistoryCounts | None:
    """Return the counts of a history whose tail is these bytes; None where the tail is damaged."""
    counts = HistoryCounts(header.summary, header.last_number)
    history = Transcript((), counts, birth=header.birth, chained=header.version > 1)
    if history.chained:
        history.expect(header.link)
    contents = Contents(header, history, 0)
    try:
        _read_tail(contents, data, 0, 0)
    except DamagedRecord:
        return None
    return counts
