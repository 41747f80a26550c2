"""A line may hold paragraphs, U+2029 between them: both machines hear an end of a sentence."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor import loading
from doctor.english.tokenizer import Tokenizer
from doctor.scripts import parse
from doctor.scripts.charset import split, split_with_offsets

SAID = [
    "My mother hates me",
    "I am sad",
    "My mother hates me.",
    "Why does nobody call?",
    'He said "go away."',
    "You are like my father",
    "",
    "Well, I went home!",
    "maybe (not)",
    "...",
]
SCRIPT = (
    "(HOW DO YOU DO)\nSTART\n(MOTHER ((0 MOTHER 0) (TELL ME ABOUT YOUR MOTHER 3)))\n"
    "(SAD ((0 AM SAD 0) (HOW SAD)))\n(NONE ((0) (GO ON)))\n"
    "(MEMORY MOTHER (0 = A 1) (0 = B 1) (0 = C 1) (0 = D 1))\n"
)


def _sentences(pieces: list[str]) -> str:
    """Write paragraphs as one paragraph of sentences."""
    ended = [
        each if each.rstrip("\"')").endswith((".", "!", "?")) else f"{each}."
        for each in pieces[:-1]
        if each
    ]
    return " ".join([*ended, *pieces[-1:]])


@given(st.lists(st.sampled_from(SAID), min_size=2, max_size=4))
def test_the_modern_machine_hears_sentences(pieces: list[str]) -> None:
    """The clauses of paragraphs are those of the same sentences in one paragraph."""
    tokenizer = Tokenizer({})
    typed = tokenizer.read("\u2029".join(pieces))
    heard = tokenizer.read(_sentences(pieces))
    assert typed.low == heard.low
    assert [each.words for each in typed.clauses] == [each.words for each in heard.clauses]


@pytest.mark.parametrize(("first", "second"), list(pairwise(SAID)))
def test_the_modern_machine_answers_as_it_does_to_sentences(first: str, second: str) -> None:
    """The same keyword answers two paragraphs and two sentences; a trace shows what was typed."""
    machine = loading.load_machine()
    line = f"{first}\u2029{second}"
    both = (line, _sentences([first, second]))
    typed, heard = (machine.respond(machine.start(), each, 1.0e9) for each in both)
    assert (typed.keyword, typed.mark) == (heard.keyword, heard.mark)
    assert ("line", line) in machine.explain(machine.start(), line, 1.0e9).rows()


def test_the_machine_of_1966_hears_a_full_stop() -> None:
    """The separator is a word of its own, as a full stop is, and keeps every offset."""
    assert split("I am sad\u2029Go away") == split("I am sad.Go away")
    assert split_with_offsets("sad\u2029go") == [("SAD", 0, 3), (".", 3, 4), ("GO", 4, 6)]
    machine = loading.machine_for(parse(SCRIPT))
    for line in (
        "My mother calls\u2029I am sad",
        "I sing\u2029I am sad",
        "I am sad.\u2029Bye",
    ):
        same = line.replace("\u2029", ".")
        got, wanted = (machine.respond(machine.start(), each, 1.0e9) for each in (line, same))
        assert got.reply == wanted.reply
