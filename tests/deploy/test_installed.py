"""What people install: a wheel and an sdist, each in an empty environment, used from elsewhere."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.helpers import ROOT
from tests.support.programs import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMANDS = ("doctor", "doctor-client", "doctor-server")
#: What a checkout has and a release has not.
_LEFT_OUT = (".*", "__pycache__", "build", "dist", "*.egg-info", "*.dat", "doctor-bench-*")


class Builds(NamedTuple):
    """A wheel of the tree, an sdist of the tree, and a wheel of that sdist."""

    wheel: Path
    sdist: Path
    second: Path


class Installed(NamedTuple):
    """An environment with nothing but a wheel and what it requires, and a user's directories."""

    place: Path
    home: Path

    def run(self, command: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run an installed command from a directory that has nothing to do with it."""
        return subprocess.run(
            [self.command(command), *words], input=given, capture_output=True, text=True,
            cwd=self.home, env=self.environment(), timeout=PATIENCE * 2, check=False,
        )  # fmt: skip

    def command(self, name: str) -> str:
        """Return the path of an installed command."""
        return str(self.place / "bin" / name)

    def environment(self) -> dict[str, str]:
        """Return the environment of a user at home, with nothing of these tests in it."""
        return {"HOME": str(self.home), "PATH": os.defpath, "LANG": "C.UTF-8"}

    @property
    def packages(self) -> Path:
        """The environment's site-packages."""
        (found,) = self.place.glob("lib/python3.*/site-packages")
        return found

    @property
    def patients(self) -> Path:
        """Where histories belong."""
        return self.home / ".local" / "share" / "doctor-chat" / "patients"


def _python(*words: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _build(tree: Path, **wanted: Path) -> None:
    """Call the build backend as pip and others do, in a directory of sources."""
    calls = [f"b.{name}({str(place)!r})" for name, place in wanted.items()]
    for place in wanted.values():
        place.mkdir()
    _python("-c", f"from setuptools import build_meta as b; {'; '.join(calls)}", cwd=tree)


_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Build them from a copy of the tree."""
    place = tmp_path_factory.mktemp("builds")
    tree = place / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT, "data", "pictures"))
    _build(tree, build_sdist=place / "sdist", build_wheel=place / "first")
    (sdist,) = (place / "sdist").iterdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    _build(unpacked, build_wheel=place / "second")
    (first,), (second,) = (list((place / name).iterdir()) for name in ("first", "second"))
    return Builds(first, sdist, second)


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def installed(
    request: pytest.FixtureRequest, builds: Builds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """Install one of them into an environment that has nothing else but what it requires."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place / "env", with_pip=False)
    found = Installed(place / "env", place)
    wheel = builds.wheel if request.param == "wheel" else builds.second
    python = str(found.place / "bin" / "python")
    _python(*_PIP, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=place)
    _require(found)
    yield found
    shutil.rmtree(place)


def _require(found: Installed) -> None:
    """Copy what the wheel requires from the environment of these tests."""
    for requirement in importlib.metadata.distribution("platformdirs").files or ():
        source, target = Path(str(requirement.locate())), found.packages / str(requirement)
        if ".." not in requirement.parts and "__pycache__" not in requirement.parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def test_nothing_general_is_put_among_the_packages(builds: Builds, installed: Installed) -> None:
    """Only `doctor` and its metadata are at the top; both ways of building make the same."""
    names = {path.name for path in installed.packages.iterdir()}
    ours = {name for name in names if not name.startswith("platformdirs")}
    assert {name.partition("-")[0] for name in ours} == {"doctor", "doctor_chat"}
    listed = [zipfile.ZipFile(wheel).namelist() for wheel in (builds.wheel, builds.second)]
    assert sorted(listed[0]) == sorted(listed[1])


def test_licence_data_and_pages_are_there(builds: Builds, installed: Installed) -> None:
    """The licence is in both, and so are scripts, page, languages, manual pages, completions."""
    with tarfile.open(builds.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "server.py", "Makefile", "deploy/haproxy.cfg", "docs/operating.md"}
    assert wanted <= names
    assert not [name for name in names if name.endswith((".dat", ".pyc"))]
    assert list(installed.packages.glob("doctor_chat-*.dist-info/licenses/LICENSE"))
    assert (installed.packages / "doctor/scripts/doctor.script").is_file()
    assert (installed.packages / "doctor/installed/client/web/static/index.html").is_file()
    talk = installed.run("doctor-client", "--language", "de", "--help")
    assert "Sprache" in talk.stdout
    share = installed.place / "share"
    for name in _COMMANDS:
        assert (share / "man/man1" / f"{name}.1").is_file()
        assert (share / "bash-completion/completions" / name).is_file()


def test_the_commands_work_from_another_directory(installed: Installed) -> None:
    """The server serves, the console talks, the history is among the user's data and is listed."""
    server = subprocess.Popen(
        [installed.command("doctor-server"), "--port", "0"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=installed.home, env=installed.environment(),
    )  # fmt: skip
    try:
        assert server.stdout
        port = server.stdout.readline().strip().rpartition(":")[2]
        lines = "Ada\nMy mother hates me.\n/quit\n"
        talk = installed.run("doctor-client", "--console", "--port", port, given=lines)
        assert talk.returncode == 0, talk.stderr
        assert "mother" in talk.stdout
        listed = installed.run("doctor", "list")
        assert (listed.returncode, listed.stderr) == (0, "")
        assert "Ada" in listed.stdout
        stopped = installed.run("doctor", "stop")
        assert stopped.returncode == 0, stopped.stderr
        assert server.wait(PATIENCE) == 0
    finally:
        server.kill()
        server.communicate(timeout=PATIENCE)
    assert (installed.patients / "Ada.dat").is_file()


def test_the_client_starts_the_installed_server(installed: Installed) -> None:
    """With `--start` the console finds the server that was installed with it."""
    talk = installed.run(
        "doctor-client", "--console", "--start", "--port", _free_port(),
        given="Bob\nI am tired.\n/quit\n",
    )  # fmt: skip
    assert talk.returncode == 0, talk.stderr
    assert (installed.patients / "Bob.dat").is_file()


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


@pytest.mark.parametrize("name", _COMMANDS)
def test_texts_name_the_installed_commands(installed: Installed, name: str) -> None:
    """Help and errors say what is typed here, not what is typed in the tree."""
    shown = installed.run(name, "--help")
    assert shown.returncode == 0, shown.stderr
    assert f"usage: {name} " in shown.stdout
    for word in ("python -m", "server.py", "python server"):
        assert word not in shown.stdout
    wrong = installed.run(name, "--no-such-option")
    assert wrong.returncode == 2
    assert f"{name}: error:" in wrong.stderr


def test_a_missing_requirement_is_one_sentence(installed: Installed) -> None:
    """Without platformdirs, and without Tk, a command says what to install."""
    hidden = installed.packages / "platformdirs"
    moved = installed.place / "platformdirs"
    hidden.rename(moved)
    try:
        for words in (("doctor-server",), ("doctor", "list")):
            ran = installed.run(*words)
            assert ran.returncode == 1
            assert ran.stderr == "doctor: pip install platformdirs first\n"
    finally:
        moved.rename(hidden)
    window = installed.run("doctor-client")
    assert window.returncode == 1
    assert len(window.stderr.splitlines()) == 1
    assert "install" in window.stderr


def run_bash(script: str) -> str:
    """Run a script of bash and return what it prints."""
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_commands_and_options(installed: Installed) -> None:
    """What a build made for bash completes a command's name and an option."""
    place = installed.place / "share/bash-completion/completions"
    for name, typed, wanted in (
        ("doctor", "doctor exp", {"export", "expire"}),
        ("doctor-server", "doctor-server --proxy", {"--proxy-from"}),
        ("doctor-client", "doctor-client --cons", {"--console"}),
    ):
        words = typed.split()
        function = f"_shtab_{name.replace('-', '_')}"
        found = run_bash(
            f"source {place / name}; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; "
            f"{function}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
        assert {word.strip() for word in found.splitlines()} == wanted


@pytest.mark.skipif(shutil.which("man") is None, reason="no man here: apt-get install man-db")
@pytest.mark.parametrize("name", _COMMANDS)
def test_manual_pages_are_without_warnings(installed: Installed, name: str) -> None:
    """`man` shows a page for each command and warns of nothing in it."""
    done = subprocess.run(
        ["man", "--warnings", "-l", str(installed.place / "share/man/man1" / f"{name}.1")],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
        env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert name in done.stdout
    assert "python -m" not in done.stdout
