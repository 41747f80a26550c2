r"""Make text safe to show, measure it, cut it into lines, and count things in words; pure.

What patients type reaches terminals, logs, spreadsheets, browsers and other programs. Some
characters have an effect there. Each of these functions makes such characters harmless:

    function              what it changes                               what it becomes   used for
    replace_controls      control characters but TAB                    U+FFFD            a line
    one_line              line ends; marks of direction                 a space; U+FFFD   windows
    escape                control, format and direction characters      \x1b, \u202e      terminals
    escape_name           the same, and characters that show nothing    \u200b            names
    escape_unprintable    everything that Python calls not printable    \x1b, \xa0        logs
    escape_html           as `escape`, and the markup of HTML           &lt;              pages
    escape_markdown       as `escape`, and the markup of Markdown       \*                documents
    to_json               as `escape`, by the escapes of JSON           \u001b            programs

This module imports nothing of the project. Any thread may call its functions.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
#: What is between two paragraphs of a line.
PARAGRAPH: Final = "\N{PARAGRAPH SEPARATOR}"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a line; a line without any is one."""
    return text.split(PARAGRAPH)


def joined_paragraphs(text: str, made: Callable[[str], str], separator: str) -> str:
    """Return the paragraphs of a line as `made` makes them, with a separator between."""
    return separator.join(map(made, paragraphs(text)))


# --- characters that do more than show themselves -------------------------------------------------

_CONTROL_BUT_TAB: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ACTIVE_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # emoji and Persian need them
# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt: first and last of each range.
# It only grows within the ranges that are set aside for it, all of which are listed here.
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Category Zs, the plain space among it, and symbols without ink.
_BLANK: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800\U0001d159 ]+")


def _is_active(character: str) -> bool:
    """Return True if a character does something other than to be seen."""
    return unicodedata.category(character) in _ACTIVE_KINDS and character not in _JOINERS


def is_invisible(character: str) -> bool:
    """Return True if a character shows nothing, or a blank that is not the plain space."""
    return character != " " and bool(_IGNORABLE.match(character) or _BLANK.match(character))


def as_printed(text: str) -> str:
    """Return `text` as it prints: without ignorable characters, each run of blanks one space."""
    if not text.isascii():
        text = _IGNORABLE.sub("", text)
    return _BLANK.sub(" ", text)


# --- replacing ------------------------------------------------------------------------------------


def replace_controls(text: str) -> str:
    """Return `text` with every control character but TAB replaced by U+FFFD."""
    return text if text.isprintable() else _CONTROL_BUT_TAB.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """Return `text` as one line in which no character turns the direction of the others."""
    if text.isprintable():
        return text
    return _DIRECTION.sub(REPLACEMENT, text.replace("\n", " "))


# --- escaping -------------------------------------------------------------------------------------


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escape(text: str) -> str:
    r"""Return `text` with control and direction characters as escapes (`\x1b`, `\u202e`).

    Line ends and tabs are escaped too, so the result is one line.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(char) if _is_active(char) else char for char in text)


def escape_name(name: str) -> str:
    r"""Return a name as `escape` does, with characters that show nothing as escapes too."""
    return "".join(
        _escaped(char) if is_invisible(char) or _is_active(char) else char for char in name
    )


def escape_unprintable(text: str) -> str:
    r"""Return `text` with every character that is not printable as an escape (`\n`, `\x1b`)."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def escape_html(text: str) -> str:
    """Return `text` for a page or an attribute of HTML; nothing in it is markup."""
    return html.escape(escape(text))


_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#&|~$])")
#: What is markup at the beginning of a line alone: lists, numbered lists, rules, headings.
_MARKDOWN_START: Final = re.compile(r"\A(\s*\d{1,9}(?=[.)])|\s*(?=[-+=]))")


def escape_markdown(text: str) -> str:
    """Return `text` that Markdown shows as it is, at the beginning of a line too."""
    return _MARKDOWN_START.sub(r"\1\\", _MARKDOWN.sub(r"\\\1", escape(text)))


def to_json(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return JSON that no terminal obeys and every program reads back unchanged.

    What `escape` would escape is written as JSON's own escape.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        json.dumps(char)[1:-1] if char >= "\x7f" and _is_active(char) else char for char in text
    ).replace("\x7f", "\\u007f")


# --- measuring and cutting ------------------------------------------------------------------------


def display_width(text: str) -> int:
    """Return how many columns a terminal takes for `text`."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Fill `text` with spaces to a width; `right` moves it to the right end."""
    gap = " " * (columns - display_width(text))
    return gap + text if right else text + gap


_SPACE: Final = re.compile(r"\s+")


def wrap(text: str, columns: int) -> list[str]:
    """Cut `text` at spaces into lines of at most so many columns; 0 leaves it whole."""
    if not columns or display_width(text) <= columns:
        return [text]
    lines, line, used = [], "", 0
    for word in _SPACE.split(text):
        for piece in _cut(word, columns):
            taken = display_width(piece)
            if line and used + 1 + taken > columns:
                lines.append(line)
                line, used = piece, taken
            else:
                line, used = (f"{line} {piece}", used + 1 + taken) if line else (piece, taken)
    return [*lines, line]


def _cut(word: str, columns: int) -> Iterator[str]:
    while display_width(word) > columns:
        at = 1
        while at < len(word) and display_width(word[: at + 1]) <= columns:
            at += 1
        yield word[:at]
        word = word[at:]
    yield word


# --- finding --------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Return `text` as a search compares it: no capitals, no accents, each blank one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        for char in set(text):  # few are different: quicker than to ask for each place
            if unicodedata.combining(char):
                text = text.replace(char, "")
    return " ".join(text.lower().split())


def holds(text: str, wanted: str) -> bool:
    """Return True if `wanted`, which is folded, is in `text`; the quick way, for many texts."""
    if text.isascii() and "  " not in text and text.isprintable():
        return wanted in text.lower()
    return wanted in fold(text)


def find_folded(text: str, wanted: str) -> list[tuple[int, int]]:
    """Return start and end of each place in `text` where the folded `wanted` is."""
    if not wanted or wanted not in fold(text):
        return []
    letters: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        for letter in fold(char) or ("" if unicodedata.combining(char) else " "):
            if letter != " " or letters[-1:] not in ([], [" "]):
                letters.append(letter)
                places.append(at)
    folded = "".join(letters)
    found: list[tuple[int, int]] = []
    at = folded.find(wanted)
    while at >= 0:
        last = at + len(wanted)
        end = places[last - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        found.append((places[at], end))
        at = folded.find(wanted, last)
    return found


# --- counting -------------------------------------------------------------------------------------


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names as a list to read: `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], ""]
    if len(names) > most:
        shown[-1] = f"{len(names) - most + 1} others"
    *first, last = shown or [""]
    return f"{', '.join(first)} and {last}" if first else last


def plural(number: float, noun: str, more: str = "") -> str:
    """Return the form of a noun for a number: `exchange` for 1, else `exchanges` or `more`."""
    return noun if number == 1 else more or noun + "s"


def quantity(number: float, noun: str, more: str = "") -> str:
    """Return `1 exchange`, `2.5 exchanges`, `12,345 exchanges`; `more` is an odd plural."""
    amount = f"{int(number):,}" if number == int(number) else f"{number:,}"
    return f"{amount} {plural(number, noun, more)}"
