"""The compiled copy of the program: which modules are compiled, and what is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import compiled_core

if TYPE_CHECKING:
    from pathlib import Path


def test_the_core_is_pure_and_there() -> None:
    """Every module of it is a file; nothing that opens files or keeps threads is among them."""
    core = compiled_core.core(compiled_core.ROOT)
    assert all((compiled_core.ROOT / each).is_file() for each in core)
    assert {"doctor/listener/answering.py", "doctor/english/tokenizer.py"} < set(core)
    assert not [each for each in core if each.startswith(("doctor/patients", "doctor/server"))]


def test_no_computed_attribute_is_compiled() -> None:
    """`cached_property` would be computed anew at each use, so no compiled module has one."""
    for each in compiled_core.core(compiled_core.ROOT):
        assert "cached_property" not in (compiled_core.ROOT / each).read_text(encoding="utf-8")


def test_a_copy_holds_what_git_knows(tmp_path: Path) -> None:
    """The server and its tests are in it, histories are not."""
    compiled_core.copy(compiled_core.ROOT, tmp_path)
    assert (tmp_path / "server.py").is_file()
    assert (tmp_path / "tests" / "test_doctor.py").is_file()
    assert not list((tmp_path / "patients").glob("*.dat"))
