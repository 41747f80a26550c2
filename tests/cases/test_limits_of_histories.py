"""Limits are asked where something is written: sizes, rates, and records that cannot be."""

from __future__ import annotations

import binascii
import contextlib
import json
import shutil
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.programs import Peer, Server, exchanges, run_many, said, verify

if TYPE_CHECKING:
    from pathlib import Path

#: How large a history's file may be when it is read, and what takes its place in these tests.
READ_LIMIT, SMALL_LIMIT = 1 << 30, 300_000


@pytest.mark.parametrize("size", [3000, 200, 1], ids=["long-lines", "lines", "letters"])
def test_a_history_that_is_full(tmp_path: Path, size: int) -> None:
    """Before a history grows past what is read, its lines hear 452; none that heard 250 is lost."""
    patients = tmp_path / "p"
    fault = {"fault": "constant", "value": READ_LIMIT, "instead": SMALL_LIMIT}
    lines = [f"{number} {'x' * size}" for number in range(SMALL_LIMIT // (size + 60) + 200)]
    with Server(patients, faults=[fault]) as server:
        with Peer(server.port) as ada:
            ada.enter("Ada")
            replies = ada.ask_all(lines)
            codes = [reply.code for reply in replies]
            full = [reply.text for reply in replies if reply.code == 452]
            assert len(replies) == len(lines)
            ada.leave()
        reply = server.visit("Ada")[0]
        assert reply.code == 230, reply
        assert reply.row("exchanges") == str(codes.count(250))
        assert server.stop() == 0
    with Server(patients, faults=[fault]) as server:  # nothing of it is in memory now
        assert server.visit("Ada")[0].row("exchanges") == str(codes.count(250))
        assert server.stop() == 0
    assert set(codes) == {250, 452}
    assert "full" in full[-1].lower()
    answered = [line for line, code in zip(lines, codes, strict=True) if code == 250]
    assert said(patients, "Ada") == answered
    assert (patients / "Ada.dat").stat().st_size <= SMALL_LIMIT
    assert verify(patients).status == 0


def test_a_long_tail_is_compacted_while_its_session_lasts(tmp_path: Path) -> None:
    """A session that says thousands of lines does not leave all of them behind the snapshot."""
    patients = tmp_path / "p"
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        lines = [f"I am tired of number {number}." for number in range(3000)]
        assert {reply.code for reply in ada.ask_all(lines)} == {250}
        data = (patients / "Ada.dat").read_bytes()
        server.kill()
    from pickletools import genops

    end = next(at for op, _, at in genops(data) if op.name == "STOP")
    assert end is not None
    assert len(data) - end < len(data) // 2


def test_a_line_of_one_letter(tmp_path: Path) -> None:
    """A one-letter line costs the disk some two hundred bytes, not the whole state each time."""
    patients = tmp_path / "p"
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        assert {reply.code for reply in ada.ask_all(["a"] * 200)} == {250}
        before = (patients / "Ada.dat").stat().st_size
        assert {reply.code for reply in ada.ask_all(["a"] * 200)} == {250}
        after = (patients / "Ada.dat").stat().st_size
        server.kill()
    assert (after - before) / 200 < 400


def test_history_reads_from_its_end(tmp_path: Path) -> None:
    """`/history 1` costs what it shows, however long the history is."""
    import time

    def seconds(peer: Peer) -> float:
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            assert peer.ask("/history 1").code == 215
            taken.append(time.perf_counter() - began)
        return sorted(taken)[7]

    options = ("--costly-share", "100")
    with Server(tmp_path / "p", *options) as server:
        with Peer(server.port) as ada:
            ada.enter("Ada")
            ada.ask_all([f"Line {number}." for number in range(10)])
            short = seconds(ada)
        with Peer(server.port) as bob:
            bob.enter("Bob")
            bob.ask_all([f"Line {number}." for number in range(3000)])
            bob.leave()
        with Peer(server.port) as bob:
            bob.enter("Bob")
            assert seconds(bob) < 5 * short + 0.002
        server.kill()


# -- records that cannot be, in a file of format 1 -------------------------------------------------

MAGIC = b"\xff\x44\x72\xfe"
HEAD = struct.Struct("<4sIBIQ")
EXCHANGE = struct.Struct("<qI8sIIIBB")


def _frame(number: int, payload: bytes, kind: int = 2) -> bytes:
    rest = HEAD.pack(MAGIC, 0, kind, len(payload), number)[8:] + payload
    return MAGIC + binascii.crc32(rest).to_bytes(4, "little") + rest


def _exchange(number: int, line: str, *, at: int = 1_700_000_000_000, session: int = 1,
              lengths: tuple[int, int, int] | None = None) -> bytes:  # fmt: skip
    words, reply = line.encode("utf-8", "surrogatepass"), b"GO ON"
    sizes = lengths or (len(words), len(reply), 0)
    at = at if at < 1 << 63 else at - (1 << 64)
    head = EXCHANGE.pack(at, session, bytes(8), *sizes, 0, 0)
    return _frame(number, head + words + reply)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one history, written by this version."""
    patients = tmp_path_factory.mktemp("made") / "p"
    with Server(patients) as server:
        server.visit("Ada", "Sound one.", "Sound two.")
        server.stop()
    return patients


TAILS: dict[str, bytes] = {
    "number-0": _exchange(0, "zero"),
    "number-0-then-sound": _exchange(0, "zero") + _exchange(3, "three"),
    "number-2-again": _exchange(2, "again"),
    "the-largest-number": _exchange((1 << 64) - 1, "last"),
    "a-jump": _exchange(1 << 40, "far"),
    "session-0": _exchange(3, "nobody", session=0),
    "the-largest-session": _exchange(3, "late", session=(1 << 32) - 1),
    "the-largest-time": _exchange(3, "late", at=(1 << 64) - 1),
    "the-largest-signed-time": _exchange(3, "late", at=(1 << 63) - 1),
    "a-time-before-all": _exchange(3, "early", at=0),
    "lengths-beyond-the-end": _exchange(3, "long", lengths=((1 << 32) - 1, 1, 1)),
    "lengths-that-overlap": _exchange(3, "long", lengths=(8, 8, 8)),
    "no-text": _exchange(3, "\ud800"),
    "line-ends-in-text": _exchange(3, "a\nb\rc\0d"),
    "an-empty-payload": _frame(3, b""),
    "facts-in-the-tail": _frame(2, b"\1\0" + bytes(60), kind=1),
    "a-script-cut-short": _frame(3, b"\xff\xff\xff\xff", kind=3),
    "a-log-in-a-history": _frame(3, bytes(15), kind=4),
}


def _survives(made: Path, root: Path, tails: dict[str, bytes]) -> None:
    """Read, verify and repair a history with each tail; nothing raises, nothing sound is lost."""
    jobs, names = [], list(tails)
    for at, name in enumerate(names):
        patients = root / str(at)
        shutil.copytree(made, patients, ignore=shutil.ignore_patterns(".lock", ".control"))
        with (patients / "Ada.dat").open("ab") as file:
            file.write(tails[name])
        for words in (["show", "Ada", "--format", "json"], ["verify"], ["list"],
                      ["export", "Ada", "--format", "csv"], ["stats"], ["repair", "Ada"],
                      ["verify"], ["show", "Ada", "--format", "json"]):  # fmt: skip
            jobs.append({"arguments": [*words, "--patients", str(patients)]})  # noqa: PERF401 - a list for each reads worse
    ran = run_many(jobs)
    for at, name in enumerate(names):
        shown, first, _, _, _, repaired, second, again = found = ran[at * 8 : at * 8 + 8]
        for each in found:
            assert "Traceback" not in each.err, (name, each.err)
        for each in (shown, again):
            assert each.status == 0, (name, each.err)
            lines = [exchange["patient"] for exchange in json.loads(each.out)["exchanges"]]
            assert lines[:2] == ["Sound one.", "Sound two."], (name, lines)
        assert first.status in {0, 1}, (name, first)
        assert repaired.status == 0 or not first.status, (name, repaired.err)
        assert second.status == 0, (name, second.out)


@pytest.mark.parametrize("tail", TAILS)
def test_a_record_that_cannot_be(made: Path, tmp_path: Path, tail: str) -> None:
    """A record that cannot be costs no sound one, and the file can be repaired."""
    _survives(made, tmp_path, {tail: TAILS[tail]})


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(
    records=st.lists(
        st.builds(
            _frame,
            st.one_of(st.integers(0, 5), st.integers(0, (1 << 64) - 1)),
            st.binary(max_size=80),
            st.integers(1, 4),  # an unknown kind is a newer format: nothing is touched
        ),
        min_size=10, max_size=10,
    )
)  # fmt: skip
def test_any_record_with_a_right_checksum(
    made: Path, tmp_path_factory: pytest.TempPathFactory, records: list[bytes]
) -> None:
    """Whatever stands in a record, reading, verifying and repairing its file never raise."""
    root = tmp_path_factory.mktemp("records")
    _survives(made, root, {str(at): record for at, record in enumerate(records)})


def test_a_server_on_a_record_that_cannot_be(made: Path, tmp_path: Path) -> None:
    """A server opens a history with a record numbered 0 and goes on with what is sound."""
    patients = tmp_path / "p"
    shutil.copytree(made, patients, ignore=shutil.ignore_patterns(".lock", ".control"))
    with (patients / "Ada.dat").open("ab") as file:
        file.write(_exchange(0, "zero"))
    with Server(patients) as server:
        with contextlib.suppress(EOFError):
            assert [r.code for r in server.visit("Ada", "Line three.")] == [230, 250]
        server.stop()
    lines = [each["patient"] for each in exchanges(patients, "Ada")]
    assert lines[:2] == ["Sound one.", "Sound two."]
    assert "Line three." in lines
