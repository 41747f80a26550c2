"""A patient's file: what it holds, whatever happens to its bytes."""

from __future__ import annotations

import pickle
import random
import struct

import pytest

from doctor.doctor import Doctor
from doctor.errors import ForbiddenContent, NewerFormat
from doctor.history import pickles, record, snapshot
from doctor.history.frames import Kind, frame_at, pack
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import CHUNK, Exchange, Summary, Transcript, pack_exchange
from tests.support.fake_machine import FakeMachine

SCRIPT = ScriptId("fake", "ab" * 32)
LOCK = b"l" * 52


def exchange(number: int) -> Exchange:
    """Return an exchange that its number tells from every other."""
    return Exchange(
        number, 1e9 + number, 1 + number // 10, f"line {number}", f"reply {number}", "K"
    )


def file_of(folded: int, tail: int, lock: bytes | None = None) -> tuple[bytes, list[int]]:
    """Return a file, and where its head and each exchange of its tail end."""
    history = Transcript()
    for number in range(1, folded + 1):
        history.append(exchange(number))
    state = folded.to_bytes(4, "little") if folded else b""
    header = Header("Ada", SCRIPT, state, lock, Summary(), 0)
    data = record.write(header, history)
    ends = [len(data)]
    for number in range(folded + 1, folded + tail + 1):
        data += pack_exchange(exchange(number), SCRIPT.tag, number.to_bytes(4, "little"))
        ends.append(len(data))
    return data, ends


def numbers(contents: record.Contents) -> list[int]:
    """Return the numbers of the exchanges, each of which must be what was written."""
    found = list(contents.history)
    assert found == [exchange(each.number) for each in found]
    return [each.number for each in found]


@pytest.mark.parametrize("folded", [0, 1, CHUNK, 2 * CHUNK + 5])
@pytest.mark.parametrize("tail", [0, 1, 3])
def test_a_file_comes_back(folded: int, tail: int) -> None:
    """What was written is read: history, summary, state, script, lock; nothing is damaged."""
    data, ends = file_of(folded, tail, LOCK)
    contents = record.read(data)
    assert numbers(contents) == list(range(1, folded + tail + 1))
    assert (contents.size, contents.torn, contents.damage) == (len(data), 0, ())
    assert (contents.tail, contents.lock, contents.lock_known) == (tail, LOCK, True)
    assert contents.script == SCRIPT
    last = folded + tail
    assert contents.state == (last.to_bytes(4, "little") if last else None)
    again = record.read(record.write(record.header_of(contents), contents.history))
    assert (again.tail, again.state, again.lock) == (0, contents.state, LOCK)
    assert numbers(again) == numbers(contents)
    glance = record.peek(data, len(data))
    assert glance is not None
    assert glance[1] == ends[0]


def test_cut_at_every_length() -> None:
    """Whatever length a file is cut to, all whole exchanges before the cut are there."""
    data, ends = file_of(4, 4)
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


@pytest.mark.parametrize("lock", [None, LOCK])
def test_every_byte_changed(lock: bytes | None) -> None:
    """One changed byte costs one exchange at most, alters none, and never hides the lock."""
    data, _ends = file_of(3, 3, lock)
    for at in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            broken = bytearray(data)
            broken[at] ^= change
            contents = record.read(bytes(broken))
            assert contents.damage or contents.torn or at == 1  # 4 to 5: another pickle protocol
            assert len(numbers(contents)) >= 5
            assert contents.lock_known
            assert contents.lock == lock


def test_two_hundred_bytes_changed() -> None:
    """Many changed bytes alter nothing that is still shown, in a hundred different ways."""
    data, _ends = file_of(300, 200)
    chance = random.Random(5)
    for _ in range(100):
        broken = bytearray(data)
        for _ in range(200):
            broken[chance.randrange(len(data))] = chance.randrange(256)
        contents = record.read(bytes(broken))
        assert 200 <= len(numbers(contents)) < 500


def test_both_copies_of_the_header_gone() -> None:
    """Where no copy of the header is sound, whether there is a lock is not known."""
    data, _ends = file_of(3, 3, LOCK)
    contents = record.read(data.replace(b"Adafake", b"Bdafake", 1))
    assert contents.lock_known
    assert contents.lock == LOCK
    broken = data.replace(b"Adafake", b"Bdafake")
    contents = record.read(broken)
    assert not contents.lock_known
    assert contents.header is None
    assert len(numbers(contents)) == 6


def test_copies_of_the_header_that_differ() -> None:
    """Two sound copies that say different things about the lock are not believed."""
    locked, ends = file_of(1, 0, LOCK)
    free, _ends = file_of(1, 0)
    spliced = locked[: ends[0] - 20] + free[len(free) // 2 :]
    contents = record.read(spliced)
    assert not contents.lock_known


def test_damage_in_the_middle_leaves_what_follows() -> None:
    """Behind the damage frames are found again, and the state is the last sound one."""
    data, ends = file_of(2, 5)
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
    data += record.pack_script(other, 3)
    assert record.read(data).state is None
    contents = record.read(data + pack_exchange(exchange(3), SCRIPT.tag, b"1234"))
    assert (contents.script, contents.state) == (other, None)
    contents = record.read(data + pack_exchange(exchange(3), other.tag, b"1234"))
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


def test_a_long_history_is_not_decoded_to_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening reads checksums; exchanges are decoded when somebody looks, and few for a few."""
    data, _ends = file_of(10 * CHUNK, 0)
    decoded = 0
    real = snapshot.history_of  # imported here so that the name below is the module's
    assert real is not None
    import doctor.history.transcript as module

    unpack = module.unpack_exchange

    def counting(*args: object) -> object:
        nonlocal decoded
        decoded += 1
        return unpack(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "unpack_exchange", counting)
    contents = record.read(data)
    assert decoded == 0
    assert len(contents.history.last(3)) == 3
    assert decoded <= CHUNK
