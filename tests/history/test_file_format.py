"""docs/file-format.md: its tables are the code's, and a file can be read with it alone."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doctor.history import contents, snapshot, transcript
from doctor.history import frames as frame
from doctor.patients import passphrase
from doctor.patients.files import log_format
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from doctor.history.frames import Field

PAPER = Path(__file__).resolve().parents[2] / "docs/file-format.md"
DATA = Path(__file__).resolve().parents[1] / "data/histories-1.0.0"
LAYOUTS = {
    "FRAME": frame.FRAME,
    "EXCHANGE": transcript.EXCHANGE,
    "ENTRY": transcript.ENTRY,
    "STATE": transcript.STATE,
    "HEADER": snapshot.HEADER,
    "ROW": snapshot.ROW,
    "SCRIPT": contents.SCRIPT,
    "RECORD": passphrase.RECORD,
    "COMMIT": log_format.ROW,
    "LOG": log_format.OLD_ROW,
}


def shown(name: str) -> str:
    """Return a table of the page."""
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


def events() -> str:
    """Return the table of the events of an exchange."""
    rows = [f"| {code} | {event or 'said'} |" for code, event in enumerate(transcript.EVENTS)]
    return "\n".join(["| event | what happened |", "| --- | --- |", *rows])


@pytest.mark.parametrize("name", [*LAYOUTS, "Kind", "EVENTS"])
def test_tables(name: str) -> None:
    """Each table of the page is the layout that the code packs and unpacks."""
    others = {"Kind": kinds, "EVENTS": events}
    assert shown(name) == (others[name]() if name in others else table(LAYOUTS[name]))


def unpack(name: str, data: bytes, until: str = "") -> tuple[dict[str, Any], bytes]:
    """Return the fields of a layout as the page shows it, by name, and the bytes behind them.

    `until` names the last field that there is.
    """
    found: dict[str, Any] = {}
    for field, size in re.findall(r"^\| (\w[\w ]*) \| (\d+) \|", shown(name), re.MULTILINE):
        value, data = data[: int(size)], data[int(size) :]
        found[field] = int.from_bytes(value, "little") if len(value) <= 8 else value
        if field == until:
            break
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


def texts(name: str, payload: bytes, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return an exchange's fields, the texts decoded."""
    found, rest = unpack(name, payload)
    for field in fields:
        text, rest = rest[: found[field]], rest[found[field] :]
        found[field] = text if field == "state" else text.decode()
    assert not rest
    return found


WORDS = ("patient", "doctor", "keyword", "mark", "speaker", "responder")
OLD_WORDS = ("patient", "doctor", "keyword", "mark", "state")


def parts_of(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the byte strings of a file's pickle, and its tail."""
    assert data.startswith(b"\x80\x04cdoctor.doctor\nDoctor\n)\x81(")
    data = data[data.index(b"(") + 1 :]
    parts = []
    while data.startswith(b"B"):
        (length,) = struct.unpack_from("<I", data, 1)
        parts.append(data[5 : 5 + length])
        data = data[5 + length :]
    assert data.startswith(b"tb.")
    assert parts[0] == parts[-1]
    return parts, data[3:]


def test_the_page_is_enough_to_read_a_file(tmp_path: Path) -> None:
    """A reader made from the tables of the page alone finds everything in a file and in a log."""
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        for _ in range(300):
            ada.say("compacted")
    with open_store(tmp_path, FakeMachine()) as store, store.open("Ada") as ada:
        ada.greeting()
        ada.say("in the tail")
        data = (tmp_path / "Ada.dat").read_bytes()
        log = (tmp_path / ".commits.1.log").read_bytes()
    (first, *chunks, _again), rest = parts_of(data)
    tail = frames(rest)
    ((header, payload),) = frames(first)
    fields, rest = unpack("HEADER", payload)
    assert (header["kind"], header["number"], fields["version"]) == (1, 300, 2)
    assert (fields["exchanges"], fields["kind"], fields["birth"] > 0) == (300, 0, True)
    assert rest.startswith(b"Adafake" + b"ab" * 32)
    lengths = sum(fields[name] for name in ("name", "script", "fingerprint", "lock", "state"))
    row, _rest = unpack("ROW", rest[lengths:])
    assert (row["first"], row["last"], row["length"]) == (1, 256, len(chunks[0]))
    assert row["checksum"] == zlib.crc32(chunks[0])
    previous = zlib.crc32(struct.pack("<Q", fields["birth"]))
    for number, (header, payload) in enumerate(
        [each for chunk in chunks for each in frames(chunk)], 1
    ):
        said = texts("ENTRY", payload, WORDS)
        assert (header["kind"], header["number"]) == (5, number)
        assert (said["patient"], said["doctor"]) == ("compacted", f"{number}: compacted")
        assert (said["previous"], said["event"]) == (previous, 0)
        previous = header["checksum"]
    assert fields["last checksum"] == previous
    (header, payload), (state, packed) = tail
    said = texts("ENTRY", payload, WORDS)
    assert (header["kind"], header["number"], said["previous"]) == (5, 301, previous)
    assert (said["patient"], said["doctor"]) == ("in the tail", "301: in the tail")
    assert (state["kind"], state["number"]) == (6, 301)
    assert unpack("STATE", packed)[1] == (301).to_bytes(4, "little")
    header, payload = frames(log)[-1]
    row, rest = unpack("COMMIT", payload)
    assert (header["kind"], row["number"], row["whole"]) == (7, 301, 0)
    assert row["birth"] == fields["birth"]
    assert rest == b"Ada.dat" + b"".join(map(_frame, tail))


def test_the_page_is_enough_to_read_a_file_of_format_1() -> None:
    """With the same page a reader finds everything in a file that version 1.0.0 wrote."""
    data = (DATA / "open/Tail.dat").read_bytes()
    (first, *chunks, _again), rest = parts_of(data)
    ((header, payload),) = frames(first)
    fields, rest_of_header = unpack("HEADER", payload, until="chunks")
    assert (header["number"], fields["version"], fields["exchanges"]) == (10, 1, 10)
    assert rest_of_header.startswith(b"Tail")
    said = [
        (header["kind"], header["number"], texts("EXCHANGE", payload, OLD_WORDS))
        for header, payload in [
            *(each for chunk in chunks for each in frames(chunk)),
            *frames(rest),
        ]
    ]
    assert [number for kind, number, _said in said if kind == 2] == list(range(1, 26))
    expected = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))["open/Tail.dat"]
    assert said[0][2]["patient"] == expected["first"][3]
    assert said[-1][2]["doctor"] == expected["last"][4]
    assert [bool(each["state"]) for _kind, _number, each in said] == [False] * 10 + [True] * 15


def _frame(found: tuple[dict[str, Any], bytes]) -> bytes:
    header, payload = found
    body = struct.pack("<BIQ", header["kind"], len(payload), header["number"]) + payload
    return bytes.fromhex("ff4472fe") + struct.pack("<I", zlib.crc32(body)) + body
