"""Scripts as values: what is printed reads back equal, and what the fingerprint is of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.scripts import DEFAULT_SCRIPT, load, parse
from doctor.scripts.model import (
    NONE,
    Assemble,
    Decomposition,
    Link,
    MemoryRule,
    MemoryTransformation,
    NewKey,
    OneOf,
    Pre,
    Rule,
    Script,
    Tagged,
)
from tests.support.machine_data import MINIMAL, PLAYED, script


def test_the_fingerprint_is_of_what_a_script_says() -> None:
    """Layout and comments leave the fingerprint as it is; a word changes it."""
    first = parse(MINIMAL)
    assert parse("; note\n" + MINIMAL.replace(" (", "\n   (")).fingerprint == first.fingerprint
    assert parse(MINIMAL.replace("GO ON", "GO OFF")).fingerprint != first.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", first.fingerprint)


# --- round trip ----------------------------------------------------------------------------------

WORDS = st.sampled_from("A I YOU MY DON'T - * / .. X1 \u00c9T\u00c9 *B /C '2' PRE NEWKEYS".split())  # noqa: SIM905
KEYWORDS = st.sampled_from("A I YOU MY DON'T SORRY".split())  # noqa: SIM905
ELEMENTS = (
    WORDS
    | st.integers(0, 5)
    | st.lists(KEYWORDS, min_size=1, max_size=3).map(tuple).map(OneOf)
    | st.lists(KEYWORDS, min_size=1, max_size=3).map(tuple).map(Tagged)
)
PATTERNS = st.lists(ELEMENTS, min_size=1, max_size=5).map(tuple)


@st.composite
def decompositions(draw: st.DrawFn) -> Decomposition:
    """Make a decomposition rule whose component numbers are in range."""
    pattern = draw(PATTERNS)
    number = st.integers(1, len(pattern))
    terms = st.lists(KEYWORDS | number, min_size=1, max_size=4).map(tuple)
    link = st.just("MY")
    each = (
        st.builds(Assemble, terms)
        | st.builds(Link, link)
        | st.just(NewKey())
        | st.builds(Pre, terms, link)
    )
    return Decomposition(pattern, tuple(draw(st.lists(each, min_size=1, max_size=4))))


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Make a script that may be played."""
    last = Decomposition((0,), (Assemble(("GO", "ON")),))
    rules = [
        Rule(
            keyword,
            draw(st.none() | KEYWORDS),
            tuple(draw(st.lists(KEYWORDS, max_size=2))),
            draw(st.integers(0, 99)),
            (*draw(st.lists(decompositions(), max_size=3)), last),
            draw(st.none() | st.just(Link("MY"))),
        )
        for keyword in ["MY", *draw(st.sets(st.sampled_from(["A", "I", "DON'T"])))]
    ]
    rules.append(Rule(NONE, decompositions=(last,)))
    memories = tuple(MemoryTransformation((*draw(PATTERNS), 0), ("KEPT", 1)) for _ in range(4))
    opening = tuple(draw(st.lists(WORDS, max_size=4)))
    return Script(opening, tuple(rules), MemoryRule("MY", memories))


@given(scripts())
def test_a_printed_script_reads_back_equal(made: Script) -> None:
    """Any script that is printed and read again is the same script, to its fingerprint."""
    again = parse(made.to_text())
    assert again == made
    assert again.to_text() == made.to_text()
    assert again.fingerprint == made.fingerprint


@pytest.mark.parametrize("name", PLAYED)
def test_a_published_script_reads_back_equal(name: str) -> None:
    """A loaded script prints back to an equal script."""
    assert parse(script(name).to_text()) == script(name)


def test_the_shipped_script_reads_back_equal() -> None:
    """The doctor's own script, extensions included, prints back to an equal script."""
    shipped = load(DEFAULT_SCRIPT)
    assert parse(shipped.to_text()) == shipped
