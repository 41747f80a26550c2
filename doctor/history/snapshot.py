"""What a pickled Doctor holds: its header, twice, and its history in chunks, all as bytes.

The pickled state of a Doctor is a tuple of byte strings

    (header, chunk, chunk, ..., header)

The header is a frame of kind HEADER (`doctor.history.frames`); a chunk is frames of exchanges
(`doctor.history.transcript`). There are two copies of the header because one fact, whether a
passphrase locks this history, must be certain: with both copies damaged it is not, and then the
history opens for nobody.

The payload of the header is `HEADER`, the texts whose lengths it gives, a row of `ROW` for each
chunk, and a BLAKE2b digest of 16 bytes over all of that.

A header of format 1 lacks the last four fields before the texts; everything else is the same.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate, repeat
from operator import add, le, lt, sub
from struct import error as struct_error
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from doctor.errors import DamagedRecord, NewerFormat
from doctor.history.chunks import CHUNK, Chunk, Transcript
from doctor.history.frames import (
    FRAME_HEADER_SIZE,
    Field,
    Frame,
    Kind,
    frame_at,
    pack,
    packing,
    walk,
)
from doctor.history.pickles import BYTES_HEADER, PREFIX
from doctor.history.transcript import (
    MAX_STATE,
    MAX_TIME,
    HistoryCounts,
    Summary,
    cut,
    milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The version of the format that this program writes, and the newest that it reads.
VERSION: Final = 2
#: Whose history it is: a patient's, or that of a room, in which several patients talk.
PATIENT: Final = 0
ROOM: Final = 1
#: Bytes of UTF-8 in a name, of a patient or a script.
MAX_NAME: Final = 1024
#: Bytes of a passphrase record.
MAX_LOCK: Final = 256

#: Behind these fields: name, script, fingerprint, lock and state; the rows; the digest.
HEADER: Final = (
    Field("version", "H", "of this format, 2; first in every version, newer ones are refused"),
    Field("exchanges", "Q", "how many the chunks hold"),
    Field("sessions", "I", ""),
    Field("first", "Q", "time of the first exchange in milliseconds, plus 1; 0: there is none"),
    Field("last", "Q", "time of the last exchange, likewise"),
    Field("marked", "Q", "how many exchanges are marked"),
    Field("last marked", "Q", "time of the last of these, likewise"),
    Field("name", "H", "length of the patient's name as first given, in bytes of UTF-8"),
    Field("script", "H", "length of the script's name"),
    Field("fingerprint", "H", "length of the script's fingerprint, in hexadecimal"),
    Field("lock", "H", "length of the passphrase record; 0: no passphrase"),
    Field("state", "I", "length of the machine's packed state"),
    Field("chunks", "I", "how many"),
    Field("kind", "B", "0: the history of a patient; 1: of a room"),
    Field("birth", "Q", "a random number that the history was given when it began"),
    Field("state number", "Q", "of the exchange after which the machine was in the state"),
    Field("last checksum", "I", "of the last ENTRY in the chunks; of `birth` if there is none"),
)
#: Format 1 ended behind this one.
_OLD_FIELDS: Final = HEADER[:-4]
ROW: Final = (
    Field("first", "Q", "number of the chunk's first exchange"),
    Field("last", "Q", "number of its last"),
    Field("exchanges", "I", "how many it holds, at most 256"),
    Field("length", "I", "bytes"),
    Field("checksum", "I", "CRC-32 of them"),
)
_HEADER = packing(*HEADER)
_OLD_HEADER = packing(*_OLD_FIELDS)
_ENTRY = packing(*ROW)
_DIGEST: Final = 16


class ScriptId(NamedTuple):
    """Which script made a state: its name and its fingerprint in hexadecimal."""

    name: str = ""
    fingerprint: str = ""

    @property
    def tag(self) -> bytes:
        """The bytes saved with each state that this script made."""
        return tag_of(self.fingerprint)


def tag_of(fingerprint: str) -> bytes:
    """Return the 8 bytes that represent a fingerprint next to a state."""
    try:
        return bytes.fromhex(fingerprint)[:8].ljust(8, b"\0")
    except ValueError:
        return blake2b(fingerprint.encode("utf-8", "replace"), digest_size=8).digest()


#: A row of the chunk table: first number, last number, exchanges, length, checksum.
Row = tuple[int, int, int, int, int]


class Header(NamedTuple):
    """What the beginning of a file says about its patient."""

    name: str
    script: ScriptId
    state: bytes
    lock: bytes | None
    summary: Summary
    last_number: int
    table: tuple[Row, ...] = ()
    kind: int = PATIENT  #: or ROOM
    birth: int = 0  #: 0 in format 1
    state_number: int = 0  #: of the exchange after which the machine was in the state
    link: int = 0  #: the checksum of the last ENTRY in the chunks
    version: int = VERSION


def _time_in(at: float | None) -> int:
    return 0 if at is None else milliseconds(at) + 1


def _time_out(value: int) -> float | None:
    if value > MAX_TIME + 1:
        raise DamagedRecord("a time beyond all dates")
    return (value - 1) / 1000 if value else None


def pack_header(header: Header) -> bytes:
    """Return the frame of a header in the newest format; ValueError where a part is too long."""
    texts = [
        cut(header.name, MAX_NAME),
        cut(header.script.name, MAX_NAME),
        cut(header.script.fingerprint, MAX_NAME),
        header.lock or b"",
    ]
    if len(texts[3]) > MAX_LOCK or len(header.state) > MAX_STATE:
        raise ValueError("a passphrase record or a state is longer than a header can hold")
    summary = header.summary
    payload = _HEADER.pack(
        VERSION,
        summary.exchanges,
        summary.sessions,
        _time_in(summary.first_seen),
        _time_in(summary.last_seen),
        summary.marked,
        _time_in(summary.last_marked),
        *(len(text) for text in texts),
        len(header.state),
        len(header.table),
        header.kind,
        header.birth,
        header.state_number,
        header.link,
    )
    table = b"".join(_ENTRY.pack(*row) for row in header.table)
    payload = b"".join((payload, *texts, header.state, table))
    digest = blake2b(payload, digest_size=_DIGEST).digest()
    return pack(Kind.HEADER, header.last_number, payload + digest)


def unpack_header(data: bytes, frame: Frame) -> Header:
    """Return the header in a sound frame.

    NewerFormat where a newer program wrote it, DamagedRecord where this program wrote none.
    """
    payload = data[frame.payload : frame.end]
    if frame.kind != Kind.HEADER or len(payload) < 2:
        raise DamagedRecord("no header where one must be", frame.start)
    version = int.from_bytes(payload[:2], "little")
    if version > VERSION:
        raise NewerFormat(
            f"this history was written in format {version}, and this program reads up to "
            f"{VERSION}: use a newer version of it"
        )
    body, digest = payload[:-_DIGEST], payload[-_DIGEST:]
    try:
        if version < 1 or blake2b(body, digest_size=_DIGEST).digest() != digest:
            raise DamagedRecord("the header is not what was written", frame.start)
        return _unpack_body(body, frame.number)
    except (struct_error, UnicodeDecodeError) as error:
        raise DamagedRecord("a header of a strange shape", frame.start) from error


def _unpack_body(body: bytes, last_number: int) -> Header:
    version = int.from_bytes(body[:2], "little")
    layout = _OLD_HEADER if version == 1 else _HEADER
    _version, exchanges, sessions, first, last, marked, last_marked, *more = layout.unpack_from(
        body
    )
    *texts, rows = more[:6]
    kind, birth, state_number, link = more[6:] or (0, 0, last_number, 0)
    start = layout.size
    if start + sum(texts) + rows * _ENTRY.size != len(body):
        raise DamagedRecord("a header of a strange shape")
    if max(texts[:3]) > MAX_NAME or texts[3] > MAX_LOCK or texts[4] > MAX_STATE:
        raise DamagedRecord("a header longer than it can be")
    parts = []
    for length in texts:
        parts.append(body[start : start + length])
        start += length
    name, script, fingerprint = (part.decode() for part in parts[:3])
    return Header(
        name,
        ScriptId(script, fingerprint),
        parts[4],
        parts[3] or None,
        Summary(
            exchanges,
            sessions,
            _time_out(first),
            _time_out(last),
            marked,
            _time_out(last_marked),
        ),
        last_number,
        tuple(_ENTRY.iter_unpack(body[start:])),
        kind,
        birth,
        state_number,
        link,
        version,
    )


def header_for(header: Header, history: Transcript) -> bytes:
    """Return the frame of a header whose counts and table are those of a history."""
    table = tuple((c.first, c.last, c.exchanges, c.length, c.checksum) for c in history.chunks())
    return pack_header(
        header._replace(
            summary=history.summary,
            last_number=history.last_number,
            table=table,
            birth=history.birth,
            link=history.link,
        )
    )


def parts_of(header: Header, history: Transcript) -> tuple[bytes, ...]:
    """Return the pickled state of the Doctor with this header and this history.

    The header's counts, table and birth are taken from the history. ValueError as `pack_header`.
    """
    if not history.chained:
        history = history.rechained()
    framed = header_for(header, history)
    datas = (history.data(chunk) for chunk in history.chunks())
    # The second copy is an object of its own: pickle would write a reference to the first.
    return (framed, *datas, bytes(memoryview(framed)))


def from_parts(parts: Sequence[bytes]) -> tuple[Header, Transcript]:
    """Return the header and the history of a pickled state, all of it checked.

    DamagedRecord where any of it is not what was written, NewerFormat where it is newer.
    """
    if len(parts) < 2 or not all(type(part) is bytes for part in parts):
        raise DamagedRecord("not the state of a doctor")
    frame = frame_at(parts[0], 0, len(parts[0]))
    if frame is None or frame.end != len(parts[0]):
        raise DamagedRecord("the header is not what was written")
    header = unpack_header(parts[0], frame)
    if parts[-1] != parts[0]:
        raise DamagedRecord("the two copies of the header differ")
    return header, history_of(header, parts[1:-1])


def history_of(
    header: Header,
    datas: Sequence[bytes] | None,
    read: Callable[[int, int], bytes] | None = None,
) -> Transcript:
    """Return the history whose chunks are `datas`; DamagedRecord where a checksum differs.

    Without `datas` the chunks stay on disk: `read(offset, length)` reads them when they are needed,
    and each is checked then.
    """
    if datas is not None and len(datas) != len(header.table):
        raise DamagedRecord("chunks are missing")
    begin = len(PREFIX) + BYTES_HEADER + _framed_size(header) + BYTES_HEADER
    chunks = _chunks_of(header, begin)
    if datas is not None:
        chunks = [chunk._replace(data=data) for chunk, data in zip(chunks, datas, strict=True)]
        for first, _last, _count, checksum, length, data, _at in chunks:
            if data is None or len(data) != length or crc32(data) != checksum:
                what = f"the exchanges from number {first} on are not what was written"
                raise DamagedRecord(what)
    history = Transcript(
        tuple(chunks),
        HistoryCounts(header.summary, header.last_number),
        birth=header.birth,
        chained=header.version > 1,
        read=read,
    )
    if history.chained:
        history.expect(header.link)
    return history


def _chunks_of(header: Header, begin: int) -> list[Chunk]:
    """Return the chunks of a table, the first one at offset `begin`.

    DamagedRecord where the table cannot be true. Nothing here loops in Python: the table of a
    million exchanges has 4,000 rows.
    """
    if not header.table:
        columns: tuple[tuple[int, ...], ...] = ((),) * 5
    else:
        columns = tuple(zip(*header.table, strict=True))
    firsts, lasts, counts, lengths, checksums = columns
    spans = map(sub, lasts, firsts)
    if not (
        all(map(lt, (0, *lasts), firsts))
        and all(map(le, firsts, lasts))
        and min(counts, default=1) > 0
        and max(counts, default=0) <= CHUNK
        and all(map(lt, map(sub, counts, spans), repeat(2)))
    ):
        raise DamagedRecord("chunks that do not follow one another")
    if (lasts[-1] if lasts else 0, sum(counts)) != (header.last_number, header.summary.exchanges):
        raise DamagedRecord("a header that does not fit its history")
    places = accumulate(map(add, lengths, repeat(BYTES_HEADER)), initial=begin)
    return list(map(Chunk, firsts, lasts, counts, checksums, lengths, repeat(None), places))


def _framed_size(header: Header) -> int:
    """Return the bytes of a header's frame as it was read."""
    texts = (header.name, header.script.name, header.script.fingerprint)
    layout = _OLD_HEADER if header.version == 1 else _HEADER
    return (
        FRAME_HEADER_SIZE
        + layout.size
        + sum(len(text.encode()) for text in texts)
        + len(header.lock or b"")
        + len(header.state)
        + len(header.table) * _ENTRY.size
        + _DIGEST
    )


def headers_in(data: bytes) -> list[tuple[Frame, Header]]:
    """Return every sound header in bytes, wherever it is; NewerFormat as above."""
    found = []
    for frame in walk(data):
        if isinstance(frame, Frame) and frame.kind == Kind.HEADER:
            try:
                found.append((frame, unpack_header(data, frame)))
            except DamagedRecord:
                continue
    return found
