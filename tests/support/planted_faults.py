"""The planted faults of tests/data/planted-faults: each is a sound script with one fault in it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parents[1] / "data" / "planted-faults"
SOUND = (_FOLDER / "sound.script").read_text(encoding="utf-8")


class PlantedFault(NamedTuple):
    """A script with a fault, the fault's line, and the words that must be said about it."""

    name: str
    script: str
    line: int
    words: tuple[str, ...]


def planted_faults(file: str = "faults.txt") -> list[PlantedFault]:
    """Return the planted faults of a file in its order."""
    text = (_FOLDER / file).read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n\n") if not block.startswith("#")]
    return [_read(block.strip().splitlines()) for block in blocks]


def _read(rows: list[str]) -> PlantedFault:
    """Return one fault; its edits are runs of - lines followed by runs of + and ! lines."""
    edits: list[tuple[list[str], list[str]]] = []
    for row in rows[1:-1]:
        if row.startswith("-"):
            if not edits or edits[-1][1]:
                edits.append(([], []))
            edits[-1][0].append(row[1:])
        else:
            edits[-1][1].append(row)
    lines = SOUND.splitlines()
    for old, new in edits:
        places = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
        assert len(places) == 1, f"{rows[0]}: {old[0]!r} is there {len(places)} times"
        lines[places[0] : places[0] + len(old)] = new
    marked = [n for n, line in enumerate(lines, 1) if line.startswith("!")]
    assert len(marked) == 1, f"{rows[0]}: one line must be marked with !"
    script = "\n".join(line[1:] if line[:1] in {"!", "+"} else line for line in lines)
    words = tuple(word.strip() for word in rows[-1].removeprefix("=").split("|"))
    return PlantedFault(rows[0], f"{script}\n", marked[0], words)


class WholeFault(NamedTuple):
    """A script of its own with one fault: the lines that may be named, and what must be said."""

    file: str
    lines: tuple[int, ...]
    words: tuple[str, ...]
    first_sight: str


THIRD = _FOLDER / "third-set"


def whole_faults() -> list[WholeFault]:
    """Return the faults of the third set, which are scripts of their own."""
    rows = (THIRD / "expected.tsv").read_text(encoding="utf-8").splitlines()
    cells = [row.split("\t") for row in rows if not row.startswith("#")]
    return [
        WholeFault(file, tuple(map(int, lines.split(","))), tuple(words.split("|")), first)
        for file, lines, _wrong, _right, words, first in cells
    ]
