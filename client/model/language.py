"""The language of the client's own texts: gettext with a catalogue for each language.

A text in the code is an English sentence in `tr`, `plural` or `mark`, and the name of its own
translation. The catalogues are the files `.po` in `client/catalogues`. They are read as they are,
so there is nothing to compile: each is turned in memory into what `gettext.GNUTranslations` reads.

- `tr("The room {room} is closed.").format(room=room)`: one whole sentence, with named places.
- `plural("{count} line", "{count} lines", count)`: a text that depends on a number.
- `mark("Save…")`: a text in a table that is made before the language is known; `tr` is called with
  it when it is shown.

What the doctor says is not translated here: it speaks the language of its script. Neither is what
a server says in words of its own.
"""

from __future__ import annotations

import functools
import gettext
import io
import json
import os
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FOLDER: Final = Path(__file__).parent.parent / "catalogues"
#: The language of the texts in the code.
ENGLISH: Final = "en"
#: Each language by its code, named as its speakers name it.
LANGUAGES: Final = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
#: Where a system says its user's language, the first that is set before the others.
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_MAGIC: Final = 0x950412DE

#: What stands between thousands, where it is no comma.
_THOUSANDS: Final = {"de": ".", "es": ".", "fr": "\N{NARROW NO-BREAK SPACE}"}

_current: list[gettext.NullTranslations] = [gettext.NullTranslations()]
_code: list[str] = [ENGLISH]


def mark(text: str) -> str:
    """Return the text as it is; it is in the catalogues, and `tr` translates it later."""
    return text


def tr(text: str) -> str:
    """Return a text in the language in use; return "" for ""."""
    return _current[0].gettext(text) if text else ""


def plural(one: str, many: str, count: int) -> str:
    """Return the form of a text that fits a number, in the language in use."""
    return _current[0].ngettext(one, many, count)


def as_number(value: int) -> str:
    """Return a number with its thousands apart, as the language in use writes it."""
    return f"{value:,}".replace(",", _THOUSANDS.get(_code[0], ","))


def as_person(name: str) -> str:
    """Return the name of a person who attends a conversation, and that it is one.

    In every language the name comes first, so `as_person("")` is what follows it.
    """
    return tr("{name} (a person)").format(name=name)


def as_list(names: Sequence[str], most: int = 8) -> str:
    """Return names as a list to read: `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`."""
    if len(names) < 2:
        return "".join(names)
    shown, rest = list(names), len(names) - most + 1
    if rest > 1:
        others = plural("{number} other", "{number} others", rest).format(number=rest)
        shown = [*names[: most - 1], others]
    return tr("{names} and {last}").format(names=", ".join(shown[:-1]), last=shown[-1])


def current() -> str:
    """Return the code of the language in use."""
    return _code[0]


def use(language: str = "") -> str:
    """Use a language from now on, "" for the system's; return its code.

    Call it before the first window is made: what is shown already stays as it is.
    """
    chosen = choose([language] if language else ask_system())
    _current[0], _code[0] = load(chosen), chosen
    return chosen


def choose(wanted: Iterable[str]) -> str:
    """Return the first language that has a catalogue: `de` for `de_AT.UTF-8`; else English."""
    for each in wanted:
        code = each.replace("-", "_").partition("_")[0].partition(".")[0].partition("@")[0].lower()
        if code in LANGUAGES:
            return code
        if code in {"c", "posix"}:
            return ENGLISH
    return ENGLISH


def ask_system(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the languages that the user's system names, the preferred one first."""
    environment = os.environ if environment is None else environment
    for variable in _VARIABLES:
        if value := environment.get(variable):
            return value.split(":")
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only this system is asked so
        import locale  # noqa: PLC0415 - the same

        number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return [locale.windows_locale.get(number, "")]
    return []


def from_header(header: str) -> str:
    """Return the language that fits the header Accept-Language of a browser."""
    ranked = []
    for part in header[:1000].split(",")[:20]:
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.replace(" ", "").removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            ranked.append((quality, name.strip()))
    ranked.sort(key=lambda each: -each[0])  # equal ones stay in their order
    return choose(name for _, name in ranked)


@functools.cache
def load(language: str) -> gettext.NullTranslations:
    """Return the translations of a language; those of English are the texts themselves."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(_compile(read(language))))


@functools.cache
def read(language: str) -> dict[str, str]:
    r"""Return the catalogue of a language; forms of a plural are joined by `\0`, as in `.mo`."""
    return parse((FOLDER / f"{language}.po").read_text(encoding="utf-8"))


def read_part(language: str, place: str) -> dict[str, str]:
    """Return the entries of a catalogue whose texts are in files below `place`."""
    if language == ENGLISH:
        return {}
    return parse((FOLDER / f"{language}.po").read_text(encoding="utf-8"), place)


def parse(text: str, place: str = "") -> dict[str, str]:
    """Return the translated entries of a file `.po` as `tools/catalogues.py` writes it."""
    found: dict[str, str] = {}
    for block in text.split("\n\n"):
        lines = block.split("\n")
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        if not any(place in line for line in lines if line.startswith("#:") or not place):
            continue
        fields: dict[str, str] = {}
        name = ""
        for line in lines:
            if not line or line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")  # noqa: PLW2901 - the rest of the line
            fields[name] = fields.get(name, "") + json.loads(line)
        forms = [value for key, value in fields.items() if key.startswith("msgstr")]
        if forms and all(forms):
            key = fields["msgid"]
            if "msgid_plural" in fields:
                key += "\0" + fields["msgid_plural"]
            found[key] = "\0".join(forms)
    return found


def _compile(entries: dict[str, str]) -> bytes:
    """Return a catalogue as the bytes of a file `.mo`: a header, two tables, the texts."""
    pairs = sorted((key.encode(), value.encode()) for key, value in entries.items())
    table, texts = [], b""
    start = 28 + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            table += [len(pair[column]), start + len(texts)]
            texts += pair[column] + b"\0"
    head = (_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return struct.pack(f"<7I{len(table)}I", *head, *table) + texts
