"""A patient's file: what it holds, whatever happens to its bytes."""

from __future__ import annotations

import pickle
import random
import struct
from collections.abc import Callable

import pytest

from doctor.doctor import Doctor
from doctor.errors import ForbiddenContent, NewerFormat
from doctor.history import chunks, pickles, record, snapshot, transcript
from doctor.history.chunks import CHUNK, Transcript
from doctor.history.contents import Contents, header_of, pack_script
from doctor.history.frames import Kind, checksum_of, frame_at, pack
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange, Summary, pack_entry, pack_state
from tests.support import format_1
from tests.support.fake_machine import FakeMachine

SCRIPT = ScriptId("fake", "ab" * 32)
LOCK = b"l" * 52


def exchange(number: int) -> Exchange:
    """Return an exchange that its number tells from every other."""
    return Exchange(
        number, 1e9 + number, 1 + number // 10, f"line {number}", f"reply {number}", "K"
    )


def file_of(folded: int, tail: int, lock: bytes | None = None) -> tuple[bytes, list[int]]:
    """Return a file, and where its head and each exchange of its tail end; the last has a state."""
    history = Transcript(birth=77)
    for number in range(1, folded + 1):
        history.append(exchange(number))
    state = folded.to_bytes(4, "little") if folded else b""
    header = Header("Ada", SCRIPT, state, lock, Summary(), 0, state_number=folded)
    data, link = record.write(header, history), history.link
    ends = [len(data)]
    for number in range(folded + 1, folded + tail + 1):
        entry = pack_entry(exchange(number), SCRIPT.tag, link)
        data, link = data + entry, checksum_of(entry)
        ends.append(len(data))
    if tail:
        data += pack_state(number, SCRIPT.tag, number.to_bytes(4, "little"))
    return data, ends


def old_file_of(folded: int, tail: int, lock: bytes | None = None) -> tuple[bytes, list[int]]:
    """Return the same in format 1."""
    state = folded.to_bytes(4, "little") if folded else b""
    header = Header("Ada", SCRIPT, state, lock, Summary(), 0)
    data = format_1.write(header, [exchange(number) for number in range(1, folded + 1)])
    ends = [len(data)]
    for number in range(folded + 1, folded + tail + 1):
        packed = number.to_bytes(4, "little")
        data += format_1.exchange_frame(exchange(number), SCRIPT.tag, packed)
        ends.append(len(data))
    return data, ends


EITHER = pytest.mark.parametrize("made", [file_of, old_file_of], ids=["format 2", "format 1"])
Made = Callable[..., tuple[bytes, list[int]]]


def numbers(contents: Contents) -> list[int]:
    """Return the numbers of the exchanges, each of which must be what was written."""
    found = list(contents.history)
    assert found == [exchange(each.number) for each in found]
    return [each.number for each in found]


@EITHER
@pytest.mark.parametrize("folded", [0, 1, CHUNK, 2 * CHUNK + 5])
@pytest.mark.parametrize("tail", [0, 1, 3])
def test_a_file_comes_back(made: Made, folded: int, tail: int) -> None:
    """What was written is read: history, summary, state, script, lock; nothing is damaged."""
    data, ends = made(folded, tail, LOCK)
    contents = record.read(data)
    assert numbers(contents) == list(range(1, folded + tail + 1))
    assert (contents.size, contents.torn, contents.damage) == (len(data), 0, ())
    assert (contents.tail, contents.lock, contents.lock_known) == (tail, LOCK, True)
    assert contents.script == SCRIPT
    last = folded + tail
    assert contents.state == (last.to_bytes(4, "little") if last else None)
    again = record.read(record.write(header_of(contents), contents.history))
    assert (again.tail, again.state, again.lock) == (0, contents.state, LOCK)
    assert numbers(again) == numbers(contents)
    glance = record.peek(data, len(data))
    assert glance is not None
    assert glance[1] == ends[0]


@EITHER
def test_cut_at_every_length(made: Made) -> None:
    """Whatever length a file is cut to, all whole exchanges before the cut are there."""
    data, ends = made(4, 4)
    inside = [data.find(f"line {n}".encode()) for n in range(1, 5)]
    for length in range(len(data)):
        try:
            contents = record.read(data[:length])
        except ForbiddenContent:
            assert length < ends[0]
            assert length < inside[0]
            continue
        have = numbers(contents)
        if length >= ends[0]:
            whole = sum(end <= length for end in ends[1:])
            assert have == list(range(1, 4 + whole + 1))
            assert not contents.damage
            assert contents.torn == length - ends[whole]
        else:
            assert have == list(range(1, len(have) + 1))
            assert len(have) >= sum(at + 40 < length for at in inside)
            assert contents.damage
            assert contents.lock_known


@EITHER
@pytest.mark.parametrize("lock", [None, LOCK])
def test_every_byte_changed(made: Made, lock: bytes | None) -> None:
    """One changed byte costs one exchange at most, alters none, and never hides the lock."""
    data, _ends = made(3, 3, lock)
    for at in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            broken = bytearray(data)
            broken[at] ^= change
            contents = record.read(bytes(broken))
            assert contents.damage or contents.torn or at == 1  # 4 to 5: another pickle protocol
            assert len(numbers(contents)) >= 5
            assert contents.lock_known
            assert contents.lock == lock


@EITHER
def test_two_hundred_bytes_changed(made: Made) -> None:
    """Many changed bytes alter nothing that is still shown, in a hundred different ways."""
    data, _ends = made(300, 200)
    chance = random.Random(5)
    for _ in range(100):
        broken = bytearray(data)
        for _ in range(200):
            broken[chance.randrange(len(data))] = chance.randrange(256)
        contents = record.read(bytes(broken))
        assert 200 <= len(numbers(contents)) < 500


@EITHER
def test_both_copies_of_the_header_gone(made: Made) -> None:
    """Where no copy of the header is sound, whether there is a lock is not known."""
    data, _ends = made(3, 3, LOCK)
    contents = record.read(data.replace(b"Adafake", b"Bdafake", 1))
    assert contents.lock_known
    assert contents.lock == LOCK
    broken = data.replace(b"Adafake", b"Bdafake")
    contents = record.read(broken)
    assert not contents.lock_known
    assert contents.header is None
    assert len(numbers(contents)) == 6


@EITHER
def test_copies_of_the_header_that_differ(made: Made) -> None:
    """Two sound copies that say different things about the lock are not believed."""
    locked, ends = made(1, 0, LOCK)
    free, _ends = made(1, 0)
    spliced = locked[: ends[0] - 20] + free[len(free) // 2 :]
    contents = record.read(spliced)
    assert not contents.lock_known


@EITHER
def test_damage_in_the_middle_leaves_what_follows(made: Made) -> None:
    """Behind the damage frames are found again, and the state is the last sound one."""
    data, ends = made(2, 5)
    broken = data[: ends[2] + 3] + b"junk" * 9 + data[ends[2] + 10 :]
    contents = record.read(broken)
    assert numbers(contents) == [1, 2, 3, 4, 6, 7]
    assert contents.state == (7).to_bytes(4, "little")
    assert [d.start for d in contents.damage] == [ends[2]]


def test_a_newer_format_is_refused() -> None:
    """A file of a newer program is not touched: the error says so."""
    data, _ends = file_of(1, 0)
    start = len(pickles.PREFIX) + pickles.BYTES_HEADER
    frame = frame_at(data, start, len(data))
    assert frame is not None
    newer = pack(Kind.HEADER, 1, struct.pack("<H", snapshot.VERSION + 1) + b"whatever comes")
    with pytest.raises(NewerFormat, match="newer version"):
        record.read(pickles.dump((newer, newer)))
    with pytest.raises(NewerFormat, match="newer version"):
        record.peek(pickles.dump((newer, newer)), 10_000)
    with pytest.raises(NewerFormat):
        record.read(data + pack(77, 2, b""))


def test_a_change_of_script_in_the_tail() -> None:
    """States behind a SCRIPT record are that script's; a state of another is not taken."""
    other = ScriptId("other", "cd" * 32)
    data, _ends = file_of(1, 1)
    link = record.read(data).history.link
    data += pack_script(other, 3)
    assert record.read(data).state is None
    data += pack_entry(exchange(3), other.tag, link)
    assert record.read(data).state is None
    contents = record.read(data + pack_state(3, SCRIPT.tag, b"1234"))
    assert (contents.script, contents.state, len(contents.damage)) == (other, None, 1)
    contents = record.read(data + pack_state(3, other.tag, b"1234"))
    assert (contents.script, contents.state, contents.damage) == (other, b"1234", ())


def test_a_change_of_script_in_format_1() -> None:
    """So it is in format 1, where each exchange has a state."""
    other = ScriptId("other", "cd" * 32)
    data = old_file_of(1, 1)[0] + pack_script(other, 3)
    assert record.read(data).state is None
    contents = record.read(data + format_1.exchange_frame(exchange(3), SCRIPT.tag, b"1234"))
    assert (contents.script, contents.state) == (other, None)
    contents = record.read(data + format_1.exchange_frame(exchange(3), other.tag, b"1234"))
    assert (contents.script, contents.state) == (other, b"1234")


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_what_pickle_makes_of_a_doctor_is_read(protocol: int, count: int) -> None:
    """`pickle.dumps` of a Doctor is a file too, whatever the protocol and whoever pickled it."""
    doctor = Doctor("Ada", FakeMachine())
    for number in range(1, count + 1):
        doctor.keep(doctor.reply("hello", 1e9 + number))
    data = pickle.dumps(doctor, protocol)
    contents = record.read(data)
    assert not contents.damage
    assert list(contents.history) == list(doctor.history)
    assert contents.state == count.to_bytes(4, "little")
    # The pure-Python pickler frames and memoizes otherwise.
    pure = pickle._dumps(doctor, protocol)  # type: ignore[attr-defined]
    assert list(record.read(pure).history) == list(doctor.history)


def test_the_class_path_is_part_of_the_format() -> None:
    """Files name the class doctor.doctor.Doctor, and pickle finds it there."""
    data, _ends = file_of(1, 0)
    assert data.startswith(b"\x80\x04cdoctor.doctor\nDoctor\n)\x81(")
    assert type(pickle.loads(data)) is Doctor
    assert f"{Doctor.__module__}.{Doctor.__qualname__}" == "doctor.doctor.Doctor"


@pytest.mark.skipif(
    not str(chunks.__file__).endswith(".py"), reason="a function of a compiled module stays"
)
def test_a_long_history_is_not_decoded_to_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening reads checksums; exchanges are decoded when somebody looks, and few for a few."""
    data, _ends = file_of(10 * CHUNK, 0)
    decoded = 0
    unpack = transcript.unpack_either

    def counting(*args: object) -> object:
        nonlocal decoded
        decoded += 1
        return unpack(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(chunks, "unpack_either", counting)
    contents = record.read(data)
    assert decoded == 0
    assert len(contents.history.last(3)) == 3
    assert decoded == 3
