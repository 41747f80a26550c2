"""`verify`: every byte of every file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.histories import damage, keep, run, said

if TYPE_CHECKING:
    from pathlib import Path


def test_verify_sound_files(patients: Path) -> None:
    """Sound files are counted; the status is 0."""
    ran = run("verify", "--patients", str(patients))
    assert (ran.status, ran.out) == (0, "3 files checked, 3 sound, 0 damaged\n")


def test_verify_says_where_a_file_is_damaged(patients: Path) -> None:
    """A damaged file is named with offset and fault, and the status is 1."""
    damage(patients / "Ada.dat")
    (patients / "Eve.dat").write_bytes(b"nonsense")
    ran = run("verify", "--patients", str(patients))
    assert ran.status == 1
    assert re.search(r"Ada\.dat: at byte \d+: ", ran.out)
    assert "Ada.dat: 2 exchanges can be read" in ran.out
    assert re.search(r"Eve\.dat: at byte 0: ", ran.out)
    assert ran.out.endswith("4 files checked, 2 sound, 2 damaged\n")
    made = json.loads(run("verify", "--patients", str(patients), "--format", "json").out)
    assert made["damaged"] == 2
    assert [each["patient"] for each in made["files"] if not each["sound"]] == ["Ada", "Eve"]
    assert run("verify", "Björn", "--patients", str(patients)).status == 0


def test_verify_finds_any_changed_byte(tmp_path: Path) -> None:
    """Whichever byte of a file is changed, the file is reported as damaged."""
    path = keep(tmp_path, "Ada", said(), said(session=2))
    sound = path.read_bytes()
    for at in range(0, len(sound), 7):
        data = bytearray(sound)
        data[at] ^= 0x40
        path.write_bytes(data)
        assert run("verify", "--patients", str(tmp_path)).status == 1, at


def test_verify_takes_an_unfinished_write_for_what_it_is(tmp_path: Path) -> None:
    """An incomplete record at the end, as a crash leaves it, is reported but is not damage."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("one")
        size = (tmp_path / "Ada.dat").stat().st_size
        ada.say("two")
        data = (tmp_path / "Ada.dat").read_bytes()
    (tmp_path / "Ada.dat").write_bytes(data[: size + 20])
    ran = run("verify", "--patients", str(tmp_path))
    assert ran.status == 0
    assert "20 bytes of an unfinished write" in ran.out
