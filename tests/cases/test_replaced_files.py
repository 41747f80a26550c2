"""Files that somebody replaces: no answered line is lost, and no two histories are mixed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.programs import (
    TREE,
    Peer,
    Server,
    doctor,
    environment,
    exchanges,
    holding,
    said,
    until,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Seconds within which a server says that its directory, its lock or its log was replaced.
A_MINUTE = 65.0


def _copied_back(file: Path, _other: Path) -> None:
    backup = file.with_suffix(".dat.bak")
    file.rename(backup)
    shutil.copy(backup, file)


def _renamed_over(file: Path, _other: Path) -> None:
    draft = file.with_name("sync.tmp")
    shutil.copy(file, draft)
    draft.replace(file)


def _removed(file: Path, _other: Path) -> None:
    file.unlink()


def _moved_away(file: Path, _other: Path) -> None:
    file.rename(file.with_name("elsewhere"))


def _linked(file: Path, _other: Path) -> None:
    real = file.with_name("real")
    file.rename(real)
    file.symlink_to(real)


def _of_another(file: Path, other: Path) -> None:
    draft = file.with_name("sync.tmp")
    shutil.copy(other, draft)
    draft.replace(file)


def _emptied(file: Path, _other: Path) -> None:
    file.write_bytes(b"")


def _cut_short(file: Path, _other: Path) -> None:
    os.truncate(file, file.stat().st_size - 40)


def _written_over(file: Path, other: Path) -> None:
    file.write_bytes(other.read_bytes())


KINDS = [_copied_back, _renamed_over, _removed, _moved_away, _linked, _of_another, _emptied,
         _cut_short, _written_over]  # fmt: skip


@pytest.mark.parametrize("replace", KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_a_history_replaced_while_its_patient_talks(
    tmp_path: Path, replace: Callable[[Path, Path], None]
) -> None:
    """After a history was replaced, no line that hears 250 is missing; the log tells."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        server.visit("Other", "Words of another person.")
        with Peer(server.port) as ada:
            ada.enter("Ada")
            assert ada.ask("Line one.").code == 250
            replace(patients / "Ada.dat", patients / "Other.dat")
            answered = []
            for line in ("Line two.", "Line three.", "Line four."):
                try:
                    if ada.ask(line).code == 250:
                        answered.append(line)
                except EOFError:
                    break
            ada.leave()
        until(server.complaints, "a word in the log")
        assert server.stop() == 0
    kept = said(patients, "Ada")
    assert [line for line in answered if line not in kept] == []
    assert "Words of another person." not in kept or not answered or kept[0] != "Line one."
    assert all(kept.count(line) == 1 for line in answered)


@pytest.mark.parametrize("whose", ["another", "older"])
def test_a_file_put_in_place_while_a_history_is_compacted(tmp_path: Path, whose: str) -> None:
    """A file renamed over a history while its new version is written is not overwritten."""
    patients, put = tmp_path / "p", tmp_path / "put"
    patients.mkdir()
    with Server(patients) as server:
        server.visit("Bob" if whose == "another" else "Ada", "What came from elsewhere.")
        assert server.stop() == 0
    source = patients / ("Bob.dat" if whose == "another" else "Ada.dat")
    source.rename(put)
    target = str(patients / "Ada.dat")
    fault = {"fault": "swap", "ends": target, "put": str(put), "when": "after", "creating": True}
    with Server(patients, faults=[fault]) as server:
        server.visit("Ada", "One line.", "Two lines.")
        server.stop()
        placed = not list(patients.glob("*.placed-by-somebody-else"))
        log = server.complaints()
    assert placed
    assert holding(patients, "What came from elsewhere."), "the other program's file is gone"
    assert log


def test_a_history_restored_from_somebody_else(tmp_path: Path) -> None:
    """A commit log is not played onto another person's history; it is set aside, and told."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        server.visit("Bob", "Bob speaks first.", "Bob speaks again.")
        assert server.stop() == 0
    bob = (patients / "Bob.dat").read_bytes()
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        for number in range(1, 6):
            assert ada.ask(f"Ada says number {number}.").code == 250
        server.kill()
    (patients / "Ada.dat").write_bytes(bob)
    with Server(patients) as server:
        assert server.stop() == 0
        assert [line for line in server.complaints() if "Ada" in line]
    assert said(patients, "Ada") == ["Bob speaks first.", "Bob speaks again."]
    assert holding(patients, "Ada says number 4.")


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_history_restored_from_an_older_backup(tmp_path: Path, lines: int) -> None:
    """A commit log whose records do not continue an older backup leaves no gap in its numbers."""
    patients = tmp_path / "p"
    words = [f"Ada says number {number}." for number in range(1, 10)]
    with Server(patients) as server:
        server.visit("Ada", *words[:lines])
        assert server.stop() == 0
    backup = (patients / "Ada.dat").read_bytes()
    with Server(patients) as server:
        server.visit("Ada", *words[lines:6])
        assert server.stop() == 0
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        for line in words[6:]:
            assert ada.ask(line).code == 250
        server.kill()
    (patients / "Ada.dat").write_bytes(backup)
    with Server(patients) as server:
        assert server.stop() == 0
        assert [line for line in server.complaints() if "Ada" in line]
    found = exchanges(patients, "Ada")
    assert [each["patient"] for each in found] == words[:lines]
    assert [each["number"] for each in found] == list(range(1, lines + 1))
    assert all(holding(patients, line) for line in words[6:])


def test_another_history_of_the_same_length_is_put_in_place(tmp_path: Path) -> None:
    """A restored history whose numbers happen to fit takes no record of the one before it."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        server.visit("Ada", "An earlier life, one.", "An earlier life, two.")
        assert server.stop() == 0
    earlier = (patients / "Ada.dat").read_bytes()
    assert doctor("forget", "Ada", "--yes", "--patients", patients).status == 0
    with Server(patients) as server:
        server.visit("Ada", "A new life, one.", "A new life, two.")
        assert server.stop() == 0
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        assert ada.ask("A new life, three.").code == 250
        server.kill()
    (patients / "Ada.dat").write_bytes(earlier)
    with Server(patients) as server:
        assert server.stop() == 0
    assert said(patients, "Ada") == ["An earlier life, one.", "An earlier life, two."]


def _after_each_line(server: Server, name: str, lines: list[str]) -> list[int]:
    """Say lines and leave the connection open; return the file's size after each."""
    sizes = []
    with Peer(server.port) as peer:
        peer.enter(name)
        for line in lines:
            assert peer.ask(line).code == 250
            sizes.append((server.patients / f"{name}.dat").stat().st_size)
        server.kill()
    return sizes


def _no_log(patients: Path) -> None:
    for path in [*patients.glob(".exchanges*"), *patients.glob(".commits*")]:
        path.unlink()


@pytest.mark.parametrize(("first", "last"), [(2, 3), (3, 4), (2, 5), (4, 5)])
def test_records_cut_out_of_a_history(tmp_path: Path, first: int, last: int) -> None:
    """`verify` names a gap: exchanges that were cut out of the middle of a file."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        sizes = _after_each_line(server, "Ada", [f"Line {number}." for number in range(1, 7)])
    _no_log(patients)
    file = patients / "Ada.dat"
    data = file.read_bytes()
    assert verify(patients).status == 0
    file.write_bytes(data[: sizes[first - 1]] + data[sizes[last - 1] :])
    ran = verify(patients)
    assert ran.status == 1
    assert "Ada.dat" in ran.out + ran.err


@pytest.mark.parametrize("how", ["appended", "in its place", "doubled"])
def test_records_that_are_not_this_history_s(tmp_path: Path, how: str) -> None:
    """`verify` names a record of another patient's that was put in, and one that is there twice."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        ada = _after_each_line(server, "Ada", ["Ada one.", "Ada two.", "Ada three."])
    with Server(patients) as server:
        bob = _after_each_line(server, "Bob", ["Bob one.", "Bob two.", "Bob three.", "Bob four."])
    _no_log(patients)
    mine, other = (patients / "Ada.dat").read_bytes(), (patients / "Bob.dat").read_bytes()
    assert verify(patients).status == 0
    changed = {
        "appended": mine[: ada[2]] + other[bob[2] : bob[3]],
        "in its place": mine[: ada[1]] + other[bob[1] : bob[2]],
        "doubled": mine[: ada[2]] + mine[ada[1] : ada[2]],
    }
    (patients / "Ada.dat").write_bytes(changed[how])
    ran = verify(patients)
    assert ran.status == 1
    assert "Ada.dat" in ran.out + ran.err


@pytest.fixture(scope="module")
def after_a_power_cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory whose commit log holds three exchanges that its file lost."""
    patients = tmp_path_factory.mktemp("power") / "p"
    with Server(patients) as server:
        sizes = _after_each_line(server, "Ada", [f"Line {number}." for number in range(1, 6)])
    os.truncate(patients / "Ada.dat", sizes[1])
    return patients


READERS = [
    (["show", "Ada"], "Line 5."),
    (["export", "Ada"], "Line 5."),
    (["export", "--all", "--format", "csv"], "Line 5."),
    (["search", "Line 5"], "Line 5."),
    (["list", "--format", "json"], '"exchanges": 5'),
]


@pytest.mark.parametrize(("words", "wanted"), READERS, ids=lambda value: "-".join(value)[:18])
def test_reading_after_a_power_cut(after_a_power_cut: Path, words: list[str], wanted: str) -> None:
    """The inspector reads what waits in a commit log when no server has run since a power cut."""
    ran = doctor(*words, "--patients", after_a_power_cut)
    assert ran.status == 0
    assert wanted in ran.out


@pytest.mark.parametrize("command", ["list", "verify"])
def test_telling_that_a_commit_log_waits(after_a_power_cut: Path, command: str) -> None:
    """The inspector tells that a commit log waits, and what it holds."""
    ran = doctor(command, "--patients", after_a_power_cut)
    assert "log" in (ran.out + ran.err).lower()
    assert "3" in ran.out + ran.err


def test_what_a_server_needs_is_replaced_under_it(tmp_path: Path) -> None:
    """A directory, lock or log that is replaced or removed is noticed within a minute, and told."""

    def directory(patients: Path) -> None:
        patients.rename(patients.with_name(patients.name + "-moved"))
        patients.mkdir()

    def lock(patients: Path) -> None:
        (patients / ".lock").unlink()

    def other_lock(patients: Path) -> None:
        (patients / "new").write_text("1\n")
        (patients / "new").replace(patients / ".lock")

    def log(patients: Path) -> None:
        for path in [*patients.glob(".exchanges*"), *patients.glob(".commits*")]:
            path.unlink()

    servers, peers, before = [], [], []
    answered: dict[str, list[str]] = {}
    try:
        for change in (directory, lock, other_lock, log):
            server = Server(tmp_path / change.__name__)
            servers.append(server)
            peer = Peer(server.port)
            peers.append(peer)
            peer.enter("Ada")
            assert peer.ask("Line one.").code == 250
            before.append(len(server.complaints()))
            change(server.patients)
        number = 0

        def told() -> bool:
            nonlocal number
            number += 1
            for server, peer in zip(servers, peers, strict=True):
                # A change that was told is over; what is said afterwards counts.
                try:
                    line = f"Line {number} more."
                    if number % 25 == 1 and peer.ask(line).code == 250:
                        answered.setdefault(server.patients.name, []).append(line)
                except (EOFError, OSError):
                    continue
            return all(
                len(server.complaints()) > count
                for server, count in zip(servers, before, strict=True)
            )

        until(told, "a word in each log", A_MINUTE)
    finally:
        for peer in peers:
            peer.socket.close()
        states = [server.stop() for server in servers]
        for server in servers:
            server.kill()
    assert states == [0] * 4
    for name, lines in answered.items():
        places = [tmp_path / name, tmp_path / f"{name}-moved"]
        kept = [line for place in places if place.is_dir() for line in said(place, "Ada")]
        assert [line for line in lines if line not in kept] == []


def test_a_second_server_when_the_lock_was_removed(tmp_path: Path) -> None:
    """Two servers never both write a history, even when somebody removed the lock's file."""
    patients = tmp_path / "p"
    answered = []
    with Server(patients) as first, Peer(first.port) as one:
        one.enter("Ada")
        assert one.ask("Said to the first, 1.").code == 250
        answered.append("Said to the first, 1.")
        (patients / ".lock").unlink()
        command = [sys.executable, "server.py", "--port", "0", "--patients", str(patients)]
        with subprocess.Popen(
            command, cwd=TREE, env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as second:  # fmt: skip
            try:
                assert second.stdout is not None
                line = second.stdout.readline().decode()
                if line:
                    with Peer(int(line.rpartition(":")[2])) as two:
                        two.enter("Ada")
                        for number in range(1, 4):
                            for peer, whom in ((one, "first"), (two, "second")):
                                words = f"Said to the {whom}, again {number}."
                                try:
                                    if peer.ask(words).code == 250:
                                        answered.append(words)
                                except EOFError:
                                    continue
            finally:
                second.terminate()
                second.wait(20)
        first.stop()
    found = exchanges(patients, "Ada")
    assert [line for line in answered if line not in [each["patient"] for each in found]] == []
    assert [each["number"] for each in found] == list(range(1, len(found) + 1))
    assert verify(patients).status == 0
