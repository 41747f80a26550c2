"""What `--patients` says chooses the storage; a URL names one that this version does not have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from doctor.errors import UnknownStorage
from doctor.patients import load, open_archive
from doctor.patients.opening import location, open_store
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import ROOT

URL = "postgresql://doctor:open-sesame@db1,db2/doctor?sslmode=verify-full"


@pytest.mark.parametrize(
    "path", ["patients", "/srv/patients", "../x", "a:b", r"C:\patients", "C:/patients", "x//y"]
)
def test_a_path_is_a_directory(path: str) -> None:
    """Whatever is no URL is a path, with colons and double slashes too."""
    assert location(path) == Path(path)
    assert location(Path(path)) == Path(path)


@pytest.mark.parametrize("where", [URL, Path(URL), "sqlite:///x", "s3://bucket/x", "file:///x"])
def test_a_url_is_refused(where: str | Path) -> None:
    """The message says what there is, and nothing of the URL but how it begins."""
    for use in (open_archive, location, lambda place: open_store(place, FakeMachine())):
        with pytest.raises(UnknownStorage, match="in a directory") as refused:
            use(where)
        assert str(refused.value).startswith(str(where).partition(":")[0] + "://")
        assert "sesame" not in str(refused.value)


def test_the_server_refuses_a_url(tmp_path: Path) -> None:
    """One line on stderr, status 2, and no directory made."""
    ran = subprocess.run(
        [sys.executable, ROOT / "server.py", "--port", "0", "--patients", URL],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stderr.startswith("server.py: postgresql://")
    assert ran.stderr.count("\n") == 1
    assert "sesame" not in ran.stderr
    assert not list(tmp_path.iterdir())


def test_no_backend_is_loaded_before_it_is_chosen() -> None:
    """The package alone loads no backend; a reader loads no store."""
    program = (
        "import sys, doctor.patients as p\n"
        "known = lambda: {m for m in sys.modules if m.startswith('doctor.patients.')}\n"
        "assert known() == {'doctor.patients.opening'}, known()\n"
        "p.open_archive('patients')\n"
        "assert 'doctor.patients.store' not in known(), known()\n"
        "assert 'doctor.patients.files.commit_log' not in known(), known()\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_load_takes_a_path_or_a_text(tmp_path: Path) -> None:
    """`doctor.patients.load` reads a file by either."""
    with open_store(str(tmp_path), FakeMachine()) as store, store.open("Ada") as patient:
        patient.say("hello")
        for path in (tmp_path / "Ada.dat", str(tmp_path / "Ada.dat")):
            assert [each.patient for each in load(path).history] == ["hello"]
