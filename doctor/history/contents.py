"""What a patient's file holds, read and checked: `Contents`.

The tail of format 2 is frames of these kinds, in the order in which they were appended:

    ENTRY     an exchange; its number is above the last one's, and it holds the last one's checksum
    STATE     the machine's state after the ENTRY before it; its script is the one in force
    SCRIPT    from here on this script plays; the state of another one is not used any more

The state in force is the last STATE of the script in force, or else that of the header. The
exchanges after it are replayed by whoever needs the state of now (`doctor.doctor`). In format 1 the
tail is EXCHANGE and SCRIPT frames, and each exchange has the state after it.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DamagedRecord, NewerFormat
from doctor.history.frames import Field, Frame, Kind, pack, packing
from doctor.history.snapshot import MAX_NAME, PATIENT, ROOM, Header, ScriptId
from doctor.history.transcript import (
    Summary,
    cut,
    previous_of,
    unpack_entry,
    unpack_exchange,
    unpack_state,
)

if TYPE_CHECKING:
    from doctor.history.chunks import Transcript

#: Behind these fields: name and fingerprint.
SCRIPT: Final = (
    Field("name", "H", "length of the script's name, in bytes of UTF-8"),
    Field("fingerprint", "H", "length of its fingerprint, in hexadecimal"),
)
_SCRIPT = packing(*SCRIPT)
#: Kinds that belong in the tail of a file of format 1, and of format 2.
TAIL_KINDS: Final = (
    frozenset({Kind.EXCHANGE, Kind.SCRIPT}),
    frozenset({Kind.ENTRY, Kind.STATE, Kind.SCRIPT}),
)
# Members of an enumeration are slow to find, and most frames of a tail are of this kind.
_KIND: Final = int(Kind.ENTRY)
_NEWEST: Final = int(max(Kind))


class Damage(NamedTuple):
    """Bytes of a file that differ from what was written."""

    start: int
    end: int
    what: str


class Contents:
    """What a patient's file holds, read and checked."""

    def __init__(self, header: Header | None, history: Transcript, size: int) -> None:
        self.header = header  #: None where no sound copy was found
        self.history = history
        self.lock_known = header is not None
        self.script = header.script if header else ScriptId()  #: in force at the end
        #: The machine's state, packed; None where none is of that script.
        self.state: bytes | None = (header.state or None) if header else None
        self.state_number = header.state_number if header else 0  #: the exchange before the state
        self.size = size  #: bytes up to the end of the last sound frame
        self.head = size  #: bytes of them before the tail
        self.torn = 0  #: bytes of a torn tail after that
        self.tail = 0  #: exchanges that are not in the pickle yet
        self.damage: tuple[Damage, ...] = ()
        self.mended = False  #: the file was damaged, was set aside and was written anew
        self.left_aside = False  #: bytes of the file were set aside when it was read
        #: Device and number of the file that was read; None where these are only bytes.
        self.identity: tuple[int, int] | None = None

    @property
    def lock(self) -> bytes | None:
        """The passphrase record; None where there is none, or where that is not known."""
        return self.header.lock if self.header else None

    @property
    def kind(self) -> int:
        """Whose history it is, PATIENT or ROOM; what was said tells it where no header is sound."""
        return _kind_of(self.history) if self.header is None else self.header.kind

    @property
    def version(self) -> int:
        """The version of the format in which the file is."""
        if self.header is not None:
            return self.header.version
        return 2 if self.history.chained else 1

    def take(self, data: bytes, frame: Frame) -> None:
        """Add a sound frame of a tail; DamagedRecord where it does not continue this history.

        NewerFormat where a newer program wrote it.
        """
        kind = frame.kind
        if kind > _NEWEST:
            raise NewerFormat(
                "this history holds a record of a kind that this program does not know: "
                "use a newer version of it"
            )
        if kind not in TAIL_KINDS[self.version > 1]:
            raise DamagedRecord("a record that belongs elsewhere", frame.start)
        if kind == _KIND:
            if previous_of(data, frame) != self.history.link:
                raise DamagedRecord("a record that does not continue this history", frame.start)
            self.history.append_frame(data, frame, unpack_entry(data, frame))
            self.tail += 1
        elif kind == Kind.SCRIPT:
            self.script, self.state = unpack_script(data, frame), None
        elif kind == Kind.STATE:
            tag, state = unpack_state(data, frame)
            if frame.number != self.history.last_number or tag != self.script.tag:
                raise DamagedRecord("a state that belongs elsewhere", frame.start)
            self.state, self.state_number = state or None, frame.number
        else:
            exchange, moment = unpack_exchange(data, frame)
            self.history.append_frame(data, frame, exchange)
            self.tail += 1
            self.state = moment.state if moment.tag == self.script.tag else None
            self.state = self.state or None
            self.state_number = exchange.number


def _kind_of(history: Transcript) -> int:
    """Return whose history this looks like: in a room every line has the name of its speaker."""
    named = False
    for exchange in history:
        if exchange.patient and not exchange.speaker:
            return PATIENT
        named = named or bool(exchange.speaker)
    return ROOM if named else PATIENT


def pack_script(script: ScriptId, number: int) -> bytes:
    """Return the frame that names the script from exchange `number` on."""
    name, fingerprint = cut(script.name, MAX_NAME), cut(script.fingerprint, MAX_NAME)
    fixed = _SCRIPT.pack(len(name), len(fingerprint))
    return pack(Kind.SCRIPT, number, fixed + name + fingerprint)


def unpack_script(data: bytes, frame: Frame) -> ScriptId:
    """Return the script that a sound frame names; DamagedRecord where it names none."""
    payload = data[frame.payload : frame.end]
    if len(payload) < _SCRIPT.size:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    name, fingerprint = _SCRIPT.unpack_from(payload)
    start = _SCRIPT.size
    if start + name + fingerprint != len(payload) or max(name, fingerprint) > MAX_NAME:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    try:
        return ScriptId(payload[start : start + name].decode(), payload[start + name :].decode())
    except UnicodeDecodeError as error:
        raise DamagedRecord("a sound record of a strange shape", frame.start) from error


def header_of(contents: Contents) -> Header:
    """Return the header of a file that would hold these contents with an empty tail."""
    known = contents.header
    if known is None:
        known = Header("", ScriptId(), b"", None, Summary(), 0, kind=contents.kind)
    return known._replace(
        script=contents.script,
        state=contents.state or b"",
        state_number=contents.state_number if contents.state else 0,
    )
