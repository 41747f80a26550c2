"""Exchanges, and long histories of them that are cheap to open and to append to.

An exchange is saved as the payload of a frame (`doctor.history.frames`); see `EXCHANGE`.

A `Transcript` holds such frames, their states left out, in chunks of `CHUNK` exchanges. A chunk
is bytes and their checksum, decoded only when somebody reads it. So opening a history of 100,000
exchanges costs a checksum of its bytes, and appending one costs no more than the first did. A
`HistoryCounts` counts exchanges and holds none: what a server needs of a patient whose exchanges
are on disk.

A Transcript or a HistoryCounts belongs to whoever holds its patient's turn; exchanges are frozen.
"""

from __future__ import annotations

from struct import error as struct_error
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from doctor.errors import DamagedRecord
from doctor.history.frames import FRAME_HEADER_SIZE, Field, Frame, Kind, pack, packing, walk
from doctor.yielding import let_others_run

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Exchanges in a full chunk.
CHUNK: Final = 256
#: Bytes of UTF-8 in a line or a reply.
MAX_TEXT: Final = 1 << 16
#: Bytes of a packed state.
MAX_STATE: Final = 1 << 14
#: Milliseconds since the epoch at the end of the year 9999: later times have no date.
MAX_TIME: Final = 253_402_300_799_999
#: Bytes of a script's fingerprint that are saved with each state.
TAG: Final = 8

#: After these fields: patient, doctor, keyword, mark and state.
EXCHANGE: Final = (
    Field("at", "Q", "milliseconds since the epoch, UTC"),
    Field("session", "I", "from 1"),
    Field("script", "8s", "beginning of the fingerprint of the script that made the state"),
    Field("patient", "I", "length of the patient's line, in bytes of UTF-8"),
    Field("doctor", "I", "length of the reply"),
    Field("state", "I", "length of the machine's packed state after the reply"),
    Field("keyword", "B", "length"),
    Field("mark", "B", "length"),
)
_EXCHANGE = packing(*EXCHANGE)
_LENGTHS_FROM = 8 + 4 + TAG
_KIND: Final = int(Kind.EXCHANGE)


class Exchange(NamedTuple):
    """One line of the patient's and the doctor's reply."""

    number: int  #: from 1
    at: float  #: seconds since the epoch, UTC, to the millisecond
    session: int  #: from 1
    patient: str
    doctor: str
    keyword: str = ""  #: which keyword answered; NONE, MEMORY, RECALL, or "" where not known
    mark: str = ""  #: "care" or ""


class Summary(NamedTuple):
    """What is known of a history without reading it; times in seconds since the epoch, UTC."""

    exchanges: int = 0
    sessions: int = 0
    first_seen: float | None = None
    last_seen: float | None = None
    marked: int = 0
    last_marked: float | None = None


class Moment(NamedTuple):
    """What an exchange's frame holds besides the exchange."""

    tag: bytes  #: of the script that made the state
    state: bytes  #: the machine's, packed; empty inside a chunk


def milliseconds(at: float) -> int:
    """Return a time in whole milliseconds, between the epoch and the last date."""
    whole = round(at * 1000)
    return whole if 0 <= whole <= MAX_TIME else min(max(whole, 0), MAX_TIME)


def pack_exchange(exchange: Exchange, tag: bytes = bytes(TAG), state: bytes = b"") -> bytes:
    """Return the frame of an exchange; ValueError where a part is too long or too high."""
    number, at, session, line, reply, key, care = exchange
    patient, doctor = line.encode(), reply.encode()
    keyword, mark = key.encode()[:255], care.encode()[:255]
    if len(patient) > MAX_TEXT or len(doctor) > MAX_TEXT or len(state) > MAX_STATE:
        raise ValueError("a line, a reply or a state is longer than a record can be")
    lengths = (len(patient), len(doctor), len(state), len(keyword), len(mark))
    try:
        fixed = _EXCHANGE.pack(milliseconds(at), session, tag, *lengths)
        return pack(_KIND, number, b"".join((fixed, patient, doctor, keyword, mark, state)))
    except struct_error as error:
        raise ValueError("this history has no numbers left to count with") from error


def unpack_exchange(data: bytes, frame: Frame) -> tuple[Exchange, Moment]:
    """Return what a sound frame holds; DamagedRecord where this program wrote no such frame."""
    try:
        at, session, tag, patient, doctor, state, keyword, mark = _EXCHANGE.unpack_from(
            data, frame.payload
        )
        start = frame.payload + _EXCHANGE.size
        if (
            frame.kind != Kind.EXCHANGE
            or start + patient + doctor + state + keyword + mark != frame.end
            or patient > MAX_TEXT
            or doctor > MAX_TEXT
            or state > MAX_STATE
            or at > MAX_TIME
        ):
            raise DamagedRecord("a sound record of a strange shape", frame.start)
        # Without a loop: whoever reads many histories spends most time here.
        reply, name = start + patient, start + patient + doctor
        marked, rest = name + keyword, name + keyword + mark
        exchange = Exchange(
            frame.number,
            at / 1000,
            session,
            data[start:reply].decode(),
            data[reply:name].decode(),
            data[name:marked].decode(),
            data[marked:rest].decode(),
        )
    except (struct_error, UnicodeDecodeError) as error:
        raise DamagedRecord("a sound record of a strange shape", frame.start) from error
    return exchange, Moment(tag, data[rest : frame.end])


def without_state(data: bytes, frame: Frame) -> bytes:
    """Return an exchange's frame as a chunk holds it."""
    state = _EXCHANGE.unpack_from(data, frame.payload)[5]
    if not state:
        return data[frame.start : frame.end]
    payload = bytearray(data[frame.payload : frame.end - state])
    payload[_LENGTHS_FROM + 8 : _LENGTHS_FROM + 12] = bytes(4)
    return pack(Kind.EXCHANGE, frame.number, bytes(payload))


class HistoryCounts:
    """Counts exchanges and holds none; its `summary` is a value."""

    __slots__ = (
        "exchanges",
        "first_seen",
        "last_marked",
        "last_number",
        "last_seen",
        "marked",
        "sessions",
    )

    def __init__(self, summary: Summary | None = None, last_number: int = 0) -> None:
        summary = summary or Summary()
        self.exchanges = summary.exchanges
        self.sessions = summary.sessions
        self.first_seen = summary.first_seen
        self.last_seen = summary.last_seen
        self.marked = summary.marked
        self.last_marked = summary.last_marked
        self.last_number = last_number

    def __len__(self) -> int:
        return self.exchanges

    @property
    def summary(self) -> Summary:
        """The counts and times as of now."""
        return Summary(
            self.exchanges,
            self.sessions,
            self.first_seen,
            self.last_seen,
            self.marked,
            self.last_marked,
        )

    def append(self, exchange: Exchange) -> None:
        """Count one more exchange; DamagedRecord where its number is not above the last."""
        if exchange.number <= self.last_number:
            raise DamagedRecord(f"exchange {exchange.number} follows {self.last_number}")
        self.last_number = exchange.number
        self.exchanges += 1
        self.sessions = max(self.sessions, exchange.session)
        if self.first_seen is None:
            self.first_seen = exchange.at
        self.last_seen = exchange.at
        if exchange.mark:
            self.marked += 1
            self.last_marked = exchange.at


class Chunk(NamedTuple):
    """The frames of up to `CHUNK` exchanges, joined."""

    first: int  #: number of the first exchange
    last: int  #: number of the last
    exchanges: int
    checksum: int  #: CRC-32 of the data
    data: bytes


class Transcript:
    """A history: append at its end, read anywhere; each reading decodes again.

    Reading lets other threads run between chunks, and skips records that are not sound.
    """

    __slots__ = ("_chunks", "_open", "tally")

    def __init__(self, chunks: tuple[Chunk, ...] = (), tally: HistoryCounts | None = None) -> None:
        self._chunks = list(chunks)
        self._open: list[bytes] = []
        self.tally = tally or HistoryCounts()
        if chunks and chunks[-1].exchanges < CHUNK:
            last = self._chunks.pop()
            self._open = [
                last.data[frame.start : frame.end]
                for frame in walk(last.data)
                if isinstance(frame, Frame)
            ]

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

    def append(self, exchange: Exchange) -> None:
        """Append an exchange; its number is above the last one's."""
        frame = pack_exchange(exchange)
        self.tally.append(exchange)
        self._take(frame)

    def append_frame(self, data: bytes, frame: Frame, exchange: Exchange) -> None:
        """Append an exchange that is already framed in `data`."""
        self.tally.append(exchange)
        self._take(without_state(data, frame))

    def _take(self, frame: bytes) -> None:
        self._open.append(frame)
        if len(self._open) >= CHUNK:
            self._chunks.append(_seal(self._open))
            self._open = []

    def chunks(self) -> tuple[Chunk, ...]:
        """Return the history as chunks; only the last may be short of `CHUNK` exchanges."""
        return (*self._chunks, _seal(self._open)) if self._open else tuple(self._chunks)

    def since(self, number: int) -> Iterator[Exchange]:
        """Yield the exchanges above `number`, oldest first."""
        wanted = [chunk for chunk in self.chunks() if chunk.last > number]
        for place, chunk in enumerate(wanted):
            if place:  # reading many short histories must not be mostly waiting
                let_others_run()
            yield from (each for each in _decoded(chunk.data) if each.number > number)

    def before(self, number: int, n: int) -> list[Exchange]:
        """Return the last `n` exchanges below `number`, oldest first."""
        found: list[Exchange] = []
        for chunk in reversed(self.chunks()):
            if len(found) >= n:
                break
            if chunk.first < number:
                if found:
                    let_others_run()
                found[:0] = [each for each in _decoded(chunk.data) if each.number < number]
        return found[max(len(found) - n, 0) :]

    def last(self, n: int) -> list[Exchange]:
        """Return the last `n` exchanges, oldest first."""
        return self.before(self.last_number + 1, n)


def _seal(frames: list[bytes]) -> Chunk:
    data = b"".join(frames)
    first, last = (
        int.from_bytes(f[FRAME_HEADER_SIZE - 8 : FRAME_HEADER_SIZE], "little")
        for f in (frames[0], frames[-1])
    )
    return Chunk(first, last, len(frames), crc32(data), data)


def _decoded(data: bytes) -> Iterator[Exchange]:
    for frame in walk(data):
        if isinstance(frame, Frame):
            try:
                yield unpack_exchange(data, frame)[0]
            except DamagedRecord:
                continue
