"""Learn the weights of the table of scores that notices danger (`tools/care_score.py`).

A linear classifier with the squared hinge loss, learnt by stochastic gradient descent with a step
of its own for each weight (Adagrad). Sums, products and square roots of floating-point numbers are
the same on every computer, and nothing else is used; the order of the lines is drawn by a generator
of its own with a fixed seed.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.english import care_words
from doctor.listener import care_score as runtime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORD_BITS: Final = 18
PAIR_BITS: Final = 20
KIND_BITS: Final = 12
#: Where the weights of each table begin, and how many there are.
PAIRS_AT: Final = 1 << WORD_BITS
MEANINGS_AT: Final = PAIRS_AT + (1 << PAIR_BITS)
BOTH_AT: Final = MEANINGS_AT + 2 * care_words.MEANINGS
SIZE: Final = BOTH_AT + care_words.MEANINGS**2
TABLES: Final = (0, PAIRS_AT, MEANINGS_AT, BOTH_AT, SIZE)
EPOCHS: Final = 24
SETTLED: Final = 4  #: epochs whose weights do not count
STEP: Final = 0.06
#: Weights that are kept, those that count for most.
KEPT: Final = 190_000


class Lot:
    """A generator of numbers that is the same everywhere (Lehmer's, modulo a prime)."""

    def __init__(self, seed: int = 1966) -> None:
        self._state = seed

    def below(self, most: int) -> int:
        """Return a number from 0 to `most` - 1."""
        self._state = self._state * 48271 % 0x7FFFFFFF
        return self._state * most // 0x7FFFFFFF

    def shuffle(self, items: list[int]) -> None:
        """Put items in another order."""
        for index in range(len(items) - 1, 0, -1):
            other = self.below(index + 1)
            items[index], items[other] = items[other], items[index]


class Features(NamedTuple):
    """Where the weights of a unit are, by how much each counts, and the share of its length."""

    ones: list[int]
    parts: list[int]
    both: list[int]
    share: float


class Row(NamedTuple):
    """A unit to learn from: 1 for danger, -1 for none, and how much it counts."""

    features: Features
    wanted: float
    counts: float


def features(lexicon: care_words.Lexicon, words: Sequence[str]) -> Features:
    """Return where the weights of a unit are: those of words, of parts, of pairs, of meanings."""
    word_mask, pair_mask = (1 << WORD_BITS) - 1, (1 << PAIR_BITS) - 1
    hash_of = care_words.hash_of
    whole, parts, pairs, both = [], [], [], []
    before = last = runtime.EDGE
    for word in words:
        name = lexicon.class_of(word)
        this = hash_of(name)
        whole += [hash_of(each) & word_mask for each in dict.fromkeys((word, name))]
        parts += [hash_of(part) & word_mask for part in care_words.parts_of(word)]
        pairs += [PAIRS_AT + (each & pair_mask) for each in runtime.pairs_of(before, last, this)]
        before, last = last, this
    pairs.append(PAIRS_AT + (runtime.pairs_of(0, last, runtime.EDGE)[0] & pair_mask))
    meant = sorted(lexicon.find(words))
    fine = [each for each in meant if each < care_words.MEANINGS]
    for number, first in enumerate(fine, 1):
        at = BOTH_AT + first * care_words.MEANINGS
        both += [at + second for second in fine[number:]]
    ones = whole + pairs + [MEANINGS_AT + each for each in meant]
    return Features(ones, parts, both, runtime.LENGTHS[len(words)])


def learn(lines: Sequence[Row], epochs: int = EPOCHS) -> tuple[list[float], float]:
    """Return the weights and the bias that tell the lines apart (squared hinge, Adagrad).

    They are the mean of those after each of the later epochs, which errs less than the last ones.
    """
    weights, seen = [0.0] * SIZE, [1.0] * SIZE
    sums, biases = [0.0] * SIZE, 0.0
    bias, order, lot = 0.0, list(range(len(lines))), Lot(7)
    for epoch in range(epochs):
        lot.shuffle(order)
        for number in order:
            (ones, parts, both, share), wanted, counts = lines[number]
            margin = bias + share * (
                sum([weights[at] for at in ones])
                + runtime.PART * sum([weights[at] for at in parts])
                + runtime.BOTH * sum([weights[at] for at in both])
            )
            short = 1.0 - wanted * margin
            if short <= 0:
                continue
            push = wanted * short * counts
            for places, value in ((ones, share), (parts, share * runtime.PART),
                                  (both, share * runtime.BOTH)):  # fmt: skip
                gradient = push * value
                square, step = gradient * gradient, STEP * gradient
                for at in places:
                    seen[at] += square
                    weights[at] += step / sqrt(seen[at])
            bias += STEP * 0.1 * push
        if epoch >= SETTLED:
            sums = [sum_ + each for sum_, each in zip(sums, weights, strict=True)]
            biases += bias
    count = epochs - SETTLED
    return [each / count for each in sums], biases / count


def keep(weights: Sequence[float]) -> list[float]:
    """Return the weights without those that count for least."""
    ranked = sorted(map(abs, weights), reverse=True)
    least = ranked[KEPT] if len(ranked) > KEPT else 0.0
    return [each if abs(each) > least else 0.0 for each in weights]


def learn_kinds(
    lexicon: care_words.Lexicon, kinds: Sequence[str], lines: Iterable[tuple[str, str]]
) -> list[list[float]]:
    """Return the weights by which kinds of danger are told apart (perceptrons with a margin)."""
    size = 1 << KIND_BITS
    weights = [[0.0] * size for _ in kinds]
    rows = [
        (
            sorted({each & (size - 1) for each in runtime.kind_features(lexicon, words)}),
            kinds.index(kind),
        )
        for text, kind in lines
        if kind in kinds
        for words in care_words.read_units(text.lower())
    ]
    order, lot = list(range(len(rows))), Lot(11)
    for _ in range(6):
        lot.shuffle(order)
        for number in order:
            found, kind = rows[number]
            sums = [sum([table[at] for at in found]) for table in weights]
            right = sums[kind]
            sums[kind] = right - 1e9
            rival = max(range(len(sums)), key=sums.__getitem__)
            if right - sums[rival] < 1.0:
                for at in found:
                    weights[kind][at] += 0.1
                    weights[rival][at] -= 0.1
    return weights
