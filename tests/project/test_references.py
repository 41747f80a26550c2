"""What the documents refer to is there: pictures, files of the project, modules and their names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))


def test_every_picture_is_shown_by_a_document() -> None:
    """No file of docs/pictures is without a link in a document."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    shown = set(re.findall(r"pictures/([\w.-]+\.png)", text))
    assert {path.name for path in (ROOT / "docs/pictures").iterdir()} == shown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    """Each path in backticks with a directory of the project's in it is a file or a directory."""
    places = r"`((?:doctor|client|deploy|tests|tools|bench|docs|examples)/[\w./-]*)`"
    named = set(re.findall(places, document.read_text(encoding="utf-8")))
    assert not {name for name in named if not (ROOT / name).exists()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_module_that_a_document_names_is_there(document: Path) -> None:
    """Each dotted name in backticks is a module, or a name in the text of one."""
    found = re.findall(
        r"`(?:python -m )?((?:doctor|client)(?:\.\w+)+)", document.read_text(encoding="utf-8")
    )
    for name in set(found) - {"client.json"}:  # the client's settings
        place, rest = ROOT, name.split(".")
        while rest and (place / rest[0]).is_dir():
            place /= rest.pop(0)
        module = place / "__init__.py"
        if rest and (place / f"{rest[0]}.py").is_file():
            module = place / f"{rest.pop(0)}.py"
        text = module.read_text(encoding="utf-8")
        missing = [part for part in rest if not re.search(rf"\b{part}\b", text)]
        assert not missing, f"{name} is not in {module.relative_to(ROOT)}"
