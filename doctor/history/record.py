"""A patient's file as bytes: its layout, and what can be recovered from a damaged one.

    file  := pickle tail
    pickle   the pickled Doctor (grammar: `pickles`; its byte strings: `snapshot`)
    tail     frames (`frames`): exchanges since the pickle was written, each with the machine's
             state after it, and SCRIPT frames where another script began to play

After a clean end the tail is empty and the pickle is everything. While a session runs each exchange
is appended to the tail. So the current state is that of the last exchange in the tail, or else
that of the header, and opening a file replays nothing.

How a file is read:

1. The pickle follows the grammar, both copies of the header are sound and equal, every chunk has
   its checksum: then only the tail is walked. An undamaged file costs no more than that.
2. Otherwise all of the bytes are searched for sound frames, exchanges are put in the order of their
   numbers, the later of two with the same number is dropped, and what lies between is reported as
   damage. Nothing is taken from outside a sound frame.
3. Bytes at the very end that look like the beginning of a frame, or zeros, are a torn tail: a crash
   cut the last write off. That is no damage; the store saves a copy of them and cuts them off.

Only the header says whether a passphrase locks the history, so `lock_known` is true where one copy
of it is sound and no two sound ones differ. Setting a passphrase writes the whole file anew for
that reason.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DamagedRecord, ForbiddenContent, NewerFormat
from doctor.history import pickles
from doctor.history.frames import MAGIC, Field, Frame, Gap, Kind, frame_at, pack, packing, walk
from doctor.history.snapshot import (
    Header,
    ScriptId,
    from_parts,
    headers_in,
    parts_of,
    unpack_header,
)
from doctor.history.transcript import Exchange, Moment, Summary, Transcript, unpack_exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of a patient's file that are read at all: four million exchanges and more.
MAX_FILE: Final = 1 << 30

#: Behind these fields: name and fingerprint.
SCRIPT: Final = (
    Field("name", "H", "length of the script's name, in bytes of UTF-8"),
    Field("fingerprint", "H", "length of its fingerprint, in hexadecimal"),
)
_SCRIPT = packing(*SCRIPT)


class Damage(NamedTuple):
    """Bytes of a file that differ from what was written."""

    start: int
    end: int
    what: str


class Contents:
    """What a patient's file holds, read and checked."""

    def __init__(
        self,
        header: Header | None,
        history: Transcript,
        *,
        lock_known: bool,
        script: ScriptId,
        state: bytes | None,
        size: int,
    ) -> None:
        self.header = header  #: None where no sound copy was found
        self.history = history
        self.lock_known = lock_known
        self.script = script  #: that made the state
        self.state = state  #: the machine's, packed; None where none is of that script
        self.size = size  #: bytes up to the end of the last sound frame
        self.torn = 0  #: bytes of a torn tail after that
        self.tail = 0  #: exchanges that are not in the pickle yet
        self.damage: tuple[Damage, ...] = ()
        self.mended = False  #: the file was damaged, was set aside and was written anew

    @property
    def lock(self) -> bytes | None:
        """The passphrase record; None where there is none, or where that is not known."""
        return self.header.lock if self.header else None


def pack_script(script: ScriptId, number: int) -> bytes:
    """Return the frame that names the script of the states from exchange `number` on."""
    name, fingerprint = script.name.encode()[:1024], script.fingerprint.encode()[:1024]
    fixed = _SCRIPT.pack(len(name), len(fingerprint))
    return pack(Kind.SCRIPT, number, fixed + name + fingerprint)


def _unpack_script(data: bytes, frame: Frame) -> ScriptId:
    payload = data[frame.payload : frame.end]
    if len(payload) < _SCRIPT.size:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    name, fingerprint = _SCRIPT.unpack_from(payload)
    start = _SCRIPT.size
    if start + name + fingerprint != len(payload) or max(name, fingerprint) > 1024:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    try:
        return ScriptId(payload[start : start + name].decode(), payload[start + name :].decode())
    except UnicodeDecodeError as error:
        raise DamagedRecord("a sound record of a strange shape", frame.start) from error


def write(header: Header, history: Transcript) -> bytes:
    """Return the file of this patient with an empty tail."""
    return pickles.dump(parts_of(header, history))


def header_of(contents: Contents) -> Header:
    """Return the header of a file that would hold these contents with an empty tail."""
    known = contents.header or Header("", ScriptId(), b"", None, Summary(), 0)
    return known._replace(script=contents.script, state=contents.state or b"")


def read(data: bytes) -> Contents:
    """Return what a file holds, and what of it is damaged.

    NewerFormat where a newer program wrote it, ForbiddenContent where this program wrote nothing
    of it.
    """
    try:
        parts, end = pickles.load(data)
        header, history = from_parts(parts)
    except (ForbiddenContent, DamagedRecord) as error:
        return _salvage(data, error)
    contents = Contents(
        header,
        history,
        lock_known=True,
        script=header.script,
        state=header.state or None,
        size=end,
    )
    try:
        _read_tail(contents, data)
    except DamagedRecord as error:
        return _salvage(data, error)
    return contents


def _read_tail(contents: Contents, data: bytes) -> None:
    """Read the tail from `contents.size` on; DamagedRecord at the first bytes that are wrong."""
    for found in walk(data, contents.size):
        if isinstance(found, Gap):
            if not found.torn:
                raise DamagedRecord("bytes that are no sound record", found.start)
            contents.torn = found.end - found.start
            return
        _take(contents, data, found)
        contents.size = found.end


def _take(contents: Contents, data: bytes, frame: Frame) -> None:
    """Add a sound frame of a tail to the contents."""
    if frame.kind == Kind.SCRIPT:
        contents.script = _unpack_script(data, frame)
        contents.state = None
    elif frame.kind == Kind.EXCHANGE:
        exchange, moment = unpack_exchange(data, frame)
        contents.history.append_frame(data, frame, exchange)
        contents.tail += 1
        contents.state = _state_of(contents.script, moment)
    elif frame.kind > max(Kind):
        raise NewerFormat("this history holds a record of a kind that this program does not know")
    else:
        raise DamagedRecord("a record that belongs elsewhere", frame.start)


def _state_of(script: ScriptId, moment: Moment) -> bytes | None:
    return moment.state if moment.state and moment.tag == script.tag else None


def _salvage(data: bytes, reason: DamagedRecord | ForbiddenContent) -> Contents:
    """Return what is sound in bytes that are damaged."""
    copies = headers_in(data)
    header = copies[0][1] if copies else None
    certain = bool(copies) and all(copy == header for _frame, copy in copies)
    script = header.script if header else ScriptId()
    state = header.state if header else b""
    found: dict[int, tuple[Exchange, Frame]] = {}
    newest = header.last_number if header else 0
    size = torn = 0
    damage = []
    at: int | None = None
    for each in walk(data):
        if isinstance(each, Gap):
            if each.torn:
                torn = each.end - each.start
            elif not _is_pickle_code(data, each):
                damage.append(Damage(each.start, each.end, "bytes that are no sound record"))
            continue
        size = each.end
        try:
            if each.kind == Kind.SCRIPT:
                script, state = _unpack_script(data, each), b""
            elif each.kind == Kind.EXCHANGE:
                exchange, moment = unpack_exchange(data, each)
                found.setdefault(exchange.number, (exchange, each))
                if exchange.number > newest:
                    newest, state = exchange.number, _state_of(script, moment) or b""
        except DamagedRecord as error:
            damage.append(Damage(each.start, each.end, str(error)))
    if not copies and not found:
        raise ForbiddenContent(f"nothing in this file was written by a doctor: {reason}")
    if not damage:
        at = reason.offset if isinstance(reason, DamagedRecord) else 0
        damage.append(Damage(at, at, str(reason)))
    history = Transcript()
    for number in sorted(found):
        history.append_frame(data, found[number][1], found[number][0])
    contents = Contents(
        header, history, lock_known=certain, script=script, state=state or None, size=size
    )
    contents.torn = torn
    contents.damage = tuple(damage)
    return contents


def _is_pickle_code(data: bytes, gap: Gap) -> bool:
    """Return True if a gap is only what a pickle has between two byte strings."""
    piece = data[gap.start : gap.end]
    return (
        (gap.start == 0 and piece.startswith(pickles.PREFIX))
        or (len(piece) == pickles.BYTES_HEADER and piece.startswith(b"B"))
        or piece == pickles.SUFFIX
    )


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


def tail_exchanges(data: bytes) -> Iterable[Exchange]:
    """Yield the sound exchanges in the bytes of a tail."""
    for each in walk(data):
        if isinstance(each, Frame) and each.kind == Kind.EXCHANGE:
            try:
                yield unpack_exchange(data, each)[0]
            except DamagedRecord:
                continue
