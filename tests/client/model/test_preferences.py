"""The window's settings: what they hold, and what they never hold."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from client.model import preferences
from client.model.preferences import Preferences

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Preferences come back as they were saved, in a directory made for them."""
    path = tmp_path / "deep" / "client.json"
    wanted = Preferences(name="李娜", port=5001, palette="dark", size=14, geometry="800x600")
    assert preferences.save(path, wanted) == ""
    assert preferences.load(path) == (wanted, "")
    assert list(path.parent.iterdir()) == [path]


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    """The first time there are defaults and no notice."""
    assert preferences.load(tmp_path / "none.json") == (Preferences(), "")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"port": "5000"}', '{"port": 0}', '{"palette": "pink"}', "[" * 100_000],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    """A damaged file is renamed, and a notice says so."""
    path = tmp_path / "client.json"
    path.write_text(text)
    found, notice = preferences.load(path)
    assert found == Preferences()
    (aside,) = tmp_path.iterdir()
    assert aside.read_text() == text
    assert aside.name in notice


def test_unknown_fields_and_sizes_are_met_with_grace(tmp_path: Path) -> None:
    """An unknown field is ignored; a size between two known sizes becomes the nearer one."""
    path = tmp_path / "client.json"
    path.write_text(json.dumps({"name": "Ada", "later": 1, "size": 13}))
    found, notice = preferences.load(path)
    assert (found.name, found.size, notice) == ("Ada", 12, "")


def test_a_passphrase_has_no_place_here() -> None:
    """No field could hold a passphrase or a word of a conversation."""
    assert {field.name for field in fields(Preferences)} == {
        "name",
        "host",
        "port",
        "tls",
        "authority",
        "palette",
        "size",
        "geometry",
        "typeface",
        "language",
        "spelling",
        "workings",
        "teletype",
        "print_speed",
    }


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    """A file that cannot be written gives a sentence, not an exception."""
    (tmp_path / "file").write_text("")
    assert "could not be saved" in preferences.save(tmp_path / "file" / "x.json", Preferences())
