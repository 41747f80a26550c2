"""What pyproject.toml cannot say: how a wheel is laid out, and what is made for shells.

A wheel puts nothing but `doctor` into site-packages: `client` and `server.py` go into
`doctor/installed/`, whose commands find them there. Manual pages and completions are made from the
programs' own options and go where a system looks for them, below `share/`.

With `DOCTOR_COMPILED=1` in the environment a wheel has the core compiled, for this system and this
version of Python (`tools/compiled_core.py`); mypy compiles it, and is installed to build.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

SHARE = Path("build") / "share"
COMPILED = os.environ.get("DOCTOR_COMPILED") == "1"


class BuildModules(build_py):
    """Builds `server.py` as a module of `doctor.installed`."""

    def find_package_modules(self, package: str, package_dir: str) -> Any:
        """Return the modules of a package."""
        modules = super().find_package_modules(package, package_dir)
        if package == "doctor.installed":
            modules.append((package, "server", "server.py"))
        return modules


def share_files() -> list[tuple[str, list[str]]]:
    """Make the files for shells and manual pages; return them by their directories."""
    if not {"bdist_wheel", "build", "install"} & set(sys.argv):
        return []
    subprocess.run([sys.executable, "tools/shell_files.py", str(SHARE)], check=True)
    found: dict[str, list[str]] = {}
    for path in sorted(SHARE.rglob("*")):
        if path.is_file():
            where = Path("share") / path.parent.relative_to(SHARE)
            found.setdefault(str(where), []).append(str(path))
    return list(found.items())


def compiled_modules() -> list[Any]:
    """Return the extension modules of the core, where they are asked for and a wheel is built."""
    if not COMPILED or "bdist_wheel" not in sys.argv:
        return []
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from tools.compiled_core import extensions  # noqa: PLC0415 - it needs mypy

    return extensions(Path.cwd())


def build_requirements() -> list[str]:
    """Return what building needs besides the requirements in `pyproject.toml`."""
    if not COMPILED:
        return []
    with Path("pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    return [each for each in extras["test"] if each.startswith("mypy==")]


setup(
    setup_requires=build_requirements(),
    ext_modules=compiled_modules(),
    cmdclass={"build_py": BuildModules},
    packages=[
        *find_packages(include=["doctor", "doctor.*"]),
        *(f"doctor.installed.{name}" for name in find_packages(include=["client", "client.*"])),
    ],
    package_dir={"doctor.installed.client": "client"},
    data_files=share_files(),
)
