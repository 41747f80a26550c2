"""What is recovered from files that were damaged, mixed or made up: salvage never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import DamagedRecord, ForbiddenContent, NewerFormat
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.contents import header_of, pack_script
from doctor.history.frames import Kind, checksum_of, pack
from doctor.history.snapshot import PATIENT, ROOM, Header, ScriptId, pack_header
from doctor.history.transcript import Exchange, Summary, pack_entry, pack_state
from tests.support import format_1

if TYPE_CHECKING:
    from doctor.history.contents import Contents

SCRIPT = ScriptId("fake", "ab" * 32)


def exchange(number: int, who: str = "Ada") -> Exchange:
    """Return an exchange that its number and its speaker tell from every other."""
    return Exchange(number, 1e9 + number, 1, f"{who} {number}", f"reply {number}")


def pieces(who: str, birth: int, count: int, first: int = 0) -> tuple[bytes, list[bytes]]:
    """Return the head of a history with `first` exchanges, and the ENTRY frames behind it."""
    history = Transcript(birth=birth)
    for number in range(1, first + 1):
        history.append(exchange(number, who), SCRIPT.tag)
    head = record.write(Header(who, SCRIPT, b"", None, Summary(), 0), history)
    entries = []
    for number in range(first + 1, first + count + 1):
        history.append(exchange(number, who), SCRIPT.tag)
        entries.append(history.frame_of(number) or b"")
    return head, entries


HEAD, ADA = pieces("Ada", 11, 6, 2)
_OTHER_HEAD, BOB = pieces("Bob", 22, 8)


def told(contents: Contents) -> list[str]:
    """Return what was said, in order."""
    numbers = [each.number for each in contents.history]
    assert numbers == sorted(set(numbers))
    return [each.patient for each in contents.history]


def written_anew(contents: Contents) -> Contents:
    """Write contents as a file and read it: it must be sound, and hold the same."""
    again = record.read(record.write(header_of(contents), contents.history))
    assert again.damage == ()
    assert told(again) == told(contents)
    assert list(again.history.breaks()) == []
    return again


@pytest.mark.parametrize(
    ("tail", "wanted"),
    [
        (ADA, [3, 4, 5, 6, 7, 8]),
        (ADA[:2] + ADA[3:], [3, 4, 6, 7, 8]),  # cut out: what follows it is the patient's
        (ADA[1:], [4, 5, 6, 7, 8]),
        ([*ADA[:2], BOB[4]], [3, 4]),  # another's with the next number
        ([*ADA[:2], BOB[4], *ADA[2:]], [3, 4, 5, 6, 7, 8]),  # and then the patient's own
        ([*ADA[:2], ADA[1], *ADA[2:]], [3, 4, 5, 6, 7, 8]),  # one twice
        ([*ADA[:2], BOB[0], *ADA[2:]], [3, 4, 5, 6, 7, 8]),  # a number that is there already
        ([ADA[1], ADA[0], *ADA[2:]], [3, 4, 5, 6, 7, 8]),  # in another order
        ([pack_entry(exchange(1), bytes(8), 0)[:-3], *ADA], [3, 4, 5, 6, 7, 8]),
    ],
)
def test_frames_cut_out_and_put_in(tail: list[bytes], wanted: list[int]) -> None:
    """The patient's own exchanges are found, a foreign one is never among them, and it is told."""
    contents = record.read(HEAD + b"".join(tail))
    assert told(contents) == [f"Ada {number}" for number in [1, 2, *wanted]]
    assert bool(contents.damage) == (tail is not ADA)
    written_anew(contents)


def test_numbers_that_cannot_be() -> None:
    """A record numbered 0, or higher than can be counted, is damage and costs nothing else."""
    for number in (0, 1 << 63, (1 << 64) - 1):
        for kind in (Kind.ENTRY, Kind.EXCHANGE):
            sound = ADA[0] if kind == Kind.ENTRY else format_1.exchange_frame(exchange(3))
            odd = pack(kind, number, sound[21:])
            for data in (HEAD + odd + b"".join(ADA), HEAD + b"".join(ADA) + odd, odd + HEAD):
                contents = record.read(data)
                assert told(contents)[:2] == ["Ada 1", "Ada 2"]
                assert contents.damage
                written_anew(contents)


def test_a_newer_header_in_the_tail_is_damage() -> None:
    """Only the header at the beginning tells of which version a file is."""
    newer = pack(Kind.HEADER, 3, b"\x09\x00and so on")
    contents = record.read(HEAD + newer + b"".join(ADA))
    assert len(told(contents)) == 8
    assert len(contents.damage) == 1
    with pytest.raises(NewerFormat):
        record.read(HEAD + b"".join(ADA) + pack(99, 9, b""))


FRAMES = st.one_of(
    st.sampled_from([*ADA, *BOB, HEAD]),
    st.sampled_from([format_1.exchange_frame(exchange(n, "Old")) for n in (1, 3, 4, 9)]),
    st.builds(pack_script, st.builds(ScriptId, st.text(max_size=5), st.just("cd")), st.just(4)),
    st.builds(pack_state, st.integers(0, 9), st.sampled_from([SCRIPT.tag]), st.binary(max_size=9)),
    st.builds(
        pack,
        st.integers(1, max(Kind)),
        st.one_of(st.integers(0, 9), st.integers(0, (1 << 64) - 1)),
        st.binary(max_size=80),
    ),
    st.builds(lambda frame, cut: frame[:cut], st.sampled_from(ADA), st.integers(1, 40)),
    st.binary(max_size=30),
)


@given(st.lists(FRAMES, max_size=12), st.sampled_from([b"", HEAD, HEAD[:-40], HEAD[60:]]))
@settings(max_examples=400, deadline=None)
def test_whatever_is_in_a_file(frames: list[bytes], head: bytes) -> None:
    """Arbitrary frames in arbitrary order: reading says what is sound, or refuses the file.

    What is sound can be written anew, and behind a sound head nothing of it is another's, where
    the number before it is there.
    """
    data = head + b"".join(frames)
    try:
        contents = record.read(data)
    except (ForbiddenContent, NewerFormat):
        return
    written_anew(contents)
    if head == HEAD:
        said = {each.number: each.patient for each in contents.history}
        assert said[1] == "Ada 1"
        for number, words in said.items():
            if words.startswith("Bob"):
                assert number - 1 not in said or said[number - 1].startswith("Bob")
    ends = record.read_ends(lambda offset, length: data[offset : offset + length], len(data))
    if ends is not None:
        assert told(ends) == told(contents)
        assert (ends.state, ends.script, ends.size) == (
            contents.state, contents.script, contents.size,
        )  # fmt: skip


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_whatever_bytes_there_are(data: bytes) -> None:
    """Arbitrary bytes are read or refused, alone, behind a head and before it."""
    for given_bytes in (data, HEAD + data, data + HEAD, HEAD[:100] + data + HEAD[100:]):
        try:
            contents = record.read(given_bytes)
        except (ForbiddenContent, NewerFormat):
            continue
        written_anew(contents)


def test_a_chunk_left_on_disk_is_checked_when_it_is_read() -> None:
    """Opening reads the ends of a long file; a damaged chunk is found when somebody looks there."""
    head, entries = pieces("Ada", 5, 3, 1000)
    data = bytearray(head + b"".join(entries))
    data[data.index(b"Ada 300")] ^= 1
    read: list[int] = []

    def read_at(offset: int, length: int) -> bytes:
        read.append(length)
        return bytes(data[offset : offset + length])

    contents = record.read_ends(read_at, len(data))
    assert contents is not None
    assert sum(read) < len(data) // 2
    assert [each.number for each in contents.history.last(20)] == list(range(984, 1004))
    assert contents.history.before(250, 1)[0].patient == "Ada 249"
    with pytest.raises(DamagedRecord, match="from number 257 on"):
        contents.history.before(300, 1)
    assert len(record.read(bytes(data)).history) == 1002


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
def test_a_layout_with_copied_chunks_is_the_same_file(count: int) -> None:
    """What a compaction copies from the old file and what it writes is what `write` makes."""
    head, entries = pieces("Ada", 5, 300, count)
    data = head + b"".join(entries)
    contents = record.read_ends(lambda offset, length: data[offset : offset + length], len(data))
    assert contents is not None
    layout = record.lay_out(header_of(contents), contents.history)
    offset, length = layout.copied
    made = layout.before + data[offset : offset + length] + layout.after
    whole = record.read(data)
    assert made == record.write(header_of(whole), whole.history)
    assert (layout.size, length > 0) == (len(made), count >= 256)
    assert contents.history.link == checksum_of(entries[-1])


def test_what_a_header_cannot_hold_is_refused() -> None:
    """A state or a lock longer than a reader takes is a ValueError before anything is written."""
    for odd in (
        Header("Ada", SCRIPT, bytes(1 << 15), None, Summary(), 0),
        Header("Ada", SCRIPT, b"", bytes(300), Summary(), 0),
    ):
        with pytest.raises(ValueError, match="longer"):
            pack_header(odd)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=1200),
    st.binary(max_size=300),
    st.one_of(st.none(), st.binary(min_size=1, max_size=256)),
    st.integers(0, (1 << 64) - 1),
)
@settings(max_examples=60, deadline=None)
def test_a_header_comes_back(name: str, state: bytes, lock: bytes | None, birth: int) -> None:
    """Whatever can be packed is unpacked to the same; a name is cut between two characters."""
    header = Header(name, SCRIPT, state, lock, Summary(), 0, state_number=0)
    contents = record.read(record.write(header, Transcript(birth=birth)))
    assert contents.header is not None
    found = contents.header
    assert name.startswith(found.name)
    assert len(found.name.encode()) > 1020 or found.name == name
    assert (found.state, found.lock, found.birth) == (state, lock, birth)
    assert contents.damage == ()


#: What is said in a room, and in the conversation of a patient whom a person attends.
_IN_ROOM = (
    Exchange(1, 1e9, 1, "", "", speaker="Ada", event="came"),
    Exchange(2, 1e9, 1, "", "Welcome, Ada."),
    Exchange(3, 1e9, 1, "Hello", "", speaker="Ada"),
    Exchange(4, 1e9, 1, "", "").taken_back(),
)
_ATTENDED = (
    Exchange(1, 1e9, 1, "Hello", "Hello."),
    Exchange(2, 1e9, 1, "", "", speaker="Maria", event="reading"),
    Exchange(3, 1e9, 1, "I am here", "", speaker="Maria"),
)


@pytest.mark.parametrize(("said", "kind"), [(_IN_ROOM, ROOM), (_ATTENDED, PATIENT)])
@pytest.mark.parametrize("copies", [0, 1, 2])
def test_a_damaged_history_is_still_that_of_a_room_or_a_patient(
    said: tuple[Exchange, ...], kind: int, copies: int
) -> None:
    """A sound copy of the header says so; where there is none, what was said does."""
    history = Transcript(birth=7)
    for each in said:
        history.append(each, SCRIPT.tag)
    data = record.write(Header("Ada", SCRIPT, b"", None, Summary(), 0, kind=kind), history)
    name = data.index(b"Ada")
    damaged = bytearray(data)
    if copies < 2:
        damaged[name] ^= 1
    if copies < 1:
        damaged[data.rindex(b"Ada", name + 1)] ^= 1
    contents = record.read(bytes(damaged))
    assert (contents.kind, contents.lock_known) == (kind, copies > 0)
    assert record.read(record.write(header_of(contents), contents.history)).kind == kind
