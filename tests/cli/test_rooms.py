"""The commands that read histories, with that of a room."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest

from doctor.doctor import Doctor
from doctor.history.snapshot import ROOM
from doctor.history.transcript import Exchange
from doctor.patients.base import Overview
from doctor.patients.opening import load, open_archive, open_writer
from tests.support.histories import run

if TYPE_CHECKING:
    from pathlib import Path

#: A session of a room: who came, what was said and answered, who left.
SAID = (
    Exchange(1, 1e9, 1, "", "", speaker="Ada", event="came"),
    Exchange(2, 1e9 + 1, 1, "", "Welcome, Ada.", "WELCOME"),
    Exchange(3, 1e9 + 2, 1, "", "", speaker="Bob", event="came"),
    Exchange(4, 1e9 + 3, 1, "My garden is full of roses", "", speaker="Ada"),
    Exchange(5, 1e9 + 4, 1, "Doctor, my roses die", "What about them?", "MY", speaker="Bob"),
    Exchange(6, 1e9 + 5, 1, "I want to die", "We are here.", "CARE", "care", speaker="Bob"),
    Exchange(7, 1e9 + 6, 1, "", "", speaker="Ada", event="left"),
)


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Return a directory with the history of a room."""
    doctor = Doctor("Garden", None, kind=ROOM)
    for each in SAID:
        doctor.history.append(each)
    writer = open_writer(tmp_path / "p")

    writer.put(pickle.dumps(doctor, protocol=4), replace=False)
    writer.close()
    return tmp_path / "p"


def test_a_room_is_loaded_and_listed_as_one(patients: Path) -> None:
    """`load`, `list` and the archive tell a room from a patient."""
    doctor = load(patients / "Garden.dat", None)
    assert (doctor.kind, list(doctor.history)) == (ROOM, list(SAID))
    archive = open_archive(patients)
    assert archive.peek("Garden") == Overview("Garden", doctor.summary, locked=False, kind=ROOM)
    assert archive.read("Garden").kind == ROOM
    (listed,) = json.loads(run("list", "--patients", str(patients), "--format", "json").out)
    assert (listed["patient"], listed["kind"]) == ("Garden", "room")
    shown = run("list", "--patients", str(patients)).out
    assert "room" in shown.splitlines()[1]
    assert shown.splitlines()[-1] == "1 room, 7 exchanges"


def test_a_room_is_shown_with_its_speakers(patients: Path) -> None:
    """`show` and `export` name who spoke, and say who came and left."""
    shown = run("show", "Garden", "--patients", str(patients)).out
    for line in ("(Ada comes in)", "Ada     My garden", "Bob     Doctor, my", "(Ada leaves)"):
        assert " ".join(line.split()) in " ".join(shown.split()), shown
    exported = json.loads(run("export", "Garden", "--patients", str(patients)).out)
    assert [each["speaker"] for each in exported["exchanges"]] == [e.speaker for e in SAID]
    page = run("export", "Garden", "--patients", str(patients), "--format", "markdown").out
    assert "Bob:** Doctor, my roses die" in page


def test_a_room_is_searched_and_counted(patients: Path) -> None:
    """The words of its members are patients' words, in `search` and in `stats`."""
    found = json.loads(run("search", "roses", "--patients", str(patients), "--format", "json").out)
    assert [(each["speaker"], each["found"]) for each in found] == [
        ("Ada", ["patient"]),
        ("Bob", ["patient"]),
    ]
    stats = json.loads(run("stats", "--patients", str(patients), "--format", "json").out)
    assert (stats["patients"], stats["rooms"], stats["marked"]) == (0, 1, 1)
    assert stats["subjects"]["roses"] == 2
    assert stats["keywords"] == {"MY": 1, "CARE": 1, "WELCOME": 1}
    assert run("stats", "--patients", str(patients)).out.startswith("1 room, 1 session, ")
    assert "1 sound" in run("verify", "--patients", str(patients)).out


def test_a_room_is_copied_and_renamed(patients: Path, tmp_path: Path) -> None:
    """It is a room afterwards too."""
    target = tmp_path / "q"
    run("copy", str(patients), str(target))
    run("rename", "Garden", "Park", "--patients", str(target))
    assert load(target / "Park.dat").kind == ROOM
    assert list(load(target / "Park.dat").history) == list(SAID)
