"""Put measured tables into docs/performance.md, between a mark of their name and the end mark.

The mark is `<!-- measured: NAME -->`. A program of `make bench` that is called with `--write`
replaces its own tables there; what is around them is written by people.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_END: Final = "<!-- end -->"


def replace(page: str, name: str, text: str) -> str:
    """Return a page with the measured part of this name replaced; ValueError where it has none."""
    mark = f"<!-- measured: {name} -->\n"
    before, found, rest = page.partition(mark)
    _old, end, after = rest.partition(_END)
    if not (found and end):
        raise ValueError(f"the page has no part {mark.strip()} ... {_END}")
    return f"{before}{mark}\n{text.strip()}\n\n{_END}{after}"


def write(name: str, text: str) -> None:
    """Replace the measured part of this name in docs/performance.md."""
    PAGE.write_text(replace(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first is its head."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body))
