"""Make the table of scores that notices danger: `python tools/care_score.py`.

    python tools/care_score.py               write doctor/scripts/care.score
    python tools/care_score.py --apart NAME  learn without the set NAME, and tell how it does on it

What it learns from is in the repository and was written for this project: the lines of
tools/care_lines, where `(a|b|)` stands for any of its choices, and the sets of tests/data/sets that
phrases were built with. A line of a kind is danger; one of `alike` or `ordinary` is none.

The table is a linear classifier with the squared hinge loss, learnt by stochastic gradient descent
with a step of its own for each weight (Adagrad). Sums, products and square roots of floating-point
numbers are the same on every computer, and nothing else is used; lines, choices and typing errors
are drawn by a generator of its own with a fixed seed. So the file is the same, byte by byte, each
time that it is made. Only the last digits of weights that are rounded away could tell two apart.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.listener import care_score as runtime  # noqa: E402 - from the checkout of this file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LINES: Final = ROOT / "tools" / "care_lines"
SETS: Final = ROOT / "tests" / "data" / "sets"
#: The sets that the phrases were built with; other sets are left for reporting.
BUILT_WITH: Final = ("build", "report", "second", "second-apart", "third", "fourth", "fifth",
                     "sixth", "alike")  # fmt: skip
#: Sets of ordinary lines, with titles in brackets; and monologues, whose lines begin with `>`.
ORDINARY_SETS: Final = ("lines", "people", "people-apart")
MONOLOGUES: Final = ROOT / "tests" / "data" / "conversations"
#: The files of lines, each of which is a kind of danger; and those that are none.
KINDS: Final = ("self", "means", "preparation", "act-self", "act-other", "act-harmed", "self-harm",
                "other", "child", "abuse", "eating", "harmed", "harming")  # fmt: skip
CALM: Final = ("alike", "ordinary", "relations", "comments", "prose")

#: Choices drawn from one line of a file, at most.
MOST_DRAWN: Final = 14
#: The same for remarks, whose choices make many more.
MOST_REMARKS: Final = 60
WORD_BITS: Final = 17
PAIR_BITS: Final = 18
KIND_BITS: Final = 12
EPOCHS: Final = 8
STEP: Final = 0.06
#: Weights that are kept, those that count for most.
KEPT: Final = 45_000
#: The thresholds of the vote (`doctor.listener.care`), measured on lines that were not learnt from.
ORDINARY, LOOSE, ASKING, CERTAIN = -0.5, 0.0, 0.6, 1.0


#: What a word of the gate weighs by itself, and the share of harmless lines that may have it.
GATE: Final = 0.18
MOST_OFTEN: Final = 0.012


class Example(NamedTuple):
    """A line to learn from, and its kind; empty where it is harmless."""

    text: str
    kind: str


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


# --- what is learnt from --------------------------------------------------------------------------


def draw(pattern: str, lot: Lot, most: int) -> list[str]:
    """Return lines that a line of a file stands for: all of them, or as many that are drawn."""
    parts = re.split(r"\(([^()]*)\)", pattern)
    choices = [part.split("|") for part in parts[1::2]]
    count = 1
    for each in choices:
        count *= len(each)
    found: dict[str, None] = {}
    for number in range(min(count, most)):
        rest, text = number, parts[0]
        for options, after in zip(choices, parts[2::2], strict=True):
            if count <= most:
                rest, at = divmod(rest, len(options))
            else:
                at = lot.below(len(options))
            text += options[at] + after
        found[" ".join(text.split()).replace(" ,", ",")] = None
    return list(found)


def classes() -> dict[str, str]:
    """Return the words of each class."""
    lines = (LINES / "classes.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name: words.strip() for name, _, words in rows}


_KEYS: Final = "qwertyuiopasdfghjklzxcvbnm"


def mistype(text: str, lot: Lot) -> str:
    """Return a text with one typing error in a word of four letters or more."""
    words = text.split()
    long = [index for index, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    at = long[lot.below(len(long))]
    word = words[at]
    place = 1 + lot.below(len(word) - 2)
    kind = lot.below(4)
    if kind == 0:
        word = word[:place] + word[place + 1 :]
    elif kind == 1:
        word = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    elif kind == 2:
        word = word[:place] + word[place] + word[place:]
    else:
        word = word[:place] + _KEYS[lot.below(26)] + word[place + 1 :]
    words[at] = word
    return " ".join(words)


def read_set(name: str) -> tuple[list[str], list[str]]:
    """Return the lines of a set that are danger, and those that are none."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (SETS / f"care-{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    get = found.get
    return get("CARE", []) + get("MISSED", []), get("CALM", []) + get("ALARM", [])


def ordinary_lines() -> list[str]:
    """Return the lines of the sets and of the monologues in which nobody is in danger."""
    found = []
    for name in ORDINARY_SETS:
        lines = (SETS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        found += [line for line in lines if line and line[0] not in "#["]
    for path in sorted(MONOLOGUES.glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [line[2:] for line in lines if line.startswith("> ")]
    return found


def examples(apart: Iterable[str] = ()) -> list[Example]:
    """Return everything that is learnt from, in the same order each time."""
    lot = Lot()
    found: list[Example] = []
    for kind in (*KINDS, *CALM):
        most = MOST_REMARKS if kind in ("comments", "ordinary", "relations") else MOST_DRAWN
        for line in (LINES / f"{kind}.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                label = "" if kind in CALM else kind
                drawn = draw(line, lot, most)
                found += [Example(text, label) for text in drawn]
                found.append(Example(mistype(drawn[-1], lot), label))
    for name in BUILT_WITH:
        if name not in apart:
            danger, calm = read_set(name)
            found += [Example(text, "?") for text in danger]
            found += [Example(text, "") for text in calm]
    return found + [Example(text, "") for text in ordinary_lines()]


# --- learning -------------------------------------------------------------------------------------


def features(of: Mapping[str, str], words: Sequence[str]) -> list[tuple[int, float]]:
    """Return where the weights of a sentence are, and how much each counts; `of` has classes."""
    found: list[tuple[int, float]] = []
    word_mask, pair_mask, offset = (1 << WORD_BITS) - 1, (1 << PAIR_BITS) - 1, 1 << WORD_BITS
    before = last = runtime.EDGE
    for word in words:
        name = runtime.class_of(of, word)
        this = runtime.hash_of(name)
        found += [(runtime.hash_of(each) & word_mask, 1.0) for each in dict.fromkeys((word, name))]
        found += [(runtime.hash_of(part) & word_mask, runtime.PART)
                  for part in runtime.parts_of(word)]  # fmt: skip
        found += [(offset + (each & pair_mask), 1.0)
                  for each in runtime.pairs_of(before, last, this)]  # fmt: skip
        before, last = last, this
    found.append((offset + (runtime.pairs_of(0, last, runtime.EDGE)[0] & pair_mask), 1.0))
    share = runtime.LENGTHS[len(words)]
    return [(at, value * share) for at, value in found]


def learn(lines: Sequence[tuple[list[tuple[int, float]], float]]) -> tuple[list[float], float]:
    """Return the weights and the bias that tell the lines apart (squared hinge, Adagrad)."""
    size = (1 << WORD_BITS) + (1 << PAIR_BITS)
    weights, seen = [0.0] * size, [1.0] * size
    bias, order, lot = 0.0, list(range(len(lines))), Lot(7)
    for _ in range(EPOCHS):
        lot.shuffle(order)
        for number in order:
            found, wanted = lines[number]
            margin = bias
            for at, value in found:
                margin += weights[at] * value
            short = 1.0 - wanted * margin
            if short <= 0:
                continue
            push = wanted * short
            for at, value in found:
                gradient = push * value
                seen[at] += gradient * gradient
                weights[at] += STEP * gradient / sqrt(seen[at])
            bias += STEP * 0.1 * push
    least = sorted(map(abs, weights), reverse=True)[KEPT]
    return [each if abs(each) > least else 0.0 for each in weights], bias


def learn_kinds(of: Mapping[str, str], lines: Sequence[Example]) -> list[list[float]]:
    """Return the weights by which kinds of danger are told apart (perceptrons with a margin)."""
    size = 1 << KIND_BITS
    weights = [[0.0] * size for _ in KINDS]
    rows = [
        (
            sorted({each & (size - 1) for each in runtime.kind_features(of, words)}),
            KINDS.index(kind),
        )
        for text, kind in lines
        if kind in KINDS
        for words in runtime.read_sentences(text.lower())
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


def _bytes(weights: Sequence[float], scale: float) -> bytes:
    return bytes(max(-127, min(127, int(each / scale + (0.5 if each > 0 else -0.5)))) & 0xFF
                 for each in weights)  # fmt: skip


def make(apart: Iterable[str] = ()) -> bytes:
    """Return the file of the table."""
    every, rows = examples(apart), []
    listed = classes()
    of = runtime.read_classes(listed)
    for text, kind in every:
        sentences = runtime.read_sentences(text.lower())
        rows += [(features(of, words), 1.0 if kind else -1.0) for words in sentences]
    weights, bias = learn(rows)
    scale = max(map(abs, weights)) / 127
    of_kinds = learn_kinds(of, every)
    kind_scale = max(abs(each) for table in of_kinds for each in table) / 127
    tables = _bytes(weights, scale) + b"".join(_bytes(each, kind_scale) for each in of_kinds)
    header = {
        "scale": scale, "bias": bias,
        "ordinary": ORDINARY, "loose": LOOSE, "asking": ASKING, "certain": CERTAIN,
        "bits": [WORD_BITS, PAIR_BITS, KIND_BITS], "kinds": KINDS, "classes": listed, "gate": "",
    }  # fmt: skip
    header["gate"] = " ".join(gate_words(runtime.CareScore(header, tables), every))
    head = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return runtime.MAGIC + len(head).to_bytes(4, "big") + head + sparse(tables)


def sparse(tables: bytes) -> bytes:
    """Return tables as a pair of bytes for each weight: places passed over, the weight."""
    pairs, gap = bytearray(), 0
    for weight in tables:
        if weight or gap == 255:
            pairs += bytes((gap, weight))
            gap = 0
        else:
            gap += 1
    return bytes(pairs)


def gate_words(table: runtime.CareScore, every: Sequence[Example]) -> list[str]:
    """Return the words that weigh much by themselves: a line worth a look has one of them."""
    said: dict[str, int] = {}
    calm = 0
    for text, kind in every:
        calm += not kind
        words = {word for each in runtime.read_sentences(text.lower()) for word in each}
        for word in words:
            said[word] = said.get(word, 0) + (not kind)
    most = calm * MOST_OFTEN
    return sorted(word for word, times in said.items()
                  if times < most and table.weigh_alone(word) >= GATE)  # fmt: skip


def evaluate(data: bytes, name: str) -> None:
    """Print how a table does on a set that it has not learnt from."""
    table = runtime.read_score(data)
    danger, calm = read_set(name)
    ups = sorted(table.score(each.lower())[0] for each in danger)
    downs = sorted(table.score(each.lower())[0] for each in calm)
    for edge in (-1, -0.5, 0.0, 0.3, 0.6, 0.9, 1.2, 1.5):
        print(
            name,
            edge,
            sum(u >= edge for u in ups) / len(ups),
            sum(d >= edge for d in downs) / len(downs),
        )


def main() -> int:
    """Make the table, or try one."""
    parser = argparse.ArgumentParser(description="Make the table of scores that notices danger.")
    parser.add_argument("--apart", metavar="NAME", help="learn without this set, and try it on it")
    given = parser.parse_args()
    if given.apart:
        apart = BUILT_WITH if given.apart == "all" else (given.apart,)
        data = make(apart)
        print(len(data))
        for name in apart:
            evaluate(data, name)
    else:
        runtime.DEFAULT_SCORE.write_bytes(make())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
