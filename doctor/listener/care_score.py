r"""How much a line reads like one about danger: a linear table of words and meanings.

Phrases know only the words that somebody thought of. The table has learnt from thousands of written
lines which words, which words near each other and which meanings together are said by people in
danger, and which are said by everybody else; `tools/care_score.py` makes it, from the lines of
`tools/care_lines` and the sets of the tests, the same bytes each time. It is read here with nothing
but the standard library. What is seen of a line is told in `doctor.english.care_words`.

    features   of a word: itself, its class, and its runs of letters
               of its place: this class after the last, after the last two, after the last but one
               of a unit: each meaning, each wider one, and each two meanings, wherever they stand
    weight     signed bytes in four tables: at the feature's hash, or at the meanings' numbers
    score      their sum over a unit, less for longer ones, and the bias; above 0 is danger, more is
               surer

The score of a line is that of its highest unit. What a word weighs by itself is remembered for some
thousands of words, so that a word costs one look-up and three sums; most lines have no word of the
`gate`, or too light ones, and cost less.

    file     magic "CS2\n" | length u32 of the header | header, JSON | the tables: for each weight
             that is not 0 how many places are passed over, u8, and the weight, i8

Everything here is frozen once it is made, but for that memory; any thread may call it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping  # noqa: TC003 - the tuple names it when it is made, compiled
from functools import cache
from math import log2, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doctor import paths
from doctor.english.care_words import (
    MAX_TOGETHER,
    MEANINGS,
    Lexicon,
    Next,
    following,
    hash_of,
    parts_of,
    read_units,
)
from doctor.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

#: The table that ships.
DEFAULT_SCORE: Final = Path(__file__).resolve().parents[1] / "scripts" / "care.score"
#: Bytes of a file, and of its tables, that are read.
MAX_BYTES: Final = 1 << 20
#: Windows of one line that are read; what comes after them in a page of text is not.
MAX_WINDOWS: Final = 100
#: Words whose weight is remembered.
MOST_KNOWN: Final = 8192
#: A line of no more words than this is scored only where they weigh enough by themselves. Of lines
#: with danger one in two hundred is passed over so, of ordinary ones three in four.
FEW: Final = 18
HINT: Final = -0.7
#: Of more units than these (three sentences and all together) the highest score is high by chance:
#: this much is taken off each time that their number doubles. Measured on letters to counsellors.
FEW_UNITS: Final = 4
CHANCE: Final = 0.4
#: A kind is clearly ahead of another by this much for each feature of a unit.
CLEARLY: Final = 4.5
#: A run of letters weighs this much of a word, and two meanings together this much.
PART: Final = 0.15
BOTH: Final = 0.5
#: What a sum over so many words is multiplied by.
LENGTHS: Final[tuple[float, ...]] = tuple(
    sqrt(8.0 / (8.0 + count)) for count in range(MAX_TOGETHER + 1)
)

#: The places of the tables of meanings: of each one and each wider one, and of each two.
_MEANINGS_SIZES: Final = (2 * MEANINGS, MEANINGS * MEANINGS)
MAX_BITS: Final = 20  #: of the places of a table

MAGIC: Final = b"CS2\n"
EDGE: Final = 0x5BD1  #: the hash of a sentence's edge
# How the hashes of neighbours become one: odd numbers, any would do.
_SECOND: Final = 0x9E3779B1
_THIRD: Final = 0x85EBCA77
_SKIP: Final = 0xC2B2AE3D


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


class _Known(NamedTuple):
    """What is remembered of a word."""

    weight: float  #: of itself, of its class and of its parts
    #: The hash of its class, and that times each of the odd numbers, within the mask of pairs.
    this: int
    second: int
    third: int
    skip: int
    meanings: tuple[int, ...]
    after: Mapping[str, Next]  #: what may follow and means something together with it


class CareScore:
    """The table, ready to be asked."""

    def __init__(self, header: Any, tables: bytes) -> None:
        """Take the header and the tables of a file; an error where they do not fit together."""
        self._bias = float(header["bias"])
        self.ordinary = float(header["ordinary"])  #: below it a phrase alone says nothing
        self.loose = float(header["loose"])  #: from here on a combination is enough
        self.asking = float(header["asking"])  #: from here on the doctor asks what is meant
        self.certain = float(header["certain"])  #: from here on the score alone is enough
        self.gate: frozenset[str] = frozenset(header["gate"].split())
        self.kinds: tuple[str, ...] = tuple(header["kinds"])
        self.lexicon = Lexicon(header["classes"], header["meanings"])
        words, pairs, kinds = (1 << int(bits) for bits in header["bits"])
        sizes = [words, pairs, *_MEANINGS_SIZES, *[kinds] * len(self.kinds)]
        if len(tables) != sum(sizes):
            raise ValueError("the tables are not as long as the header says")
        every, at, parts = array("b", tables), 0, []
        for size in sizes:
            parts.append(every[at : at + size])
            at += size
        self._words, self._pairs, self._meanings, both, *self._of_kinds = parts
        self._both = [both[at : at + MEANINGS] for at in range(0, len(both), MEANINGS)]
        self._scales = [float(each) for each in header["scales"]]
        self._word_mask, self._pair_mask, self._kind_mask = words - 1, pairs - 1, kinds - 1
        self._edge = _multiples(EDGE, pairs - 1)
        self._known: dict[str, _Known] = {}
        #: Of each of them what it weighs by itself, its meanings included.
        self._weights: dict[str, float] = {}

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
            total = sum([self.weigh_alone(word) for word in vocabulary])
        return total * LENGTHS[count] + self._bias >= HINT

    def _weigh(self, word: str) -> _Known:
        """Return what is known of a word."""
        known = self._known.get(word)
        if known is not None:
            return known
        shown, word = word, word.replace("'", "")
        lexicon = self.lexicon
        own, name = hash_of(word), lexicon.class_of(word)
        general = own if name == word else hash_of(name)
        table, mask = self._words, self._word_mask
        weight = table[own & mask] + PART * sum(
            [table[hash_of(part) & mask] for part in parts_of(word)]
        )
        if general != own:
            weight += table[general & mask]
        hashes = _multiples(general, self._pair_mask)
        meanings = lexicon.meanings_of(word)
        found = _Known(weight * self._scales[0], *hashes, meanings, lexicon.after(word))
        if len(self._known) < MOST_KNOWN:  # two threads may both add it: it is the same
            self._weights[shown] = found.weight + self._scales[2] * sum(
                [self._meanings[each] for each in meanings]
            )
            self._known[shown] = found
        return found

    def weigh_alone(self, word: str) -> float:
        """Return what a word adds to a score by itself."""
        known = self._weigh(word)
        return known.weight + self._scales[2] * sum([self._meanings[at] for at in known.meanings])

    def score_words(self, words: Sequence[str]) -> float:
        """Return the score of the words of one unit."""
        try:
            rows = list(map(self._known.__getitem__, words))
        except KeyError:
            rows = list(map(self._weigh, words))
        table, mask = self._pairs, self._pair_mask
        weights, near = 0.0, 0
        edge, last2, last3, last_skip = self._edge
        third, skip = last3, last_skip
        meant: set[int] = set()
        for index, (weight, this, this2, this3, this_skip, meanings, after) in enumerate(rows, 1):
            pair = last2 + this
            weights += weight
            near += table[pair & mask] + table[(third + pair) & mask] + table[(skip + this) & mask]
            third, skip = last3, last_skip
            last2, last3, last_skip = this2, this3, this_skip
            meant.update(meanings)
            if after:
                meant.update(following(after, words, index))
        near += table[(last2 + edge) & mask]
        _, of_pairs, of_meanings, of_both = self._scales
        total = weights + near * of_pairs
        if meant:
            alone, both = self._weigh_meanings(sorted(meant))
            total += alone * of_meanings + both * of_both * BOTH
        return total * LENGTHS[len(words)] + self._bias

    def _weigh_meanings(self, meant: list[int]) -> tuple[int, int]:
        """Return the weights of all meanings in order, and those of each two of them."""
        table = self._meanings
        alone, both = sum([table[at] for at in meant]), 0
        while meant and meant[-1] >= MEANINGS:
            meant.pop()
        for number, first in enumerate(meant, 1):
            row = self._both[first]
            both += sum([row[second] for second in meant[number:]])
        return alone, both

    def score(self, low: str) -> tuple[float, list[str]]:
        """Return the highest score of a unit of a line in lower case, and its words."""
        best, words, _ = self.score_units(low)
        return best, words

    def score_units(self, low: str) -> tuple[float, list[str], float]:
        """Return the highest score of a unit, its words, and what the number of units takes off.

        The more units there are, the higher the highest one is by chance.
        """
        best: tuple[float, list[str]] = (-99.0, [])
        number = 0
        for number, words in enumerate(read_units(low), 1):
            found = self.score_words(words)
            if found > best[0]:
                best = found, words
            if number > MAX_WINDOWS:
                break
        return *best, CHANCE * log2(max(number / FEW_UNITS, 1.0))

    def kind_of(self, words: Sequence[str], unless: str = "") -> str:
        """Return the kind of danger that the words of a unit speak of most.

        The kind `unless` is returned where no other one is clearly ahead of it.
        """
        mask = self._kind_mask
        at = [each & mask for each in kind_features(self.lexicon, words)]
        sums = [sum([table[index] for index in at]) for table in self._of_kinds]
        best = max(sums)
        if unless in self.kinds:
            known = self.kinds.index(unless)
            if best - sums[known] < CLEARLY * len(at):
                return unless
        return self.kinds[sums.index(best)]

    def explain(self, words: Sequence[str], most: int = 4) -> list[tuple[str, float]]:
        """Return the words, the runs of words and the meanings that added most to a score."""
        found: dict[str, float] = {}
        table, mask, share = self._pairs, self._pair_mask, LENGTHS[len(words)]
        scale = self._scales[1]
        before = last = EDGE
        for index, word in enumerate(words):
            known = self._weigh(word)
            texts = word, " ".join(words[max(0, index - 1) : index + 1])
            wider = " ".join(words[max(0, index - 2) : index + 1])
            skipped = f"{words[index - 2]} ... {word}" if index > 1 else wider
            hashes = pairs_of(before, last, known.this)
            for text, added in zip(
                (*texts, wider, skipped),
                (known.weight, *(table[each & mask] * scale for each in hashes)),
                strict=True,
            ):
                found[text] = found.get(text, 0.0) + added * share
            before, last = last, known.this
        for text, added in self._explain_meanings(words):
            found[text] = added * share
        listed = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return [each for each in listed[:most] if each[1] > 0]

    def _explain_meanings(self, words: Sequence[str]) -> Iterator[tuple[str, float]]:
        """Yield what each meaning of a unit, and each two, add before the share of its length."""
        names, (_, _, of_meanings, of_both) = self.lexicon.names, self._scales
        meant = sorted(self.lexicon.find(words))
        for number, at in enumerate(meant, 1):
            name = names[at] if at < MEANINGS else self.lexicon.wider[at - MEANINGS]
            yield f"({name})", self._meanings[at] * of_meanings
            for other in meant[number:]:
                if other < MEANINGS:
                    added = self._both[at][other] * of_both * BOTH
                    yield f"({name}, {names[other]})", added


def kind_features(lexicon: Lexicon, words: Sequence[str]) -> list[int]:
    """Return the hashes by which kinds are told apart: classes, their pairs, and meanings."""
    own = [hash_of(lexicon.class_of(word)) for word in words]
    pairs = [a * _SECOND + b for a, b in zip([EDGE, *own], own, strict=False)]
    return [*own, *pairs, *((each + 1) * _THIRD >> 7 for each in sorted(lexicon.find(words)))]


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
    words, pairs, kinds = (1 << int(bits) for bits in header["bits"] if 0 < int(bits) <= MAX_BITS)
    return words + pairs + sum(_MEANINGS_SIZES) + kinds * min(len(header["kinds"]), 64)


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
