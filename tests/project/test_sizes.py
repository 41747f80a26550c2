"""Sizes of modules, functions, folders and of the packages' interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import sources
from tests.support.sources import read_tree

if TYPE_CHECKING:
    from pathlib import Path

TREE = read_tree()
BESIDE = read_tree(names=("bench", "examples", "tools"))
TESTS = read_tree(names=("tests",))
TEST_MODULE_LINES = 600

#: Packages whose `__init__` is their interface.
FACES = tuple(
    f"doctor.{name}" for name in ("protocol", "scripts", "eliza", "listener", "patients", "host")
)


def test_no_module_is_long() -> None:
    """A module has at most 400 lines, a module of tests at most 600."""
    assert not sources.long_modules(TREE)
    assert not sources.long_modules(BESIDE)
    assert not sources.long_modules(TESTS, TEST_MODULE_LINES)


def test_no_function_is_long() -> None:
    """A function has at most 60 lines."""
    assert not sources.long_functions(TREE | BESIDE | TESTS)


def test_no_folder_is_full() -> None:
    """A folder has at most 24 modules."""
    assert not sources.full_folders(TREE | BESIDE | TESTS)


def test_interfaces_are_short_and_define_nothing() -> None:
    """An interface has fewer than 40 lines, lists its names in `__all__` and defines nothing."""
    assert not sources.faces(TREE, FACES)


def _plant(root: Path, text: str) -> sources.Tree:
    path = root / "doctor" / "__init__.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_tree(root, ["doctor"])


def test_a_planted_long_module_is_found(tmp_path: Path) -> None:
    """A module of 401 lines is found, one of 400 is not."""
    assert not sources.long_modules(_plant(tmp_path, "x = 1\n" * 400))
    assert sources.long_modules(_plant(tmp_path, "x = 1\n" * 401)) == ["doctor"]


def test_a_planted_long_function_is_found(tmp_path: Path) -> None:
    """A function of 61 lines is found in a class too, one of 60 is not."""
    text = "class A:\n    async def long(self) -> None:\n" + "        x = 1\n" * 59
    assert not sources.long_functions(_plant(tmp_path, text))
    assert sources.long_functions(_plant(tmp_path, text + "        x = 2\n")) == ["doctor: long"]


def test_a_planted_full_folder_is_found(tmp_path: Path) -> None:
    """A folder of 25 modules is found, one of 24 is not."""
    _plant(tmp_path, "")
    for number in range(23):
        (tmp_path / "doctor" / f"m{number}.py").touch()
    assert not sources.full_folders(read_tree(tmp_path, ["doctor"]))
    (tmp_path / "doctor" / "more.py").touch()
    assert sources.full_folders(read_tree(tmp_path, ["doctor"])) == [str(tmp_path / "doctor")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from a import b\n", "no __all__"),
        ("__all__ = []\n" + "\n" * 40, "too long"),
        ("__all__ = []\nx = 1\n", "defines something"),
        ("__all__ = []\ndef f() -> None: ...\n", "defines something"),
        ("__all__ = []\nif True:\n    import a\n", "defines something"),
    ],
)
def test_a_planted_fault_of_an_interface_is_found(tmp_path: Path, text: str, fault: str) -> None:
    """An interface that is too long, lists nothing or defines something is found."""
    assert sources.faces(_plant(tmp_path, text), ["doctor"]) == [f"doctor: {fault}"]
