"""Names of classes and the first lines of docstrings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import sources
from tests.support.sources import read_tree

if TYPE_CHECKING:
    from pathlib import Path

TREE = read_tree()

#: Class names that are used for two things today. A name that is not needed fails the test.
DOUBLES: set[str] = set()

#: Modules whose docstrings are still to be shortened.
LONG_DOCSTRINGS: set[str] = {
    "doctor.patients.files.disk",
    "doctor.patients.files.recovery",
}


def test_every_class_name_is_defined_once() -> None:
    """A name of a class means one thing in the whole program."""
    assert set(sources.double_classes(TREE)) == DOUBLES, "rename one class, or correct DOUBLES"


def test_docstrings_begin_with_one_short_sentence() -> None:
    """The first line of a docstring is under 90 characters and ends in a period."""
    faults = sources.docstring_faults(TREE)
    assert not [line for line in faults if line.partition(":")[0] not in LONG_DOCSTRINGS]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"""A line that is short."""\n', False),
        ('"""A line without its end"""\n', True),
        (f'"""{"x" * 88}."""\n', False),
        (f'"""{"x" * 89}."""\n', True),
        ('class A:\n    """Fine."""\n    def f(self) -> None:\n        """Not fine"""\n', True),
    ],
)
def test_a_planted_docstring_is_found(tmp_path: Path, text: str, *, found: bool) -> None:
    """A first line that is long or has no end is found, of a method too."""
    (tmp_path / "server.py").write_text(text, encoding="utf-8")
    assert bool(sources.docstring_faults(read_tree(tmp_path, ["server.py"]))) is found


def test_a_planted_double_class_is_found(tmp_path: Path) -> None:
    """A second class of the same name is found, inside a function too."""
    (tmp_path / "doctor").mkdir()
    (tmp_path / "doctor" / "a.py").write_text("class One: ...\nclass Two: ...\n", encoding="utf-8")
    text = "def f() -> None:\n    class Two: ...\n"
    (tmp_path / "doctor" / "b.py").write_text(text, encoding="utf-8")
    assert sources.double_classes(read_tree(tmp_path, ["doctor"])) == ["Two"]
