"""Exchanges: what is said, what is counted of it, and the frames that it is packed in.

An exchange of format 2 is a frame of kind ENTRY, see `ENTRY`. It holds the checksum of the ENTRY
before it, so every exchange proves which one it continues: that chain is a function of the
history's birth and of what was said, and of nothing else. The machine's state has frames of its own
(`STATE`), which are written only now and then. Format 1 had an exchange and the state in one frame
(`EXCHANGE`); it is read for ever and never written.

What a `pack_` function returns its `unpack_` function takes; anything else is a ValueError.

Pure functions of bytes; any thread may call them. A HistoryCounts belongs to whoever holds its
patient's turn; exchanges are frozen.
"""

from __future__ import annotations

from struct import error as struct_error
from typing import Final, NamedTuple
from zlib import crc32

from doctor.errors import DamagedRecord
from doctor.history.frames import FRAME, FRAME_HEADER_SIZE, MAGIC, Field, Frame, Kind, pack, packing

#: Bytes of UTF-8 in a line or a reply.
MAX_TEXT: Final = 1 << 16
#: Bytes of UTF-8 in a keyword, a mark or the name of who spoke; a longer one is cut.
MAX_WORD: Final = 255
#: Bytes of a packed state.
MAX_STATE: Final = 1 << 14
#: The highest number of an exchange, and of a session.
MAX_NUMBER: Final = (1 << 63) - 1
MAX_SESSION: Final = (1 << 32) - 1
#: Milliseconds since the epoch at the end of the year 9999: later times have no date.
MAX_TIME: Final = 253_402_300_799_999
#: Bytes of a script's fingerprint that are saved with each exchange and each state.
TAG: Final = 8

#: Format 1. After these fields: patient, doctor, keyword, mark and state.
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
#: Format 2. After these fields: patient, doctor, keyword, mark, speaker and responder.
ENTRY: Final = (
    Field("previous", "I", "checksum of the ENTRY before; of the first: CRC-32 of `birth`"),
    Field("at", "Q", "milliseconds since the epoch, UTC"),
    Field("session", "I", "from 1"),
    Field("script", "8s", "beginning of the fingerprint of the script that answered"),
    Field("event", "B", "what kind of exchange it is"),
    Field("patient", "I", "length of the patient's line, in bytes of UTF-8"),
    Field("doctor", "I", "length of the reply"),
    Field("keyword", "B", "length"),
    Field("mark", "B", "length"),
    Field("speaker", "B", "length of the name of who said the line; 0: the patient"),
    Field("responder", "B", "length of the name of who answered; 0: the doctor"),
)
#: After this field: the machine's packed state.
STATE: Final = (Field("script", "8s", "beginning of the fingerprint of the script that made it"),)
_EXCHANGE = packing(*EXCHANGE)
_ENTRY = packing(*ENTRY)
_ENTRY_SIZE: Final = _ENTRY.size
_FRAMED_ENTRY = packing(*FRAME, *ENTRY)
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python
_KIND: Final = int(Kind.ENTRY)

#: What happened, where it is not that the patient said something and was answered; by code.
EVENTS: Final = ("", "taken back", "came", "left", "reading", "taken over", "returned")
TAKEN_BACK: Final = EVENTS[1]
_EVENT_CODES: Final = {event: code for code, event in enumerate(EVENTS)}


class Exchange(NamedTuple):
    """One line of the patient's and the doctor's reply."""

    number: int  #: from 1
    at: float  #: seconds since the epoch, UTC, to the millisecond
    session: int  #: from 1
    patient: str
    doctor: str
    keyword: str = ""  #: which keyword answered; NONE, MEMORY, RECALL, or "" where not known
    mark: str = ""  #: "" or "care", with kind and tier (`doctor.history.marks`)
    speaker: str = ""  #: who said the line; "": the patient
    responder: str = ""  #: who answered; "": the doctor
    event: str = ""  #: one of `EVENTS`, or "event N" where a later program knows which

    def taken_back(self) -> Exchange:
        """Return what stays of an exchange that is taken back: its number and its place."""
        return Exchange(self.number, self.at, self.session, "", "", event=TAKEN_BACK)


class Summary(NamedTuple):
    """What is known of a history without reading it; times in seconds since the epoch, UTC."""

    exchanges: int = 0
    sessions: int = 0
    first_seen: float | None = None
    last_seen: float | None = None
    marked: int = 0
    last_marked: float | None = None


class Moment(NamedTuple):
    """What a frame of format 1 holds besides the exchange."""

    tag: bytes  #: of the script that made the state
    state: bytes  #: the machine's, packed; empty inside a chunk


def milliseconds(at: float) -> int:
    """Return a time in whole milliseconds, between the epoch and the last date."""
    whole = round(at * 1000)
    return whole if 0 <= whole <= MAX_TIME else min(max(whole, 0), MAX_TIME)


def first_link(birth: int) -> int:
    """Return what the first ENTRY of a history has for the checksum of the one before it."""
    return crc32(birth.to_bytes(8, "little"))


# --- format 2 -------------------------------------------------------------------------------------


def cut(text: str, most: int) -> bytes:
    """Return a text in UTF-8, cut between two characters where it is longer than that."""
    data = text.encode()
    return data if len(data) <= most else data[:most].decode("utf-8", "ignore").encode()


def _event_code(event: str) -> int:
    code = _EVENT_CODES.get(event)
    if code is None:
        word, _, number = event.partition(" ")
        if word != "event" or not number.isdecimal() or not len(EVENTS) <= int(number) < 256:
            raise ValueError(f"{event!r} is no event")
        code = int(number)
    return code


def pack_entry(exchange: Exchange, tag: bytes, previous: int) -> bytes:
    """Return the frame of an exchange that follows the ENTRY of this checksum.

    ValueError where a part is too long or too high.
    """
    number, at, session, line, reply, key, care, who, by, event = exchange
    patient, doctor = line.encode(), reply.encode()
    keyword = key.encode()
    if len(keyword) > MAX_WORD:
        keyword = cut(key, MAX_WORD)
    mark = cut(care, MAX_WORD) if care else b""
    speaker = cut(who, MAX_WORD) if who else b""
    responder = cut(by, MAX_WORD) if by else b""
    if len(patient) > MAX_TEXT or len(doctor) > MAX_TEXT:
        raise ValueError("a line or a reply is longer than a record can be")
    if not (0 < number <= MAX_NUMBER and 0 <= session <= MAX_SESSION):
        raise ValueError("this history has no numbers left to count with")
    fixed = _ENTRY.pack(
        previous,
        milliseconds(at),
        session,
        tag,
        _event_code(event) if event else 0,
        len(patient),
        len(doctor),
        len(keyword),
        len(mark),
        len(speaker),
        len(responder),
    )
    texts = (fixed, patient, doctor, keyword, mark, speaker, responder)
    return pack(_KIND, number, b"".join(texts))


def unpack_entry(data: bytes, frame: Frame) -> Exchange:
    """Return the exchange in a sound ENTRY; DamagedRecord where this program wrote no such one."""
    found = unpack_entries(data[frame.start : frame.end])
    if not found:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    return found[0]


def unpack_entries(data: bytes) -> list[Exchange] | None:
    """Return the exchanges of a chunk that was checked as a whole, of format 2 and all sound.

    None where it is anything else: then each frame has to be looked at. Without a function for each
    exchange this takes two thirds of the time, and whoever reads many histories spends it here.
    """
    found: list[Exchange] = []
    start, stop = 0, len(data)
    try:
        while start < stop:
            (
                magic, _checksum, kind, length, number, _previous, at, session, _tag, event,
                patient, doctor, keyword, mark, speaker, responder,
            ) = _FRAMED_ENTRY.unpack_from(data, start)  # fmt: skip
            line = start + _FRAMED_ENTRY.size
            reply = line + patient
            name = reply + doctor
            marked = name + keyword
            spoke = marked + mark
            answered = spoke + speaker
            start += FRAME_HEADER_SIZE + length
            if (
                magic != MAGIC
                or kind != _KIND
                or answered + responder != start
                or start > stop
                or patient > MAX_TEXT
                or doctor > MAX_TEXT
                or at > MAX_TIME
                or not 0 < number <= MAX_NUMBER
            ):
                return None
            found.append(
                _new(
                    Exchange,
                    (
                        number,
                        at / 1000,
                        session,
                        data[line:reply].decode(),
                        data[reply:name].decode(),
                        data[name:marked].decode() if keyword else "",
                        data[marked:spoke].decode() if mark else "",
                        data[spoke:answered].decode() if speaker else "",
                        data[answered:start].decode() if responder else "",
                        _event_of(event) if event else "",
                    ),
                )
            )
    except (struct_error, UnicodeDecodeError):
        return None
    return found


def _event_of(code: int) -> str:
    return EVENTS[code] if code < len(EVENTS) else f"event {code}"


def previous_of(data: bytes, frame: Frame) -> int:
    """Return the checksum of the ENTRY that this ENTRY says it follows."""
    return int.from_bytes(data[frame.payload : frame.payload + 4], "little")


def pack_state(number: int, tag: bytes, state: bytes) -> bytes:
    """Return the frame of a state after this exchange; ValueError where it is too long."""
    if len(state) > MAX_STATE:
        raise ValueError("a state is longer than a record can be")
    return pack(Kind.STATE, number, tag + state)


def unpack_state(data: bytes, frame: Frame) -> tuple[bytes, bytes]:
    """Return the script's tag and the packed state in a sound STATE; DamagedRecord as above."""
    if frame.kind != Kind.STATE or not TAG <= frame.end - frame.payload <= TAG + MAX_STATE:
        raise DamagedRecord("a sound record of a strange shape", frame.start)
    start = frame.payload + TAG
    return data[frame.payload : start], data[start : frame.end]


# --- format 1, and either -------------------------------------------------------------------------


def unpack_exchange(data: bytes, frame: Frame) -> tuple[Exchange, Moment]:
    """Return what a sound EXCHANGE of format 1 holds; DamagedRecord as above."""
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
            or not 0 < frame.number <= MAX_NUMBER
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


def unpack_either(data: bytes, frame: Frame) -> Exchange:
    """Return the exchange in a sound frame of either format; DamagedRecord as above."""
    if frame.kind == _KIND:
        return unpack_entry(data, frame)
    return unpack_exchange(data, frame)[0]


def tag_in(data: bytes, frame: Frame) -> bytes:
    """Return the script's tag in a sound ENTRY or EXCHANGE."""
    start = frame.payload + (16 if frame.kind == _KIND else 12)
    return data[start : start + TAG]


def texts_in(data: bytes, frame: Frame) -> bytes:
    """Return what a sound ENTRY or EXCHANGE holds after its fields: first line and reply."""
    fields = _ENTRY_SIZE if frame.kind == _KIND else _EXCHANGE.size
    return data[frame.payload + fields : frame.end]


# --- counting -------------------------------------------------------------------------------------


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
        number, at, session, _line, _reply, _keyword, mark, *_ = exchange
        if number <= self.last_number:
            raise DamagedRecord(f"exchange {number} follows {self.last_number}")
        self.last_number = number
        self.exchanges += 1
        if session > self.sessions:  # noqa: PLR1730 - `max` costs more than all the rest
            self.sessions = session
        if self.first_seen is None:
            self.first_seen = at
        self.last_seen = at
        if mark:
            self.marked += 1
            self.last_marked = at
