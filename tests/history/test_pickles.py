"""Pickles that somebody made to do harm: nothing of them runs, and nothing is lost by them."""

from __future__ import annotations

import ast
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import DoctorError, ForbiddenContent, LockUnreadable
from doctor.history import pickles, record
from doctor.history.chunks import Transcript
from doctor.history.frames import Kind, pack
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange, Summary, first_link, pack_entry
from doctor.patients.files import disk
from doctor.patients.files.disk import peek
from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine

CANARY: list[str] = []


def fire(*_: object) -> None:
    """Tell that something ran."""
    CANARY.append("fired")


class Reduces:
    """Runs when it is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return fire, ("reduce",)


class Sets:
    """Runs when its state is set."""

    def __setstate__(self, state: object) -> None:
        fire()

    def __getstate__(self) -> dict[str, int]:
        return {"x": 1}


def good() -> bytes:
    """Return a sound file of two exchanges."""
    history = Transcript()
    for number in (1, 2):
        history.append(Exchange(number, 1e9, 1, "line", "reply"))
    return record.write(Header("Ada", ScriptId("s", "ab" * 32), b"", None, Summary(), 0), history)


HEAD = b"\x80\x04cdoctor.doctor\nDoctor\n)\x81"
FIRE = f"c{__name__}\nfire\n".encode()
PARTS = pickles.load(good())[0]


def with_state(state: bytes) -> bytes:
    """Return the pickle of a Doctor with this state, as opcodes."""
    return HEAD + state + b"b."


HOSTILE = {
    "reduce": pickle.dumps(Reduces()),
    "reduce, old protocol": pickle.dumps(Reduces(), 0),
    "setstate": pickle.dumps(Sets()),
    "global and call": b"\x80\x04" + FIRE + b"(tR.",
    "call before the doctor": b"\x80\x04" + FIRE + b")R0cdoctor.doctor\nDoctor\n)\x81(tb.",
    "call inside the state": with_state(b"(" + FIRE + b")Rt"),
    "call behind the state": HEAD + b"(tb" + FIRE + b")R.",
    "call on the way out": HEAD + b"(tb0" + FIRE + b")R.",
    "inst": b"(i" + FIRE[1:] + b".",
    "obj": b"(" + FIRE + b"o.",
    "newobj_ex": b"\x80\x04" + FIRE + b")}\x92.",
    "stack_global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "module of the same name": b"\x80\x04cdoctor.doctor\nDoctor.__init__\n)R.",
    "other class of ours": b"\x80\x04cdoctor.doctor\nAnswer\n)\x81(tb.",
    "dotted name": b"\x80\x04\x8c\x0ddoctor.doctor\x8c\x0cDoctor.reply\x93)\x81(tb.",
    "build with slots": with_state(b"N}\x8c\x05replyNs\x86"),
    "build with a dict": with_state(b"}\x8c\x05replyNs"),
    "build twice": HEAD + b"(tb(tb.",
    "two doctors": HEAD + b"(tb" + HEAD[2:] + b"(tb\x86.",
    "deep tuples": with_state(b")" + b"\x85" * 200_000),
    "deep tuple as a key": with_state(b"})" + b"\x85" * 100_000 + b"Ns"),
    "deep marks": with_state(b"(" * 500_000),
    "memo of a gigabyte": HEAD + b"r\xff\xff\xff\x3f(tb.",
    "memo used": with_state(b"(C\x01x\x94h\x00t"),
    "doubling": with_state(b"(C\x01x\x94" + b"h\x00h\x00\x86\x94" * 40 + b"t"),
    "bytes of a terabyte": with_state(b"(\x8e" + struct.pack("<Q", 1 << 40) + b"x" + b"t"),
    "bytes of minus one": with_state(b"(B\xff\xff\xff\xffx"),
    "persistent id": b"Pcanary\n.",
    "persistent id, binary": b"\x80\x04Nq\x00Q.",
    "extension": b"\x80\x04\x82\x01.",
    "bytearray": with_state(b"(\x96" + struct.pack("<Q", 1) + b"xt"),
    "out of band": with_state(b"(\x97t"),
    "integers": with_state(b"(K\x01t"),
    "a list": with_state(b"]"),
    "no state": HEAD + b".",
    "empty state": with_state(b"(t"),
    "long integer": b"\x80\x04\x8b" + struct.pack("<I", 1 << 20) + b"\xff" * 1000 + b".",
    "decimal of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
    "empty": b"",
    "zeros": bytes(4096),
    "text": b"Ada has a mother.\n" * 50,
    "proto alone": b"\x80\x04",
    "proto 9": b"\x80\x09.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_refused_before_anything_runs(kind: str, tmp_path: Path) -> None:
    """Reading, peeking and opening refuse it; no canary fires; the file stays as it was."""
    path = tmp_path / "Eve.dat"
    path.write_bytes(HOSTILE[kind])
    with pytest.raises(ForbiddenContent):
        record.read(HOSTILE[kind])
    with pytest.raises(ForbiddenContent):
        load(path)
    with pytest.raises(ForbiddenContent):
        peek(path)
    with open_store(tmp_path, FakeMachine()) as store:
        with pytest.raises(LockUnreadable):
            store.open("Eve")
        assert path.read_bytes() == HOSTILE[kind]
        store.reset_passphrase("Eve")
        with store.open("Eve") as eve:
            assert eve.say("hello").number == 1
    asides = [each.read_bytes() for each in tmp_path.glob("Eve.dat.damaged-*")]
    assert asides == [HOSTILE[kind]]
    assert not CANARY


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind != "empty"])
def test_sound_records_behind_it_are_served(kind: str, tmp_path: Path) -> None:
    """Where a history's head was replaced by it, the exchanges and the header are still found."""
    contents = record.read(HOSTILE[kind] + good())
    assert [each.number for each in contents.history] == [1, 2]
    assert contents.lock_known
    assert contents.damage
    path = tmp_path / "Ada.dat"
    path.write_bytes(HOSTILE[kind] + good())
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        assert ada.say("hello").number == 3
    assert [each.number for each in load(path).history] == [1, 2, 3]
    assert len(list(tmp_path.glob("Ada.dat.damaged-*"))) == 1
    assert not CANARY


def framed(kind: int, payload: bytes) -> bytes:
    """Return a sound frame with a payload that no doctor wrote."""
    return pack(kind, 7, payload)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x01", b"\x01\x00", b"\x00\x00" + bytes(80), b"\x01\x00" + b"\xff" * 200,
     b"\x01\x00" + bytes(64 + 16)],
)  # fmt: skip
def test_a_header_with_a_right_checksum_and_wrong_fields(payload: bytes) -> None:
    """A checksum does not make a header true: it is checked field by field."""
    frame = framed(Kind.HEADER, payload)
    with pytest.raises(ForbiddenContent):
        record.read(pickles.dump((frame, frame)))


@pytest.mark.parametrize(
    "payload", [b"", bytes(20), b"\xff" * 60, struct.pack("<QI8sIIIBB", 1, 1, b"", 9, 0, 0, 0, 0)]
)
def test_exchanges_with_a_right_checksum_and_wrong_fields(payload: bytes) -> None:
    """An exchange that no doctor could have written is left out, in a tail and in a chunk."""
    for kind in (Kind.EXCHANGE, Kind.ENTRY, Kind.STATE, Kind.SCRIPT):
        contents = record.read(good() + framed(kind, payload))
        assert [each.number for each in contents.history] == [1, 2]
        assert contents.damage


def test_a_chunk_table_that_lies() -> None:
    """A header whose counts do not fit its chunks is damage; the exchanges are counted anew."""
    header, history = Header("Ada", ScriptId(), b"", None, Summary(), 0), Transcript()
    history.append(Exchange(1, 1e9, 1, "line", "reply"))
    history.tally.exchanges = 1000
    contents = record.read(record.write(header, history))
    assert contents.damage
    assert contents.history.summary.exchanges == 1


def test_text_that_is_not_text() -> None:
    """A record whose bytes are no UTF-8 is left out."""
    frame = pack_entry(Exchange(3, 1e9, 1, "aaaa", "b"), bytes(8), first_link(0))
    payload = frame[21:].replace(b"aaaa", b"\xff\xfe\xfd\xfc")
    contents = record.read(good() + framed(Kind.ENTRY, payload))
    assert [each.number for each in contents.history] == [1, 2]
    assert contents.damage


def test_odd_files_are_not_opened(tmp_path: Path) -> None:
    """A pipe, a directory and a link where a history should be are refused at once."""
    import os

    os.mkfifo(tmp_path / "Pipe.dat")
    (tmp_path / "Folder.dat").mkdir()
    (tmp_path / "real").write_bytes(good())
    (tmp_path / "Link.dat").symlink_to(tmp_path / "real")
    for name in ("Pipe", "Folder", "Link"):
        with pytest.raises((DoctorError, OSError)):
            disk.read(tmp_path / f"{name}.dat")
        with open_store(tmp_path, FakeMachine()) as store, pytest.raises(DoctorError):
            store.open(name)


def test_no_module_of_the_server_unpickles() -> None:
    """Nothing under doctor/ imports pickle: there is no unpickler to fool."""
    for path in Path(record.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found = {alias.name for alias in node.names}
            else:
                found = {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
            assert not found & {"pickle", "_pickle", "marshal", "shelve", "dill"}, path
