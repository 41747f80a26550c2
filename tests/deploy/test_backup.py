"""Backup, restore, moving and upgrading, as docs/operating.md says."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE, Peer, Server, doctor, said, until, verify

if TYPE_CHECKING:
    from pathlib import Path

HISTORIES = ROOT / "tests" / "data" / "histories-1.0.0"
#: What the document says to type for a backup, and the whole directory, which must do too.
COPIES = {
    "histories": "cp -a {patients}/*.dat {backup}/",
    "everything": "cp -a {patients}/. {backup}/",
}


def test_the_document_has_the_command() -> None:
    """The command that is tested is the one in the document."""
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert COPIES["histories"].format(patients="patients", backup="backup") in text


def shell(command: str) -> None:
    """Run a command of a shell; it must succeed, but for drafts of the server's that are gone."""
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    complaints = [
        line for line in done.stderr.splitlines() if ".dat.new': No such file" not in line
    ]
    assert not complaints
    assert done.returncode == 0 or done.stderr


@pytest.mark.parametrize("command", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_live_directory_is_whole(tmp_path: Path, command: str) -> None:
    """While patients talk, a copy verifies, is served, and has all that was answered before."""
    patients, is_over = tmp_path / "patients", threading.Event()
    answered: dict[str, list[str]] = {f"Patient {number}": [] for number in range(4)}

    def talk(name: str, port: int) -> None:
        while not is_over.is_set():  # visits end too, so that histories are compacted
            with Peer(port) as peer:
                peer.enter(name)
                for number in range(8):
                    line = f"line {len(answered[name])} and {number}"
                    assert peer.ask(line).code == 250
                    answered[name].append(line)
                peer.leave()

    backups: list[tuple[Path, dict[str, list[str]]]] = []
    with Server(patients) as server:
        threads = [threading.Thread(target=talk, args=(name, server.port)) for name in answered]
        for thread in threads:
            thread.start()
        try:
            for number in range(2):
                more = {name: len(lines) + 15 for name, lines in answered.items()}
                until(lambda m=more: all(len(answered[n]) > c for n, c in m.items()), "lines")  # type: ignore[misc]
                before = {name: list(lines) for name, lines in answered.items()}
                backup = tmp_path / f"backup-{number}"
                backup.mkdir()
                shell(command.format(patients=patients, backup=backup))
                backups.append((backup, before))
        finally:
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE)
    for backup, before in backups:
        checked = verify(backup)
        assert (checked.status, checked.out.split(", ")[-1].strip()) == (0, "0 damaged")
        for name, lines in before.items():
            assert said(backup, name)[: len(lines)] == lines
    backup, before = backups[-1]
    with Server(backup) as server:
        for name, lines in before.items():
            found = server.lines(name)
            assert found[: len(lines)] == lines or set(lines[-50:]) <= set(found)
            (reply,) = server.visit(name, "and on")[1:]
            assert reply.code == 250
    assert verify(backup).status == 0


def test_a_backup_is_restored(tmp_path: Path) -> None:
    """One history goes back while the server stands still; `copy` puts all into a new place."""
    patients, backup, place = (tmp_path / name for name in ("patients", "backup", "place"))
    with Server(patients) as server:
        server.visit("Ada", "one", "two")
        server.visit("Bob", "three")
        backup.mkdir()
        shell(COPIES["histories"].format(patients=patients, backup=backup))
        server.visit("Ada", "too much")
        assert server.stop() == 0
    (patients / "Ada.dat").unlink()
    shell(f"cp -a {backup}/Ada.dat {patients}/")
    with Server(patients) as server:
        assert server.lines("Ada") == ["one", "two"]
    moved = doctor("copy", backup, place)
    assert moved.status == 0, moved.err
    assert said(place, "Ada") == ["one", "two"]
    assert said(place, "Bob") == ["three"]


def test_a_directory_of_version_1_0_0_is_taken_over(tmp_path: Path) -> None:
    """An upgrade is a start with the new program: everybody goes on, and all is sound."""
    patients = tmp_path / "patients"
    with tarfile.open(HISTORIES / "killed.tar.gz") as archive:  # its server was killed, too
        archive.extractall(patients, filter="data")
    for path in (HISTORIES / "clean").iterdir():
        shutil.copy(path, patients)
    names = [row.split("\t")[0] for row in _listed(patients)]
    before = {name: said(patients, name) for name in names}
    assert len(before) > 3
    with Server(patients) as server:
        name = next(name for name, lines in before.items() if 0 < len(lines) < 100)
        replies = server.visit(name, "I am back")
        assert replies[-1].code in {250, 331}
        assert server.stop() == 0
    assert verify(patients).status == 0
    for name, lines in before.items():
        assert said(patients, name)[: len(lines)] == lines


def _listed(patients: Path) -> list[str]:
    import json

    ran = doctor("list", "--patients", patients, "--format", "json")
    assert ran.status == 0, ran.err
    return [one["patient"] for one in json.loads(ran.out)]
