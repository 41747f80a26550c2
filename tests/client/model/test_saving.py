"""Saved conversations: what each format contains, and that no text acts as markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from client.model import saving
from client.model.exchange import HistoryEntry
from doctor.history.transcript import Exchange
from doctor.report.formats import FORMATS, ExportedHistory, ExportOptions
from doctor.text import escape_html, escape_markdown, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SAID = [
    HistoryEntry(1, _NOON, 1, "", "my <b>mother</b> *hates* me", "Why?"),
    HistoryEntry(2, _NOON + timedelta(days=1), 2, "", "turn \u202eround", "Tell me more."),
]


@pytest.mark.parametrize("kind", ["txt", "md", "html", "json"])
def test_every_kind_has_names_times_and_words(tmp_path: Path, kind: str) -> None:
    """Each format says who said what and when, and only the owner can read the file."""
    path = tmp_path / f"talk.{kind}"
    saving.write(path, "Ada", _SAID)
    text = path.read_text(encoding="utf-8")
    assert "Ada" in text
    assert "Tell me more" in text
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_text_has_a_heading_for_each_day(tmp_path: Path) -> None:
    """Each day begins with a heading, and each line has its time."""
    path = tmp_path / "talk.txt"
    saving.write(path, "Ada", _SAID)
    text = path.read_text(encoding="utf-8")
    assert "Friday, 20 November 2026" in text
    assert f"{_NOON.astimezone():%H:%M}  Ada: my" in text


def test_json_keeps_every_character(tmp_path: Path) -> None:
    """JSON keeps every character as it was typed, and its times have a time zone."""
    path = tmp_path / "talk.json"
    saving.write(path, "Ada", _SAID)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["patient"] == "Ada"
    assert [one["patient"] for one in found["exchanges"]] == [entry.patient for entry in _SAID]
    assert datetime.fromisoformat(found["exchanges"][0]["at"]) == _NOON


def test_what_was_said_takes_no_effect_in_html(tmp_path: Path) -> None:
    """Markup in a line is shown as text; marks of direction are replaced."""
    path = tmp_path / "talk.html"
    saving.write(path, "<script>Ada", _SAID)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            del attrs
            tags.append(tag)

    text = path.read_text(encoding="utf-8")
    Tags().feed(text)
    assert "script" not in tags
    assert tags.count("b") == 2 * len(_SAID)
    assert "\u202e" not in text


def test_what_was_said_takes_no_effect_in_markdown(tmp_path: Path) -> None:
    """Markdown's special characters are escaped."""
    path = tmp_path / "talk.md"
    saving.write(path, "Ada", _SAID)
    assert r"\*hates\*" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "form", "escape"),
    [
        ("md", "markdown", escape_markdown),
        ("html", "html", escape_html),
        ("json", "json", to_json),
    ],
)
def test_what_was_said_is_escaped_as_in_an_export(
    tmp_path: Path, kind: str, form: str, escape: Callable[[str], str]
) -> None:
    """The client and the command line write the same text for what a patient said."""
    said = "- <b>*1_000*</b> [x](y) \x1b \u202e \u200d \N{LINE SEPARATOR}"
    path = tmp_path / f"talk.{kind}"
    saving.write(path, "Ada", [HistoryEntry(1, _NOON, 1, "", said, "Why?")])
    exchange = Exchange(1, _NOON.timestamp(), 1, said, "Why?", "", "")
    at = exchange.at
    exported = "".join(
        FORMATS[form]([ExportedHistory("Ada", at, at, 1, [exchange])], ExportOptions())
    )
    assert escape(said) in exported
    assert escape(said) in path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A missing directory raises OSError and leaves no temporary file."""
    with pytest.raises(OSError, match="No such file"):
        saving.write(tmp_path / "nowhere" / "talk.txt", "Ada", _SAID)
    assert list(tmp_path.iterdir()) == []
