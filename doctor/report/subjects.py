"""The words of a text, and which of them say what it is about; pure.

`doctor.report.statistics` says what a word and a subject are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.report.empty_words import EMPTY_WORDS

if TYPE_CHECKING:
    from collections.abc import Container

_WORD: Final = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")
#: A text of ASCII in small letters, with spaces for all that is in no word; for `str.translate`.
_PLAIN: Final = {
    code: chr(code).lower() if chr(code).isalnum() or chr(code) == "'" else " "
    for code in range(128)
}
#: An apostrophe of a plain text that is not inside a word.
_LOOSE: Final = re.compile(r"(?:\A|[ '])'|'(?:[ ']|\Z)")

_SHORTEST_SUBJECT: Final = 3
#: A longer "word" is a line of a script without spaces, or noise.
_LONGEST_SUBJECT: Final = 24

#: Family words that are one subject.
_SAME: Final = {
    **dict.fromkeys(("mom", "mum", "mama", "mamma", "mommy", "mummy"), "mother"),
    **dict.fromkeys(("dad", "papa", "daddy"), "father"),
}


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case, curly apostrophes made straight."""
    if text.isascii():
        plain = text.translate(_PLAIN)
        # Most texts are so, and splitting takes a fifth of the time that the pattern needs.
        if "'" not in plain or not _LOOSE.search(plain):
            return plain.split()
    return _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def subjects(text: str) -> set[str]:
    """Return the words of a line that say what it is about."""
    return one_of_each(set(map(find_subject, words(text))) - {""})


def find_subject(word: str) -> str:
    """Return the subject that a word is by itself, empty for none."""
    if "'" in word:
        if word.replace("'", "") in EMPTY_WORDS:
            return ""
        word = word.partition("'")[0]
    if (
        word in EMPTY_WORDS
        or not _SHORTEST_SUBJECT <= len(word) <= _LONGEST_SUBJECT
        or word.isdecimal()
    ):
        return ""
    return _SAME.get(word, word)


def one_of_each(found: set[str]) -> set[str]:
    """Return the subjects of one line, without a plural beside its singular."""
    return {word for word in found if word[-1] != "s" or find_singular(word, found) == word}


def find_singular(word: str, known: Container[str]) -> str:
    """Return the singular of a word if that is known too, else the word."""
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (stem := word.removesuffix(ending) + singular) in known:
            return stem
    return word
