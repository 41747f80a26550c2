"""Make the table of scores that notices danger: `python tools/care_score.py`.

    python tools/care_score.py               write doctor/scripts/care.score
    python tools/care_score.py --apart NAME  learn without the set NAME, and tell how it does on it

What it learns from is in the repository and was written for this project: the lines of
tools/care_lines, where `(a|b|)` stands for any of its choices, and the sets of tests/data/sets that
phrases were built with. A line of a kind is danger; one of `alike` or `ordinary` is none.

How it learns is in `tools/care_learning.py`. Lines, choices and typing errors are drawn by a
generator of its own with a fixed seed. So the file is the same, byte by byte, each time that it is
made. Only the last digits of weights that are rounded away could tell two apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.english import care_words  # noqa: E402
from doctor.listener import care_score as runtime  # noqa: E402 - from the checkout of this file
from tools import care_learning as learning  # noqa: E402
from tools.care_learning import Lot, Row  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINES: Final = ROOT / "tools" / "care_lines"
SETS: Final = ROOT / "tests" / "data" / "sets"
#: The sets that the phrases were built with; other sets are left for reporting.
BUILT_WITH: Final = ("build", "report", "second", "second-apart", "third", "fourth", "fifth",
                     "sixth", "alike")  # fmt: skip
#: Sets of ordinary lines, with titles in brackets; and monologues, whose lines begin with `>`.
ORDINARY_SETS: Final = ("lines", "people", "people-apart")
MONOLOGUES: Final = ROOT / "tests" / "data" / "conversations"
#: Lines by others, who knew no rule, with the kinds in brackets; and how much each counts.
OTHERS: Final = ("first-author", "second-author", "third-author")
COUNTS: Final = 5.0
#: The files of lines, each of which is a kind of danger; and those that are none.
KINDS: Final = ("self", "means", "preparation", "act-self", "act-other", "act-harmed", "self-harm",
                "other", "child", "abuse", "eating", "harmed", "harming")  # fmt: skip
CALM: Final = ("alike", "ordinary", "relations", "comments", "prose")

#: Choices drawn from one line of a file, at most.
MOST_DRAWN: Final = 14
#: The same for remarks, whose choices make many more.
MOST_REMARKS: Final = 60
#: The thresholds of the vote (`doctor.listener.care`), measured on lines that were not learnt from.
ORDINARY, LOOSE, ASKING, CERTAIN = -0.25, 0.4, 0.95, 1.4


#: What a word of the gate weighs by itself, and the share of harmless lines that may have it.
GATE: Final = 0.18
MOST_OFTEN: Final = 0.012


class Example(NamedTuple):
    """A line to learn from, and its kind; empty where it is harmless."""

    text: str
    kind: str
    counts: float = 1.0  #: how much it counts


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


def read_words(name: str) -> dict[str, str]:
    """Return the words of each class, or of each meaning."""
    lines = (LINES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
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
    danger, calm = get("CARE", []) + get("MISSED", []), get("CALM", []) + get("ALARM", [])
    return sorted(danger), sorted(calm)  # a line that is met now may move without a new table


def read_lines(name: str) -> list[Example]:
    """Return the lines of a file that has its kinds in brackets."""
    found, kind = [], ""
    for line in (LINES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append(Example(line, "" if kind in CALM else kind, COUNTS))
    return found


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
            found += [Example(text, "?", COUNTS) for text in danger]
            found += [Example(text, "", COUNTS) for text in calm]
    for name in OTHERS:
        found += read_lines(name)
    return found + [Example(text, "", COUNTS) for text in ordinary_lines()]


# --- the file -------------------------------------------------------------------------------------


def _bytes(weights: Sequence[float], scale: float) -> bytes:
    return bytes(max(-127, min(127, int(each / scale + (0.5 if each > 0 else -0.5)))) & 0xFF
                 for each in weights)  # fmt: skip


def made_from() -> str:
    """Return a checksum of the files that the table is made from, and of the programs."""
    paths = [*LINES.glob("*.txt"), *MONOLOGUES.glob("*.txt")]
    paths += [SETS / f"care-{name}.txt" for name in BUILT_WITH]
    paths += [SETS / f"{name}.txt" for name in ORDINARY_SETS]
    paths += [Path(str(each.__file__)) for each in (runtime, care_words, learning)]
    paths.append(Path(__file__))
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda each: each.name):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def make(apart: Iterable[str] = ()) -> bytes:
    """Return the file of the table."""
    every = examples(apart)
    listed, meant = read_words("classes"), read_words("meanings")
    lexicon = care_words.Lexicon(listed, meant)
    rows = []
    for text, kind, counts in every:
        units = list(care_words.read_units(text.lower()))
        wanted, share = 1.0 if kind else -1.0, counts / max(1, len(units))
        rows += [Row(learning.features(lexicon, words), wanted, share) for words in units]
    weights, bias = learning.learn(rows)
    kept = learning.keep(weights)
    of_kinds = learning.learn_kinds(lexicon, KINDS, [each[:2] for each in every])
    scales, tables = [], b""
    for first, end in pairwise(learning.TABLES):
        part = kept[first:end]
        scales.append(max(map(abs, part)) / 127)
        tables += _bytes(part, scales[-1])
    kind_scale = max(abs(each) for table in of_kinds for each in table) / 127
    tables += b"".join(_bytes(each, kind_scale) for each in of_kinds)
    header = {
        "scales": scales, "bias": bias,
        "ordinary": ORDINARY, "loose": LOOSE, "asking": ASKING, "certain": CERTAIN,
        "bits": [learning.WORD_BITS, learning.PAIR_BITS, learning.KIND_BITS], "kinds": KINDS,
        "classes": listed, "meanings": meant, "gate": "", "from": made_from(),
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
    for text, kind, _ in every:
        calm += not kind
        words = {word for each in care_words.read_sentences(text.lower()) for word in each}
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
