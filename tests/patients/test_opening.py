"""What `--patients` says chooses the storage; a URL names a database, or one that there is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from doctor.errors import UnknownStorage
from doctor.patients import load, open_archive
from doctor.patients.opening import location, open_database, open_store
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


@pytest.mark.parametrize("where", [Path(URL), "sqlite:///x", "s3://bucket/x", "file:///x"])
def test_an_unknown_url_is_refused(where: str | Path) -> None:
    """The message says what there is, and nothing of the URL but how it begins."""
    for use in (open_archive, location, lambda place: open_store(place, FakeMachine())):
        with pytest.raises(UnknownStorage, match="give --patients a directory") as refused:
            use(where)
        assert str(refused.value).startswith(str(where).partition(":")[0] + "://")
        assert "sesame" not in str(refused.value)


def test_a_password_in_a_url_is_refused() -> None:
    """Everybody can read a command line; the message does not repeat the password."""
    for where in (URL, "postgresql:///doctor?user=doctor&password=open-sesame"):
        for use in (open_archive, lambda place: open_store(place, FakeMachine()), open_database):
            with pytest.raises(UnknownStorage, match="PGPASSFILE") as refused:
                use(where)
            assert "sesame" not in str(refused.value)


def test_a_url_that_cannot_be_read_is_refused() -> None:
    """The message does not repeat it: it may hold a password all the same."""
    with pytest.raises(UnknownStorage, match="cannot be read") as refused:
        open_archive("postgresql://doctor:open-sesame@[::1/doctor")
    assert "sesame" not in str(refused.value)


def test_without_the_driver_one_sentence_tells_what_to_install() -> None:
    """A URL needs psycopg, which is not installed by default."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from doctor.patients import open_archive\n"
        "from doctor.errors import UnknownStorage\n"
        "try: open_archive('postgresql:///doctor')\n"
        "except UnknownStorage as error: print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert "pip install" in ran.stdout


def test_the_server_refuses_a_password_in_a_url(tmp_path: Path) -> None:
    """One line on stderr, status 2, and no directory made."""
    ran = subprocess.run(
        [sys.executable, ROOT / "server.py", "--port", "0", "--patients", URL],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stderr.startswith("server.py: a URL must hold no password")
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
