"""Long histories that are cheap to open and to append to: `Transcript`.

A `Transcript` holds the frames of exchanges (`doctor.history.transcript`) in chunks of `CHUNK`. A
chunk is bytes and their checksum. It is decoded only when somebody reads it, and where it is still
on disk it is read and checked only then: so a history of a million exchanges costs no more to open
than one of a hundred.

A Transcript belongs to whoever holds its patient's turn.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from doctor.errors import DamagedRecord
from doctor.history.frames import FRAME_HEADER_SIZE, Frame, Kind, checksum_of, frame_at, hop, walk
from doctor.history.searching import SearchedText, TextBlock
from doctor.history.transcript import (
    TAG,
    Exchange,
    HistoryCounts,
    Summary,
    first_link,
    milliseconds,
    pack_entry,
    previous_of,
    tag_in,
    texts_in,
    unpack_either,
    unpack_entries,
)
from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Exchanges in a full chunk.
CHUNK: Final = 256


class Chunk(NamedTuple):
    """The frames of up to `CHUNK` exchanges, joined."""

    first: int  #: number of the first exchange
    last: int  #: number of the last
    exchanges: int
    checksum: int  #: CRC-32 of the data
    length: int  #: of the data
    data: bytes | None  #: None where they are on disk
    at: int = 0  #: where they are in the file, 0 where that is not known


class Transcript:
    """A history: append at its end, read anywhere; each reading decodes again.

    Reading lets other threads run between chunks, and skips records that are not sound. It raises
    DamagedRecord where a chunk that was left on disk is not what was written.
    """

    __slots__ = ("_chunks", "_link", "_open", "_read", "birth", "chained", "tally")

    def __init__(
        self,
        chunks: tuple[Chunk, ...] = (),
        tally: HistoryCounts | None = None,
        *,
        birth: int = 0,
        chained: bool = True,
        read: Callable[[int, int], bytes] | None = None,
    ) -> None:
        """Begin with these chunks; `read(offset, length)` reads those that are on disk."""
        self._chunks = list(chunks)
        self._open: list[bytes] = []  # where it holds anything, the last chunk is full
        self._read = read
        self._link: int | None = None  # the checksum of the last ENTRY, where it is known
        self.tally = HistoryCounts() if tally is None else tally
        self.birth = birth
        #: Every exchange is an ENTRY that holds the checksum of the one before it.
        self.chained = chained

    def __len__(self) -> int:
        return self.tally.exchanges

    def __iter__(self) -> Iterator[Exchange]:
        return self.since(0)

    @property
    def summary(self) -> Summary:
        """The counts and times of this history."""
        return self.tally.summary

    @property
    def last_number(self) -> int:
        """The number of the last exchange, 0 where there is none."""
        return self.tally.last_number

    @property
    def link(self) -> int:
        """The checksum that the next ENTRY has to hold."""
        if self._link is None:
            self._reopen()
            if self._open:
                self._link = checksum_of(self._open[-1])
            elif self._chunks:
                self._link = checksum_of(_split(self.data(self._chunks[-1]))[-1])
            else:
                self._link = first_link(self.birth)
        return self._link

    def expect(self, link: int) -> None:
        """Know the checksum of the last ENTRY without reading it."""
        self._link = link

    # --- writing ---

    def append(self, exchange: Exchange, tag: bytes = bytes(TAG)) -> None:
        """Append an exchange; its number is above the last one's. ValueError as `pack_entry`."""
        frame = pack_entry(exchange, tag, self.link)
        self.tally.append(exchange)
        self._take(frame)

    def append_frame(self, data: bytes, frame: Frame, exchange: Exchange) -> None:
        """Append an exchange that is already framed in `data`."""
        self.tally.append(exchange)
        self._take(data[frame.start : frame.end])

    def _take(self, frame: bytes) -> None:
        if not self._open:
            self._reopen()
        self._open.append(frame)
        self._link = checksum_of(frame)
        if len(self._open) >= CHUNK:
            self._chunks.append(_seal(self._open))
            self._open = []

    def _reopen(self) -> None:
        """Let the last chunk take more, where it is short."""
        if not self._open and self._chunks and self._chunks[-1].exchanges < CHUNK:
            self._open = _split(self.data(self._chunks[-1]))
            self._chunks.pop()

    def chunks(self) -> tuple[Chunk, ...]:
        """Return the history as chunks; only the last may be short of `CHUNK` exchanges."""
        return (*self._chunks, _seal(self._open)) if self._open else tuple(self._chunks)

    def rechained(self, changes: Mapping[int, Exchange] | None = None) -> Transcript:
        """Return the same exchanges as a chain, some of them changed so; by number.

        A history that was born in format 1 has its first exchange's time for its birth.
        """
        birth = self.birth
        if not birth:
            first = next(iter(self), None)
            birth = milliseconds(first.at) if first else 0
        made = Transcript(birth=birth)
        for data, frame in self.frames():
            exchange = unpack_either(data, frame)
            if changes:
                exchange = changes.get(exchange.number, exchange)
            made.append(exchange, tag_in(data, frame))
        return made

    def merged(self, more: Mapping[int, Sequence[tuple[bytes, bool]]]) -> Transcript:
        """Return the history with exchanges of numbers that it lacks, by number.

        Each is a frame, and whether it is known to be of this history. One of which that is not
        known is taken only if it continues the exchange of the number before it.
        """
        have = {frame.number: data[frame.start : frame.end] for data, frame in self.frames()}
        made = Transcript(birth=self.birth, chained=False)
        before = b""
        for number in sorted({*have, *more}):
            wanted = [(have[number], True)] if number in have else more[number]
            for data, is_known in wanted:
                frame = frame_at(data, 0, len(data))
                follows = made.last_number == number - 1 and before
                if frame is None or not (
                    is_known or (follows and previous_of(data, frame) == checksum_of(before))
                ):
                    continue
                made.append_frame(data, frame, unpack_either(data, frame))
                before = data
                break
        return made

    # --- reading ---

    def data(self, chunk: Chunk) -> bytes:
        """Return the bytes of a chunk; DamagedRecord where what is on disk is something else."""
        if chunk.data is not None:
            return chunk.data
        assert self._read is not None  # noqa: S101 - only chunks on disk have no data
        data = self._read(chunk.at, chunk.length)
        if len(data) != chunk.length or crc32(data) != chunk.checksum:
            what = f"the exchanges from number {chunk.first} on are not what was written"
            raise DamagedRecord(what, chunk.at)
        return data

    def frames(self) -> Iterator[tuple[bytes, Frame]]:
        """Yield the frame of each exchange, with the bytes that it is in, oldest first."""
        for place, chunk in enumerate(self._parts()):
            if place:  # reading many short histories must not be mostly waiting
                let_others_run()
            data = self.data(chunk)
            for frame in _frames(data, chunk):
                yield data, frame

    def frame_of(self, number: int) -> bytes | None:
        """Return the frame of the exchange of this number, None where there is none."""
        for chunk in self._parts():
            if chunk.first <= number <= chunk.last:
                data = self.data(chunk)
                for frame in _frames(data, chunk):
                    if frame.number == number:
                        return data[frame.start : frame.end]
        return None

    def _parts(self) -> list[Chunk]:
        return [*self._chunks, _seal(self._open)] if self._open else self._chunks

    def since(self, number: int) -> Iterator[Exchange]:
        """Yield the exchanges above `number`, oldest first."""
        wanted = [chunk for chunk in self._parts() if chunk.last > number]
        for place, chunk in enumerate(wanted):
            if place:
                let_others_run()
            yield from self._decoded(chunk, number)

    def _decoded(self, chunk: Chunk, above: int) -> Iterator[Exchange]:
        data = self.data(chunk)
        if chunk.first > above and crc32(data) == chunk.checksum:
            exchanges = unpack_entries(data)
            if exchanges is not None:
                yield from exchanges
                return
        for frame in _frames(data, chunk):
            if frame.number > above:
                try:
                    yield unpack_either(data, frame)
                except DamagedRecord:
                    continue

    def first_since(self, number: int, most: int) -> list[Exchange]:
        """Return the exchanges above `number`, oldest first, `most` of them at most."""
        return list(islice(self.since(number), most))

    def before(self, number: int, n: int) -> list[Exchange]:
        """Return the last `n` exchanges below `number`, oldest first."""
        found: list[Exchange] = []
        for chunk in reversed(self._parts()):
            if len(found) >= n:
                break
            if chunk.first < number:
                if found:
                    let_others_run()
                found[:0] = self._last_of(chunk, number, n - len(found))
        return found

    def _last_of(self, chunk: Chunk, number: int, n: int) -> list[Exchange]:
        data, found = self.data(chunk), list[Exchange]()
        for frame in reversed(_frames(data, chunk)):
            if frame.number < number:
                try:
                    found.append(unpack_either(data, frame))
                except DamagedRecord:
                    continue
                if len(found) == n:
                    break
        found.reverse()
        return found

    def last(self, n: int, before: int | None = None) -> list[Exchange]:
        """Return the last `n` exchanges, those below number `before` where it is given."""
        return self.before(self.last_number + 1 if before is None else before, n)

    def blocks(self, before: int) -> Iterator[TextBlock]:
        """Yield the texts of the exchanges below a number, chunk by chunk, newest first."""
        for chunk in reversed(self._parts()):
            if chunk.first < before:
                data = self.data(chunk)
                frames = [each for each in _frames(data, chunk) if each.number < before]
                yield TextBlock(
                    [frame.number for frame in frames],
                    [texts_in(data, frame) for frame in frames],
                    partial(_decode, data, frames),
                )

    def search(self, wanted: str, pause: Callable[[], bool]) -> Iterator[Exchange]:
        """Yield the exchanges that hold a folded text, newest first.

        `pause` is called every millisecond or so, and ends the search where it returns False.
        """
        text = SearchedText(wanted)
        for block in self.blocks(self.last_number + 1):
            end = len(block.texts)
            while end:
                begin = block.slice_before(end)
                yield from block.search(text, begin, end)
                end = begin
                if not pause():
                    return

    def may_hold(self, texts: Sequence[bytes]) -> bool:
        """Return False only where none of the texts is in the history, in small letters or not.

        Each is in lower case. Nothing is decoded, so that this takes a nanosecond for a character.
        """
        for place, chunk in enumerate(self._parts()):
            if place:
                let_others_run()
            data = self.data(chunk).lower()
            if any(text in data for text in texts):
                return True
        return False

    def breaks(self) -> Iterator[tuple[int, int]]:
        """Yield each number whose ENTRY does not continue the one before it, and its place."""
        link = first_link(self.birth)
        start = {chunk.first: chunk.at for chunk in self._chunks}
        at = 0
        for data, frame in self.frames():
            if not frame.start:
                at = start.get(frame.number, 0)
            if frame.kind != Kind.ENTRY or previous_of(data, frame) != link:
                yield frame.number, at + frame.start if at else 0
            link = checksum_of(data, frame.start)
        if self._link not in {None, link}:
            yield self.last_number + 1, 0

    def gaps(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last number of each row of numbers that are missing."""
        last = 0
        for _data, frame in self.frames():
            if frame.number > last + 1:
                yield last + 1, frame.number - 1
            last = frame.number


def _seal(frames: list[bytes]) -> Chunk:
    data = b"".join(frames)
    first, last = (
        int.from_bytes(f[FRAME_HEADER_SIZE - 8 : FRAME_HEADER_SIZE], "little")
        for f in (frames[0], frames[-1])
    )
    return Chunk(first, last, len(frames), crc32(data), len(data), data)


def _frames(data: bytes, chunk: Chunk) -> list[Frame]:
    """Return the sound frames of a chunk; quickly, where the chunk is what was written."""
    found = hop(data) if crc32(data) == chunk.checksum else None
    if found is None:
        return [each for each in walk(data) if isinstance(each, Frame)]
    return found


def _decode(data: bytes, frames: Sequence[Frame], place: int) -> Exchange | None:
    try:
        return unpack_either(data, frames[place])
    except DamagedRecord:
        return None


def _split(data: bytes) -> list[bytes]:
    return [data[each.start : each.end] for each in walk(data) if isinstance(each, Frame)]
