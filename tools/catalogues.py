"""Bring the catalogues in client/catalogues up to date with the texts of the code.

    python tools/catalogues.py

A new text appears in each file `.po` with an empty `msgstr`: write its translation there. A text
that the code no longer has is removed. The order is that of the texts, and no line of the code is
named, so that two people's changes rarely meet. `tests/project/test_catalogues.py` fails while a
text is missing or has no translation.
"""

from __future__ import annotations

import io
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "client" / "catalogues"
#: Each language with its rule for plurals: two forms, of which the page chooses by the same rule.
LANGUAGES: Final = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
}
#: The functions whose first arguments are texts.
KEYWORDS: Final = {"tr": None, "mark": None, "plural": (1, 2)}
_ATTRIBUTES: Final = ("aria-label", "placeholder", "title")


class _Texts(HTMLParser):
    """Collects the texts of the page, each with its spaces made one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skips = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes that are read out or shown."""
        self._skips = tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in _ATTRIBUTES and value]

    def handle_data(self, data: str) -> None:
        """Collect a text."""
        text = " ".join(data.split())
        if not self._skips and re.search(r"[^\W\d_]", text):
            self.found.append(text)


def extract() -> Catalog:
    """Return every text of the client, without translations."""
    found = Catalog(charset="utf-8")
    for path in sorted((ROOT / "client").rglob("*")):
        where = [(path.relative_to(ROOT).as_posix(), 0)]
        if path.suffix in {".py", ".js"}:
            method = {".py": "python", ".js": "javascript"}[path.suffix]
            options = {"encoding": "utf-8", "template_string": "no"}
            for _, text, _, _ in extract_from_file(method, path, KEYWORDS, (), options):
                found.add(text, locations=where)
        elif path.suffix == ".html":
            collector = _Texts()
            collector.feed(path.read_text(encoding="utf-8"))
            for text in collector.found:
                found.add(text, locations=where)
    return found


def render(catalogue: Catalog) -> bytes:
    """Return the bytes of a file `.po`."""
    written = io.BytesIO()
    write_po(
        written,
        catalogue,
        width=0,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
        omit_header=False,
    )
    return written.getvalue().rstrip() + b"\n"


def update(language: str, found: Catalog) -> bytes:
    """Return the catalogue of a language with the texts of the code, as bytes."""
    path = FOLDER / f"{language}.po"
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file, locale=language)
    else:
        old = Catalog(locale=language)
    made = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment="")
    made.mime_headers = [("Plural-Forms", LANGUAGES[language])]
    for message in found:
        if not message.id:
            continue
        known = old.get(message.id)
        string = known.string if known and type(known.id) is type(message.id) else None
        made.add(message.id, string, locations=message.locations)
    head = (
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {language}\\n"\n"Plural-Forms: {LANGUAGES[language]}\\n"\n'
    )
    return head.encode() + b"\n" + render(made).split(b"\n\n", 1)[1]


def main() -> int:
    """Write the catalogues; return 1 if a translation is missing."""
    found = extract()
    FOLDER.mkdir(exist_ok=True)
    missing = 0
    for language in LANGUAGES:
        path = FOLDER / f"{language}.po"
        path.write_bytes(update(language, found))
        with path.open("rb") as file:
            empty = [each.id for each in read_po(file) if each.id and not _is_complete(each.string)]
        missing += len(empty)
        print(f"{path.relative_to(ROOT)}: {len(found)} texts, {len(empty)} without a translation")
        for text in empty:
            print(f"  {text!r}")
    return 1 if missing else 0


def _is_complete(string: object) -> bool:
    return all(string) if isinstance(string, (list, tuple)) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
