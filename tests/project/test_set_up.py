"""Setting up: what is missing is installed or named in one line, and nothing is done twice."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import set_up

ROOT = Path(__file__).resolve().parents[2]


def _need(package: str, *, optional: bool) -> set_up.SystemNeed:
    return set_up.SystemNeed(
        f"the thing {package}", package, frozenset({"run", "test"}), lambda: False, optional
    )


def test_unknown_goal_shows_how_it_is_used() -> None:
    """A goal that there is not is refused with the goals that there are."""
    done = subprocess.run(
        [sys.executable, "tools/set_up.py", "dance"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "run|web|test|bench" in done.stderr


_AS_OLD_PYTHON = """
import runpy, sys
sys.modules["tomllib"] = None
sys.version_info = (3, 9, 1)
sys.argv = ["set_up.py", "run"]
runpy.run_path("tools/set_up.py", run_name="__main__")
"""


def test_a_python_that_is_too_old_is_told_what_to_type() -> None:
    """A Python older than 3.11 gets one line with the command to type, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_OLD_PYTHON],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.11 or newer is needed, and this is 3.9.1; type: make PYTHON=python3.11 run\n"
    )


def test_make_alone_lists_its_targets() -> None:
    """A bare `make` names every target with what it does, and does nothing else."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["make", target] for target in targets.split()
    ]


@pytest.mark.parametrize("goal", set_up.EXTRAS)
def test_every_goal_names_pinned_requirements(goal: str) -> None:
    """Each goal's extras exist and name packages with a version."""
    wanted = set_up.requirements(goal)
    assert wanted
    assert all("==" in requirement for requirement in wanted)


def test_what_cannot_be_installed_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the user is not root, one line names what is missing and the command to type."""
    monkeypatch.setattr(set_up, "NEEDS", (_need("python3-tk", optional=True),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    set_up.install_system("run")
    (line,) = capsys.readouterr().out.splitlines()
    assert "the thing python3-tk" in line
    assert line.endswith("sudo apt-get install -y python3-tk")


def test_a_need_of_the_tests_stops_the_setting_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the tests cannot do without ends the setting up with status 1."""
    monkeypatch.setattr(set_up, "NEEDS", (_need("xvfb", optional=False),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(SystemExit) as stop:
        set_up.install_system("test")
    assert stop.value.code == 1
    assert "xvfb" in capsys.readouterr().out


def test_a_second_run_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An environment that holds what the goal wants is left as it is, without a word."""
    wanted = "\n".join(set_up.requirements("run"))
    (tmp_path / "installed-for-run").write_text(hashlib.sha256(wanted.encode()).hexdigest())
    started: list[Any] = []
    monkeypatch.setattr(set_up, "_run", started.append)
    set_up.make_environment("run", tmp_path)
    assert not started
    assert not capsys.readouterr().out


def test_the_checker_of_accessibility_is_installed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pinned checker gets into the environment by npm; a second run does nothing."""
    started: list[list[str]] = []
    monkeypatch.setattr(set_up, "_run", started.append)
    set_up.install_axe(tmp_path)
    assert started[0][:4] == ["npm", "install", "--prefix", str(tmp_path)]
    assert set_up.AXE in capsys.readouterr().out
    set_up.install_axe(tmp_path)
    assert len(started) == 1
    name, _, version = set_up.AXE.partition("@")
    document = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    assert f"| {name} | {version} |" in document


def test_a_new_environment_gets_pip_first_and_says_what_it_installs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new environment is made, pip is upgraded before anything else, and the list is shown."""
    started: list[list[str]] = []
    monkeypatch.setattr(set_up, "_run", started.append)
    set_up.make_environment("run", tmp_path)
    assert [words[1:3] for words in started] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"]]
    assert started[1][-2:] == ["--upgrade", "pip"]
    assert started[2][-1:] == set_up.requirements("run")[-1:]
    assert "breezypythongui==1.1.2" in capsys.readouterr().out


def test_who_has_no_make_is_told_what_comes_next() -> None:
    """What `make` would run after the setting up is the command that is printed."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for goal, words in set_up.COMMANDS.items():
        recipe = makefile.split(f"\n{goal}:\n")[1].split("\n\n")[0]
        assert f"@$(IN) {words}" in recipe
    told = subprocess.run(
        [sys.executable, "-c", _WITHOUT_MAKE], cwd=ROOT, capture_output=True, text=True, check=True,
        env={name: value for name, value in os.environ.items() if name != "MAKELEVEL"},
    )  # fmt: skip
    assert re.search(r"^Ready\. Type: \S+python -m client --start$", told.stdout, re.MULTILINE)


_WITHOUT_MAKE = """
import sys
sys.path.insert(0, ".")
from tools import set_up
sys.argv = ["set_up.py", "run"]
set_up.install_system = set_up.make_environment = lambda *_: None
set_up.main()
"""
