"""A Python that is too old hears in one sentence what is needed, whatever it is asked to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import TREE, Fault, environment, run

WORDS = {
    "server": ["server.py", "--version"],
    "doctor": ["-m", "doctor", "--version"],
    "client": ["-m", "client", "--version"],
    "set-up": ["tools/set_up.py", "run"],
    "set-up-test": ["tools/set_up.py", "test"],
}


def _told(ran_status: int, err: str) -> None:
    assert ran_status not in {0, 120}
    assert "Traceback" not in err
    assert "Error" not in err
    assert "3.11" in err
    assert len([line for line in err.splitlines() if line.strip()]) == 1, err


@pytest.mark.parametrize("version", [[3, 10]], ids=str)
@pytest.mark.parametrize("program", WORDS)
def test_a_python_that_says_it_is_older(tmp_path: Path, program: str, version: list[int]) -> None:
    """Each program says that 3.11 is needed when it meets an older Python, and does nothing."""
    fault: Fault = {"fault": "python", "version": version, "without": ["tomllib"]}
    words = WORDS[program] + ([str(tmp_path / "venv")] if program.startswith("set-up") else [])
    ran = run(*words, faults=[fault], patience=60)
    _told(ran.status, ran.err)
    assert not list(tmp_path.iterdir())


def _older(minor: int) -> str | None:
    """Return a real Python of this version, if there is one that runs."""
    places = [shutil.which(f"python3.{minor}") or ""]
    places += [str(path) for path in Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3")]
    for place in filter(None, places):
        asked = subprocess.run(
            [place, "-c", "import sys; print(sys.version_info[1])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if asked.stdout.strip() == str(minor):
            return place
    return None


@pytest.mark.parametrize("minor", [8, 9, 10])
@pytest.mark.parametrize("program", [*WORDS, "make run"])
def test_a_real_older_python(tmp_path: Path, program: str, minor: int) -> None:
    """`make run` and the programs tell a real older Python's user what is needed."""
    older = _older(minor)
    if older is None:
        pytest.skip(f"there is no Python 3.{minor} here")
    venv = tmp_path / "venv"
    if program == "make run":
        if shutil.which("make") is None:
            pytest.skip("there is no make here")
        command = ["make", "-s", "run", f"PYTHON={older}", f"VENV={venv}"]
    else:
        command = [older, *WORDS[program], *([str(venv)] if program.startswith("set-up") else [])]
    done = subprocess.run(
        command, cwd=TREE, env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    err = done.stderr
    if program == "make run":  # make adds a line of its own
        err = "\n".join(line for line in err.splitlines() if not line.startswith("make"))
    _told(done.returncode, err)
    assert not venv.exists()


def test_the_python_of_these_tests_is_not_refused() -> None:
    """The Python that runs these tests is one that the programs take."""
    assert sys.version_info >= (3, 11)
    assert os.fspath(TREE)
    assert run("server.py", "--version").status == 0
