"""Find characters in a script that cannot be seen, or that look like others.

A word with one of them is another word than it seems, so no line matches it:

    U+200B          a zero-width space inside a word
    a in Latin and a in Cyrillic      two letters of one shape in one word

Joiners belong to the words of some alphabets, and to pictures; they are told in Latin words alone.
Comments are not looked at.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from doctor.scripts.sexpr import WARNING, ScriptFault

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Zero-width spaces and joiners, soft hyphens, marks of direction, invisible operators.
_INVISIBLE: Final = re.compile("[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]")
_WORD: Final = re.compile(r"[^\s();=]+")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
#: Alphabets with letters that look like Latin ones.
_ALIKE: Final = ("CYRILLIC", "GREEK")


def review_text(text: str) -> Iterator[ScriptFault]:
    """Yield a warning for each word of a script that has such a character."""
    if text.isascii():
        return
    rows = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line, row in enumerate(rows, 1):
        code = row.partition(";")[0]
        if code.isascii():
            continue
        for match in _WORD.finditer(code):
            told = _fault_of(match[0])
            if told is not None:
                place, message, remedy = told
                yield ScriptFault(line, match.start() + place + 1, WARNING, message, remedy)


def _fault_of(word: str) -> tuple[int, str, str] | None:
    """Return where in a word such a character is, the message and the remedy."""
    if word.isascii() or not _LATIN.search(word):
        return None
    found = _INVISIBLE.search(word)
    if found is not None:
        plain = _INVISIBLE.sub("", word)
        name = unicodedata.name(found[0], "no name").lower()
        message = f"{plain} has an invisible character (U+{ord(found[0]):04X}, {name})"
        return found.start(), message, f"delete the character, or type {plain} anew"
    for place, letter in enumerate(word):
        if not letter.isascii() and letter.isalpha():
            alphabet = unicodedata.name(letter, "").split(" ")[0]
            if alphabet in _ALIKE:
                message = f"{word} mixes alphabets: its {letter} is a {alphabet.title()} letter"
                return place, message, f"type {word} anew"
    return None
