r"""How much a line reads like one about danger: a linear table of words.

Phrases know only the words that somebody thought of. The table has learnt from thousands of written
lines which words, and which words near each other, are said by people in danger, and which are
said by everybody else; `tools/care_score.py` makes it, from the lines of `tools/care_lines` and the
sets of the tests, the same bytes each time. It is read here with nothing but the standard library.

    words      letters and digits, in lower case, without apostrophes: "don't" and "dont" are one
    class      what stands for words that are alike: "pills" and "tablets", "kill" and "killed"
    features   of a word: itself, its class, and its runs of 3 to 5 letters, edges included
               of its place: this class after the last, after the last two, after the last but one
    weight     signed bytes in two tables, at the feature's hash
    score      their sum over a sentence, less for longer ones, and the bias; above 0 is danger,
               more is surer

A sentence longer than `MAX_WORDS` is read in windows. The score of a line is that of its highest
window. What a word weighs by itself is remembered for some thousands of words, so that a word costs
one look-up and three sums; most lines have no word of the `gate`, or too light ones, and cost less.

    file     magic "CS1\n" | length u32 of the header | header, JSON | the tables: for each weight
             that is not 0 how many places are passed over, u8, and the weight, i8

Everything here is frozen once it is made, but for that memory; any thread may call it.
"""

from __future__ import annotations

import json
import re
import zlib
from array import array
from functools import cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doctor import paths
from doctor.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

#: The table that ships.
DEFAULT_SCORE: Final = Path(__file__).resolve().parents[1] / "scripts" / "care.score"
#: Bytes of a file, and of its tables, that are read.
MAX_BYTES: Final = 1 << 20
#: Words of one window, and how far two windows of a longer sentence are apart.
MAX_WORDS: Final = 28
STEP: Final = 14
#: Windows of one line that are read; what comes after them in a page of text is not.
MAX_WINDOWS: Final = 100
#: Words whose weight is remembered.
MOST_KNOWN: Final = 8192
#: A line of no more words than this is scored only where they weigh enough by themselves. Of lines
#: with danger one in two hundred is passed over so, of ordinary ones three in four.
FEW: Final = 18
HINT: Final = -0.7
#: A longer word is cut: it is noise.
MAX_LETTERS: Final = 24
#: A run of letters weighs this much of a word.
PART: Final = 0.2
#: What a sum over so many words is multiplied by.
LENGTHS: Final[tuple[float, ...]] = tuple(
    sqrt(8.0 / (8.0 + count)) for count in range(MAX_WORDS + 1)
)

MAGIC: Final = b"CS1\n"
_WORD: Final = re.compile("[a-z0-9]+")
_ENDS: Final = re.compile("[.!?\u2026\u2029]+")
EDGE: Final = 0x5BD1  #: the hash of a sentence's edge
# How the hashes of neighbours become one: odd numbers, any would do.
_SECOND: Final = 0x9E3779B1
_THIRD: Final = 0x85EBCA77
_SKIP: Final = 0xC2B2AE3D


def read_sentences(low: str) -> Iterator[list[str]]:
    """Yield the words of each sentence of a text in lower case, long ones in windows."""
    for sentence in _ENDS.split(low.replace("'", "")):
        words: list[str] = _WORD.findall(sentence)
        if not words:
            continue
        if max(map(len, words)) > MAX_LETTERS:
            words = [word[:MAX_LETTERS] for word in words]
        if len(words) <= MAX_WORDS:
            yield words
        else:
            yield from _windows(words)


def _windows(words: list[str]) -> Iterator[list[str]]:
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


def pairs_of(before: int, last: int, this: int) -> tuple[int, int, int]:
    """Return the hashes of a word after the last, the last two, and the last but one."""
    pair = last * _SECOND + this
    return pair, before * _THIRD + pair, before * _SKIP + this


def _multiples(number: int, mask: int) -> tuple[int, int, int, int]:
    """Return the hash of a word, and that times each of the odd numbers, within a mask.

    A sum of such numbers is the same within the mask, and small, so that it is quickly added.
    """
    number &= mask
    return (
        number,
        number * (_SECOND & mask) & mask,
        number * (_THIRD & mask) & mask,
        number * (_SKIP & mask) & mask,
    )


def read_classes(rows: Mapping[str, str]) -> dict[str, str]:
    """Return the class of each word that has one; `rows` are the words of each class."""
    return {word: f"<{name}>" for name, words in rows.items() for word in words.split()}


def class_of(classes: Mapping[str, str], word: str) -> str:
    """Return what stands for a word: its class, or the word itself."""
    return classes.get(word) or ("<number>" if word.isdigit() else word)


class CareScore:
    """The table, ready to be asked."""

    def __init__(self, header: Any, tables: bytes) -> None:
        """Take the header and the tables of a file; an error where they do not fit together."""
        self._scale = float(header["scale"])
        self._bias = float(header["bias"])
        self.ordinary = float(header["ordinary"])  #: below it a phrase alone says nothing
        self.loose = float(header["loose"])  #: from here on a combination is enough
        self.asking = float(header["asking"])  #: from here on the doctor asks what is meant
        self.certain = float(header["certain"])  #: from here on the score alone is enough
        self.gate: frozenset[str] = frozenset(header["gate"].split())
        self.kinds: tuple[str, ...] = tuple(header["kinds"])
        self._classes = read_classes(header["classes"])
        sizes = [1 << int(bits) for bits in header["bits"]]
        words, pairs, kinds = sizes
        if len(tables) != words + pairs + kinds * len(self.kinds):
            raise ValueError("the tables are not as long as the header says")
        every = array("b", tables)
        self._words, self._pairs = every[:words], every[words : words + pairs]
        at = words + pairs
        self._of_kinds = [every[at + n * kinds : at + (n + 1) * kinds]
                          for n in range(len(self.kinds))]  # fmt: skip
        self._word_mask, self._pair_mask, self._kind_mask = words - 1, pairs - 1, kinds - 1
        self._edge = _multiples(EDGE, pairs - 1)
        #: Of each word that was met: what it weighs by itself; the same with its hash, and that
        #: times each of the odd numbers, all within the mask of pairs, where they are small.
        self._weights: dict[str, float] = {}
        self._known: dict[str, tuple[float, int, int, int, int]] = {}

    def may_tell(self, vocabulary: AbstractSet[str], *, strange: bool) -> bool:
        """Return True if a line of these words may have a score worth looking at.

        Most lines have no word of the gate, or words that weigh too little by themselves.
        """
        if not strange and self.gate.isdisjoint(vocabulary):
            return False
        count = len(vocabulary)
        if count > FEW:
            return True
        try:
            total = sum(map(self._weights.__getitem__, vocabulary))
        except KeyError:
            total = sum([self._weigh(word)[0] for word in vocabulary])
        return total * self._scale * LENGTHS[count] + self._bias >= HINT

    def _weigh(self, word: str) -> tuple[float, int, int, int, int]:
        """Return what a word weighs by itself, and the hash of its class, as `_known` has them."""
        known = self._known.get(word)
        if known is not None:
            return known
        shown, word = word, word.replace("'", "")
        own = hash_of(word)
        name = class_of(self._classes, word)
        general = own if name == word else hash_of(name)
        table, mask = self._words, self._word_mask
        weight = table[own & mask] + PART * sum(
            [table[hash_of(part) & mask] for part in parts_of(word)]
        )
        if general != own:
            weight += table[general & mask]
        found = (weight, *_multiples(general, self._pair_mask))
        if len(self._known) < MOST_KNOWN:  # two threads may both add it: it is the same
            self._known[shown] = found
            self._weights[shown] = weight
        return found

    def weigh_alone(self, word: str) -> float:
        """Return what a word adds to a score by itself."""
        return self._weigh(word)[0] * self._scale

    def score_words(self, words: Sequence[str]) -> float:
        """Return the score of the words of one sentence."""
        try:
            rows = list(map(self._known.__getitem__, words))
        except KeyError:
            rows = list(map(self._weigh, words))
        table, mask = self._pairs, self._pair_mask
        total = 0.0
        edge, last2, last3, last_skip = self._edge
        third, skip = last3, last_skip
        for weight, this, this2, this3, this_skip in rows:
            pair = last2 + this
            total += (
                weight
                + table[pair & mask]
                + table[(third + pair) & mask]
                + table[(skip + this) & mask]
            )
            third, skip = last3, last_skip
            last2, last3, last_skip = this2, this3, this_skip
        total += table[(last2 + edge) & mask]
        return total * self._scale * LENGTHS[len(words)] + self._bias

    def score(self, low: str) -> tuple[float, list[str]]:
        """Return the highest score of a sentence of a line in lower case, and its words."""
        best: tuple[float, list[str]] = (-99.0, [])
        for number, words in enumerate(read_sentences(low)):
            found = self.score_words(words)
            if found > best[0]:
                best = found, words
            if number >= MAX_WINDOWS:
                break
        return best

    def kind_of(self, words: Sequence[str]) -> str:
        """Return the kind of danger that the words of a sentence speak of most."""
        mask = self._kind_mask
        at = [each & mask for each in kind_features(self._classes, words)]
        sums = [sum([table[index] for index in at]) for table in self._of_kinds]
        return self.kinds[max(range(len(sums)), key=sums.__getitem__)]

    def explain(self, words: Sequence[str], most: int = 4) -> list[tuple[str, float]]:
        """Return the words, and the runs of words, that added most to a score."""
        found: dict[str, float] = {}
        table, mask = self._pairs, self._pair_mask
        scale = self._scale * LENGTHS[len(words)]
        before = last = EDGE
        for index, word in enumerate(words):
            weight, this, *_ = self._weigh(word)
            texts = word, " ".join(words[max(0, index - 1) : index + 1])
            wider = " ".join(words[max(0, index - 2) : index + 1])
            skipped = f"{words[index - 2]} ... {word}" if index > 1 else wider
            hashes = pairs_of(before, last, this)
            for text, added in zip(
                (*texts, wider, skipped),
                (weight, *(table[each & mask] for each in hashes)),
                strict=True,
            ):
                found[text] = found.get(text, 0.0) + added * scale
            before, last = last, this
        listed = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return [each for each in listed[:most] if each[1] > 0]


def kind_features(classes: Mapping[str, str], words: Sequence[str]) -> list[int]:
    """Return the hashes by which kinds are told apart: classes, and classes after classes."""
    own = [hash_of(class_of(classes, word)) for word in words]
    return own + [a * _SECOND + b for a, b in zip([EDGE, *own], own, strict=False)]


def read_score(raw: bytes) -> CareScore:
    """Return the table that a file's bytes are; raise ValueError for any others."""
    size = int.from_bytes(raw[4:8], "big")
    try:
        header = json.loads(raw[8 : 8 + size]) if raw[:4] == MAGIC else None
        return CareScore(header, _unfold(raw[8 + size :], _length(header)))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"not a table of scores: {error}") from error


def _length(header: Any) -> int:
    """Return how long all tables of a file are; ValueError where that is too long."""
    words, pairs, kinds = (1 << int(bits) for bits in header["bits"] if 0 < int(bits) < 20)
    return words + pairs + kinds * min(len(header["kinds"]), 64)


def _unfold(pairs: bytes, length: int) -> bytes:
    """Return the tables that pairs of places passed over and weights stand for."""
    tables = bytearray(length)
    at = -1
    for gap, weight in zip(pairs[0::2], pairs[1::2], strict=True):
        at += gap + 1
        tables[at] = weight
    return bytes(tables)


@cache
def load_score(path: Path = DEFAULT_SCORE) -> CareScore:
    """Return the table in a file; raise `ScriptError` where it cannot be used."""
    try:
        with paths.reading(path) as file:
            return read_score(file.read(MAX_BYTES))
    except OSError as error:
        raise ScriptError(f"cannot read the table of scores {path}: {error.strerror}") from error
    except ValueError as error:
        raise ScriptError(f"{path.name}: {error}") from error
