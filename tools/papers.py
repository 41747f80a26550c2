"""The tables in the papers that are made from the code: `python tools/papers.py` writes them anew.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. A test compares, so that a paper
cannot say anything else than the code.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.protocol import COMMANDS, codes  # noqa: E402 - from the checkout that this stands in
from doctor.server import settings  # noqa: E402 - from the checkout that this stands in

#: The floors of the house from the ground up: a floor's rooms import from it and from below.
FLOORS: dict[str, tuple[str, ...]] = {
    "ground": ("errors", "text", "paths", "machine", "protocol"),
    "core": ("english", "scripts", "history", "eliza", "listener", "doctor"),
    "store": ("loading", "patients"),
    "server": ("control", "server"),
    "desk": ("cli", "report", "__main__"),
    "client": ("client",),
}
TITLES = {
    "ground": "What everything stands on",
    "core": "The machine and the doctor: no socket, no thread, no clock that they are not handed",
    "store": "The store: patients and their histories on disk",
    "server": "The server: one thread for each client",
    "desk": "The desk: `python -m doctor`",
    "client": "The client: it knows the protocol, and nothing else of the above",
}


def sources() -> list[Path]:
    """Return every module of the program."""
    folders = [sorted((ROOT / name).rglob("*.py")) for name in ("doctor", "client")]
    return [ROOT / "server.py", *(path for folder in folders for path in folder)]


def module_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str | None:
    """Return the floor that a module is on; None where nobody gave it one."""
    parts = module.split(".")
    room = parts[0] if parts[0] in {"client", "server"} or len(parts) == 1 else parts[1]
    return next((floor for floor, rooms in FLOORS.items() if room in rooms), None)


def replies() -> str:
    """The reply table of the protocol."""
    rows = [f"| `{kind.code}` | {kind.when} |" for kind in codes.REPLIES]
    return "\n".join(["| code | when |", "| --- | --- |", *rows])


def reasons() -> str:
    """The table of why a 421 closes a connection."""
    rows = [f"| `{reason}` | {reason.when} |" for reason in codes.Reason]
    return "\n".join(["| reason | when |", "| --- | --- |", *rows])


def commands() -> str:
    """The command table of the protocol."""
    rows = [f"| `{kind.usage}` | {kind.help} |" for kind in COMMANDS]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def rooms() -> str:
    """Every module with the first sentence of its docstring, floor by floor."""
    lines: list[str] = []
    for floor, title in TITLES.items():
        lines += [f"### {title}", "", "| room | what it is for |", "| --- | --- |"]
        for path in sources():
            if floor_of(module_of(path)) == floor:
                text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
                what = " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")
                lines.append(f"| `{module_of(path)}` | {what} |")
        lines.append("")
    return "\n".join(lines).strip()


TABLES = {
    ("README.md", "replies"): replies,
    ("README.md", "commands"): commands,
    ("docs/protocol.md", "replies"): replies,
    ("docs/protocol.md", "reasons"): reasons,
    ("docs/protocol.md", "commands"): commands,
    ("docs/house.md", "rooms"): rooms,
    ("docs/operating.md", "settings"): settings.table,
}


def stands(paper: str, name: str) -> str:
    """Return the table that stands in a paper."""
    text = (ROOT / paper).read_text(encoding="utf-8")
    return text.split(f"<!-- table: {name} -->\n")[1].split("<!-- end -->")[0].strip()


def main() -> None:
    """Write every table anew."""
    for (paper, name), make in TABLES.items():
        path = ROOT / paper
        before, _, rest = path.read_text(encoding="utf-8").partition(f"<!-- table: {name} -->\n")
        after = rest.partition("<!-- end -->")[2]
        text = f"{before}<!-- table: {name} -->\n{make()}\n<!-- end -->{after}"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
