"""The house: who imports whom, what the papers say, and the names that files depend on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

import doctor
from doctor import errors
from tools import papers

if TYPE_CHECKING:
    from pathlib import Path

ROOT = papers.ROOT
SOURCES = papers.sources()
_module = papers.module_of


def _imports(path: Path, *, at_load: bool = False) -> set[str]:
    """Return the project's modules that a source imports, for types only left out."""
    found: set[str] = set()
    known = {_module(source) for source in SOURCES}

    def visit(node: ast.AST, *, inside: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                visit(other, inside=inside)
            return
        if not (at_load and inside):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert node.level == 0, f"{path}: imports are absolute"
                modules = {f"{node.module}.{alias.name}" for alias in node.names} & known
                found.update(modules)
                if len(modules) < len(node.names):
                    found.add(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child, inside=inside or isinstance(node, ast.FunctionDef))

    visit(ast.parse(path.read_text(encoding="utf-8")), inside=False)
    return found & known


def test_no_module_imports_itself_round_a_corner() -> None:
    """The imports at load have no cycle."""
    graph = {_module(path): _imports(path, at_load=True) for path in SOURCES}
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"cycle: {' -> '.join((*way, module))}"
        if module not in done:
            for other in graph[module]:
                walk(other, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


#: What a floor's rooms may import beside their own floor.
_BELOW = {
    "ground": set[str](),
    "core": {"ground"},
    "store": {"ground", "core"},
    "server": {"ground", "core", "store"},
    "desk": {"ground", "core", "store", "server"},
}
#: The desk asks a running server through its control socket, and knows the limits' table.
_DESK_KNOWS = {"doctor.control", "doctor.server.settings", "doctor.server.logs"}


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_arrows_between_rooms(path: Path) -> None:
    """A room imports from its own floor and from those below; the core knows no wire."""
    module, imported = _module(path), _imports(path) - {"doctor"}
    floor = papers.floor_of(module)
    if module == "doctor":
        assert not imported
        return
    assert floor is not None, f"give {module} a floor in tools/papers.py"
    if floor == "client":
        allowed = {"doctor.protocol", "doctor.protocol.codes", "doctor.errors"}
        if module == "client.records.window":
            allowed |= {"doctor.patients.store"}
        assert {name for name in imported if not name.startswith("client")} <= allowed
        return
    above = {n for n in imported if papers.floor_of(n) not in {floor, *_BELOW[floor]}}
    assert not above, f"{module} reaches up to {above}"
    if floor != "server":
        assert "doctor.protocol" not in imported, "only the server and the client know the wire"
    if floor == "desk":
        wire = {name for name in imported if papers.floor_of(name) == "server"}
        assert wire <= _DESK_KNOWS


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if "client" not in p.parts and "report" not in p.parts],
    ids=_module,
)
def test_the_server_needs_the_standard_library_alone(path: Path) -> None:
    """What the server and its core import when they are loaded comes with Python."""
    if _module(path).startswith("doctor.cli"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    assert names <= set(sys.stdlib_module_names) | {"doctor", "server"}


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_core_has_no_clock_of_its_own(path: Path) -> None:
    """The machine and the doctor read no clock, no file, no socket and start no thread."""
    if papers.floor_of(_module(path)) != "core":
        return
    names = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not names & {"socket", "os", "random", "threading", "pathlib"}
    assert "datetime.now(" not in path.read_text(encoding="utf-8")
    assert "time.time(" not in path.read_text(encoding="utf-8")


def test_version_is_one() -> None:
    """The changelog's newest heading is the version of the package."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert found
    assert found[1] == doctor.__version__


def test_every_dependency_has_its_reason() -> None:
    """Each requirement of every extra is pinned and explained in docs/dependencies.md."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    paper = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    for requirement in (r for extra in extras.values() for r in extra):
        name, pinned, version = requirement.partition("==")
        assert pinned, f"{name} is not pinned"
        assert f"| {name} | {version} |" in paper


def _leaves(kind: type[errors.DoctorError]) -> set[str]:
    below = kind.__subclasses__()
    return {kind.__name__} if not below else set().union(*map(_leaves, below))


def test_error_tree_is_drawn_whole() -> None:
    """The tree at the top of doctor.errors names every error there is."""
    drawn = set(re.findall(r"\+-- (\w+)", errors.__doc__ or ""))
    assert _leaves(errors.DoctorError) <= drawn


@pytest.mark.parametrize(("paper", "name"), papers.TABLES)
def test_papers_hold_the_tables_of_the_code(paper: str, name: str) -> None:
    """Every table made from the code says what the code says (tools/papers.py writes it)."""
    assert papers.stands(paper, name) == papers.TABLES[paper, name]()


def _papers() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [ROOT / name for name in done.stdout.splitlines()]
    return [path for path in names if path.suffix == ".md" and path.is_file()]


def test_links_in_the_papers_lead_somewhere() -> None:
    """Every relative link and picture of every paper is a file of the project."""
    for paper in _papers():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text(encoding="utf-8")):
            assert (paper.parent / target).exists(), f"{paper.name} links to {target}"
