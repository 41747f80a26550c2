"""The house: who imports whom, what the papers say, and the names that files depend on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import doctor
from doctor import errors, protocol

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    ROOT / "server.py",
    *sorted((ROOT / "doctor").rglob("*.py")),
    *sorted((ROOT / "client").rglob("*.py")),
]


def _module(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
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


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_arrows_between_rooms(path: Path) -> None:
    """The machine knows no store, the store no socket, the client the protocol alone."""
    module, imported = _module(path), _imports(path)
    wire = {"doctor.handler", "doctor.control", "doctor.metrics", "server", "doctor.protocol"}
    store = {"doctor.patients", "doctor.record", "doctor.commit", "doctor.passphrase"}
    above = {name for name in imported if name.startswith(("client", "doctor.commands"))}
    core = {"script", "eliza", "reflection", "listener", "transcript", "doctor", "trace"}
    if module.startswith("client"):
        allowed = {"doctor", "doctor.protocol", "doctor.errors"}
        if module == "client.records_window":
            allowed |= {"doctor.patients"}
        assert {name for name in imported if not name.startswith("client")} <= allowed
    elif module.removeprefix("doctor.") in core and module != "doctor":
        assert not imported & (wire | store), "the core knows no wire and no file"
        assert not above
    elif module in store:
        assert not imported & wire, "the store knows no wire"
        assert not above
    elif module in {"doctor.protocol", "doctor.errors"}:
        assert imported <= {"doctor", "doctor.errors"}
    elif not module.startswith(("doctor.commands", "doctor.__main__")):
        assert not {name for name in above if name.startswith("client")}


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if "client" not in p.parts and "report" not in p.parts],
    ids=_module,
)
def test_the_server_needs_the_standard_library_alone(path: Path) -> None:
    """What the server and its core import when they are loaded comes with Python."""
    if _module(path).startswith("doctor.commands"):
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
    core = {"eliza", "reflection", "listener", "transcript", "trace", "doctor"}
    if path.parent != ROOT / "doctor" or path.stem not in core:
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


def _table(path: str, name: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    return text.split(f"<!-- table: {name} -->\n")[1].split("<!-- end -->")[0].strip()


def _replies() -> str:
    rows = [f"| `{kind.code}` | {kind.when} |" for kind in protocol.REPLIES]
    return "\n".join(["| code | when |", "| --- | --- |", *rows])


def _commands() -> str:
    rows = [f"| `{kind.usage}` | {kind.help} |" for kind in protocol.COMMANDS]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


@pytest.mark.parametrize("path", ["docs/protocol.md", "README.md"])
def test_papers_hold_the_tables_of_the_code(path: str) -> None:
    """The reply table and the command table in the papers are those of the code."""
    assert _table(path, "replies") == _replies()
    assert _table(path, "commands") == _commands()


def _papers() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [ROOT / name for name in done.stdout.splitlines()]
    return [path for path in names if path.suffix == ".md" and path.is_file()]


def test_links_in_the_papers_lead_somewhere() -> None:
    """Every relative link and picture of every paper is a file of the project."""
    for paper in _papers():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text(encoding="utf-8")):
            assert (paper.parent / target).exists(), f"{paper.name} links to {target}"
