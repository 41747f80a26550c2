"""docs/file-format.md: its tables are the code's, and a file can be read with it alone."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doctor.history import frames as frame
from doctor.history import record, snapshot, transcript
from doctor.patients import passphrase
from doctor.patients.files import commit_log
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from doctor.history.frames import Field

PAPER = Path(__file__).resolve().parents[2] / "docs/file-format.md"
LAYOUTS = {
    "FRAME": frame.FRAME,
    "EXCHANGE": transcript.EXCHANGE,
    "HEADER": snapshot.HEADER,
    "ROW": snapshot.ROW,
    "SCRIPT": record.SCRIPT,
    "RECORD": passphrase.RECORD,
    "LOG": commit_log.ROW,
}


def shown(name: str) -> str:
    """Return a table of the paper."""
    text = PAPER.read_text(encoding="utf-8")
    return text.split(f"<!-- table: {name} -->\n")[1].split("<!-- end -->")[0].strip()


def table(fields: tuple[Field, ...]) -> str:
    """Return the table of a layout."""
    rows = [f"| {field.name} | {field.size} | {field.meaning} |" for field in fields]
    return "\n".join(["| field | bytes | |", "| --- | --- | --- |", *rows])


def kinds() -> str:
    """Return the table of the kinds of frames."""
    rows = [f"| {kind.value} | {kind.name} |" for kind in frame.Kind]
    return "\n".join(["| kind | payload |", "| --- | --- |", *rows])


@pytest.mark.parametrize("name", [*LAYOUTS, "Kind"])
def test_tables(name: str) -> None:
    """Each table of the paper is the layout that the code packs and unpacks."""
    assert shown(name) == (kinds() if name == "Kind" else table(LAYOUTS[name]))


def unpack(name: str, data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the fields of a layout as the paper shows it, by name, and the bytes behind them."""
    found: dict[str, Any] = {}
    for field, size in re.findall(r"^\| (\w[\w ]*) \| (\d+) \|", shown(name), re.MULTILINE):
        value, data = data[: int(size)], data[int(size) :]
        found[field] = int.from_bytes(value, "little") if len(value) <= 8 else value
    return found, data


def frames(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """Return the headers and payloads of frames that stand one behind the other."""
    found = []
    while data.strip(b"\0"):
        header, rest = unpack("FRAME", data)
        assert data[:4] == bytes.fromhex("ff4472fe")
        assert header["checksum"] == zlib.crc32(data[8 : 21 + header["length"]])
        found.append((header, rest[: header["length"]]))
        data = rest[header["length"] :]
    return found


def exchange(payload: bytes) -> tuple[str, str, bytes]:
    """Return line, reply and state."""
    fields, rest = unpack("EXCHANGE", payload)
    texts = []
    for name in ("patient", "doctor", "keyword", "mark", "state"):
        texts.append(rest[: fields[name]])
        rest = rest[fields[name] :]
    assert not rest
    return texts[0].decode(), texts[1].decode(), texts[4]


def test_the_paper_is_enough_to_read_a_file(tmp_path: Path) -> None:
    """A reader made from the tables of the paper alone finds everything in a file and in a log."""
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        for _ in range(300):
            ada.say("folded")
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.say("in the tail")
        data = (tmp_path / "Ada.dat").read_bytes()
        log = (tmp_path / ".exchanges.log").read_bytes()
    assert data.startswith(b"\x80\x04cdoctor.doctor\nDoctor\n)\x81(")
    data = data[data.index(b"(") + 1 :]
    parts = []
    while data.startswith(b"B"):
        (length,) = struct.unpack_from("<I", data, 1)
        parts.append(data[5 : 5 + length])
        data = data[5 + length :]
    assert data.startswith(b"tb.")
    tail = frames(data[3:])
    first, *chunks, again = parts
    assert first == again
    ((header, payload),) = frames(first)
    fields, rest = unpack("HEADER", payload)
    assert (header["kind"], header["number"], fields["exchanges"]) == (1, 300, 300)
    assert rest.startswith(b"Adafake" + b"ab" * 32)
    texts = sum(fields[name] for name in ("name", "script", "fingerprint", "lock", "state"))
    row, _rest = unpack("ROW", rest[texts:])
    assert (row["first"], row["last"], row["length"]) == (1, 256, len(chunks[0]))
    assert row["checksum"] == zlib.crc32(chunks[0])
    told = [exchange(payload)[:2] for chunk in chunks for _header, payload in frames(chunk)]
    assert told == [("folded", f"{number}: folded") for number in range(1, 301)]
    ((header, payload),) = tail
    assert (header["kind"], header["number"]) == (2, 301)
    assert exchange(payload) == ("in the tail", "301: in the tail", (301).to_bytes(4, "little"))
    header, payload = frames(log)[-1]
    row, rest = unpack("LOG", payload)
    assert (header["kind"], row["number"], row["birth"]) == (4, 301, 0)
    assert rest == b"Ada.dat" + _last_frame(tail)


def _last_frame(tail: list[tuple[dict[str, Any], bytes]]) -> bytes:
    header, payload = tail[-1]
    body = struct.pack("<BIQ", header["kind"], len(payload), header["number"]) + payload
    return bytes.fromhex("ff4472fe") + struct.pack("<I", zlib.crc32(body)) + body
