"""Compile the pure core of the doctor with mypyc, in a copy of the tree: the same program, faster.

    python tools/compiled_core.py DIRECTORY

The directory becomes a copy of the files that git knows, with an extension module beside each
module of the core; Python takes the extension where both are there. `server.py` runs from it as
from the tree. A C compiler, git and mypy are needed; it takes a minute or two.

Compiled are the packages that make replies, English and both machines, care included, and
`history`. Left out are those with a part that mypyc has no equal for: `protocol` (an enumeration
with a `__new__` of its own), `scripts` (classes derived from `str`, `list` and `tuple`, and
`cached_property`; its work ends at the start) and `eliza.change` (several of its tests fail
compiled). In a compiled module a pair or triple that is typed as one is a new object each time that
it is looked at, so `is` tells nothing of it, and a test cannot put a function or a constant of its
own in the place of one there.

`setup.py` builds wheels with the same modules.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("english", "eliza", "listener", "history")
_LEFT_OUT: Final = frozenset({"__init__.py", "change.py"})
SINGLE: Final = ("doctor/scripts/charset.py", "doctor/text.py", "doctor/yielding.py")

# Run in the copy: an extension beside each module.
_SETUP: Final = """
import sys
from pathlib import Path
from setuptools import setup
sys.path.insert(0, ".")
from tools.compiled_core import extensions
setup(name="doctor-compiled", packages=[], ext_modules=extensions(Path()))
"""


def core(root: Path) -> list[str]:
    """Return the paths of the modules that are compiled, relative to `root`."""
    found = [
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for path in sorted((root / "doctor" / package).glob("*.py"))
        if path.name not in _LEFT_OUT
    ]
    return [*found, *SINGLE]


def extensions(root: Path) -> list[Any]:
    """Return the extension modules for `setuptools`; run in `root`. It needs mypy."""
    from mypyc.build import mypycify  # noqa: PLC0415 - only where modules are compiled

    quiet = ["--ignore-missing-imports", "--follow-imports", "silent", "--config-file", ""]
    found: list[Any] = mypycify([*quiet, *core(root)], opt_level="2", group_name="doctor")
    return found


def copy(root: Path, target: Path) -> None:
    """Copy the files that git knows."""
    command = [shutil.which("git") or "git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def compile_in(target: Path) -> int:
    """Compile the core of a copy in its place; return how many extensions there are."""
    command = [sys.executable, "-c", _SETUP, "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stdout + done.stderr
        sys.exit("\n".join(line for line in said.splitlines() if "rror" in line) or said)
    shutil.rmtree(target / "build", ignore_errors=True)
    return sum(1 for _ in (target / "doctor").rglob("*.so"))


def main() -> int:
    """Make the copy."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="is made anew")
    target = parser.parse_args().directory.resolve()
    if target.exists() and not (target / "server.py").exists() and any(target.iterdir()):
        sys.exit(f"{target} holds something else")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    copy(ROOT, target)
    print(f"{compile_in(target)} modules are compiled in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
