"""`copy` between two directories; tests of the database copy to and from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.__main__ import main
from doctor.patients import load
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _talk(directory: Path, name: str) -> None:
    with open_store(directory, FakeMachine()) as store, store.open(name) as patient:
        patient.say("hello")


def test_a_directory_is_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file is there with the same bytes; a second run copies nothing."""
    one, two = tmp_path / "one", tmp_path / "two"
    for name in ("Ada", "Bob"):
        _talk(one, name)
    for said in ("2 histories copied", "0 histories copied, 2 were there already"):
        assert main(["copy", str(one), str(two)]) == 0
        assert said in capsys.readouterr().out
    for name in ("Ada.dat", "Bob.dat"):
        assert (two / name).read_bytes() == (one / name).read_bytes()
    assert not list(two.glob("*.new"))


def test_a_damaged_history_is_not_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, with status 1, and the others are copied."""
    one, two = tmp_path / "one", tmp_path / "two"
    for name in ("Ada", "Bob"):
        _talk(one, name)
    data = bytearray((one / "Ada.dat").read_bytes())
    data[len(data) // 2] ^= 1
    (one / "Ada.dat").write_bytes(data)
    assert main(["copy", str(one), str(two)]) == 1
    out, err = capsys.readouterr()
    assert "1 history copied" in out
    assert "repair" in err
    assert [path.name for path in two.glob("*.dat")] == ["Bob.dat"]
    assert len(load(two / "Bob.dat").history) == 1


def test_a_directory_that_is_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that has either directory would change it meanwhile: one line says so."""
    one, two = tmp_path / "one", tmp_path / "two"
    _talk(one, "Ada")
    for used in (one, two):
        with open_store(used, FakeMachine()):
            assert main(["copy", str(one), str(two)]) == 2
            assert capsys.readouterr().err.count("\n") == 1
    assert main(["copy", str(tmp_path / "none"), str(two)]) == 2
    assert "there is no directory" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
