"""Helplines: where to send people who need more than a program, read from a TOML file.

They belong to a place and not to a script, so the operator sets them (`--helplines FILE`); a file
in the form of `doctor/scripts/helplines.toml`, which ships, is read once, at start.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor import paths
from doctor.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The helplines file that ships; `--helplines FILE` takes another of the same form.
DEFAULT_HELPLINES: Final = Path(__file__).resolve().parents[1] / "scripts" / "helplines.toml"
#: A helplines file larger than this, in bytes, is refused; one line for each country has 20,000.
MAX_HELPLINES_BYTES: Final = 1 << 18
#: Bytes of one line of the file. It bounds what else costs a reader of TOML time or stack: numbers
#: with thousands of digits, keys with thousands of dots, lists in lists.
MAX_LINE_BYTES: Final = 2_000
#: Helplines named in one answer; more would bury the one that is needed.
MAX_NAMED: Final = 4


class Helpline(NamedTuple):
    """Somebody who can be reached in one country."""

    country: str
    name: str
    contact: str

    def __str__(self) -> str:
        where = f" ({self.country})" if self.country else ""
        return f"{self.name}{where}: {self.contact}"


class Helplines(NamedTuple):
    """Where people are sent: an international directory, the emergency number, and helplines."""

    directory: str
    emergency: str
    lines: tuple[Helpline, ...] = ()

    def sentence(self) -> str:
        """Return what an answer says in place of HELPLINES: one or two sentences."""
        named = "; ".join(str(line) for line in self.lines[:MAX_NAMED])
        people = f"{named}; in every country: {self.directory}" if named else self.directory
        return f"If there is danger now, call {self.emergency}. People who listen: {people}."


def load_helplines(path: Path | str = DEFAULT_HELPLINES) -> Helplines:
    """Return the helplines in a TOML file; raise `ScriptError` where it cannot be used."""
    path = Path(path)
    try:
        with paths.reading(path) as file:
            raw = file.read(MAX_HELPLINES_BYTES + 1)
    except OSError as error:
        raise ScriptError(f"cannot read the helplines {path}: {error.strerror}") from error
    if len(raw) > MAX_HELPLINES_BYTES:
        raise ScriptError(f"{path.name}: the helplines are over {MAX_HELPLINES_BYTES:,} bytes")
    longest = max(map(len, raw.split(b"\n")))
    if longest > MAX_LINE_BYTES:
        raise ScriptError(f"{path.name}: a line is over {MAX_LINE_BYTES:,} bytes; shorten it")
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except ValueError as error:  # also of a number with thousands of digits
        raise ScriptError(f"{path.name}: not a TOML file: {error}") from error
    except RecursionError as error:
        raise ScriptError(f"{path.name}: lists are nested too deep; it needs none") from error
    entries = table.get("helpline", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ScriptError(f"{path.name}: write each helpline under [[helpline]]")
    return Helplines(
        _text(path, table, "directory"),
        _text(path, table, "emergency"),
        tuple(
            Helpline(
                _text(path, each, "country"),
                _text(path, each, "name"),
                _text(path, each, "contact"),
            )
            for each in entries
        ),
    )


def _text(path: Path, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ScriptError(f"{path.name}: {key} is missing, or is not one line of text")
    return value.strip()
