"""The tour points into the code, and what it points at is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOUR = (ROOT / "docs/tour.md").read_text(encoding="utf-8")


def _names(path: Path) -> set[str]:
    """Return the names that a module defines, methods as `Class.method`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)}
    return names


def test_every_place_in_the_code_is_there() -> None:
    """Each path that the tour names is a file, and each name beside it is defined in that file."""
    pointers = re.findall(r"`([\w/]+\.py)`(?:\s+\(([^)]*)\))?", TOUR)
    assert TOUR.count("**In the code:**") == 8
    for path, names in pointers:
        assert (ROOT / path).is_file(), f"docs/tour.md names {path}"
        missing = set(re.findall(r"`([\w.]+)`", names)) - _names(ROOT / path)
        assert not missing, f"docs/tour.md: {path} has no {missing}"
