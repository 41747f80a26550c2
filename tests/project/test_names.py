"""Names of classes and the first lines of docstrings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import sources
from tests.support.sources import read_tree

if TYPE_CHECKING:
    from pathlib import Path

TREE = read_tree()


def test_every_class_name_is_defined_once() -> None:
    """A name of a class means one thing in the whole program."""
    assert not sources.double_classes(TREE)


def test_docstrings_begin_with_one_short_sentence() -> None:
    """The first line of a docstring is under 90 characters and ends in a period."""
    assert not sources.docstring_faults(TREE)


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
