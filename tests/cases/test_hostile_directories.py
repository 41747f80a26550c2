"""Directories that others may write: no open follows what it did not check."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.programs import Peer, Server, doctor, said

VICTIM = b"What belongs to somebody else.\n" * 40


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """Return a file that nothing may change."""
    path = tmp_path / "victim"
    path.write_bytes(VICTIM)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with two histories."""
    patients = tmp_path_factory.mktemp("made") / "p"
    with Server(patients) as server:
        server.visit("Ada", "Line one.", "Line two.")
        server.visit("Bob", "Line of Bob.")
        server.stop()
    return patients


def _copy(made: Path, where: Path) -> Path:
    patients = where / "p"
    shutil.copytree(made, patients, ignore=shutil.ignore_patterns(".lock", ".control"))
    return patients


NAMES = [".lock", ".exchanges.log", ".exchanges.2.log", "Ada.dat", "Ada.dat.new", "New.dat"]


def _talk_if_it_starts(server: Server) -> None:
    """Have two patients talk to a server that may refuse to start; it never shows a traceback."""
    assert server.process.stdout is not None
    line = server.process.stdout.readline().decode()
    if line:
        server.port = int(line.rpartition(":")[2])
        for patient in ("Ada", "New"):
            with Peer(server.port) as peer:
                try:
                    if peer.enter(patient).code == 230:
                        peer.ask("Said to a hostile directory.")
                    peer.leave()
                except EOFError:
                    pass
        server.stop()
    assert "Traceback" not in server.errors()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("exists", [True, False], ids=["replaced", "made"])
def test_a_link_put_in_place_just_before_an_open(
    tmp_path: Path, made: Path, victim: Path, name: str, exists: bool
) -> None:
    """A link put in a name's place between a look and an open changes no other file."""
    patients = _copy(made, tmp_path)
    link = tmp_path / "link"
    link.symlink_to(victim)
    if exists and not (patients / name).exists():
        (patients / name).touch(mode=0o600)
    elif not exists:
        (patients / name).unlink(missing_ok=True)
    fault = {"fault": "swap", "ends": str(patients / name), "put": str(link), "when": "before"}
    with Server(patients, faults=[fault], started=False) as server:
        _talk_if_it_starts(server)
    assert victim.read_bytes() == VICTIM
    assert "somebody else" not in " ".join(said(patients, "Ada"))


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_is_there_already(tmp_path: Path, made: Path, victim: Path, name: str) -> None:
    """A link among the histories is never written through."""
    patients = _copy(made, tmp_path)
    (patients / name).unlink(missing_ok=True)
    (patients / name).symlink_to(victim)
    with Server(patients, started=False) as server:
        _talk_if_it_starts(server)
    assert victim.read_bytes() == VICTIM


@pytest.mark.parametrize("words", [["repair", "Ada"], ["rename", "Ada", "Eve"],
                                   ["passphrase", "Ada", "--reset"], ["forget", "Ada", "--yes"]],
                         ids=lambda words: words[0])  # fmt: skip
@pytest.mark.parametrize("name", [".lock", "Ada.dat", "Ada.dat.new"])
def test_commands_beside_a_link(
    tmp_path: Path, made: Path, victim: Path, name: str, words: list[str]
) -> None:
    """A command changes nothing through a link that was put in place at the worst moment."""
    patients = _copy(made, tmp_path)
    link = tmp_path / "link"
    link.symlink_to(victim)
    fault = {"fault": "swap", "ends": str(patients / name), "put": str(link), "when": "before"}
    ran = doctor(*words, "--patients", patients, faults=[fault])
    assert "Traceback" not in ran.err
    assert victim.read_bytes() == VICTIM


@pytest.mark.parametrize("command", ["export", "report"])
def test_an_output_beside_a_link(tmp_path: Path, made: Path, victim: Path, command: str) -> None:
    """What a command writes replaces a link and never what it leads to."""
    out = tmp_path / "out"
    out.symlink_to(victim)
    words = ["export", "Ada", "-o"] if command == "export" else ["report", "Ada", "--html"]
    doctor(*words, out, "--force", "--patients", made, patience=60)
    assert victim.read_bytes() == VICTIM


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o720, 0o702])
def test_a_used_directory_that_others_may_write(tmp_path: Path, made: Path, mode: int) -> None:
    """A directory with histories that others may write is warned of at the start."""
    patients = _copy(made, tmp_path)
    patients.chmod(mode)
    with Server(patients) as server:
        server.stop()
        errors = server.errors()
    warned = [line for line in errors.splitlines() if str(patients) in line and "writ" in line]
    assert warned, errors


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_directory_that_only_its_owner_may_write(tmp_path: Path, made: Path, mode: int) -> None:
    """A directory that nobody else may write is not warned of."""
    patients = _copy(made, tmp_path)
    patients.chmod(mode)
    with Server(patients) as server:
        server.stop()
        assert not [line for line in server.errors().splitlines() if "others" in line]


COMMANDS = [["show", "Ada"], ["verify"], ["list"], ["repair", "Ada"], ["export", "Ada"],
            ["search", "Line"]]  # fmt: skip


@pytest.mark.parametrize("kind", ["link", "loop", "dangling", "fifo", "directory"])
def test_what_is_no_file_is_told_in_words(tmp_path: Path, made: Path, kind: str) -> None:
    """A link or another thing in a history's place is named in words, not by an error's number."""
    patients = _copy(made, tmp_path)
    file = patients / "Ada.dat"
    file.rename(tmp_path / "real")
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    else:
        file.symlink_to(
            {"link": tmp_path / "real", "loop": file, "dangling": Path("/nowhere")}[kind]
        )
    ran = doctor("show", "Ada", "--patients", patients)
    assert "[Errno" not in ran.err
    assert "Traceback" not in ran.err
    if ran.status:
        wanted = {"fifo": "regular", "directory": "directory"}.get(kind, "link")
        assert wanted in ran.err.lower(), ran.err


@pytest.mark.parametrize("name", ["-rf", "--help-me", "-1", "-Ada"])
@pytest.mark.parametrize("command", ["show", "export", "forget", "repair"])
def test_a_name_that_begins_with_a_dash(tmp_path: Path, name: str, command: str) -> None:
    """A name that begins with - is taken, or the message says how to write it."""
    ran = doctor(command, name, *(["--yes"] if command == "forget" else []), "--patients", tmp_path)
    assert ran.status in {1, 2}
    told = ran.err.replace(f"{name}", "")
    assert " -- " in told or "there is no history" in told, ran.err
