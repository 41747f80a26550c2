"""What the documents and `pyproject.toml` say is what the code says."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

import doctor
from doctor import errors
from tools import doc_tables

if TYPE_CHECKING:
    from pathlib import Path

ROOT = doc_tables.ROOT


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def test_version_is_one() -> None:
    """The changelog's newest heading is the version of the package."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert found
    assert found[1] == doctor.__version__


def test_every_dependency_has_its_reason() -> None:
    """Each requirement of every extra is pinned and explained in docs/dependencies.md."""
    extras = _project()["project"]["optional-dependencies"]
    document = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    for requirement in (r for extra in extras.values() for r in extra):
        name, pinned, version = requirement.partition("==")
        assert pinned, f"{name} is not pinned"
        assert f"| {name} | {version} |" in document


def _leaves(kind: type[errors.DoctorError]) -> set[str]:
    below = kind.__subclasses__()
    return {kind.__name__} if not below else set().union(*map(_leaves, below))


def test_error_tree_is_drawn_whole() -> None:
    """The tree at the top of doctor.errors names every error there is."""
    drawn = set(re.findall(r"\+-- (\w+)", errors.__doc__ or ""))
    assert _leaves(errors.DoctorError) <= drawn


@pytest.mark.parametrize(("document", "name"), doc_tables.TABLES)
def test_documents_have_the_tables_of_the_code(document: str, name: str) -> None:
    """Every table made from the code says what the code says (tools/doc_tables.py writes it)."""
    assert doc_tables.written_table(document, name) == doc_tables.TABLES[document, name]()


def _tracked(*suffixes: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [ROOT / name for name in done.stdout.splitlines()]
    return [path for path in names if path.suffix in suffixes and path.is_file()]


def test_links_in_the_documents_lead_somewhere() -> None:
    """Every relative link and picture of every document is a file of the project."""
    for document in _tracked(".md"):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize(
    ("package", "built"), [("doctor", "doctor"), ("client", "doctor.installed.client")]
)
def test_every_file_that_is_no_module_is_packaged(package: str, built: str) -> None:
    """The scripts, the helplines, the report's page and the page for browsers are packaged."""
    patterns = _project()["tool"]["setuptools"]["package-data"][built]
    packaged = {path for pattern in patterns for path in (ROOT / package).glob(pattern)}
    tracked = _tracked(".css", ".html", ".js", ".script", ".sql", ".svg", ".toml", ".txt")
    assert {path for path in tracked if path.is_relative_to(ROOT / package)} <= packaged
