"""Full disks: a server starts, serves reading, answers 452, and works again when there is room."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.programs import (
    Peer,
    Ran,
    Server,
    clean,
    disk,
    doctor,
    exchanges,
    fill,
    holding,
    run_many,
    said,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the histories of Ada and Bob."""
    patients = tmp_path_factory.mktemp("made") / "p"
    with Server(patients) as server:
        server.visit("Ada", "Line one.", "Line two.")
        server.visit("Bob", *[f"Bob says {number}, and more than that." for number in range(40)])
        assert server.stop() == 0
    return patients


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of its own for a test."""
    with disk(tmp_path / "disk") as where:
        yield where


def _copy(made: Path, where: Path) -> Path:
    patients = where / "p"
    shutil.copytree(made, patients, ignore=shutil.ignore_patterns(".lock", ".control"))
    patients.chmod(0o700)
    return patients


def _serves_while_full_and_after(server: Server, small: Path, known: list[str]) -> None:
    """Have a known patient read and be refused, make room, and be answered."""
    filler = fill(small)  # what the start gave back too
    known = list(known)
    with Peer(server.port) as ada:
        assert ada.enter("Ada").code == 230
        history = ada.ask("/history")
        assert [row[5] for row in history.rows if row[4] == "patient"] == known
        for number in range(400):  # what was written ahead is used up first
            line = f"Line {number} is in need of room, {'very ' * 500}much of it."
            code = ada.ask(line).code
            if code == 452:
                break
            assert code == 250
            known.append(line)
        else:
            pytest.fail("the disk did not get full")
        filler.unlink()
        until(lambda: ada.ask("There is room.").code == 250, "an answer when there is room")
        ada.leave()
    assert server.stop() == 0
    kept = said(server.patients, "Ada")
    assert kept == [*known, "There is room."]


@pytest.mark.parametrize("before", ["nothing", "an empty lock", "a lock with a process"])
def test_a_start_on_a_full_disk(small: Path, made: Path, before: str) -> None:
    """A server starts on a full disk, serves reading, and works again when there is room."""
    patients = _copy(made, small)
    if before != "nothing":
        (patients / ".lock").write_text("" if before == "an empty lock" else "4194303\n")
    fill(small)
    with Server(patients) as server:
        _serves_while_full_and_after(server, small, ["Line one.", "Line two."])


@pytest.mark.parametrize("inodes", [False, True])
def test_a_start_after_a_kill_on_a_full_disk(tmp_path: Path, made: Path, inodes: bool) -> None:
    """After SIGKILL, without room or without inodes, a start loses nothing and serves reading."""
    with disk(tmp_path / "disk", *(["nr_inodes=40"] if inodes else [])) as small:
        patients = _copy(made, small)
        with Server(patients) as server, Peer(server.port) as ada:
            ada.enter("Ada")
            assert ada.ask("Line three.").code == 250
            server.kill()
        if inodes:
            _take_inodes(small)
        else:
            fill(small)
        with Server(patients) as server:
            with Peer(server.port) as ada:
                assert ada.enter("Ada").code == 230
                rows = ada.ask("/history").rows
                assert "Line three." in [row[5] for row in rows]
                ada.leave()
            if not inodes:
                known = ["Line one.", "Line two.", "Line three."]
                _serves_while_full_and_after(server, small, known)
            else:
                assert server.stop() == 0


def _take_inodes(where: Path) -> None:
    (where / "taken").mkdir()
    for number in range(1000):
        try:
            (where / "taken" / str(number)).touch()
        except OSError:
            return


def test_a_second_start_after_one_on_a_full_disk(small: Path, made: Path) -> None:
    """A start on a full disk does not make each later start fail."""
    patients = _copy(made, small)
    (patients / ".lock").write_text("4194303\n")
    fill(small)
    for _ in range(3):
        with Server(patients) as server:
            assert server.visit("Ada")[0].code == 230
            assert server.stop() == 0


def test_a_new_patient_on_a_full_disk(small: Path, made: Path) -> None:
    """Who is new hears on a full disk that nothing can be saved, and the visit goes on."""
    patients = _copy(made, small)
    fill(small)
    with Server(patients) as server:
        with Peer(server.port) as new:
            reply = new.enter("Newcomer")
            if reply.code == 230:
                assert [new.ask(f"Line {number}.").code for number in range(3)] == [452] * 3
            else:
                assert reply.code in {421, 452, 553}
        assert server.stop() == 0


def test_a_full_disk_below_which_only_known_patients_are_served(tmp_path: Path, made: Path) -> None:
    """With little room left a known patient is served and a new one is not let use it up."""
    with disk(tmp_path / "disk") as small:
        patients = _copy(made, small)
        filler = fill(small)
        os.truncate(filler, filler.stat().st_size - (1 << 20))
        with Server(patients) as server:
            assert server.visit("Ada", "Line three.")[1].code == 250
            with Peer(server.port) as new:
                reply = new.enter("Newcomer")
                code = new.ask("Line one.").code if reply.code == 230 else reply.code
                assert code in {421, 452, 553}
            assert server.stop() == 0
        assert said(patients, "Newcomer") == []


@pytest.mark.parametrize("inodes", [False, True])
@pytest.mark.parametrize("log", [False, True])
def test_forget_on_a_full_disk(tmp_path: Path, made: Path, inodes: bool, log: bool) -> None:
    """`forget` makes room on a disk that has none, also where a commit log waits."""
    with disk(tmp_path / "disk", *(["nr_inodes=40"] if inodes else [])) as small:
        patients = _copy(made, small)
        if log:
            with Server(patients) as server, Peer(server.port) as bob:
                bob.enter("Bob")
                assert bob.ask("Bob once more.").code == 250
                server.kill()
        _take_inodes(small) if inodes else fill(small)
        ran = doctor("forget", "Bob", "--yes", "--patients", patients)
        assert ran.status == 0, ran.err
        assert holding(patients, "Bob once more.") == []
        assert not (patients / "Bob.dat").exists()
        assert said(patients, "Ada") == ["Line one.", "Line two."]


def test_forgetting_over_the_wire_on_a_full_disk(small: Path, made: Path) -> None:
    """`/forget` makes room on a full disk, for the patient and for everybody."""
    patients = _copy(made, small)
    fill(small)
    with Server(patients) as server:
        with Peer(server.port) as bob:
            assert bob.enter("Bob").code == 230
            assert bob.ask("/forget").code == 336
            assert bob.ask("Bob").code == 236
        assert server.stop() == 0
    assert not (patients / "Bob.dat").exists()


COMMANDS = [
    ["rename", "Bob", "Robert"],
    ["repair", "Bob"],
    ["passphrase", "Bob", "--reset"],
    ["export", "Bob", "-o", "{disk}/bob.json"],
    ["export", "--all", "--format", "csv", "-o", "{disk}/all.csv"],
    ["export", "--all", "--format", "html", "-o", "{disk}/all.html"],
    ["report", "Bob", "--html", "{disk}/bob.html"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: "-".join(words[:2]))
def test_commands_on_a_full_disk(small: Path, made: Path, words: list[str]) -> None:
    """A command that cannot write ends with one line that names a path, and leaves no half file."""
    patients = _copy(made, small)
    fill(small)
    before = {path.name for path in small.iterdir()}
    words = [word.format(disk=small) for word in words]
    ran = doctor(*words, "--patients", patients, patience=60)
    assert len(exchanges(patients, "Bob")) == 40 or len(exchanges(patients, "Robert")) == 40
    assert {path.name for path in small.iterdir()} == before
    if ran.status:
        assert ran.status == 2
        assert clean(ran), ran.err
        assert str(small) in ran.err, ran.err
        assert "[Errno" not in ran.err


@pytest.mark.parametrize("option", ["--ready-file", "--log", "both"])
def test_what_is_for_people_on_a_full_disk(tmp_path: Path, option: str) -> None:
    """A ready file or a log that cannot be written is one line, and a clean stop is status 0."""
    with disk(tmp_path / "disk") as small:
        fill(small)
        wanted = ["--ready-file", "--log"] if option == "both" else [option]
        words = [word for each in wanted for word in (each, str(small / f"file{each}"))]
        with Server(tmp_path / "p", *words) as server:
            assert [reply.code for reply in server.visit("Ada", "Line one.")] == [230, 250]
            assert server.stop() == 0
            errors = server.errors()
        assert "Traceback" not in errors
        told = [line for line in errors.splitlines() if str(small) in line or "file-" in line]
        assert len(told) == len(wanted), errors
    assert said(tmp_path / "p", "Ada") == ["Line one."]


def test_a_log_that_was_full_for_a_while(tmp_path: Path) -> None:
    """A log counts what it could not write, and says so when there is room again."""
    with disk(tmp_path / "disk") as small:
        log = small / "log"
        with Server(tmp_path / "p", "--log", str(log)) as server:
            server.visit("Ada", "One.")
            until(lambda: "Ada" in log.read_text(), "a line in the log")
            filler = fill(small)
            with log.open("ab", buffering=0) as file:  # what is left of the file's last page
                try:
                    while file.write(b"x"):
                        pass
                except OSError:
                    pass
            for number in range(20):
                server.visit(f"Nobody {number}")
            filler.unlink()
            server.visit("Bob", "One.")
            until(lambda: "Bob" in log.read_text(), "a line in the log")
            assert server.stop() == 0
        lines = log.read_text().replace("x", "").splitlines()
    told = [line for line in lines if "Nobody" not in line and ("lost" in line or "drop" in line)]
    assert told, lines[-4:]
    assert any(character.isdigit() for character in told[0].partition(" ")[2])


@pytest.mark.parametrize("full", [True, False])
def test_a_damaged_history_is_set_aside_once(tmp_path: Path, made: Path, full: bool) -> None:
    """A damaged file is set aside once, not once a visit, and the log says what is true of it."""
    with disk(tmp_path / "disk") as small:
        patients = _copy(made, small)
        file = patients / "Ada.dat"
        data = bytearray(file.read_bytes())
        middle = data.index(b"Line one.")
        data[middle : middle + 4] = b"\0\0\0\0"
        file.write_bytes(data)
        (patients / ".lock").write_text("4194303\n")
        if full:
            fill(small)
        with Server(patients) as server:
            for _ in range(12):
                server.visit("Ada")
            server.stop()
            log = server.complaints()
        names = [path.name for path in patients.iterdir() if "damaged" in path.name]
        assert len(names) <= 1, names
        assert log
        assert len([line for line in log if "Ada" in line]) <= 6
        assert holding(patients, "Line two.")
        assert not full or not names or len(set((patients / names[0]).read_bytes())) > 1


# -- every call failing in its turn ---------------------------------------------------------------

WALKED = [
    ["export", "Bob", "-o", "{out}/bob.json"],
    ["export", "--all", "--format", "csv", "-o", "{out}/all.csv"],
    ["rename", "Bob", "Robert"],
    ["repair", "Bob"],
    ["forget", "Bob", "--yes"],
    ["passphrase", "Bob", "--reset"],
]
#: Places in which a call fails; more than any of these programs has.
PLACES = 10


@pytest.fixture
def quick() -> Iterator[Path]:
    """Return a directory in memory, where there is one: what is synced there costs nothing."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as where:
        yield Path(where)


def _walk(
    root: Path, made: Path, words: list[str], fault: dict[str, Any], serve: bool = False
) -> list[tuple[Path, Ran]]:
    """Run a program once for each place at which a call fails; return where and what was left."""
    jobs, places = [], []
    for first in range(PLACES):
        place = root / str(first)
        place.mkdir(parents=True)
        patients = _copy(made, place)
        (place / "out").mkdir()
        arguments = [word.format(out=place / "out") for word in words]
        jobs.append({
            "arguments": [*arguments, "--patients", str(patients)], "serve": serve,
            "faults": [{"fault": "full", "under": str(place), "first": first, **fault}],
            "lines": ["Line three.", "Line four."],
        })  # fmt: skip
        places.append(place)
    return list(zip(places, run_many(jobs), strict=True))


@pytest.mark.parametrize("fault", [{}, {"times": 1, "error": "EIO"}], ids=["full", "once"])
@pytest.mark.parametrize("words", WALKED, ids=lambda words: "-".join(words[:2]))
def test_each_call_of_a_command_failing(
    quick: Path, made: Path, words: list[str], fault: dict[str, Any]
) -> None:
    """Whichever call fails, a command loses no history, and says in one line what and where."""
    for place, ran in _walk(quick / "walk", made, words, fault):
        assert "Traceback" not in ran.err, (place.name, ran.err)
        assert ran.status in {0, 2}, (place.name, ran)
        if ran.status == 2:
            assert clean(ran), (place.name, ran.err)
            assert "[Errno" not in ran.err, (place.name, ran.err)
            assert str(place) in ran.err, (place.name, ran.err)
            assert "export" not in words or not list((place / "out").iterdir())
        assert holding(place / "p", "Line two.") == ["Ada.dat"]
        if "forget" not in words:
            assert holding(place / "p", "Bob says 39"), place.name
        elif not ran.status:
            assert not holding(place / "p", "Bob says 39"), place.name


@pytest.mark.parametrize("fault", [{}, {"times": 1, "error": "EIO"}], ids=["full", "once"])
def test_each_call_of_a_server_failing(quick: Path, made: Path, fault: dict[str, Any]) -> None:
    """Whichever call fails, a server starts, lets in who is known, loses nothing and stops well."""
    words = ["--port", "0", "--ready-file", "{out}/ready"]
    found = _walk(quick / "walk", made, words, fault, serve=True)
    shows = [
        {"arguments": ["show", "Ada", "--format", "json", "--patients", str(place / "p")]}
        for place, _ in found
    ]
    for (place, ran), shown in zip(found, run_many(shows), strict=True):
        codes = json.loads(ran.out.splitlines()[0])
        assert ran.status == 0, (place.name, ran)
        assert "Traceback" not in ran.err, (place.name, ran.err)
        assert codes[:2] == [220, 230], (place.name, codes, ran.err)
        assert set(codes[2:4]) <= {250, 452}, (place.name, codes)
        kept = [each["patient"] for each in json.loads(shown.out)["exchanges"]]
        answered = [
            line
            for line, code in zip(["Line three.", "Line four."], codes[2:4], strict=True)
            if code == 250
        ]
        assert kept == ["Line one.", "Line two.", *answered], place.name


def test_a_stop_on_a_full_disk(small: Path, made: Path) -> None:
    """A disk that fills up during a visit costs the stop nothing: status 0, and all is kept."""
    patients = _copy(made, small)
    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        assert ada.ask("Line three.").code == 250
        filler = fill(small)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "Traceback" not in server.errors()
        filler.unlink()
    assert said(patients, "Ada") == ["Line one.", "Line two.", "Line three."]


def test_a_disk_that_is_read_only(tmp_path: Path, made: Path) -> None:
    """On a read-only disk who is known reads and hears 452, a stop is clean, commands say why."""
    with disk(tmp_path / "disk") as small:
        patients = _copy(made, small)
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        with Server(patients) as server:
            with Peer(server.port) as ada:
                assert ada.enter("Ada").code == 230
                rows = ada.ask("/history").rows
                assert "Line two." in [row[5] for row in rows]
                assert ada.ask("That is refused.").code == 452
                ada.leave()
            assert server.stop() == 0
            assert "traceback" not in server.errors().lower()
            assert [line for line in server.complaints() if str(small) in line]
        ran = doctor("rename", "Ada", "Eve", "--patients", patients)
        assert ran.status == 2
        assert clean(ran), ran.err
        assert str(small) in ran.err
        assert "read-only" in ran.err
        assert said(patients, "Ada") == ["Line one.", "Line two."]
