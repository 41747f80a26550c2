"""Scripts by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.errors import BadSetting, ScriptError
from doctor.scripts import DEFAULT_SCRIPT, NAMED_SCRIPTS, catalog, find_script, named_script
from doctor.server.values import SCRIPT


def test_a_name_means_its_file_and_anything_else_is_a_path() -> None:
    """A known name is the file of that script; any other text is a path."""
    assert find_script("doctor") == DEFAULT_SCRIPT
    assert find_script("1965").name == "1965.script"
    assert find_script("./1965") == Path("./1965")
    assert find_script("my.script") == Path("my.script")


def test_a_path_leads_back_to_its_name() -> None:
    """What is known of a named script is found by its path."""
    for script in NAMED_SCRIPTS:
        assert named_script(script.path) is script
    assert named_script(Path("my.script")) is None


def test_a_named_script_that_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A script that may not be passed on is missing in an installation, and the error says why."""
    gone = next(s for s in NAMED_SCRIPTS if s.name == "1966")._replace(path=tmp_path / "gone")
    monkeypatch.setattr(catalog, "NAMED_SCRIPTS", (gone,))
    with pytest.raises(ScriptError, match=r"Copyright 1966 .* give the path of a copy"):
        find_script("1966")
    with pytest.raises(BadSetting, match="not part of this installation"):
        SCRIPT.read("1966")


def test_every_script_that_is_packaged_may_be_passed_on() -> None:
    """Only a script without terms to pass it on is outside the package."""
    package = DEFAULT_SCRIPT.parent
    outside = [s.name for s in NAMED_SCRIPTS if not s.path.is_relative_to(package)]
    assert outside == ["1966"]
