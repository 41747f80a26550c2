"""`repair`, `forget`, `rename` and `passphrase`: through the running server or with its lock."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from doctor.cli import maintenance
from doctor.patients.files.disk import peek
from doctor.patients.opening import load, open_store
from doctor.protocol import codes
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server
from tests.support.histories import keep, run, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["alone", "beside a server"])
def patients(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Ada's and Björn's histories, with nobody about and with a server that owns them."""
    keep(tmp_path, "Ada", said("one"), said("two"))
    keep(tmp_path, "Björn", said("three"))
    keep(tmp_path, "Zoe", said("secret"), lock=b"nonsense")
    if request.param == "alone":
        yield tmp_path
    else:
        with live_server(tmp_path, machine=FakeMachine()):
            yield tmp_path


def lines(path: Path) -> list[str]:
    """Return what a patient said."""
    return [exchange.patient for exchange in load(path).history]


def test_rename(patients: Path) -> None:
    """A history gets the new name and keeps every exchange; the old name is nobody's."""
    ran = run("rename", "ada", "Ada Lovelace", "--patients", str(patients))
    assert (ran.status, ran.out) == (0, "Ada is now Ada Lovelace\n")
    assert lines(patients / "Ada Lovelace.dat") == ["one", "two"]
    assert not (patients / "Ada.dat").exists()


@pytest.mark.parametrize("running", [False, True])
def test_a_file_whose_name_nobody_can_give_any_more(tmp_path: Path, *, running: bool) -> None:
    """A name older than the rules, which prints as another's, is listed, mended and renamed."""
    old = "Ada\N{HANGUL FILLER}"
    keep(tmp_path, "Ada", said("one"))
    keep(tmp_path, old, said("older"))
    server = live_server(tmp_path, machine=FakeMachine()) if running else nullcontext()
    with server:
        assert "Ada\\u3164" in run("list", "--patients", str(tmp_path)).out
        for command in ("repair", "verify"):
            assert run(command, old, "--patients", str(tmp_path)).status == 0
        ran = run("rename", old, "Ada the Elder", "--patients", str(tmp_path))
        assert (ran.status, ran.out) == (0, "Ada\\u3164 is now Ada the Elder\n")
    assert lines(tmp_path / "Ada the Elder.dat") == ["older"]
    assert lines(tmp_path / "Ada.dat") == ["one"]


def test_rename_to_a_name_that_is_taken(patients: Path) -> None:
    """Another patient's history is never written over; the error is a line."""
    ran = run("rename", "Ada", "BJÖRN", "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert lines(patients / "Ada.dat") == ["one", "two"]
    assert lines(patients / "Björn.dat") == ["three"]


@pytest.mark.parametrize("new", ["", "x" * 65, "\u202e", "a\x1bb"])
def test_rename_to_what_is_no_name(patients: Path, new: str) -> None:
    """A name that no patient could have is refused."""
    assert run("rename", "Ada", new, "--patients", str(patients)).status == 2
    assert lines(patients / "Ada.dat") == ["one", "two"]


@pytest.mark.parametrize("answer", ["ada\n", "Ada\n", "yes\n"])
def test_forget_asks_and_erases(patients: Path, answer: str) -> None:
    """With the name typed once more every file of exactly that patient is gone."""
    (patients / "Ada.dat.damaged-20260303T101200").write_bytes(b"old")
    (patients / "Ada.dat.damaged-not-a-time").write_bytes(b"not ours")
    (patients / "Adam.dat.damaged-20260303T101200").write_bytes(b"another's")
    ran = run("forget", "Ada", "--patients", str(patients), stdin=answer)
    assert ran.status == 0
    assert ran.out.endswith("forgot Ada\n")
    left = {path.name for path in patients.iterdir() if not path.name.startswith(".")}
    assert {name for name in left if "log" not in name} == {
        "Björn.dat", "Zoe.dat", "Ada.dat.damaged-not-a-time", "Adam.dat.damaged-20260303T101200"
    }  # fmt: skip


@pytest.mark.parametrize("answer", ["", "\n", "no\n", "Björn\n", "y e s\n"])
def test_forget_takes_no_other_answer(patients: Path, answer: str) -> None:
    """Anything else, the end of input too, erases nothing; the status says so."""
    ran = run("forget", "Ada", "--patients", str(patients), stdin=answer)
    assert ran.status == 1
    assert "nothing was erased" in ran.out
    assert lines(patients / "Ada.dat") == ["one", "two"]


def test_forget_finds_what_is_left_of_a_patient(patients: Path) -> None:
    """A patient of whom only a copy set aside is left can be forgotten."""
    aside = patients / "Eve.dat.torn-20260303T101200"
    aside.write_bytes(b"old")
    assert run("forget", "eve", "--yes", "--patients", str(patients)).status == 0
    assert not aside.exists()


def test_repair_keeps_all_that_is_sound(patients: Path) -> None:
    """A damaged file is sound afterwards, with the exchanges that could be read."""
    path = patients / "Ada.dat"
    data = bytearray(path.read_bytes())
    data[data.rindex(b"two")] ^= 1
    path.write_bytes(data)
    assert run("verify", "--patients", str(patients)).status == 1
    ran = run("repair", "Ada", "--patients", str(patients))
    assert (ran.status, ran.out) == (0, "repaired the history of Ada: 1 exchange\n")
    assert lines(path) == ["one"]
    assert run("verify", "Ada", "--patients", str(patients)).status == 0


def test_passphrase_reset(patients: Path) -> None:
    """A passphrase that nobody can give is taken off; the history stays."""
    path = patients / "Zoe.dat"
    assert peek(path)[2]
    ran = run("passphrase", "Zoe", "--patients", str(patients))
    assert ran.status == 2
    assert "--reset" in ran.err
    assert peek(path)[2]
    assert run("passphrase", "Zoe", "--reset", "--patients", str(patients)).status == 0
    assert not peek(path)[2]
    assert lines(path) == ["secret"]


@pytest.mark.parametrize(
    "words",
    [
        ("forget", "Nobody", "--yes"),
        ("repair", "Nobody"),
        ("rename", "Nobody", "Somebody"),
        ("passphrase", "Nobody", "--reset"),
    ],
)
def test_of_a_patient_nobody_knows(patients: Path, words: tuple[str, ...]) -> None:
    """An unknown name is an error in a line, and nothing is changed."""
    ran = run(*words, "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1


def test_what_the_server_holds_follows_the_change(tmp_path: Path) -> None:
    """A connected patient goes on under the new name, and is let go when forgotten."""
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as ada:
        ada.enter("Ada")
        ada.ask("one")
        assert run("rename", "Ada", "Eve", "--patients", str(tmp_path)).status == 0
        assert ada.ask("two").code == codes.SAYS
        assert lines(tmp_path / "Eve.dat") == ["one", "two"]
        assert run("forget", "Eve", "--yes", "--patients", str(tmp_path)).status == 0
        assert ada.reply().code == codes.CLOSING
    assert not (tmp_path / "Eve.dat").exists()
    assert not (tmp_path / "Ada.dat").exists()


def test_nothing_is_changed_past_an_owner_who_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that another process has locked without answering is not changed."""
    monkeypatch.setattr(maintenance, "_STARTING", 0.0)
    keep(tmp_path, "Ada", said("one"))
    with open_store(tmp_path, FakeMachine()):
        ran = run("forget", "Ada", "--yes", "--patients", str(tmp_path))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert lines(tmp_path / "Ada.dat") == ["one"]


def test_a_server_that_is_starting_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process has the lock and does not answer yet, the command asks again."""
    keep(tmp_path, "Ada", said("one"))
    store = open_store(tmp_path, FakeMachine())
    monkeypatch.setattr(time, "sleep", lambda _seconds: store.close())
    try:
        assert run("rename", "Ada", "Eve", "--patients", str(tmp_path)).status == 0
    finally:
        store.close()
    assert lines(tmp_path / "Eve.dat") == ["one"]
