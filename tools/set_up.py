"""Prepare a checkout for `make run`, `make web`, `make test` or `make bench`; needs Python alone.

    python3 tools/set_up.py run|web|test|bench [ENVIRONMENT]

Makes the virtual environment `.venv` in the project and installs the extras of `pyproject.toml`
that the goal needs. Some programs come from the system's package manager only: Tk, a virtual
screen, a browser. They are installed if the user is root on a Debian-like system; otherwise one
line names them with the command to type. It prints what it installs; a second run finds all of it
and prints nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
EXTRAS = {
    "run": ("client", "reports", "rtl"),
    "web": ("web",),
    "test": ("client", "reports", "metrics", "cluster", "web", "rtl", "test"),
    "bench": ("client", "reports", "metrics", "cluster", "web", "rtl", "test", "bench"),
}
#: What `make` does next, for who has no `make`.
COMMANDS = {"run": "-m client --start", "web": "-m client --web --start --open"}
#: The checker of accessibility that the tests load into the page; npm installs it.
AXE = "axe-core@4.14.1"


@dataclass(frozen=True)
class SystemNeed:
    """Something that pip cannot install: how to find it, and the name of Debian's package."""

    what: str
    package: str
    goals: frozenset[str]
    present: Callable[[], bool]
    #: True if the goal can be reached without it (the console instead of the window).
    optional: bool = False


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _python_can(module: str) -> bool:
    """Return True if the Python chosen for the environment can import a module."""
    return _imports(_python(), module)


def _imports(python: str, module: str) -> bool:
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return done.returncode == 0


def _python() -> str:
    """Choose the Python of the environment: this one, or the system's if only that one has Tk."""
    system = "/usr/bin/python3"
    if importlib.util.find_spec("_tkinter") is None and Path(system).exists():
        words = f"sys; assert sys.version_info >= {OLDEST}"
        if _imports(system, words) and _imports(system, "_tkinter"):
            return system
    return sys.executable


def _has_font() -> bool:
    places = (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path("/System/Library/Fonts"),
    )
    return any(next(place.rglob("*.[to]t[fc]"), None) for place in places if place.is_dir())


def _has_postgresql() -> bool:
    # Debian keeps the server's programs out of the path.
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


_ALL = frozenset(EXTRAS)
_WINDOW = _ALL - {"web"}
_SHOWN = frozenset({"test", "bench"})
NEEDS = (
    SystemNeed("Python's venv", "python3-venv", _ALL, lambda: _python_can("ensurepip")),
    SystemNeed(
        "Tk for Python", "python3-tk", _WINDOW, lambda: _python_can("_tkinter"), optional=True
    ),
    SystemNeed("a font", "fonts-dejavu-core", _WINDOW, _has_font, optional=True),
    SystemNeed("a virtual screen", "xvfb", _SHOWN, _program("Xvfb")),
    SystemNeed("a program that presses keys", "xdotool", _SHOWN, _program("xdotool")),
    SystemNeed("a program that takes screenshots", "imagemagick", _SHOWN, _program("import")),
    SystemNeed("a browser", "chromium", _SHOWN, _program("chromium", "google-chrome")),
    SystemNeed("a database", "postgresql", _SHOWN, _has_postgresql),
    SystemNeed(
        "a balancer", "haproxy", frozenset({"test"}), _program("haproxy", "/usr/sbin/haproxy")
    ),
    SystemNeed("the browser's driver", "chromium-driver", _SHOWN, _program("chromedriver")),
    SystemNeed("npm", "npm", frozenset({"test"}), _program("npm")),
)


def install_system(goal: str) -> None:
    """Install what the system lacks, or print how; exit 1 if the goal cannot do without it."""
    missing = [need for need in NEEDS if goal in need.goals and not need.present()]
    if not missing:
        return
    packages = [need.package for need in missing]
    command = f"apt-get install -y {' '.join(packages)}"
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        names = ", ".join(need.what for need in missing)
        print(f"Missing: {names}. On a Debian-like system type: sudo {command}", flush=True)
        if all(need.optional for need in missing) and goal == "run":
            return
        sys.exit(1)
    print(f"Installing from the system's packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["apt-get", "update", "-qq"], [*command.split(), "-qq"]):
        done = subprocess.run(
            words,
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            print(f"failed: {' '.join(words)}", file=sys.stderr)
            if not all(need.optional for need in missing):
                sys.exit(1)
            return


def requirements(goal: str) -> list[str]:
    """Return the requirements of the goal's extras in `pyproject.toml`."""
    import tomllib  # noqa: PLC0415 - a Python that is too old has none, and is told so by `main`

    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    return [requirement for name in EXTRAS[goal] for requirement in extras[name]]


def make_environment(goal: str, place: Path) -> None:
    """Make the virtual environment and install the goal's requirements, if that is not done."""
    wanted = requirements(goal)
    mark = place / f"installed-for-{goal}"
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return
    python = _inside(place)
    if not python.exists():
        print(f"Making {place.name} with {_python()}", flush=True)
        _run([_python(), "-m", "venv", str(place)])
    print(f"Installing into {place.name}: {' '.join(wanted)}", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--upgrade", "pip"])
    _run([*pip, *wanted])
    mark.write_text(digest)


def _inside(place: Path) -> Path:
    """Return the Python of an environment."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install_axe(place: Path) -> None:
    """Install the checker of accessibility into the environment, if that is not done."""
    mark = place / "installed-axe"
    if mark.exists() and mark.read_text() == AXE:
        return
    print(f"Installing into {place.name} with npm: {AXE}", flush=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--silent"]
    _run(["npm", "install", "--prefix", str(place), *quiet, AXE])
    mark.write_text(AXE)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, check=False)
    if done.returncode:
        print(f"failed: {' '.join(words)}", file=sys.stderr)
        sys.exit(1)


def main() -> None:
    """Prepare the goal of the command line."""
    if len(sys.argv) not in {2, 3} or sys.argv[1] not in EXTRAS:
        sys.exit(f"usage: python3 tools/set_up.py {'|'.join(EXTRAS)} [ENVIRONMENT]")
    if sys.version_info < OLDEST:
        wanted, found = (".".join(map(str, version)) for version in (OLDEST, sys.version_info[:3]))
        sys.exit(
            f"Python {wanted} or newer is needed, and this is {found}; "
            f"type: make PYTHON=python{wanted} {sys.argv[1]}"
        )
    goal = sys.argv[1]
    place = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / ".venv"
    install_system(goal)
    make_environment(goal, place)
    if goal == "test":
        install_axe(place)
    if goal in COMMANDS and "MAKELEVEL" not in os.environ:
        print(f"Ready. Type: {_inside(place)} {COMMANDS[goal]}", flush=True)


if __name__ == "__main__":
    main()
