"""Histories that version 1.0.0 wrote are read, served, shown and verified as it did."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doctor.doctor import Doctor
from doctor.errors import WrongPassphrase
from doctor.loading import load_machine
from doctor.patients import load, open_archive
from doctor.patients.base import Overview
from doctor.patients.files import disk
from doctor.patients.names import patient_name
from doctor.patients.opening import open_store
from tests.support.histories import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doctor.history.transcript import Exchange

DATA = Path(__file__).resolve().parents[2] / "data"
HISTORIES = DATA / "histories-1.0.0"
EXPECTED: dict[str, dict[str, Any]] = json.loads(
    (HISTORIES / "expected.json").read_text(encoding="utf-8")
)
WRITTEN = sorted(name for name in EXPECTED if not name.startswith("killed/"))
CLEAN = [name for name in WRITTEN if name.startswith("clean/")]
SECRET = "open sesame"
SCRIPT_1966 = DATA / "doctor-1966.txt"


def digest(exchanges: Iterable[Exchange]) -> str:
    """Return the digest of exchanges that `expected.json` has."""
    rows = [list(each[:7]) for each in exchanges]  # all that there was then
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Return a directory with copies of all files that were written, but the killed process's."""
    for name in WRITTEN:
        shutil.copy(HISTORIES / name, tmp_path)
    return tmp_path


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """Return a copy of the directory that a killed process left."""
    with tarfile.open(HISTORIES / "killed.tar.gz") as tar:
        if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WRITTEN)
def test_a_history_is_read_as_1_0_0_read_it(name: str) -> None:
    """`load` and the archive give every exchange, and the file keeps each byte."""
    path, expected = HISTORIES / name, EXPECTED[name]
    doctor = load(path)
    assert digest(doctor.history) == expected["history"]
    assert doctor.summary.exchanges == expected["exchanges"]
    assert doctor.summary.sessions == expected["sessions"]
    patient = patient_name(path.name)
    assert patient is not None
    archive = open_archive(path.parent)
    found = archive.read(patient)
    assert (found.name, found.damage) == (patient, ())
    assert digest(found.transcript) == expected["history"]
    assert archive.peek(patient) == Overview(patient, found.summary, path.stem == "Lock")
    assert archive.verify(patient).sound
    assert hashlib.sha256(path.read_bytes()).hexdigest() == expected["file"]


@pytest.mark.parametrize("name", CLEAN)
def test_pickle_load_works_after_a_clean_end(name: str) -> None:
    """A plain `pickle.load` gives the Doctor with its whole history."""
    with (HISTORIES / name).open("rb") as file:
        doctor = pickle.load(file)
        assert file.read() == b""
    assert type(doctor) is Doctor
    assert digest(doctor.history) == EXPECTED[name]["history"]


def test_pickle_load_of_an_open_end_lacks_the_tail() -> None:
    """As documented, exchanges behind the pickle are found by `load` alone."""
    with (HISTORIES / "open/Tail.dat").open("rb") as file:
        assert len(pickle.load(file).history) == 10
    assert len(load(HISTORIES / "open/Tail.dat").history) == 25


def test_the_commands_show_and_verify_them(patients: Path) -> None:
    """`show` has the first and the last line of each; `verify` finds and changes nothing."""
    before = {path.name: path.read_bytes() for path in patients.iterdir()}
    for name in WRITTEN:
        patient = patient_name(Path(name).name)
        assert patient is not None
        ran = run("show", patient, "--patients", str(patients), "--format", "json")
        shown = json.loads(ran.out)["exchanges"]
        assert len(shown) == EXPECTED[name]["exchanges"]
        assert shown[0]["patient"] == EXPECTED[name]["first"][3]
        assert shown[-1]["doctor"] == EXPECTED[name]["last"][4]
    ran = run("verify", "--patients", str(patients))
    assert ran.status == 0
    assert f"{len(WRITTEN)} files checked, {len(WRITTEN)} sound, 0 damaged" in ran.out
    assert {path.name: path.read_bytes() for path in patients.iterdir()} == before


@pytest.mark.parametrize("script", [None, SCRIPT_1966], ids=["shipped", "1966"])
def test_a_history_goes_on(patients: Path, script: Path | None) -> None:
    """Each patient comes in and talks on; what was said before is as it was."""
    with open_store(patients, load_machine(script)) as store:
        for name in WRITTEN:
            known = EXPECTED[name]
            patient_of_file = patient_name(Path(name).name)
            assert patient_of_file is not None
            with store.open(patient_of_file) as patient:
                if patient_of_file == "Lock":
                    with pytest.raises(WrongPassphrase):
                        patient.say("let me in")
                    patient.unlock(SECRET)
                patient.greeting()
                said = patient.say("I came back.")
                assert (said.number, said.session) == (
                    known["exchanges"] + 1,
                    known["sessions"] + 1,
                )
        assert store.counts.damaged == 0
    for name in WRITTEN:
        path = patients / Path(name).name
        contents = disk.read(path)
        assert (contents.damage, contents.torn, contents.tail) == ((), 0, 0)
        *before, last = load(path).history
        assert digest(before) == EXPECTED[name]["history"]
        assert last.patient == "I came back."


def test_the_state_of_an_unchanged_script_goes_on(patients: Path) -> None:
    """A machine whose script is still the same takes up the state that 1.0.0 packed."""
    machine = load_machine(SCRIPT_1966)
    for name in ("Eliza", "Tail"):
        fresh, packed = Doctor(name, machine), load(patients / f"{name}.dat").packed
        doctor = load(patients / f"{name}.dat", machine)
        assert doctor.fingerprint == machine.script.fingerprint
        assert doctor.pack_state() == packed
        assert doctor.pack_state() != fresh.pack_state()


def test_a_killed_process_is_recovered(killed: Path) -> None:
    """What 1.0.0 left in its commit log comes back, into an emptied file too, each line once."""
    assert (killed / ".exchanges.log").stat().st_size > 0
    assert not (killed / "Bob.dat").stat().st_size
    with open_store(killed, load_machine()) as store:
        assert store.names() == ["Ada", "Bob"]
    for name in ("Ada", "Bob"):
        assert (
            digest(load(killed / f"{name}.dat").history)
            == EXPECTED[f"killed/{name}.dat"]["history"]
        )
