"""The rules of the source code that no linter can check, as functions of a tree of sources.

A tree is a directory that looks like this project: `doctor/`, `client/` and `server.py`. Each rule
takes the modules of a tree and returns its findings as strings, so that a test can also plant a
violation in a small tree of its own and see it found.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]

#: Sizes: lines of a module, lines of a function, modules of a folder, lines of an interface.
MODULE_LINES = 400
FUNCTION_LINES = 60
FOLDER_MODULES = 24
FACE_LINES = 40
#: The first line of a docstring is shorter than this.
DOCSTRING_WIDTH = 90

#: Packages that compute words from words and bytes from bytes.
PURE = (
    "doctor.english",
    "doctor.eliza",
    "doctor.host",
    "doctor.hosting",
    "doctor.listener",
    "doctor.machine",
    "doctor.history",
    "doctor.protocol",
    "doctor.scripts",
    "doctor.doctor",
)
IMPURE_MODULES = frozenset(
    {
        "asyncio",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
    }
)
#: Attributes that read a clock, whatever they are reached through.
CLOCKS = frozenset(
    {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
)


@dataclass(frozen=True)
class Source:
    """One module of a tree: its dotted name and its text."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module's syntax tree."""
        return ast.parse(self.text)

    @property
    def is_package(self) -> bool:
        """True for the `__init__` of a package."""
        return self.path.name == "__init__.py"

    def belongs_to(self, packages: Iterable[str]) -> bool:
        """Return True if the module is one of these packages or lies in one."""
        return any(self.name == name or self.name.startswith(f"{name}.") for name in packages)


Tree: TypeAlias = dict[str, Source]


def module_name(root: Path, path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_tree(root: Path = ROOT, names: Iterable[str] = ("doctor", "client", "server.py")) -> Tree:
    """Read the modules of a tree, by name."""
    found: dict[str, Source] = {}
    for start in (root / name for name in names):
        for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
            name = module_name(root, path)
            found[name] = Source(name, path, path.read_text(encoding="utf-8"))
    return found


# --- imports --------------------------------------------------------------------------------------


def imported_names(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each import with the dotted name that it names, those in functions included."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parts = source.name.split(".")
                keep = len(parts) - node.level + source.is_package
                module = ".".join([*parts[:keep], *filter(None, [module])])
            yield from ((node, f"{module}.{alias.name}") for alias in node.names)


def import_graph(tree: Tree) -> dict[str, set[str]]:
    """Return which modules of the tree each module imports, imports for types included."""
    graph: dict[str, set[str]] = {name: set() for name in tree}
    for source in tree.values():
        for _, dotted in imported_names(source):
            for name in (dotted, dotted.rpartition(".")[0]):
                if name in tree:
                    if name != source.name:
                        graph[source.name].add(name)
                    break
    return graph


def circles(tree: Tree) -> list[list[str]]:
    """Return the groups of modules that import each other."""
    graph = import_graph(tree)
    reached = {name: _reachable(graph, name) for name in graph}
    groups = {
        tuple(sorted(other for other in names if name in reached[other]))
        for name, names in reached.items()
        if name in names
    }
    return [list(group) for group in sorted(groups)]


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name])
    return found


def reaches(graph: Mapping[str, set[str]], source: str, target: str) -> list[str]:
    """Return what a module imports directly of a package, sorted."""
    return sorted(n for n in graph[source] if n == target or n.startswith(f"{target}."))


def impurities(tree: Tree) -> list[str]:
    """Return which pure module imports what is not, reads a clock or opens: `module: what`."""
    found: set[str] = set()
    for source in tree.values():
        if not source.belongs_to(PURE):
            continue
        for _, dotted in imported_names(source):
            top = dotted.partition(".")[0]
            if top in IMPURE_MODULES:
                found.add(f"{source.name}: {top}")
        for node in ast.walk(source.tree):
            called = node.func if isinstance(node, ast.Call) else None
            reads_clock = isinstance(called, ast.Attribute) and called.attr in CLOCKS
            opens_file = isinstance(called, ast.Name) and called.id in {"open", "input"}
            if called is not None and (reads_clock or opens_file):
                found.add(f"{source.name}: {ast.unparse(called)}()")
    return sorted(found)


def third_party(tree: Tree) -> list[str]:
    """Return which module imports what does not come with Python: `module: package`."""
    own = {name.partition(".")[0] for name in tree} | set(sys.stdlib_module_names)
    found: set[str] = set()
    for source in tree.values():
        for _, dotted in imported_names(source):
            top = dotted.partition(".")[0]
            if top not in own:
                found.add(f"{source.name}: {top}")
    return sorted(found)


# --- sizes ----------------------------------------------------------------------------------------


def long_modules(tree: Tree, limit: int = MODULE_LINES) -> list[str]:
    """Return the modules of more lines than the limit."""
    return [s.name for s in tree.values() if len(s.text.splitlines()) > limit]


def long_functions(tree: Tree) -> list[str]:
    """Return the functions of too many lines: `module: function`."""
    return [
        f"{source.name}: {node.name}"
        for source in tree.values()
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    ]


def full_folders(tree: Tree) -> list[str]:
    """Return the folders of too many modules."""
    count: defaultdict[Path, int] = defaultdict(int)
    for source in tree.values():
        count[source.path.parent] += 1
    return sorted(str(folder) for folder, modules in count.items() if modules > FOLDER_MODULES)


def faces(tree: Tree, packages: Iterable[str]) -> list[str]:
    """Return what is wrong with the interfaces of packages: `package: what`.

    An interface is an `__init__` that is short, lists its names in `__all__` and defines nothing.
    """
    found: list[str] = []
    for name in packages:
        source = tree[name]
        if len(source.text.splitlines()) >= FACE_LINES:
            found.append(f"{name}: too long")
        body = source.tree.body
        assigned = [ast.unparse(t) for n in body if isinstance(n, ast.Assign) for t in n.targets]
        if "__all__" not in assigned:
            found.append(f"{name}: no __all__")
        if set(assigned) - {"__all__"} or not all(_is_of_a_face(node) for node in body):
            found.append(f"{name}: defines something")
    return found


def _is_of_a_face(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign))


# --- names ----------------------------------------------------------------------------------------


def double_classes(tree: Tree) -> list[str]:
    """Return the class names that are defined more than once."""
    places: defaultdict[str, int] = defaultdict(int)
    for source in tree.values():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name] += 1
    return sorted(name for name, count in places.items() if count > 1)


def docstring_faults(tree: Tree) -> list[str]:
    """Return the docstrings whose first line is too long or does not end in a period."""
    found: list[str] = []
    for source in tree.values():
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                first = (ast.get_docstring(node) or ".").splitlines()[0]
                if len(first) >= DOCSTRING_WIDTH or not first.endswith("."):
                    found.append(f"{source.name}: {first}")
    return found
