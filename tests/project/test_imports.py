"""Imports that import-linter cannot judge: circles, purity, the standard library, `server.py`.

The layers of the packages are contracts in `pyproject.toml`, checked by `lint-imports`.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from doctor.doctor import Doctor
from tests.support import sources
from tests.support.sources import ROOT, read_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TREE = read_tree()
GRAPH = sources.import_graph(TREE)

#: What pure modules may import all the same, with the reason.
IMPURE: dict[str, str] = {
    "doctor.listener.care: threading": "a lock: its tables are made once",
    "doctor.listener.care_score: pathlib": "it reads the file of a table",
    "doctor.listener.helplines: pathlib": "it reads the file of helplines",
    "doctor.scripts.catalog: pathlib": "it knows where the named scripts are",
    "doctor.scripts.loader: pathlib": "it reads the file of a script",
}

#: Packages and modules that may import what does not come with Python.
LIBRARIES = {
    "doctor.paths": {"platformdirs"},
    "doctor.programs": {"shtab"},
    "client": {"breezypythongui", "platformdirs"},
    "client.web": {"websockets"},
    "doctor.cli.output": {"tqdm"},
    "doctor.patients.postgresql": {"psycopg"},
    "doctor.report": {"jinja2", "markupsafe", "matplotlib"},
    "doctor.server.exporter": {"prometheus_client"},
}
#: Modules that do not load at all without those; the others import them when they are needed.
NEED_LIBRARIES = (
    "client.records",
    "client.ui",
    "client.web.bridge",
    "client.web.browser",
    "client.web.gateway",
    "client.web.run",
    "client.widgets",
    "doctor.patients.postgresql",
    "doctor.report.charts",
    "doctor.report.page",
)


def _plant(root: Path, **files: str) -> sources.Tree:
    """Write a small program, `a__b="text"` for the module a.b, and read it."""
    for name, text in files.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_tree(root, [path.name for path in root.iterdir()])


# --- circles --------------------------------------------------------------------------------------


def test_no_modules_import_each_other() -> None:
    """No circle of imports exists, imports for types and those inside functions included."""
    assert not sources.circles(TREE)


@pytest.mark.parametrize(
    "text",
    [
        "import doctor.b",
        "from doctor import b",
        "from doctor.b import thing",
        "from . import b",
        "from .b import thing",
        "def function() -> None:\n    import doctor.b\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from doctor.b import Thing\n",
    ],
)
def test_a_planted_circle_is_found(tmp_path: Path, text: str) -> None:
    """A circle is found in every form of import."""
    tree = _plant(
        tmp_path, doctor__a=text, doctor__b="import doctor.c", doctor__c="import doctor.a"
    )
    assert sources.circles(tree) == [["doctor.a", "doctor.b", "doctor.c"]]


# --- server.py, which import-linter cannot read since it is no package ----------------------------


def test_no_module_imports_the_program() -> None:
    """Nothing imports `server.py`."""
    assert not [name for name in TREE if sources.reaches(GRAPH, name, "server")]


@pytest.mark.parametrize("package", ["client", "doctor.cli", "doctor.report"])
def test_the_program_knows_no_client_and_no_command_line(package: str) -> None:
    """`server.py` imports neither the client, nor the command line, nor the report."""
    assert not sources.reaches(GRAPH, "server", package)


def test_a_planted_import_of_the_program_is_found(tmp_path: Path) -> None:
    """An import of `server.py`, and one by it, are found."""
    tree = _plant(
        tmp_path,
        server="def main() -> None:\n    from doctor.cli import talk\n",
        doctor__a="import server",
        doctor__cli__talk="",
    )
    graph = sources.import_graph(tree)
    assert sources.reaches(graph, "doctor.a", "server") == ["server"]
    assert sources.reaches(graph, "server", "doctor.cli") == ["doctor.cli.talk"]


_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]


def test_contracts_count_imports_for_types() -> None:
    """The contracts of import-linter cover both packages and see imports for types."""
    assert _CONTRACTS["root_packages"] == ["doctor", "client"]
    assert _CONTRACTS["exclude_type_checking_imports"] is False


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [
        ("client-doctor", {"errors", "programs", "protocol", "text"}),
        ("client-records", {"control", "errors", "patients", "programs", "report", "text"}),
    ],
)
def test_contracts_of_the_client_name_every_other_package(contract: str, allowed: set[str]) -> None:
    """What the client may not import is every package of doctor but those that it may."""
    (found,) = (c for c in _CONTRACTS["contracts"] if c["id"] == contract)
    children = {f"doctor.{name.split('.')[1]}" for name in TREE if name.startswith("doctor.")}
    missing = children - set(found["forbidden_modules"])
    assert missing == {f"doctor.{name}" for name in allowed}


# --- purity ---------------------------------------------------------------------------------------


def test_pure_modules_have_no_socket_file_thread_or_clock() -> None:
    """The machines, the script language, the protocol and the histories get all by argument."""
    assert sources.impurities(TREE) == sorted(IMPURE), "correct the module, or IMPURE"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import socket", "socket"),
        ("import os.path", "os"),
        ("from os import path", "os"),
        ("from pathlib import Path", "pathlib"),
        ("from threading import Lock as L", "threading"),
        ("def function() -> None:\n    from random import choice\n", "random"),
        ("from datetime import datetime\nx = datetime.now()", "datetime.now()"),
        ("import datetime\nx = datetime.datetime.now(None)", "datetime.datetime.now()"),
        ("import datetime\nx = datetime.date.today()", "datetime.date.today()"),
        ("def function() -> None:\n    open('a')\n", "open()"),
    ],
)
def test_a_planted_impurity_is_found(tmp_path: Path, text: str, what: str) -> None:
    """What is not pure is found by `import`, by `from` and as a call that reads a clock."""
    tree = _plant(tmp_path, doctor__eliza__machine=text, doctor__server__a=text)
    assert sources.impurities(tree) == [f"doctor.eliza.machine: {what}"]


# --- the standard library alone -------------------------------------------------------------------

_IMPORT_EACH = """
import importlib, sys
root, *names = sys.argv[1:]
sys.path.insert(0, root)
before = set(sys.modules)
for name in names:
    for loaded in set(sys.modules) - before:
        if loaded.partition(".")[0] in {"doctor", "client", "server"}:
            del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error.name}")
"""


def _modules_that_do_not_load(root: Path, tree: sources.Tree) -> list[str]:
    """Import each module, the project's others forgotten, in a process without site-packages."""
    words = [sys.executable, "-I", "-S", "-c", _IMPORT_EACH, str(root), *tree]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _may_import(line: str, libraries: dict[str, set[str]]) -> bool:
    name, _, package = line.partition(": ")
    return any(
        (name == place or name.startswith(f"{place}.")) and package in packages
        for place, packages in libraries.items()
    )


def test_the_server_loads_with_the_standard_library_alone() -> None:
    """Every module but the windows and the report's pictures loads in a Python without packages."""
    failed = [line.partition(":")[0] for line in _modules_that_do_not_load(ROOT, TREE)]
    allowed = tuple(f"{name}." for name in NEED_LIBRARIES)
    assert not [name for name in failed if not f"{name}.".startswith(allowed)]
    assert not [name for name in NEED_LIBRARIES if not any(f.startswith(name) for f in failed)]


def test_libraries_are_imported_where_they_are_expected() -> None:
    """A library is imported by the modules in `LIBRARIES` alone, inside functions too."""
    found = sources.third_party(TREE)
    assert not [line for line in found if not _may_import(line, LIBRARIES)]
    for place, packages in LIBRARIES.items():
        for package in packages:
            assert [line for line in found if _may_import(line, {place: {package}})], package


@pytest.mark.parametrize(
    "finds",
    [
        sources.third_party,
        lambda tree: _modules_that_do_not_load(tree["doctor.a"].path.parents[1], tree),
    ],
    ids=["by its syntax", "by importing it"],
)
def test_a_planted_library_is_found(
    tmp_path: Path, finds: Callable[[sources.Tree], list[str]]
) -> None:
    """An import of a package from the index is found in the syntax and by importing."""
    tree = _plant(tmp_path, doctor__a="from jinja2 import Template", doctor__b="import json")
    assert finds(tree) == ["doctor.a: jinja2"]


# --- the pickle's class path ----------------------------------------------------------------------


def test_the_class_of_the_saved_histories_is_where_they_look_for_it() -> None:
    """Every saved history names the class `doctor.doctor.Doctor`."""
    assert (Doctor.__module__, Doctor.__qualname__) == ("doctor.doctor", "Doctor")
