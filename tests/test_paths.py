"""What stands where a file should be and is none: refused with a clear line, never waited for."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from doctor import paths
from doctor.patients.files import disk
from doctor.patients.opening import open_store
from doctor.protocol import codes
from doctor.scripts import DEFAULT_SCRIPT
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, Client, live_server, port_of, program, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")


@pytest.mark.parametrize(
    ("where", "option"),
    [
        ("patients/.lock", ""),
        ("patients/.exchanges.log", ""),
        ("patients/.exchanges.2.log", ""),
        ("doctor.script", "--script"),
        ("lines.toml", "--helplines"),
        ("cert.pem", "--tls-cert"),
        ("ready", "--ready-file"),
        ("log", "--log"),
    ],
)
def test_a_fifo_in_the_place_of_a_file(tmp_path: Path, where: str, option: str) -> None:
    """A server that finds a FIFO where it wants a file says so in one line and ends with 2."""
    (tmp_path / "patients").mkdir(mode=0o700)
    os.mkfifo(tmp_path / where)
    options = [option, str(tmp_path / where)] if option else []
    with program(tmp_path / "patients", *options) as server:
        out, err = server.communicate(timeout=PATIENCE)
    assert (server.returncode, out, err.count("\n")) == (2, "", 1)
    assert str(tmp_path / where) in err
    assert "no regular file" in err or "No such device" in err


def test_reading_again_waits_for_no_fifo(tmp_path: Path) -> None:
    """SIGHUP with a FIFO in the script's place is refused; the server goes on as it was."""
    script = tmp_path / "doctor.script"
    script.write_bytes(DEFAULT_SCRIPT.read_bytes())
    with program(tmp_path / "patients", "--script", str(script)) as server:
        port = port_of(server)
        script.unlink()
        os.mkfifo(script)
        server.send_signal(signal.SIGHUP)
        assert server.stderr is not None
        for line in server.stderr:
            if "reload refused" in line:
                break
        assert "no regular file" in line
        with Client(port) as ada:
            assert ada.enter("Ada").code == codes.WELCOME
        server.terminate()
        server.communicate(timeout=PATIENCE)
        assert server.returncode == 0


@pytest.mark.parametrize("kind", ["loop", "fifo", "directory", "device"])
def test_no_file_under_a_patients_name(tmp_path: Path, kind: str) -> None:
    """A name in whose place no file stands is refused; every other patient is served."""
    place = tmp_path / "Bob.dat"
    if kind == "loop":
        place.symlink_to("Bob.dat")
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.mkdir()
    with live_server(tmp_path, machine=FakeMachine()) as server, Client(server) as one:
        assert one.enter("Bob").code in {codes.BAD_NAME, codes.LOCK_UNREADABLE}
        assert one.ask("Ann").code == codes.WELCOME
        assert one.ask("hello").code == codes.SAYS
    assert os.path.lexists(place)


def test_a_fifo_where_a_new_file_is_written(tmp_path: Path) -> None:
    """A history is not compacted there, which is logged; nothing waits and nothing is lost."""
    os.mkfifo(tmp_path / "Bob.dat.new")
    with open_store(tmp_path, FakeMachine()) as store:
        with store.open("Bob") as bob:
            bob.say("hello")
        until(lambda: not store._active, "the compaction given up")
    assert len(disk.read(tmp_path / "Bob.dat").history) == 1


def test_what_took_a_files_place_holds_up_no_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncing leaves out names in whose place no regular file stands, and syncs the others."""
    synced: list[int] = []
    monkeypatch.setattr(disk, "sync_data", lambda fd: synced.append(os.fstat(fd).st_ino))
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "directory").mkdir()
    disk.sync_files([tmp_path / name for name in ("loop", "fifo", "directory", "file", "none")])
    assert (tmp_path / "file").stat().st_ino in synced
    assert (tmp_path / "directory").stat().st_ino not in synced


def test_links_are_followed_to_files_only(tmp_path: Path) -> None:
    """What an operator names may be a link to a file; where this program writes, it may not."""
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "device").symlink_to("/dev/zero")
    with paths.reading(tmp_path / "link") as file:
        assert file.read() == b"text"
    with pytest.raises(OSError, match="no regular file"):
        paths.reading(tmp_path / "device")
    with pytest.raises(OSError, match="no regular file"):
        paths.check(tmp_path / "link")
    paths.check(tmp_path / "file")
    paths.check(tmp_path / "nothing")


def test_a_log_may_go_to_a_device_and_to_a_fifo_with_a_reader(tmp_path: Path) -> None:
    """`--log` takes what can be written to: a FIFO that somebody reads too."""
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with program(tmp_path / "patients", "--log", str(tmp_path / "log")) as server:
            port_of(server)
            server.terminate()
            assert server.wait(PATIENCE) == 0
        assert b"serving" in os.read(reader, 65_536)
    finally:
        os.close(reader)
