"""Write the tables of the documents that are made from the code: `python tools/doc_tables.py`.

A table is between `<!-- table: NAME -->` and `<!-- end -->`. A test compares each with the code, so
that a document cannot say anything else.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.protocol import COMMANDS, codes, notices  # noqa: E402 - from the checkout of this file
from doctor.scripts import host_form  # noqa: E402 - the same
from doctor.server import exporter, options  # noqa: E402 - the same


def replies() -> str:
    """Return the reply codes of the protocol."""
    rows = [f"| `{kind.code}` | {kind.when} |" for kind in codes.REPLIES]
    return "\n".join(["| code | when |", "| --- | --- |", *rows])


def notice_codes() -> str:
    """Return the codes of the notices of the protocol."""
    rows = [f"| `{kind.code}` | {kind.when} |" for kind in notices.NOTICES]
    return "\n".join(["| code | when |", "| --- | --- |", *rows])


def reasons() -> str:
    """Return the reasons for which a 421 closes a connection."""
    rows = [f"| `{reason}` | {reason.when} |" for reason in codes.Reason]
    return "\n".join(["| reason | when |", "| --- | --- |", *rows])


def commands() -> str:
    """Return the commands of the protocol."""
    rows = [f"| `{kind.usage}` | {kind.help} |" for kind in COMMANDS]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def host_parts() -> str:
    """Return the parts of a script's HOST form."""
    rows = [
        f"| `{name}` | {part.when} | {' '.join(f'`{slot}`' for slot in part.slots)} |"
        for name, part in host_form.PARTS.items()
    ]
    return "\n".join(["| part | said when | slots |", "| --- | --- | --- |", *rows])


def layers() -> str:
    """Return the layers of the packages, from the contracts of import-linter."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    lines = ["| layer | packages and modules | import each other |", "| --- | --- | --- |"]
    for container in ("doctor", "doctor.patients", "client"):
        (found,) = (c["layers"] for c in contracts if c.get("containers") == [container])
        for number, layer in reversed(list(enumerate(reversed(found)))):
            listed = [name.strip(" ()") for name in layer.replace(":", "|").split("|")]
            names = [f"`{container}.{name}`" for name in listed if _exists(container, name)]
            together = "" if len(names) == 1 else "never" if "|" in layer else "yes"
            lines.append(f"| {container} {number} | {', '.join(names)} | {together} |")
    return "\n".join(lines)


def _exists(container: str, name: str) -> bool:
    path = ROOT.joinpath(*container.split("."), name)
    return path.is_dir() or path.with_suffix(".py").is_file()


def packages() -> str:
    """Return each package, and each module beside the packages, with its docstring's first line."""
    paths = [ROOT / "server.py"]
    for top in ("doctor", "client"):
        modules = {path for path in (ROOT / top).glob("*.py") if path.name != "__init__.py"}
        paths += sorted({*modules, *(ROOT / top).rglob("__init__.py")}, key=_module)
    lines = ["| package or module | purpose |", "| --- | --- |"]
    for path in paths:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        what = text.partition("\n")[0].replace("|", "\\|")
        lines.append(f"| `{_module(path)}` | {what} |")
    return "\n".join(lines)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TABLES = {
    ("docs/protocol.md", "replies"): replies,
    ("docs/protocol.md", "notices"): notice_codes,
    ("docs/host.md", "host"): host_parts,
    ("docs/protocol.md", "reasons"): reasons,
    ("docs/protocol.md", "commands"): commands,
    ("docs/architecture.md", "layers"): layers,
    ("docs/architecture.md", "packages"): packages,
    ("docs/operating.md", "settings"): options.tables,
    ("docs/operating.md", "metrics"): exporter.table,
}


def written_table(document: str, name: str) -> str:
    """Return a table as the document has it."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text.split(f"<!-- table: {name} -->\n")[1].split("<!-- end -->")[0].strip()


def main() -> None:
    """Write every table again."""
    for (document, name), make in TABLES.items():
        path = ROOT / document
        before, _, rest = path.read_text(encoding="utf-8").partition(f"<!-- table: {name} -->\n")
        after = rest.partition("<!-- end -->")[2]
        text = f"{before}<!-- table: {name} -->\n{make()}\n<!-- end -->{after}"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
