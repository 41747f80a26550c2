"""What the table of scores sees of a line: its words, their classes, and their meanings.

    words      letters and digits, in lower case, without apostrophes: "don't" and "dont" are one
    class      what stands for words that are alike: "pills" and "tablets", "kill" and "killed"
    parts      of a word: its runs of 3 to 5 letters, edges included
    meanings   what a word is about, of a list of some hundreds: "means.rope", "feel.empty"; each
               belongs to a wider one, the part before the dot. A word may have several, and so may
               two or three words in a row ("better off"). A word that is not listed has the
               meanings of what is left without its ending: "cables" those of "cable".
    unit       what is scored at once: a sentence, a window of a long one, and all sentences of a
               line together, since what is meant often stands in no single one of them

All of it is the same for the program that learns and for the doctor who reads.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Words of one window, and how far two windows of a longer sentence are apart.
MAX_WORDS: Final = 28
STEP: Final = 14
#: Words of all sentences together that are read at once.
MAX_TOGETHER: Final = 60
#: A longer word is cut: it is noise.
MAX_LETTERS: Final = 24
#: Meanings are numbered below this; wider ones from here on.
MEANINGS: Final = 256
_WORD: Final = re.compile("[a-z0-9]+")
_ENDS: Final = re.compile("[.!?\u2026\u2029]+")
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")
#: Endings that are taken off a word, with what may stand in their place.
_ENDINGS: Final = (
    ("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")),
    ("ing", ("", "e")), ("in", ("ing", "")), ("er", ("", "e")), ("ly", ("",)), ("y", ("",)),
)  # fmt: skip
_SHORTEST: Final = 3  #: letters that are left of a word at least


def read_sentences(low: str) -> Iterator[list[str]]:
    """Yield the words of each sentence of a text in lower case, long ones in windows."""
    for words in _sentences(low):
        yield from _windows(words)


def read_units(low: str) -> Iterator[list[str]]:
    """Yield what `read_sentences` yields, then the first words of all sentences together."""
    together: list[str] = []
    count = 0
    for words in _sentences(low):
        yield from _windows(words)
        count += 1
        if len(together) < MAX_TOGETHER:
            together += words
    if count > 1:
        yield together[:MAX_TOGETHER]


def _sentences(low: str) -> Iterator[list[str]]:
    for sentence in _ENDS.split(low.replace("'", "").replace("\u2019", "")):
        words: list[str] = _WORD.findall(sentence)
        if words:
            if max(map(len, words)) > MAX_LETTERS:
                words = [word[:MAX_LETTERS] for word in words]
            yield words


def _windows(words: list[str]) -> Iterator[list[str]]:
    if len(words) <= MAX_WORDS:
        yield words
        return
    for first in range(0, len(words) - STEP, STEP):
        yield words[first : first + MAX_WORDS]


def parts_of(word: str) -> Iterator[str]:
    """Yield the runs of 3 to 5 letters of a word with its edges."""
    edged = f"_{word}_"
    for size in (3, 4, 5):
        for first in range(len(edged) - size + 1):
            yield edged[first : first + size]


def hash_of(text: str) -> int:
    """Return the hash of a word, a class or a run of letters, the same on every computer."""
    return zlib.crc32(text.encode())


class Next:
    """What words mean together with those that may follow: a tree of words."""

    __slots__ = ("after", "meanings")

    def __init__(self) -> None:
        self.meanings: tuple[int, ...] = ()
        self.after: dict[str, Next] = {}


class Lexicon:
    """The classes and the meanings of words. Immutable; shared by all threads."""

    def __init__(self, classes: Mapping[str, str], meanings: Mapping[str, str]) -> None:
        """Take the words of each class, and those of each meaning; ValueError for too many."""
        self._classes = {
            word: f"<{name}>" for name, words in classes.items() for word in words.split()
        }
        self.names = tuple(sorted(meanings))
        self.wider = tuple(sorted({name.partition(".")[0] for name in self.names}))
        if max(len(self.names), len(self.wider)) > MEANINGS:
            raise ValueError("too many meanings")
        self._tree = Next()
        for number, name in enumerate(self.names):
            both = number, MEANINGS + self.wider.index(name.partition(".")[0])
            for entry in meanings[name].split():
                at = self._tree
                for word in entry.split("_"):
                    at = at.after.setdefault(word, Next())
                at.meanings = tuple(dict.fromkeys((*at.meanings, *both)))

    def class_of(self, word: str) -> str:
        """Return what stands for a word: its class, or the word itself."""
        return self._classes.get(word) or ("<number>" if word.isdigit() else word)

    def after(self, word: str) -> Mapping[str, Next]:
        """Return the words that mean something together with the one before them."""
        found = self._tree.after.get(word)
        return found.after if found is not None else {}

    def meanings_of(self, word: str) -> tuple[int, ...]:
        """Return what a word means by itself, or what is left of it without its ending."""
        for form in _forms(word):
            found = self._tree.after.get(form)
            if found is not None and found.meanings:
                return found.meanings
        return ()

    def find(self, words: Sequence[str]) -> set[int]:
        """Return all that the words of a unit mean, by themselves and together."""
        found: set[int] = set()
        for index, word in enumerate(words):
            found.update(self.meanings_of(word))
            after = self.after(word)
            if after:
                found.update(following(after, words, index + 1))
        return found


def following(after: Mapping[str, Next], words: Sequence[str], index: int) -> Iterable[int]:
    """Return what a word means together with those that follow it, the first at `index`."""
    found: list[int] = []
    while after and index < len(words):
        at = after.get(words[index])
        if at is None:
            break
        found += at.meanings
        after = at.after
        index += 1
    return found


def _forms(word: str) -> Iterator[str]:
    """Yield a word, then what is left of it without endings."""
    yield word
    for ending, places in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            stem = word[: -len(ending)]
            for place in places:
                yield stem + place
            if len(stem) > _SHORTEST and stem[-1] == stem[-2]:
                yield stem[:-1]
    short = _DRAWN_OUT.sub(r"\1", word)
    if short != word:
        yield short
