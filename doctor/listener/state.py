"""What a listener knows of one patient: a small frozen value, and the same as bytes.

    State     counts and recencies, the topic, what is remembered; at most 8 KiB packed
    Memory    something the patient said about people or matters of theirs, with its date
    Fact      somebody the patient spoke of: what holds of them (dead, ill, gone), their name

Everything is bounded, so that a conversation of a million lines has a state no larger than one of
a hundred. The bytes come back from disk and are not trusted: `unpack` checks every field.

A row of numbers below 65,536 is stored as a text, with the character of that number for each, its
sign: Python looks for a character in a text, and makes a text one longer, several times faster than
it does so with a tuple of numbers, and three such rows change with every reply.

    packed   magic "L2" | turns u32 | quiet u8 | mirrored u8 | recalled u16
             | asked u8 | concern u8 | uses u8, u16 each | replies u8, u16 each | lines u8, u16 each
             | topic u8, UTF-8 | memories u8, each: at f64, used u16, turn u32, length u16, UTF-8
             | question u8 | facts u8, each: kind u8, turn u32, who u8, UTF-8, name u8, UTF-8

States of version 1.0.0 begin with "L1", lack `asked` and `concern`, and end after the memories;
they are taken up as well.
"""

from __future__ import annotations

import math
import struct
from typing import Final, NamedTuple
from zlib import crc32

from doctor.scripts.model import FACT_KINDS, QUESTION_KINDS

#: So many uses of rules are known; a rule used longer ago counts as new.
MAX_USES: Final = 72
#: A reply is not given again while it is one of the last so many.
MAX_REPLIES: Final = 150
#: A line that is one of the last so many is noticed when it comes again.
MAX_LINES: Final = 6
#: So many matters are remembered; the one taken up most often makes room.
MAX_MEMORIES: Final = 12
#: Bytes of UTF-8 of one remembered matter, and of the topic.
MAX_MEMORY_BYTES: Final = 300
MAX_TOPIC_BYTES: Final = 120
#: So many people are known of, and so many bytes of UTF-8 of what each is called.
MAX_FACTS: Final = 10
MAX_WHO_BYTES: Final = 40
#: Counters stop at what their fields hold: no conversation is too long to be saved.
MAX_TURNS: Final = 0xFFFF_FFFF
MAX_MIRRORED: Final = 0xFF
MAX_TIMES_USED: Final = 0xFFFF
#: Answers after the question whether danger is meant, in which it is not asked again.
ASK_REST: Final = 40
#: Forms of CARE that a state can name.
MAX_CONCERN: Final = 0xFF

_MAGIC: Final = b"L2"
_HEAD: Final = struct.Struct(">2sIBBHBB")
_OLD_MAGIC: Final = b"L1"
_OLD_HEAD: Final = struct.Struct(">2sIBBH")
_MEMORY: Final = struct.Struct(">dHIH")
_FACT: Final = struct.Struct(">BI")
_BYTES: Final = [bytes((number,)) for number in range(256)]


class Memory(NamedTuple):
    """A matter of the patient's, in words that follow "you told me that"."""

    at: float
    text: str
    used: int = 0
    turn: int = 0


class Fact(NamedTuple):
    """Somebody the patient spoke of: "mother", what holds of her, her name, the last mention.

    `kind` is one of `FACT_KINDS`, `turn` the number of the line that last spoke of them.
    """

    who: str
    kind: str = ""
    name: str = ""
    turn: int = 0


class State(NamedTuple):
    """What one conversation has changed. Immutable.

    `turns` is how many lines were answered; `quiet` how many answers nothing is recalled for;
    `mirrored` how many replies in a row began with the patient's own words; `recalled` the check
    of the matter taken up last; `uses` the numbers of the rules used last, `replies` and `lines`
    the checks of the last replies and lines, each as a text of signs with the newest last; `topic`
    what the patient last called theirs; `asked` how many answers the question whether danger is
    meant is not asked for; `concern` the number of the form of CARE, from 1, that was met or asked
    about last, 0 once that is over; `question` the number in `QUESTION_KINDS` of the question that
    is open; `facts` the people spoken of, who was spoken of last at the end.
    """

    turns: int = 0
    quiet: int = 0
    mirrored: int = 0
    recalled: int = 0
    uses: str = ""
    replies: str = ""
    lines: str = ""
    topic: str = ""
    memories: tuple[Memory, ...] = ()
    asked: int = 0
    concern: int = 0
    question: int = 0
    facts: tuple[Fact, ...] = ()


def check_of(text: str) -> int:
    """Return a number of 16 bits that represents a text, the same on every computer.

    Two texts in 65,536 share one; a reply taken for another only makes room for a third.
    """
    return crc32(text.encode("utf-8", "replace")) & 0xFFFF


def sign_of(text: str) -> str:
    """Return the character that represents a text in a row of a state."""
    return chr(crc32(text.encode("utf-8", "replace")) & 0xFFFF)


def remember(memories: tuple[Memory, ...], text: str, now: float) -> tuple[Memory, ...]:
    """Return the memories with one more; the one used most, or else the oldest, makes room."""
    if len(text.encode("utf-8", "replace")) > MAX_MEMORY_BYTES:
        return memories
    others = tuple(memory for memory in memories if memory.text != text)
    if len(others) >= MAX_MEMORIES:
        leaving = max(others, key=lambda memory: (memory.used, -memory.at))
        others = tuple(memory for memory in others if memory is not leaving)
    return (*others, Memory(now, text))


def pack(state: State) -> bytes:
    """Return a state as bytes, the same for equal states, 8 KiB at most."""
    topic = state.topic.encode("utf-8", "replace")
    turns, quiet, mirrored, recalled = state[:4]
    parts = [_HEAD.pack(_MAGIC, turns, quiet, mirrored, recalled, state.asked, state.concern)]
    for row in (state.uses, state.replies, state.lines):
        # Big-endian UTF-16 of such characters is their numbers, two bytes each.
        parts += (_BYTES[len(row)], row.encode("utf-16-be", "surrogatepass"))
    parts += (_BYTES[len(topic)], topic, _BYTES[len(state.memories)])
    for memory in state.memories:
        text = memory.text.encode("utf-8", "replace")
        parts += (_MEMORY.pack(memory.at, memory.used, memory.turn, len(text)), text)
    parts += (_BYTES[state.question], _BYTES[len(state.facts)])
    for who, kind, name, turn in state.facts:
        parts.append(_FACT.pack(FACT_KINDS.index(kind), turn))
        for text in (who.encode("utf-8", "replace"), name.encode("utf-8", "replace")):
            parts += (_BYTES[len(text)], text)
    return b"".join(parts)


def unpack(packed: bytes) -> State:
    """Return the state that was packed; raise `ValueError` for anything else."""
    try:
        return _unpack(packed)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("not a listener's state") from error


def _unpack(packed: bytes) -> State:
    asked = concern = 0
    if packed[:2] == _OLD_MAGIC:
        _, turns, quiet, mirrored, recalled = _OLD_HEAD.unpack_from(packed)
        at = _OLD_HEAD.size
    else:
        head = _HEAD.unpack_from(packed)
        magic, turns, quiet, mirrored, recalled, asked, concern = head
        if magic != _MAGIC or asked > ASK_REST:
            raise ValueError("not a listener's state")
        at = _HEAD.size
    rows: list[str] = []
    for most in (MAX_USES, MAX_REPLIES, MAX_LINES):
        length = packed[at]
        if length > most:
            raise ValueError("a listener's state is too long")
        # Not decoded: two halves of a surrogate pair would become one character.
        rows.append("".join(map(chr, struct.unpack_from(f">{length}H", packed, at + 1))))
        at += 1 + length * 2
    length = packed[at]
    topic = _text(packed, at + 1, length, MAX_TOPIC_BYTES)
    at += 1 + length
    memories: list[Memory] = []
    if packed[at] > MAX_MEMORIES:
        raise ValueError("a listener's state remembers too much")
    number = packed[at]
    at += 1
    for _ in range(number):
        when, used, turn, length = _MEMORY.unpack_from(packed, at)
        at += _MEMORY.size
        if not math.isfinite(when):
            raise ValueError("a memory has no date")
        memories.append(Memory(when, _text(packed, at, length, MAX_MEMORY_BYTES), used, turn))
        at += length
    old = packed[:2] == _OLD_MAGIC
    question, facts, at = (0, (), at) if old else _unpack_facts(packed, at)
    if at != len(packed):
        raise ValueError("bytes follow a listener's state")
    uses, replies, lines = rows
    told = topic, tuple(memories), asked, concern, question, facts
    return State(turns, quiet, mirrored, recalled, uses, replies, lines, *told)


def _unpack_facts(packed: bytes, at: int) -> tuple[int, tuple[Fact, ...], int]:
    """Return what was question, the people spoken of, and where they end."""
    question, number = packed[at], packed[at + 1]
    if question >= len(QUESTION_KINDS) or number > MAX_FACTS:
        raise ValueError("a listener's state knows of too many people")
    at += 2
    facts: list[Fact] = []
    for _ in range(number):
        kind, turn = _FACT.unpack_from(packed, at)
        at += _FACT.size
        called: list[str] = []
        for _ in range(2):
            length = packed[at]
            called.append(_text(packed, at + 1, length, MAX_WHO_BYTES))
            at += 1 + length
        if kind >= len(FACT_KINDS):
            raise ValueError("what holds of somebody is unknown")
        facts.append(Fact(called[0], FACT_KINDS[kind], called[1], turn))
    return question, tuple(facts), at


def _text(packed: bytes, at: int, length: int, most: int) -> str:
    raw = packed[at : at + length]
    if length > most or len(raw) != length:
        raise ValueError("a text in a listener's state has the wrong length")
    text = raw.decode("utf-8")
    if not text.isprintable():
        raise ValueError("a text in a listener's state is not one line")
    return text
