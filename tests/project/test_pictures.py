"""The pictures in docs/pictures and the documents that show them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_picture_is_shown_by_a_document() -> None:
    """No file of docs/pictures is without a link in README.md or docs/*.md."""
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents)
    shown = set(re.findall(r"pictures/([\w.-]+\.png)", text))
    assert {path.name for path in (ROOT / "docs/pictures").iterdir()} == shown
